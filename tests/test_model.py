from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import known_score
from hypothesis import given, settings
from hypothesis import strategies as st

from claimml.document import LABELS, Document
from claimml.errors import ModelError
from claimml.model import OnnxTagger, _best_path_by_line, windows
from claimml.tagging import best_path, tag_names

TEXT = "Korea Utara mengirim tujuh ribu rudal balistik ke Rusia dari Najin."


@pytest.fixture(scope="module")
def tagger(model_directory: Path) -> OnnxTagger:
    return OnnxTagger(model_directory)


def found(document: Document) -> list[tuple[str, str]]:
    return [(document.text_of(span), span.label) for span in document.spans]


def test_known_answers(tagger: OnnxTagger) -> None:
    document = tagger.tag([TEXT])[0]
    assert found(document) == [
        ("Korea Utara", "ACTOR"),
        ("tujuh ribu", "QUANTITY"),
        ("rudal balistik", "WEAPON"),
        ("Rusia", "ACTOR"),
        ("Najin", "LOCATION"),
    ]
    assert document.tagger == "miniature"


def test_score_is_the_probability_of_the_least_sure_tag(tagger: OnnxTagger) -> None:
    assert [span.score for span in tagger.tag(["Rusia"])[0].spans] == [pytest.approx(known_score(), abs=1e-4)]


def test_a_span_never_cuts_a_word(tagger: OnnxTagger) -> None:
    # "rudal" + "##nya" is one written word and goes whole; a hyphen is a border.
    assert found(tagger.tag(["rudalnya ke Rusia-Korea Utara"])[0]) == [
        ("rudalnya", "WEAPON"),
        ("Rusia", "ACTOR"),
        ("Korea Utara", "ACTOR"),
    ]
    # Of "Rusiaa" the last letter is outside by its own score, yet the word stays whole or out.
    for text, _ in found(tagger.tag(["Rusiaa dan Rusia"])[0]):
        assert text in {"Rusiaa", "Rusia"}


@given(seed=st.integers(0, 10_000), count=st.integers(0, 40), breaks=st.sets(st.integers(1, 39)), sure=st.booleans())
@settings(deadline=None)
def test_lines_apart_give_the_best_path_of_the_whole(seed: int, count: int, breaks: set[int], sure: bool) -> None:
    import numpy as np

    tags = tag_names(LABELS)
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(count, len(tags)))
    scores[:, 0] += 4 * sure  # most lines are then right without a search
    joined = rng.random(count) < 0.3
    lines = sorted(place for place in breaks if place < count)
    joined[lines] = False
    for place in lines:
        scores[place, [i for i, tag in enumerate(tags) if tag.startswith("I-")]] = -1e9
    path = _best_path_by_line(scores, tags, joined, [0, *lines, count])
    assert path.tolist() == best_path(scores, tags, joined)


def test_no_span_goes_on_over_a_line_break(tagger: OnnxTagger) -> None:
    assert found(tagger.tag(["ke Korea\nUtara"])[0]) == [("Korea", "ACTOR")]
    assert found(tagger.tag(["ke Korea\u00a0Utara"])[0]) == [("Korea\u00a0Utara", "ACTOR")]


@pytest.mark.parametrize("text", ["", " ", "\n\t \u00a0", "\u200b", "\x00", "🚀"])
def test_texts_without_words_have_no_spans(tagger: OnnxTagger, text: str) -> None:
    assert tagger.tag([text])[0] == Document(text, tagger="miniature")


NASTY = st.text(
    alphabet=st.sampled_from(list("ab \n\r\t.,-\u00a0\u00ad\u200d\u200f😀é́ﬁ\x00\x1f؟ж中")) | st.characters(), max_size=80
)
WORD = st.sampled_from(["Rusia", "Korea Utara", "rudal balistik", "tujuh ribu", "Najin", "rudalnya", "Korea", "Utara"])
TEXTS = st.lists(NASTY | WORD, max_size=12).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_spans_lie_on_words_of_the_text(tagger: OnnxTagger, text: str) -> None:
    for surface, _ in found(tagger.tag([text])[0]):
        assert surface == surface.strip() != ""


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=5), st.randoms())
def test_company_and_order_change_nothing(tagger: OnnxTagger, texts: list[str], random: object) -> None:
    alone = [tagger.tag([text])[0].to_dict() for text in texts]
    assert [document.to_dict() for document in tagger.tag(texts)] == alone
    assert [document.to_dict() for document in tagger.tag(texts[::-1])] == alone[::-1]


