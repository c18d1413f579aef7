"""CoNLL: one token and its tag a line, a blank line between sentences; BIO, BIOES or BILOU.

Files of others are read by their first and last column. Their tokens are joined with one space (none after
`SpaceAfter=No` in a column between), sentences with a line break. Documents begin at `-DOCSTART-` or
`# newdoc`; in a file without, each sentence is a document. What we write begins each document with
`# document = {"id", "text"}`, a comment to other readers, from which the text comes back exactly.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from claimml.document import Document, Span
from claimml.errors import FormatError
from claimml.formats.lines import numbered, refuse_surrogates
from claimml.formats.offsets import Repair, document

_OURS = "# document = "
_COMMENT = re.compile(r"#\s*(?:newdoc|newpar|[\w.:]+(?: \w+)?\s*=)(?:\s|$).*|#\s*newdoc\b.*")
_COLUMNS = re.compile(r"[ \t]+")
_TAG = re.compile(r"O|([BIOESLUM])-(.+)", re.DOTALL)
_TOKEN = re.compile(r"\w+|[^\w\s]")
_SENTENCE_END = re.compile(r"[.!?]['\"”’)]*\s+(?=\W*[A-Z0-9])|\s*\n\s*")


@dataclass
class _Draft:
    """A document under way: its text so far, or as given, and the spans found in it."""

    where: str
    id: str
    text: str = ""
    given: bool = False
    position: int = 0
    separator: str = ""
    spans: list[Span] = field(default_factory=list)
    open: tuple[int, int, str] | None = None

    def add(self, token: str, tag: str, glued: bool, where: str) -> None:
        start = self._place(token, glued, where)
        end = start + len(token)
        match = _TAG.fullmatch(tag)
        if match is None or (match[1] or "") == "O":
            raise FormatError(f"{where}: {tag!r} is no tag of BIO, BIOES or BILOU; the last column must be O, B-LABEL, I-LABEL ...")
        prefix, label = match[1], match[2]
        if prefix in ("I", "E", "L", "M") and self.open and self.open[2] == label:
            self.open = (self.open[0], end, label)
        else:
            self.close()
            if label:
                self.open = (start, end, label)
        if prefix in ("E", "L", "S", "U"):
            self.close()

    def _place(self, token: str, glued: bool, where: str) -> int:
        if self.given:
            start = self.text.find(token, self.position)
            if start < 0 or self.text[self.position : start].strip():
                raise FormatError(f"{where}: token {token!r} is not next in the text of {self.id!r}; tokens must follow the text")
            self.position = start + len(token)
            return start
        self.text += self.separator + token
        self.separator = "" if glued else " "
        return len(self.text) - len(token)

    def close(self) -> None:
        if self.open:
            self.spans.append(Span(*self.open))
        self.open = None

    def end_sentence(self) -> None:
        self.close()
        if self.text and not self.given:
            self.separator = "\n"

    def finish(self) -> Document:
        self.close()
        return document(self.text, self.spans, self.id, self.where)


def read(lines: Iterable[bytes], name: str, repairs: list[Repair]) -> Iterator[Document]:
    """Documents in file order. Tags are read as conlleval reads them: I- without a B- before it begins a span."""
    draft: _Draft | None = None
    marked = False
    for number, line in numbered(lines, name):
        where = f"{name}:{number}"
        line = line.removesuffix("\r")
        header = _header(line, where)
        if header is not None:
            if draft is not None:
                yield draft.finish()
            marked, draft = True, header
        elif not line.strip(" \t"):
            if draft is not None:
                draft.end_sentence()
                if not marked:
                    yield draft.finish()
                    draft = None
        elif not _COMMENT.fullmatch(line):
            columns = line.split("\t") if "\t" in line else _COLUMNS.split(line.strip(" "))
            if len(columns) < 2:
                raise FormatError(f"{where}: one column {line!r}; each line needs a token and a tag, sentences a blank line between")
            draft = draft or _Draft(where, where)
            draft.add(columns[0], columns[-1], any("SpaceAfter=No" in column for column in columns[1:-1]), where)
    if draft is not None:
        yield draft.finish()


def from_tokens(tokens: Iterable[str], tags: Iterable[str], id: str, where: str) -> Document:
    """One document of tokens joined with a space, and their tags."""
    draft = _Draft(where, id)
    for token, tag in zip(tokens, tags, strict=True):
        draft.add(token, tag, False, where)
    return draft.finish()


def _header(line: str, where: str) -> _Draft | None:
    """A new document, where the line begins one."""
    if line.startswith(_OURS):
        try:
            values = json.loads(line.removeprefix(_OURS))
            id, text = values["id"], values["text"]
            draft = _Draft(where, id + "", text + "", given=True)
        except (ValueError, KeyError, TypeError):
            raise FormatError(f'{where}: bad comment; write # document = {{"id": "..", "text": ".."}}, or leave it out') from None
        refuse_surrogates(draft.text, where)
        return draft
    if line.startswith("-DOCSTART-"):
        return _Draft(where, where)
    match = re.fullmatch(r"#\s*newdoc(?:\s+id)?(?:\s*=\s*(.*))?", line)
    return _Draft(where, (match[1] or "").strip() or where) if match else None


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """BIO tags, token and tag apart by a tab; a span that begins or ends with a blank is refused."""
    _write(documents, stream, "BIIB")


def write_bioes(documents: Iterable[Document], stream: BinaryIO) -> None:
    """BIOES tags: E ends a span, S is a span of one token."""
    _write(documents, stream, "BIES")


def write_bilou(documents: Iterable[Document], stream: BinaryIO) -> None:
    """BILOU tags: L ends a span, U is a span of one token."""
    _write(documents, stream, "BILU")


def _write(documents: Iterable[Document], stream: BinaryIO, prefixes: str) -> None:
    """`prefixes` are those of a span's first, inner and last token, and of a span of one token."""
    for item in documents:
        header = json.dumps({"id": item.id, "text": item.text}, ensure_ascii=False)
        stream.write(f"{_OURS}{header}\n".encode())
        position = 0
        breaks = _sentence_breaks(item)
        for span in item.spans:
            covered = item.text_of(span)
            if covered.strip() != covered or re.search(r"[\t\r\n]", span.label) or span.label.strip() != span.label:
                raise FormatError(
                    f"{item.id!r}: CoNLL carries no span with blanks at its edges ({covered!r}) and no label with tabs or "
                    f"line breaks ({span.label!r}); shorten the span, rename the label or write jsonl"
                )
            _write_tokens(item.text, position, span.start, ("O", "O", "O", "O"), breaks, stream)
            tags = tuple(f"{prefix}-{span.label}" for prefix in prefixes)
            _write_tokens(item.text, span.start, span.end, tags, breaks, stream)
            position = span.end
        _write_tokens(item.text, position, len(item.text), ("O", "O", "O", "O"), breaks, stream)
        stream.write(b"\n")


def _sentence_breaks(item: Document) -> set[int]:
    """Where a new sentence begins: never inside a span."""
    inside = {index for span in item.spans for index in range(span.start + 1, span.end)}
    return {match.end() for match in _SENTENCE_END.finditer(item.text)} - inside


def _write_tokens(
    text: str, start: int, end: int, tags: tuple[str, ...], breaks: set[int], stream: BinaryIO
) -> None:
    tokens = list(_TOKEN.finditer(text, start, end))
    for index, token in enumerate(tokens):
        tag = tags[3] if len(tokens) == 1 else tags[0] if index == 0 else tags[2] if index == len(tokens) - 1 else tags[1]
        if token.start() in breaks and token.start() > 0:
            stream.write(b"\n")
        stream.write(f"{token[0]}\t{tag}\n".encode())
