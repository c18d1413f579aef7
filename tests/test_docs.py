"""What the docs show is run: shell lines that start with `claimml`, and Python that shows its answers."""

from __future__ import annotations

import doctest
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from claimml.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        language: str | None = None  # of the fenced block we are in
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("```"):
                language = None if language is not None else line[3:]
                continue
            shown = language in ("", "sh", "console") or (language is None and line.startswith("    "))
            line = line.strip().removeprefix("$ ")
            if shown and line.startswith("claimml ") and "..." not in line and "push" not in line:
                found.append((page.name, line))
    return found


@pytest.mark.parametrize(("page", "line"), commands())
def test_commands_in_the_docs_work(page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A copy of what the docs speak of, in a folder that may be written to.
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    (tmp_path / "training").symlink_to(ROOT / "training")
    example = (ROOT / "claimml" / "examples" / "article.txt").read_text(encoding="utf-8")
    (tmp_path / "article.txt").write_text(example, encoding="utf-8")
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text(example, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line, comments=True)[1:]
    if ">" in words:
        words = words[: words.index(">")]
    result = CliRunner().invoke(main, words, input=example)
    assert result.exit_code == 0, result.output
    assert result.output.strip() or any(path.is_file() for path in tmp_path.iterdir() if path.name not in {"article.txt"})


def test_readme_python() -> None:
    results = doctest.testfile(str(ROOT / "README.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.attempted >= 4
    assert results.failed == 0


def test_the_commands_are_in_the_docs() -> None:
    shown = {line.split()[1] for _, line in commands()}
    assert shown >= set(main.commands) - {"push"}, "a command that no page shows"
