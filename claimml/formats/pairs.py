"""A text and its spans side by side: NAME.txt, and NAME.jsonl with one `{"start", "end", "label"}` a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from claimml.document import Document
from claimml.formats.lines import FileNames, json_lines, read_text, write_text
from claimml.formats.offsets import Repair, document, found_span, settle


def read(path: Path, id: str, repairs: list[Repair], text_path: Path | None = None) -> Document:
    """The document of `NAME.jsonl`; its text lies beside it unless `text_path` says where."""
    text = read_text(text_path or path.with_suffix(".txt"))
    with path.open("rb") as lines:
        found = [found_span(values, where) for where, values in json_lines(lines, str(path))]
    return document(text, settle(text, found, id, repairs), id, str(path))


def write(documents: Iterable[Document], folder: Path) -> None:
    """`folder/id.txt` and `folder/id.jsonl` for each document; each span quotes its text."""
    names = FileNames()
    for item in documents:
        path = names.path(folder, item.id, ".txt")
        write_text(path, item.text)
        spans = (json.dumps(span, ensure_ascii=False) + "\n" for span in item.to_dict()["spans"])
        write_text(folder / f"{item.id}.jsonl", "".join(spans))
