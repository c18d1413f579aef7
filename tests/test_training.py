"""The tools beside the corpora: the proofreader and the agreement of two passes."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from claimml import corpus
from claimml.claims import EVENTS, Claim, join
from claimml.document import Document, Span
from claimml.errors import FormatError

TRAINING = Path(__file__).parents[1] / "training"


def tool(name: str) -> ModuleType:
    """training/NAME.py as a module; it is a program and belongs to no package."""
    spec = importlib.util.spec_from_file_location(f"training_{name}", TRAINING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


lint = tool("lint")
agreement = tool("agreement")
sheets = tool("claim_sheets")


def findings(tmp_path: Path, content: str) -> list[str]:
    file = tmp_path / "m.txt"
    file.write_bytes(content.encode())
    return [str(finding).removeprefix(f"{file}:") for finding in lint.lint([file])]


def test_a_clean_article_gives_no_finding(tmp_path: Path) -> None:
    content = "=== a 2024-05-01\n\nKepada [A PT Rajawali Tbk.], [A J.F.K.] membawa [Q 3] [W rudal] \\[sic\\].\n"
    assert findings(tmp_path, content) == []


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("Si [A Rai, ]pergi.", "2: a: 'Rai, ' begins or ends with a blank"),
        ("Di [L “Kota”].", "2: a: '“Kota”' begins or ends with a blank"),
        ("x\n\nDi [L Kota\nLama].", "4: a: line break in 'Kota\\nLama'"),
        ("Ber[W senjata].", "2: a: 'senjata' cuts a word in 'Bersenjata.'"),
        ("[W Senjata]nya.", "2: a: 'Senjata' cuts a word"),
        ("x [A b", "2: a: a mark of ACTOR never closes"),
        ("", "2: a: no text under this header"),
        ("[A Rusia] datang.\n\nDi Rusia.", "4: missed? a: 'Rusia' is marked elsewhere"),
    ],
)
def test_each_broken_rule_is_found_once_at_its_line(body: str, wanted: str, tmp_path: Path) -> None:
    found = findings(tmp_path, f"=== a 2024-05-01\n{body}\n")
    assert len(found) == 1
    assert found[0].startswith(wanted)


def test_headers_and_double_ids(tmp_path: Path) -> None:
    found = findings(tmp_path, "=== a 2024-05-01\nx\n=== Satu 2024-05-01\nx\n=== b\nx\n=== a 2024-05-02\nx\n=== c d e\nx\n")
    assert [line.split(":")[0] for line in found] == ["3", "5", "7", "9"]
    assert "'a' stands already at" in found[2]


def test_a_bare_name_counts_only_outside_of_marks_and_as_a_whole(tmp_path: Path) -> None:
    content = "=== a 2024-05-01\n[L Jawa] dan [L Jawa Barat]; [A Polisi Jawa]; Jawanya; [W tank], tank, [Q 2], 2.\n"
    found = findings(tmp_path, content)
    assert len(found) == 1
    assert "'tank' is marked elsewhere" in found[0]


def test_the_program_says_what_it_read_and_fails_on_broken_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.txt").write_text("=== a 2024-05-01\n[A Rusia] datang, kata Rusia.\n", "utf-8")
    assert lint.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 articles, 4 words, 1 marks (1 ACTOR)"
    (tmp_path / "worse.txt").write_text("=== b 2024-05-01\n[A Rusia,]\n", "utf-8")
    assert lint.main([str(tmp_path)]) == 1
    assert lint.main([str(tmp_path / "none")]) == 1


def test_our_corpora_break_no_rule() -> None:
    files = sorted(path for name in ("corpus", "wire") for path in (TRAINING / name).rglob("*.txt"))
    assert [str(finding) for finding in lint.lint(files) if finding.broken] == []


FIRST = Document(
    "Rusia mengirim 3 rudal jelajah ke Kuba hari ini.",
    (Span(0, 5, "ACTOR"), Span(15, 16, "QUANTITY"), Span(17, 30, "WEAPON"), Span(34, 38, "LOCATION")),
    id="a",
)
SECOND = Document(
    FIRST.text, (Span(0, 5, "LOCATION"), Span(15, 16, "QUANTITY"), Span(17, 22, "WEAPON"), Span(39, 47, "QUANTITY"))
)


def test_agreement_counts_strictly_and_by_label() -> None:
    found = agreement.Agreement()
    found.add(FIRST, SECOND)
    assert found.f1() == 2 * 1 / 8
    assert found.f1("QUANTITY") == 2 * 1 / 3
    assert found.f1("ACTOR") == 0.0
    assert found.f1("PERSON") == 1.0
    found.add(FIRST, FIRST)
    assert found.f1() == 2 * 5 / 16


def test_disagreements_are_paired_by_overlap() -> None:
    spans = FIRST.spans
    assert list(agreement.disagreements(FIRST, SECOND)) == [
        ("label", spans[0], SECOND.spans[0]),
        ("borders", spans[2], SECOND.spans[2]),
        ("missing", spans[3], None),
        ("missing", None, SECOND.spans[3]),
    ]
    both = Document(FIRST.text, (Span(0, 14, "LOCATION"), *spans[1:]))
    assert list(agreement.disagreements(FIRST, both)) == [("both", spans[0], both.spans[0])]
    assert list(agreement.disagreements(FIRST, FIRST)) == []


def test_passes_over_different_texts_are_refused() -> None:
    with pytest.raises(FormatError, match=r"a: the passes differ in their text from character 5: ' mengirim"):
        agreement.Agreement().add(FIRST, Document("Rusia. Lalu"))


def test_the_program_prints_disagreements_and_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("=== x 2024-05-01\n[A Rusia] dan [W tank].\n=== y 2024-05-01\nx\n", "utf-8")
    (tmp_path / "b.txt").write_text("=== x 2024-05-01\n[L Rusia] dan [W tank].\n", "utf-8")
    assert agreement.main([str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "x: label: ACTOR 'Rusia' | LOCATION 'Rusia'   ...Rusia dan tank...."
    assert out[1] == f"only in {tmp_path}/a.txt: y"
    assert out[-1].split() == ["all", "2", "2", "1", "0.500"]
    assert agreement.main([str(tmp_path / "a.txt")]) == 2
    (tmp_path / "b.txt").write_text("=== z 2024-05-01\n[L Rusia]\n", "utf-8")
    assert agreement.main([str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]) == 1


ARTICLE = """=== x-1 2024-05-02

