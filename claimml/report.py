"""An evaluation for people: a table for the terminal, a dict for JSON, one HTML page to browse errors in.

    report = Report(score(gold, predicted), tagger="mini", corpora=("dev.jsonl",))
    report.text(), report.to_dict(), report.html()

All three are made from the same tables. The page needs no other file and no network; every text in it
is escaped. The dict holds numbers, labels and offsets and no word of any text, so that it may travel
with a model whose gold may not.
"""

from __future__ import annotations

import dataclasses
import html
import itertools
import re
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from claimml.document import Document, Span
from claimml.errors import MissingExtra
from claimml.scoring import (
    ERRORS,
    MODES,
    Calibration,
    Comparison,
    Counts,
    Difference,
    Interval,
    Intervals,
    Pair,
    Rates,
    Scores,
    compare_scores,
    intervals,
    source,
)
from claimml.show import COLORS
from claimml.tagging import encode

EXPLAINED = {
    "strict": "right label and both borders",
    "partial": "right label; an overlap with wrong borders counts half",
    "type": "right label and an overlap",
}
CONTEXT = 300  # characters of a sentence shown on either side of an error
FEW = 10  # documents under which intervals are too narrow to be taken at their word


class Table(NamedTuple):
    """A titled table: names in the first column, then numbers (coloured with `heat`), words last with `wordy`."""

    title: str
    note: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    heat: bool = False
    wordy: bool = False


