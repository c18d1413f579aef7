"""Claims against claims: per field and as full records; and gold claims of texts that are not ours, kept stand-off."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from claimml.claims.record import Claim, Mention, once_each
from claimml.document import Document
from claimml.errors import FormatError
from claimml.quantity import Quantity
from claimml.scoring import Counts

FIELDS = (
    "event", "supplier", "recipient", "actor", "target", "item", "quantity",
    "origin", "destination", "via", "time", "source", "status",
)  # fmt: skip
# What must be right together for a record to be right.
RECORD = ("event", "supplier", "recipient", "actor", "target", "item", "quantity", "source", "status")


def score_claims(gold: Sequence[Document], predicted: Sequence[Document]) -> dict[str, Counts]:
    """Counts for each of `FIELDS`, and "record" for full records, over documents in the same order with the same texts.

    A predicted claim answers at most one of gold: of the same event, from the same sentence, about the same
    item (or the best of them). `status` counts claims whose event was found, so its precision is its accuracy.
    Raises `ValueError` where the texts differ.
    """
    total = dict.fromkeys((*FIELDS, "record"), Counts())
    for counts in count_claims(gold, predicted):
        for field, more in counts.items():
            total[field] += more
    return total


def count_claims(gold: Sequence[Document], predicted: Sequence[Document]) -> tuple[dict[str, Counts], ...]:
    """What `score_claims` adds up, document by document, as `claimml.scoring.intervals` takes it."""
    if len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} gold documents against {len(predicted)} predicted ones; give the same documents")
    for right, answer in zip(gold, predicted, strict=True):
        if right.text != answer.text:
            names = f"{right.id or 'a document'} and {answer.id or 'its answer'}"
            raise ValueError(f"{names} have different texts; give them in the same order")
    return tuple(_document(right, answer) for right, answer in zip(gold, predicted, strict=True))


def _document(gold: Document, predicted: Document) -> dict[str, Counts]:
    text = gold.text
    matched = pairs(text, gold.claims, predicted.claims)
    found: dict[str, Counts] = {"event": Counts(len(matched), len(predicted.claims), len(gold.claims))}
    for field in FIELDS[1:-1]:
        found[field] = Counts(
            sum(bool(getattr(one, field)) and agree(text, field, one, two) for one, two in matched),
            sum(bool(getattr(claim, field)) for claim in predicted.claims),
            sum(bool(getattr(claim, field)) for claim in gold.claims),
        )
    found["status"] = Counts(sum(one.status == two.status for one, two in matched), len(matched), len(matched))
    whole = sum(all(agree(text, field, one, two) for field in RECORD) for one, two in matched)
    found["record"] = Counts(whole, len(predicted.claims), len(gold.claims))
    return found


def pairs(text: str, gold: Sequence[Claim], predicted: Sequence[Claim]) -> list[tuple[Claim, Claim]]:
    """Gold and predicted claims that tell of the same, best pairs first, each used once."""
    candidates = []
    for i, one in enumerate(gold):
        for j, two in enumerate(predicted):
            same_sentence = one.evidence.start < two.evidence.end and two.evidence.start < one.evidence.end
            if one.event == two.event and same_sentence and (agree(text, "item", one, two) or not (one.item and two.item)):
                alike = sum(agree(text, field, one, two) for field in FIELDS) + (one.evidence.trigger == two.evidence.trigger)
                candidates.append((-alike, i, j))
    found, left, right = [], set(), set()
    for _, i, j in sorted(candidates):
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            found.append((gold[i], predicted[j]))
    return found


def agree(text: str, field: str, one: Claim, two: Claim) -> bool:
    """Whether two claims of one text say the same in a field.

    Parties and places agree by canonical id or by the same characters, items where they overlap, quantities by
    value and comparator, sources as sets (a name and its abbreviation in brackets are one), times where they overlap.
    """
    mine, other = getattr(one, field), getattr(two, field)
    if field in ("event", "status"):
        return bool(mine == other)
    if not mine or not other:
        return not mine and not other
    if field == "source":
        said, answered = ({_name(text, source) for source in once_each(text, sources)} for sources in (mine, other))
        return said == answered
    if field == "quantity":
        return _amount(mine) == _amount(other)
    if field in ("item", "time"):
        return bool(mine.start < other.end and other.start < mine.end)
    return _name(text, mine) == _name(text, other)


def _name(text: str, mention: Mention) -> str:
    return mention.id or mention.text_of(text).lower()


def _amount(quantity: Quantity) -> tuple[Any, ...]:
    bounds = (quantity.low, quantity.high) if quantity.value is None else ()
    return quantity.value, quantity.comparator, bounds


def read_standoff(path: str | Path, texts: str | Path) -> list[Document]:
    """Documents with gold claims from a file of `{"id", "source", "sha256", "claims"}` lines, their texts from a folder.

    Raises `FormatError` that names the line of a text that is missing or is not the annotated one, byte for byte.
    """

    def text_of(id: str, source: str) -> Document:
        file = Path(texts) / Path(source).name
        if not file.is_file():
            raise FormatError(f"no text {file}; give the folder of the texts")
        return Document(file.read_bytes().decode("utf-8"), id=id)

    return list(_standoff(path, text_of))


def join(path: str | Path, documents: Iterable[Document]) -> list[Document]:
    """The documents that a stand-off file annotates, found by id, each with its spans as they are and the gold claims.

    Raises `FormatError` that names the line of a document that is missing or has another text.
    """
    known = {document.id: document for document in documents}

    def known_as(id: str, source: str) -> Document:
        if id not in known:
            raise FormatError(f"no document {id!r} among {len(known)}; give the texts that were annotated")
        return known[id]

    return list(_standoff(path, known_as))


def _standoff(path: str | Path, find: Callable[[str, str], Document]) -> Iterator[Document]:
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
            id, source, wanted = str(values["id"]), str(values["source"]), values["sha256"]
            claims = tuple(Claim.from_dict(claim) for claim in values["claims"])
        except (ValueError, KeyError, TypeError) as error:
            raise FormatError(f"{path}:{number}: {error}; a line is {{id, source, sha256, claims}}") from error
        try:
            document = find(id, source)
        except (FormatError, UnicodeDecodeError) as error:
            raise FormatError(f"{path}:{number}: {error}") from error
        if hashlib.sha256(document.text.encode("utf-8")).hexdigest() != wanted:
            raise FormatError(
                f"{path}:{number}: {source} is not the annotated text (its SHA-256 differs); fetch the original again"
            )
        yield dataclasses.replace(document, claims=claims)


def write_standoff(documents: Iterable[Document], path: str | Path) -> None:
    """Claims without any of their text: offsets, labels, ids; `source` is `id.txt`."""
    lines = []
    for document in documents:
        digest = hashlib.sha256(document.text.encode("utf-8")).hexdigest()
        claims = [claim.to_dict() for claim in document.claims]
        values = {"id": document.id, "source": f"{document.id}.txt", "sha256": digest, "claims": claims}
        lines.append(json.dumps(values, ensure_ascii=False) + "\n")
    Path(path).write_text("".join(lines), encoding="utf-8")


def with_spans(claims: Sequence[Document], spans: Sequence[Document]) -> list[Document]:
    """Documents of claims with the spans of documents of the same texts."""
    return [dataclasses.replace(one, spans=two.spans) for one, two in zip(claims, spans, strict=True)]
