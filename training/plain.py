"""Plain text for pre-training, documents with a blank line between, as `claimml.pretrain` reads them.

    python training/plain.py OUTPUT FILE...
    python training/plain.py --armed OUTPUT CORPUS...

FILE is JSONL with a "text", or articles with inline marks. CORPUS is what pre-training reads itself; --armed keeps of it
the documents that speak of arms: at least two weapons by the rules, and at least one in 400 characters.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

from claimml.pretrain import read_documents
from claimml.rules import RuleTagger

SHORT, LONG, SPARSE = 150, 20_000, 400  # characters: shorter ones are not kept, longer ones cut, and of one weapon at most


def texts(path: Path) -> list[str]:
    """The texts of a file, marks removed."""
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line)["text"] for line in content.splitlines() if line.strip()]
    bodies = re.split(r"(?m)^=== .*\n", content)[1:]
    return [re.sub(r"\\([\[\]])", r"\1", re.sub(r"(?<!\\)\[[QWAL] ([^\[\]]+)\]", r"\1", body)).strip() for body in bodies]


def armed(path: Path) -> Iterator[str]:
    """The documents of a corpus that speak of arms."""
    tagger = RuleTagger()
    for document in read_documents(path):
        text = document[:LONG]
        if len(text) >= SHORT:
            weapons = sum(span.label == "WEAPON" for span in tagger.tag([text])[0].spans)
            if weapons >= 2 and weapons * SPARSE >= len(text):
                yield text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--armed", action="store_true", help="keep the documents of corpora that speak of arms")
    parser.add_argument("output", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    documents = [text for path in options.files for text in (armed if options.armed else texts)(path)]
    # A blank line would end a document: paragraphs are kept together instead.
    output = "\n\n".join(re.sub(r"\n\s*\n", "\n", document) for document in documents) + "\n"
    options.output.write_text(output, encoding="utf-8")
    print(f"{options.output}: {len(documents)} documents, {len(output.split()):,} words")


if __name__ == "__main__":
    main()
