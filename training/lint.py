"""Read articles with inline marks as a proofreader: what breaks the rules, and what may have been missed.

    python training/lint.py [FILE or FOLDER ...]      without arguments: training/corpus

Broken rules (a mark that cuts a word, takes in a comma or a line break, a header without date, an id
twice) end with exit code 1. A mention that is marked in one place of an article and bare in another
is only shown: it may be deliberate.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from claimml.document import Document
from claimml.errors import FormatError
from claimml.formats import marks

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EDGE = " \t\r\n\u00a0,.;:\"'()“”‘’?!"
_DOTTED = re.compile(r"(\.[A-Z]\.|\b[A-Z]\.|\b(?:Inc|Ltd|Co|Corp|Tbk|Jr|Sr|St)\.)$")
_SHORTEST = 4  # characters of a name worth looking for elsewhere


@dataclass(frozen=True)
class Finding:
    """One remark on one place: `broken` where a rule is broken, else a question."""

    where: str
    message: str
    broken: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {'' if self.broken else 'missed? '}{self.message}"


def lint(files: Iterable[Path]) -> Iterator[Finding]:
    """All findings of these files, in order; ids must be unique over all of them."""
    ids: dict[str, str] = {}
    for file in files:
        try:
            with file.open("rb") as lines:
                for id, date, first, body in marks.articles(lines, str(file)):
                    where = f"{file}:{first - 1}"
                    if not date or not _SLUG.fullmatch(id):
                        yield Finding(where, f"header of {id!r}; write '=== slug YYYY-MM-DD', slug in a-z, 0-9 and hyphens")
                    if id in ids:
                        yield Finding(where, f"id {id!r} stands already at {ids[id]}; each article needs its own")
                    ids.setdefault(id, where)
                    yield from _article(id, file, first, body)
        except FormatError as error:
            yield Finding(*str(error).split(": ", 1))


def _article(id: str, file: Path, first: int, body: str) -> Iterator[Finding]:
    try:
        found = marks.parse(body, id, str(file), first)
    except FormatError as error:
        yield Finding(*str(error).split(": ", 1))
        return
    first += body[: len(body) - len(body.lstrip("\r\n"))].count("\n")

    def where(offset: int) -> str:
        return f"{file}:{first + found.text.count(chr(10), 0, offset)}"

    if not found.text.strip():
        yield Finding(f"{file}:{first}", f"{id}: no text under this header")
    for span in found.spans:
        covered = found.text_of(span)
        before, after = found.text[: span.start][-1:], found.text[span.end : span.end + 1]
        if "\n" in covered:
            yield Finding(where(span.start), f"{id}: line break in {covered!r}; a span ends with its line")
        elif covered.strip(_EDGE) != covered and not _DOTTED.search(covered):
            yield Finding(where(span.start), f"{id}: {covered!r} begins or ends with a blank or punctuation; leave it outside")
        if (before.isalnum() and covered[0].isalnum()) or (after.isalnum() and covered[-1].isalnum()):
            near = found.text[max(0, span.start - 10) : span.end + 10]
            yield Finding(where(span.start), f"{id}: {covered!r} cuts a word in {near!r}; mark whole words")
    for start, name in _bare(found):
        near = found.text[max(0, start - 35) : start + len(name) + 25].replace("\n", " ")
        yield Finding(where(start), f"{id}: {name!r} is marked elsewhere in this article: ...{near}...", broken=False)


def _bare(found: Document) -> Iterator[tuple[int, str]]:
    """Places where a name stands outside of marks that is marked elsewhere in the article; the longest name wins."""
    names = {found.text_of(span) for span in found.spans if span.label != "QUANTITY"}
    names = {name for name in names if len(name) >= _SHORTEST}
    if not names:
        return
    covered = bytearray(len(found.text))
    for span in found.spans:
        covered[span.start : span.end] = b"\x01" * (span.end - span.start)
    pattern = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", found.text):
        if not any(covered[match.start() : match.end()]):
            yield match.start(), match[0]


def summary(files: Iterable[Path]) -> str:
    """Articles, words and marks per label, in one line."""
    articles = words = 0
    labels: Counter[str] = Counter()
    for file in files:
        with file.open("rb") as lines:
            for found in marks.read(lines, str(file), []):
                articles += 1
                words += len(found.text.split())
                labels.update(span.label for span in found.spans)
    counts = ", ".join(f"{count:,} {label}" for label, count in sorted(labels.items()))
    return f"{articles:,} articles, {words:,} words, {labels.total():,} marks ({counts})"


def main(arguments: list[str]) -> int:
    paths = [Path(argument) for argument in arguments] or [Path(__file__).with_name("corpus")]
    missing = [path for path in paths if not path.exists()]
    if missing:
        print(f"{missing[0]}: no such file or folder", file=sys.stderr)
        return 1
    files = [file for path in paths for file in (sorted(path.rglob("*.txt")) if path.is_dir() else [path])]
    broken = 0
    for finding in lint(files):
        print(finding)
        broken += finding.broken
    if broken:
        print(f"{broken} broken rules", file=sys.stderr)
        return 1
    print(summary(files))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
