"""Gold against predicted documents: counts, from which every rate, interval and table is derived.

    >>> scores = score(gold, predicted)
    >>> scores.micro.f1, scores.labels["ACTOR"].recall, scores.intervals().micro.f1

A span is one unit. Gold is never cut: whatever a tagger did not read counts as missed. `Counts` are
stored and added, rates are derived; whoever fills `Counts` in another way (claims, quantities) gets
`macro`, `intervals` and `compare` with them, since these take counts of documents and not spans.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from claimml.document import Document, Span
from claimml.errors import ClaimmlError

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Mode = Literal["strict", "partial", "type"]
MODES: tuple[Mode, ...] = ("strict", "partial", "type")

Kind = Literal["correct", "missed", "spurious", "label", "borders", "both"]
ERRORS: dict[Kind, str] = {
    "missed": "a gold span without a counterpart",
    "spurious": "a predicted span without a counterpart",
    "label": "right borders, wrong label",
    "borders": "right label, wrong borders",
    "both": "overlap, wrong label and wrong borders",
}


class Rates(NamedTuple):
    """Precision, recall and their harmonic mean, each from 0 to 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Counts:
    """How many were right, how many predicted, how many in gold. Merged by addition.

    A rate of nothing (0 of 0) is 0.0, as in seqeval and conlleval. `correct` is a whole number except
    in mode partial, where a span with wrong borders is half right.
    """

    correct: float = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.correct + other.correct, self.predicted + other.predicted, self.gold + other.gold)

    @property
    def precision(self) -> float:
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.correct / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.correct / (self.predicted + self.gold) if self.predicted + self.gold else 0.0

    @property
    def rates(self) -> Rates:
        return Rates(self.precision, self.recall, self.f1)

    def to_dict(self) -> dict[str, float]:
        return dataclasses.asdict(self) | {name: round(rate, 6) for name, rate in self.rates._asdict().items()}


@dataclass(frozen=True, slots=True)
class Pair:
    """A gold span and the predicted span it is held against; one of them None where it has none."""

    gold: Span | None
    predicted: Span | None

    @property
    def kind(self) -> Kind:
        """ "correct", or one of `ERRORS`."""
        gold, predicted = self.gold, self.predicted
        if predicted is None:
            return "missed"
        if gold is None:
            return "spurious"
        borders = (gold.start, gold.end) == (predicted.start, predicted.end)
        if gold.label == predicted.label:
            return "correct" if borders else "borders"
        return "label" if borders else "both"

    def credit(self, mode: Mode) -> float:
        """How much of a correct span this pair is in that mode: 0, 0.5 or 1."""
        kind = self.kind
        if kind == "correct":
            return 1
        return {"strict": 0, "partial": 0.5, "type": 1}[mode] if kind == "borders" else 0


def align(gold: Sequence[Span], predicted: Sequence[Span]) -> list[Pair]:
    """Pair the spans of one text, each used once, in order of position.

    Among overlapping spans that pairing is taken which has the most pairs of one label, then the most
    pairs, then the most characters in common. Both sides must be sorted and free of overlaps, as the
    spans of a `Document` are; then spans with the same borders overlap nothing else, so one pairing
    is the best for every mode at once.
    """
    edges: list[tuple[int, int, tuple[int, int, int]]] = []
    i = j = 0
    while i < len(gold) and j < len(predicted):
        common = min(gold[i].end, predicted[j].end) - max(gold[i].start, predicted[j].start)
        if common > 0:
            edges.append((i, j, (int(gold[i].label == predicted[j].label), 1, common)))
        if gold[i].end <= predicted[j].end:
            i += 1
        else:
            j += 1
    # Overlaps of two ordered rows never cross, so the edges that share a span with an edge are the run
    # right before it (and after it): choosing among them is weighted interval scheduling.
    best: list[tuple[int, int, int]] = [(0, 0, 0)]
    before: list[int] = []
    first_of_gold: dict[int, int] = {}
    first_of_predicted: dict[int, int] = {}
    for k, (i, j, weight) in enumerate(edges):
        free = min(first_of_gold.setdefault(i, k), first_of_predicted.setdefault(j, k))
        before.append(free)
        taken = best[free]
        best.append(max(best[k], (taken[0] + weight[0], taken[1] + weight[1], taken[2] + weight[2])))
    pairs = []
    k = len(edges)
    paired_gold, paired_predicted = set(), set()
    while k:
        if best[k] == best[k - 1]:
            k -= 1
            continue
        i, j, _ = edges[k - 1]
        pairs.append(Pair(gold[i], predicted[j]))
        paired_gold.add(i)
        paired_predicted.add(j)
        k = before[k - 1]
    pairs += [Pair(span, None) for i, span in enumerate(gold) if i not in paired_gold]
    pairs += [Pair(None, span) for j, span in enumerate(predicted) if j not in paired_predicted]
    return sorted(pairs, key=_position)


