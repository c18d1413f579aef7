"""Gold claims by hand: print articles as sheets to annotate, and turn the annotators' lines into stand-off gold.

    python training/claim_sheets.py show FILE.txt [ID ...]          numbered sentences and spans of marked articles
    python training/claim_sheets.py join LINES FILE.txt... OUT.jsonl    annotators' lines to {id, source, sha256, claims}
    python training/claim_sheets.py agreement ONE.jsonl TWO.jsonl FILE.txt...   two hands on the same articles, per field

An annotator's line names spans by their numbers on the sheet, words by themselves (`word#2`: the second of its sentence):

    @ cl-serbia-peluru-ukraina
    transfer alleged s=3 tr=menyalurkan sup=5 rec=8 item=6 qty=7 src=9,10 time="pekan lalu" dest=12

`item=tentara@13` is a word inside span 13; `qty=13 cmp=~ value=7000` corrects the reading that the sheet shows
(`low`, `high`, `unit`, `per` likewise, `null` for none); `none` says that an article claims nothing.
"""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claimml import corpus
from claimml.claims.record import EVENTS, STATUSES, Claim, Evidence, Mention, Moment
from claimml.claims.score import FIELDS, join, score_claims, write_standoff
from claimml.claims.times import moments, published
from claimml.claims.words import Sentence, sentences, triggers
from claimml.document import Document, Span
from claimml.errors import FormatError
from claimml.gazetteer import Gazetteer
from claimml.quantity import Quantity, read_quantity

PARTIES = {"sup": "supplier", "rec": "recipient", "act": "actor", "tgt": "target"}
PLACES = {"orig": "origin", "dest": "destination", "via": "via"}
WANTED = {
    "supplier": {"ACTOR", "LOCATION"},
    "recipient": {"ACTOR", "LOCATION"},
    "actor": {"ACTOR", "LOCATION"},
    "target": {"ACTOR", "LOCATION", "WEAPON"},
    "origin": {"LOCATION", "ACTOR"},
    "destination": {"LOCATION", "ACTOR"},
    "via": {"LOCATION", "ACTOR"},
    "item": {"WEAPON", "QUANTITY"},
}


def documents(paths: list[str]) -> dict[str, Document]:
    return {str(document.id): document for path in paths for document in corpus.read(path)}


def amount(document: Document, number: int) -> Quantity:
    """The reading of a QUANTITY span; a weapon right behind it is no unit."""
    span = document.spans[number - 1]
    behind = document.spans[number] if number < len(document.spans) else None
    bare = behind is not None and behind.label == "WEAPON" and not document.text[span.end : behind.start].strip()
    text = document.text[: span.end] if bare else document.text
    return read_quantity(text, span.start, span.end)


def show(document: Document) -> str:
    """The sheet of an article: its sentences, and its spans with number, label, canonical id or reading."""
    gazetteer = Gazetteer()
    numbers = {span: number for number, span in enumerate(document.spans, 1)}
    lines = [f"@ {document.id}"]
    for count, sentence in enumerate(sentences(document.text, document.spans), 1):
        position, out = sentence.start, ""
        for span in document.spans:
            if not sentence.start <= span.start < sentence.end:
                continue
            out += document.text[position : span.start]
            note = gazetteer.canonical(document.text_of(span), span.label) if span.label in ("ACTOR", "LOCATION") else None
            if span.label == "QUANTITY":
                read = amount(document, numbers[span])
                bounds = f"{read.low}..{read.high}" if read.value is None else read.value
                per = f"/{read.per}" if read.per else ""
                note = f"{read.comparator} {bounds} {read.unit or read.currency or ''}{per}".strip()
            out += f"{{{numbers[span]}{span.label[0]} {document.text_of(span)}{' =' + note if note else ''}}}"
            position = span.end
        lines.append(f"S{count}: {out}{document.text[position : sentence.end]}")
    return "\n".join(lines)


def read_lines(path: str, known: dict[str, Document]) -> Iterator[Document]:
    """Documents with the claims of a file of annotators' lines. Raises `FormatError` with every line that is wrong."""
    found: dict[str, list[Claim]] = {}
    wrong: list[str] = []
    document: Document | None = None
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#") or line == "none":
            continue
        try:
            if line.startswith("@"):
                document = known[line[1:].split()[0]]
                found.setdefault(str(document.id), [])
            elif document is None:
                raise ValueError("a claim before any @ line")
            else:
                found[str(document.id)].append(claim_of(line, document))
        except (ValueError, KeyError, IndexError, FormatError) as error:
            wrong.append(f"{path}:{number}: {error}: {line}")
    if wrong:
        raise FormatError("\n".join(wrong))
    for id, claims in found.items():
        yield dataclasses.replace(known[id], claims=tuple(sorted(claims, key=lambda claim: claim.evidence.trigger)))


