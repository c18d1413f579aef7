"""Label Studio's JSON export: a list of tasks with `data.text` and annotations of type `labels`.

Each region quotes its text, against which its offsets are verified, in code points or repaired from UTF-16.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from claimml.document import Document
from claimml.errors import FormatError
from claimml.formats.lines import BOM, decode, id_of, refuse_surrogates
from claimml.formats.offsets import Found, Repair, document, found_span, settle

_BLANK = re.compile(r"[ \t\r\n]*")


def read(lines: Iterable[bytes], name: str, repairs: list[Repair]) -> Iterator[Document]:
    """Documents in file order, one per task; a task that several people annotated must be decided first."""
    left_out = 0
    for where, task in _tasks(decode(b"".join(lines), name).removeprefix(BOM), name):
        text, id = _text_and_id(task, where)
        results = _results(task, where)
        found = [_found(item, where) for item in results if item.get("type") == "labels"]
        left_out += len(results) - len(found)
        yield document(text, settle(text, found, id, repairs), id, where)
    if left_out:
        warnings.warn(f"{name}: {left_out} results left out that are no labelled regions", stacklevel=2)


def _tasks(content: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each task of the list with the place where it begins."""
    decoder = json.JSONDecoder()
    position = _skip(content, 0)
    if content[position : position + 1] != "[":
        raise FormatError(f"{name}:1: no list of tasks; export from Label Studio as JSON")
    position = _skip(content, position + 1)
    line, counted = 1, 0
    while content[position : position + 1] != "]":
        line, counted = line + content.count("\n", counted, position), position
        where = f"{name}:{line}"
        try:
            task, position = decoder.raw_decode(content, position)
        except (ValueError, RecursionError) as error:
            raise FormatError(f"{where}: not JSON ({error}); export from Label Studio as JSON") from None
        if not isinstance(task, dict):
            raise FormatError(f"{where}: {type(task).__name__}, not a task; export from Label Studio as JSON")
        yield where, task
        position = _skip(content, position)
        if content[position : position + 1] == ",":
            position = _skip(content, position + 1)
        elif content[position : position + 1] != "]":
            raise FormatError(f"{where}: the list of tasks breaks off after this one; export it again")


def _skip(content: str, position: int) -> int:
    match = _BLANK.match(content, position)
    return match.end() if match else position


def _text_and_id(task: dict[str, Any], where: str) -> tuple[str, str]:
    data = task.get("data")
    text = data.get("text") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(text, str):
        raise FormatError(f'{where}: no "data" with "text"; export as JSON (not JSON-MIN) and name the text column "text"')
    refuse_surrogates(text, where)
    return text, id_of(data, id_of(task, where))


def _results(task: dict[str, Any], where: str) -> list[dict[str, Any]]:
    listed = task.get("annotations") or []
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise FormatError(f'{where}: "annotations" is no list of objects; export from Label Studio as JSON')
    annotations = [item for item in listed if not item.get("was_cancelled")]
    if len(annotations) > 1:
        raise FormatError(
            f"{where}: {len(annotations)} annotations of one task; keep one of them in Label Studio and export again"
        )
    results = annotations[0].get("result") or [] if annotations else []
    if not isinstance(results, list) or not all(isinstance(item, dict) for item in results):
        raise FormatError(f'{where}: "result" is no list of objects; export from Label Studio as JSON')
    return results


def _found(item: dict[str, Any], where: str) -> Found:
    value = item.get("value")
    labels = value.get("labels") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(labels, list) or len(labels) != 1:
        raise FormatError(f"{where}: region {item.get('id')!r} needs one label and has {labels!r}; give each region one label")
    return found_span({**value, "label": labels[0]}, where)


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """One task per document, ready to import with a `Labels` tag named label on a `Text` tag named text."""
    stream.write(b"[")
    for number, item in enumerate(documents):
        result = [
            {
                "id": f"s{index}",
                "type": "labels",
                "from_name": "label",
                "to_name": "text",
                "value": {"start": span.start, "end": span.end, "text": item.text_of(span), "labels": [span.label]},
            }
            for index, span in enumerate(item.spans)
        ]
        task = {"data": {"id": item.id, "text": item.text}, "annotations": [{"result": result}]}
        stream.write((",\n" if number else "\n").encode() + json.dumps(task, ensure_ascii=False).encode("utf-8"))
    stream.write(b"\n]\n")
