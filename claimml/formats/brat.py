"""brat stand-off: NAME.txt, and NAME.ann with lines `T1<TAB>LABEL start end<TAB>text`.

A span over a line break is written as brat does it, in fragments around the break. Fragments apart by
anything else are a discontinuous span, which is refused. Relations, events, attributes and notes are left out
with a warning that counts them.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import warnings
from collections.abc import Iterable
from pathlib import Path

from claimml.document import Document, Span
from claimml.errors import FormatError
from claimml.formats.lines import FileNames, numbered, read_text, write_text
from claimml.formats.offsets import Found, Repair, document, settle

_BREAK = re.compile(r"[\r\n]+")
_PLACE = re.compile(r"(?P<label>\S+) (?P<fragments>\d+ \d+(?:;\d+ \d+)*)")


def read(path: Path, id: str, repairs: list[Repair]) -> Document:
    """The document of `NAME.ann`, whose text lies beside it; `FormatError` names file and line."""
    text = read_text(path.with_suffix(".txt"))
    fragments: list[Found] = []
    groups: list[int] = []
    left_out = 0
    with path.open("rb") as lines:
        for number, line in numbered(lines, str(path)):
            line = line.removesuffix("\r")
            if not line.strip():
                continue
            if not line.startswith("T"):
                left_out += 1
                continue
            found = _fragments(line, f"{path}:{number}")
            fragments += found
            groups.append(len(found))
    if left_out:
        warnings.warn(f"{path}: {left_out} relations, events, attributes or notes left out", stacklevel=2)
    fragments = [_as_broken(text, fragment) for fragment in fragments]
    pieces = iter(zip(fragments, settle(text, fragments, id, repairs), strict=True))
    spans = [_joined(text, [next(pieces) for _ in range(size)]) for size in groups]
    return document(text, spans, id, str(path))


def _fragments(line: str, where: str) -> list[Found]:
    parts = line.split("\t", 2)
    place = _PLACE.fullmatch(parts[1]) if len(parts) == 3 else None
    if place is None:
        raise FormatError(f"{where}: bad line {line!r}; write T1<TAB>LABEL start end<TAB>text")
    found = []
    quoted = parts[2]
    ends = [tuple(map(int, fragment.split())) for fragment in place["fragments"].split(";")]
    if len(ends) == 1:
        return [Found(ends[0][0], ends[0][1], place["label"], quoted, where)]
    for start, end in ends:
        # The quotation joins the fragments with one space.
        found.append(Found(start, end, place["label"], quoted[: max(end - start, 0)], where))
        quoted = quoted[end - start + 1 :]
    return found


def _as_broken(text: str, found: Found) -> Found:
    """Older brat quotes a line break inside one fragment as a space: that is no difference."""
    covered = text[max(found.start, 0) : max(found.end, 0)]
    same = found.text is not None and covered.replace("\n", " ") == found.text
    return dataclasses.replace(found, text=covered) if same else found


def _joined(text: str, pieces: list[tuple[Found, Span]]) -> Span:
    spans = [span for _, span in pieces]
    for left, right in itertools.pairwise(spans):
        if not _BREAK.fullmatch(text[left.end : right.start]):
            raise FormatError(
                f"{pieces[0][0].where}: discontinuous span {left.start}-{left.end}, {right.start}-{right.end}; a span here "
                "is one stretch: annotate the fragments apart, or one span over all of them"
            )
    return Span(spans[0].start, spans[-1].end, spans[0].label)


def write(documents: Iterable[Document], folder: Path) -> None:
    """`folder/id.txt` and `folder/id.ann` for each document."""
    names = FileNames()
    for item in documents:
        lines = []
        for number, span in enumerate(item.spans, 1):
            covered = item.text_of(span)
            if re.search(r"\s", span.label) or covered.strip("\r\n") != covered:
                raise FormatError(
                    f"{item.id}: brat carries no label with blanks ({span.label!r}) and no span with a line break at its "
                    f"edge ({covered!r}); rename the label, shorten the span or write jsonl"
                )
            borders = [span.start, *(span.start + b for m in _BREAK.finditer(covered) for b in m.span()), span.end]
            place = ";".join(f"{start} {end}" for start, end in zip(borders[::2], borders[1::2], strict=True))
            lines.append(f"T{number}\t{span.label} {place}\t{_BREAK.sub(' ', covered)}\n")
        path = names.path(folder, item.id, ".txt")
        write_text(path, item.text)
        write_text(folder / f"{item.id}.ann", "".join(lines))
