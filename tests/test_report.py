"""The report tells what happened, in three forms, and no text can break out of the page."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimml.document import Document, Span
from claimml.errors import MissingExtra
from claimml.report import CONTEXT, Report, sentence, seqeval_report
from claimml.scoring import score

TEXT = "Kapal itu tiba. Korea Utara mengirim tujuh ribu peluru ke Najin, kata seorang pejabat. Moskow diam."
GOLD = Document(
    TEXT, (Span(16, 27, "ACTOR"), Span(37, 47, "QUANTITY"), Span(58, 63, "LOCATION"), Span(87, 93, "ACTOR")), id="a-1"
)
FOUND = Document(TEXT, (Span(16, 27, "ACTOR", 0.9), Span(37, 54, "QUANTITY", 0.7), Span(58, 63, "ACTOR", 0.4)))


def report(**more: object) -> Report:
    plain = Document("Tidak ada apa pun.", id="b-1")
    return Report(score([GOLD, plain], [FOUND, plain]), tagger="mini", corpora=("dev.jsonl",), samples=50, **more)  # type: ignore[arg-type]


class Page(HTMLParser):
    """What a browser would see: tags, attributes, and the text of each article."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.articles: list[str] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "article":
            self.inside = True
            self.articles.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "article"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.articles[-1] += data

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def test_text_shows_the_scores() -> None:
    text = report().text()
    assert text.startswith("mini on dev.jsonl: 2 documents, 4 gold spans, 3 predicted\n")
    assert re.search(r"^micro +33\.33 +25\.00 +28\.57 +\S+ to \S+ +42\.86 +57\.14 +4 +3 +1$", text, re.MULTILINE)
    assert re.search(r"^end late +1 +'peluru' 1$", text, re.MULTILINE)
    assert "take them for too narrow" in text
    assert "expected calibration error" in text
    assert "seen" not in text
    assert "Difference" not in text


def test_text_with_training_and_rival() -> None:
    nothing = Document("Tidak ada apa pun.", id="b-1")
    against = score([GOLD, nothing], [Document(TEXT), nothing])
    text = report(training=(GOLD,), against=against, rival="rules").text()
    assert re.search(r"^seen +100\.00 +25\.00 +40\.00 +4 +1 +1$", text, re.MULTILINE)
    assert re.search(r"^micro +\+28\.57 ", text, re.MULTILINE)
    assert "mini minus rules" in text


def test_dict_is_json_and_holds_no_text() -> None:
    values = json.loads(json.dumps(report(training=(GOLD,)).to_dict(errors=True)))
    assert values["micro"]["correct"] == 1
    assert values["micro"]["f1"] == pytest.approx(2 / 7, abs=1e-6)
    assert len(values["micro"]["f1_interval"]) == 2
    assert values["f1"]["type"] == pytest.approx(4 / 7, abs=1e-6)
    assert values["errors"] == {"missed": 1, "spurious": 0, "label": 1, "borders": 1, "both": 0}
    assert values["borders"]["end late"] == 1
    assert values["novelty"]["seen"]["gold"] == 4
    assert [case["kind"] for case in values["cases"]] == ["borders", "label", "missed"]
    assert values["cases"][2] == {
        "document": "a-1",
        "kind": "missed",
        "gold": {"start": 87, "end": 93, "label": "ACTOR"},
        "predicted": None,
    }
    assert not {"peluru", "Korea", "Najin"} & set(re.findall(r"\w+", json.dumps(values)))
    assert "cases" not in report().to_dict()


def test_page_shows_each_error_in_its_sentence() -> None:
    page = Page(report().html())
    articles = page.named("article")
    assert [item["data-kind"] for item in articles] == ["borders", "label", "missed"]
    assert [(item["data-gold"], item["data-found"]) for item in articles] == [
        ("QUANTITY", "QUANTITY"),
        ("LOCATION", "ACTOR"),
        ("ACTOR", ""),
    ]
    assert articles[0]["data-source"] == "a"
    assert page.articles[0].count("mengirim") == 2
    assert "Kapal" not in page.articles[0]
    assert "Moskow" not in page.articles[0]
    assert "Moskow" in page.articles[2]
    here = [mark for mark in page.named("mark") if str(mark["class"]).endswith(" here")]
    assert len(here) == 5
    assert "tujuh ribu peluruQUANTITY" in page.articles[0]
    assert "tujuh ribuQUANTITY" in page.articles[0]


