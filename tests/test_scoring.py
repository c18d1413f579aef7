"""Scores against other people's arithmetic, against brute force, and against cases counted by hand."""

from __future__ import annotations

import itertools
import random
import warnings
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import claimml
from claimml.document import Document, Span
from claimml.errors import ClaimmlError
from claimml.scoring import (
    ERRORS,
    MODES,
    Counts,
    Pair,
    Rates,
    Scores,
    align,
    compare,
    compare_scores,
    intervals,
    macro,
    score,
)
from claimml.tagging import decode

LABELS = ("ACTOR", "WEAPON", "PLACE")
TEXT = "Korea Utara mengirim tujuh ribu peluru ke pelabuhan Najin pekan lalu."


def document(*spans: tuple[int, int, str] | tuple[int, int, str, float], text: str = "x" * 40, id: str = "") -> Document:
    return Document(text, tuple(Span(*span) for span in spans), id=id)


@st.composite
def spans(draw: st.DrawFn, length: int = 24, labels: tuple[str, ...] = LABELS) -> tuple[Span, ...]:
    borders = sorted(draw(st.sets(st.integers(0, length), max_size=9)))
    kept = [Span(a, b, draw(st.sampled_from(labels))) for a, b in itertools.pairwise(borders)]
    return tuple(span for span in kept if draw(st.booleans()))


# ---- other evaluations -------------------------------------------------------------------------------


def some_tags(random_: random.Random, length: int, *, odd: bool) -> list[str]:
    """BIO tags; with `odd`, an I may follow anything, as careless taggers and corpora have it."""
    tags: list[str] = []
    for _ in range(length):
        last = tags[-1] if tags else "O"
        choices = ["O", "O", *(f"B-{label}" for label in LABELS)]
        if odd:
            choices += [f"I-{label}" for label in LABELS] * 2
        elif last != "O":
            choices += [f"I-{last[2:]}"] * 3
        tags.append(random_.choice(choices))
    return tags


def disturbed(random_: random.Random, tags: list[str], *, odd: bool) -> list[str]:
    """Tags near enough to be right now and then."""
    if random_.random() < 0.1:
        return list(tags)
    changed = [random_.choice(["O", "B-ACTOR", "I-ACTOR", "I-WEAPON"]) if random_.random() < 0.15 else tag for tag in tags]
    if not odd:
        changed = [
            f"B-{tag[2:]}" if tag[0] == "I" and (i == 0 or changed[i - 1][1:] != tag[1:]) else tag
            for i, tag in enumerate(changed)
        ]
    return changed


def tagged(tags: list[str]) -> Document:
    return Document("x" * len(tags), tuple(decode(tags, [(i, i + 1) for i in range(len(tags))])))


def chunk_starts(before: str, tag: str) -> bool:
    """The classic evaluation's rule: B starts a chunk, and so does an I that continues nothing of its type."""
    if tag == "O":
        return False
    return tag[0] == "B" or before == "O" or before[2:] != tag[2:]


def chunk_ends(tag: str, after: str) -> bool:
    if tag == "O":
        return False
    return after == "O" or after[0] == "B" or after[2:] != tag[2:]


def classic_counts(gold: list[list[str]], predicted: list[list[str]]) -> dict[str, Counts]:
    """The classic CoNLL evaluation: one pass over the tokens, chunks counted as they begin and end."""
    correct: Counter[str] = Counter()
    found: Counter[str] = Counter()
    there: Counter[str] = Counter()
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        in_correct = ""
        before = ("O", "O")
        for now in [*zip(gold_tags, predicted_tags, strict=True), ("O", "O")]:
            ends = [before[side] != "O" and chunk_ends(before[side], now[side]) for side in (0, 1)]
            if in_correct:
                if all(ends):
                    correct[in_correct] += 1
                    in_correct = ""
                elif any(ends):
                    in_correct = ""
            starts = [chunk_starts(before[side], now[side]) for side in (0, 1)]
            if all(starts) and now[0][2:] == now[1][2:]:
                in_correct = now[0][2:]
            there[now[0][2:]] += starts[0]
            found[now[1][2:]] += starts[1]
            before = now
    labels = sorted({label for label in (+there | +found) if label})
    return {label: Counts(correct[label], found[label], there[label]) for label in labels}


