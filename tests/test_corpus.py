"""Reading and writing as a user does it: by path, whatever lies there."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from claimml import corpus
from claimml.document import Document, Span
from claimml.errors import FormatError

TANK = Document("Dua tank tiba.", (Span(0, 3, "QUANTITY"), Span(4, 8, "WEAPON")), id="tank")
SHARED = Path(__file__).parents[2] / "shared"


class Stream:
    """A standard stream of these bytes."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)


def test_each_text_file_is_a_document_and_newlines_are_kept(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.txt").write_bytes(b"\xef\xbb\xbfsatu\r\ndua\r")
    (tmp_path / "sub" / "a.txt").write_bytes("😀\n".encode())
    (tmp_path / ".hidden.txt").write_bytes(b"x")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    assert list(corpus.read(tmp_path)) == [Document("\ufeffsatu\r\ndua\r", id="b"), Document("😀\n", id="sub/a")]
    assert list(corpus.read(tmp_path / "sub" / "a.txt")) == [Document("😀\n", id="a")]


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"Dua tank tiba.\nLalu?", Document("Dua tank tiba.\nLalu?", id="stdin")),
        (b"", Document("", id="stdin")),
        (b"[sic] {x}\n", Document("[sic] {x}\n", id="stdin")),
        (b"{kurung}", Document("{kurung}", id="stdin")),
        (json.dumps(TANK.to_dict()).encode(), TANK),
        (b"\n=== tank 2024-01-01\n[Q Dua] [W tank] tiba.\n", TANK),
        (b'{"id":"tank","text":"Dua tank tiba.","label":[[4,8,"WEAPON"],[0,3,"QUANTITY"]]}', TANK),
    ],
)
def test_standard_input_is_known_by_its_content(data: bytes, wanted: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stream(data))
    assert list(corpus.read("-")) == [wanted]


def test_standard_output(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream()
    monkeypatch.setattr(sys, "stdout", stream)
    corpus.write([TANK], "-")
    corpus.write([TANK], "-", "marks")
    first, rest = stream.buffer.getvalue().split(b"\n", 1)
    assert Document.from_dict(json.loads(first)) == TANK
    assert rest == b"=== tank\n[Q Dua] [W tank] tiba.\n\n"
    with pytest.raises(FormatError, match="brat cannot go to standard output"):
        corpus.write([TANK], "-", "brat")


def test_a_folder_of_mixed_files(tmp_path: Path) -> None:
    corpus.write([TANK], tmp_path / "a.jsonl.gz")
    corpus.write([TANK], tmp_path / "b.conll")
    corpus.write([TANK], tmp_path / "c.json", "labelstudio")
    corpus.write([TANK], tmp_path / "d.txt", "marks")
    corpus.write([TANK], tmp_path / "pairs", "pairs")
    corpus.write([TANK], tmp_path / "brat", "brat")
    (tmp_path / "news.txt").write_text("Kabar.", "utf-8")
    corpus.write([TANK], tmp_path / "news.jsonl")
    found = {item.id: item for item in corpus.read(tmp_path)}
    assert found.keys() == {"tank", "news", "pairs/tank", "brat/tank"}
    assert found["news"].text == "Kabar."
    assert {(item.text, item.spans) for item in found.values()} == {(TANK.text, TANK.spans), ("Kabar.", ())}


def test_spans_beside_other_texts(tmp_path: Path) -> None:
    corpus.write([TANK], tmp_path / "gold", "pairs")
    corpus.write([TANK], tmp_path / "gold" / "dev", "pairs")
    (tmp_path / "texts").mkdir()
    (tmp_path / "gold" / "tank.txt").rename(tmp_path / "texts" / "tank.txt")
    assert list(corpus.read(tmp_path / "gold", texts=tmp_path / "texts")) == [TANK]
    assert list(corpus.read(tmp_path / "gold" / "tank.jsonl", texts=tmp_path / "texts")) == [TANK]
    with pytest.raises(FormatError, match=r"tank\.txt: no such file"):
        list(corpus.read(tmp_path / "gold" / "tank.jsonl"))


def test_an_empty_spans_file_belongs_to_its_text(tmp_path: Path) -> None:
    corpus.write([Document("Sepi.", id="sepi")], tmp_path / "out", "pairs")
    assert (tmp_path / "out" / "sepi.jsonl").read_bytes() == b""
    assert list(corpus.read(tmp_path / "out")) == [Document("Sepi.", id="sepi")]


def test_reading_streams(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(TANK.to_dict()) + "\nbroken\n", "utf-8")
    documents = corpus.read(path)
    assert next(documents) == TANK, "the first document comes before the second line is parsed"
    with pytest.raises(FormatError, match=r"a\.jsonl:2: not JSON"):
        next(documents)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[1]", "list, not a JSON object"),
        (b"{}", 'no "text"'),
        (b'{"text": "a\\ud800"}', r"character 1 is a lone surrogate \(U\+D800\)"),
        (b'{"text": "\xff"}', "not UTF-8; convert"),
        (b'{"text": "a", "spans": 3}', '"spans" must be a list'),
        (b'{"text": "a", "spans": [[0, 1, "A"]]}', "is no object"),
        (b'{"text": "a", "spans": [{"start": 0, "end": true, "label": "A"}]}', '"end" of type int'),
        (b'{"text": "a", "spans": [{"start": 0, "end": 1, "label": ""}]}', "empty label"),
        (b'{"text": "a", "spans": [{"start": 0, "end": 2, "label": "A"}]}', "ends behind the text of 1"),
        (b'{"text": "a", "spans": [{"start": 1, "end": 1, "label": "A"}]}', "0 <= start < end"),
        (b'{"text": "ab", "spans": [{"start": 0, "end": 2, "label": "A"}, {"start": 1, "end": 2, "label": "B"}]}', "overlap"),
        (b'{"text": "a", "spans": [{"start": 0, "end": 1, "label": "A", "score": 7}]}', "score 7"),
        (b'{"text": "a", "spans": [{"start": 0, "end": 1, "label": "A", "text": "b"}]}', "covers 'a' and not 'b'"),
        (b'{"text": "a", "n": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_bad_lines_are_refused_by_file_and_line(line: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "ok"}\n\n' + line)
    with pytest.raises(FormatError, match=rf"a\.jsonl:3: .*{message}"):
        list(corpus.read(path))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file or folder"):
        corpus.read(tmp_path / "none")
    with pytest.raises(FormatError, match=r"unknown format 'xml'; known: jsonl, conll"):
        corpus.read(tmp_path, format="xml")
    with pytest.raises(FormatError, match="no file here to read"):
        list(corpus.read(tmp_path))
    (tmp_path / "a.txt").write_bytes(b"satu\ndua \xe9")
    with pytest.raises(FormatError, match=r"a\.txt:2: byte 0xe9 is not UTF-8.*iconv"):
        list(corpus.read(tmp_path / "a.txt"))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}')[:-9])
    (tmp_path / "c.jsonl.xz").write_bytes(b"no xz")
    (tmp_path / "d.jsonl").write_bytes(gzip.compress(b"{}"))
    for name, message in (("b.jsonl.gz", "cannot be read"), ("c.jsonl.xz", "cannot be read"), ("d.jsonl", "gzip data")):
        with pytest.raises(FormatError, match=message):
            list(corpus.read(tmp_path / name))


