"""Offsets of other tools made ours: verified against the text, repaired where a known unit explains them.

JavaScript counts UTF-16 code units, some tools count bytes of UTF-8, and a text that passed through a
newline translation counts CRLF as one or LF as two. A span is read in such a unit only where that
makes it cover the text that the file says it covers; each such repair is reported, the rest is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from claimml.document import Document, Span
from claimml.errors import FormatError, SpanError


@dataclass(frozen=True, slots=True)
class Found:
    """A span as a file gives it: offsets in a unit yet to be known, `text` as the file quotes it (None: not quoted)."""

    start: int
    end: int
    label: str
    text: str | None
    where: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Repair:
    """A span that was not where the file says: `start` and `end` as found, `span` as read, `unit` what explains it."""

    where: str
    id: str
    start: int
    end: int
    span: Span
    unit: str

    def __str__(self) -> str:
        return (
            f"{self.where}: {self.id}: [{self.start}, {self.end}) {self.span.label} counts {self.unit}; "
            f"read as [{self.span.start}, {self.span.end})"
        )


def _widths(code_units: Callable[[str], int], crlf_is_one: bool, lf_is_two: bool) -> Callable[[str], dict[int, int]]:
    def positions(text: str) -> dict[int, int]:
        """Offset in the unit -> code point index; offsets inside a character are missing."""
        found: dict[int, int] = {}
        offset = 0
        for index, character in enumerate(text):
            found.setdefault(offset, index)
            if crlf_is_one and character == "\r" and text[index + 1 : index + 2] == "\n":
                continue
            offset += 2 if lf_is_two and character == "\n" and text[index - 1 : index] != "\r" else code_units(character)
        found.setdefault(offset, len(text))
        return found

    return positions


def utf16_width(character: str) -> int:
    """1, or 2 above U+FFFF."""
    return 2 if character > "\uffff" else 1


def _utf8_width(character: str) -> int:
    return len(character.encode("utf-8", "surrogatepass"))


UTF16 = "UTF-16 code units"
UNITS: dict[str, Callable[[str], dict[int, int]]] = {
    f"{unit}{newline}": _widths(width, crlf, lf)
    for newline, crlf, lf in (("", False, False), (" with CRLF as one", True, False), (" with LF as two", False, True))
    for unit, width in (("code points", lambda _: 1), (UTF16, utf16_width), ("bytes of UTF-8", _utf8_width))
}


def settle(text: str, found: Sequence[Found], id: str, repairs: list[Repair]) -> tuple[Span, ...]:
    """The spans of one document in code points.

    The first unit in which every quoted span covers its quotation is taken; where none serves all, each
    span takes the first that serves it. Spans without a quotation must lie within the text and follow
    the unit only if it is everyone's. Repairs are appended to `repairs`; `FormatError` names file and line.
    """
    if all(_covers(text, item.start, item.end, item.text) for item in found):
        return tuple(_span(item, item.start, item.end) for item in found)
    tables = {unit: positions(text) for unit, positions in UNITS.items()}
    for unit, table in tables.items():
        moved = [_moved(text, item, table) for item in found]
        if any(item.text is not None for item in found) and all(place is not None for place in moved):
            return tuple(_repaired(item, place, unit, id, repairs) for item, place in zip(found, moved, strict=True) if place)
    spans = []
    for item in found:
        for unit, table in tables.items():
            place = _moved(text, item, table)
            if place is not None and (item.text is not None or unit == "code points"):
                spans.append(_repaired(item, place, unit, id, repairs))
                break
        else:
            raise FormatError(_refusal(text, item, id))
    return tuple(spans)


def _moved(text: str, item: Found, table: dict[int, int]) -> tuple[int, int] | None:
    start, end = table.get(item.start), table.get(item.end)
    if start is None or end is None or not _covers(text, start, end, item.text):
        return None
    return start, end


def _covers(text: str, start: int, end: int, quoted: str | None) -> bool:
    if not 0 <= start < end <= len(text):
        return False
    return quoted is None or text[start:end] == quoted or text[start:end].replace("\r\n", "\n") == quoted.replace("\r\n", "\n")


def _repaired(item: Found, place: tuple[int, int], unit: str, id: str, repairs: list[Repair]) -> Span:
    span = _span(item, *place)
    if place != (item.start, item.end):
        repairs.append(Repair(item.where, id, item.start, item.end, span, unit))
    return span


def _span(item: Found, start: int, end: int) -> Span:
    try:
        return Span(start, end, item.label, item.score)
    except SpanError as error:
        raise FormatError(f"{item.where}: {error}") from None


def _refusal(text: str, item: Found, id: str) -> str:
    head = f"{item.where}: {id}: [{item.start}, {item.end}) {item.label}"
    if item.start < 0 or item.end <= item.start:
        return f"{head}: a span needs 0 <= start < end; correct it or remove the span"
    if item.text is None:
        return f"{head} ends behind the text of {len(text)} characters; give offsets in Unicode code points"
    message = f"{head} covers {text[item.start : item.end]!r} and not {item.text!r}, in code points, UTF-16, UTF-8 or CRLF"
    if item.text and text.count(item.text) == 1:
        start = text.index(item.text)
        return f"{message}; it stands at [{start}, {start + len(item.text)}): correct the offsets"
    return f"{message}; correct the offsets or the text"


def found_span(item: Any, where: str) -> Found:
    """A span of JSON, `{"start", "end", "label"}` with optional `text` and `score`, its types checked."""
    if not isinstance(item, dict):
        raise FormatError(f'{where}: span {item!r} is no object; write {{"start", "end", "label"}}')
    for key, kind in (("start", int), ("end", int), ("label", str)):
        if type(item.get(key)) is not kind:
            raise FormatError(f'{where}: span {item!r} needs "{key}" of type {kind.__name__}')
    if not item["label"]:
        raise FormatError(f"{where}: span {item!r} has an empty label; name it")
    quoted, score = item.get("text"), item.get("score")
    if quoted is not None and not isinstance(quoted, str):
        raise FormatError(f'{where}: "text" of span {item!r} must be a string')
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
        raise FormatError(f'{where}: "score" of span {item!r} must be a number from 0 to 1')
    return Found(item["start"], item["end"], item["label"], quoted, where, score)


def found_spans(items: Any, where: str) -> list[Found]:
    """The "spans" of a JSON object; None is none."""
    if items is None:
        return []
    if not isinstance(items, list):
        raise FormatError(f'{where}: "spans" must be a list of {{"start", "end", "label"}}')
    return [found_span(item, where) for item in items]


def document(text: str, spans: Sequence[Span], id: str, where: str) -> Document:
    """`Document`, whose refusals become a `FormatError` that names the place."""
    try:
        return Document(text, tuple(spans), id=id)
    except SpanError as error:
        raise FormatError(f"{where}: {error}") from None