def classic_reading(tags: list[str]) -> Document:
    """The chunks that the classic rules see, as spans."""
    spans, start = [], 0
    for i, tag in enumerate(tags):
        if chunk_starts(tags[i - 1] if i else "O", tag):
            start = i
        if chunk_ends(tag, tags[i + 1] if i + 1 < len(tags) else "O"):
            spans.append(Span(start, i + 1, tag[2:]))
    return Document("x" * len(tags), tuple(spans))


def test_equals_the_classic_evaluation() -> None:
    """4,000 generated corpora; on odd tags, when spans are read as the classic rules read them."""
    random_ = random.Random(7)
    right = 0.0
    for number in range(4000):
        odd = number % 2 == 1
        gold = [some_tags(random_, random_.randint(0, 14), odd=odd) for _ in range(random_.randint(1, 3))]
        predicted = [disturbed(random_, tags, odd=odd) for tags in gold]
        read = classic_reading if odd else tagged
        scores = score(map(read, gold), map(read, predicted))
        expected = classic_counts(gold, predicted)
        assert scores.labels == expected, (gold, predicted)
        right += scores.micro.correct
    assert right > 5000


def test_equals_seqeval_strict() -> None:
    """3,000 generated corpora, half of them with odd tags: every rate of every label, micro and macro."""
    pytest.importorskip("seqeval", reason="seqeval comes with the train extra")
    from seqeval.metrics.v1 import precision_recall_fscore_support
    from seqeval.scheme import IOB2

    random_ = random.Random(11)
    right = 0.0
    for number in range(3000):
        odd = number % 2 == 1
        gold = [some_tags(random_, random_.randint(1, 14), odd=odd) for _ in range(random_.randint(1, 3))]
        predicted = [disturbed(random_, tags, odd=odd) for tags in gold]
        scores = score(map(tagged, gold), map(tagged, predicted))
        if not scores.labels:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            by_label, micro, mean = (
                precision_recall_fscore_support(gold, predicted, average=average, scheme=IOB2, zero_division=0)
                for average in (None, "micro", "macro")
            )
        for place, (label, counts) in enumerate(sorted(scores.labels.items())):
            assert counts.rates == pytest.approx([by_label[rate][place] for rate in range(3)]), (label, gold, predicted)
            assert counts.gold == by_label[3][place]
        assert len(by_label[0]) == len(scores.labels)
        assert scores.micro.rates == pytest.approx(micro[:3])
        assert scores.macro == pytest.approx(mean[:3])
        right += scores.micro.correct
    assert right > 2000


# ---- counts ------------------------------------------------------------------------------------------


def test_counts_add_and_rates_derive() -> None:
    total = Counts(1, 2, 4) + Counts(2, 2, 2)
    assert total == Counts(3, 4, 6)
    assert total.rates == Rates(0.75, 0.5, pytest.approx(0.6))  # type: ignore[comparison-overlap]
    assert Counts().rates == (0.0, 0.0, 0.0)
    assert Counts(0, 3, 0).rates == (0.0, 0.0, 0.0)
    with pytest.raises(AttributeError):
        total.correct = 9  # type: ignore[misc]


def test_macro_is_the_plain_mean() -> None:
    assert macro({"A": Counts(1, 1, 1), "B": Counts(0, 1, 1)}) == (0.5, 0.5, 0.5)
    assert macro({}) == (0.0, 0.0, 0.0)


# ---- pairing -----------------------------------------------------------------------------------------


