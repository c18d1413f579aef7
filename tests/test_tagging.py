from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimml.document import Span
from claimml.tagging import allowed_transitions, best_path, decode, encode, tag_names

LABELS = ("X", "Y")
TAGS = tag_names(LABELS)


@st.composite
def tokens_and_spans(draw: st.DrawFn) -> tuple[list[tuple[int, int]], list[Span]]:
    """Tokens with or without gaps, and disjoint spans over whole tokens."""
    offsets, position = [], 0
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=12)):
        offsets.append((position + gap, position + gap + length))
        position += gap + length
    cuts = sorted(draw(st.sets(st.integers(0, len(offsets)), max_size=8)))
    spans = [
        Span(offsets[left][0], offsets[right - 1][1], draw(st.sampled_from(LABELS)))
        for left, right in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    return offsets, spans


@given(tokens_and_spans())
def test_decode_undoes_encode(case: tuple[list[tuple[int, int]], list[Span]]) -> None:
    offsets, spans = case
    tags, lost = encode(spans, offsets)
    assert not lost
    assert decode(tags, offsets) == spans


def test_inexpressible_spans_are_returned_and_never_cut() -> None:
    offsets = [(0, 5), (6, 9), (9, 9)]
    tags, lost = encode([Span(0, 3, "X"), Span(6, 9, "Y")], offsets)
    assert tags == ["O", "B-Y", "O"]
    assert lost == [Span(0, 3, "X")]


def test_an_inside_tag_that_continues_nothing_is_outside() -> None:
    offsets = [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert decode(["I-X", "B-X", "I-Y", "I-X"], offsets) == [Span(1, 2, "X")]


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.booleans())
def test_best_path_is_the_best_valid_path(seed: int, length: int, words: bool) -> None:
    random = np.random.default_rng(seed)
    scores = random.normal(size=(length, len(TAGS))).astype(np.float32)
    glued = random.random(length) < 0.5 if words else None

    def valid(path: tuple[int, ...]) -> bool:
        if TAGS[path[0]].startswith("I-"):
            return False
        for place, (left, right) in enumerate(itertools.pairwise(path), start=1):
            a, b = TAGS[left], TAGS[right]
            if b.startswith("I-") and a not in (f"B-{b[2:]}", b):
                return False
            if glued is not None and glued[place] and not (b.startswith("I-") or a == b == "O"):
                return False
        return True

    paths = [path for path in itertools.product(range(len(TAGS)), repeat=length) if valid(path)]
    best = max(paths, key=lambda path: sum(scores[i, t] for i, t in enumerate(path)))
    assert tuple(best_path(scores, TAGS, glued)) == best


def test_transitions() -> None:
    penalty = allowed_transitions(TAGS)
    assert penalty[TAGS.index("B-X"), TAGS.index("I-X")] == 0
    assert penalty[TAGS.index("O"), TAGS.index("I-X")] == -np.inf
    assert penalty[TAGS.index("I-X"), TAGS.index("B-X")] == 0


def test_no_tokens() -> None:
    assert best_path(np.zeros((0, len(TAGS)), dtype=np.float32), TAGS) == []
    assert decode([], []) == []


def test_tag_names_start_with_outside() -> None:
    with pytest.raises(ValueError):
        TAGS.index("I-Z")
    assert TAGS == ["O", "B-X", "I-X", "B-Y", "I-Y"]
