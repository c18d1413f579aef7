"""The command line as a user meets it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from claimml.__main__ import main

ARTICLE = "Korea Utara mengirim 7 ribu kontainer amunisi ke Rusia, kata Gedung Putih.\n"


def run(*arguments: str, input: str | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=input)


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def test_table(article: Path) -> None:
    result = run("predict", "--model", "rules", str(article))
    assert result.exit_code == 0, result.output
    assert "7 ribu kontainer" in result.output
    assert "spans by rules" in result.output


@pytest.mark.parametrize("form", ["jsonl", "conll", "html"])
def test_formats(article: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / f"out.{form}"
    assert run("predict", "-m", "rules", "-f", form, "-o", str(target), str(article)).exit_code == 0
    text = target.read_text(encoding="utf-8")
    assert "kontainer" in text
    if form == "jsonl":
        assert json.loads(text)["tagger"] == "rules"
    if form == "html":
        assert text.startswith("<!doctype html>")
        assert "http" not in text.replace("http-equiv", "")


def test_standard_input_folders_jsonl_and_gz(article: Path, tmp_path: Path) -> None:
    assert "amunisi" in run("predict", "-m", "rules", "-", input=ARTICLE).output
    assert "amunisi" in run("predict", "-m", "rules", str(tmp_path)).output
    packed = tmp_path / "many.jsonl.gz"
    with gzip.open(packed, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": f"d{i}", "text": ARTICLE}) + "\n" for i in range(3))
    lines = run("predict", "-m", "rules", "-f", "jsonl", str(packed)).output.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["d0", "d1", "d2"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"text": "a"\n', "bad.jsonl:1"),
        (b'{"text": "Rusia", "spans": [{"start": 0, "end": 9, "label": "ACTOR"}]}\n', "bad.jsonl:1"),
        (b"\xff\xfe\x00\x01\n", "bad.jsonl"),
    ],
)
def test_bad_input_is_one_line_and_no_output(tmp_path: Path, content: bytes, message: str) -> None:
    source, target = tmp_path / "bad.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(content)
    result = run("predict", "-m", "rules", "-f", "jsonl", "-o", str(target), str(source))
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert not target.exists()
    assert list(tmp_path.iterdir()) == [source]


def test_missing_file_and_model(article: Path) -> None:
    for arguments, message in [(["nothing.txt"], "nothing.txt"), (["-m", "nothing", str(article)], "no such model")]:
        result = run("predict", *arguments)
        assert result.exit_code == 1
        assert message in result.output


def test_quantities() -> None:
    result = run("quantities", "lebih dari 7 ribu kontainer")
    assert json.loads(result.output)["value"] == 7000
    assert json.loads(result.output)["comparator"] == ">"


def test_convert_there_and_back(article: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    assert run("predict", "-m", "rules", "-f", "jsonl", "-o", str(first), str(article)).exit_code == 0
    assert run("convert", str(first), str(tmp_path / "folder"), "--to", "brat").exit_code == 0
    assert run("convert", str(tmp_path / "folder"), str(second)).exit_code == 0
    assert json.loads(second.read_text())["spans"] == json.loads(first.read_text())["spans"]


def test_dates_are_given_by_id_or_for_all(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text("Rusia membeli 200 rudal dari Iran kemarin.", encoding="utf-8")
    dated = ("--published", "2024-05-02", "--published", "b=2023-01-10")
    result = run("claims", "-m", "rules", "-f", "csv", *dated, str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))
    assert result.exit_code == 0, result.output
    days = [row["time_iso"] for row in csv.DictReader(io.StringIO(result.output))]
    assert days == ["2024-05-01", "2023-01-09"]
    compared = run("compare", "-m", "rules", "-f", "csv", *dated, str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))
    assert "2024-05" in compared.output
    assert "2023-01" in compared.output
    wrong = run("claims", "-m", "rules", "--published", "a=May", str(tmp_path / "a.txt"))
    assert wrong.exit_code == 2
    assert "write ID=YYYY-MM-DD" in wrong.output


def test_demo() -> None:
    result = run("demo", "--model", "rules")
    assert result.exit_code == 0
    assert "\x1b[" in result.output
    assert "QUANTITY" in result.output


def test_the_module_is_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "claimml", "--version"], capture_output=True, text=True, check=True)
    assert "0.1.0" in done.stdout