def best_by_force(gold: tuple[Span, ...], predicted: tuple[Span, ...]) -> tuple[int, int, int]:
    def weight(left: Span, right: Span) -> tuple[int, int, int]:
        common = min(left.end, right.end) - max(left.start, right.start)
        return (int(left.label == right.label), 1, common) if common > 0 else (0, 0, 0)

    def best(i: int, used: frozenset[int]) -> tuple[int, int, int]:
        if i == len(gold):
            return 0, 0, 0
        options = [best(i + 1, used)]
        for j, right in enumerate(predicted):
            if j not in used and weight(gold[i], right)[1]:
                more = best(i + 1, used | {j})
                options.append(tuple(a + b for a, b in zip(weight(gold[i], right), more, strict=True)))  # type: ignore[arg-type]
        return max(options)

    return best(0, frozenset())


@given(spans(), spans())
@settings(max_examples=300, deadline=None)
def test_pairing_is_the_best_there_is(gold: tuple[Span, ...], predicted: tuple[Span, ...]) -> None:
    pairs = align(gold, predicted)
    assert sorted(p.gold for p in pairs if p.gold) == list(gold)
    assert sorted(p.predicted for p in pairs if p.predicted) == list(predicted)
    both = [(p.gold, p.predicted) for p in pairs if p.gold and p.predicted]
    common = [min(g.end, p.end) - max(g.start, p.start) for g, p in both]
    assert all(length > 0 for length in common)
    reached = (sum(g.label == p.label for g, p in both), len(both), sum(common))
    assert reached == best_by_force(gold, predicted)


@given(spans(), spans())
def test_strict_is_set_arithmetic_and_modes_are_ordered(gold: tuple[Span, ...], predicted: tuple[Span, ...]) -> None:
    scores = score([Document("x" * 24, gold)], [Document("x" * 24, predicted)])
    assert scores.micro == Counts(len(set(gold) & set(predicted)), len(predicted), len(gold))
    strict, partial, type_ = (scores.in_mode(mode).micro for mode in MODES)
    assert strict.correct <= partial.correct <= type_.correct <= min(len(gold), len(predicted))
    assert partial.correct == (strict.correct + type_.correct) / 2
    turned = score(scores.predicted, scores.gold)
    for mode in MODES:
        here, there = scores.in_mode(mode).micro, turned.in_mode(mode).micro
        assert (here.precision, here.recall) == (there.recall, there.precision)
    assert sum(scores.errors().values()) + strict.correct == len(scores.pairs[0])


@given(st.lists(st.tuples(spans(), spans()), max_size=4), st.sampled_from(MODES))
def test_groups_add_up(cases: list[tuple[tuple[Span, ...], tuple[Span, ...]]], mode: str) -> None:
    gold = [Document("a b " * 6, left, id=f"{'pq'[i % 2]}-{i}") for i, (left, _) in enumerate(cases)]
    scores = score(gold, [Document("a b " * 6, right) for _, right in cases], mode=mode)  # type: ignore[arg-type]
    for groups in (scores.labels, scores.by_source(), scores.by_length(), scores.by_novelty(gold[:1])):
        assert sum(groups.values(), Counts()) == scores.micro
        assert all(counts.correct <= min(counts.predicted, counts.gold) for counts in groups.values())
    assert sum((counts for row in scores.documents for counts in row.values()), Counts()) == scores.micro


@pytest.mark.parametrize(
    ("gold", "predicted", "kind", "credit"),
    [
        ((3, 9, "A"), (3, 9, "A"), "correct", (1, 1, 1)),
        ((3, 9, "A"), (3, 9, "B"), "label", (0, 0, 0)),
        ((3, 9, "A"), (3, 7, "A"), "borders", (0, 0.5, 1)),
        ((3, 9, "A"), (5, 12, "B"), "both", (0, 0, 0)),
        ((3, 9, "A"), None, "missed", (0, 0, 0)),
        (None, (3, 9, "A"), "spurious", (0, 0, 0)),
    ],
)
def test_kinds(
    gold: tuple[int, int, str] | None, predicted: tuple[int, int, str] | None, kind: str, credit: tuple[float, ...]
) -> None:
    pair = Pair(Span(*gold) if gold else None, Span(*predicted) if predicted else None)
    assert pair.kind == kind
    assert tuple(pair.credit(mode) for mode in MODES) == credit


