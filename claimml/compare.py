"""Claims of many documents laid side by side: one line per supply, with every figure, its date, and who says which.

    supplies = compare(documents)          # documents with claims, or with spans to read them from
    print(table(supplies))

Claims are about the same supply where event, parties (by canonical id), what is counted and time agree. What
fills containers is not asked: "kontainer amunisi" and "kontainer senjata" count the same containers.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from claimml.claims import Claim, EventClassifier, Mention, read_claims
from claimml.claims.record import slots_of
from claimml.claims.times import moments, published
from claimml.claims.view import amount, safe
from claimml.claims.words import triggers
from claimml.document import Document
from claimml.quantity import Quantity

# Figures of one supply that lie further apart than this, with none between, are two supplies.
WINDOW = timedelta(days=3 * 365)
# "About" allows this much, and a figure must exceed the one before by it to have grown.
TOLERANCE = 0.1
_DENIALS = ("denied", "not_confirmed")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of one document: its best claim (the one that tells most), and all claims that repeat it.

    `date` is when it was said, ISO, "" if not known; `relation` to the figure before it in time: "first",
    "agrees", "grew" (with `factor`), "contradicts"; a denial contradicts.
    """

    document: Document
    claim: Claim
    repeats: tuple[Claim, ...] = ()
    date: str = ""
    relation: str = "first"
    factor: float | None = None

    @property
    def text(self) -> str:
        """The amount as a reader writes it: "> 13,000 kontainer"; "-" where no figure is given."""
        return amount(self.claim.quantity)

    @property
    def items(self) -> tuple[str, ...]:
        """What is counted, as the document calls it."""
        items = [c.item.text_of(self.document.text) for c in (self.claim, *self.repeats) if c.item]
        return tuple(dict.fromkeys(item.lower() if item.istitle() else item for item in items))

    @property
    def sources(self) -> tuple[str, ...]:
        """Who says so; empty where the document itself does."""
        return tuple(dict.fromkeys(source.text_of(self.document.text) for source in self.claim.source))

    @property
    def sentence(self) -> str:
        """The sentence that makes the claim."""
        return self.document.text[self.claim.evidence.start : self.claim.evidence.end]

    @property
    def anchor(self) -> str:
        """Where the sentence stands on the page."""
        return f"{_slug(self.document.id)}-{self.claim.evidence.start}"

    def to_dict(self) -> dict[str, Any]:
        """JSON shape."""
        return {
            "document": self.document.id,
            "date": self.date or None,
            "figure": self.text if self.claim.quantity else None,
            "items": list(self.items),
            "source": list(self.sources),
            "relation": self.relation,
            "factor": self.factor,
            "repeated": len(self.repeats),
            "sentence": self.sentence,
            "claim": self.claim.to_dict(self.document.text),
        }


@dataclass(frozen=True, slots=True)
class Supply:
    """One supply (or use, production, ...): who to whom, what, and its figures in the order in which they were said.

    `first` and `second` name the parties (supplier and recipient; actor and target), "" for none. `denials` are
    statements that deny or do not confirm it.
    """

    event: str
    first: str
    second: str
    what: str
    unit: str
    figures: tuple[Figure, ...]
    denials: tuple[Figure, ...] = ()

    @property
    def name(self) -> str:
        """The supply in words: "transfer: Korea Utara > Rusia, kontainer"."""
        second = f" > {self.second}" if self.second else ""
        return f"{self.event}: {self.first or '?'}{second}, {self.what}"

    def short(self, figure: Figure) -> str:
        """A figure of this supply without its unit where all have the same: "~ 6,700"."""
        units = {f.claim.quantity.unit for f in self.figures if f.claim.quantity}
        unit = figure.claim.quantity.unit if figure.claim.quantity else None
        return figure.text.replace(f" {unit}", "", 1) if unit and len(units) == 1 else figure.text

    @property
    def documents(self) -> int:
        """How many documents tell of it."""
        return len({figure.document.id for figure in self.figures})

    @property
    def growth(self) -> str:
        """How the figure grew: "> 1,000 → ~ 7,000 → > 13,000"; "" for fewer than two different ones."""
        steps: list[str] = []
        for figure in self.figures:
            if figure.claim.quantity is not None:
                text = self.short(figure)
                if not steps or steps[-1] != text:
                    steps.append(text)
        return " → ".join(steps) if len(steps) > 1 else ""

    def to_dict(self) -> dict[str, Any]:
        """JSON shape."""
        first, second = slots_of(self.event)
        return {
            "event": self.event,
            first: self.first or None,
            second: self.second or None,
            "what": self.what,
            "unit": self.unit or None,
            "growth": self.growth or None,
            "figures": [figure.to_dict() for figure in self.figures],
            "denials": [figure.to_dict() for figure in self.denials],
        }


