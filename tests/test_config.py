"""Settings from TOML, overrides, and the refusal of what does not fit; every config that is shipped."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from claimml.config import make_config, read_config
from claimml.errors import ConfigError
from claimml.finetune import TrainConfig
from claimml.pretrain import PretrainConfig

CONFIGS = Path(__file__).parents[1] / "configs"


@dataclass(frozen=True)
class Inner:
    width: int = 1


@dataclass(frozen=True)
class Example:
    name: str
    files: str | tuple[str, ...] = ()
    rate: float = 0.5
    count: int = 1
    exact: bool = False
    shares: dict[str, float] | None = None
    inner: Inner = Inner()


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_values_and_overrides(tmp_path: Path) -> None:
    path = write(tmp_path / "a.toml", 'name = "mini"\nfiles = ["a", "b"]\nrate = 1\n[shares]\na = 2\n[inner]\nwidth = 3\n')
    assert read_config(Example, path) == Example("mini", ("a", "b"), 1.0, 1, False, {"a": 2.0}, Inner(3))
    overrides = ["name=models/mini", 'files="one"', "rate=2e-3", "count=7", "exact=true"]
    assert read_config(Example, path, overrides) == Example("models/mini", "one", 2e-3, 7, True, {"a": 2.0}, Inner(3))


@pytest.mark.parametrize(
    ("text", "overrides", "message"),
    [
        ('name = "x"\ncuont = 3', [], "unknown key 'cuont'; did you mean 'count'"),
        ('name = "x"', ["zzz=1"], "known keys: name, files"),
        ("count = 3", [], "missing key 'name'"),
        ('name = "x"\ncount = 1.5', [], "1.5 is float, not int"),
        ('name = "x"\ncount = true', [], "True is bool, not int"),
        ('name = "x"\nrate = "fast"', [], "'fast' is str, not float"),
        ('name = "x"\nfiles = [1]', [], "none of"),
        ('name = "x"\n[inner]\nwide = 3', [], "inner: unknown key 'wide'; did you mean 'width'"),
        ('name = "x"', ["count"], "an override is written key=value"),
        ("name = ", [], "not TOML"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, text: str, overrides: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message) if "(" not in message else message) as caught:
        read_config(Example, write(tmp_path / "a.toml", text), overrides)
    assert "\n" not in str(caught.value)


def test_a_missing_file_names_where_configs_lie(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="configs/"):
        read_config(Example, tmp_path / "none.toml")


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_config_loads(path: Path) -> None:
    kind = PretrainConfig if path.stem.startswith("pretrain") else TrainConfig
    config = read_config(kind, path)
    assert config.output


def test_there_are_the_configs_that_the_documentation_names() -> None:
    assert {"mini", "indobert", "xlmr", "pretrain-mini", "pretrain-events"} <= {path.stem for path in CONFIGS.glob("*.toml")}


def test_mini_explains_every_field() -> None:
    text = (CONFIGS / "mini.toml").read_text(encoding="utf-8")
    silent = [field.name for field in fields(TrainConfig) if not re.search(rf"\b{field.name}\b", text)]
    assert not silent, f"configs/mini.toml says nothing of {', '.join(silent)}"


def test_unknown_keys_of_training_get_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="did you mean 'label_smoothing'"):
        make_config(TrainConfig, {"encoder": "e", "train": "t", "dev": "d", "output": "o", "labelsmoothing": 0.1})
