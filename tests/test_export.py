"""Export of networks of two layers that are made here from random."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_finetune import TRAIN, TrainConfig, make_encoder
from test_finetune import one_thread as one_thread

from claimml import export, finetune
from claimml.document import LABELS, Document, Span
from claimml.errors import ModelError
from claimml.export import TorchTagger, span_f1
from claimml.scoring import score

pytest.importorskip("torch")
pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="session")
def overfit(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A model that knows the training documents by heart, exported."""
    directory = tmp_path_factory.mktemp("overfit")
    encoder = make_encoder(directory / "encoder")
    config = TrainConfig(
        encoder=str(encoder), train="none", dev="none", output=str(directory / "model"), window=64, tokens=96,
        epochs=60, patience=60, rate=1e-2, layer_decay=1.0, dropout=0.0, precision="fp32", keep_fp32=True,
    )  # fmt: skip
    finetune.finetune(
        config,
        lambda: TRAIN,
        TRAIN,
        data=[{"path": "own.txt", "use": "train", "documents": 6, "spans": 20, "sha256": "0" * 64}],
    )
    return directory / "model", json.loads((directory / "model" / "report.json").read_text(encoding="utf-8"))


RELOADED = """
import json, sys
import claimml
tagger = claimml.load({directory!r})
answers = tagger.tag(json.loads(sys.stdin.read()))
assert not {{"torch", "transformers", "datasets"}} & set(sys.modules), "heavy packages were loaded"
print(json.dumps([[(s.start, s.end, s.label) for s in answer.spans] for answer in answers]))
"""


def test_a_model_learnt_by_heart_gives_the_spans_back_without_torch(overfit: tuple[Path, dict[str, Any]]) -> None:
    directory, _ = overfit
    done = subprocess.run(
        [sys.executable, "-c", RELOADED.format(directory=str(directory))],
        input=json.dumps([document.text for document in TRAIN]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[[s.start, s.end, s.label] for s in document.spans] for document in TRAIN]


def test_the_directory_is_complete_and_describes_itself(overfit: tuple[Path, dict[str, Any]]) -> None:
    directory, report = overfit
    names = {path.name for path in directory.iterdir()}
    assert names >= {
        "manifest.json",
        "tokenizer.json",
        "model.onnx",
        "model.fp32.onnx",
        "model.safetensors",
        "config.json",
        "README.md",
    }
    assert report["export"]["shipped"] == "int8"
    assert report["export"]["largest_difference_to_torch"] < 1e-4
    assert report["dev"]["f1"] == 1.0
    assert report["export"]["bytes"]["int8"] < report["export"]["bytes"]["fp32"]
    card = (directory / "README.md").read_text(encoding="utf-8")
    assert "own.txt" in card
    assert json.loads((directory / "manifest.json").read_text())["sha256"]["model.onnx"] in card
    assert not list(directory.parent.glob(".*"))


def test_the_pipeline_of_transformers_opens_it(overfit: tuple[Path, dict[str, Any]]) -> None:
    from transformers import pipeline

    directory, _ = overfit
    found = pipeline("token-classification", model=str(directory), aggregation_strategy="simple")([d.text for d in TRAIN])
    assert [[(e["start"], e["end"], e["entity_group"]) for e in row] for row in found] == [
        [(s.start, s.end, s.label) for s in document.spans] for document in TRAIN
    ]


def test_a_tagger_is_an_encoder_for_other_labels(overfit: tuple[Path, dict[str, Any]]) -> None:
    directory, _ = overfit
    config = TrainConfig(encoder=str(directory), train="none", dev="none", output="none", window=64, labels=("DRUG", "DOSE"))
    model, _ = finetune.load_encoder(config)
    assert model.config.num_labels == 5
    assert export.labels_of(model) == ("DRUG", "DOSE")


def test_torch_and_onnx_taggers_agree_on_any_company(overfit: tuple[Path, dict[str, Any]]) -> None:
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    directory, _ = overfit
    model = AutoModelForTokenClassification.from_pretrained(directory)
    tagger = TorchTagger(model, AutoTokenizer.from_pretrained(directory), export.labels_of(model), window=64)
    texts = [document.text for document in TRAIN] + [" ".join(document.text for document in TRAIN) * 3, "", " \n"]
    together = tagger.tag(texts)
    assert together == [tagger.tag([text])[0] for text in texts]
    assert span_f1(TRAIN, together[: len(TRAIN)]) == 1.0


def test_export_refuses_what_differs_and_leaves_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    make_encoder(tmp_path / "bert", "bert")
    model = AutoModelForTokenClassification.from_pretrained(tmp_path / "bert", num_labels=9)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "bert")
    with pytest.raises(ModelError, match="give labels"):
        export.export(model, tokenizer, tmp_path / "out", dev=TRAIN, window=64)
    with pytest.raises(ModelError, match="dev documents"):
        export.export(model, tokenizer, tmp_path / "out", dev=[], labels=LABELS, window=64)
    report = export.export(model, tokenizer, tmp_path / "out", dev=TRAIN, labels=LABELS, window=64)
    assert report["export"]["largest_difference_to_torch"] < 1e-4
    before = (tmp_path / "out" / "manifest.json").read_bytes()
    monkeypatch.setattr(
        export, "_export_onnx", lambda model, path: path.write_bytes((tmp_path / "out" / "model.onnx").read_bytes())
    )
    monkeypatch.setattr(export, "TOLERANCE", 1e-9)
    with pytest.raises(ModelError, match="differ by"):
        export.export(model, tokenizer, tmp_path / "out", dev=TRAIN, labels=LABELS, window=64)
    assert (tmp_path / "out" / "manifest.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bert", "out"]