@dataclass(slots=True)
class _Line:
    """A supply while it is put together: its claims, each with its document."""

    event: str
    parties: tuple[str | None, str | None]
    what: str
    unit: str
    claims: list[tuple[Document, Claim]] = field(default_factory=list)

    def takes(self, other: _Line) -> bool:
        """Whether another line says nothing that this one does not, and so is part of it."""
        return (
            (self.event, self.what, self.unit) == (other.event, other.what, other.unit)
            and other.parties != self.parties
            and all(theirs in (None, ours) for ours, theirs in zip(self.parties, other.parties, strict=True))
        )


def compare(
    documents: Iterable[Document],
    *,
    published_on: Mapping[str, date] | None = None,
    classifier: EventClassifier | None = None,
) -> list[Supply]:
    """The supplies that the documents tell of, those of most documents and figures first.

    Claims are read from the spans of a document that has none, with `classifier` as in `read_claims`. `published_on`
    gives dates by document id, under "" that of all others; without, the date that a document bears counts. Figures
    stand in order of date; one without a date stands among the others where its amount suggests.
    """
    dates = published_on or {}
    lines: dict[tuple[Any, ...], _Line] = {}
    days: dict[str, date | None] = {}
    denials: list[tuple[Document, Claim]] = []
    for number, given in enumerate(documents, 1):
        document = given if given.id else Document(given.text, given.spans, given.claims, f"document {number}", given.tagger)
        day = dates.get(document.id, dates.get("")) or published(document.text, document.id)
        days[document.id] = day
        for claim in document.claims or read_claims(document, published_on=day, classifier=classifier):
            if claim.status in _DENIALS and claim.quantity is None:
                denials.append((document, claim))
                continue
            line = _line(document, claim)
            lines.setdefault((line.event, line.parties, line.what, line.unit), line).claims.append((document, claim))
    supplies = [
        _supply(line, claims, denials, days) for line in _merged(list(lines.values())) for claims in _windows(line.claims, days)
    ]
    supplies += _denied_alone(denials, supplies)
    return sorted(
        supplies,
        key=lambda s: (not s.unit and not any(f.claim.quantity for f in s.figures), -s.documents, -len(s.figures), s.name),
    )


def _line(document: Document, claim: Claim) -> _Line:
    # Where it went stands in for a recipient who is not named: taggers take "ke Rusia" for the place as well.
    pair = (claim.supplier, claim.recipient or claim.destination) if claim.event == "transfer" else (claim.actor, claim.target)
    unit = _unit(claim.quantity)
    item = claim.item.id or claim.item.text_of(document.text).lower() if claim.item else "generic"
    what = unit if unit in triggers().holds or (unit and claim.quantity and claim.quantity.currency) else item
    per = claim.quantity.per if claim.quantity else None
    return _Line(claim.event, (_party(document, pair[0]), _party(document, pair[1])), what, f"{unit}/{per}" if per else unit)


def _unit(quantity: Quantity | None) -> str:
    """The unit by which figures compare: troops are troops, classifiers count the thing itself; "" without figure."""
    if quantity is None:
        return ""
    unit = quantity.currency or quantity.unit or "unit"
    if any(word in triggers().troops for word in unit.split()):
        return "troops"
    return "unit" if unit in triggers().counts else unit


