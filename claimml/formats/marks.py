r"""Articles with inline marks, many in a file, made to be written by hand.

    === slug 2024-05-01
    [A Korea Utara] mengirim [Q 7 ribu kontainer] [W amunisi] ke [A Rusia].

A header `=== id date` (the date may be missing) begins each; a mark is a bracket, the label's first
letter, one space, the exact text of the span, a bracket. A literal bracket is written `\[` or `\]`; a
backslash before anything else is itself. Line breaks at the edges of an article are not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from claimml.document import LABELS, Document, Span
from claimml.errors import FormatError
from claimml.formats.lines import numbered
from claimml.formats.offsets import Repair, document

LETTERS = {label[0]: label for label in LABELS}
HEADER = re.compile(r"=== (\S+)(?: (\d{4}-\d\d-\d\d))?\r?")
_TOKEN = re.compile(r"\\[\[\]]|\[(?P<letter>[^ \[\]\\]*) |[\[\]]")
_HEADED = "=== "


def read(lines: Iterable[bytes], name: str, repairs: list[Repair]) -> Iterator[Document]:
    """Documents in file order; `FormatError` names file and line of a mark that does not close or open well."""
    for id, _, first, body in articles(lines, name):
        yield parse(body, id, name, first)


def articles(lines: Iterable[bytes], name: str) -> Iterator[tuple[str, str, int, str]]:
    """Each article as id, date ("" if none), line number of its body, and its body with the marks in it."""
    header: re.Match[str] | None = None
    first, body = 0, [""]
    for number, line in numbered(lines, name):
        if line.startswith(_HEADED):
            if header is not None:
                yield header[1], header[2] or "", first, "\n".join(body)
            header, first, body = HEADER.fullmatch(line), number + 1, []
            if header is None:
                raise FormatError(f"{name}:{number}: bad header {line!r}; write '=== slug YYYY-MM-DD'")
        elif header is None and line.strip():
            raise FormatError(f"{name}:{number}: text before the first header; begin with '=== slug YYYY-MM-DD'")
        else:
            body.append(line)
    if header is not None:
        yield header[1], header[2] or "", first, "\n".join(body)


def parse(body: str, id: str, name: str, first: int) -> Document:
    """One article's body, which begins in line `first` of the file `name`, as a document."""
    stripped = body.lstrip("\r\n")
    first += body[: len(body) - len(stripped)].count("\n")
    stripped = stripped.rstrip("\r\n")
    pieces: list[str] = []
    spans: list[Span] = []
    length = position = 0
    opened: tuple[int, str] | None = None

    def where() -> str:
        return f"{name}:{first + stripped.count(chr(10), 0, match.start())}"

    for match in _TOKEN.finditer(stripped):
        pieces.append(stripped[position : match.start()])
        length += match.start() - position
        position = match.end()
        token = match[0]
        near = stripped[max(0, match.start() - 20) : match.end() + 20]
        if token[0] == "\\":
            pieces.append(token[1])
            length += 1
        elif token == "]":
            if opened is None:
                raise FormatError(f"{where()}: {id}: ']' closes no mark in {near!r}; write a literal bracket as \\]")
            if length == opened[0]:
                raise FormatError(f"{where()}: {id}: empty mark in {near!r}; put the text of the span into it")
            spans.append(Span(opened[0], length, opened[1]))
            opened = None
        elif opened is not None:
            raise FormatError(f"{where()}: {id}: '[' inside a mark in {near!r}; marks do not nest, a literal one is \\[")
        elif match["letter"] not in LETTERS:
            raise FormatError(f"{where()}: {id}: no mark in {near!r}; write [Q ..], [W ..], [A ..], [L ..] or a literal \\[")
        else:
            opened = (length, LETTERS[match["letter"]])
    if opened is not None:
        raise FormatError(f"{name}:{first}: {id}: a mark of {opened[1]} never closes in this article; add its ']'")
    pieces.append(stripped[position:])
    return document("".join(pieces), spans, id, f"{name}:{first}")


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """One headed article per document, without a date. What marks cannot carry is refused."""
    letters = {label: letter for letter, label in LETTERS.items()}
    for item in documents:
        where = f"{item.id!r}"
        if not HEADER.fullmatch(f"{_HEADED}{item.id}"):
            raise FormatError(f"{where}: marks need an id without blanks; rename the document")
        if item.text.strip("\r\n") != item.text or f"\n{_HEADED}" in f"\n{item.text}":
            raise FormatError(f"{where}: marks carry no text with line breaks at its edges or a line '=== '; write jsonl")
        pieces: list[str] = []
        position = 0
        for span in item.spans:
            if span.label not in letters:
                raise FormatError(f"{where}: marks know {', '.join(letters)} and not {span.label!r}; write jsonl")
            pieces += [_escape(item.text[position : span.start]), f"[{letters[span.label]} ", _escape(item.text_of(span)), "]"]
            position = span.end
        pieces.append(_escape(item.text[position:]))
        body = "".join(pieces)
        # A backslash before a mark's bracket would escape it.
        if not _carries(body, item):
            raise FormatError(f"{where}: marks carry no backslash right before a border of a span; write jsonl")
        stream.write(f"{_HEADED}{item.id}\n{body}\n\n".encode())


def _carries(body: str, item: Document) -> bool:
    try:
        found = parse(body, item.id, item.id, 1)
    except FormatError:
        return False
    return found.text == item.text and found.spans == item.spans


def _escape(text: str) -> str:
    return re.sub(r"[\[\]]", r"\\\g<0>", text)


def dates(path: str | Path) -> dict[str, str]:
    """The publication date, YYYY-MM-DD, of each article that has one, by id; from a file or all `.txt` of a folder."""
    path = Path(path)
    found: dict[str, str] = {}
    for file in sorted(path.rglob("*.txt")) if path.is_dir() else [path]:
        with file.open("rb") as lines:
            found |= {id: date for id, date, _, _ in articles(lines, str(file)) if date}
    return found
