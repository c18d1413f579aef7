"""The contract that every tagger keeps, held for each of them, and the way to one by name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import claimml
from claimml.document import Document
from claimml.errors import ModelError
from claimml.rules import RuleTagger
from claimml.tagger import Tagger, load, shipped, stream

TAGGERS = ["rules", "miniature", *shipped()]

SENTENCES = [
    "Korea Utara mengirim tujuh ribu kontainer amunisi ke Rusia, kata Gedung Putih.",
    "Pada 2023 lebih dari 1.250 butir peluru 155 mm tiba di pelabuhan Najin.",
    "Dua jet tempur Su-35 jatuh di Kursk.",
    "The ministry ordered 24 F-15EX fighters from Boeing.",
    "",
    " \u00a0\n",
    "Rudal\u00adnya 😀👩‍👩‍👦 tiba\r\ndi Kyiv.",
    "\x00\x07 é é ﬁ ١٢٣ السلام",
]
ANY_TEXT = st.lists(st.sampled_from(SENTENCES) | st.text(max_size=30), max_size=4).map(" ".join)


@pytest.fixture(scope="module", params=TAGGERS)
def tagger(request: pytest.FixtureRequest) -> Tagger:
    name = request.param
    return load(request.getfixturevalue("model_directory") if name == "miniature" else name)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANY_TEXT)
def test_spans_point_at_their_text(tagger: Tagger, text: str) -> None:
    document = tagger.tag([text])[0]
    assert document.text == text
    assert document.tagger == tagger.name
    for span in document.spans:
        surface = text[span.start : span.end]
        assert surface.strip() == surface != ""
        assert span.label in tagger.labels
        assert span.score is None or 0 <= span.score <= 1
    assert Document.from_dict(document.to_dict()) == document


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ANY_TEXT, min_size=1, max_size=4))
def test_company_order_and_batch_size_change_nothing(tagger: Tagger, texts: list[str]) -> None:
    alone = [tagger.tag([text])[0] for text in texts]
    assert tagger.tag(texts) == alone
    assert tagger.tag(texts[::-1]) == alone[::-1]
    for batch in (1, 2, 100):
        assert list(stream(tagger, texts, batch=batch)) == alone


def test_no_texts(tagger: Tagger) -> None:
    assert tagger.tag([]) == []


def test_ten_megabytes_are_read_to_the_end(tagger: Tagger) -> None:
    if tagger.name not in {"rules", "miniature"}:
        pytest.skip("minutes with a real network; its windows are those of the miniature")
    # Long words keep it to seconds: what is held is that nothing is cut off, not the speed.
    text = ("x" * 95 + " yyy. ") * 100_000 + "Korea Utara mengirim tujuh ribu rudal balistik ke Rusia."
    assert len(text) > 10_000_000
    last = tagger.tag([text])[0].spans[-1]
    assert text[last.start : last.end] == "Rusia"


def test_stream_reads_no_further_than_it_must() -> None:
    read = itertools.count()

    def texts() -> Iterator[str]:
        while True:
            next(read)
            yield "Rusia"

    assert next(stream(RuleTagger(), texts(), batch=3)).text == "Rusia"
    assert next(read) == 3


def test_the_default_says_who_answered() -> None:
    expected = "mini" if "mini" in shipped() else "rules"
    assert claimml.predict("Rusia membeli tiga tank.").tagger == expected
    assert claimml.predict("Rusia membeli tiga tank.", model="rules").tagger == "rules"


def test_an_unknown_model_is_refused_and_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nothing: no such model; there are rules"):
        claimml.predict("Rusia", model="nothing")
    with pytest.raises(ModelError, match="no manifest"):
        load(tmp_path)


def test_predict_takes_one_text() -> None:
    with pytest.raises(TypeError, match="takes one text, not list"):
        claimml.predict(["Rusia"])  # type: ignore[arg-type]
