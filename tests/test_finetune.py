"""Fine-tuning and export, on encoders of two layers that are made here from random."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimml import export, finetune, train
from claimml.document import LABELS, Document, Span, without_overlaps
from claimml.errors import ConfigError
from claimml.finetune import AUGMENTATIONS, LengthBatches, TrainConfig, augmented, fit, prepare

pytest.importorskip("torch")
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def marked(text: str, id: str = "") -> Document:
    """A document from text with spans in brackets, the label's first letter first: [A Rusia]."""
    names = {label[0]: label for label in LABELS}
    plain, spans, start = "", [], 0
    for character in text:
        if character == "[":
            start = len(plain)
        elif character == "]":
            spans.append(Span(start, len(plain) - 2, names[plain[start]]))
            plain = plain[:start] + plain[start + 2 :]
        else:
            plain += character
    return Document(plain, tuple(spans), id=id)


SENTENCES = [
    "[A Rusia] mengirim [Q tiga] [W kapal perang] ke [L Suriah] pada hari Senin.",
    "[A Korea Utara] menguji [Q dua] [W rudal balistik] di [L Wonsan].",
    "[A Jerman] membeli [Q 12 unit] [W tank Leopard] dari [A Krauss].",
    "Pabrik di [L Bandung] membuat [W senapan] untuk [A tentara].",
    "Harga beras naik lagi menurut pedagang di pasar.",
    "[A Polandia] menyerahkan [Q ratusan] [W meriam] kepada [A Ukraina] lewat [L Rzeszow], kata [A juru bicara].",
]
TRAIN = [marked(sentence, f"article-{i}") for i, sentence in enumerate(SENTENCES)]


def wrapped_tokenizer(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=160, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    )


def make_encoder(directory: Path, kind: str = "modernbert") -> Path:
    import torch
    from transformers import BertConfig, BertModel, ModernBertConfig, ModernBertModel

    tokenizer = wrapped_tokenizer([document.text for document in TRAIN])
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    shape |= {"vocab_size": len(tokenizer), "max_position_embeddings": 64, "pad_token_id": 0}
    torch.manual_seed(3)
    if kind == "bert":
        model = BertModel(BertConfig(**shape))
    else:
        special = {"bos_token_id": 2, "cls_token_id": 2, "eos_token_id": 3, "sep_token_id": 3}
        model = ModernBertModel(ModernBertConfig(**shape, **special, global_attn_every_n_layers=1))
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return directory


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def config(encoder: Path, tmp_path: Path) -> TrainConfig:
    return TrainConfig(
        encoder=str(encoder),
        train="none",
        dev="none",
        output=str(tmp_path / "model"),
        window=64,
        tokens=96,
        epochs=3,
        patience=50,
        rate=1e-2,
        layer_decay=0.9,
        precision="fp32",
    )