def test_prodigy_lines_that_were_rejected_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "prodigy.jsonl"
    spans = [{"start": 4, "end": 8, "token_start": 1, "token_end": 1, "label": "WEAPON"}]
    lines = [
        {"text": "Dua tank", "spans": spans, "answer": answer, "_task_hash": 1} for answer in ("reject", "accept", "ignore")
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    with pytest.warns(UserWarning, match="2 lines left out"):
        assert list(corpus.read(path)) == [Document("Dua tank", (Span(4, 8, "WEAPON"),), id=f"{path}:2")]


def breaking() -> Iterator[Document]:
    yield TANK
    raise RuntimeError("no more")


@pytest.mark.parametrize(("name", "format"), [("a.jsonl", None), ("a.jsonl.gz", None), ("a", "brat"), ("a", "text")])
def test_files_are_written_whole_or_not_at_all(name: str, format: str | None, tmp_path: Path) -> None:
    if format is None:
        (tmp_path / name).write_bytes(b"old")
    with pytest.raises((RuntimeError, FormatError)):
        corpus.write(breaking(), tmp_path / name, format)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == ([(name, b"old")] if format is None else [])


def test_writing_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="the name does not say in which format"):
        corpus.write([TANK], tmp_path / "a.txt")
    corpus.write([TANK], tmp_path / "brat", "brat")
    with pytest.raises(FormatError, match="there already and not empty"):
        corpus.write([TANK], tmp_path / "brat", "brat")
    with pytest.raises(FormatError, match="a folder, and this format writes one file"):
        corpus.write([TANK], tmp_path / "brat", "jsonl")
    with pytest.raises(FormatError, match="cannot be written"):
        corpus.write([TANK], tmp_path / "brat" / "tank.txt" / "x.jsonl")
    with pytest.raises(FormatError, match="plain text cannot carry spans"):
        corpus.write([TANK], tmp_path / "text", "text")
    with pytest.raises(FormatError, match="lone surrogate"):
        corpus.write([Document("\ud83d\ude00")], tmp_path / "a.jsonl")
    for id in ("", "../x", "/etc/x", "a\nb", ".x", "a\\b", "x" * 300):
        with pytest.raises(FormatError, match="is no file name"):
            corpus.write([Document("a", id=id)], tmp_path / "text", "text")
    with pytest.raises(FormatError, match="would be one file"):
        corpus.write([Document("a", id="x"), Document("b", id="X")], tmp_path / "text", "text")
    assert [path.name for path in tmp_path.iterdir()] == ["brat"]


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    corpus.write([TANK], tmp_path / "a.jsonl.gz")
    corpus.write([TANK], tmp_path / "b.jsonl.gz")
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "target.jsonl").write_bytes(b"old")
    (tmp_path / "link.jsonl").symlink_to("target.jsonl")
    corpus.write([TANK], tmp_path / "link.jsonl")
    assert (tmp_path / "link.jsonl").is_symlink()
    assert list(corpus.read(tmp_path / "target.jsonl")) == [TANK]


def test_our_own_articles_are_all_well_formed() -> None:
    found = list(corpus.read(Path(__file__).parents[1] / "training" / "corpus"))
    assert len({item.id for item in found}) == len(found) > 100
    assert all(item.spans for item in found)


@pytest.mark.skipif(not SHARED.exists(), reason="../shared holds texts that are not ours")
def test_the_shared_gold() -> None:
    assert sum(len(item.spans) for item in corpus.read(SHARED / "gold" / "dev")) == 1003
    assert len(list(corpus.read(SHARED / "gold", texts=SHARED / "seeds"))) == 5