def test_one_prediction_over_two_gold_spans_is_right_once() -> None:
    scores = score([document((0, 5, "A"), (6, 20, "A"))], [document((0, 20, "A"))], mode="type")
    assert scores.micro == Counts(1, 1, 2)
    assert scores.pairs[0] == (Pair(Span(0, 5, "A"), None), Pair(Span(6, 20, "A"), Span(0, 20, "A")))


def test_two_predictions_in_one_gold_span_are_right_once() -> None:
    scores = score([document((0, 20, "A"))], [document((0, 5, "B"), (6, 8, "A"), (9, 20, "B"))], mode="type")
    assert scores.labels == {"A": Counts(1, 1, 1), "B": Counts(0, 2, 0)}
    assert scores.errors() == {"missed": 0, "spurious": 2, "label": 0, "borders": 1, "both": 0}


# ---- a corpus counted by hand ------------------------------------------------------------------------


@pytest.fixture
def counted() -> Scores:
    gold = [
        document((0, 11, "ACTOR"), (21, 38, "QUANTITY"), (42, 57, "LOCATION"), text=TEXT, id="wire-1"),
        document((0, 5, "ACTOR"), (10, 20, "WEAPON"), id="blog-1"),
    ]
    predicted = [
        document((0, 11, "ACTOR", 0.95), (21, 31, "QUANTITY", 0.6), (52, 57, "ACTOR", 0.35), text=TEXT),
        document((0, 5, "LOCATION", 0.55), (30, 34, "WEAPON")),
    ]
    return score(gold, predicted)


def test_counted_by_hand(counted: Scores) -> None:
    assert counted.micro == Counts(1, 5, 5)
    assert counted.labels == {
        "ACTOR": Counts(1, 2, 2),
        "LOCATION": Counts(0, 1, 1),
        "QUANTITY": Counts(0, 1, 1),
        "WEAPON": Counts(0, 1, 1),
    }
    assert counted.errors() == {"missed": 1, "spurious": 1, "label": 1, "borders": 1, "both": 1}
    assert list(counted.errors()) == list(ERRORS)
    assert counted.confusion() == {
        ("", "WEAPON"): 1,
        ("ACTOR", "ACTOR"): 1,
        ("ACTOR", "LOCATION"): 1,
        ("LOCATION", "ACTOR"): 1,
        ("QUANTITY", "QUANTITY"): 1,
        ("WEAPON", ""): 1,
    }
    assert {place: dict(texts) for place, texts in counted.borders().items()} == {
        "start early": {},
        "start late": {},
        "end early": {"peluru": 1},
        "end late": {},
    }
    assert counted.by_source() == {"blog": Counts(0, 2, 2), "wire": Counts(1, 3, 3)}
    assert counted.in_mode("partial").labels["QUANTITY"] == Counts(0.5, 1, 1)
    assert counted.in_mode("type").micro == Counts(2, 5, 5)


def test_length_and_novelty(counted: Scores) -> None:
    assert counted.by_length() == {"1": Counts(0, 3, 2), "2": Counts(1, 2, 2), "3": Counts(0, 0, 1)}
    training = [document((0, 12, "ACTOR"), (20, 25, "LOCATION"), text="KOREA  UTARA dekat Najin ya")]
    # "Korea Utara" is seen under its label; "Najin" is seen as LOCATION, predicted as ACTOR: unseen.
    assert counted.by_novelty(training) == {"seen": Counts(1, 1, 1), "unseen": Counts(0, 4, 4)}