def weights(path: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return dict(load_file(path))


def same(left: dict[str, Any], right: dict[str, Any]) -> bool:
    import torch

    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


# Data


@given(
    text=st.text(alphabet=st.sampled_from("abİßé “”’–\u00a0XYz.👍"), max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=8),
    kind=st.sampled_from(sorted(AUGMENTATIONS)),
)
@settings(deadline=None)
def test_changed_copies_keep_spans_on_words(text: str, cuts: list[int], kind: str) -> None:
    words = [(m.start(), m.end()) for m in re.finditer(r"\S+", text)]
    spans = without_overlaps(
        Span(words[a % len(words)][0], words[b % len(words)][1], "ACTOR")
        for a, b in itertools.pairwise(cuts)
        if words and words[a % len(words)][0] < words[b % len(words)][1]
    )
    copy = AUGMENTATIONS[kind](Document(text, spans), 1)
    assert [s.label for s in copy.spans] == [s.label for s in spans]
    for old, new in zip(spans, copy.spans, strict=True):
        # First and last letter of a word are never touched but in case and shape.
        before, after = text[old.start : old.end], copy.text_of(new)
        assert len(before.split()) == len(after.split())
        if kind == "typos":
            assert (before[0], before[-1]) == (after[0], after[-1])
    assert AUGMENTATIONS[kind](Document(text, spans), 1) == copy


def test_typos_change_words_and_shares_choose_documents() -> None:
    long = marked(" ".join(SENTENCES * 5), "x")
    assert 0 < sum(a != b for a, b in zip(long.text.split(), AUGMENTATIONS["typos"](long, 1).text.split(), strict=True)) < 40
    documents = [dataclasses.replace(document, text=f"{document.text} {i}") for i in range(40) for document in TRAIN]
    copies = list(augmented(documents, {"lower": 0.5}, seed=1))[len(documents) - 1 :]
    assert 60 < len(copies) < 180
    assert list(augmented(documents, {"lower": 0.5}, 1)) == list(augmented(documents, {"lower": 0.5}, 1))


def test_windows_align_by_offsets_and_lost_gold_is_counted(tmp_path: Path) -> None:
    tokenizer = wrapped_tokenizer([document.text for document in TRAIN])
    text = "Rusia-mengirimkan rudal"
    glued = Document(text, (Span(0, 5, "ACTOR"), Span(6, 9, "WEAPON"), Span(18, 23, "WEAPON")), id="odd")
    long = marked(" dan ".join(["[A Rusia] [W rudal] , harga"] * 20))
    rows, coverage = prepare([*TRAIN, glued, long], tokenizer, LABELS, 16, tmp_path / "windows.arrow")
    assert (coverage.documents, coverage.spans, coverage.lost) == (8, sum(len(d.spans) for d in TRAIN) + 43, 1)
    assert "odd: 'men'" in coverage.examples[0]
    assert max(rows["length"]) <= 16
    # Each token of a text is learnt once, however windows overlap.
    learnt = sum(label >= 0 for row in rows["labels"] for label in row)
    light = export.light_tokenizer(tokenizer)
    assert learnt == sum(len(light.encode(d.text, add_special_tokens=False)) for d in [*TRAIN, glued, long])
    begins = sum(label > 0 and label % 2 == 1 for row in rows["labels"] for label in row)
    assert begins in (coverage.spans, coverage.spans - 1)  # one that ends in a word may be learnt in part


@given(
    lengths=st.lists(st.integers(1, 64), min_size=2, max_size=300),
    tasks=st.integers(1, 3),
    world=st.integers(1, 2),
    epoch=st.integers(0, 5),
)
@settings(deadline=None)
def test_batches_hold_every_row_within_the_budget(lengths: list[int], tasks: int, world: int, epoch: int) -> None:
    import numpy as np

    sizes, kinds = np.array(lengths), np.arange(len(lengths)) % tasks
    batches = LengthBatches(sizes, kinds, 128, seed=5, world=world)
    made = batches.batches(epoch)
    assert len(made) == len(batches)
    assert {row for batch in made for row in batch} == set(range(len(lengths)))
    assert all(len({kinds[row] for row in batch}) == 1 for batch in made) or len(batches) < tasks
    assert made == LengthBatches(sizes, kinds, 128, seed=5, world=world).batches(epoch)
    if epoch == 0 and world == 1:
        assert all(len(batch) * sizes[batch].max() <= 128 for batch in made)
    parts = []
    for rank in range(world):
        mine = LengthBatches(sizes, kinds, 128, seed=5, rank=rank, world=world)
        mine.epoch = epoch
        parts.append(list(mine))
    for whole, *shares in zip(made, *parts, strict=True):
        assert all(shares)
        assert sorted(row for share in shares for row in share) == sorted(whole)


# Training


def test_two_runs_with_one_seed_are_identical(config: TrainConfig, tmp_path: Path) -> None:
    for name in ("one", "two"):
        fit(config, lambda: TRAIN, TRAIN, tmp_path / name)
    fit(dataclasses.replace(config, seed=2), lambda: TRAIN, TRAIN, tmp_path / "other")
    assert same(weights(tmp_path / "one" / "best.safetensors"), weights(tmp_path / "two" / "best.safetensors"))
    assert not same(weights(tmp_path / "one" / "best.safetensors"), weights(tmp_path / "other" / "best.safetensors"))
    assert not [path for path in (tmp_path / "one").rglob("*") if path.suffix in (".pt", ".pth", ".bin", ".pkl")]


# The package and this file, wherever a subprocess starts.
PLACES = [str(Path(finetune.__file__).parents[1]), str(Path(__file__).parent)]
RUN = """
import sys, dataclasses
sys.path[:0] = {places!r}
import torch
torch.set_num_threads(1)
import test_finetune as t
t.fit(t.TrainConfig(**{config!r}), lambda: t.TRAIN, t.TRAIN, t.Path({work!r}))
"""


def test_a_killed_run_goes_on_to_the_same_weights(config: TrainConfig, tmp_path: Path) -> None:
    config = dataclasses.replace(config, epochs=40, checkpoint_minutes=0.0)
    fit(config, lambda: TRAIN, TRAIN, tmp_path / "whole")
    work = tmp_path / "killed"
    code = RUN.format(places=PLACES, config=dataclasses.asdict(config), work=str(work))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < until:
            if (found := finetune.latest_checkpoint(work)) and int(found.name.partition("-")[2]) >= 5:
                break
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    at = finetune.latest_checkpoint(work)
    assert at is not None
    _, _, record = fit(config, lambda: TRAIN, TRAIN, work, resume=True)
    end = finetune.latest_checkpoint(tmp_path / "whole")
    assert end is not None
    assert int(at.name.partition("-")[2]) < int(end.name.partition("-")[2]), "the run was over before it was killed"
    for file in ("best.safetensors", f"{end.name}/model.safetensors", f"{end.name}/optimizer.safetensors"):
        assert same(weights(tmp_path / "whole" / file), weights(work / file)), file
    assert len(record["training"]["history"]) == 40


def test_resuming_with_other_settings_is_refused(config: TrainConfig, tmp_path: Path) -> None:
    fit(dataclasses.replace(config, epochs=1), lambda: TRAIN, TRAIN, tmp_path / "work")
    with pytest.raises(ConfigError, match="other settings or data"):
        fit(config, lambda: TRAIN, TRAIN, tmp_path / "work", resume=True)


def test_early_stopping_keeps_the_best_epoch(config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.1, 0.5, 0.4, 0.3, 0.9])
    monkeypatch.setattr(finetune, "span_f1", lambda gold, predicted: next(scores))
    model, _, record = fit(dataclasses.replace(config, epochs=9, patience=2), lambda: TRAIN, TRAIN, tmp_path / "work")
    assert [entry["dev_f1"] for entry in record["training"]["history"]] == [0.1, 0.5, 0.4, 0.3]
    assert same(weights(tmp_path / "work" / "best.safetensors"), dict(model.state_dict()))
    # A run that stopped stays stopped.
    _, _, again = fit(dataclasses.replace(config, epochs=9, patience=2), lambda: TRAIN, TRAIN, tmp_path / "work", resume=True)
    assert again["training"]["history"] == record["training"]["history"]