def _position(pair: Pair) -> tuple[int, int]:
    span = pair.gold or pair.predicted
    assert span is not None
    return span.start, int(pair.gold is None)


@dataclass(frozen=True, slots=True)
class Bin:
    """Predicted spans whose score lies in [low, high): their mean score and the share that is right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether scores mean what they say.

    `error` is the expected calibration error: the mean distance between score and share of right
    spans over bins, weighted by their spans. `unscored` spans carry no score and take no part.
    """

    error: float
    bins: tuple[Bin, ...]
    scored: int
    unscored: int


@dataclass(frozen=True)
class Scores:
    """Gold and predicted documents, paired span by span, and what follows from that."""

    gold: tuple[Document, ...]
    predicted: tuple[Document, ...]
    pairs: tuple[tuple[Pair, ...], ...]
    mode: Mode = "strict"

    def in_mode(self, mode: Mode) -> Scores:
        """The same pairs counted in another mode."""
        return dataclasses.replace(self, mode=_known(mode))

    def by(self, key: Callable[[Document, Span], str]) -> dict[str, Counts]:
        """Counts of the spans grouped by `key(gold document, span)`, in order of the keys.

        Of a pair that counts as right, the predicted span goes into the group of the gold span, so
        that no group has more right than predicted spans.
        """
        total: dict[str, Counts] = {}
        for document, pairs in zip(self.gold, self.pairs, strict=True):
            for pair in pairs:
                credit = pair.credit(self.mode)
                group = key(document, pair.gold) if pair.gold else ""
                if pair.gold:
                    total[group] = total.get(group, Counts()) + Counts(credit, 0, 1)
                if pair.predicted:
                    if not credit:
                        group = key(document, pair.predicted)
                    total[group] = total.get(group, Counts()) + Counts(0, 1, 0)
        return dict(sorted(total.items()))

    @cached_property
    def documents(self) -> tuple[dict[str, Counts], ...]:
        """The counts by label of each document, which the intervals resample."""
        return tuple(
            dataclasses.replace(self, gold=(gold,), predicted=(predicted,), pairs=(pairs,)).by(_label)
            for gold, predicted, pairs in zip(self.gold, self.predicted, self.pairs, strict=True)
        )

    @cached_property
    def labels(self) -> dict[str, Counts]:
        """Counts by label: those in gold or predicted."""
        return self.by(_label)

    @cached_property
    def micro(self) -> Counts:
        """Counts of all spans."""
        return sum(self.labels.values(), Counts())

    @property
    def macro(self) -> Rates:
        """The plain mean of the labels' rates."""
        return macro(self.labels)

    def intervals(self, *, samples: int = 1000, level: float = 0.95, seed: int = 0) -> Intervals:
        """Bootstrap intervals by document; see `intervals`."""
        return intervals(self.documents, samples=samples, level=level, seed=seed)

    def by_source(self) -> dict[str, Counts]:
        """Counts by the `source` of documents."""
        return self.by(lambda document, span: source(document))

    def by_length(self) -> dict[str, Counts]:
        """Counts by the length of spans in words: "1", "2", "3", "4", "5+"."""
        return self.by(lambda document, span: _length(document.text_of(span)))

    def by_novelty(self, training: Iterable[Document]) -> dict[str, Counts]:
        """Counts of the mentions "seen" in a training corpus, and of those "unseen" there.

        A mention is seen where training has a span of that label and that text, case and white space
        aside.
        """
        known = {_mention(document, span) for document in training for span in document.spans}
        counts = self.by(lambda document, span: "seen" if _mention(document, span) in known else "unseen")
        return {"seen": Counts(), "unseen": Counts()} | counts

    def errors(self) -> dict[Kind, int]:
        """How many errors of each kind of `ERRORS`, whatever the mode."""
        found = Counter(pair.kind for pairs in self.pairs for pair in pairs)
        return {kind: found[kind] for kind in ERRORS}

    def confusion(self) -> dict[tuple[str, str], int]:
        """How often (gold label, predicted label) were held against each other; "" where there is none."""
        found = Counter(
            (pair.gold.label if pair.gold else "", pair.predicted.label if pair.predicted else "")
            for pairs in self.pairs
            for pair in pairs
        )
        return dict(sorted(found.items()))

    def borders(self) -> dict[str, Counter[str]]:
        """Where borders went wrong under the right label: how often, and on which text between the two.

        Keys: "start early", "start late", "end early", "end late".
        """
        found: dict[str, Counter[str]] = {f"{end} {side}": Counter() for end in ("start", "end") for side in ("early", "late")}
        for document, pairs in zip(self.gold, self.pairs, strict=True):
            for pair in pairs:
                if pair.kind != "borders" or pair.gold is None or pair.predicted is None:
                    continue
                for name in ("start", "end"):
                    right, wrong = getattr(pair.gold, name), getattr(pair.predicted, name)
                    if right != wrong:
                        between = " ".join(document.text[min(right, wrong) : max(right, wrong)].split())
                        found[f"{name} {'early' if wrong < right else 'late'}"][between] += 1
        return found

    def calibration(self, bins: int = 10) -> Calibration | None:
        """Scores of predicted spans against the share of strictly right ones, in bins of equal width.

        None where no predicted span has a score.
        """
        found = [(pair.predicted.score, pair.kind == "correct") for pairs in self.pairs for pair in pairs if pair.predicted]
        scored = [(score, right) for score, right in found if score is not None]
        if not scored:
            return None
        rows: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
        for score, right in scored:
            rows[min(int(score * bins), bins - 1)].append((score, right))
        table = tuple(
            Bin(i / bins, (i + 1) / bins, len(row), sum(s for s, _ in row) / len(row), sum(r for _, r in row) / len(row))
            for i, row in enumerate(rows)
            if row
        )
        error = sum(b.count * abs(b.confidence - b.accuracy) for b in table) / len(scored)
        return Calibration(error, table, len(scored), len(found) - len(scored))