def test_every_window_position_gives_the_same_spans(tagger: OnnxTagger) -> None:
    # The miniature model sees no context, so a span must come out the same wherever windows fall.
    for before in range(40):
        text = "a " * before + TEXT + " a" * 30
        assert found(tagger.tag([text])[0]) == found(tagger.tag([TEXT])[0]), before


@given(st.lists(st.integers(1, 60), max_size=12), st.integers(4, 20))
def test_windows_read_every_token_once(lengths: list[int], size: int) -> None:
    text = "".join("w " * length + "\n" for length in lengths)
    starts = [i for i, c in enumerate(text) if c == "w"]
    kept = []
    for window in windows(text, starts, size):
        assert window.end - window.start <= size
        assert window.start <= window.keep_start < window.keep_end <= window.end
        kept.extend(range(window.keep_start, window.keep_end))
    assert kept == list(range(len(starts)))


def test_windows_keep_sentences_whole() -> None:
    text = "w w w. W w w. W w w w."
    starts = [i for i, c in enumerate(text) if c in "wW."]
    assert [(w.start, w.end) for w in windows(text, starts, 9)] == [(0, 8), (8, 13)]


def test_long_texts_are_read_to_the_end(tagger: OnnxTagger) -> None:
    text = ("a b. " * 20 + TEXT + "\n") * 400
    assert len(tagger.tag([text])[0].spans) == 5 * 400


def spoil(directory: Path, **changes: object) -> Path:
    path = directory / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes), encoding="utf-8")
    return directory


def test_labels_at_odds_with_the_weights_are_refused(make_model: Callable[..., Path]) -> None:
    with pytest.raises(ModelError, match=r"names 2 labels, which make 5 tags, but model.onnx scores 9"):
        OnnxTagger(make_model(labels=("ACTOR", "WEAPON")))


def test_another_tokenizer_is_refused(make_model: Callable[..., Path]) -> None:
    directory = make_model()
    with (directory / "tokenizer.json").open("a") as file:
        file.write("\n")
    with pytest.raises(ModelError, match=r"tokenizer.json: not the file that manifest.json was written for"):
        OnnxTagger(directory)


def test_other_formats_and_damage_are_refused(make_model: Callable[..., Path], tmp_path: Path) -> None:
    directory = make_model()
    with pytest.raises(ModelError, match=r"no manifest.json here"):
        OnnxTagger(tmp_path)
    with pytest.raises(ModelError, match="format 99"):
        OnnxTagger(spoil(directory, format=99))
    (directory / "manifest.json").write_text("{}")
    with pytest.raises(ModelError, match="calibration, format, labels"):
        OnnxTagger(directory)
    (directory / "manifest.json").write_text("[")
    with pytest.raises(ModelError, match="not a manifest"):
        OnnxTagger(directory)
    make_model()
    (directory / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model.onnx is missing"):
        OnnxTagger(directory)


def test_a_prior_lets_the_rules_speak_where_the_network_is_unsure(make_model: Callable[..., Path]) -> None:
    text = "Rusia membeli 12 tank, kata Pentagon."
    directory = make_model()
    assert found(OnnxTagger(directory).tag([text])[0]) == [("Rusia", "ACTOR")]
    document = OnnxTagger(spoil(directory, prior=9.0)).tag([text])[0]
    assert found(document) == [("Rusia", "ACTOR"), ("12", "QUANTITY"), ("tank", "WEAPON"), ("Pentagon", "ACTOR")]
    # A network that is surer than the prior overrules the rules.
    assert found(OnnxTagger(spoil(directory, prior=2.0)).tag([text])[0]) == [("Rusia", "ACTOR")]