def test_rates_fall_with_depth(encoder: Path, config: TrainConfig) -> None:
    model, _ = finetune.load_encoder(config)
    groups = finetune._parameter_groups(model, 1.0, dataclasses.replace(config, layer_decay=0.5, head_rate=3.0))
    rates = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
    by_name = {name: rates[id(parameter)] for name, parameter in model.named_parameters()}
    assert by_name["classifier.weight"] == 3.0
    assert by_name["model.layers.1.attn.Wqkv.weight"] == 0.5
    assert by_name["model.layers.0.attn.Wqkv.weight"] == 0.25
    assert by_name["model.embeddings.tok_embeddings.weight"] == 0.125
    assert sum(len(group["params"]) for group in groups) == len(list(model.parameters()))


def test_auxiliary_corpora_train_the_encoder_first(config: TrainConfig, tmp_path: Path) -> None:
    for name, label in (("people", "PERSON"), ("places", "CITY")):
        rows = [{"text": d.text, "spans": [{"start": s.start, "end": s.end, "label": label} for s in d.spans]} for d in TRAIN]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    several = dataclasses.replace(
        config,
        auxiliary={str(tmp_path / "people.jsonl"): 2.0, str(tmp_path / "places.jsonl"): 0.5},
        class_balance=0.3,
        label_smoothing=0.1,
    )
    _, _, record = fit(several, lambda: TRAIN, TRAIN, tmp_path / "work")
    people, places, _ = record["training"]["auxiliary"].values()
    assert (people["labels"], people["documents"], places["labels"]) == (["PERSON"], 12, ["CITY"])
    assert 0 < places["documents"] < 6
    fresh, _ = finetune.load_encoder(config)
    trained = weights(tmp_path / "work" / "auxiliary" / "encoder.safetensors")
    assert trained.keys() == fresh.base_model.state_dict().keys()
    assert not same(trained, dict(fresh.base_model.state_dict()))
    first = weights(tmp_path / "work" / "best.safetensors")
    fit(several, lambda: TRAIN, TRAIN, tmp_path / "work", resume=True)
    assert same(first, weights(tmp_path / "work" / "best.safetensors"))