def _party(document: Document, mention: Mention | None) -> str | None:
    return (mention.id or mention.text_of(document.text).lower()) if mention else None


def _merged(lines: list[_Line]) -> list[_Line]:
    """Lines without those that leave a party out: they join the line that names it, if there is one."""
    lines.sort(key=lambda line: (sum(party is None for party in line.parties), -len(line.claims)))
    kept: list[_Line] = []
    for line in lines:
        home = next((other for other in kept if other.takes(line)), None) if None in line.parties else None
        if home:
            home.claims += line.claims
        else:
            kept.append(line)
    return kept


def _said_on(document: Document, claim: Claim, day: date | None) -> str:
    """When a figure was said: a time of its sentence that is not the event's own, else the day of publication.

    Where neither is known, the event's time.
    """
    evidence = claim.evidence
    said = [
        moment.iso.split("/")[0]
        for moment in moments(document.text, evidence.start, evidence.trigger[0], day)
        if moment.iso and (claim.time is None or moment.start != claim.time.start)
    ]
    if said:
        return said[-1]
    if day:
        return day.isoformat()
    if claim.time and claim.time.iso:
        first, _, last = claim.time.iso.partition("/")
        return last if last and last != ".." else "" if last else first
    return ""


def _windows(claims: list[tuple[Document, Claim]], days: Mapping[str, date | None]) -> list[list[tuple[Document, Claim]]]:
    """Claims cut where more than `WINDOW` lies between two neighbours in time; the undated go with the largest part."""
    dated = sorted(
        ((_day(_said_on(d, c, days[d.id])), d, c) for d, c in claims if _said_on(d, c, days[d.id])), key=lambda row: row[0]
    )
    parts: list[list[tuple[Document, Claim]]] = []
    previous: date | None = None
    for when, document, claim in dated:
        if previous is None or when - previous > WINDOW:
            parts.append([])
        parts[-1].append((document, claim))
        previous = when
    undated = [(d, c) for d, c in claims if not _said_on(d, c, days[d.id])]
    if undated:
        max(parts, key=len).extend(undated) if parts else parts.append(undated)
    return parts


def _day(iso: str) -> date:
    parts = [int(part) for part in iso.split("-")] + [1, 1]
    return date(*parts[:3])


def _supply(
    line: _Line,
    claims: list[tuple[Document, Claim]],
    denials: Sequence[tuple[Document, Claim]],
    days: Mapping[str, date | None],
) -> Supply:
    names = [Counter[str](), Counter[str]()]
    groups: dict[tuple[Any, ...], list[tuple[Document, Claim]]] = {}
    for document, claim in claims:
        for counter, mention in zip(
            names, (claim.supplier or claim.actor, claim.recipient or claim.destination or claim.target), strict=True
        ):
            if mention:
                counter[mention.text_of(document.text)] += 1
        q = claim.quantity
        groups.setdefault(
            (document.id, q and (q.value, q.low if q.value is None else 0, q.high if q.value is None else 0)), []
        ).append((document, claim))
    figures = []
    for group in groups.values():
        document, best = max(group, key=lambda row: _fullness(row[1]))
        rest = tuple(claim for _, claim in group if claim is not best)
        figures.append(Figure(document, best, rest, _said_on(document, best, days[document.id])))
    against = [
        Figure(document, claim, (), _said_on(document, claim, days[document.id]), "contradicts")
        for document, claim in denials
        if _about(line, _line(document, claim))
    ]
    first, second = (counter.most_common(1)[0][0] if counter else "" for counter in names)
    ordered = _related(_ordered(figures))
    return Supply(line.event, first, second, line.what, line.unit, tuple(ordered), tuple(against))


