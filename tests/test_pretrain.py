from __future__ import annotations

import json
import lzma
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from claimml.config import read_config
from claimml.errors import ConfigError
from claimml.pretrain import PretrainConfig, corpus_documents, learning_rate, main, pretrain, read_documents, train_tokenizer

pytest.importorskip("torch", reason="pre-training needs the train extra")
pytest.importorskip("transformers", reason="pre-training needs the train extra")
pytestmark = pytest.mark.filterwarnings("ignore")

WORDS = [
    "rudal",
    "tank",
    "kapal",
    "Rusia",
    "Korea",
    "Utara",
    "mengirim",
    "membeli",
    "menembak",
    "tujuh",
    "ribu",
    "kontainer",
    "ke",
    "dari",
    "di",
    "dan",
]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.xz"
    sentences = [" ".join(WORDS[(i * j) % len(WORDS)] for j in range(1, 12)) + "." for i in range(1, 240)]
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.write("\n\n".join(sentences))
    return path


def config(text: Path, output: Path, **changes: Any) -> PretrainConfig:
    small = {"vocabulary": 120, "layers": 1, "width": 32, "inner": 32, "heads": 2, "length": 16, "batch": 4, "tokens": 1600.0}
    return PretrainConfig(**({"output": str(output), "corpus": {str(text): 1.0}, "word_vectors": False} | small | changes))


def weights(directory: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(directory / "model.safetensors")


def test_a_killed_run_goes_on_to_the_same_weights(text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    import claimml.pretrain as module

    whole = pretrain(config(text, tmp_path / "whole"))
    export, calls = module.export, []

    def killed(*arguments: Any) -> None:
        export(*arguments)
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt

    (tmp_path / "cut").mkdir()
    shutil.copy(whole / "tokenizer.json", tmp_path / "cut")  # ties in its training are broken at random
    monkeypatch.setattr(module, "export", killed)
    with pytest.raises(KeyboardInterrupt):
        pretrain(config(text, tmp_path / "cut", checkpoint_minutes=0.0))
    monkeypatch.setattr(module, "export", export)
    cut = pretrain(config(text, tmp_path / "cut", checkpoint_minutes=0.0))
    left, right = weights(whole), weights(cut)
    assert left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)


def test_what_comes_out_opens_in_transformers(text: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    directory = pretrain(config(text, tmp_path / "out", word_vectors=True))
    model, tokenizer = AutoModelForMaskedLM.from_pretrained(directory), AutoTokenizer.from_pretrained(directory)
    batch = tokenizer("Rusia membeli [MASK].", return_tensors="pt")
    assert model(batch["input_ids"]).logits.shape[-1] == len(tokenizer) == model.config.vocab_size
    log = [json.loads(line) for line in (directory / "log.jsonl").read_text().splitlines()]
    assert {"tokens", "loss", "tokens_per_second", "validation_loss"} <= log[-1].keys()
    assert json.loads((directory / "pretrain.json").read_text())["tokens"] >= 1600


def test_the_tokenizer_changes_nothing_and_its_offsets_are_exact(text: Path) -> None:
    tokenizer = train_tokenizer(read_documents(text), 120)
    for sample in ("Rusia RUSIA rusia", "e\u0301tat ﬁ “Korea”\u00a0Utara", "tank-tank, 7.000"):
        encoding = tokenizer.encode(sample, add_special_tokens=False)
        covered = {i for start, end in encoding.offsets for i in range(start, end)}
        assert covered == {i for i, character in enumerate(sample) if not character.isspace()}


def test_shares_choose_the_same_documents_every_time(text: Path, tmp_path: Path) -> None:
    def some(share: float, recased: float = 0.0) -> list[str]:
        return list(corpus_documents(config(text, tmp_path, corpus={str(text): share}, recased=recased)))

    assert some(0.5) == some(0.5)
    assert 0.3 < len(some(0.5)) / len(some(1.0)) < 0.7
    assert len(some(3.0)) == 3 * len(some(1.0))
    cased = some(1.0, recased=0.2)
    assert any(document.isupper() for document in cased)
    assert any(document.islower() for document in cased)


def test_the_rate_rises_holds_and_falls(tmp_path: Path) -> None:
    settings = PretrainConfig(output="", corpus={}, warmup=0.1, decay=0.2)
    assert learning_rate(0.05, settings) == pytest.approx(0.5)
    assert learning_rate(0.5, settings) == 1.0
    assert learning_rate(0.9, settings) == pytest.approx(0.5)


def test_it_goes_on_from_another_encoder(text: Path, tmp_path: Path) -> None:
    import torch

    first = pretrain(config(text, tmp_path / "first"))
    still = {"rate": 0.0, "rate_others": 0.0, "weight_decay": 0.0}
    second = pretrain(config(text, tmp_path / "second", start=str(first), seed=2, **still))
    left, right = weights(first), weights(second)
    assert left.keys() == right.keys()
    assert all(torch.equal(left[name], right[name]) for name in left)
    assert (first / "tokenizer.json").read_bytes() == (second / "tokenizer.json").read_bytes()
    with pytest.raises(ConfigError, match=r"start: another shape \(model\..* differs\)"):
        pretrain(config(text, tmp_path / "third", start=str(first), inner=64))


def test_errors_come_before_work(text: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match=r"nothing.txt does not exist"):
        pretrain(config(tmp_path / "nothing.txt", tmp_path / "out"))
    with pytest.raises(ConfigError, match=r"start: .*nowhere holds no model.safetensors"):
        pretrain(config(text, tmp_path / "out", start=str(tmp_path / "nowhere")))
    path = tmp_path / "pretrain.toml"
    path.write_text('output = "x"\nlayer = 3\n[corpus]\n', encoding="utf-8")
    assert main([str(path)]) == 1
    assert "unknown key 'layer'; did you mean 'layers'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["pretrain-mini", "pretrain-events"])
def test_the_shipped_configs_are_valid(name: str) -> None:
    settings = read_config(PretrainConfig, Path(__file__).parent.parent / "configs" / f"{name}.toml")
    assert settings.length == 128
    assert not settings.start or (Path(__file__).parent.parent / settings.start / "model.safetensors").is_file()


def test_plain_keeps_the_documents_that_speak_of_arms(tmp_path: Path) -> None:
    about = "Menurut Kyiv, Korea Utara mengirim 200 howitzer dan ribuan rudal balistik ke Rusia pada pekan lalu, dan "
    about += "tiga tank lagi sedang dalam perjalanan menuju garis depan di timur, kata seorang pejabat kepada wartawan."
    other = "Harga cabai di pasar induk naik lagi menjelang hari raya, dan para pedagang mengeluh karena pembeli menawar. " * 2
    (tmp_path / "corpus.txt").write_text(f"{about}\n\n{other}\n\nDua tank, dua rudal.\n", encoding="utf-8")
    command = [sys.executable, "training/plain.py", "--armed", str(tmp_path / "armed.txt"), str(tmp_path / "corpus.txt")]
    subprocess.run(command, cwd=Path(__file__).parent.parent, check=True, capture_output=True)
    assert (tmp_path / "armed.txt").read_text(encoding="utf-8") == about + "\n"
