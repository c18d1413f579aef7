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
from typing import BinaryIO

from claimml.document import Document, Span
from claimml.errors import FormatError
from claimml.formats.lines import numbered, refuse_surrogates
from claimml.formats.offsets import Repair, document

_OURS = "# document = "
_NEWDOC = re.compile(r"# *newdoc\b(?: +id)?(?: *= *(.*))?")
_COMMENT = re.compile(r"# *newpar\b.*|# *[\w.:]+(?: \w+)? *=.*")
_COLUMNS = re.compile(r"[ \t]+")
_TAG = re.compile(r"O|(?P<prefix>[BIESLUM])-(?P<label>.+)", re.DOTALL)
_TOKEN = re.compile(r"\w+|[^\w\s]")


class _Draft:
    """A document under way: its text, given or built from tokens, and the spans found so far."""

    def __init__(self, where: str, id: str, text: str | None = None) -> None:
        self.where, self.id, self.text = where, id, text
        self._pieces: list[str] = []
        self._position = 0
        self._separator = ""
        self._spans: list[Span] = []
        self._open: tuple[int, int, str] | None = None

    def add(self, token: str, tag: str, where: str, glued: bool = False) -> None:
        """The next token; no space follows it in the text where `glued`."""
        match = _TAG.fullmatch(tag)
        if match is None:
            raise FormatError(
                f"{where}: {tag!r} is no tag of BIO, BIOES or BILOU; the last column must be O, B-LABEL, I-LABEL ..."
            )
        start = self._place(token, where)
        self._position = start + len(token)
        self._separator = "" if glued else " "
        prefix, label = match["prefix"], match["label"]
        if self._open is not None and prefix in ("I", "E", "L", "M") and self._open[2] == label:
            self._open = (self._open[0], self._position, label)
        else:
            self.close()
            if label:
                self._open = (start, self._position, label)
        if prefix in ("E", "L", "S", "U"):
            self.close()

    def _place(self, token: str, where: str) -> int:
        """Where the token begins in the text."""
        if self.text is None:
            self._pieces += (self._separator, token)
            return self._position + len(self._separator)
        start = self.text.find(token, self._position)
        if start < 0 or not token or self.text[self._position : start].strip():
            raise FormatError(
                f"{where}: {token!r} does not come next in the text of {self.id!r}; tokens must follow the '# document' comment"
            )
        return start

    def close(self) -> None:
        """End the span under way, if there is one."""
        if self._open is not None:
            self._spans.append(Span(*self._open))
        self._open = None

    def end_sentence(self) -> None:
        self.close()
        if self._pieces:
            self._separator = "\n"

    def finish(self) -> Document:
        self.close()
        text = "".join(self._pieces) if self.text is None else self.text
        return document(text, self._spans, self.id, self.where)


def read(lines: Iterable[bytes], name: str, repairs: list[Repair]) -> Iterator[Document]:
    """Documents in file order. Tags are read as conlleval reads them: I- without a B- before it begins a span."""
    draft: _Draft | None = None
    headed = False
    for number, line in numbered(lines, name):
        where = f"{name}:{number}"
        line = line.removesuffix("\r")
        header = _header(line, where)
        if header is not None:
            if draft is not None:
                yield draft.finish()
            headed, draft = True, header
        elif not line.strip(" \t"):
            if draft is not None:
                draft.end_sentence()
                if not headed:
                    yield draft.finish()
                    draft = None
        elif not _COMMENT.fullmatch(line):
            columns = line.split("\t") if "\t" in line else _COLUMNS.split(line.strip(" "))
            if len(columns) < 2 or not columns[0]:
                raise FormatError(
                    f"{where}: {line!r} needs two columns, a token and its tag; sentences need a blank line between"
                )
            draft = draft or _Draft(where, where)
            draft.add(columns[0], columns[-1], where, glued=any("SpaceAfter=No" in column for column in columns[1:-1]))
    if draft is not None:
        yield draft.finish()


def _header(line: str, where: str) -> _Draft | None:
    """A new document, where the line begins one."""
    if line.startswith(_OURS):
        try:
            values = json.loads(line.removeprefix(_OURS))
        except ValueError:
            values = None
        if not isinstance(values, dict) or not all(isinstance(values.get(key), str) for key in ("id", "text")):
            raise FormatError(f'{where}: bad comment; write # document = {{"id": "..", "text": ".."}}, or leave it out')
        refuse_surrogates(values["text"], where)
        return _Draft(where, values["id"], values["text"])
    if line.startswith("-DOCSTART-"):
        return _Draft(where, where)
    match = _NEWDOC.fullmatch(line)
    return _Draft(where, (match[1] or "").strip() or where) if match else None


def from_tokens(tokens: Iterable[str], tags: Iterable[str], id: str, where: str) -> Document:
    """One document of tokens joined with a space, and their tags."""
    draft = _Draft(where, id)
    for token, tag in zip(tokens, tags, strict=True):
        draft.add(token, tag, where)
    return draft.finish()


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
        last: re.Match[str] | None = None
        for token, tag in _tagged(item, prefixes):
            if last is not None and tag[0] not in "IEL" and _ends_sentence(item.text, last, token):
                stream.write(b"\n")
            stream.write(f"{token[0]}\t{tag}\n".encode())
            last = token
        stream.write(b"\n")


def _tagged(item: Document, prefixes: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each token, cut at the borders of spans, with its tag."""
    position = 0
    for span in item.spans:
        covered = item.text_of(span)
        if covered.strip() != covered or re.search(r"[\t\r\n]", span.label) or span.label.strip() != span.label:
            raise FormatError(
                f"{item.id!r}: CoNLL carries no span with blanks at its edges ({covered!r}) and no label with tabs, line "
                f"breaks or blanks at its edges ({span.label!r}); shorten the span, rename the label or write jsonl"
            )
        yield from ((token, "O") for token in _TOKEN.finditer(item.text, position, span.start))
        for token in _TOKEN.finditer(item.text, span.start, span.end):
            first, last = token.start() == span.start, token.end() == span.end
            prefix = prefixes[3] if first and last else prefixes[0] if first else prefixes[2] if last else prefixes[1]
            yield token, f"{prefix}-{span.label}"
        position = span.end
    yield from ((token, "O") for token in _TOKEN.finditer(item.text, position))


def _ends_sentence(text: str, last: re.Match[str], token: re.Match[str]) -> bool:
    """Whether a sentence ends between two tokens: at a line break, or at . ! ? before a capital or a figure."""
    gap = text[last.end() : token.start()]
    return "\n" in gap or (bool(gap) and last[0] in ".!?" and (token[0][0].isupper() or token[0][0].isdigit()))