def _about(line: _Line, denial: _Line) -> bool:
    """Whether a denial is about a supply: same parties, and the same thing or none in particular."""
    same = all(theirs in (None, ours) for ours, theirs in zip(line.parties, denial.parties, strict=True))
    general = denial.what == "generic" and line.what != "troops"
    return line.event == denial.event and same and (general or denial.what == line.what or denial.what == "troops" == line.unit)


def _denied_alone(denials: Sequence[tuple[Document, Claim]], supplies: Sequence[Supply]) -> list[Supply]:
    """Denials of what no document claims."""
    used = {id(figure.claim) for supply in supplies for figure in supply.denials}
    alone = []
    for document, claim in denials:
        if id(claim) not in used:
            line = _line(document, claim)
            first, second = (
                m.text_of(document.text) if m else ""
                for m in (claim.supplier or claim.actor, claim.recipient or claim.destination or claim.target)
            )
            alone.append(
                Supply(line.event, first, second, line.what, line.unit, (), (Figure(document, claim, (), "", "contradicts"),))
            )
    return alone


def _fullness(claim: Claim) -> tuple[int, int]:
    """How much a claim tells: with a source before without, then by filled fields; of equals the longer sentence."""
    filled = sum(
        bool(getattr(claim, name))
        for name in ("supplier", "recipient", "actor", "target", "time", "via", "origin", "destination")
    )
    hedged = bool(claim.quantity and claim.quantity.comparator != "=")
    return (2 * bool(claim.source) + filled + hedged, claim.evidence.end - claim.evidence.start)


def _point(figure: Figure) -> float | None:
    """The one number that stands for a figure: its value, the middle of its range, or its bound."""
    q = figure.claim.quantity
    if q is None:
        return None
    if q.value is not None:
        return float(q.value)
    bounds = [bound for bound in (q.low, q.high) if bound is not None]
    return sum(bounds) / len(bounds) if bounds else None


def _bounds(figure: Figure) -> tuple[float, float]:
    """The amounts that a figure allows."""
    q, point = figure.claim.quantity, _point(figure)
    if q is None or point is None:
        return 0.0, float("inf")
    if q.comparator == "~":
        return point * (1 - TOLERANCE), point * (1 + TOLERANCE)
    low = point if q.low is None else float(q.low)
    high = point if q.high is None else float(q.high)
    if q.comparator in (">", ">="):
        return low, float("inf")
    if q.comparator in ("<", "<="):
        return 0.0, high
    return low, high


def _ordered(figures: list[Figure]) -> list[Figure]:
    """By date; one without a date before the first dated one that is larger, or at the end."""
    ordered = sorted((figure for figure in figures if figure.date), key=lambda f: (f.date, _point(f) or 0))
    for figure in sorted((figure for figure in figures if not figure.date), key=lambda f: _point(f) or 0):
        point = _point(figure) or 0
        place = next((i for i, other in enumerate(ordered) if (_point(other) or 0) > point), len(ordered))
        ordered.insert(place, figure)
    return ordered


def _related(figures: list[Figure]) -> list[Figure]:
    """Each figure with its relation to the one before it."""
    related: list[Figure] = []
    before: Figure | None = None
    for figure in figures:
        relation, factor = "first", None
        if figure.claim.status in _DENIALS:
            relation = "contradicts"
        elif before is not None and figure.claim.quantity is not None:
            relation, factor = _relation(before, figure)
        related.append(Figure(figure.document, figure.claim, figure.repeats, figure.date, relation, factor))
        if figure.claim.quantity is not None and relation != "contradicts":
            before = figure
    return related


def _relation(before: Figure, figure: Figure) -> tuple[str, float | None]:
    earlier, later = _point(before), _point(figure)
    if earlier is None or later is None:
        return "agrees", None
    low, high = max(_bounds(before)[0], _bounds(figure)[0]), min(_bounds(before)[1], _bounds(figure)[1])
    same_time = before.date and figure.date and abs(_day(figure.date) - _day(before.date)) <= timedelta(days=7)
    if not same_time and later > earlier * (1 + TOLERANCE):
        return "grew", round(later / earlier, 2) if earlier else None
    return ("agrees", None) if low <= high else ("contradicts", None)