def test_int8_ships_only_where_it_costs_little(
    overfit: tuple[Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    directory, _ = overfit
    monkeypatch.setattr(export, "LARGEST_LOSS", -1.0)
    model, tokenizer = AutoModelForTokenClassification.from_pretrained(directory), AutoTokenizer.from_pretrained(directory)
    report = export.export(model, tokenizer, tmp_path / "model", dev=TRAIN, window=64)
    assert report["export"]["shipped"] == "fp32"
    assert (tmp_path / "model" / "model.onnx").stat().st_size == report["export"]["bytes"]["fp32"]


def random_modernbert(**changes: Any) -> Any:
    """Three layers, every weight and bias of them random."""
    import torch
    from transformers import ModernBertConfig, ModernBertForTokenClassification

    shape = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 48, "vocab_size": 90}
    special = {"pad_token_id": 0, "bos_token_id": 2, "cls_token_id": 2, "eos_token_id": 3, "sep_token_id": 3}
    settings = shape | special | {"max_position_embeddings": 64, "num_labels": 9, "global_attn_every_n_layers": 1} | changes
    torch.manual_seed(7)
    model = ModernBertForTokenClassification(ModernBertConfig(**settings)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model


@pytest.mark.parametrize("biases", [False, True])
def test_the_graph_written_by_hand_is_the_network(biases: bool, tmp_path: Path) -> None:
    import numpy as np
    import onnxruntime
    import torch

    names = ("attention_bias", "mlp_bias", "norm_bias", "classifier_bias")
    model = random_modernbert(**dict.fromkeys(names, biases))
    assert export._is_known(model)
    sessions = {}
    for int8 in (False, True):
        path = tmp_path / f"{int8}.onnx"
        export._write_graph(model, path, int8=int8)
        sessions[int8] = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for batch, length in ((1, 1), (1, 64), (3, 17)):
        ids = np.random.default_rng(length).integers(0, 90, (batch, length))
        with torch.no_grad():
            right = model(input_ids=torch.tensor(ids)).logits.numpy()
        (fp32,), (rounded,) = (sessions[int8].run(None, {"input_ids": ids}) for int8 in (False, True))
        assert np.abs(fp32 - right).max() < 1e-4
        assert not np.array_equal(rounded, fp32)
        # Without such instructions sums of bytes saturate, which the even weights of chance reach, those of training hardly.
        exact = re.search(r"vnni|asimddp", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        assert np.corrcoef(rounded.ravel(), right.ravel())[0, 1] > (0.97 if exact else 0.7)


@pytest.mark.parametrize("change", [{"global_attn_every_n_layers": 3}, {"hidden_activation": "relu"}])
def test_other_networks_are_left_to_torch(change: dict[str, Any]) -> None:
    assert not export._is_known(random_modernbert(**change))


def test_calibration_turns_odds_into_chances() -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    gold, predicted = [], []
    for _ in range(60):
        right, given_ = [], []
        for i in range(20):
            chance = float(rng.uniform(0.02, 0.98))
            given_.append(Span(2 * i, 2 * i + 1, "ACTOR", chance))
            # The truth is surer than the score: odds doubled, then one added.
            odds = 2 * np.log(chance / (1 - chance)) + 1
            if rng.random() < 1 / (1 + np.exp(-odds)):
                right.append(Span(2 * i, 2 * i + 1, "ACTOR"))
        gold.append(Document("a " * 40, tuple(right)))
        predicted.append(Document("a " * 40, tuple(given_)))
    result = export.calibrate(score(gold, predicted))
    assert result["scale"] == pytest.approx(2, abs=0.3)
    assert result["shift"] == pytest.approx(1, abs=0.3)
    assert result["ece"] < 0.04 < result["ece_before"]
    assert "too few" in export.calibrate(score(gold[:1], predicted[:1]))["note"]


def test_push_checks_the_directory_first(
    overfit: tuple[Path, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huggingface_hub = pytest.importorskip("huggingface_hub")
    calls: list[tuple[str, Any]] = []

    class Hub:
        def create_repo(self, name: str, **options: Any) -> str:
            calls.append((name, options["private"]))
            return f"https://hub/{name}"

        def upload_folder(self, **options: Any) -> None:
            calls.append((options["repo_id"], options["folder_path"]))

    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    assert export.push(overfit[0], "somebody/mini") == "https://hub/somebody/mini"
    assert calls == [("somebody/mini", True), ("somebody/mini", str(overfit[0]))]
    with pytest.raises(ModelError, match="no manifest"):
        export.push(tmp_path, "somebody/mini")
    assert len(calls) == 2


@pytest.mark.parametrize("points", [[], [(1, 0.5)], [(1, 0.2), (2, 0.4), (3, 0.4)]])
def test_pictures_are_whole_svg(points: list[tuple[float, float]]) -> None:
    import xml.dom.minidom

    picture = xml.dom.minidom.parseString(export.picture_of(points, "epochs", "dev F1"))
    assert len(picture.getElementsByTagName("circle")) == len(points)