def test_two_processes_end_where_one_does(config: TrainConfig, tmp_path: Path) -> None:
    import torch

    config = dataclasses.replace(config, dropout=0.0, tokens=256, epochs=3)
    fit(config, lambda: TRAIN, TRAIN, tmp_path / "one")
    script = tmp_path / "two.py"
    script.write_text(
        RUN.format(places=PLACES, config=dataclasses.asdict(config), work=str(tmp_path / "two")) + "t.finetune.leave()\n"
    )
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        "--master-port",
        str(random.randint(20000, 40000)),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([*command, str(script)], env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr
    left, right = weights(tmp_path / "one" / "best.safetensors"), weights(tmp_path / "two" / "best.safetensors")
    for name in left:
        assert torch.allclose(left[name], right[name], atol=2e-4), name


def test_a_full_disk_and_a_short_encoder_stop_before_the_first_step(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="positions for 64 tokens; set window=64"):
        fit(dataclasses.replace(config, window=96), lambda: TRAIN, TRAIN, tmp_path / "work")
    monkeypatch.setattr(finetune.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(ConfigError, match="free some"):
        fit(config, lambda: TRAIN, TRAIN, tmp_path / "work")
    monkeypatch.undo()
    with pytest.raises(ConfigError, match="neither a directory"):
        fit(dataclasses.replace(config, encoder=str(tmp_path)), lambda: TRAIN, TRAIN, tmp_path / "work")


def test_folds_hold_whole_articles_out(config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [dataclasses.replace(document, id=f"article{i % 3}#{i}") for i, document in enumerate(TRAIN)]
    seen: list[tuple[set[str], set[str]]] = []

    def score(config: TrainConfig, chosen: Any, dev: Any, test: Any, work: Path) -> tuple[float, float]:
        seen.append(({train.article_of(d) for d in chosen}, {train.article_of(d) for d in test}))
        return 0.5, 0.6

    monkeypatch.setattr(train, "_train_and_score", score)
    path = train.cross_validate(dataclasses.replace(config, folds=3, work=str(tmp_path)), documents, TRAIN)
    assert [len(test) for _, test in seen] == [1, 1, 1]
    assert all(not chosen & test for chosen, test in seen)
    assert json.loads(path.read_text())["f1_mean"] == 0.5
    with pytest.raises(ConfigError, match="only 3 articles"):
        train.cross_validate(dataclasses.replace(config, folds=4), documents, TRAIN)


def test_the_learning_curve_grows_by_nested_shares(config: TrainConfig, tmp_path: Path) -> None:
    config = dataclasses.replace(config, curve=(1.0, 0.6), work=str(tmp_path), epochs=1)
    documents = [dataclasses.replace(d, id=f"a{i}", text=d.text) for i, d in enumerate(TRAIN * 3)]
    path = train.learning_curve(config, documents, TRAIN)
    rows = json.loads(path.read_text())["curve"]
    assert [row["share"] for row in rows] == [0.6, 1.0]
    assert rows[0]["documents"] < rows[1]["documents"] == 18
    assert (tmp_path / "curve.svg").read_text().startswith("<svg")
    assert not list(tmp_path.glob("share-*")), "the weights of trials are not kept"


def test_missing_packages_name_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: TrainConfig) -> None:
    from claimml.errors import MissingExtra

    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra, match="pip install"):
        fit(config, lambda: TRAIN, TRAIN, tmp_path / "work")
