"""Offsets in the units of other tools: repaired where the text proves them, reported, refused otherwise."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimml import corpus
from claimml.document import Document, Span
from claimml.errors import FormatError
from claimml.formats.offsets import UNITS, Found, Repair, settle

TEXT = "😀 Kementerian Pertahanan membeli 24 jet tempur dari “Éclair Aviation” 🚀 tahun ini."
WANTED = (Span(2, 24, "ACTOR"), Span(33, 35, "QUANTITY"), Span(36, 46, "WEAPON"), Span(53, 68, "ACTOR"))


def in_unit(text: str, span: Span, unit: str) -> tuple[int, int]:
    back = {index: offset for offset, index in UNITS[unit](text).items()}
    return back[span.start], back[span.end]


@pytest.mark.parametrize("unit", list(UNITS))
def test_each_unit_is_recognised_and_reported(unit: str) -> None:
    text = f"Satu\r\n\r\ndua\n\n\n\n\n{TEXT}"
    wanted = tuple(Span(span.start + 16, span.end + 16, span.label) for span in WANTED)
    found = [
        Found(*in_unit(text, span, unit), span.label, text[span.start : span.end], f"f:{i}") for i, span in enumerate(wanted)
    ]
    repairs: list[Repair] = []
    assert settle(text, found, "d", repairs) == wanted
    if unit == "code points":
        assert repairs == []
    else:
        assert [(repair.span, repair.unit, repair.where) for repair in repairs] == [
            (span, unit, f"f:{i}") for i, span in enumerate(wanted)
        ]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.data())
def test_units_agree_with_the_encodings_they_are_named_after(text: str, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(text)))
    assert UNITS["UTF-16 code units"](text)[len(text[:index].encode("utf-16-le")) // 2] == index
    assert UNITS["bytes of UTF-8"](text)[len(text[:index].encode())] == index
    translated = text[:index].replace("\r\n", "\n")
    if not text[:index].endswith("\r"):
        found = UNITS["code points with CRLF as one"](text)[len(translated)]
        assert found == index


def test_one_stray_span_does_not_hide_the_unit_of_the_others() -> None:
    found = [
        Found(*in_unit(TEXT, span, "UTF-16 code units"), span.label, TEXT[span.start : span.end], "f:1") for span in WANTED[:3]
    ]
    found.append(Found(WANTED[3].start, WANTED[3].end, "ACTOR", TEXT[WANTED[3].start : WANTED[3].end], "f:1"))
    repairs: list[Repair] = []
    assert settle(TEXT, found, "d", repairs) == WANTED
    assert len(repairs) == 3


def test_what_no_unit_explains_is_refused_with_the_place_where_it_stands() -> None:
    with pytest.raises(FormatError, match=r"f:7: d: \[0, 3\) WEAPON covers '😀 K' and not 'jet'.* stands at \[36, 39\)"):
        settle(TEXT, [Found(0, 3, "WEAPON", "jet", "f:7")], "d", [])


def test_jsonl_repairs_and_warns_once_per_file(tmp_path: Path) -> None:
    spans = []
    for span in WANTED:
        start, end = in_unit(TEXT, span, "UTF-16 code units")
        spans.append({"start": start, "end": end, "label": span.label, "text": TEXT[span.start : span.end]})
    path = tmp_path / "a.jsonl"
    path.write_text((json.dumps({"id": "x", "text": TEXT, "spans": spans}) + "\n") * 2, "utf-8")
    repairs: list[Repair] = []
    with pytest.warns(
        UserWarning, match=r"a\.jsonl: offsets of 8 spans repaired, the first: .*a\.jsonl:1: x: .* UTF-16"
    ) as caught:
        found = list(corpus.read(path, repairs=repairs))
    assert len(caught) == 1
    assert [item.spans for item in found] == [WANTED, WANTED]
    assert repairs[-1] == Repair(f"{path}:2", "x", 54, 69, WANTED[3], "UTF-16 code units")


def test_claims_in_an_unknown_unit_are_refused(tmp_path: Path) -> None:
    start, end = in_unit(TEXT, WANTED[0], "UTF-16 code units")
    span = {"start": start, "end": end, "label": "ACTOR", "text": TEXT[2:24]}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"text": TEXT, "spans": [span], "claims": [{"event": "x"}]}), "utf-8")
    with pytest.warns(UserWarning, match="repaired"), pytest.raises(FormatError, match="write all offsets in code points"):
        list(corpus.read(path))


class TestDoccano:
    def line(self, labels: list[list[object]], text: str = TEXT) -> str:
        return json.dumps({"id": 7, "text": text, "label": labels})

    def read(self, tmp_path: Path, *lines: str, repairs: list[Repair] | None = None) -> list[Document]:
        (tmp_path / "d.jsonl").write_text("\n".join(lines), "utf-8")
        return list(corpus.read(tmp_path / "d.jsonl", repairs=repairs))

    def test_code_points_are_taken_as_they_are(self, tmp_path: Path) -> None:
        labels: list[list[object]] = [[span.start, span.end, span.label] for span in WANTED]
        assert self.read(tmp_path, self.line(labels)) == [Document(TEXT, WANTED, id="7")]

    def test_utf16_is_repaired_where_only_it_gives_whole_words(self, tmp_path: Path) -> None:
        labels: list[list[object]] = [[*in_unit(TEXT, span, "UTF-16 code units"), span.label] for span in WANTED]
        repairs: list[Repair] = []
        with pytest.warns(UserWarning, match="4 spans repaired"):
            assert self.read(tmp_path, self.line(labels), repairs=repairs) == [Document(TEXT, WANTED, id="7")]
        assert {repair.unit for repair in repairs} == {"UTF-16 code units"}

    def test_where_both_readings_are_as_good_it_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match=r"d\.jsonl:2: 7: cannot tell"):
            self.read(tmp_path, self.line([]), self.line([[3, 5, "ACTOR"]], "😀日本語日本語"))

    def test_word_cuts_in_plain_texts_are_the_annotators_business(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, self.line([[3, 10, "WEAPON"]], "bersenjata"))[0].spans == (Span(3, 10, "WEAPON"),)

    def test_entities_of_a_relation_project(self, tmp_path: Path) -> None:
        entity = {"id": 1, "label": "WEAPON", "start_offset": 0, "end_offset": 4}
        line = json.dumps({"id": 1, "text": "tank", "entities": [entity], "relations": []})
        assert self.read(tmp_path, line) == [Document("tank", (Span(0, 4, "WEAPON"),), id="1")]

    def test_a_classification_project_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match=r"d\.jsonl:1: label 'berita' is no span"):
            self.read(tmp_path, self.line(["berita"]))  # type: ignore[list-item]


class TestLabelStudio:
    def task(self, *regions: tuple[int, int, str, str], text: str = TEXT) -> dict[str, object]:
        result = [
            {"id": "r", "type": "labels", "value": {"start": start, "end": end, "text": quoted, "labels": [label]}}
            for start, end, quoted, label in regions
        ]
        return {"id": 3, "data": {"text": text}, "annotations": [{"was_cancelled": True, "result": [{}]}, {"result": result}]}

    def read(self, tmp_path: Path, content: object) -> list[Document]:
        (tmp_path / "export.json").write_text(content if isinstance(content, str) else json.dumps(content, indent=1), "utf-8")
        return list(corpus.read(tmp_path / "export.json"))

    def test_utf16_is_repaired(self, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="1 spans repaired"):
            assert self.read(tmp_path, [self.task((3, 25, TEXT[2:24], "ACTOR"))]) == [Document(TEXT, WANTED[:1], id="3")]

    def test_refusals_name_the_line_of_the_task(self, tmp_path: Path) -> None:
        tasks = [self.task(), self.task((0, 4, "tank", "WEAPON"))]
        line = json.dumps(tasks, indent=1).split("\n").index(" {", 3) + 1
        with pytest.raises(FormatError, match=rf"export\.json:{line}: 3: \[0, 4\) WEAPON"):
            self.read(tmp_path, tasks)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("[{", "1: not JSON"),
            (" 3", "1: no list of tasks"),
            ('[{"data": {"text": "a"}}', "breaks off"),
            ([{"text": "a", "label": []}], "JSON-MIN"),
            ([{"data": {"text": "a"}, "annotations": [{}, {}]}], "2 annotations of one task; keep one"),
            (
                [{"data": {"text": "a"}, "annotations": [{"result": [{"type": "labels", "value": {"labels": []}}]}]}],
                "one label",
            ),
        ],
    )
    def test_what_cannot_be_read_says_why(self, tmp_path: Path, content: object, message: str) -> None:
        with pytest.raises(FormatError, match=message):
            self.read(tmp_path, content)

    def test_results_that_are_no_regions_are_counted(self, tmp_path: Path) -> None:
        task = {"data": {"text": "a"}, "annotations": [{"result": [{"type": "choices", "value": {"choices": ["x"]}}]}]}
        with pytest.warns(UserWarning, match="1 results left out"):
            assert self.read(tmp_path, [task])[0].spans == ()


class TestBrat:
    def read(self, tmp_path: Path, text: str, ann: str) -> Document:
        (tmp_path / "n.txt").write_bytes(text.encode())
        (tmp_path / "n.ann").write_bytes(ann.encode())
        (found,) = corpus.read(tmp_path / "n.ann")
        return found

    def test_a_discontinuous_span_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match=r"n\.ann:2: discontinuous span 0-5, 16-19; .* annotate the fragments apart"):
            self.read(tmp_path, "kapal induk dan LST", "T1\tWEAPON 6 11\tinduk\nT2\tWEAPON 0 5;16 19\tkapal LST\n")

    def test_fragments_around_a_line_break_are_one_span(self, tmp_path: Path) -> None:
        found = self.read(tmp_path, "kapal\r\ninduk", "T1\tWEAPON 0 5;7 12\tkapal induk\n")
        assert found == Document("kapal\r\ninduk", (Span(0, 12, "WEAPON"),), id="n")

    def test_offsets_that_count_crlf_as_one_are_repaired(self, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="CRLF as one"):
            found = self.read(tmp_path, "satu\r\ndua\r\ntank", "T1\tWEAPON 9 13\ttank\n")
        assert found.spans == (Span(11, 15, "WEAPON"),)

    def test_a_line_break_quoted_as_a_space_is_no_difference(self, tmp_path: Path) -> None:
        assert self.read(tmp_path, "kapal\ninduk", "T1\tWEAPON 0 11\tkapal induk\n").spans == (Span(0, 11, "WEAPON"),)

    def test_relations_and_notes_are_counted(self, tmp_path: Path) -> None:
        with pytest.warns(UserWarning, match="2 relations, events, attributes or notes left out"):
            assert self.read(tmp_path, "tank", "T1\tWEAPON 0 4\ttank\nR1\tHas Arg1:T1 Arg2:T1\n#1\tNote T1\thm\n").spans

    def test_a_bad_line_and_a_missing_text_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match=r"n\.ann:1: bad line"):
            self.read(tmp_path, "tank", "T1 WEAPON 0 4 tank\n")
        (tmp_path / "n.txt").unlink()
        with pytest.raises(FormatError, match=r"n\.txt: no such file"):
            list(corpus.read(tmp_path / "n.ann"))


class TestConll:
    def read(self, tmp_path: Path, content: str) -> list[Document]:
        (tmp_path / "c.conll").write_bytes(content.encode())
        return list(corpus.read(tmp_path / "c.conll"))

    @pytest.mark.parametrize(
        "tags",
        [
            "B-A I-A O B-W B-W",
            "I-A I-A O I-W B-W",
            "B-A E-A O S-W S-W",
            "B-A L-A O U-W U-W",
        ],
    )
    def test_all_schemes_say_the_same(self, tmp_path: Path, tags: str) -> None:
        tokens = ["Angkatan", "Laut", "menyita", "senapan", "granat"]
        content = "".join(f"{token} {tag}\n" for token, tag in zip(tokens, tags.split(), strict=True))
        found = self.read(tmp_path, content)[0]
        assert found.text == " ".join(tokens)
        assert found.spans == (Span(0, 13, "A"), Span(22, 29, "W"), Span(30, 36, "W"))

    def test_without_markers_each_sentence_is_a_document(self, tmp_path: Path) -> None:
        found = self.read(tmp_path, "a O\r\nb B-X\r\n\r\n\r\nc I-X\r\n")
        assert [(item.text, item.spans) for item in found] == [("a b", (Span(2, 3, "X"),)), ("c", (Span(0, 1, "X"),))]

    def test_docstart_holds_sentences_together_and_spans_end_with_them(self, tmp_path: Path) -> None:
        found = self.read(tmp_path, "-DOCSTART- -X- O O\n\na NN B-X\n\nb NN I-X\n\n-DOCSTART- O\n\nc NN O\n")
        assert [item.text for item in found] == ["a\nb", "c"]
        assert found[0].spans == (Span(0, 1, "X"), Span(2, 3, "X"))

    def test_conllu_columns_and_comments(self, tmp_path: Path) -> None:
        content = "# newdoc id = berita-1\n# text = Rusia.\n# sent_id = 1\nRusia\tSpaceAfter=No\tB-ACTOR\n.\t_\tO\n\n"
        content += "# newdoc\n#\t_\tO\n"
        found = self.read(tmp_path, content)
        assert [(item.id, item.text) for item in found] == [("berita-1", "Rusia."), (f"{tmp_path}/c.conll:7", "#")]

    def test_sentences_are_blocks_and_a_span_is_never_cut(self, tmp_path: Path) -> None:
        item = Document("Dr. Rai tiba. Ia diam.\nTamat", (Span(0, 7, "ACTOR"),), id="d")
        corpus.write([item], tmp_path / "out.conll")
        blocks = (tmp_path / "out.conll").read_text("utf-8").rstrip().split("\n\n")
        assert [block.split("\n")[-1] for block in blocks] == [".\tO", ".\tO", "Tamat\tO"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("a O\nb X-Y\n", r"c\.conll:2: 'X-Y' is no tag"),
            ("a\n", r"c\.conll:1: 'a' needs two columns"),
            ('# document = {"id": "x", "text": "b a"}\nb\tO\nc\tO\n', r"c\.conll:3: 'c' does not come next"),
            ('# document = {"id": 1}\n', r"c\.conll:1: bad comment"),
        ],
    )
    def test_refusals_name_the_line(self, tmp_path: Path, content: str, message: str) -> None:
        with pytest.raises(FormatError, match=message):
            self.read(tmp_path, content)

    def test_tokens_and_class_labels_of_a_published_dataset(self, tmp_path: Path) -> None:
        datasets = pytest.importorskip("datasets", reason="needs the extra train")
        tags = datasets.Sequence(datasets.ClassLabel(names=["O", "B-LOC", "I-LOC"]))
        features = datasets.Features({"tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": tags})
        rows = [{"tokens": ["di", "Jawa", "Barat"], "ner_tags": [0, 1, 2]}]
        split = datasets.Dataset.from_list(rows, features=features)
        datasets.DatasetDict({"train": split, "test": split}).save_to_disk(str(tmp_path / "set"))
        found = list(corpus.read(tmp_path / "set"))
        assert [(item.id, item.text, item.spans) for item in found] == [
            (f"{tmp_path}/set/{name}:0", "di Jawa Barat", (Span(3, 13, "LOC"),)) for name in ("train", "test")
        ]


class TestMarks:
    def read(self, tmp_path: Path, content: str) -> list[Document]:
        (tmp_path / "m.txt").write_bytes(content.encode())
        return list(corpus.read(tmp_path / "m.txt"))

    def test_marks_brackets_and_dates(self, tmp_path: Path) -> None:
        found = self.read(tmp_path, "=== satu 2024-05-01\n\n[A Rusia] \\[sic\\] \\n\n\nD:\\ [W rudal]\n\n=== dua\n\n")
        assert found == [
            Document("Rusia [sic] \\n\n\nD:\\ rudal", (Span(0, 5, "ACTOR"), Span(20, 25, "WEAPON")), id="satu"),
            Document("", id="dua"),
        ]
        from claimml.formats import marks

        assert marks.dates(tmp_path) == {"satu": "2024-05-01"}

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("=== a 2024-05-01\nx\n[A b [W c]]\n", r"m\.txt:3: a: '\[' inside a mark"),
            ("=== a 2024-05-01\n\n\nx]\n", r"m\.txt:4: a: '\]' closes no mark"),
            ("=== a 2024-05-01\n[A x\n", r"m\.txt:2: a: a mark of ACTOR never closes"),
            ("=== a 2024-05-01\n[sic]\n", r"m\.txt:2: a: no mark in"),
            ("=== a 2024-05-01\n[A ]\n", r"m\.txt:2: a: empty mark"),
            ("=== a 2024-05-01\nx\n=== b 2024-5-1\n", r"m\.txt:3: bad header"),
        ],
    )
    def test_refusals_name_the_line(self, tmp_path: Path, content: str, message: str) -> None:
        with pytest.raises(FormatError, match=message):
            self.read(tmp_path, content)


class TestStandoff:
    def files(self, tmp_path: Path, text: bytes, **values: object) -> Path:
        (tmp_path / "texts").mkdir()
        (tmp_path / "texts" / "n.txt").write_bytes(text)
        line = {"id": "n", "source": "n.txt", "sha256": hashlib.sha256(b"tank\r\n").hexdigest()}
        line |= {"spans": [{"start": 0, "end": 4, "label": "WEAPON"}]} | values
        (tmp_path / "gold.jsonl").write_text(json.dumps(line), "utf-8")
        return tmp_path / "gold.jsonl"

    def test_texts_are_joined(self, tmp_path: Path) -> None:
        path = self.files(tmp_path, b"tank\r\n")
        assert list(corpus.read(path, texts=tmp_path / "texts")) == [Document("tank\r\n", (Span(0, 4, "WEAPON"),), id="n")]

    def test_a_changed_text_is_refused(self, tmp_path: Path) -> None:
        path = self.files(tmp_path, b"tank\n")
        with pytest.raises(FormatError, match=r"gold\.jsonl:1: .*n\.txt is not the annotated text"):
            list(corpus.read(path, texts=tmp_path / "texts"))

    @pytest.mark.parametrize("source", ["../gold.jsonl", "/etc/hostname", "", "m.txt"])
    def test_only_texts_in_the_folder_are_read(self, tmp_path: Path, source: str) -> None:
        path = self.files(tmp_path, b"tank\r\n", source=source)
        with pytest.raises(FormatError, match=r"gold\.jsonl:1: (source .* leads out|no text)"):
            list(corpus.read(path, texts=tmp_path / "texts"))

    def test_without_the_folder_it_says_what_to_give(self, tmp_path: Path) -> None:
        with pytest.raises(FormatError, match="texts=DIR"):
            list(corpus.read(self.files(tmp_path, b"tank\r\n")))

    def test_no_word_of_the_text_is_written(self, tmp_path: Path) -> None:
        corpus.write([Document("rahasia tank", (Span(8, 12, "WEAPON"),), id="n")], tmp_path / "g.jsonl", "standoff")
        assert "tank" not in (tmp_path / "g.jsonl").read_text("utf-8")
