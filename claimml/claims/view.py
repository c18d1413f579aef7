"""Claims for the eye and for programs: a table, CSV, JSON lines, one self-contained HTML page. Pure functions to strings."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from html import escape

from claimml.claims.record import Claim, Mention
from claimml.document import Document
from claimml.quantity import Quantity

COLUMNS = (
    "document", "event", "status",
    "supplier", "supplier_id", "recipient", "recipient_id", "actor", "actor_id", "target", "target_id", "item", "item_id",
    "comparator", "value", "low", "high", "unit", "per", "origin", "destination", "via", "time", "time_iso", "source",
    "start", "end", "trigger", "sentence",
)  # fmt: skip


def amount(quantity: Quantity | None) -> str:
    """A quantity as a reader writes it: "~ 6,700 kontainer", "10–15 unit", "> 60,000 per hari"; "-" for none."""
    if quantity is None:
        return "-"
    sign = "" if quantity.comparator in ("=", "range", "vague", "unread") else f"{quantity.comparator} "
    if quantity.value is not None:
        number = f"{quantity.value:,}"
    elif quantity.low is not None or quantity.high is not None:
        number = "–".join("" if bound is None else f"{bound:,}" for bound in (quantity.low, quantity.high))
    else:
        number = "?"
    unit = quantity.currency or quantity.unit
    return sign + number + (f" {unit}" if unit else "") + (f" per {quantity.per}" if quantity.per else "")


def parties(text: str, claim: Claim) -> str:
    """Who and whom: "Korea Utara > Rusia"; "?" for a supplier or actor that is not said."""
    first, second = (claim.supplier, claim.recipient) if claim.event == "transfer" else (claim.actor, claim.target)
    return _text(text, first, "?") + (f" > {_text(text, second)}" if second else "")


def safe(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    if cell is None:
        return ""
    return f"'{cell}" if isinstance(cell, str) and len(cell) > 2 and cell[0] in "=+-@\t\r" else cell


def _text(text: str, mention: Mention | None, none: str = "") -> str:
    return " ".join(mention.text_of(text).split()) if mention else none


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _cells(text: str, claim: Claim, unattributed: str) -> tuple[str, str, str, str, str, str, str]:
    """What table and page show of a claim; `unattributed` stands for a source that the text does not name."""
    return (
        claim.event,
        claim.status,
        parties(text, claim),
        amount(claim.quantity),
        _text(text, claim.item, "-"),
        (claim.time.iso or claim.time.text_of(text)) if claim.time else "-",
        ", ".join(_text(text, source) for source in claim.source) or unattributed,
    )


def claims_table(documents: Iterable[Document]) -> Iterator[str]:
    """For each document its name and a line for each claim: event, status, parties, amount, item, source."""
    for document in documents:
        text = document.text
        rows = [("event", "status", "who > whom", "amount", "item", "time", "who says so")]
        rows += [_cells(text, claim, "(the text)") for claim in document.claims]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = [
            _printable("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()) for row in rows
        ]
        head = [f"# {document.id}"] if document.id else []
        yield "\n".join([*head, *lines, f"{len(document.claims)} claims"]) + "\n\n"


def claims_jsonl(documents: Iterable[Document]) -> Iterator[str]:
    """A line for each claim, with the id of its document."""
    for document in documents:
        for claim in document.claims:
            yield json.dumps({"document": document.id, **claim.to_dict(document.text)}, ensure_ascii=False) + "\n"


def claims_csv(documents: Iterable[Document]) -> Iterator[str]:
    """A header and a row for each claim; offsets count code points."""
    yield _row(COLUMNS)
    for document in documents:
        text = document.text
        for claim in document.claims:
            q, evidence = claim.quantity, claim.evidence
            named = [
                (_text(text, m), m.id if m else None)
                for m in (claim.supplier, claim.recipient, claim.actor, claim.target, claim.item)
            ]
            amounts = (q.comparator, q.value, q.low, q.high, q.currency or q.unit, q.per) if q else (None,) * 6
            places = tuple(_text(text, m) for m in (claim.origin, claim.destination, claim.via))
            time = (claim.time.text_of(text), claim.time.iso) if claim.time else (None, None)
            sources = "; ".join(_text(text, source) for source in claim.source)
            tail = (
                evidence.start,
                evidence.end,
                text[slice(*evidence.trigger)],
                " ".join(text[evidence.start : evidence.end].split()),
            )
            pairs = (cell for pair in named for cell in pair)
            yield _row((document.id, claim.event, claim.status, *pairs, *amounts, *places, *time, sources, *tail))


def _row(cells: Iterable[object]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow([safe(cell) for cell in cells])
    return stream.getvalue()


STYLE = """
body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #ddd; }
h1 { font-size: 1.2rem; } h2 { font-size: 1rem; color: #666; }
a { color: inherit; text-decoration: none; } td a:hover { text-decoration: underline; }
article { white-space: pre-wrap; overflow-wrap: anywhere; font-size: .92rem; }
mark { background: #fff3c4; color: inherit; } mark:target { background: #ffd75e; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } th, td { border-color: #444; }
mark { background: #3d3721; } mark:target { background: #77641b; } }
"""


def claims_page(documents: Iterable[Document]) -> str:
    """One HTML page that needs nothing else: each document's claims, each cell a link to its sentence in the text."""
    parts = []
    for number, document in enumerate(documents):
        text = document.text
        rows = []
        for claim in document.claims:
            cells = _cells(text, claim, "the text itself")
            link = f"#c{number}-{claim.evidence.start}"
            rows.append("<tr>" + "".join(f'<td><a href="{link}">{escape(cell)}</a></td>' for cell in cells) + "</tr>")
        head = "".join(
            f"<th>{name}</th>" for name in ("event", "status", "who &gt; whom", "amount", "item", "time", "who says so")
        )
        spots = sorted({(claim.evidence.start, claim.evidence.end) for claim in document.claims})
        body, position = [], 0
        for start, end in spots:
            body += [escape(text[position:start]), f'<mark id="c{number}-{start}">{escape(text[start:end])}</mark>']
            position = end
        body.append(escape(text[position:]))
        parts.append(
            f"<h2>{escape(document.id)}</h2><table><tr>{head}</tr>{''.join(rows)}</table><article>{''.join(body)}</article>\n"
        )
    return (
        '<!doctype html>\n<html lang="id"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>claimml: claims</title><style>{STYLE}</style></head>\n"
        f"<body><h1>Claims of {len(parts)} documents</h1>\n{''.join(parts)}</body></html>\n"
    )