@dataclass(frozen=True)
class Report:
    """What there is to say about one prediction of a gold corpus.

    `against` is another prediction of the same gold by the tagger `rival`; `training` are documents
    whose mentions count as seen. `samples` draws of documents make an interval, from `seed`.
    `claims` are counts of claims by document (`claims.count_claims`), by the name of what they were read from.
    """

    scores: Scores
    tagger: str = ""
    corpora: tuple[str, ...] = ()
    against: Scores | None = None
    rival: str = ""
    training: tuple[Document, ...] | None = None
    samples: int = 1000
    seed: int = 0
    claims: Mapping[str, Sequence[Mapping[str, Counts]]] = dataclasses.field(default_factory=dict)

    @cached_property
    def intervals(self) -> Intervals:
        return self.scores.intervals(samples=self.samples, seed=self.seed)

    @cached_property
    def calibration(self) -> Calibration | None:
        return self.scores.calibration()

    @cached_property
    def comparison(self) -> Comparison | None:
        """None without a rival; raises `ClaimmlError` where there is but one document."""
        if self.against is None:
            return None
        return compare_scores(self.scores, self.against, samples=10 * self.samples, seed=self.seed)

    @cached_property
    def novelty(self) -> dict[str, Counts] | None:
        return None if self.training is None else self.scores.by_novelty(self.training)

    @cached_property
    def labels(self) -> list[str]:
        return list(self.scores.labels)

    @property
    def title(self) -> str:
        micro, number = self.scores.micro, len(self.scores.gold)
        where = f" on {', '.join(self.corpora)}" if self.corpora else ""
        documents = "1 document" if number == 1 else f"{number:,} documents"
        return f"{self.tagger or 'prediction'}{where}: {documents}, {micro.gold:,} gold spans, {micro.predicted:,} predicted"

    def to_dict(self, *, errors: bool = False) -> dict[str, Any]:
        """All numbers as JSON values. With `errors`, every error too, by document and offsets."""
        scores = self.scores
        result: dict[str, Any] = {
            "tagger": self.tagger,
            "corpora": list(self.corpora),
            "documents": len(scores.gold),
            "mode": scores.mode,
            "micro": scores.micro.to_dict() | _interval_dict(self.intervals.micro),
            "macro": _rounded(scores.macro._asdict()) | _interval_dict(self.intervals.macro),
            "labels": {
                label: counts.to_dict() | _interval_dict(self.intervals.labels[label])
                for label, counts in scores.labels.items()
            },
            "f1": {mode: round(scores.in_mode(mode).micro.f1, 6) for mode in MODES},
            "errors": dict(scores.errors()),
            "confusion": [
                {"gold": gold or None, "predicted": predicted or None, "count": count}
                for (gold, predicted), count in scores.confusion().items()
            ],
            "borders": {place: texts.total() for place, texts in scores.borders().items()},
            "length": {length: counts.to_dict() for length, counts in scores.by_length().items()},
            "source": {name: counts.to_dict() for name, counts in scores.by_source().items()},
        }
        if self.novelty is not None:
            result["novelty"] = {name: counts.to_dict() for name, counts in self.novelty.items()}
        if (calibration := self.calibration) is not None:
            result["calibration"] = {
                "error": round(calibration.error, 6),
                "scored": calibration.scored,
                "unscored": calibration.unscored,
                "bins": [
                    {"low": b.low, "high": b.high, "count": b.count}
                    | _rounded({"confidence": b.confidence, "accuracy": b.accuracy})
                    for b in calibration.bins
                ],
            }
        if self.against is not None and self.comparison is not None:
            result["against"] = {
                "tagger": self.rival,
                "micro": self.against.micro.to_dict(),
                "macro": _rounded(self.against.macro._asdict()),
                "difference": {name: _rounded(difference._asdict()) for name, difference in _differences(self.comparison)},
            }
        if self.claims:
            result["claims"] = {
                name: {
                    field: counts.to_dict() | _interval_dict(between)
                    for field, counts, between in self._claim_fields(documents)
                }
                for name, documents in self.claims.items()
            }
        if errors:
            result["cases"] = [
                {"document": document.id or number, "kind": pair.kind}
                | {"gold": _span_dict(pair.gold), "predicted": _span_dict(pair.predicted)}
                for number, document, pair in self._cases()
            ]
        return result

    def text(self) -> str:
        """The tables for a terminal, 100 columns wide at most with labels of usual length."""
        return "\n".join([self.title, "", *map(_text_table, self.tables())])

    def html(self, *, plots: bool = False) -> str:
        """One self-contained page. `plots` draws the labels' bars and the reliability plot with matplotlib.

        Raises `MissingExtra` where plots are asked for and matplotlib is not installed.
        """
        template = Template((Path(__file__).parent / "templates" / "report.html").read_text(encoding="utf-8"))
        cases = list(self._cases())
        sources = sorted({source(document) for _, document, _ in cases})
        return template.substitute(
            title=_escape(self.title),
            colors="\n".join(f".c{i} {{ background: {_color(label, i)}; }}" for i, label in enumerate(self.labels)),
            plots="".join(f"<figure>{svg}</figure>" for svg in (_plots(self) if plots else ())),
            tables="".join(map(_html_table, self.tables())),
            kinds=_options((kind, f"{kind}: {meaning}") for kind, meaning in ERRORS.items()),
            labels=_options((label, label) for label in self.labels),
            sources=_options((name, name or "(no source)") for name in sources),
            rival="" if self.against is None else _escape(self.rival or "the other"),
            rivalry="hidden" if self.against is None else "",
            number=f"{len(cases):,}",
            cases="\n".join(self._case(*case) for case in cases),
        )

    def tables(self) -> Iterator[Table]:
        """Every table of the report, those without content left out."""
        yield self._rates_table()
        for name, documents in self.claims.items():
            rows = [_row(field, counts.rates, between, (), counts) for field, counts, between in self._claim_fields(documents)]
            note = (
                f"{len(documents):,} documents; status: of claims whose event was found; record: event, parties, item, amount, "
                "source and status all right"
            )
            header = ("", "precision", "recall", "F1", "95 % interval", "gold", "predicted", "right")
            yield Table(f"Claims read from {name}", note, header, rows)
        if self.against is not None and self.comparison is not None:
            note = (
                f"{self.tagger or 'this'} minus {self.rival or 'the other'}; paired bootstrap over documents, "
                f"{10 * self.samples:,} draws{self._caution()}"
            )
            rows = [
                (name, f"{100 * d.f1:+.2f}", f"{100 * d.low:+.2f} to {100 * d.high:+.2f}", f"{d.p:.4f}")
                for name, d in _differences(self.comparison)
            ]
            yield Table("Difference in F1", note, ("", "F1", "95 % interval", "p"), rows)
        if self.novelty is not None:
            yield _group_table("Mentions seen in training", "by label and text, case and white space aside", self.novelty)
        yield self._errors_table()
        yield self._confusion_table()
        borders = self.scores.borders()
        if any(borders.values()):
            wrong = [
                (place, f"{texts.total():,}", ", ".join(f"{text!r} {count}" for text, count in texts.most_common(4)))
                for place, texts in borders.items()
            ]
            note = "right label; the text between the two borders"
            yield Table("Wrong borders", note, ("", "count", "most often"), wrong, wordy=True)
        yield _group_table("Length of spans", "in words", self.scores.by_length())
        if len(sources := self.scores.by_source()) > 1:
            named = {name or "(none)": counts for name, counts in sources.items()}
            yield _group_table("Sources", 'what stands before the first "-" of a document\'s id', named)
        if (calibration := self.calibration) is not None:
            missing = f"; {calibration.unscored:,} spans without a score left out" if calibration.unscored else ""
            note = f"expected calibration error {calibration.error:.4f}{missing}"
            bins = [
                (f"{b.low:.1f} to {b.high:.1f}", f"{b.count:,}", f"{b.confidence:.3f}", f"{b.accuracy:.3f}")
                for b in calibration.bins
            ]
            yield Table("Reliability", note, ("score", "spans", "mean score", "share right"), bins)

    def _claim_fields(self, documents: Sequence[Mapping[str, Counts]]) -> list[tuple[str, Counts, Interval | None]]:
        between = intervals(documents, samples=self.samples, seed=self.seed).labels
        totals = {field: sum((document[field] for document in documents), Counts()) for field in documents[0]}
        return [(field, counts, between[field]) for field, counts in totals.items() if counts.gold or counts.predicted]

    def _caution(self) -> str:
        return "" if len(self.scores.gold) >= FEW else f"; with {len(self.scores.gold)} documents take them for too narrow"

    def _rates_table(self) -> Table:
        others = [mode for mode in MODES if mode != self.scores.mode]
        modes = [self.scores.in_mode(mode) for mode in others]
        header = ("", "precision", "recall", "F1", "95 % interval", *(f"{m} F1" for m in others), "gold", "predicted", "right")
        rows: list[tuple[str, ...]] = []
        for label, counts in self.scores.labels.items():
            more = [mode.labels.get(label, Counts()).f1 for mode in modes]
            rows.append(_row(label, counts.rates, self.intervals.labels[label], more, counts))
        micro, macro = self.scores.micro, self.scores.macro
        rows.append(_row("micro", micro.rates, self.intervals.micro, [mode.micro.f1 for mode in modes], micro))
        rows.append(_row("macro", macro, self.intervals.macro, [mode.macro.f1 for mode in modes], None))
        note = f"{self.scores.mode}: {EXPLAINED[self.scores.mode]}"
        note += f"; intervals from {self.samples:,} draws of documents{self._caution()}" if self.intervals.micro else ""
        return Table("Scores", note, header, rows)

    def _errors_table(self) -> Table:
        total = sum(self.scores.errors().values())
        rows = [
            (kind, f"{count:,}", _percent(count / total if total else 0.0), ERRORS[kind])
            for kind, count in self.scores.errors().items()
        ]
        note = "each gold span is held against one predicted span at most"
        return Table("Errors", note, ("", "count", "%", "what"), rows, wordy=True)

    def _confusion_table(self) -> Table:
        confusion = self.scores.confusion()
        names = [*self.labels, ""]
        rows: list[tuple[str, ...]] = [
            (gold or "(none)", *("" if not gold and not label else f"{confusion.get((gold, label), 0):,}" for label in names))
            for gold in names
        ]
        note = "rows are gold, columns predicted; wrong borders count with their labels"
        return Table("Labels against each other", note, ("", *self.labels, "(none)"), rows, heat=True)

    def _cases(self) -> Iterator[tuple[int, Document, Pair]]:
        """Every error: number of its document from 0, gold document, pair."""
        for number, (document, pairs) in enumerate(zip(self.scores.gold, self.scores.pairs, strict=True)):
            for pair in pairs:
                if pair.kind != "correct":
                    yield number, document, pair

    def _case(self, number: int, document: Document, pair: Pair) -> str:
        spans = [span for span in (pair.gold, pair.predicted) if span is not None]
        low, high = sentence(document.text, min(s.start for s in spans), max(s.end for s in spans))
        score = pair.predicted.score if pair.predicted else None
        attributes = {
            "kind": pair.kind,
            "gold": pair.gold.label if pair.gold else "",
            "found": pair.predicted.label if pair.predicted else "",
            "source": source(document),
            "score": "" if score is None else f"{score:.4f}",
        }
        told = [document.id or f"document {number + 1}", f"characters {spans[0].start:,} to {spans[0].end:,}"]
        told += [] if score is None else [f"score {score:.2f}"]
        if self.against is not None:
            attributes["rival"] = "right" if _right_there(pair, self.against, number) else "wrong"
            told.append(f"{self.rival or 'the other'} is {attributes['rival']} here")
        data = " ".join(f'data-{name}="{_escape(value)}"' for name, value in attributes.items())
        rows = "".join(
            f'<div class="row"><b>{name}</b><p dir="auto">{self._marked(document.text, low, high, all_spans, span)}</p></div>'
            for name, all_spans, span in (
                ("gold", document.spans, pair.gold),
                ("found", self.scores.predicted[number].spans, pair.predicted),
            )
        )
        return f"<article {data}><h3><i>{pair.kind}</i> {_escape(' · '.join(told))}</h3>{rows}</article>"

    def _marked(self, text: str, low: int, high: int, spans: Iterable[Span], focus: Span | None) -> str:
        """`text[low:high]` as HTML with its spans marked, the one at issue more than the others."""
        parts, position = ["" if _ends(text[max(0, low - 20) : low]) else "…"], low
        for span in spans:
            if span.end <= low or span.start >= high:
                continue
            start, end = max(span.start, low), min(span.end, high)
            score = "" if span.score is None else f" {span.score:.2f}"
            here = " here" if span is focus else ""
            parts.append(
                f'{_escape(text[position:start])}<mark class="c{self.labels.index(span.label)}{here}" '
                f'title="{_escape(span.label)}{score}">{_escape(text[start:end])}<small>{_escape(span.label)}</small></mark>'
            )
            position = end
        whole = high == len(text) or text[high] in "\r\n" or _ends(text[max(low, high - 20) : high])
        parts += [_escape(text[position:high]), "" if whole else "…"]
        return "".join(parts)


def sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The borders of the sentence or sentences around `text[start:end]`, at most `CONTEXT` characters off."""
    low, high = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    begins = [match.end() for match in re.finditer(r"[\r\n]\s*|[.!?…][\"”’')\]]*\s+", text[low:start])]
    if begins:
        low += begins[-1]
    elif low and (space := re.search(r"\s+", text[low:start])):
        low += space.end()
    finish = re.search(r"[\r\n]|[.!?…][\"”’')\]]*(?=\s)", text[end:high])
    if finish:
        high = end + (finish.start() if finish.group() in "\r\n" else finish.end())
    elif high < len(text) and (space := re.search(r"\s+\S*$", text[end:high])):
        high = end + space.start()
    return low, high


def _ends(text: str) -> bool:
    """Whether a sentence ends with this text: at the start of all, of a line, or behind its last mark."""
    return re.search(r"(^|[\r\n]|[.!?…][\"”’')\]]*)\s*$", text) is not None


def seqeval_report(scores: Scores) -> str:
    """What seqeval (strict, IOB2) says about the same spans, for those who trust it more.

    Tokens are the stretches between the borders of all spans, so that no span is lost on the way to
    tags. Raises `MissingExtra` where seqeval is not installed.
    """
    try:
        from seqeval.metrics import classification_report
        from seqeval.scheme import IOB2
    except ImportError as error:
        raise MissingExtra("train", error) from error
    tags: tuple[list[list[str]], list[list[str]]] = ([], [])
    for gold, predicted in zip(scores.gold, scores.predicted, strict=True):
        borders = sorted({place for span in (*gold.spans, *predicted.spans) for place in (span.start, span.end)})
        tokens = list(itertools.pairwise(borders))
        for side, document in zip(tags, (gold, predicted), strict=True):
            side.append(encode(document.spans, tokens)[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # seqeval warns of every rate that is 0 of 0
        return str(classification_report(*tags, mode="strict", scheme=IOB2, digits=4, zero_division=0))


def _plots(report: Report) -> list[str]:
    """SVG elements: F1 by label with intervals, and, where spans have scores, how reliable these are."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("train", error) from error
    drawn = []
    # Text stays text, and ids come from a fixed salt: the same report draws the same page.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "labels", "font.family": "sans-serif"}):
        rows = [(label, report.scores.labels[label].f1, report.intervals.labels[label]) for label in report.labels]
        rows += [("micro", report.scores.micro.f1, report.intervals.micro)]
        figure = Figure(figsize=(5, 0.7 + 0.45 * len(rows)), layout="constrained")
        axes = figure.subplots()
        for place, (label, f1, interval) in enumerate(rows):
            axes.barh(place, f1, color="#ccc" if place == len(report.labels) else _color(label, place), height=0.6)
            if interval is not None:
                axes.plot(interval.f1, [place, place], color="#444", marker="|", linewidth=1)
        axes.set(xlim=(0, 1), title=f"F1 ({report.scores.mode}) with 95 % intervals")
        axes.set_yticks(range(len(rows)), [row[0].replace("$", r"\$") for row in rows])
        axes.invert_yaxis()
        drawn.append(_svg(figure))
    if report.calibration is not None:
        with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "scores", "font.family": "sans-serif"}):
            bins = report.calibration.bins
            figure = Figure(figsize=(4, 4), layout="constrained")
            axes = figure.subplots()
            axes.plot([0, 1], [0, 1], color="#999", linestyle="--", linewidth=1)
            right, width = [b.accuracy for b in bins], [b.high - b.low for b in bins]
            axes.bar([b.low for b in bins], right, width, align="edge", color="#b5d3ff")
            axes.plot([b.confidence for b in bins], right, "o-", color="#1f6fb2")
            axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean score", ylabel="share right")
            axes.set_title(f"Reliability: calibration error {report.calibration.error:.3f}")
            drawn.append(_svg(figure))
    return drawn


