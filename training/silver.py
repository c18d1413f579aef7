"""Silver labels: raw text tagged by the rules, so that a network starts from what the lexicon knows.

    python training/silver.py OUTPUT [FILE=SHARE ...]

FILE is plain text (.gz, .xz) with documents separated by a blank line; SHARE of its documents is read.
Passages with a weapon are rare in general news and are all kept; of the others as many are drawn.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from claimml import corpus
from claimml.document import Document
from claimml.pretrain import read_documents
from claimml.rules import RuleTagger

LENGTH = range(60, 900)  # characters in a passage


def passages(document: str) -> Iterator[str]:
    """Neighbouring lines put together to some 500 characters."""
    passage = ""
    for line in document.split("\n"):
        if passage and len(passage) + len(line) > 500:
            yield passage.strip()
            passage = ""
        passage += line + "\n"
    yield passage.strip()


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__)
        return 2
    draw = random.Random(3)
    tagger = RuleTagger()
    armed: list[Document] = []
    others: list[Document] = []
    for argument in sys.argv[2:]:
        name, _, share = argument.partition("=")
        chosen = (document for document in read_documents(Path(name)) if draw.random() < float(share or 1))
        for text in (passage for document in chosen for passage in passages(document)):
            if len(text) in LENGTH:
                document = tagger.tag([text])[0]
                (armed if any(span.label == "WEAPON" for span in document.spans) else others).append(document)
        print(f"{name}: so far {len(armed):,} passages with a weapon, {len(others):,} without")
    kept = [*armed, *draw.sample(others, min(len(others), max(1000, len(armed))))]
    draw.shuffle(kept)
    corpus.write((Document(d.text, d.spans, id=f"silver-{i}") for i, d in enumerate(kept)), sys.argv[1])
    print(f"{sys.argv[1]}: {len(kept):,} passages, {sum(len(d.text.split()) for d in kept):,} words")
    return 0


if __name__ == "__main__":
    sys.exit(main())
