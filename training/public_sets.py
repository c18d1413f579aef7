"""The encoder on public test sets: fine-tuned on each set's own training split, scored on its own test split.

    python training/public_sets.py [NAME ...]      (default: nergrit nerugm re3d)

Reads ../shared/ner, writes runs/ner (the sets as claimml reads them) and runs/public-NAME (a model each; remove it to
train anew). NERGrit and NER-UGM keep their own labels and splits; the dev split chooses the epoch. re3d, in English, has
overlapping spans and no splits: of spans that overlap the longest is kept, its labels are mapped to ours (`RE3D` below, what
is not named there is no span), and five folds, documents whole, take turns. Scores are strict (label and both borders):
micro and, as IndoNLU's own scorer reports, the mean over the types.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from claimml import corpus, load, score, train
from claimml.document import Document, Span

SETS = Path("../shared/ner")
RUNS = Path("runs")
FILES = {
    "nergrit": ("id_nergrit_indonlu", {"train": "train", "dev": "valid", "test": "test"}),
    "nerugm": ("id_nerugm_indolem", {"train": "train.01", "dev": "dev.01", "test": "test.01"}),
    "re3d": ("en_re3d", {"all": "all_docs"}),
}
RE3D = {
    "Organisation": "ACTOR",
    "Person": "ACTOR",
    "Nationality": "ACTOR",
    "Location": "LOCATION",
    "Quantity": "QUANTITY",
    "Money": "QUANTITY",
    "Weapon": "WEAPON",
    "MilitaryPlatform": "WEAPON",
}
# Small sets want more passes than ours, and no changed copies.
SETTINGS = ["prior=0", "augment={}", "auxiliary={}", "licences={}", "texts={}", "allow_leaks=true", "patience=6"]


def documents(name: str, split: str) -> Iterator[Document]:
    """A split as documents; of overlapping spans the longest stays."""
    archive, splits = FILES[name]
    with tarfile.open(SETS / f"{archive}.tar.xz") as tar:
        member = tar.extractfile(f"{archive}/{splits[split]}.jsonl")
        assert member is not None
        for number, line in enumerate(io.TextIOWrapper(member, encoding="utf-8")):
            values: dict[str, Any] = json.loads(line)
            kept: list[Span] = []
            for entry in sorted(values["spans"], key=lambda s: (s["start"] - s["end"], s["start"])):
                label = RE3D.get(entry["label"], "") if name == "re3d" else entry["label"]
                span = Span(entry["start"], entry["end"], label) if label else None
                if span and not any(span.start < other.end and other.start < span.end for other in kept):
                    kept.append(span)
            yield Document(values["text"], tuple(kept), id=f"{name}-{split}-{number}")


def run(name: str) -> None:
    folder = RUNS / "ner"
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    labels: set[str] = set()
    for split in FILES[name][1]:
        paths[split] = folder / f"{name}-{split}.jsonl"
        found = list(documents(name, split))
        corpus.write(found, paths[split])
        labels |= {span.label for document in found for span in document.spans}
    model, work = RUNS / f"public-{name}", RUNS / f"public-{name}-work"
    common = ["configs/mini.toml", *SETTINGS, f"work={work}", f"output={model}", f"name={name}"]
    if name == "re3d":
        if not (work / "folds.json").is_file():
            wanted = [f'train=["{paths["all"]}"]', f'dev="{paths["all"]}"', "epochs=12", "folds=5"]
            if train.main([*common, *wanted]):
                raise SystemExit(1)
        return
    if not (model / "manifest.json").is_file():
        wanted = [f'train=["{paths["train"]}"]', f'dev="{paths["dev"]}"', "epochs=12", f"labels={json.dumps(sorted(labels))}"]
        if train.main([*common, *wanted]):
            raise SystemExit(1)
    gold = list(corpus.read(paths["test"]))
    scores = score(gold, load(model).tag([document.text for document in gold]))
    between = scores.intervals().micro
    low, high = between.f1 if between else (0.0, 1.0)
    labelled = ", ".join(f"{label} {100 * counts.f1:.1f}" for label, counts in scores.labels.items())
    print(
        f"{name}: {len(gold)} test sentences, {scores.micro.gold:,} spans; strict micro F1 {100 * scores.micro.f1:.1f} "
        f"({100 * low:.1f} to {100 * high:.1f}), mean over types {100 * scores.macro.f1:.1f}; {labelled}",
        flush=True,
    )


def main() -> int:
    names = sys.argv[1:] or list(FILES)
    if any(name not in FILES for name in names):
        print(__doc__)
        return 2
    for name in names:
        run(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