# ---------------------------------------------------------------------------------------------------------
# Views. Each is a pure function from supplies to a string.


def table(supplies: Iterable[Supply]) -> str:
    """A block for each supply: its name, how it grew, and a line for each figure and denial."""
    blocks = []
    for supply in supplies:
        lines = [supply.name + (f"   [{supply.growth}]" if supply.growth else "")]
        rows = [
            (
                f.date or "no date",
                f.text,
                ", ".join(f.items),
                f.claim.status,
                ", ".join(f.sources) or "(the text)",
                _relation_words(f),
                f.document.id,
            )
            for f in (*supply.figures, *supply.denials)
        ]
        widths = [min(44, max(len(row[i]) for row in rows)) for i in range(7)]
        lines += ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + ("\n" if blocks else "")


def _relation_words(figure: Figure) -> str:
    return f"grew ×{figure.factor:g}" if figure.factor else figure.relation


def to_json(supplies: Iterable[Supply]) -> str:
    """All of it, for programs."""
    return json.dumps([supply.to_dict() for supply in supplies], ensure_ascii=False, indent=1) + "\n"


COLUMNS = (
    "event", "first", "second", "what", "date", "comparator", "value", "low", "high", "unit", "per", "items", "status",
    "source", "relation", "factor", "document", "start", "end", "sentence",
)  # fmt: skip


