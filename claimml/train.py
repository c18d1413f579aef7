"""Fine-tune any encoder on annotated spans and export a model directory that needs no torch.

    python -m claimml.train configs/NAME.toml [key=value ...] [--resume]
    torchrun --nproc-per-node 2 -m claimml.train configs/NAME.toml ...

All that can be wrong with data and settings is looked for before the first step. `--resume` goes on
from the last checkpoint. `folds=5` cross-validates instead, articles whole, and `curve=[0.25, 0.5, 1.0]`
trains on shares of the articles; both leave a report in the work directory and no model.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import re
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from claimml import corpus
from claimml.config import read_config
from claimml.document import Document
from claimml.errors import ClaimmlError, ConfigError, MissingExtra
from claimml.export import TorchTagger, is_main, picture_of, say, span_f1, versions, write_atomically
from claimml.finetune import TrainConfig, finetune, fit, leave

_LONG = 40  # letters and figures that make a sentence one nobody writes twice


@dataclasses.dataclass(frozen=True)
class Survey:
    """What was found in the data of a run: the dev documents, and a row for each corpus."""

    dev: list[Document]
    data: list[dict[str, Any]]


def paths_of(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def read_all(config: TrainConfig, paths: str | tuple[str, ...]) -> Iterator[Document]:
    """The documents of all these paths, one at a time."""
    for path in paths_of(paths):
        yield from corpus.read(path, texts=config.texts.get(path))


def survey(config: TrainConfig) -> Survey:
    """Read all data once and refuse what would spoil the run: `ConfigError` or `FormatError`, one line.

    Looked for: missing files, overlapping spans (the reader's), labels outside the set, corpora without
    documents or spans, and articles that train and dev share. Only dev is held in memory.
    """
    check_places(config)
    data: list[dict[str, Any]] = []
    dev: list[Document] = []
    for path in paths_of(config.dev):
        dev.extend(_counted(config, path, "dev", data))
    if not any(document.spans for document in dev):
        raise ConfigError(f"dev: {', '.join(paths_of(config.dev))}: no span in it; give annotated documents")
    known: dict[int, int] = {}
    for number, document in enumerate(dev):
        for sentence in sentences(document.text):
            known.setdefault(sentence, number)
    sizes = [len(sentences(document.text)) for document in dev]
    hits: list[set[int]] = [set() for _ in dev]
    found = 0
    for path in paths_of(config.train):
        for document in _counted(config, path, "train", data):
            found += len(document.spans)
            own = sentences(document.text)
            shared = own & known.keys()
            for sentence in shared:
                hits[known[sentence]].add(sentence)
            if shared and 2 * len(shared) >= len(own) and not config.allow_leaks:
                raise ConfigError(_leak(path, document, dev[known[min(shared)]]))
    if not found:
        raise ConfigError(f"train: {', '.join(paths_of(config.train))}: no span in it; give annotated documents")
    for document, size, hit in zip(dev, sizes, hits, strict=True):
        if size and 2 * len(hit) >= size and not config.allow_leaks:
            raise ConfigError(_leak("train", None, document))
    for path in config.auxiliary:
        for _ in _counted(config, path, "auxiliary", data, labels=None):
            pass
    return Survey(dev, data)


def _leak(path: str, document: Document | None, other: Document) -> str:
    def named(document: Document) -> str:
        return document.id or repr(document.text[:40])

    shared = f"{path}: {named(document)} shares" if document else f"{path}: documents share"
    return (
        f"{shared} half of its sentences with dev document {named(other)}; scores on what was learnt by heart say "
        "nothing: remove one of them (or set allow_leaks=true for a trial)"
    )


def check_places(config: TrainConfig) -> None:
    """Paths that must exist do, and the output may be written."""
    encoder = Path(config.encoder)
    local = encoder.is_absolute() or config.encoder.startswith(".") or config.encoder.count("/") > 1
    if encoder.is_dir():
        if not (encoder / "config.json").is_file():
            raise ConfigError(f"encoder: {encoder} has no config.json; give a directory that transformers wrote")
    elif local or (encoder.parent != Path() and encoder.parent.is_dir()):
        raise ConfigError(f"encoder: {encoder}: no such directory; train one with claimml.pretrain, or give an id on the hub")
    for key, paths in (
        ("train", paths_of(config.train)),
        ("dev", paths_of(config.dev)),
        ("auxiliary", tuple(config.auxiliary)),
    ):
        if not paths and key in ("train", "dev"):
            raise ConfigError(f"{key}: no file given")
        for path in paths:
            if not Path(path).exists():
                raise ConfigError(f"{key}: {path}: no such file or folder; paths count from the working directory")
    output = Path(config.output)
    if output.exists() and not output.is_dir():
        raise ConfigError(f"output: {output} is a file; name a directory")
    if output.is_dir() and any(output.iterdir()) and not (output / "manifest.json").is_file():
        raise ConfigError(f"output: {output} is there, and no model; name another directory, or remove it")


def _counted(
    config: TrainConfig, path: str, use: str, data: list[dict[str, Any]], labels: Sequence[str] | None = ()
) -> Iterator[Document]:
    """The documents of a path, held against the label set; at the end a row of `data` says what they were."""
    allowed = None if labels is None else set(config.labels)
    digest = hashlib.sha256()
    documents = spans = 0
    for document in corpus.read(path, texts=config.texts.get(path)):
        for span in document.spans:
            if allowed is not None and span.label not in allowed:
                raise ConfigError(
                    f"{use}: {path}: {document.id or 'a document'}: label {span.label!r} is not in labels = "
                    f"{list(config.labels)}; add it there, rename it, or read this corpus as auxiliary"
                )
        digest.update(repr((document.text, document.spans)).encode("utf-8", "surrogatepass"))
        documents += 1
        spans += len(document.spans)
        yield document
    if not documents:
        raise ConfigError(f"{use}: {path}: no document in it; give another file")
    row: dict[str, Any] = {"path": path, "use": use, "documents": documents, "spans": spans}
    data.append(row | {"licence": config.licences.get(path, ""), "sha256": digest.hexdigest()})


def sentences(text: str) -> set[int]:
    """Hashes of the long sentences of a text, whatever their case, blanks and punctuation."""
    pieces = (re.sub(r"[\W_]+", "", piece).casefold() for piece in re.split(r"\n+|(?<=[.!?…])\s+", text))
    long = [piece for piece in pieces if len(piece) >= _LONG]
    whole = re.sub(r"[\W_]+", "", text).casefold()
    # A text without a long sentence is known by the whole of it.
    return {
        int.from_bytes(hashlib.blake2b(piece.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        for piece in long or [whole]
        if piece
    }


def article_of(document: Document) -> str:
    """What a document is a part of: its id up to "#", or the text itself where it has no id."""
    return document.id.partition("#")[0] or hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()


def cross_validate(config: TrainConfig, documents: Sequence[Document], dev: Sequence[Document]) -> Path:
    """Train `config.folds` times without a fold of the articles and score that fold; returns the report.

    The dev set chooses the epoch, so that no held-out document chooses anything.
    """
    try:
        import numpy as np
        from sklearn.model_selection import GroupKFold
    except ImportError as error:
        raise MissingExtra("train", error) from error
    articles = [article_of(document) for document in documents]
    if len(set(articles)) < config.folds:
        raise ConfigError(f"folds={config.folds}: only {len(set(articles))} articles to train on; give fewer folds")
    rows: list[dict[str, Any]] = []
    splits = GroupKFold(config.folds, shuffle=True, random_state=config.seed).split(documents, groups=articles)
    for number, (train, test) in enumerate(splits, 1):
        say(f"fold {number} of {config.folds}")
        chosen, held_out = [documents[i] for i in train], [documents[i] for i in test]
        f1, record = _train_and_score(config, chosen, dev, held_out, config.workplace / f"fold-{number}")
        rows.append({"fold": number, "train": len(chosen), "held_out": len(held_out), "f1": round(f1, 5), "dev_f1": record})
        say(f"fold {number}: F1 {100 * f1:.2f} on {len(held_out)} documents held out")
    scores = [row["f1"] for row in rows]
    report: dict[str, Any] = {
        "folds": rows,
        "f1_mean": round(float(np.mean(scores)), 5),
        "f1_deviation": round(float(np.std(scores, ddof=1)), 5),
    }
    say(f"F1 {100 * report['f1_mean']:.2f}, standard deviation {100 * report['f1_deviation']:.2f} over {config.folds} folds")
    return _write_report(
        config.workplace / "folds.json", report | {"config": dataclasses.asdict(config), "versions": versions()}
    )


def learning_curve(config: TrainConfig, documents: Sequence[Document], dev: Sequence[Document]) -> Path:
    """Train on growing shares of the articles, each share within the next; returns the report.

    F1 is of dev, which also chose the epoch: the curve's shape is what it tells.
    """
    rows: list[dict[str, Any]] = []
    for share in sorted(config.curve):
        if not 0 < share <= 1:
            raise ConfigError(f"curve: {share} is no share; give numbers above 0, up to 1")
        chosen = [document for document in documents if random.Random(f"{config.seed} {article_of(document)}").random() < share]
        if not any(document.spans for document in chosen):
            raise ConfigError(f"curve: no span in a share of {share}; give larger ones")
        say(f"share {share:g}: {len(chosen)} documents")
        f1, _ = _train_and_score(config, chosen, dev, dev, config.workplace / f"share-{share:g}")
        rows.append(
            {"share": share, "documents": len(chosen), "spans": sum(len(d.spans) for d in chosen), "dev_f1": round(f1, 5)}
        )
    for row in rows:
        say(f"{row['documents']:6,} documents, {row['spans']:7,} spans: dev F1 {100 * row['dev_f1']:.2f}")
    picture = picture_of([(row["documents"], row["dev_f1"]) for row in rows], "training documents", "dev F1")
    write_atomically(config.workplace / "curve.svg", lambda path: path.write_text(picture, encoding="utf-8"))
    return _write_report(
        config.workplace / "curve.json", {"curve": rows, "config": dataclasses.asdict(config), "versions": versions()}
    )


def _train_and_score(
    config: TrainConfig, train: Sequence[Document], dev: Sequence[Document], test: Sequence[Document], work: Path
) -> tuple[float, float]:
    """Strict F1 on `test` and on `dev` of the best epoch; the weights are not kept."""
    model, tokenizer, record = fit(config, lambda: train, dev, work)
    tagger = TorchTagger(model, tokenizer, config.labels, window=config.window)
    f1 = span_f1(test, tagger.tag([document.text for document in test]))
    if is_main():
        shutil.rmtree(work)
    return f1, max(entry["dev_f1"] for entry in record["training"]["history"])


def _write_report(path: Path, report: Mapping[str, Any]) -> Path:
    write_atomically(
        path, lambda partial: partial.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    )
    return path


def run(config: TrainConfig, *, resume: bool = False) -> Path:
    """What the program does: survey, then train and export, cross-validate, or draw the learning curve.

    Returns the model directory, or the report that was written instead.
    """
    found = survey(config)

    def train() -> Iterator[Document]:
        return read_all(config, config.train)

    if config.folds:
        return cross_validate(config, list(train()), found.dev)
    if config.curve:
        return learning_curve(config, list(train()), found.dev)
    return finetune(config, train, found.dev, data=found.data, resume=resume)


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if not arguments or {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0 if arguments else 2
    resume = "--resume" in arguments
    arguments = [argument for argument in arguments if argument != "--resume"]
    unknown = next((argument for argument in arguments if argument.startswith("--")), None)
    warnings.showwarning = lambda message, *_, **__: print(f"warning: {message}", file=sys.stderr)
    try:
        if unknown or not arguments:
            raise ConfigError(
                f"{unknown or 'no config'}: usage: python -m claimml.train configs/NAME.toml [key=value ...] [--resume]"
            )
        result = run(read_config(TrainConfig, arguments[0], arguments[1:]), resume=resume)
    except ClaimmlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    leave()
    if is_main():
        print(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
