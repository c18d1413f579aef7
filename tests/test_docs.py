"""What the docs show is run: shell lines, and Python blocks in the order in which a page shows them."""

from __future__ import annotations

import doctest
import io
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from claimml import corpus
from claimml.__main__ import main
from claimml.claims import with_claims
from claimml.config import read_config
from claimml.document import Document
from claimml.rules import RuleTagger

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("claimml ", "python -m claimml.evaluate ", "python -m claimml.train ", "python -m claimml.pretrain ")


def shown_lines() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        language: str | None = None  # of the fenced block we are in
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("```"):
                language = None if language is not None else line[3:]
                continue
            shown = language in ("", "sh", "console") or (language is None and line.startswith("    "))
            line = line.strip().removeprefix("$ ")
            if shown and line.startswith(PROGRAMS) and "..." not in line and not line.startswith("claimml push"):
                found.append((page.name, line))
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory in which all that the docs speak of is there, and may be written to."""
    for name in ("docs", "training", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    example = (ROOT / "claimml" / "examples" / "article.txt").read_text(encoding="utf-8")
    (tmp_path / "article.txt").write_text(example, encoding="utf-8")
    for name in ("articles", "my-texts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(example, encoding="utf-8")
    document = RuleTagger().tag([example])[0]
    gold = [Document(example, document.spans, id="a")]
    for name in ("articles.jsonl", "dev.jsonl", "spans.jsonl"):
        corpus.write(gold, tmp_path / name)
    corpus.write(gold, tmp_path / "gold.jsonl", "standoff")
    corpus.write(gold, tmp_path / "export.json", "labelstudio")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(example.encode())))
    return tmp_path


@pytest.mark.parametrize(("page", "line"), shown_lines())
def test_commands_in_the_docs_work(page: str, line: str, folder: Path, model_directory: Path) -> None:
    words = shlex.split(line, comments=True)
    before = set(folder.iterdir())
    if words[0] == "claimml":
        result = CliRunner().invoke(main, words[1:])
    elif words[2] == "claimml.evaluate":
        pytest.importorskip("seqeval")
        pytest.importorskip("matplotlib")
        from claimml.evaluate import main as evaluate

        (folder / "models").mkdir()
        (folder / "models" / "mine").symlink_to(model_directory)
        result = CliRunner().invoke(evaluate, words[3:])
    else:
        # Hours of work: the settings are read, the work itself has tests of its own.
        pytest.importorskip("torch")
        from claimml.finetune import TrainConfig
        from claimml.pretrain import PretrainConfig

        kind: Any = TrainConfig if words[2] == "claimml.train" else PretrainConfig
        read_config(kind, words[3], [word for word in words[4:] if not word.startswith("--")])
        return
    assert result.exit_code == 0, result.output
    assert result.output.strip() or set(folder.iterdir()) > before


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_python_in_the_docs_runs(page: Path, folder: Path) -> None:
    if page.name == "training.md":
        pytest.skip("it uploads a model")
    example = (folder / "article.txt").read_text(encoding="utf-8")
    documents = list(with_claims(RuleTagger().tag([example, example.replace("Jepang", "Korea Selatan")])))
    known: dict[str, Any] = {"document": documents[0]}
    known |= dict.fromkeys(("gold", "predicted", "others", "training"), documents)
    for block in re.findall(r"(?ms)^```python\n(.*?)^```", page.read_text(encoding="utf-8")):
        exec(compile(block, page.name, "exec"), known)


def test_readme_python() -> None:
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.attempted >= 4
    assert results.failed == 0


def test_the_commands_are_in_the_docs() -> None:
    shown = {line.split()[1] for _, line in shown_lines()}
    assert shown >= set(main.commands) - {"push"}, "a command that no page shows"
