"""Programs read their settings from TOML: one frozen dataclass per program, `key=value` overrides.

A key that the dataclass does not know is refused with the nearest one it does know; a value of the
wrong type is refused with the type it should have. Relative paths count from the working directory.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, TypeVar

from claimml.errors import ConfigError

Config = TypeVar("Config")


def read_config(kind: type[Config], path: str | Path, overrides: typing.Sequence[str] = ()) -> Config:
    """The settings of a program: the TOML file at `path`, then each `key=value` of `overrides`.

    `kind` is a frozen dataclass. A value in an override is read as TOML and, where it is none, as a
    bare string, so `epochs=3`, `train=["a.jsonl", "b.jsonl"]` and `encoder=models/mini` all work.
    Raises `ConfigError`, which names file, key and remedy.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such config file; the ones shipped lie in configs/") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not TOML ({error})") from None
    for override in overrides:
        key, equals, text = override.partition("=")
        if not equals:
            raise ConfigError(f"{override!r}: an override is written key=value")
        try:
            values[key.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[key.strip()] = text
    return make_config(kind, values, where=str(path))


def make_config(kind: type[Config], values: dict[str, Any], where: str = "config") -> Config:
    """`values` as the frozen dataclass `kind`, each checked against its field; `ConfigError` if not."""
    assert dataclasses.is_dataclass(kind)
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for key in values:
        if key not in fields:
            near = difflib.get_close_matches(key, fields, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(fields)}"
            raise ConfigError(f"{where}: unknown key {key!r}; {hint}")
    missing = [
        name
        for name, field in fields.items()
        if name not in values and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ConfigError(f"{where}: missing key {missing[0]!r}; add it to the file or as {missing[0]}=...")
    return kind(**{key: _fit(value, hints[key], f"{where}: {key}") for key, value in values.items()})


def _fit(value: Any, hint: Any, where: str) -> Any:
    """`value` as the annotated type `hint`; only lossless conversions (int to float, list to tuple)."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        for option in arguments:
            try:
                return _fit(value, option, where)
            except ConfigError:
                continue
        raise ConfigError(f"{where}: {value!r} is none of {hint}")
    if hint is Any or (hint is type(None) and value is None):
        return value
    if origin is tuple and isinstance(value, list):
        return tuple(_fit(item, arguments[0], f"{where}[{i}]") for i, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {key: _fit(item, arguments[1], f"{where}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(value, dict):
        return make_config(typing.cast(type, hint), value, where)
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and type(value) is hint:
        return value
    name = hint.__name__ if isinstance(hint, type) and origin is None else str(hint)
    raise ConfigError(f"{where}: {value!r} is {type(value).__name__}, not {name}")
