"""Files as numbered lines and as names: what every format asks of the file system, with errors that name the line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from claimml.errors import FormatError

BOM = "\ufeff"


def decode(data: bytes, where: str) -> str:
    """UTF-8 bytes as text, nothing translated; `FormatError` says which line is none."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"{where}:{line}: byte 0x{data[error.start]:02x} is not UTF-8; convert the file, "
            "for instance with: iconv -f WINDOWS-1252 -t UTF-8"
        ) from None


def numbered(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    """Each line with its number from 1, without its line feed; a byte order mark at the start is no content."""
    for number, raw in enumerate(lines, 1):
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise FormatError(
                f"{name}:{number}: not UTF-8; convert the file, for instance with: iconv -f WINDOWS-1252 -t UTF-8"
            ) from None
        if number == 1:
            line = line.removeprefix(BOM)
        yield number, line.removesuffix("\n")


def json_lines(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line that is not blank as its place `name:number` and the JSON object it holds."""
    for number, line in numbered(lines, name):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{where}: not JSON ({error}); each line must hold one JSON object") from None
        if not isinstance(value, dict):
            raise FormatError(f"{where}: {type(value).__name__}, not a JSON object; each line must hold one JSON object")
        yield where, value


def text_of(values: dict[str, Any], where: str) -> str:
    """The "text" of a JSON object, which must be a string that UTF-8 can hold."""
    text = values.get("text")
    if not isinstance(text, str):
        raise FormatError(f'{where}: no "text"; each document needs {{"id", "text", "spans"}}')
    refuse_surrogates(text, where)
    return text


def id_of(values: dict[str, Any], where: str) -> str:
    """The id of a JSON object as text; the place stands in where there is none."""
    id = values.get("id")
    return where if id is None else str(id)


def refuse_surrogates(text: str, where: str) -> None:
    """`FormatError` where half a surrogate pair stands alone: no UTF-8 file, no tokenizer can hold it."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError(
            f"{where}: character {error.start} is a lone surrogate (U+{ord(text[error.start]):04X}), half of a "
            "character; remove it or replace it by U+FFFD"
        ) from None


def read_text(path: Path) -> str:
    """A text file as it stands: UTF-8, no newline translated, so that offsets count what is in the file."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise FormatError(f"{path}: no such file") from None
    return decode(data, str(path))


def write_text(path: Path, text: str) -> None:
    """Undo `read_text`; folders above the file are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))


class FileNames:
    """Document ids as file names in a folder: each refused that is no safe name or meets another."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}

    def path(self, folder: Path, id: str, suffix: str) -> Path:
        """`folder/id` + suffix, where `/` in the id makes subfolders; `FormatError` for an id that names no file."""
        for part in id.split("/"):
            if not part or part.startswith(".") or len(part.encode()) > 200 or any(c < " " or c in "\\\x7f" for c in part):
                raise FormatError(
                    f"id {id!r} is no file name; give the document a short id without control characters, backslashes, "
                    "empty parts or a leading dot, or write a format that keeps ids inside the file (jsonl)"
                )
        other = self._taken.setdefault(id.casefold(), id)
        if other is not id:
            raise FormatError(f"ids {other!r} and {id!r} would be one file; give each document its own id")
        return folder / (id + suffix)