def claim_of(line: str, document: Document) -> Claim:
    """One annotator's line as a claim of its article."""
    event, status, *rest = shlex.split(line)
    if event not in EVENTS or status not in STATUSES:
        raise ValueError(f"event {event!r} or status {status!r} unknown")
    fields = dict(item.split("=", 1) for item in rest)
    whole = list(sentences(document.text, document.spans))
    sentence = whole[int(fields.pop("s")) - 1]
    trigger = words_at(document.text, sentence.start, sentence.end, fields.pop("tr"))
    values: dict[str, Any] = {}
    for short, name in (PARTIES | PLACES).items():
        if short in fields:
            values[name] = mention(document, fields.pop(short), name)
    if ("supplier" in values or "recipient" in values) and event != "transfer":
        raise ValueError("only a transfer has sup and rec")
    if ("actor" in values or "target" in values) and event == "transfer":
        raise ValueError("a transfer has sup and rec, not act and tgt")
    if "item" in fields:
        values["item"] = mention(document, fields.pop("item"), "item")
    if "qty" in fields:
        values["quantity"] = quantity(document, fields)
    if "src" in fields:
        values["source"] = tuple(mention(document, part, "source") for part in fields.pop("src").split(","))
    if "time" in fields:
        values["time"] = moment(document, whole, sentence, fields.pop("time"))
    if fields:
        raise ValueError(f"unknown {', '.join(fields)}")
    return Claim(event, status, Evidence(sentence.start, sentence.end, trigger), **values)


def words_at(text: str, start: int, end: int, words: str) -> tuple[int, int]:
    surface, _, which = words.partition("#")
    place = start - 1
    for _ in range(int(which or 1)):
        place = text.find(surface, place + 1, end)
        if place < 0:
            raise ValueError(f"{words!r} is not in {text[start:end]!r}")
    return place, place + len(surface)


def mention(document: Document, number: str, role: str) -> Mention:
    word, _, place = number.rpartition("@")
    span: Span = document.spans[int(place) - 1]
    if span.label not in WANTED.get(role, {"ACTOR", "LOCATION"}):
        raise ValueError(f"{role} {number} is the {span.label} {document.text_of(span)!r}")
    start, end = words_at(document.text, span.start, span.end, word) if word else (span.start, span.end)
    surface = document.text[start:end]
    if role != "item":
        return Mention(start, end, Gazetteer().canonical(surface, span.label))
    if span.label == "QUANTITY" and not word:
        raise ValueError(f"item {number} is a QUANTITY; name the noun in it: item=tentara@{number}")
    troops = surface.lower() in triggers().troops
    return Mention(start, end, "troops" if troops else Gazetteer().canonical(surface, "WEAPON"))


def quantity(document: Document, fields: dict[str, str]) -> Quantity:
    number = int(fields.pop("qty"))
    if document.spans[number - 1].label != "QUANTITY":
        raise ValueError(f"qty {number} is the {document.spans[number - 1].label}")
    read = amount(document, number)
    changes: dict[str, Any] = {}
    for name, convert in (("cmp", str), ("value", float), ("low", float), ("high", float), ("unit", str), ("per", str)):
        if name in fields:
            given = fields.pop(name)
            changes["comparator" if name == "cmp" else name] = None if given == "null" else convert(given)
    return dataclasses.replace(read, **changes)


def moment(document: Document, whole: list[Sentence], sentence: Sentence, words: str) -> Moment:
    for place in [sentence, *whole]:
        try:
            start, end = words_at(document.text, place.start, place.end, words)
        except ValueError:
            continue
        day = published(document.text, document.id)
        dated = [m for m in moments(document.text, place.start, place.end, day) if m.start < end and start < m.end]
        return Moment(start, end, dated[0].iso if dated else None)
    raise ValueError(f"time {words!r} is not in the article")


def agreement(one: str, two: str, paths: list[str]) -> str:
    """Per field, how far the second hand agrees with the first, on the articles that both have."""
    known = list(documents(paths).values())
    first, second = {d.id: d for d in join(one, known)}, {d.id: d for d in join(two, known)}
    shared = [id for id in first if id in second]
    counts = score_claims([first[id] for id in shared], [second[id] for id in shared])
    lines = [f"{len(shared)} articles, {counts['event'].gold} and {counts['event'].predicted} claims"]
    lines += [f"{field:12} {counts[field].f1:.3f}" for field in (*FIELDS, "record") if counts[field].gold]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    try:
        if len(arguments) >= 2 and arguments[0] == "show":
            for id, document in documents(arguments[1:2]).items():
                if len(arguments) == 2 or id in arguments[2:]:
                    print(show(document) + "\n")
        elif len(arguments) >= 4 and arguments[0] == "join":
            *paths, out = arguments[2:]
            found = list(read_lines(arguments[1], documents(paths)))
            write_standoff(found, out)
            print(f"{len(found)} articles, {sum(len(d.claims) for d in found)} claims")
        elif len(arguments) >= 4 and arguments[0] == "agreement":
            print(agreement(arguments[1], arguments[2], arguments[3:]))
        else:
            print(__doc__)
            return 2
    except FormatError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
