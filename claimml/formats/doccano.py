"""doccano's JSONL: `{"id", "text", "label": [[start, end, "LABEL"]]}`, or its `entities` with relations.

doccano quotes no text with its spans, and its offsets may count UTF-16 code units. Where a text has
characters above U+FFFF, both readings are weighed: spans that cut words, or begin or end with a blank or a
punctuation mark, speak against a reading. Where neither is better the document is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from claimml.document import Document, Span
from claimml.errors import FormatError
from claimml.formats.lines import id_of, json_lines, text_of
from claimml.formats.offsets import UNITS, UTF16, Found, Repair, document, found_span, settle


def read(lines: Iterable[bytes], name: str, repairs: list[Repair]) -> Iterator[Document]:
    """Documents in file order; a line without id is named after file and line. Relations are not read."""
    for where, values in json_lines(lines, name):
        text = text_of(values, where)
        id = id_of(values, where)
        found = [_found(item, where) for item in _labels(values)]
        yield document(text, _weigh(text, found, id, repairs), id, where)


def _labels(values: dict[str, Any]) -> list[Any]:
    for key in ("label", "labels", "entities"):
        if isinstance(values.get(key), list):
            return list(values[key])
    return []


def _found(item: Any, where: str) -> Found:
    if isinstance(item, list) and len(item) == 3:
        item = dict(zip(("start", "end", "label"), item, strict=True))
    elif isinstance(item, dict) and "start_offset" in item:
        item = {"start": item["start_offset"], "end": item.get("end_offset"), "label": item.get("label")}
    else:
        raise FormatError(f'{where}: label {item!r} is no span; a sequence labelling project has [start, end, "LABEL"]')
    return found_span(item, where)


def _weigh(text: str, found: list[Found], id: str, repairs: list[Repair]) -> tuple[Span, ...]:
    if text.isascii() or max(text) <= "\uffff":
        return settle(text, found, id, repairs)
    as_points = [(item.start, item.end) for item in found]
    table = UNITS[UTF16](text)
    as_units = [(table.get(item.start, -1), table.get(item.end, -1)) for item in found]
    if as_points == as_units:
        return settle(text, found, id, repairs)
    against_points, against_units = _against(text, as_points), _against(text, as_units)
    if against_points < against_units:
        return settle(text, found, id, repairs)
    if against_points == against_units:
        raise FormatError(
            f"{found[0].where}: {id}: cannot tell whether its spans count code points or UTF-16 code units; replace "
            'the characters above U+FFFF, or write jsonl whose spans quote their "text"'
        )
    spans = []
    for item, (start, end) in zip(found, as_units, strict=True):
        spans.append(Span(start, end, item.label))
        if (start, end) != (item.start, item.end):
            repairs.append(Repair(item.where, id, item.start, item.end, spans[-1], UTF16))
    return tuple(spans)


def _against(text: str, places: list[tuple[int, int]]) -> float:
    """How much speaks against these spans; infinite where they are none."""
    total = 0
    last = 0
    for start, end in sorted(places):
        if start < last or end <= start or end > len(text):
            return float("inf")
        last = end
        for inside, outside in ((text[start], text[start - 1 : start]), (text[end - 1], text[end : end + 1])):
            total += 2 * inside.isspace() + (not inside.isalnum()) + 2 * (inside.isalnum() and outside.isalnum())
    return total


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """One line per document, offsets in code points; spans that `read` would take for UTF-16 are refused."""
    for item in documents:
        found = [Found(span.start, span.end, span.label, None, repr(item.id)) for span in item.spans]
        if _weigh(item.text, found, item.id, []) != item.spans:
            raise FormatError(f"{item.id!r}: doccano's offsets would be read as UTF-16 code units; write jsonl")
        labels = [[span.start, span.end, span.label] for span in item.spans]
        line = json.dumps({"id": item.id, "text": item.text, "label": labels}, ensure_ascii=False)
        stream.write(line.encode("utf-8") + b"\n")