def score(gold: Iterable[Document], predicted: Iterable[Document], *, mode: Mode = "strict") -> Scores:
    """Hold predicted documents against gold ones, the first against the first and so on.

    `mode`: "strict", label and both borders; "partial", a span of the right label that overlaps is
    half right; "type", it is wholly right. Raises `ClaimmlError` where the numbers of documents, their
    texts or their ids differ; the message names the document.
    """
    _known(mode)
    gold, predicted = tuple(gold), tuple(predicted)
    if len(gold) != len(predicted):
        raise ClaimmlError(f"{len(gold)} gold documents against {len(predicted)} predicted; give one prediction for each")
    for number, (left, right) in enumerate(zip(gold, predicted, strict=True), 1):
        name = f"document {number}" + (f" ({left.id})" if left.id else "")
        if left.id and right.id and left.id != right.id:
            raise ClaimmlError(f"{name}: the prediction is of {right.id!r}; put both in the same order")
        if left.text != right.text:
            place = next(
                (i for i, (a, b) in enumerate(zip(left.text, right.text, strict=False)) if a != b),
                min(len(left.text), len(right.text)),
            )
            raise ClaimmlError(
                f"{name}: the texts differ from character {place} on (gold has {len(left.text)} characters, the "
                f"prediction {len(right.text)}); tag the very text of the gold document"
            )
    pairs = tuple(tuple(align(left.spans, right.spans)) for left, right in zip(gold, predicted, strict=True))
    return Scores(gold, predicted, pairs, mode)