[A Menteri Pertahanan] [A Budi] berkata [A Norwegia] mengirim sekitar [Q 20 unit] [W tank] dan [Q 300 prajurit] ke [L Tallinn].
"""


def claims_from(line: str, tmp_path: Path) -> list[Claim]:
    (tmp_path / "a.txt").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "lines.txt").write_text(f"@ x-1\n{line}\n", encoding="utf-8")
    (document,) = sheets.read_lines(str(tmp_path / "lines.txt"), sheets.documents([str(tmp_path / "a.txt")]))
    return list(document.claims)


def test_a_sheet_numbers_sentences_and_spans_and_shows_readings(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ARTICLE, encoding="utf-8")
    (document,) = sheets.documents([str(tmp_path / "a.txt")]).values()
    sheet = sheets.show(document)
    assert "@ x-1\nS1: {1A Menteri Pertahanan} {2A Budi} berkata {3A Norwegia =NO} mengirim" in sheet
    assert "{4Q 20 unit =~ 20 unit} {5W tank}" in sheet


def test_annotators_lines_become_claims(tmp_path: Path) -> None:
    tank, troops = claims_from(
        "transfer asserted s=1 tr=mengirim sup=3 item=5 qty=4 src=1,2 dest=7\n"
        "transfer planned s=1 tr=mengirim sup=3 item=prajurit@6 qty=6 cmp=>= value=300 low=300 high=null",
        tmp_path,
    )
    assert (tank.supplier and tank.supplier.id, tank.quantity and tank.quantity.comparator) == ("NO", "~")
    assert len(tank.source) == 2
    assert tank.destination is not None
    assert (troops.status, troops.item and troops.item.id) == ("planned", "troops")
    assert (troops.quantity and (troops.quantity.comparator, troops.quantity.high)) == (">=", None)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("transfer asserted s=1 tr=menjual sup=3", "'menjual' is not in"),
        ("transfer asserted s=1 tr=mengirim act=3", "sup and rec, not act and tgt"),
        ("transfer certain s=1 tr=mengirim sup=3", "status 'certain' unknown"),
        ("transfer asserted s=1 tr=mengirim sup=5", "supplier 5 is the WEAPON"),
        ("transfer asserted s=1 tr=mengirim item=6", "name the noun in it"),
        ("transfer asserted s=1 tr=mengirim sup=3 to=7", "unknown to"),
    ],
)
def test_wrong_lines_are_told_with_their_number(line: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=rf"lines\.txt:2: .*{message}"):
        claims_from(line, tmp_path)


def test_our_gold_claims_fit_our_articles() -> None:
    corpora = [document for path in sorted((TRAINING / "corpus").glob("*/*.txt")) for document in corpus.read(path)]
    learnt = join(TRAINING / "claims.jsonl", corpora)
    wire = join(TRAINING / "claims-wire.jsonl", corpus.read(TRAINING / "wire"))
    held_out = join(TRAINING / "heldout" / "claims.jsonl", corpus.read(TRAINING / "heldout" / "articles.txt"))
    assert len(learnt) >= 500
    assert len(wire) >= 140
    learnt += wire
    assert len(held_out) >= 75
    assert not {document.text for document in learnt} & {document.text for document in held_out}
    for document in (*learnt, *held_out):
        for claim in document.claims:
            if claim.item:
                assert any(span.start <= claim.item.start and claim.item.end <= span.end for span in document.spans)
            assert claim.evidence.start <= claim.evidence.trigger[0] < claim.evidence.trigger[1] <= claim.evidence.end


def test_claims_of_news_hold_no_text() -> None:
    lines = [json.loads(line) for line in (TRAINING / "claims-news.jsonl").read_text(encoding="utf-8").splitlines()]
    claims = [claim for line in lines for claim in line["claims"]]
    assert len({line["id"] for line in lines}) == len(lines) == 1798
    assert all(len(line["sha256"]) == 64 and line["source"] == f"{line['id']}.txt" for line in lines)
    assert len(claims) > 2500

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for item in value.values() for key in keys(item)}
        return {key for item in value for key in keys(item)} if isinstance(value, list) else set()

    assert "text" not in keys(claims)
    assert {Claim.from_dict(claim).event for claim in claims} == set(EVENTS)