def test_page_tells_what_the_rival_does() -> None:
    nothing = Document("Tidak ada apa pun.", id="b-1")
    found = Document(TEXT, (Span(58, 63, "LOCATION"),))
    page = Page(report(against=score([GOLD, nothing], [found, nothing]), rival="r<i>val").html())
    assert [item["data-rival"] for item in page.named("article")] == ["wrong", "right", "wrong"]
    assert "r<i>val is right here" in page.articles[1]


def test_page_needs_nothing_else() -> None:
    html = report().html()
    page = Page(html)
    assert not {"link", "img", "iframe", "object", "base"} & {tag for tag, _ in page.tags}
    assert not [attributes for _, attributes in page.tags if "src" in attributes or "href" in attributes]
    assert "url(" not in html
    assert "@import" not in html
    assert page.named("meta")[2]["content"] == "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    assert "$" not in html.partition("<script>")[0]


NASTY = ["</script><script>alert(1)</script>", "<!--", '" onclick="x', "'", "&amp;", "$title ${x}"]
NASTY += ["\0", "\ud800", "\u202e", "\r\n"]


@given(st.lists(st.sampled_from(NASTY) | st.text(max_size=5), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_out(parts: list[str]) -> None:
    text = "x" + "".join(parts)
    label = parts[0] or "A"
    gold = Document(text, (Span(0, len(text), label),), id=f"{parts[-1]}-1")
    html = Report(score([gold], [Document(text)]), tagger=parts[0], corpora=(text,)).html()
    page = Page(html)
    html.encode("utf-8")
    assert len(page.named("script")) == 1
    assert len(page.named("article")) == 1
    assert page.named("article")[0].keys() == {"data-kind", "data-gold", "data-found", "data-source", "data-score"}
    assert all(attributes.keys() == {"class", "title"} for attributes in page.named("mark"))


def test_page_of_nothing() -> None:
    page = Page(Report(score([], [])).html())
    assert page.articles == []
    assert "0 documents" in Report(score([], [])).text()


@given(st.text(alphabet="ab .!?\n\r”", max_size=900), st.data())
def test_sentence_is_near_and_whole(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    low, high = sentence(text, start, end)
    assert 0 <= low <= start <= end <= high <= len(text)
    assert start - low <= CONTEXT
    assert high - end <= CONTEXT
    assert not re.search(r"[\r\n]", text[low:start] + text[end:high])


def test_sentence_stops_at_marks_not_at_decimals() -> None:
    text = "Awal. Sebanyak 13.000 peluru (7,5 juta dolar) tiba. Akhir."
    assert text[slice(*sentence(text, 22, 28))] == "Sebanyak 13.000 peluru (7,5 juta dolar) tiba."


def test_seqeval_says_the_same() -> None:
    pytest.importorskip("seqeval", reason="seqeval comes with the train extra")
    text = seqeval_report(report().scores)
    assert re.search(r"micro avg +0\.3333 +0\.2500 +0\.2857 +4", text)
    blank = Document("a \t b", (Span(1, 4, "A"),))
    assert re.search(r"micro avg +1\.0000 +1\.0000 +1\.0000 +1", seqeval_report(score([blank], [blank])))


def test_plots() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib comes with the train extra")
    html = report().html(plots=True)
    page = Page(html)
    assert len(page.named("svg")) == 2
    assert "Reliability" in html
    assert "<metadata" not in html
    assert not [a for tag, a in page.tags if tag == "image" or str(a.get("xlink:href", "#"))[0] != "#"]
    assert html == report().html(plots=True)


@pytest.mark.parametrize(
    ("package", "call"),
    [("matplotlib", lambda: report().html(plots=True)), ("seqeval.metrics", lambda: seqeval_report(report().scores))],
)
def test_missing_packages_are_named(package: str, call: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"'train' extra \({package.partition('.')[0]}.* is missing\)"):
        call()


def test_needs_no_heavy_package() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['torch', 'seqeval', 'matplotlib', 'sklearn']))\n"
        "from claimml import Document, Span, score\nfrom claimml.report import Report\n"
        "d = Document('Rusia', (Span(0, 5, 'ACTOR'),)); r = Report(score([d, d], [d, d]))\n"
        "print(len(r.text()), len(r.html()), len(r.to_dict()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_scoring_alone_needs_only_the_standard_library() -> None:
    code = (
        "import sys; from claimml import Document, Span, score\n"
        "d = Document('Rusia', (Span(0, 5, 'ACTOR'),)); assert score([d], [d]).micro.f1 == 1\n"
        "print('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
