from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimml.document import LABELS, Document, Span, without_overlaps
from claimml.errors import SpanError


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(st.text(min_size=1, max_size=60))
    borders = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [
        Span(start, end, draw(st.sampled_from(LABELS)), draw(st.none() | st.floats(0, 1)))
        for start, end in zip(borders[::2], borders[1::2], strict=False)
    ]
    return Document(text, tuple(reversed(spans)), id=draw(st.text(max_size=5)))


@given(documents())
def test_spans_are_sorted_and_survive_json(document: Document) -> None:
    assert list(document.spans) == sorted(document.spans)
    values = document.to_dict()
    assert all(item["text"] == document.text[item["start"] : item["end"]] for item in values["spans"])
    assert Document.from_dict(values) == document


def test_score_takes_no_part_in_equality() -> None:
    assert Span(0, 3, "ACTOR", 0.9) == Span(0, 3, "ACTOR")
    assert hash(Span(0, 3, "ACTOR", 0.9)) == hash(Span(0, 3, "ACTOR"))


@pytest.mark.parametrize("values", [(-1, 2, "A"), (2, 2, "A"), (3, 2, "A"), (0, 1, ""), (0, 1, "A", 1.5), (0, 1, "A", -0.1)])
def test_bad_spans_are_refused(values: tuple[int, int, str, float]) -> None:
    with pytest.raises(SpanError):
        Span(*values)


def test_overlap_and_overrun_are_refused_by_name() -> None:
    with pytest.raises(SpanError, match=r"d1: spans overlap: \[0, 3\) ACTOR 'abc' and \[2, 4\)"):
        Document("abcd", (Span(2, 4, "WEAPON"), Span(0, 3, "ACTOR")), id="d1")
    with pytest.raises(SpanError, match="ends behind the text of 4 characters"):
        Document("abcd", (Span(2, 5, "WEAPON"),))


def test_surface_that_disagrees_is_refused() -> None:
    with pytest.raises(SpanError, match="covers 'bc', not 'cd'"):
        Document.from_dict({"text": "abcd", "spans": [{"start": 1, "end": 3, "label": "ACTOR", "text": "cd"}]})


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6))))
def test_without_overlaps_keeps_a_maximal_disjoint_set(pairs: list[tuple[int, int]]) -> None:
    spans = [Span(start, start + length, "ACTOR") for start, length in pairs]
    kept = without_overlaps(spans)
    assert all(a.end <= b.start for a, b in pairwise(kept))
    for span in spans:
        assert any(span.start < other.end and other.start < span.end for other in kept)