def _svg(figure: Any) -> str:
    """A figure as one `<svg>` element for a page: without prologue and metadata."""
    import io

    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    return re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)


def _row(name: str, rates: Rates, interval: Interval | None, more: Sequence[float], counts: Counts | None) -> tuple[str, ...]:
    between = " to ".join(map(_percent, interval.f1)) if interval else "-"
    numbers = (f"{counts.gold:,}", f"{counts.predicted:,}", f"{counts.correct:,g}") if counts else ("", "", "")
    return (name, *map(_percent, rates), between, *map(_percent, more), *numbers)


def _group_table(title: str, note: str, groups: Mapping[str, Counts]) -> Table:
    rows = [
        (name, *map(_percent, counts.rates), f"{counts.gold:,}", f"{counts.predicted:,}", f"{counts.correct:,g}")
        for name, counts in groups.items()
    ]
    return Table(title, note, ("", "precision", "recall", "F1", "gold", "predicted", "right"), rows)


def _differences(comparison: Comparison) -> list[tuple[str, Difference]]:
    return [*comparison.labels.items(), ("micro", comparison.micro), ("macro", comparison.macro)]


def _text_table(table: Table) -> str:
    columns = list(zip(table.header, *table.rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    left = {0, len(widths) - 1} if table.wordy else {0}
    lines = [
        "  ".join(cell.ljust(w) if i in left else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True)))
        for row in (table.header, *table.rows)
    ]
    return "\n".join([*textwrap.wrap(f"{table.title}: {table.note}", 100), *(line.rstrip() for line in lines), ""])


