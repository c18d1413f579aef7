"""The encoder on public test sets: fine-tuned on each set's own training split, scored on its own test split.

    python training/public_sets.py [NAME ...] [encoder=DIRECTORY]      (default: nergrit nerugm re3d, the pre-trained encoder)

Reads ../shared/ner, writes runs/ner (the sets as claimml reads them) and runs/public-NAME-ENCODER (a model each; remove it to
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
SETTINGS = [
    *("prior=0", "augment={}", "auxiliary={}", "claims=[]", "licences={}", "texts={}"),
    *("allow_leaks=true", "patience=6"),
]
FOLDS = 5  # of re3d: three to learn from, one to choose the epoch, one to test


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


def parts(name: str) -> Iterator[tuple[str, dict[str, list[Document]]]]:
    """What is trained, chosen and tested on, by the name of the model: once, or in each of five folds of documents."""
    if name != "re3d":
        yield name, {split: list(documents(name, split)) for split in ("train", "dev", "test")}
        return
    every = list(documents(name, "all"))
    for fold in range(FOLDS):
        turn = {"test": fold, "dev": (fold + 1) % FOLDS}
        held = {split: every[place::FOLDS] for split, place in turn.items()}
        yield f"{name}-{fold}", held | {"train": [d for i, d in enumerate(every) if i % FOLDS not in turn.values()]}


def run(name: str, encoder: str) -> None:
    """Train, unless the model is there, and print the scores."""
    folder = RUNS / "ner"
    folder.mkdir(parents=True, exist_ok=True)
    gold: list[Document] = []
    answers: list[Document] = []
    for part, splits in parts(name):
        model = RUNS / f"public-{part}-{Path(encoder).name}"
        paths = {split: folder / f"{part}-{split}.jsonl" for split in splits}
        for split, path in paths.items():
            corpus.write(splits[split], path)
        if not (model / "manifest.json").is_file():
            labels = sorted({span.label for split in splits.values() for document in split for span in document.spans})
            wanted = [f'train=["{paths["train"]}"]', f'dev="{paths["dev"]}"', f"labels={json.dumps(labels)}", "epochs=10"]
            wanted += [f"encoder={encoder}", f"output={model}", f"work={model}-work", f"name={part}"]
            if train.main(["configs/mini.toml", *SETTINGS, *wanted]):
                raise SystemExit(1)
        gold += splits["test"]
        answers += load(model).tag([document.text for document in splits["test"]])
    scores = score(gold, answers)
    between = scores.intervals().micro
    low, high = between.f1 if between else (0.0, 1.0)
    labelled = ", ".join(f"{label} {100 * counts.f1:.1f}" for label, counts in scores.labels.items())
    print(
        f"{name} from {encoder}: {len(gold)} test texts, {scores.micro.gold:,} spans; "
        f"strict micro F1 {100 * scores.micro.f1:.1f} ({100 * low:.1f} to {100 * high:.1f}), "
        f"mean over types {100 * scores.macro.f1:.1f}; {labelled}",
        flush=True,
    )


def main() -> int:
    names = [name for name in sys.argv[1:] if "=" not in name] or list(FILES)
    encoders = [name.removeprefix("encoder=") for name in sys.argv[1:] if name.startswith("encoder=")] or ["runs/pretrain-mini"]
    if any(name not in FILES for name in names):
        print(__doc__)
        return 2
    for name in names:
        run(name, encoders[-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
