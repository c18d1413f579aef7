"""spaCy's DocBin (.spacy), spans as entities; needs the extra `spacy`.

Entities go by tokens, so each text is cut into tokens at words, punctuation marks and span borders; the
text comes back exactly. Files are msgpack: nothing in them is executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from claimml.document import Document, Span
from claimml.errors import FormatError, MissingExtra
from claimml.formats.offsets import Repair, document

_PIECE = re.compile(r" |[^\S ]+|\w+|[^\w\s]")


def _spacy() -> Any:
    try:
        import spacy.tokens
        import spacy.vocab
    except ImportError as error:
        raise MissingExtra("spacy", error) from error
    return spacy


def read(lines: Iterable[bytes], name: str, repairs: list[Repair]) -> Iterator[Document]:
    """One document per Doc with its entities; its id is user data of that name, else file and number."""
    spacy = _spacy()
    try:
        docs = spacy.tokens.DocBin().from_bytes(b"".join(lines))
    except Exception as error:  # zlib, msgpack and spaCy each have their own
        raise FormatError(f"{name}: no DocBin ({error}); write it with DocBin(store_user_data=True).to_disk") from None
    for number, doc in enumerate(docs.get_docs(spacy.vocab.Vocab()), 1):
        where = f"{name}:{number}"
        spans = [Span(entity.start_char, entity.end_char, entity.label_) for entity in doc.ents]
        yield document(doc.text, spans, str(doc.user_data.get("id", where)), where)


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """All documents as one DocBin, which is held in memory."""
    spacy = _spacy()
    vocab = spacy.vocab.Vocab()
    docs = spacy.tokens.DocBin(attrs=["ORTH", "SPACY", "ENT_IOB", "ENT_TYPE"], store_user_data=True)
    for item in documents:
        words, spaces, tags = _tokens(item)
        doc = spacy.tokens.Doc(vocab, words=words, spaces=spaces, ents=tags)
        doc.user_data["id"] = item.id
        docs.add(doc)
    stream.write(docs.to_bytes())


def _tokens(item: Document) -> tuple[list[str], list[bool], list[str]]:
    """Words, whether a space follows each, and BIO tags, which tile the text; a space at a span's edge is a word."""
    words: list[str] = []
    spaces: list[bool] = []
    tags: list[str] = []

    def add(start: int, end: int, label: str) -> None:
        for index, piece in enumerate(_PIECE.finditer(item.text, start, end)):
            # A single space inside, or after a token outside of any span's end, belongs to the token before it.
            foldable = words and not spaces[-1] and not words[-1].isspace() and (index > 0 or not label)
            if piece[0] == " " and foldable and not (label and piece.end() == end):
                spaces[-1] = True
                continue
            words.append(piece[0])
            spaces.append(False)
            tags.append(f"{'I' if label and index else 'B'}-{label}" if label else "O")

    position = 0
    for span in item.spans:
        add(position, span.start, "")
        add(span.start, span.end, span.label)
        position = span.end
    add(position, len(item.text), "")
    return words, spaces, tags
