"""Gold whose text is not ours to keep: `{"id", "source", "sha256", "spans"}` a line, joined with a folder of texts.

`source` is the file of the text in that folder, `sha256` the hash of its bytes. A text that changed by one
byte is refused, so that offsets never point into something else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from claimml.document import Document
from claimml.errors import FormatError
from claimml.formats.lines import decode, id_of, json_lines
from claimml.formats.offsets import Repair, document, found_spans, settle


def read(lines: Iterable[bytes], name: str, repairs: list[Repair], texts: Path | None = None) -> Iterator[Document]:
    """Documents in file order, their texts from the folder `texts`."""
    if texts is None:
        raise FormatError(f"{name}: stand-off gold without its texts; give the folder of texts: read(path, texts=DIR)")
    for where, values in json_lines(lines, name):
        source, wanted = values.get("source"), values.get("sha256")
        if not isinstance(source, str) or not isinstance(wanted, str):
            raise FormatError(f'{where}: stand-off gold needs "source" and "sha256"')
        if not source or PurePosixPath(source).is_absolute() or ".." in PurePosixPath(source).parts:
            raise FormatError(f"{where}: source {source!r} leads out of the folder of texts; name a file inside it")
        path = texts / source
        if not path.is_file():
            raise FormatError(f"{where}: no text {path}; put it there or give another folder of texts")
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != wanted:
            raise FormatError(f"{where}: {path} is not the annotated text (its SHA-256 differs); fetch the original again")
        text = decode(data, str(path))
        id = id_of(values, source)
        found = found_spans(values.get("spans"), where)
        yield document(text, settle(text, found, id, repairs), id, where)


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """One line per document without any of its text; `source` is `id.txt`."""
    for item in documents:
        values = {
            "id": item.id,
            "source": f"{item.id}.txt",
            "sha256": hashlib.sha256(item.text.encode("utf-8")).hexdigest(),
            "spans": [{"start": span.start, "end": span.end, "label": span.label} for span in item.spans],
        }
        stream.write(json.dumps(values, ensure_ascii=False).encode("utf-8") + b"\n")
