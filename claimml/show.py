"""Documents for the eye: coloured text and tables for a terminal, one self-contained HTML page.

Pure functions from documents to strings; only `write_text` touches a file.
"""

from __future__ import annotations

import html
import os
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from claimml.document import Document, Span

# One hue a label, everywhere: (terminal 256-colour background, CSS background).
COLORS = {"QUANTITY": (179, "#ffe08a"), "WEAPON": (174, "#ffb3ad"), "ACTOR": (110, "#b5d3ff"), "LOCATION": (114, "#b9e8b0")}
OTHER = (250, "#dddddd")


def marked(document: Document, mark: Callable[[Span, str], str], plain: Callable[[str], str] = str) -> str:
    """The text with `mark(span, surface)` in each span's place and `plain(text)` between them."""
    parts, position = [], 0
    for span in document.spans:
        parts += [plain(document.text[position : span.start]), mark(span, document.text_of(span))]
        position = span.end
    return "".join([*parts, plain(document.text[position:])])


def colored(document: Document) -> str:
    """The text with its spans on coloured ground, as a terminal shows it, and a line that explains the colours."""

    def paint(label: str, text: str) -> str:
        return f"\x1b[30;48;5;{COLORS.get(label, OTHER)[0]}m{text}\x1b[0m"

    text = marked(document, lambda span, surface: paint(span.label, printable(surface)), printable)
    return text.rstrip("\n") + "\n\n" + "  ".join(paint(label, f" {label} ") for label in COLORS)


def printable(text: str) -> str:
    """`text` without what would steer a terminal: control characters other than line breaks and tabs."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else "\N{REPLACEMENT CHARACTER}" for c in text)


def table(document: Document) -> str:
    """A line for each span: offsets, label, score, surface."""
    lines = [f"{'start':>6} {'end':>6}  {'label':<9} {'score':>5}  text"]
    for span in document.spans:
        score = "" if span.score is None else f"{span.score:.2f}"
        surface = " ".join(printable(document.text_of(span)).split())
        lines.append(f"{span.start:>6} {span.end:>6}  {span.label:<9} {score:>5}  {surface}")
    return "\n".join([*lines, f"{len(document.spans)} spans by {document.tagger or 'gold'}"])


def tables(documents: Iterable[Document], *, color: bool = False) -> Iterator[str]:
    """For each document its name, its coloured text where `color`, and the table of its spans."""
    for document in documents:
        parts = [f"# {document.id}"] if document.id else []
        parts += [colored(document) + "\n"] if color else []
        yield "\n".join([*parts, table(document)]) + "\n\n"


STYLE = """
body { font: 16px/1.7 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
article { white-space: pre-wrap; overflow-wrap: anywhere; border-top: 1px solid #ddd; padding: 1rem 0; }
h1 { font-size: 1.2rem; } h2 { font-size: 1rem; color: #666; margin: 0 0 .5rem; }
mark { border-radius: .25em; padding: .1em .2em; } mark small { font-size: .6em; color: #555; margin-left: .35em; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } mark { color: #111; } }
"""


def html_marked(document: Document) -> str:
    """The text as HTML, each span a `<mark>` that tells label and score."""

    def mark(span: Span, surface: str) -> str:
        score = "" if span.score is None else f" {span.score:.2f}"
        color = COLORS.get(span.label, OTHER)[1]
        label = html.escape(span.label)
        return (
            f'<mark style="background:{color}" title="{label}{score} [{span.start}, {span.end})">'
            f"{html.escape(surface)}<small>{label}</small></mark>"
        )

    return marked(document, mark, html.escape)


def page(documents: list[Document]) -> str:
    """One HTML page that needs nothing else: every document with its spans in colour."""
    taggers = ", ".join(sorted({document.tagger or "gold" for document in documents})) or "nobody"
    count = "1 document" if len(documents) == 1 else f"{len(documents)} documents"
    articles = "".join(
        f"<article><h2>{html.escape(document.id)}</h2>{html_marked(document)}</article>\n" for document in documents
    )
    return (
        '<!doctype html>\n<html lang="id"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>claimml</title>'
        f"<style>{STYLE}</style></head>\n<body><h1>{count}, tagged by {html.escape(taggers)}</h1>\n"
        f"{articles}</body></html>\n"
    )


def write_text(chunks: Iterable[str], output: str) -> None:
    """Write to a file whole or not at all, or to standard output as it comes ("-")."""
    if output == "-":
        for chunk in chunks:
            sys.stdout.write(chunk)
        return
    path = Path(output)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            file.writelines(chunks)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