def to_csv(supplies: Iterable[Supply]) -> str:
    """A row for each figure and denial; `start`, `end` are the sentence's code points in its document."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for supply in supplies:
        for f in (*supply.figures, *supply.denials):
            q = f.claim.quantity
            amounts = (q.comparator, q.value, q.low, q.high, q.currency or q.unit, q.per) if q else ("",) * 6
            cells = (
                supply.event,
                supply.first,
                supply.second,
                supply.what,
                f.date,
                *amounts,
                "; ".join(f.items),
                f.claim.status,
            )
            evidence = f.claim.evidence
            tail = ("; ".join(f.sources), f.relation, f.factor, f.document.id, evidence.start, evidence.end, f.sentence)
            writer.writerow(safe(cell) for cell in (*cells, *tail))
    return stream.getvalue()


def page(supplies: Sequence[Supply]) -> str:
    """One HTML page that needs nothing else: each supply with its timeline and table.

    Each point and each cell is a link to its sentence in the document, which the page holds too.
    """
    figures = [f for supply in supplies for f in (*supply.figures, *supply.denials)]
    documents = {f.document.id: f.document for f in figures}
    template = Template((Path(__file__).parent / "templates" / "compare.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=f"{len(supplies)} supplies in {len(documents)} documents",
        supplies="".join(_section(supply) for supply in supplies),
        documents="".join(_article(document, figures) for document in documents.values()),
    )


def _section(supply: Supply) -> str:
    chart = _chart(supply) if sum(f.claim.quantity is not None for f in supply.figures) > 1 else ""
    rows = "".join(_row(f) for f in (*supply.figures, *supply.denials))
    growth = f'<p class="growth">{escape(supply.growth)}</p>' if supply.growth else ""
    head = "".join(
        f"<th>{name}</th>" for name in ("date", "figure", "of what", "status", "who says so", "to the one before", "document")
    )
    return f"<section><h2>{escape(supply.name)}</h2>{growth}{chart}<table><tr>{head}</tr>{rows}</table></section>\n"


def _row(f: Figure) -> str:
    cells = (
        f.date or "no date",
        f.text,
        ", ".join(f.items),
        f.claim.status,
        ", ".join(f.sources) or "the text itself",
        _relation_words(f),
        f.document.id,
    )
    title = escape(" ".join(f.sentence.split()), quote=True)
    links = "".join(f'<td><a href="#{f.anchor}" title="{title}">{escape(cell)}</a></td>' for cell in cells)
    return f'<tr class="{f.relation} {f.claim.status}">{links}</tr>'


def _chart(supply: Supply) -> str:
    """The figures over time as inline SVG; over their order where not all have a date."""
    figures = [f for f in supply.figures if _point(f) is not None]
    width, height, left, right, top, bottom = 720, 260, 70, 90, 24, 46
    values = [_point(f) or 0.0 for f in figures]
    step, most = _scale(max(values))
    dated = all(f.date for f in figures) and len({f.date for f in figures}) > 1
    if dated:
        days = [_day(f.date).toordinal() for f in figures]
        first, last = min(days), max(days)
        places = [(day - first) / (last - first) for day in days]
    else:
        places = [i / (len(figures) - 1) for i in range(len(figures))]
    xs = [left + place * (width - left - right) for place in places]
    ys = [height - bottom - value / most * (height - top - bottom) for value in values]
    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(supply.name, quote=True)}">']
    for tick in range(round(most / step) + 1):
        value = tick * step
        y = height - bottom - value / most * (height - top - bottom)
        parts.append(f'<line class="grid" x1="{left}" x2="{width - right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="axis" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{_short(value)}</text>')
    parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))}"/>')
    seen: list[tuple[float, float]] = []
    labelled = -100.0
    for f, x, y in zip(figures, xs, ys, strict=True):
        lift = 14 * sum(abs(x - a) < 70 and abs(y - b) < 14 for a, b in seen)
        seen.append((x, y))
        q = f.claim.quantity
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
        if q is not None and q.comparator in (">", ">=", "<", "<="):
            tip = -8 if q.comparator in (">", ">=") else 8
            shape = f'<path d="M{x - 6:.1f},{y - tip / 2:.1f}h12l-6,{tip}z"/>'
        who = ", ".join(f.sources) or "the text itself"
        title = escape(f"{f.text}, {who}, {f.date or 'no date'}: {' '.join(f.sentence.split())}")
        label = escape(supply.short(f))
        parts.append(
            f'<a href="#{f.anchor}" class="{f.claim.status}"><title>{title}</title>{shape}'
            f'<text class="value" x="{x + 9:.1f}" y="{y - 7 - lift:.1f}">{label}</text></a>'
        )
        if x - labelled > 64:
            parts.append(
                f'<text class="axis" x="{x:.1f}" y="{height - bottom + 18}" text-anchor="middle">{f.date or "no date"}</text>'
            )
            labelled = x
    note = "" if dated else "in the order of date where one is known, of amount where not"
    parts.append(f'<text class="axis" x="{left}" y="{height - 6}">{note}</text></svg>')
    return "".join(parts)


def _scale(largest: float) -> tuple[float, float]:
    """Step and end of an axis that holds `largest` with room above: steps of 1, 2, 2.5 or 5 times a power of ten."""
    rough = (largest or 1.0) * 1.1 / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough)
    return step, step * math.ceil((largest or 1.0) * 1.05 / step)


def _short(value: float) -> str:
    for size, name in ((1e9, " bn"), (1e6, " m"), (1e4, "k")):
        if value >= size:
            return f"{value / (1e3 if name == 'k' else size):.3g}{name}"
    return f"{value:,.0f}"


def _article(document: Document, figures: Sequence[Figure]) -> str:
    """The document's text with each sentence that is led to as an anchor."""
    spots = sorted({(f.claim.evidence.start, f.claim.evidence.end) for f in figures if f.document.id == document.id})
    parts, position = [], 0
    for start, end in spots:
        parts.append(escape(document.text[position:start]))
        parts.append(f'<mark id="{_slug(document.id)}-{start}">{escape(document.text[start:end])}</mark>')
        position = end
    parts.append(escape(document.text[position:]))
    return f"<article><h3>{escape(document.id)}</h3>{''.join(parts)}</article>\n"


def _slug(id: str) -> str:
    return "d-" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}" for c in id)