def test_calibration(counted: Scores) -> None:
    calibration = counted.calibration()
    assert calibration is not None
    assert (calibration.scored, calibration.unscored) == (4, 1)
    assert [(b.low, b.count, b.accuracy) for b in calibration.bins] == [(0.3, 1, 0), (0.5, 1, 0), (0.6, 1, 0), (0.9, 1, 1)]
    assert calibration.error == pytest.approx((0.35 + 0.55 + 0.6 + 0.05) / 4)
    sure = score([document((0, 5, "A"))], [document((0, 5, "A", 1.0))]).calibration()
    assert sure is not None
    assert (sure.error, sure.bins[0].high) == (0.0, 1.0)
    assert score([document()], [document((0, 5, "A"))]).calibration() is None


# ---- what is refused, and what is never cut ----------------------------------------------------------


def test_gold_is_never_cut() -> None:
    gold = document(*((i, i + 1, "A") for i in range(40)))
    read_in_part = document(*((i, i + 1, "A") for i in range(10)))
    assert score([gold], [read_in_part]).micro == Counts(10, 10, 40)


def test_texts_must_match() -> None:
    gold = [document(text="satu dua", id="a-1"), document(text="tiga empat", id="a-2")]
    with pytest.raises(ClaimmlError, match=r"document 2 \(a-2\): the texts differ from character 4 on .*10 .* 4\)"):
        score(gold, [gold[0], document(text="tiga")])
    with pytest.raises(ClaimmlError, match=r"document 1 \(a-1\): the texts differ from character 0"):
        score(gold, [document(text="Satu dua"), gold[1]])
    with pytest.raises(ClaimmlError, match="document 1: the texts differ"):
        score([document(text="x")], [document(text="y")])
    with pytest.raises(ClaimmlError, match="2 gold documents against 1 predicted"):
        score(gold, gold[:1])
    with pytest.raises(ClaimmlError, match="same order"):
        score(gold, gold[::-1])
    with pytest.raises(ClaimmlError, match="unknown mode 'lenient'; known: strict, partial, type"):
        score(gold, gold, mode="lenient")  # type: ignore[arg-type]


def test_nothing_to_score() -> None:
    scores = score([], [])
    assert (scores.micro, scores.labels, scores.macro) == (Counts(), {}, (0.0, 0.0, 0.0))
    assert scores.intervals().micro is None
    empty = score([document(), document()], [document(), document()])
    assert empty.micro.f1 == 0.0
    assert empty.intervals().macro is None
    assert compare_scores(empty, empty, samples=10).micro.p == 1.0


def test_public_name() -> None:
    assert claimml.score is score


# ---- bootstrap ---------------------------------------------------------------------------------------


def uneven(number: int, rate: float, seed: int) -> Scores:
    random_ = random.Random(seed)
    gold = [document((0, 5, "A"), (10, 15, "B"), (20, 25, "A"), id=f"n-{i}") for i in range(number)]
    predicted = [Document(d.text, tuple(s for s in d.spans if random_.random() < rate)) for d in gold]
    return score(gold, predicted)


def test_intervals_hold_the_score_and_repeat() -> None:
    scores = uneven(60, 0.7, 1)
    found = scores.intervals(samples=500)
    assert found == scores.intervals(samples=500)
    assert found != scores.intervals(samples=500, seed=1)
    for interval, rates in [(found.micro, scores.micro.rates), (found.macro, scores.macro)]:
        assert interval is not None
        for low, rate, high in zip(interval.low, rates, interval.high, strict=True):
            assert low <= rate <= high
        assert 0.02 < interval.f1[1] - interval.f1[0] < 0.25
    assert found.micro is not None
    assert found.micro.low.precision == 1.0  # whatever was predicted was right
    narrow = scores.intervals(samples=500, level=0.5).micro
    assert narrow is not None
    assert narrow.f1[1] - narrow.f1[0] < found.micro.f1[1] - found.micro.f1[0]


