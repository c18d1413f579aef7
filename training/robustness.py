"""What changed writing costs: F1 on a corpus as it is, lower-cased, upper-cased, with ASCII marks, with slips.

python training/robustness.py MODEL CORPUS [TEXTS]
"""

from __future__ import annotations

import sys

from claimml import corpus, load, score
from claimml.document import Document
from claimml.finetune import ascii_marks, lower, typos, upper

CHANGES = {"lower-cased": lower, "upper-cased": upper, "ASCII marks": ascii_marks, "typos": typos}


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print(__doc__)
        return 2
    tagger = load(sys.argv[1])
    gold = list(corpus.read(sys.argv[2], texts=sys.argv[3] if len(sys.argv) == 4 else None))

    def f1(documents: list[Document]) -> float:
        return 100 * score(documents, tagger.tag([document.text for document in documents])).micro.f1

    plain = f1(gold)
    print(f"{'as written':<12} {plain:5.1f}")
    for name, change in CHANGES.items():
        changed = f1([change(document, 1) for document in gold])
        print(f"{name:<12} {changed:5.1f}  ({changed - plain:+.1f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
