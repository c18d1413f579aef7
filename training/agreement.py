"""How far two annotation passes over the same articles agree: span F1 by label, and each disagreement in its place.

    python training/agreement.py A B

A and B are corpora in any format that claimml reads (files with inline marks, JSONL, ...), with the same ids
and texts. F1 is strict: borders and label. Articles that one pass lacks are named and left out of the count.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from claimml import corpus
from claimml.document import Document, Span
from claimml.errors import ClaimmlError, FormatError

_CONTEXT = 35  # characters shown on each side of a disagreement


@dataclass
class Agreement:
    """Spans per label in both passes, in the first, in the second; only counts are kept, rates follow."""

    both: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    second: Counter[str] = field(default_factory=Counter)

    def add(self, first: Document, second: Document) -> None:
        """Count one article in both passes; `FormatError` where they annotate different texts."""
        if first.text != second.text:
            at = next((i for i, (a, b) in enumerate(zip(first.text, second.text, strict=False)) if a != b), None)
            at = min(len(first.text), len(second.text)) if at is None else at
            raise FormatError(
                f"{first.id}: the passes differ in their text from character {at}: {first.text[at : at + 20]!r} and "
                f"{second.text[at : at + 20]!r}; both must annotate one text"
            )
        self.first.update(span.label for span in first.spans)
        self.second.update(span.label for span in second.spans)
        self.both.update(span.label for span in set(first.spans) & set(second.spans))

    def f1(self, label: str | None = None) -> float:
        """Strict span F1, of one label or of all together; 1.0 where neither pass has any span."""
        if label is None:
            both, total = self.both.total(), self.first.total() + self.second.total()
        else:
            both, total = self.both[label], self.first[label] + self.second[label]
        return 2 * both / total if total else 1.0

    def table(self) -> str:
        """One row per label, and one of all."""
        rows = [f"{'label':<12}{'first':>8}{'second':>8}{'both':>8}{'F1':>8}"]
        for label in sorted(self.first | self.second):
            numbers = self.first[label], self.second[label], self.both[label]
            rows.append(f"{label:<12}{numbers[0]:>8}{numbers[1]:>8}{numbers[2]:>8}{self.f1(label):>8.3f}")
        numbers = self.first.total(), self.second.total(), self.both.total()
        rows.append(f"{'all':<12}{numbers[0]:>8}{numbers[1]:>8}{numbers[2]:>8}{self.f1():>8.3f}")
        return "\n".join(rows)


def disagreements(first: Document, second: Document) -> Iterator[tuple[str, Span | None, Span | None]]:
    """Each span that only one pass has, as kind ("label", "borders", "both", "missing") and its counterparts.

    A span meets the first one of the other pass that overlaps it and is not agreed on; None stands for none.
    """
    mine = [span for span in first.spans if span not in second.spans]
    theirs = [span for span in second.spans if span not in first.spans]
    for span in mine:
        other = next((item for item in theirs if item.start < span.end and span.start < item.end), None)
        if other is None:
            yield "missing", span, None
            continue
        theirs.remove(other)
        if (other.start, other.end) == (span.start, span.end):
            yield "label", span, other
        else:
            yield "borders" if other.label == span.label else "both", span, other
    for span in theirs:
        yield "missing", None, span


def describe(document: Document, kind: str, first: Span | None, second: Span | None) -> str:
    """One line on one disagreement, with what stands around it."""
    spans = [span for span in (first, second) if span is not None]
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    near = document.text[max(0, start - _CONTEXT) : end + _CONTEXT].replace("\n", " ")
    shown = " | ".join("-" if span is None else f"{span.label} {document.text_of(span)!r}" for span in (first, second))
    return f"{document.id}: {kind}: {shown}   ...{near}..."


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print("usage: python training/agreement.py A B", file=sys.stderr)
        return 2
    try:
        first, second = ({item.id: item for item in corpus.read(path)} for path in arguments)
        agreement, kinds = Agreement(), Counter[str]()
        for id in first.keys() & second.keys():
            agreement.add(first[id], second[id])
        for id in sorted(first.keys() & second.keys()):
            for kind, mine, theirs in disagreements(first[id], second[id]):
                kinds[kind] += 1
                print(describe(first[id], kind, mine, theirs))
    except ClaimmlError as error:
        print(error, file=sys.stderr)
        return 1
    for name, alone in zip(arguments, (first.keys() - second.keys(), second.keys() - first.keys()), strict=True):
        if alone:
            print(f"only in {name}: {', '.join(sorted(alone))}")
    if not first.keys() & second.keys():
        print("the two passes share no article; ids must be the same in both", file=sys.stderr)
        return 1
    print(
        f"\n{len(first.keys() & second.keys())} articles; "
        + (", ".join(f"{n} {k}" for k, n in kinds.most_common()) or "no dispute")
    )
    print(agreement.table())
    return 0


if __name__ == "__main__":
    warnings.simplefilter("default")
    sys.exit(main(sys.argv[1:]))
