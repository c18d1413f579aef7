"""The `claimml` command: each of its commands is a few lines over the library."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claimml import __version__
from claimml.document import Document
from claimml.errors import ClaimmlError

if TYPE_CHECKING:
    from claimml.tagger import Tagger


class Commands(click.Group):
    """Turns what claimml raises on purpose into one line and exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        warnings.showwarning = lambda message, *_, **__: click.echo(f"warning: {message}", err=True)
        try:
            return super().invoke(context)
        except ClaimmlError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or error}") from error


model_option = click.option("--model", "-m", metavar="NAME", help="rules, the name of a shipped model, or a model directory.")
output_option = click.option("--output", "-o", default="-", metavar="FILE", help="Where to write; standard output by default.")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Quantities, weapons, actors and places in news, and the claims about them."""


def read_all(files: tuple[str, ...]) -> Iterator[Document]:
    from claimml import corpus

    for file in files:
        yield from corpus.read(file)


def tagger_of(model: str | None) -> Tagger:
    """The tagger that was asked for; says so where nobody chose the rules and there is nothing better."""
    from claimml.tagger import load

    tagger = load(model)
    if model is None and tagger.name == "rules":
        click.echo("note: no trained model is installed; these are the spans of the rules (--model rules)", err=True)
    return tagger


def tagged(files: tuple[str, ...], tagger: Tagger) -> Iterator[Document]:
    """The documents of the files with a tagger's spans in place of their own."""
    import dataclasses
    from itertools import islice

    documents = read_all(files)
    while chunk := list(islice(documents, 64)):
        answers = tagger.tag([document.text for document in chunk])
        for document, answer in zip(chunk, answers, strict=True):
            yield dataclasses.replace(answer, id=document.id)


def dates(context: click.Context, option: click.Parameter, values: tuple[str, ...]) -> dict[str, date]:
    """What `--published` gives: dates by document id, "" for every document that is not named."""
    found: dict[str, date] = {}
    for value in values:
        id, _, day = value.rpartition("=")
        try:
            found[id] = date.fromisoformat(day)
        except ValueError:
            raise click.BadParameter(f"{day!r} is no date; write ID=YYYY-MM-DD, or YYYY-MM-DD for all documents") from None
    return found


published_option = click.option(
    "--published",
    metavar="[ID=]YYYY-MM-DD",
    multiple=True,
    callback=dates,
    help="When a document was published (its file's name without ending is its ID), or all of them; may be repeated.",
)


@main.command()
@click.argument("files", nargs=-1, required=True)
@model_option
@click.option(
    "--format", "-f", "form", default="table", help="table, html, or jsonl, conll, brat, ...: see the docs on formats."
)
@output_option
def predict(files: tuple[str, ...], model: str | None, form: str, output: str) -> None:
    """Tag articles: files, folders, JSONL, .gz, or - for standard input."""
    from claimml import corpus, show

    documents = tagged(files, tagger_of(model))
    if form == "table":
        show.write_text(show.tables(documents, color=output == "-" and sys.stdout.isatty()), output)
    elif form == "html":
        show.write_text([show.page(list(documents))], output)
    else:
        corpus.write(documents, output, form)


@main.command()
@click.argument("files", nargs=-1, required=True)
@model_option
@click.option("--format", "-f", "form", type=click.Choice(["table", "jsonl", "csv", "html"]), default="table")
@published_option
@output_option
def claims(files: tuple[str, ...], model: str | None, form: str, published: dict[str, date], output: str) -> None:
    """Read the claims of articles: who says that who sent how many of what to whom."""
    from claimml import claims as claims_of
    from claimml import show

    documents = claims_of.with_claims(tagged(files, tagger_of(model)), published_on=published)
    views: dict[str, Callable[[Iterable[Document]], Iterable[str]]] = {
        "table": claims_of.claims_table,
        "jsonl": claims_of.claims_jsonl,
        "csv": claims_of.claims_csv,
        "html": lambda documents: [claims_of.claims_page(documents)],
    }
    show.write_text(views[form](documents), output)


@main.command()
@click.argument("files", nargs=-1, required=True)
@model_option
@click.option("--format", "-f", "form", type=click.Choice(["table", "json", "csv", "html"]), default="table")
@published_option
@output_option
def compare(files: tuple[str, ...], model: str | None, form: str, published: dict[str, date], output: str) -> None:
    """Lay the claims of many articles side by side: one line a supply, with every figure and who says it."""
    from claimml import compare as comparison
    from claimml import show

    supplies = comparison.compare(tagged(files, tagger_of(model)), published_on=published)
    views = {"table": comparison.table, "json": comparison.to_json, "csv": comparison.to_csv, "html": comparison.page}
    show.write_text([views[form](supplies).rstrip("\n") + "\n"], output)


@main.command()
@click.option("--model", "-m", metavar="NAME", help="rules, a shipped model, or a model directory.")
def demo(model: str | None) -> None:
    """Tag the article that comes with claimml and show it in colour, with the table of its spans."""
    from claimml import show
    from claimml.tagger import load

    tagger = load(model)
    text = (Path(__file__).parent / "examples" / "article.txt").read_text(encoding="utf-8")
    document = tagger.tag([text])[0]
    click.echo(show.colored(document) + "\n\n" + show.table(document), color=True)


@main.command()
@click.argument("text")
def quantities(text: str) -> None:
    """Read the amounts in TEXT (- for standard input): one JSON object a line."""
    from claimml.quantity import quantities as read

    if text == "-":
        text = sys.stdin.read()
    for quantity in read(text):
        click.echo(json.dumps(quantity.to_dict(text), ensure_ascii=False))


@main.command()
@click.argument("source")
@click.argument("target")
@click.option("--from", "source_format", metavar="FORMAT", help="Format of SOURCE where its name and content do not tell.")
@click.option("--to", "target_format", metavar="FORMAT", help="Format of TARGET where its name does not tell.")
@click.option("--texts", metavar="DIR", help="Folder of the texts that stand-off gold refers to.")
def convert(source: str, target: str, source_format: str | None, target_format: str | None, texts: str | None) -> None:
    """Turn annotations of one format into another."""
    from claimml import corpus

    corpus.write(corpus.read(source, format=source_format, texts=texts), target, target_format)


@main.command()
@click.argument("directory")
@click.argument("repository")
@click.option("--public", is_flag=True, help="Anyone may see it; by default only you.")
def push(directory: str, repository: str, public: bool) -> None:
    """Upload a model DIRECTORY to REPOSITORY ("owner/name") on the Hugging Face hub."""
    from claimml.export import push as upload

    click.echo(upload(directory, repository, private=not public))


@main.command()
def models() -> None:
    """The taggers that are here."""
    from claimml.tagger import RULES, shipped

    click.echo(f"{RULES}\tthe rule tagger")
    for name, directory in shipped().items():
        click.echo(f"{name}\t{directory}")


if __name__ == "__main__":
    main(prog_name="claimml")
