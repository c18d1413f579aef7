"""The training program: what it refuses before the first step, and how it hands over."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claimml import train
from claimml.config import make_config
from claimml.errors import ClaimmlError, ConfigError
from claimml.finetune import TrainConfig
from claimml.train import main, sentences, survey

ONE = "Kapal perang Rusia berlabuh di pangkalan Tartus sejak hari Kamis pekan lalu."
TWO = "Juru bicara kementerian menolak menyebut berapa jumlah awak yang ikut berlayar."
OTHER = "Polandia membeli ratusan tank dari Korea Selatan untuk memperkuat perbatasan timurnya."


def row(text: str, *spans: tuple[int, int, str], id: str = "a") -> str:
    return json.dumps({"id": id, "text": text, "spans": [{"start": s, "end": e, "label": label} for s, e, label in spans]})


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., TrainConfig]:
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "config.json").write_text("{}")

    def build(
        train: str = row(ONE, (13, 18, "ACTOR"), id="t"), dev: str = row(OTHER, (0, 8, "ACTOR"), id="d"), **more: Any
    ) -> TrainConfig:
        (tmp_path / "train.jsonl").write_text(train)
        (tmp_path / "dev.jsonl").write_text(dev)
        values = {"encoder": str(tmp_path / "encoder"), "output": str(tmp_path / "model")}
        values |= {"train": str(tmp_path / "train.jsonl"), "dev": str(tmp_path / "dev.jsonl")} | more
        return make_config(TrainConfig, values)

    return build


def test_good_data_is_described(make: Callable[..., TrainConfig]) -> None:
    config = make()
    found = survey(dataclasses.replace(config, licences={str(config.train): "CC0"}))
    assert [document.id for document in found.dev] == ["d"]
    assert [(r["use"], r["documents"], r["spans"], r["licence"]) for r in found.data] == [
        ("dev", 1, 1, ""),
        ("train", 1, 1, "CC0"),
    ]
    assert found.data == survey(dataclasses.replace(config, licences={str(config.train): "CC0"})).data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"train": row(ONE, (13, 18, "ACTER"))}, r"train\.jsonl: a: label 'ACTER' is not in labels"),
        ({"dev": row(OTHER, (0, 8, "STATE"))}, r"dev: .*label 'STATE'"),
        ({"train": row(ONE, (0, 12, "WEAPON"), (6, 18, "ACTOR"))}, "overlap"),
        ({"train": ""}, "no document"),
        ({"train": row(ONE)}, "train: .*no span"),
        ({"dev": row(OTHER)}, "dev: .*no span"),
        ({"train": row(OTHER, (0, 8, "ACTOR"), id="copy")}, "copy shares half of its sentences with dev document d"),
        ({"train": row(OTHER.upper().replace(" ", "  "), id="copy")}, "copy shares half"),
        ({"dev": row(f"{ONE}\n{TWO}", (13, 18, "ACTOR"), id="d")}, "t shares half"),
        ({"train": "\n".join([row(f"{ONE} {TWO} {OTHER}", (13, 18, "ACTOR"))])}, "a shares half|documents share half"),
        ({"train": "not json {"}, r"train\.jsonl"),
    ],
)
def test_bad_data_stops_before_any_step(make: Callable[..., TrainConfig], data: dict[str, str], message: str) -> None:
    with pytest.raises(ClaimmlError, match=message) as caught:
        survey(make(**data))
    assert "\n" not in str(caught.value)


def test_leaks_may_be_allowed_for_trials(make: Callable[..., TrainConfig]) -> None:
    assert survey(make(train=row(OTHER, (0, 8, "ACTOR")), allow_leaks=True)).dev


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"encoder": "./nowhere"}, "no such directory"),
        ({"train": "nowhere.jsonl"}, "train: nowhere.jsonl: no such file"),
        ({"dev": ("nowhere",)}, "dev: nowhere: no such file"),
        ({"auxiliary": {"nowhere": 1.0}}, "auxiliary: nowhere"),
        ({"train": ()}, "train: no file given"),
    ],
)
def test_missing_places_are_named(make: Callable[..., TrainConfig], settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        survey(dataclasses.replace(make(), **settings))


def test_an_output_that_is_no_model_is_left_alone(make: Callable[..., TrainConfig], tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="no model"):
        survey(make())
    (tmp_path / "encoder" / "config.json").unlink()
    with pytest.raises(ConfigError, match=r"no config\.json"):
        survey(make())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs=0"),
        ({"window": 256, "tokens": 200}, "hold a window"),
        ({"precision": "fp16"}, "bf16 or fp32"),
        ({"folds": 1}, "folds=1"),
        ({"labels": ["A", "A"]}, "each label once"),
        ({"augment": {"lowr": 0.1}}, r"augment\.lowr"),
        ({"augment": {"lower": 2.0}}, "from 0 to 1"),
        ({"auxiliary": {"x": 0.0}}, "how many times"),
        ({"epoch": 3}, "did you mean 'epochs'"),
        ({"seed": "one"}, "not int"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_config(TrainConfig, {"encoder": "x", "train": "x", "dev": "x", "output": "x"} | settings)


def test_sentences_are_known_in_any_case_and_spacing() -> None:
    assert sentences(f"{ONE} {TWO}") == sentences(ONE.upper()) | sentences(f"“{TWO}”")
    assert sentences("Halo.") != sentences("Hai.")
    assert sentences("") == set()


def test_the_program_hands_over_and_answers_in_one_line(
    make: Callable[..., TrainConfig], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make()
    file = tmp_path / "run.toml"
    file.write_text("".join(f"{key} = {json.dumps(getattr(config, key))}\n" for key in ("encoder", "train", "dev", "output")))
    calls: list[Any] = []

    def finetune(config: TrainConfig, documents: Any, dev: Any, *, data: Any, resume: bool) -> Path:
        calls.append((config.epochs, [d.id for d in documents()], [d.id for d in documents()], len(dev), len(data), resume))
        return Path(config.output)

    monkeypatch.setattr(train, "finetune", finetune)
    monkeypatch.setattr(train, "cross_validate", lambda config, documents, dev: Path(f"folds {len(documents)}"))
    monkeypatch.setattr(train, "learning_curve", lambda config, documents, dev: Path(f"curve {len(documents)}"))
    assert main([str(file), "epochs=2", "--resume"]) == 0
    assert calls == [(2, ["t"], ["t"], 1, 2, True)]
    assert main([str(file), "folds=2"]) == 0
    assert main([str(file), "curve=[0.5]"]) == 0
    assert capsys.readouterr().out.split("\n") == [config.output, "folds 1", "curve 1", ""]
    for arguments, message in (
        ([str(file), "train=nowhere"], "no such file"),
        ([str(file), "epoch=2"], "did you mean 'epochs'"),
        ([str(file), "--resum"], "--resum"),
        (["--resume"], "usage"),
        ([str(tmp_path / "none.toml")], "no such config"),
    ):
        assert main(arguments) == 1
        error = capsys.readouterr().err
        assert message in error
        assert error.startswith("error: ")
        assert error.count("\n") == 1
    assert main(["--help"]) == 0
    assert main([]) == 2
