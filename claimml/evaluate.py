"""Score a tagger on gold: a table on the terminal, JSON, and an HTML page to browse its errors in.

    python -m claimml.evaluate MODEL CORPUS... [--against MODEL] [--train CORPUS] [--texts DIR]
                               [--claims FILE] [--mode strict|partial|type] [--seqeval] [--json FILE]
                               [--html FILE [--plots]]

MODEL is what `claimml.load` takes: rules, a shipped model's name, or a model directory. A CORPUS is a
file or folder in any format that claimml reads. The table is strict unless --mode says otherwise.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import click

from claimml import corpus, show
from claimml.claims import count_claims, join, with_claims
from claimml.document import Document
from claimml.errors import ClaimmlError, MissingExtra
from claimml.report import Report, seqeval_report
from claimml.scoring import MODES, Counts, Mode, Scores, score
from claimml.tagger import Tagger, load, stream


def evaluate(tagger: Tagger, gold: Sequence[Document], *, mode: Mode = "strict") -> Scores:
    """Tag the texts of gold documents and hold the answers against them."""
    answers = stream(tagger, (document.text for document in gold))
    predicted = [dataclasses.replace(answer, id=document.id) for answer, document in zip(answers, gold, strict=True)]
    return score(gold, predicted, mode=mode)


def evaluate_claims(tagger: Tagger, scores: Scores, gold_claims: str | Path) -> dict[str, tuple[dict[str, Counts], ...]]:
    """Counts of claims, document by document, read from the spans of gold and from the tagger's, those found with `evaluate`.

    `gold_claims` is a stand-off file whose documents are among those scored (`claimml.claims.join`).
    """
    gold = join(gold_claims, scores.gold)
    if not gold:
        raise ClaimmlError(f"{gold_claims}: no document; a line is {{id, source, sha256, claims}}")
    predicted = {document.id: document for document in scores.predicted}
    spans = {"gold spans": gold, f"the spans of {tagger.name}": [predicted[document.id] for document in gold]}
    return {name: count_claims(gold, list(with_claims(documents))) for name, documents in spans.items()}


def read_gold(corpora: Sequence[str], texts: str | None = None) -> tuple[Document, ...]:
    """The documents of all corpora; `ClaimmlError` where there is none, or no span in any."""
    documents = tuple(document for path in corpora for document in corpus.read(path, texts=texts))
    if not any(document.spans for document in documents):
        raise ClaimmlError(f"{', '.join(corpora)}: no gold span in {len(documents)} documents; give an annotated corpus")
    return documents


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("model")
@click.argument("corpora", metavar="CORPUS...", nargs=-1, required=True)
@click.option("--against", metavar="MODEL", help="Another tagger to compare with, by a paired bootstrap.")
@click.option("--train", "training", metavar="CORPUS", multiple=True, help="Training corpus: tells mentions seen there apart.")
@click.option("--texts", metavar="DIR", help="Folder of the texts, for gold kept as offsets only.")
@click.option("--claims", "claims_file", metavar="FILE", help="Score claims too, on documents with gold claims in FILE.")
@click.option("--mode", type=click.Choice(MODES), default="strict", help="How spans are counted; strict by default.")
@click.option("--seqeval", is_flag=True, help="Print seqeval's report beside ours (needs the train extra).")
@click.option("--json", "json_file", metavar="FILE", help="Write all numbers and every error's offsets; - prints them alone.")
@click.option("--html", "html_file", metavar="FILE", help="Write one page: tables and every error in its sentence.")
@click.option("--plots", is_flag=True, help="Draw plots in the page (needs the train extra).")
@click.option("--samples", type=click.IntRange(min=1), default=1000, show_default=True, help="Draws for intervals.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the draws.")
def main(
    model: str,
    corpora: tuple[str, ...],
    against: str | None,
    training: tuple[str, ...],
    texts: str | None,
    claims_file: str | None,
    mode: Mode,
    seqeval: bool,
    json_file: str | None,
    html_file: str | None,
    plots: bool,
    samples: int,
    seed: int,
) -> None:
    """Score the tagger MODEL on the gold spans of each CORPUS: a file or folder in any known format."""
    warnings.showwarning = lambda message, *_, **__: click.echo(f"warning: {message}", err=True)
    try:
        # What would fail at the end fails before the first text is tagged.
        if plots and html_file is None:
            raise ClaimmlError("--plots are drawn in the page; give --html FILE too")
        _require(*(["seqeval"] if seqeval else []), *(["matplotlib"] if plots else []))
        for file in (json_file, html_file):
            if file and file != "-" and not Path(file).absolute().parent.is_dir():
                raise ClaimmlError(f"{file}: no folder to write it in; make {Path(file).absolute().parent} first")
        tagger = load(model)
        rival = None if against is None else load(against)
        gold = read_gold(corpora, texts)
        if rival is not None and len(gold) < 2:
            raise ClaimmlError("--against compares over draws of documents and needs two of them; give a larger corpus")
        scores = evaluate(tagger, gold, mode=mode)
        report = Report(
            scores,
            tagger=tagger.name,
            corpora=corpora,
            against=None if rival is None else evaluate(rival, gold, mode=mode),
            rival="" if rival is None else rival.name,
            training=read_gold(training) if training else None,
            samples=samples,
            seed=seed,
            claims={} if claims_file is None else evaluate_claims(tagger, scores, claims_file),
        )
        alone = "-" in (json_file, html_file)
        if not alone:
            click.echo(report.text(), nl=False)
        if seqeval:
            click.echo(f"\nseqeval (strict, IOB2) on the same spans\n{seqeval_report(report.scores)}", err=alone, nl=False)
        if json_file:
            show.write_text([json.dumps(report.to_dict(errors=True), ensure_ascii=False, indent=2), "\n"], json_file)
        if html_file:
            show.write_text([report.html(plots=plots)], html_file)
    except ClaimmlError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{where}{error.strerror or error}") from error


def _require(*packages: str) -> None:
    for package in packages:
        if importlib.util.find_spec(package) is None:
            raise MissingExtra("train", ImportError(name=package))


if __name__ == "__main__":
    sys.exit(main())
