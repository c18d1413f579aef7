"""JSONL, one document a line: `{"id", "text", "spans": [{"start", "end", "label"}]}`, ours and Prodigy's.

A span may quote its `text`, against which it is verified, and bear a `score`. The only format that also
keeps claims and the tagger's name.
"""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from claimml.document import Document
from claimml.errors import FormatError, SpanError
from claimml.formats.lines import id_of, json_lines, text_of
from claimml.formats.offsets import Repair, document, found_spans, settle

if TYPE_CHECKING:
    from claimml.claims import Claim


def read(lines: Iterable[bytes], name: str, repairs: list[Repair]) -> Iterator[Document]:
    """Documents in file order. A line without id is named after file and line; what Prodigy's annotator
    rejected or ignored is left out with a warning that counts it."""
    left_out = 0
    for where, values in json_lines(lines, name):
        if values.get("answer", "accept") != "accept":
            left_out += 1
            continue
        text = text_of(values, where)
        id = id_of(values, where)
        before = len(repairs)
        read_spans = settle(text, found_spans(values.get("spans"), where), id, repairs)
        found = document(text, read_spans, id, where)
        if values.get("claims"):
            if len(repairs) > before:
                raise FormatError(f"{where}: claims whose spans count {repairs[-1].unit}; write all offsets in code points")
            found = dataclasses.replace(found, claims=_claims(values, where))
        yield dataclasses.replace(found, tagger=str(values.get("tagger", "")))
    if left_out:
        warnings.warn(f"{name}: {left_out} lines left out whose answer is not 'accept'", stacklevel=2)


def _claims(values: dict[str, object], where: str) -> tuple[Claim, ...]:
    try:
        return Document.from_dict({**values, "spans": []}).claims
    except (SpanError, KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{where}: claims that cannot be read ({error!r}); write them as Document.to_dict does") from None


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """One line per document, the shape of `Document.to_dict`; empty claims and tagger are left out."""
    for item in documents:
        values = {key: value for key, value in item.to_dict().items() if key not in ("claims", "tagger") or value}
        stream.write(json.dumps(values, ensure_ascii=False).encode("utf-8") + b"\n")