def source(document: Document) -> str:
    """Where a document is from: what stands before the first "-" of its id, "" without one."""
    before, dash, _ = document.id.partition("-")
    return before if dash else ""


def macro(groups: Mapping[str, Counts]) -> Rates:
    """The plain mean of the groups' rates; zeros where there is no group."""
    if not groups:
        return Rates(0.0, 0.0, 0.0)
    columns = zip(*(counts.rates for counts in groups.values()), strict=True)
    return Rates(*(sum(column) / len(groups) for column in columns))


class Interval(NamedTuple):
    """The lower and the upper bound of each rate."""

    low: Rates
    high: Rates

    @property
    def f1(self) -> tuple[float, float]:
        return self.low.f1, self.high.f1


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals of the micro and macro rates and of each label's; None where there is nothing to resample."""

    micro: Interval | None
    macro: Interval | None
    labels: dict[str, Interval | None]


def intervals(
    documents: Sequence[Mapping[str, Counts]], *, samples: int = 1000, level: float = 0.95, seed: int = 0
) -> Intervals:
    """Percentile bootstrap: documents are drawn with replacement, since errors in one are alike.

    `documents` are counts by label, one mapping a document. One document alone has no interval. A
    sample without a label says nothing about it and is left out of that label's rates.
    """
    import numpy as np

    labels = sorted({label for document in documents for label in document})
    if len(documents) < 2 or not labels:
        return Intervals(None, None, dict.fromkeys(labels))
    rates = _rates(_resampled([documents], labels, samples, seed)[0])
    found: list[Interval | None] = []
    for column in rates.swapaxes(0, 1):
        column = column[~np.isnan(column[:, 2])]
        bounds = np.quantile(column, [(1 - level) / 2, (1 + level) / 2], axis=0).tolist() if len(column) else None
        found.append(bounds and Interval(Rates(*bounds[0]), Rates(*bounds[1])))
    return Intervals(found[0], found[1], dict(zip(labels, found[2:], strict=True)))


class Difference(NamedTuple):
    """By how much F1 of the first exceeds that of the second, its interval, and a two-sided p-value."""

    f1: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Differences in F1 between two predictions of the same documents."""

    micro: Difference
    macro: Difference
    labels: dict[str, Difference]


def compare_scores(first: Scores, second: Scores, *, samples: int = 10_000, level: float = 0.95, seed: int = 0) -> Comparison:
    """Paired bootstrap by document between two predictions of the same gold; see `compare`."""
    if first.gold != second.gold:
        raise ClaimmlError("the two scores have different gold documents; score both predictions against the same")
    if first.mode != second.mode:
        raise ClaimmlError(f"the two scores are {first.mode} and {second.mode}; take one mode for both")
    return compare(first.documents, second.documents, samples=samples, level=level, seed=seed)


def compare(
    first: Sequence[Mapping[str, Counts]],
    second: Sequence[Mapping[str, Counts]],
    *,
    samples: int = 10_000,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Paired bootstrap: both predictions are counted on the same draws of documents.

    `p` is twice the share of draws in which the sign of the difference is lost (never below
    2 / (samples + 1)): how surprising the difference would be were there none. Needs two documents.
    """
    import numpy as np

    if len(first) != len(second):
        raise ClaimmlError(f"{len(first)} documents against {len(second)}; compare the same documents")
    if len(first) < 2:
        raise ClaimmlError("a paired bootstrap draws documents and needs at least two of them")
    labels = sorted({label for document in (*first, *second) for label in document})
    drawn = _resampled([first, second], labels, samples, seed)
    rates = _rates(drawn[0])[..., 2] - _rates(drawn[1])[..., 2]
    whole = [_table(documents, labels).sum(axis=0, keepdims=True) for documents in (first, second)]
    measured = (_rates(whole[0]) - _rates(whole[1]))[0, :, 2]
    found = []
    for difference, column in zip(measured, rates.T, strict=True):
        column = column[~np.isnan(column)]
        if np.isnan(difference) or not len(column):
            found.append(Difference(0.0, 0.0, 0.0, 1.0))
            continue
        low, high = np.quantile(column, [(1 - level) / 2, (1 + level) / 2])
        tail = int(min((column <= 0).sum(), (column >= 0).sum()))
        found.append(Difference(float(difference), float(low), float(high), min(1.0, 2 * (tail + 1) / (len(column) + 1))))
    return Comparison(found[0], found[1], dict(zip(labels, found[2:], strict=True)))


