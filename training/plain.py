"""Plain text of annotated corpora, for pre-training: python training/plain.py OUTPUT FILE...

FILE is JSONL with a "text", or articles with inline marks; documents are written with a blank line
between, as `claimml.pretrain` reads them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path


def texts(path: Path) -> list[str]:
    """The texts of a file, marks removed."""
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line)["text"] for line in content.splitlines() if line.strip()]
    bodies = re.split(r"(?m)^=== .*\n", content)[1:]
    return [re.sub(r"\\([\[\]])", r"\1", re.sub(r"(?<!\\)\[[QWAL] ([^\[\]]+)\]", r"\1", body)).strip() for body in bodies]


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__)
        return 2
    documents = [text for name in sys.argv[2:] for text in texts(Path(name))]
    # A blank line would end a document: paragraphs are kept together instead.
    output = "\n\n".join(re.sub(r"\n\s*\n", "\n", document) for document in documents) + "\n"
    Path(sys.argv[1]).write_text(output, encoding="utf-8")
    print(f"{sys.argv[1]}: {len(documents)} documents, {len(output.split()):,} words")
    return 0


if __name__ == "__main__":
    sys.exit(main())