def _html_table(table: Table) -> str:
    most = max((_number(cell) for row in table.rows for cell in row[1:]), default=0.0) if table.heat else 0.0
    body = []
    for row in table.rows:
        cells = [f"<th>{_escape(row[0])}</th>"]
        for cell in row[1:]:
            heat = f' style="--heat: {100 * (_number(cell) / most) ** 0.5:.0f}%"' if most else ""
            cells.append(f"<td{heat}>{_escape(cell)}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    head = "".join(f"<th>{_escape(cell)}</th>" for cell in table.header)
    return (
        f"<section><h2>{_escape(table.title)}</h2><p>{_escape(table.note)}</p>"
        f"<table{' class=wordy' if table.wordy else ''}><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></section>\n"
    )


def _number(cell: str) -> float:
    return float(cell.replace(",", "") or 0)


def _options(named: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<option value="{_escape(value)}">{_escape(name)}</option>' for value, name in named)


def _right_there(pair: Pair, other: Scores, number: int) -> bool:
    """Whether another prediction makes no such error: it finds the gold span, or lacks the spurious one."""
    spans = other.predicted[number].spans
    return pair.gold in spans if pair.gold is not None else pair.predicted not in spans


def _color(label: str, place: int) -> str:
    """The label's colour as everywhere in claimml; other labels get one by their place."""
    return COLORS[label][1] if label in COLORS else f"#{_PALETTE[place % len(_PALETTE)]}"


_PALETTE = ("e3c9f2", "f6cfa3", "bfe6e3", "f2c4da", "d9dfa0", "c9cdf5", "d8cfc4", "cfe9c9")


def _escape(text: str) -> str:
    """Text for HTML, attributes included; what no file in UTF-8 and no page can hold becomes U+FFFD."""
    return html.escape(re.sub("[\0\ud800-\udfff]", "\ufffd", text))


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f}"


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in values.items()}


def _interval_dict(interval: Interval | None) -> dict[str, list[float] | None]:
    return {"f1_interval": None if interval is None else [round(bound, 6) for bound in interval.f1]}


def _span_dict(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    score = {} if span.score is None else {"score": round(span.score, 4)}
    return {"start": span.start, "end": span.end, "label": span.label} | score