def test_interval_is_that_of_the_mean() -> None:
    """Documents of one span each: recall is a mean of coin flips, whose interval is known."""
    documents = [{"A": Counts(int(i % 4 > 0), 1, 1)} for i in range(400)]
    found = intervals(documents, samples=4000).labels["A"]
    assert found is not None
    half = 1.96 * (0.75 * 0.25 / 400) ** 0.5
    assert found.low.recall == pytest.approx(0.75 - half, abs=0.006)
    assert found.high.recall == pytest.approx(0.75 + half, abs=0.006)


def test_one_document_has_no_interval() -> None:
    found = score([document((0, 5, "A"))], [document((0, 5, "A"))]).intervals()
    assert (found.micro, found.macro, found.labels) == (None, None, {"A": None})


def test_a_rare_label_is_not_pulled_down_by_samples_without_it() -> None:
    documents = [{"A": Counts(1, 1, 1)}] * 30 + [{"A": Counts(1, 1, 1), "B": Counts(1, 1, 1)}]
    found = intervals(documents, samples=300)
    assert found.labels["B"] is not None
    assert found.labels["B"].low == (1.0, 1.0, 1.0)
    assert found.macro is not None
    assert found.macro.low == (1.0, 1.0, 1.0)


def test_paired_bootstrap() -> None:
    good, bad = uneven(60, 0.9, 1), uneven(60, 0.5, 2)
    found = compare_scores(good, bad, samples=2000)
    assert found.micro.f1 == pytest.approx(good.micro.f1 - bad.micro.f1)
    assert found.macro.f1 == pytest.approx(good.macro.f1 - bad.macro.f1)
    assert found.labels["B"].f1 == pytest.approx(good.labels["B"].f1 - bad.labels["B"].f1)
    assert 0 < found.micro.low < found.micro.f1 < found.micro.high
    assert found.micro.p == pytest.approx(2 / 2001)
    turned = compare_scores(bad, good, samples=2000).micro
    assert (turned.f1, turned.low, turned.high) == pytest.approx((-found.micro.f1, -found.micro.high, -found.micro.low))
    same = compare_scores(good, good, samples=100).micro
    assert (same.f1, same.low, same.high, same.p) == (0, 0, 0, 1)
    assert compare_scores(uneven(60, 0.7, 3), uneven(60, 0.7, 4), samples=2000).micro.p > 0.05


def test_paired_draws_are_the_same() -> None:
    """One prediction is better by one span in each document, so the difference hardly varies, whatever is drawn."""
    first = [{"A": Counts(i % 7 + 1, 10, 10)} for i in range(50)]
    second = [{"A": Counts(i % 7, 10, 10)} for i in range(50)]
    found = compare(first, second, samples=500).micro
    assert (found.f1, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_comparing_what_cannot_be_compared() -> None:
    one, other = uneven(3, 0.9, 1), uneven(4, 0.9, 1)
    with pytest.raises(ClaimmlError, match="different gold"):
        compare_scores(one, other)
    with pytest.raises(ClaimmlError, match="strict and type"):
        compare_scores(one, one.in_mode("type"))
    with pytest.raises(ClaimmlError, match="at least two"):
        compare([{"A": Counts(1, 1, 1)}], [{"A": Counts(1, 1, 1)}])
    with pytest.raises(ClaimmlError, match="1 documents against 2"):
        compare([{}], [{}, {}])


def test_counts_of_another_making_have_intervals_too() -> None:
    """Claims fill `Counts` in their own way; rates, intervals and comparison need no spans."""
    claims = [{"supply": Counts(3, 4, 5)}, {"supply": Counts(1, 1, 1), "denial": Counts(0, 1, 0)}]
    assert intervals(claims, samples=50).labels.keys() == {"supply", "denial"}
    assert compare(claims, claims, samples=50).labels["supply"].f1 == 0
