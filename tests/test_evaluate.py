"""The program: taggers and corpora by name in, tables and files out, one line for what is wrong."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from claimml import corpus
from claimml import evaluate as program
from claimml.claims import with_claims
from claimml.claims.score import write_standoff
from claimml.document import Document, Span
from claimml.errors import ModelError

TEXT = "Rusia membeli rudal. Korea menjual rudal."


class Fake:
    """Finds some words wherever they stand."""

    labels = ("ACTOR", "WEAPON")

    def __init__(self, name: str, words: dict[str, str]) -> None:
        self.name, self.words = name, words

    def tag(self, texts: Sequence[str]) -> list[Document]:
        return [Document(text, tuple(self.spans(text)), tagger=self.name) for text in texts]

    def spans(self, text: str) -> Iterator[Span]:
        for word, label in self.words.items():
            if (start := text.find(word)) >= 0:
                yield Span(start, start + len(word), label, 0.8)


TAGGERS = {
    "good": Fake("good", {"Rusia": "ACTOR", "rudal": "WEAPON", "Korea": "ACTOR"}),
    "bad": Fake("bad", {"Rusia": "WEAPON"}),
}


@pytest.fixture(autouse=True)
def _taggers(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> Fake:
        if name not in TAGGERS:
            raise ModelError(f"{name}: no such model")
        return TAGGERS[name]

    monkeypatch.setattr(program, "load", load)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    spans = (Span(0, 5, "ACTOR"), Span(14, 19, "WEAPON"), Span(21, 26, "ACTOR"), Span(35, 40, "WEAPON"))
    documents = [Document(TEXT, spans, id="a-1"), Document("Rusia diam.", (Span(0, 5, "ACTOR"),), id="b-1")]
    corpus.write(documents, tmp_path / "gold.jsonl")
    return tmp_path / "gold.jsonl"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(program.main, [str(argument) for argument in arguments])


def test_table(gold: Path) -> None:
    result = run("good", gold, "--samples", 20)
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"good on {gold}: 2 documents, 5 gold spans, 4 predicted\n")
    assert "micro      100.00   80.00   88.89" in result.output
    assert run("good", gold, gold).output.startswith(f"good on {gold}, {gold}: 4 documents, 10 gold spans")


def test_files(gold: Path, tmp_path: Path) -> None:
    files = ("--json", tmp_path / "r.json", "--html", tmp_path / "r.html")
    result = run("good", gold, "--against", "bad", "--train", gold, *files)
    assert result.exit_code == 0, result.output
    values = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (values["tagger"], values["against"]["tagger"], values["micro"]["correct"]) == ("good", "bad", 4)
    assert values["cases"] == [
        {"document": "a-1", "kind": "missed", "gold": {"start": 35, "end": 40, "label": "WEAPON"}, "predicted": None}
    ]
    assert values["novelty"]["seen"]["gold"] == 5
    assert "<article" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert {path.name for path in tmp_path.iterdir()} == {"gold.jsonl", "r.json", "r.html"}


def test_claims_are_scored_from_gold_spans_and_from_the_taggers(gold: Path, tmp_path: Path) -> None:
    documents = list(with_claims(corpus.read(gold)))
    assert [claim.event for claim in documents[0].claims] == ["transfer", "transfer"]
    write_standoff(documents, tmp_path / "claims.jsonl")
    result = run("good", gold, "--claims", tmp_path / "claims.jsonl", "--json", tmp_path / "r.json", "--samples", 20)
    assert result.exit_code == 0, result.output
    assert "Claims read from gold spans: 2 documents" in result.output
    values = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["claims"]
    assert values["gold spans"]["record"]["f1"] == 1.0
    # The tagger misses the second weapon, and with it the second claim.
    assert values["the spans of good"]["event"]["recall"] == 0.5
    (tmp_path / "other.jsonl").write_text('{"id": "z", "source": "z.txt", "sha256": "", "claims": []}', encoding="utf-8")
    result = run("good", gold, "--claims", tmp_path / "other.jsonl")
    assert result.exit_code == 1
    assert "no document 'z' among 2" in result.output


def test_json_alone(gold: Path) -> None:
    assert json.loads(run("good", gold, "--json", "-").output)["documents"] == 2


def test_mode(gold: Path) -> None:
    assert "Scores: type: right label and an overlap" in run("good", gold, "--mode", "type").output


def test_folder_of_pairs_and_folder_of_texts(tmp_path: Path) -> None:
    spans, texts = tmp_path / "spans", tmp_path / "texts"
    for folder in (spans, texts):
        folder.mkdir()
    (texts / "x-1.txt").write_text(TEXT, encoding="utf-8")
    (spans / "x-1.jsonl").write_text('{"start": 0, "end": 5, "label": "ACTOR", "text": "Rusia"}\n', encoding="utf-8")
    result = run("good", spans, "--texts", texts)
    assert result.exit_code == 0, result.output
    assert "1 document, 1 gold spans, 3 predicted" in result.output
    assert "95 % interval" in result.output


def test_seqeval_beside(gold: Path) -> None:
    pytest.importorskip("seqeval", reason="seqeval comes with the train extra")
    output = run("good", gold, "--seqeval").output
    assert "seqeval (strict, IOB2) on the same spans" in output
    assert "1.0000    0.8000    0.8889" in output


def test_errors_are_one_line(gold: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text('{"id": "1", "text": "Rusia", "spans": []}\n', encoding="utf-8")
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"id": "1", "text": "Rusia", "spans": [{"start": 3, "end": 99, "label": "ACTOR"}]}\n', encoding="utf-8")
    one = tmp_path / "one.jsonl"
    corpus.write([Document("Rusia", (Span(0, 5, "ACTOR"),))], one)
    for arguments, message in [
        (("nothing", gold), "nothing: no such model"),
        (("good", tmp_path / "no.jsonl"), "no.jsonl"),
        (("good", empty), "no gold span in 1 documents"),
        (("good", broken), "broken.jsonl"),
        (("good", one, "--against", "bad"), "needs two of them"),
        (("good", gold, "--plots"), "give --html FILE too"),
        (("good", gold, "--json", tmp_path / "no" / "r.json"), "no folder to write it in"),
        (("good", gold, "--html", tmp_path), str(tmp_path)),
    ]:
        result = run(*arguments)
        assert result.exit_code == 1, (arguments, result.output)
        last = result.output.strip().splitlines()[-1]
        assert last.startswith("Error: "), result.output
        assert message in last


@pytest.mark.parametrize(("option", "package"), [("--seqeval", "seqeval"), ("--plots", "matplotlib")])
def test_missing_packages_stop_before_any_work(
    gold: Path, tmp_path: Path, option: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = program.importlib.util.find_spec
    monkeypatch.setattr(program.importlib.util, "find_spec", lambda name: None if name == package else find(name))
    monkeypatch.setattr(program, "load", lambda name: pytest.fail("loaded a model first"))
    result = run("good", gold, option, "--html", tmp_path / "r.html")
    assert (result.exit_code, "pip install 'claimml[train]'" in result.output) == (1, True)
    assert not (tmp_path / "r.html").exists()


def test_evaluate_for_other_programs(gold: Path) -> None:
    scores = program.evaluate(TAGGERS["good"], program.read_gold([str(gold)]))
    assert scores.micro.correct == 4
    assert [document.id for document in scores.predicted] == ["a-1", "b-1"]


ROOT = Path(__file__).parent.parent
COMMANDS = re.findall(
    r"^python -m claimml\.evaluate (.+)$", (ROOT / "docs/evaluation.md").read_text(encoding="utf-8"), re.MULTILINE
)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_docs(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for option, package in (("--seqeval", "seqeval"), ("--plots", "matplotlib")):
        if option in command:
            pytest.importorskip(package, reason=f"{package} comes with the train extra")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "training").symlink_to(ROOT / "training")
    monkeypatch.setitem(TAGGERS, "mini", Fake("mini", {"Rusia": "ACTOR", "rudal": "WEAPON"}))
    monkeypatch.setitem(TAGGERS, "rules", TAGGERS["bad"])
    result = run(*shlex.split(command), "--samples", "10")
    assert result.exit_code == 0, result.output
    assert ("report.html" in command) == (tmp_path / "report.html").exists()


def test_code_of_the_docs() -> None:
    (code,) = re.findall(
        r"^```python\n(.+?)^```", (ROOT / "docs/evaluation.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    gold = [Document(TEXT, (Span(0, 5, "ACTOR"), Span(14, 19, "WEAPON"))), Document("Rusia diam.", (Span(0, 5, "ACTOR"),))]
    names = {"gold": gold, "predicted": gold, "others": [Document(d.text) for d in gold], "training": [Document("-")]}
    exec(code, names)
    assert names["scores"].micro.f1 == 1.0  # type: ignore[attr-defined]
