"""Every format gives back exactly what it was given, or refuses it; nothing in between."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claimml import corpus
from claimml.document import LABELS, Document, Span
from claimml.errors import FormatError

NASTY = (
    "a", "Z", "é", "e\u0301", " ", "  ", "\u00a0", "\u00ad", "\u200b", "\u200d", "\ufeff", "\u2028", "\u0085", "\x1c", "\x00",
    "\n", "\r\n", "\r", "\n\n", "\t", "😀", "👩\u200d🚀", "𐀀", "שלום", "\u202e", "日本", "[", "]", "\\", "[Q ",
    "===", "=== ", "=== x 2024-01-01",
    "#", "# ", '"', "{", "-DOCSTART-", "7.000", "Su-35", "O\t", "ﬁ", "İ", "ǅ", ". A", "T1\t",
)  # fmt: skip
texts = st.lists(
    st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)), max_size=12
).map("".join)
ids = st.from_regex(r"[a-z0-9][a-zA-Z0-9 ._-]{0,8}(/[a-z0-9]{1,3})?", fullmatch=True)
labels = st.one_of(st.sampled_from(LABELS), st.sampled_from(("B-X", "é ü", "x:y", "O", "\u00a0")))


@st.composite
def documents(draw: st.DrawFn, labels: st.SearchStrategy[str] = labels) -> Document:
    text = draw(texts)
    borders = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    spans = [Span(start, end, draw(labels)) for start, end in itertools.pairwise(borders) if draw(st.integers(0, 3))]
    return Document(text, tuple(spans), id=draw(ids))


def several(items: st.SearchStrategy[Document]) -> st.SearchStrategy[list[Document]]:
    return st.lists(items, max_size=3, unique_by=lambda item: item.id.casefold())


def round_trip(items: list[Document], format: str, folder: Path) -> list[Document]:
    path = folder / "out"
    corpus.write(items, path, format)
    texts = None
    if format == "standoff":
        texts = folder / "texts"
        corpus.write([Document(item.text, id=item.id) for item in items], texts, "text")
    if not items and path.is_dir() and format != "hf":
        return []
    return sorted(corpus.read(path, format=format, texts=texts), key=lambda item: item.id)


FILES = ("jsonl", "standoff", "conll", "bioes", "bilou", "marks", "doccano", "labelstudio")
FOLDERS = ("text", "pairs", "brat")


@pytest.mark.parametrize("format", FILES + FOLDERS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=several(documents()))
def test_what_is_not_refused_comes_back_exactly(format: str, items: list[Document]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = round_trip(items, format, Path(folder))
        except FormatError:
            assert [path.name for path in Path(folder).iterdir()] in ([], ["out"]), "a refused corpus leaves no trace"
            assert format not in ("jsonl", "standoff", "labelstudio", "pairs"), "these carry everything"
            return
        assert found == sorted(items, key=lambda item: item.id)


PLAIN = Document(
    "Kapal itu memuat 7 ribu peluru 155 mm.\nSeorang perwira berkata: “Cukup!” 😀 Lalu diam [sic].",
    (Span(0, 5, "WEAPON"), Span(17, 23, "QUANTITY"), Span(24, 37, "WEAPON"), Span(47, 54, "ACTOR")),
    id="kapal-1",
)
EMPTY = Document("", id="kosong")


@pytest.mark.parametrize("format", [*FILES, "pairs", "brat"])
def test_ordinary_documents_are_carried_by_every_format(format: str, tmp_path: Path) -> None:
    assert round_trip([PLAIN, EMPTY], format, tmp_path) == [PLAIN, EMPTY]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".jsonl.xz", ".conll", ".bioes", ".bilou"])
def test_the_suffix_names_the_format(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"documents{suffix}"
    corpus.write([PLAIN, EMPTY], path)
    assert list(corpus.read(path)) == [PLAIN, EMPTY]


@pytest.mark.parametrize("format", ["pairs", "brat"])
def test_folders_are_known_by_their_files(format: str, tmp_path: Path) -> None:
    corpus.write([PLAIN, EMPTY], tmp_path / "out", format)
    assert list(corpus.read(tmp_path / "out")) == [PLAIN, EMPTY]


@settings(max_examples=40, deadline=None)
@given(items=several(documents()))
def test_docbin_comes_back_exactly(items: list[Document]) -> None:
    pytest.importorskip("spacy", reason="needs the extra spacy")
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = round_trip(items, "docbin", Path(folder))
        except FormatError:
            return
        assert found == sorted(items, key=lambda item: item.id)


def test_docbin_carries_ordinary_documents(tmp_path: Path) -> None:
    spacy = pytest.importorskip("spacy", reason="needs the extra spacy")
    corpus.write([PLAIN, EMPTY], tmp_path / "out.spacy")
    assert list(corpus.read(tmp_path / "out.spacy")) == [PLAIN, EMPTY]
    docs = list(spacy.tokens.DocBin().from_disk(tmp_path / "out.spacy").get_docs(spacy.blank("id").vocab))
    assert [(entity.text, entity.label_) for entity in docs[0].ents][1] == ("7 ribu", "QUANTITY")
    assert docs[0][1].text == "itu", "a space belongs to the token before it"


def test_hf_comes_back_exactly(tmp_path: Path) -> None:
    pytest.importorskip("datasets", reason="needs the extra train")
    odd = Document("a\u0000\u00a0😀\r\n[Q x]", (Span(3, 4, "ACTOR"), Span(4, 7, "é ü")), id="x y")
    corpus.write([PLAIN, EMPTY, odd], tmp_path / "out", "hf")
    assert list(corpus.read(tmp_path / "out")) == [PLAIN, EMPTY, odd]