def _table(documents: Sequence[Mapping[str, Counts]], labels: Sequence[str]) -> Array:
    """(documents, labels, 3): correct, predicted, gold."""
    import numpy as np

    nothing = Counts()
    rows = [[document.get(label, nothing) for label in labels] for document in documents]
    values = [(counts.correct, counts.predicted, counts.gold) for row in rows for counts in row]
    return np.array(values, dtype=np.float64).reshape(len(documents), len(labels), 3)


def _resampled(sets: Sequence[Sequence[Mapping[str, Counts]]], labels: Sequence[str], samples: int, seed: int) -> list[Array]:
    """For each set an array (samples, labels, 3) of summed counts, all over the same draws of documents."""
    import numpy as np

    size = len(sets[0])
    tables = [_table(documents, labels).reshape(size, 3 * len(labels)) for documents in sets]
    random = np.random.default_rng(seed)
    drawn: list[list[Array]] = [[] for _ in sets]
    step = max(1, 2_000_000 // size)  # draws at once: 16 MB of weights however large the corpus
    for begin in range(0, samples, step):
        weights = random.multinomial(size, np.full(size, 1 / size), min(step, samples - begin)).astype(np.float64)
        for rows, table in zip(drawn, tables, strict=True):
            rows.append((weights @ table).reshape(len(weights), len(labels), 3))
    return [np.concatenate(rows) for rows in drawn]


def _rates(counts: Array) -> Array:
    """(samples, labels, 3) counts to (samples, 2 + labels, 3) rates: micro, macro, then the labels.

    NaN for a label that a sample has neither in gold nor predicted; a rate of 0 of 0 is 0.
    """
    import numpy as np

    counts = np.concatenate([counts.sum(axis=1, keepdims=True), counts], axis=1)
    correct, predicted, gold = counts[..., 0], counts[..., 1], counts[..., 2]
    tops = np.stack([correct, correct, 2 * correct], axis=-1)
    bottoms = np.stack([predicted, gold, predicted + gold], axis=-1)
    rates = np.divide(tops, bottoms, out=np.zeros_like(tops), where=bottoms > 0)
    there = (predicted + gold > 0)[..., None]
    mean = rates[:, 1:].sum(axis=1) / np.maximum(there[:, 1:].sum(axis=1), 1)
    rates = np.where(there, rates, np.nan)
    rates[:, 0] = np.nan_to_num(rates[:, 0])
    return np.concatenate([rates[:, :1], mean[:, None], rates[:, 1:]], axis=1)


def _known(mode: Mode) -> Mode:
    if mode not in MODES:
        raise ClaimmlError(f"unknown mode {mode!r}; known: {', '.join(MODES)}")
    return mode


def _label(document: Document, span: Span) -> str:
    return span.label


def _length(text: str) -> str:
    words = max(1, len(text.split()))
    return str(words) if words < 5 else "5+"


def _mention(document: Document, span: Span) -> tuple[str, str]:
    return span.label, " ".join(document.text_of(span).split()).casefold()
