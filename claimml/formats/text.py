"""Plain text, one document per file, named after the file; there are no spans in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from claimml.document import Document
from claimml.errors import FormatError
from claimml.formats.lines import FileNames, read_text, write_text
from claimml.formats.offsets import Repair


def read(path: Path, id: str, repairs: list[Repair]) -> Document:
    """The text as it stands in the file, newlines and byte order mark included."""
    return Document(read_text(path), id=id)


def write(documents: Iterable[Document], folder: Path) -> None:
    """`folder/id.txt` for each document; spans are refused, since a plain text cannot carry them."""
    names = FileNames()
    for item in documents:
        if item.spans:
            raise FormatError(f"{item.id}: plain text cannot carry spans; write marks, brat, pairs or jsonl")
        write_text(names.path(folder, item.id, ".txt"), item.text)
