"""Who takes part: the questions that the rules leave open, and the network that answers them."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest

from claimml.claims import read_claims
from claimml.claims.linker import FEATURES, MODEL, Linker
from claimml.claims.reading import read_article
from claimml.claims.record import slots_of
from claimml.document import Document
from claimml.errors import ModelError
from claimml.formats.marks import parse


def document(marked: str) -> Document:
    return parse(marked, "x", "test", 1)


DEAL = "[A Norwegia] bersidang kemarin. Menurut menteri, [Q 12] [W tank] dikirim ke [A Estonia]."


def test_each_slot_that_is_open_or_filled_once_is_a_question() -> None:
    article = read_article(document(DEAL))
    questions = list(article.questions())
    assert [question.slot for question in questions] == ["supplier", "recipient"]
    supplier = questions[0]
    names = [party.name if party else None for party in supplier.candidates]
    assert names[-1] is None, "nobody is a candidate too"
    assert {"NO", "EE"} <= set(names), "also those of the sentence before"
    assert len(supplier.rows) == len(names)
    assert all(0 <= column < len(FEATURES) for row in supplier.rows for column, _ in row)


def test_features_are_named_once_and_do_not_depend_on_the_run() -> None:
    assert len(set(FEATURES)) == len(FEATURES)
    first, second = (list(read_article(document(DEAL)).questions()) for _ in range(2))
    assert first == second


def test_lists_of_parties_are_left_as_the_rules_read_them() -> None:
    text = document("[A Norwegia] dan [A Denmark] mengirim [Q 12] [W tank] ke [A Estonia].")
    ruled = read_claims(text, linker=None)
    assert len(ruled) == 2
    assert [claim.supplier for claim in read_claims(text)] == [claim.supplier for claim in ruled]


def test_chances_sum_to_one() -> None:
    questions = list(read_article(document(DEAL)).questions())
    for chances in Linker().scores(questions):
        assert sum(map(math.exp, chances)) == pytest.approx(1.0, abs=1e-4)


def test_a_margin_without_end_leaves_the_rules_answer() -> None:
    text = document(DEAL)
    stubborn = Linker()
    stubborn.margins = dict.fromkeys(("supplier", "recipient", "actor", "target"), 50.0)
    assert read_claims(text, linker=stubborn) == read_claims(text, linker=None)


def test_a_party_is_a_span_and_nothing_else_changes() -> None:
    text = document(
        "[A Norwegia] menepati janjinya. Kementerian itu menyebut [Q 12] [W tank] diserahkan kepada [A Estonia] pekan lalu."
    )
    spans = {(span.start, span.end) for span in text.spans}
    for linked, ruled in zip(read_claims(text), read_claims(text, linker=None), strict=True):
        for slot in slots_of(linked.event):
            mention = getattr(linked, slot)
            assert mention is None or (mention.start, mention.end) in spans
        blank = dict.fromkeys(("supplier", "recipient", "actor", "target"))
        assert dataclasses.replace(linked, **blank) == dataclasses.replace(ruled, **blank)


def test_a_file_that_is_missing_or_another_is_named(tmp_path: Path) -> None:
    questions = list(read_article(document(DEAL)).questions())
    with pytest.raises(ModelError, match=r"no network of parties at .*none\.onnx"):
        Linker(tmp_path / "none.onnx").scores(questions)
    (tmp_path / "text.onnx").write_text("no network", encoding="utf-8")
    with pytest.raises(ModelError, match="not an ONNX network"):
        Linker(tmp_path / "text.onnx").scores(questions)
    assert MODEL.stat().st_size < 200_000
