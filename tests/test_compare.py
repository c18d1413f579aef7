"""Comparison: which claims come together, in which order, who agrees, and what the page leads to."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from datetime import date
from pathlib import Path

import pytest

from claimml import corpus
from claimml.compare import Supply, compare, page, table, to_csv, to_json
from claimml.document import Document
from claimml.formats.marks import parse
from claimml.tagger import load

SHARED = Path(__file__).parent.parent.parent / "shared"

ARTICLES = {
    "a": "[A Sudan] mengirim lebih dari [Q 100 kontainer] [W amunisi] ke [A Chad], kata [A Kairo].",
    "b": "[A Sudan] Kirim [Q 400 Kontainer] [W Senjata] ke [A Chad]\n\nMenurut [A PBB], [A Khartoum] mengirim sekitar "
    "[Q 400 kontainer] berisi [W peluru] dan [W senapan] ke [A Chad].",
    "c": "[A Sudan] mengirim [Q 150 kontainer] [W senjata] ke [A Chad], kata [A Tripoli]. [A Khartoum] membantah "
    "pengiriman [W senjata] ke [A Chad].",
    "d": "[A Sudan] mengirim [Q 900 tentara] ke [A Chad], kata [A Kairo].",
}
DATES = {"a": date(2024, 1, 5), "b": date(2024, 6, 1), "c": date(2024, 6, 3), "d": date(2024, 6, 9)}


def documents(*ids: str) -> list[Document]:
    return [parse(ARTICLES[id], id, "test", 1) for id in ids or ARTICLES]


def containers(supplies: list[Supply]) -> Supply:
    return next(supply for supply in supplies if supply.what == "kontainer")


def test_one_supply_is_one_line_whatever_fills_the_containers() -> None:
    supply = containers(compare(documents(), published_on=DATES))
    assert (supply.first, supply.second, supply.documents) == ("Sudan", "Chad", 3)
    told = [(f.document.id, f.text, f.date, f.relation, f.factor, f.sources) for f in supply.figures]
    assert told == [
        ("a", "> 100 kontainer", "2024-01-05", "first", None, ("Kairo",)),
        ("b", "~ 400 kontainer", "2024-06-01", "grew", 4.0, ("PBB",)),
        ("c", "150 kontainer", "2024-06-03", "contradicts", None, ("Tripoli",)),
    ]
    assert supply.growth == "> 100 → ~ 400 → 150"


def test_a_headline_is_the_same_figure_as_its_article() -> None:
    (figure,) = containers(compare(documents("b"))).figures
    assert len(figure.repeats) == 2
    assert figure.items == ("peluru", "senjata", "senapan")


def test_troops_are_apart() -> None:
    supplies = compare(documents(), published_on=DATES)
    assert sorted(supply.what for supply in supplies if supply.figures and supply.unit) == ["kontainer", "troops"]


def test_denials_stand_with_what_they_deny() -> None:
    supply = containers(compare(documents(), published_on=DATES))
    assert [(f.document.id, f.claim.status, f.sources) for f in supply.denials] == [("c", "denied", ("Khartoum",))]


def test_a_denial_of_what_nobody_claims_is_kept() -> None:
    text = "[A Mesir] membantah bahwa [A Kairo] mengirim [W rudal] ke [A Rusia]."
    (supply,) = compare([parse(text, "x", "test", 1)])
    assert supply.figures == ()
    assert supply.denials[0].claim.status == "denied"
    assert "denied" in table([supply])


def test_the_same_party_under_many_names() -> None:
    texts = ["[A Korut] menjual [Q 10] [W rudal] ke [A Iran].", "[A Pyongyang] menjual [Q 12] [W rudal] ke [A Teheran]."]
    supplies = compare([parse(text, str(i), "test", 1) for i, text in enumerate(texts)])
    assert [len(supply.figures) for supply in supplies] == [2]


def test_years_apart_are_two_supplies() -> None:
    days = {"a": date(2010, 1, 1), "b": date(2024, 1, 1)}
    supplies = [s for s in compare(documents("a", "b"), published_on=days) if s.what == "kontainer"]
    assert sorted(supply.figures[0].date for supply in supplies) == ["2010-01-01", "2024-01-01"]


def test_undated_figures_stand_where_their_amount_suggests() -> None:
    supply = containers(compare(documents("c", "b", "a")))
    assert [f.claim.quantity.value for f in supply.figures if f.claim.quantity] == [100, 150, 400]


def test_a_claim_without_recipient_joins_the_line_that_has_one() -> None:
    extra = parse("[A Sudan] mengirim [Q 400 kontainer] [W senjata].", "e", "test", 1)
    supplies = compare([*documents("b"), extra])
    assert [supply.documents for supply in supplies if supply.what == "kontainer"] == [2]


def test_a_supply_of_nothing() -> None:
    assert compare([]) == []
    assert table([]) == ""
    assert json.loads(to_json([])) == []
    assert "0 supplies in 0 documents" in page([])


def test_json_and_csv() -> None:
    supplies = compare(documents(), published_on=DATES)
    values = json.loads(to_json(supplies))[0]
    assert values["supplier"] == "Sudan"
    assert [figure["figure"] for figure in values["figures"]] == ["> 100 kontainer", "~ 400 kontainer", "150 kontainer"]
    assert values["figures"][0]["claim"]["quantity"]["comparator"] == ">"
    rows = list(csv.DictReader(io.StringIO(to_csv(supplies))))
    text = ARTICLES["a"].replace("[A ", "").replace("[Q ", "").replace("[W ", "").replace("]", "")
    assert text[int(rows[0]["start"]) : int(rows[0]["end"])] == rows[0]["sentence"] == text
    assert len(rows) == sum(len(supply.figures) + len(supply.denials) for supply in supplies)


def test_the_page_leads_each_cell_and_point_to_its_sentence() -> None:
    supplies = compare(documents(), published_on=DATES)
    html = page(supplies)
    targets, links = set(re.findall(r'<mark id="([^"]+)"', html)), re.findall(r'href="#([^"]+)"', html)
    assert links
    assert set(links) == targets
    chart = re.search(r"<svg.*?</svg>", html, re.DOTALL)
    assert chart is not None
    assert len(re.findall(r'<a href="#', chart[0])) == 3
    assert not re.search(r'(?:src|href)="(?!#)', html), "the page needs nothing else"
    assert html.count("<svg") == html.count("</svg>")


def test_the_page_escapes_what_articles_say() -> None:
    html = page(compare([parse('[A <script>x</script>] mengirim [Q 3] [W rudal] ke [A "Chad"].', "<id>", "test", 1)]))
    assert "<script>" not in html
    assert "&lt;id&gt;" in html


def test_the_tutorial_shows_what_comes_out() -> None:
    """The articles and the table of docs/tutorial.md, tagged by the rules."""
    docs = Path(__file__).parent.parent / "docs"
    articles = list(corpus.read(docs / "tutorial"))
    tagged = load("rules").tag([article.text for article in articles])
    shown = table(compare(dataclasses.replace(answer, id=article.id) for article, answer in zip(articles, tagged, strict=True)))
    assert shown in (docs / "tutorial.md").read_text(encoding="utf-8")


@pytest.mark.skipif(
    not (SHARED / "seeds").is_dir(), reason="the seed articles belong to their publishers and lie beside the project"
)
def test_seeds() -> None:
    """Four dates of one container supply, who said which, and the troops apart."""
    supplies = compare(corpus.read(SHARED / "gold", texts=SHARED / "seeds"))
    supply = supplies[0]
    assert (supply.name, supply.growth) == (
        "transfer: Korea Utara > Rusia, kontainer",
        "> 1,000 → ~ 6,700 → ~ 7,000 → > 13,000",
    )
    by_figure = {figure.text: figure.sources for figure in supply.figures}
    assert by_figure["> 1,000 kontainer"] == ("Gedung Putih",)
    assert by_figure["~ 6,700 kontainer"] == ("Shin Won-sik",)
    assert by_figure["~ 7,000 kontainer"] == ("Korea Selatan", "Shin Won-sik", "AP News")
    assert by_figure["> 13,000 kontainer"] == ("Badan Intelijen Pertahanan", "Newsweek")
    assert "Lavrov" in {source for figure in supply.denials for source in figure.sources}
    troops = next(s for s in supplies if s.what == "troops" and s.growth)
    assert troops.growth == "> 10,000 → ~ 11,000"
