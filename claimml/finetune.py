"""Fine-tune an encoder on spans; `claimml.export` makes a directory of it that needs no torch.

Everything heavy (torch, transformers, datasets) is imported inside the functions that use it; without
those packages each raises `MissingExtra("train")`. `claimml.train` is the program.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import random
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimml.document import LABELS, Document, Span
from claimml.errors import ConfigError, MissingExtra
from claimml.export import (
    TorchTagger,
    export,
    is_main,
    light_tokenizer,
    quiet_loading,
    say,
    span_f1,
    whole_directory,
    write_atomically,
)
from claimml.model import glued, special_tokens, trimmed, windows
from claimml.tagging import encode, tag_names

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

# Settings --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TrainConfig:
    """Settings of one fine-tuning run; configs/mini.toml explains each."""

    encoder: str  # directory, or an id on the Hugging Face hub
    train: str | tuple[str, ...]  # files or folders in any format of claimml.corpus
    dev: str | tuple[str, ...]  # texts that choose the epoch, int8 or fp32, and the calibration
    output: str  # the model directory
    name: str = ""  # of the model; "": the output's last part
    work: str = ""  # where checkpoints and prepared windows lie; "": output + ".work"
    labels: tuple[str, ...] = LABELS
    texts: dict[str, str] = field(default_factory=dict)  # path of spans without texts -> folder of the texts
    auxiliary: dict[str, float] = field(default_factory=dict)  # corpus with labels of its own -> times it is read first
    augment: dict[str, float] = field(default_factory=dict)  # kind of `AUGMENTATIONS` -> share of the documents
    window: int = 128  # tokens that go through the network together
    tokens: int = 2000  # in a batch, padding included
    epochs: int = 12
    patience: int = 4  # epochs without a better dev F1 before the run stops
    rate: float = 1e-3  # peak learning rate of the top layer
    auxiliary_rate: float = 1e-3  # and in the stage on auxiliary corpora
    layer_decay: float = 0.85  # of the rate, from a layer to the one below
    head_rate: float = 2.0  # times the rate, for the new classifier
    warmup: float = 0.1  # share of the steps in which the rate rises; then it falls to nothing
    weight_decay: float = 0.05
    dropout: float = 0.1  # in the encoder and before the classifier
    clip: float = 1.0  # longest gradient
    label_smoothing: float = 0.0
    class_balance: float = 0.0  # a tag weighs its frequency to the power of minus this
    precision: str = "auto"  # bf16, fp32, or auto: bf16 where the hardware has it
    checkpoint_minutes: float = 10.0  # between checkpoints; one comes after each epoch anyhow
    prior: float = 0.0  # nats by which the tags of the rules are favoured at prediction; labels must be claimml's
    keep_fp32: bool = False  # leave model.fp32.onnx beside the int8 one
    seed: int = 1
    folds: int = 0  # instead of a model: cross-validate, articles whole, and report
    curve: tuple[float, ...] = ()  # instead of a model: train on these shares of the articles and report
    report_to: tuple[str, ...] = ()  # tensorboard, wandb
    licences: dict[str, str] = field(default_factory=dict)  # corpus -> its licence, for the card
    licence: str = ""  # of the model, for the card
    allow_leaks: bool = False  # train and dev may share articles (for trials; scores then mean nothing)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("window", 8, 8192), ("tokens", 8, 1e9), ("epochs", 1, 1e6), ("patience", 1, 1e6), ("layer_decay", 0.01, 1),
            ("warmup", 0, 1), ("dropout", 0, 0.9), ("label_smoothing", 0, 0.9), ("class_balance", 0, 2), ("clip", 1e-6, 1e6),
            ("rate", 0, 10), ("seed", 0, 2**31),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name}={getattr(self, name)} is out of range; give {low} to {high:g}")
        if self.tokens < self.window:
            raise ConfigError(f"tokens={self.tokens}: a batch must hold a window of {self.window} tokens; raise tokens")
        if self.precision not in ("auto", "bf16", "fp32"):
            raise ConfigError(f"precision={self.precision!r}: give auto, bf16 or fp32")
        if self.folds == 1 or self.folds < 0:
            raise ConfigError(f"folds={self.folds}: give 2 or more, or 0 for none")
        if len(set(self.labels)) < len(self.labels) or not self.labels:
            raise ConfigError(f"labels={list(self.labels)}: give each label once, and at least one")
        for kind, share in self.augment.items():
            if kind not in AUGMENTATIONS:
                raise ConfigError(f"augment.{kind}: no such kind; there are {', '.join(AUGMENTATIONS)}")
            if not 0 <= share <= 1:
                raise ConfigError(f"augment.{kind}={share}: a share is from 0 to 1")
        for path, times in self.auxiliary.items():
            if times <= 0:
                raise ConfigError(f"auxiliary: {path} = {times}; give how many times to read it, or remove it")

    @property
    def model_name(self) -> str:
        return self.name or Path(self.output).name

    @property
    def workplace(self) -> Path:
        return Path(self.work or f"{self.output}.work")


# Data ------------------------------------------------------------------------------------------------------


def _same_length(text: str, change: Callable[[str], str]) -> str:
    return "".join(new if len(new := change(character)) == 1 else character for character in text)


_ASCII = str.maketrans("“”„‘’‚–—−\u00a0", '"""\'\'`---\x20'.replace("`", "'"))


def lower(document: Document, seed: int) -> Document:
    """The document in small letters."""
    return dataclasses.replace(document, text=_same_length(document.text, str.lower))


def upper(document: Document, seed: int) -> Document:
    """The document in capitals."""
    return dataclasses.replace(document, text=_same_length(document.text, str.upper))


def title(document: Document, seed: int) -> Document:
    """The document with every word capitalised, as headlines are."""
    return dataclasses.replace(
        document, text=re.sub(r"(?<!\w)\w", lambda match: _same_length(match[0], str.upper), document.text)
    )


def ascii_marks(document: Document, seed: int) -> Document:
    """The document with straight quotation marks, hyphens for dashes and plain blanks."""
    return dataclasses.replace(document, text=document.text.translate(_ASCII))


def typos(document: Document, seed: int) -> Document:
    """The document with a slip in one word of twenty: an inner letter swapped, dropped or doubled."""
    rng = random.Random(f"{seed} {document.text}")
    pieces: list[str] = []
    moved = list(range(len(document.text) + 1))  # old border -> new border
    done = shift = 0
    for match in re.finditer(r"[^\W\d_]{4,}", document.text):
        if rng.random() >= 0.05:
            continue
        at = rng.randrange(match.start() + 1, match.end() - 2)
        left, right = document.text[at], document.text[at + 1]
        new = rng.choice((right + left, right, left + left + right))
        pieces += [document.text[done:at], new]
        moved[done : at + 1] = [border + shift for border in range(done, at + 1)]
        shift += len(new) - 2
        done = at + 2
        moved[at + 1] = at + 2 + shift  # inside a word: no span's border
    pieces.append(document.text[done:])
    moved[done:] = [border + shift for border in range(done, len(moved))]
    spans = tuple(dataclasses.replace(span, start=moved[span.start], end=moved[span.end]) for span in document.spans)
    return dataclasses.replace(document, text="".join(pieces), spans=spans)


AUGMENTATIONS: dict[str, Callable[[Document, int], Document]] = {
    "lower": lower,
    "upper": upper,
    "title": title,
    "ascii": ascii_marks,
    "typos": typos,
}


def augmented(documents: Iterable[Document], shares: Mapping[str, float], seed: int) -> Iterator[Document]:
    """The documents, and after each the changed copies that the shares ask for; the text and seed decide."""
    for document in documents:
        yield document
        for kind, share in shares.items():
            if random.Random(f"{seed} {kind} {document.text}").random() < share:
                copy = AUGMENTATIONS[kind](document, seed)
                if copy.text != document.text:
                    yield copy


@dataclass(frozen=True)
class Coverage:
    """How much of the gold a tokenizer can express; `examples` are some that it cannot."""

    documents: int
    spans: int
    lost: int
    windows: int
    tokens: int
    tags: tuple[int, ...]  # how often each tag is to be learnt
    examples: tuple[str, ...] = ()


def prepare(
    documents: Iterable[Document], tokenizer: Any, labels: Sequence[str], window: int, path: Path, *, task: int = 0
) -> tuple[Any, Coverage]:
    """Tokenise documents into the windows of prediction, as an Arrow file at `path` that is mapped, not loaded.

    Columns: input_ids, labels (-100 where nothing is learnt: special tokens, blanks, and tokens that
    another window reads), length, task. Gold that token borders cannot express, or that ends within a
    written word and so can never be decoded, is counted in the coverage.
    """
    try:
        import datasets
        from datasets.arrow_writer import ArrowWriter
    except ImportError as error:
        raise MissingExtra("train", error) from error
    light = light_tokenizer(tokenizer)
    before, behind = special_tokens(light)
    size = window - len(before) - len(behind)
    tags = tag_names(labels)
    index = {tag: i for i, tag in enumerate(tags)}
    counts = [0] * len(tags)
    seen = spans = lost = rows = tokens = 0
    examples: list[str] = []
    features = datasets.Features(
        {
            "input_ids": datasets.Sequence(datasets.Value("int32")),
            "labels": datasets.Sequence(datasets.Value("int16")),
            "length": datasets.Value("int32"),
            "task": datasets.Value("int16"),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with ArrowWriter(features=features, path=str(partial)) as writer:
        for document in documents:
            encoding = light.encode(document.text, add_special_tokens=False)
            offsets = [trimmed(document.text, start, end) for start, end in encoding.offsets]
            names, missed = encode(document.spans, offsets)
            missed = [*missed, *_within_words(document, offsets, missed)]
            seen, spans, lost = seen + 1, spans + len(document.spans), lost + len(missed)
            for span in missed[: 5 - len(examples)]:
                around = document.text[max(0, span.start - 10) : span.end + 10]
                examples.append(f"{document.id or 'a document'}: {document.text_of(span)!r} in {around!r}")
            targets = [index[name] if start < end else -100 for name, (start, end) in zip(names, offsets, strict=True)]
            for cut in windows(document.text, [start for start, _ in offsets], size):
                learnt = (
                    [-100] * (cut.keep_start - cut.start)
                    + targets[cut.keep_start : cut.keep_end]
                    + [-100] * (cut.end - cut.keep_end)
                )
                for target in learnt:
                    if target >= 0:
                        counts[target] += 1
                ids = [*before, *encoding.ids[cut.start : cut.end], *behind]
                writer.write(
                    {
                        "input_ids": ids,
                        "labels": [*[-100] * len(before), *learnt, *[-100] * len(behind)],
                        "length": len(ids),
                        "task": task,
                    }
                )
                rows, tokens = rows + 1, tokens + len(ids)
        writer.finalize()
    partial.replace(path)
    coverage = Coverage(seen, spans, lost, rows, tokens, tuple(counts), tuple(examples))
    return datasets.Dataset.from_file(str(path)), coverage


def _within_words(document: Document, offsets: Sequence[tuple[int, int]], missed: Sequence[Span]) -> list[Span]:
    """Spans that begin or end inside a written word: no valid path spells them."""
    real = [pair for pair in offsets if pair[0] < pair[1]]
    inner = {start for (start, _), joined in zip(real, glued(document.text, real), strict=True) if joined}
    return [span for span in document.spans if span not in missed and (span.start in inner or span.end in inner)]


class LengthBatches:
    """Batches of rows of similar length and one task, at most `tokens` with padding, in an order of each epoch.

    Every epoch has as many batches as the first, so that a step's number tells its epoch. `world`
    processes share a batch; each takes every `world`-th row from its `rank` on.
    """

    def __init__(self, lengths: Array, tasks: Array, tokens: int, *, seed: int, rank: int = 0, world: int = 1) -> None:
        self.epoch = 0
        self._lengths, self._tasks, self._tokens = lengths, tasks, tokens
        self._seed, self._rank, self._world = seed, rank, world
        # Sorting within chunks of about fifty batches keeps lengths alike and company changing.
        self._chunk = max(1024, 50 * tokens // max(1, int(lengths.mean())))
        self._count = len(self._cut(0))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[list[int]]:
        for batch in self.batches(self.epoch):
            yield batch[self._rank :: self._world]

    def batches(self, epoch: int) -> list[list[int]]:
        """The batches of all processes together."""
        batches = self._cut(epoch)
        while len(batches) > self._count:
            batches.sort(key=len)
            first = batches.pop(0)
            partner = next((b for b in batches if self._tasks[b[0]] == self._tasks[first[0]]), batches[0])
            partner.extend(first)
        while len(batches) < self._count:
            largest = max(batches, key=len)
            half = len(largest) // 2
            batches.append(largest[half:])
            del largest[half:]
        random.Random(f"{self._seed} {epoch}").shuffle(batches)
        return [batch if len(batch) >= self._world else (batch * self._world)[: self._world] for batch in batches]

    def _cut(self, epoch: int) -> list[list[int]]:
        import numpy as np

        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._lengths))
        batches: list[list[int]] = []
        for begin in range(0, len(order), self._chunk):
            chunk = order[begin : begin + self._chunk]
            chunk = chunk[np.lexsort((self._lengths[chunk], self._tasks[chunk]))]
            current: list[int] = []
            for row in chunk.tolist():
                other = current and self._tasks[current[0]] != self._tasks[row]
                full = len(current) >= self._world and (len(current) + 1) * self._lengths[row] > self._tokens
                if other or full:
                    batches.append(current)
                    current = []
                current.append(row)
            if current:
                batches.append(current)
        return batches


def collate(rows: Sequence[Mapping[str, Any]], padding: int, multiple: int = 1) -> dict[str, Any]:
    """Rows as tensors (rows, length), padded to the longest of them (to a multiple of `multiple`)."""
    import torch

    longest = -(-max(len(row["input_ids"]) for row in rows) // multiple) * multiple
    ids = torch.full((len(rows), longest), padding)
    mask = torch.zeros_like(ids)
    labels = torch.full_like(ids, -100)
    for i, row in enumerate(rows):
        length = len(row["input_ids"])
        ids[i, :length] = torch.tensor(row["input_ids"])
        labels[i, :length] = torch.tensor(row["labels"])
        mask[i, :length] = 1
    return {"input_ids": ids, "attention_mask": mask, "labels": labels, "task": torch.tensor(rows[0]["task"])}


# Training --------------------------------------------------------------------------------------------------


def finetune(
    config: TrainConfig,
    train: Callable[[], Iterable[Document]],
    dev: Sequence[Document],
    *,
    data: Sequence[Mapping[str, Any]] = (),
    resume: bool = False,
) -> Path:
    """Train, keep the best epoch, export; returns the model directory. With `resume`, from the last checkpoint.

    `train` opens the training documents anew each time it is called; `data` describes the corpora, a
    row each, for report and card.
    """
    model, tokenizer, record = fit(config, train, dev, config.workplace, resume=resume)
    if is_main():
        from accelerate.utils import extract_model_from_parallel

        # Training in bf16 leaves its casts wrapped around `forward`; what is exported is the network itself.
        model = extract_model_from_parallel(model, keep_fp32_wrapper=False)
        export(
            model,
            tokenizer,
            config.output,
            dev=dev,
            labels=config.labels,
            window=config.window,
            name=config.model_name,
            prior=config.prior,
            keep_fp32=config.keep_fp32,
            record=record | {"data": list(data), "licence": config.licence},
        )
    return Path(config.output)


def leave() -> None:
    """End what torchrun began: wait for the other processes, then close the connections; alone, nothing."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.distributed.is_available() or not torch.distributed.is_initialized():
        return
    import gc

    gc.collect()  # a network wrapped for distributed training must be gone before its connections
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


def fit(
    config: TrainConfig,
    train: Callable[[], Iterable[Document]],
    dev: Sequence[Document],
    work: Path,
    *,
    resume: bool = False,
) -> tuple[Any, Any, dict[str, Any]]:
    """The best epoch's model, its tokenizer, and the record of the run.

    `train` opens the training documents anew each time it is called. `work` takes prepared windows and
    checkpoints. Two runs with one seed on the same CPU, interrupted or not, end with the same weights.
    """
    try:
        import datasets
        import torch
        import transformers
        from transformers import TrainingArguments
    except ImportError as error:
        raise MissingExtra("train", error) from error
    transformers.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    bf16 = config.precision == "bf16" or (config.precision == "auto" and _has_bf16())
    arguments = functools.partial(
        TrainingArguments,
        per_device_train_batch_size=1,
        max_grad_norm=config.clip,
        bf16=bf16,
        use_cpu=not torch.cuda.is_available(),
        save_strategy="no",
        logging_strategy="steps",
        logging_steps=25,
        disable_tqdm=not sys.stderr.isatty(),
        remove_unused_columns=False,
        seed=config.seed,
        report_to=list(config.report_to) or "none",
        run_name=config.model_name,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    with arguments(output_dir=str(work)).main_process_first():
        work.mkdir(parents=True, exist_ok=True)
        if not resume and is_main():
            for old in [*work.glob("checkpoint-*"), *work.glob("auxiliary/checkpoint-*")]:
                shutil.rmtree(old)
            for old in [*work.glob("*.safetensors"), *work.glob("auxiliary/*.safetensors")]:
                old.unlink()
    torch.manual_seed(config.seed)
    model, tokenizer = load_encoder(config)
    longest = getattr(model.config, "max_position_embeddings", config.window)
    if getattr(model.config, "model_type", "") in ("roberta", "xlm-roberta", "camembert"):
        longest -= 2  # their positions are counted from behind the padding's
    if config.window > longest:
        raise ConfigError(f"window={config.window}: {config.encoder} has positions for {longest} tokens; set window={longest}")
    parameters = sum(parameter.numel() for parameter in model.parameters())
    # Two checkpoints with Adam's two moments while one replaces the other, the best, and two exports.
    require_space(work, 4 * parameters * 12)
    stage = functools.partial(_run_stage, config, model, tokenizer, arguments=arguments, resume=resume)
    auxiliary = _auxiliary_stage(config, model, tokenizer, stage, work / "auxiliary") if config.auxiliary else None
    with arguments(output_dir=str(work)).main_process_first():
        data, coverage = prepare(
            augmented(train(), config.augment, config.seed),
            tokenizer,
            config.labels,
            config.window,
            work / _own("windows.arrow"),
        )
    if not coverage.windows:
        raise ConfigError("train: not one token to learn from; check the files")
    say(
        f"{coverage.documents:,} documents (copies with them), {coverage.spans:,} spans, {coverage.windows:,} windows, "
        f"{coverage.tokens:,} tokens; {coverage.lost} spans lost to the tokenizer"
        + "".join(f"\n  lost {example}" for example in coverage.examples)
    )
    tagger = TorchTagger(model, tokenizer, config.labels, window=config.window)
    texts = [document.text for document in dev]
    began = time.monotonic()
    history = stage(
        network=model,
        data=data,
        work=work,
        epochs=config.epochs,
        rate=config.rate,
        weights=_class_weights(coverage.tags, config.class_balance),
        evaluate=lambda: span_f1(dev, tagger.tag(texts)),
    )
    record: dict[str, Any] = {
        "config": dataclasses.asdict(config),
        "training": {
            "seconds_of_last_run": round(time.monotonic() - began),
            "device": "cuda" if torch.cuda.is_available() else "cpu",
            "precision": "bf16" if bf16 else "fp32",
            "processes": _world()[1],
            "coverage": dataclasses.asdict(coverage),
            "history": history,
        },
    }
    if auxiliary is not None:
        record["training"]["auxiliary"] = auxiliary
    return model, tokenizer, record


def _own(name: str) -> str:
    """A file's name for this process alone."""
    rank = _world()[0]
    return name if rank == 0 else f"{rank}-{name}"


def _world() -> tuple[int, int]:
    """Rank and number of the processes that train together."""
    import os

    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


def _has_bf16() -> bool:
    """Whether bf16 products are done in hardware."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return any(flag in _cpu_flags() for flag in ("avx512_bf16", "amx_bf16", "bf16"))


def _cpu_flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.startswith(("flags", "Features")) for flag in line.partition(":")[2].split()}


def require_space(path: Path, need: int) -> None:
    """`ConfigError` where the disk of `path` has less than `need` bytes left."""
    free = shutil.disk_usage(path).free
    if free < need:
        raise ConfigError(
            f"{path}: {free / 1e9:.1f} GB free, and this run may need {need / 1e9:.1f} GB; "
            "free some, or set work and output elsewhere"
        )


def load_encoder(config: TrainConfig) -> tuple[Any, Any]:
    """A token classifier over the encoder, its classifier new, and the tokenizer."""
    from transformers import AutoConfig, AutoModelForTokenClassification, AutoTokenizer

    tags = tag_names(config.labels)
    try:
        settings = AutoConfig.from_pretrained(config.encoder)
        tokenizer = AutoTokenizer.from_pretrained(config.encoder, use_fast=True)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"encoder: {config.encoder} is neither a directory with config.json and tokenizer nor a model that the hub gives "
            f"({str(error).splitlines()[0]})"
        ) from None
    settings.num_labels = len(tags)
    settings.id2label = dict(enumerate(tags))
    settings.label2id = {tag: i for i, tag in enumerate(tags)}
    for name in (
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
        "embedding_dropout",
        "attention_dropout",
        "mlp_dropout",
        "classifier_dropout",
    ):
        if hasattr(settings, name):
            setattr(settings, name, config.dropout)
    import torch

    with quiet_loading():
        # A tagger may be the encoder of another: where its labels are not ours, its classifier is replaced.
        model = AutoModelForTokenClassification.from_pretrained(
            config.encoder, config=settings, dtype=torch.float32, attn_implementation="sdpa", ignore_mismatched_sizes=True
        )
    return model, tokenizer


def _class_weights(counts: Sequence[int], power: float) -> list[float] | None:
    """A weight for each tag, its frequency to the power of -`power`, mean 1 over the tokens; None for no weights."""
    if not power:
        return None
    total = sum(counts)
    raw = [(max(1, count) / total) ** -power for count in counts]
    mean = sum(weight * count for weight, count in zip(raw, counts, strict=True)) / total
    return [weight / mean for weight in raw]


def _auxiliary_stage(config: TrainConfig, model: Any, tokenizer: Any, stage: Any, work: Path) -> dict[str, Any]:
    """Train the encoder on corpora with other labels, a head for each, before the final head sees it."""
    import datasets
    import torch
    from safetensors.torch import load_file, save_file

    from claimml import corpus

    def labels_in(path: str) -> tuple[str, ...]:
        found = sorted({span.label for document in corpus.read(path, texts=config.texts.get(path)) for span in document.spans})
        if not found:
            raise ConfigError(f"auxiliary: {path} has no span; remove it")
        return tuple(found)

    work.mkdir(parents=True, exist_ok=True)
    names = {path: labels_in(path) for path in config.auxiliary}
    record: dict[str, Any] = {path: {"labels": list(labels), "times": config.auxiliary[path]} for path, labels in names.items()}
    done = work / "encoder.safetensors"
    if done.exists():
        model.base_model.load_state_dict(load_file(done))
        return record
    parts = []
    for task, (path, times) in enumerate(config.auxiliary.items()):
        documents = _times(corpus.read(path, texts=config.texts.get(path)), times, config.seed)
        data, coverage = prepare(
            documents, tokenizer, names[path], config.window, work / _own(f"windows-{task}.arrow"), task=task
        )
        say(
            f"auxiliary {path}: {coverage.documents:,} documents, {coverage.spans:,} spans, {coverage.lost} lost, "
            f"labels {', '.join(names[path])}"
        )
        record[path] |= {"documents": coverage.documents, "spans": coverage.spans, "lost": coverage.lost}
        parts.append(data)

    class Heads(torch.nn.Module):  # type: ignore[misc]
        """The encoder with a classifier for each corpus; a batch is of one corpus."""

        def __init__(self) -> None:
            super().__init__()
            width = model.config.hidden_size
            self.encoder = model.base_model
            self.dropout = torch.nn.Dropout(config.dropout)
            self.classifiers = torch.nn.ModuleList(torch.nn.Linear(width, len(tag_names(labels))) for labels in names.values())

        def forward(self, input_ids: Any, attention_mask: Any, task: Any) -> Any:
            states = self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]
            logits = self.classifiers[int(task)](self.dropout(states))
            # Distributed gradients wait for every parameter: the other heads take part with nothing.
            nothing = sum(parameter.sum() for parameter in self.classifiers.parameters()) * 0.0
            return (logits + nothing,)

    torch.manual_seed(config.seed + 1)
    record_of_stage = stage(
        network=Heads(), data=datasets.concatenate_datasets(parts), work=work, epochs=1, rate=config.auxiliary_rate
    )
    if is_main():
        tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in model.base_model.state_dict().items()}
        write_atomically(done, lambda path: save_file(tensors, path))
    return record | {"history": record_of_stage}


def _times(documents: Iterable[Document], times: float, seed: int) -> Iterator[Document]:
    """Each document `times` over; of a fraction, those that text and seed choose."""
    for document in documents:
        for _ in range(int(times) + (random.Random(f"{seed} {document.text}").random() < times % 1)):
            yield document


def _parameter_groups(network: Any, rate: float, config: TrainConfig) -> list[dict[str, Any]]:
    """Parameters with the learning rate of their depth: the embeddings lowest, new classifiers highest."""
    depths = {}
    for name, _ in network.named_parameters():
        layer = re.search(r"\b(?:layers?|h|blocks?)\.(\d+)\.", name)
        depths[name] = int(layer[1]) + 1 if layer else 0 if "embed" in name else None
    top = max((depth for depth in depths.values() if depth is not None), default=0) + 1
    groups: dict[tuple[float, float], list[Any]] = {}
    for name, parameter in network.named_parameters():
        depth = depths[name]
        own = rate * config.layer_decay ** (top - (top if depth is None else depth))
        if "classifier" in name:
            own *= config.head_rate
        groups.setdefault((own, config.weight_decay if parameter.ndim > 1 else 0.0), []).append(parameter)
    return [{"params": members, "lr": own, "weight_decay": decay} for (own, decay), members in groups.items()]


def _run_stage(
    config: TrainConfig,
    model: Any,
    tokenizer: Any,
    *,
    network: Any,
    data: Any,
    work: Path,
    epochs: int,
    rate: float,
    arguments: Any,
    resume: bool,
    weights: list[float] | None = None,
    evaluate: Callable[[], float] | None = None,
) -> list[dict[str, Any]]:
    """Train `network` in place on `data`; with `evaluate`, stop early and leave the best epoch's weights in it.

    transformers' Trainer runs the loop. What a step does depends on the seed and its number alone (its
    batch, its dropout), so a checkpoint needs only weights, moments and numbers: no pickle.
    """
    import numpy as np
    import torch
    from safetensors.torch import load_file, save_file
    from transformers import PrinterCallback, Trainer, TrainerCallback

    rank, world = _world()
    lengths, tasks = np.asarray(data["length"]), np.asarray(data["task"])
    batches = LengthBatches(lengths, tasks, config.tokens, seed=config.seed, rank=rank, world=world)
    settings = arguments(output_dir=str(work), num_train_epochs=epochs)
    loss_weights = None if weights is None else torch.tensor(weights, device=settings.device)
    steps = epochs * len(batches)
    rising = max(1, round(config.warmup * steps))
    progress = Progress(_fingerprint(config, data, world))

    class BucketTrainer(Trainer):  # type: ignore[misc]
        def get_train_dataloader(self) -> Any:
            return torch.utils.data.DataLoader(
                data,
                batch_sampler=batches,
                collate_fn=functools.partial(
                    collate, padding=tokenizer.pad_token_id or 0, multiple=8 if torch.cuda.is_available() else 1
                ),
                generator=torch.Generator(),
            )

        def compute_loss(
            self, network: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            labels = inputs["labels"].flatten()
            feeds = {key: inputs[key] for key in ("input_ids", "attention_mask")}
            output = network(**feeds, task=inputs["task"]) if network_takes_task else network(**feeds)
            logits = output[0] if isinstance(output, tuple) else output.logits
            total = torch.nn.functional.cross_entropy(
                logits.float().flatten(0, 1),
                labels,
                weight=loss_weights,
                ignore_index=-100,
                label_smoothing=config.label_smoothing,
                reduction="sum",
            )
            counted = labels[labels >= 0]
            weight = (
                loss_weights[counted].sum()
                if loss_weights is not None
                else torch.tensor(float(len(counted)), device=total.device)
            )
            if world > 1:
                # The mean over the tokens of all processes; gradients are averaged over the processes later.
                torch.distributed.all_reduce(weight)
            loss = total * world / weight.clamp_min(1.0)
            progress.tokens += inputs["attention_mask"].numel() * world
            progress.losses.append(loss.detach())
            return loss

    network_takes_task = network is not model

    class Watch(TrainerCallback):  # type: ignore[misc]
        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            batches.epoch = state.global_step // len(batches)
            progress.epoch_began = time.monotonic()
            progress.tokens = 0
            progress.losses = []

        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            torch.manual_seed((config.seed * 1_000_003 + state.global_step) * world + rank)

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            within = state.global_step % len(batches) != 0
            if within and world == 1 and time.monotonic() - progress.saved > 60 * config.checkpoint_minutes:
                save(state)

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            if logs and "loss" in logs and rank == 0 and time.monotonic() - progress.said > 30:
                left = (time.monotonic() - progress.began) / (state.global_step - progress.first) * (steps - state.global_step)
                say(f"step {state.global_step} of {steps}, loss {float(logs['loss']):.4f}, {left / 60:.0f} min left")
                progress.said = time.monotonic()

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            epoch = state.global_step // len(batches)
            seconds = time.monotonic() - progress.epoch_began
            loss = float(torch.stack(progress.losses).mean())
            entry: dict[str, Any] = {"epoch": epoch, "step": state.global_step, "loss": round(loss, 5)}
            entry |= {"seconds": round(seconds, 1), "tokens_per_second": round(progress.tokens / max(seconds, 1e-9))}
            if evaluate is not None:
                score = _from_main(evaluate) if world > 1 else evaluate()
                entry["dev_f1"] = round(score, 5)
                trainer.log({"dev_f1": score})
                if score > progress.best:
                    progress.last_rise = epoch
                elif epoch - progress.last_rise >= config.patience:
                    progress.stopped = control.should_training_stop = True
                # Of epochs that score alike the later one is kept: its rate was lower.
                if score >= progress.best:
                    progress.best, progress.best_epoch = score, epoch
                    if rank == 0:
                        write_atomically(work / "best.safetensors", lambda path: save_file(_tensors(network), path))
            progress.history.append(entry)
            if rank == 0:
                dev = (
                    f", dev F1 {100 * entry['dev_f1']:.2f} (best {100 * progress.best:.2f} in epoch {progress.best_epoch})"
                    if evaluate
                    else ""
                )
                say(
                    f"epoch {epoch} of {epochs}: loss {entry['loss']:.4f}{dev}, "
                    f"{entry['tokens_per_second']:,} tokens/s, {seconds:.0f} s"
                )
            save(state)

    def save(state: Any) -> None:
        progress.saved = time.monotonic()
        if rank == 0:
            _write_checkpoint(work, network, optimizer, scheduler, state, progress)
        if world > 1:
            torch.distributed.barrier()

    network.to(settings.device)
    optimizer = torch.optim.AdamW(_parameter_groups(network, rate, config), betas=(0.9, 0.98), eps=1e-8)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))
    )
    checkpoint = latest_checkpoint(work) if resume else None
    trainer = BucketTrainer(
        model=network, args=settings, train_dataset=data, optimizers=(optimizer, scheduler), callbacks=[Watch()]
    )
    trainer.remove_callback(PrinterCallback)
    if checkpoint is not None:
        _read_checkpoint(checkpoint, optimizer, scheduler, progress)
        progress.first = int(checkpoint.name.rpartition("-")[2])
        say(f"going on from {checkpoint}")
    if not progress.stopped and progress.first < steps:
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    if rank == 0:
        last = latest_checkpoint(work)
        assert last is not None, "the end of every epoch leaves a checkpoint"
        network.load_state_dict(load_file(last / "model.safetensors" if evaluate is None else work / "best.safetensors"))
    if world > 1:
        for tensor in network.state_dict().values():
            torch.distributed.broadcast(tensor, 0)
    return progress.history


@dataclass
class Progress:
    """Where a run stands, kept with its checkpoints."""

    fingerprint: str
    best: float = -1.0
    best_epoch: int = 0
    last_rise: int = 0
    stopped: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)
    # of this process alone
    first: int = 0
    tokens: int = 0
    losses: list[Any] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    epoch_began: float = field(default_factory=time.monotonic)
    saved: float = field(default_factory=time.monotonic)
    said: float = field(default_factory=time.monotonic)

    KEPT = ("fingerprint", "best", "best_epoch", "last_rise", "stopped", "history")


def _from_main(evaluate: Callable[[], float]) -> float:
    """The first process's figure, in all of them: they must stop together."""
    import torch

    device = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
    score = torch.tensor([evaluate() if is_main() else 0.0], dtype=torch.float64, device=device)
    torch.distributed.broadcast(score, 0)
    return float(score.item())


def _fingerprint(config: TrainConfig, data: Any, world: int) -> str:
    """What must not change between a checkpoint and the run that goes on with it."""
    free = {"train", "dev", "output", "name", "work", "texts", "patience", "checkpoint_minutes", "keep_fp32", "prior"}
    free |= {"folds", "curve", "report_to", "licences", "licence", "allow_leaks"}
    names = [entry.name for entry in dataclasses.fields(config) if entry.name not in free]
    content = hashlib.sha256(repr((world, [(name, getattr(config, name)) for name in names])).encode())
    for batch in data.data.to_batches():
        for column in batch.columns:
            for buffer in column.buffers():
                if buffer is not None:
                    content.update(buffer)
    return content.hexdigest()


def _tensors(network: Any) -> dict[str, Any]:
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in network.state_dict().items()}


def latest_checkpoint(work: Path) -> Path | None:
    """The newest whole checkpoint of a run, None where there is none."""
    found = [path for path in work.glob("checkpoint-*") if path.name.rpartition("-")[2].isdigit()]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _write_checkpoint(work: Path, network: Any, optimizer: Any, scheduler: Any, state: Any, progress: Progress) -> None:
    """A directory checkpoint-STEP, whole or absent; older ones go."""
    import torch
    from safetensors.torch import save_file

    target = work / f"checkpoint-{state.global_step}"
    with whole_directory(target) as partial:
        save_file(_tensors(network), partial / "model.safetensors")
        moments = {
            f"{index}.{key}": torch.as_tensor(value).detach().cpu().contiguous().clone()
            for index, values in optimizer.state_dict()["state"].items()
            for key, value in values.items()
        }
        save_file(moments, partial / "optimizer.safetensors")
        state.save_to_json(str(partial / "trainer_state.json"))
        kept = {name: getattr(progress, name) for name in Progress.KEPT} | {"scheduler": scheduler.state_dict()}
        (partial / "progress.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    # With them what a killed run left half written.
    for old in [*work.glob("checkpoint-*"), *work.glob(".checkpoint-*")]:
        if old != target:
            shutil.rmtree(old)


def _read_checkpoint(checkpoint: Path, optimizer: Any, scheduler: Any, progress: Progress) -> None:
    """Moments, rates and numbers; the Trainer reads the weights and its own state itself."""
    from safetensors.torch import load_file

    kept = json.loads((checkpoint / "progress.json").read_text(encoding="utf-8"))
    if kept["fingerprint"] != progress.fingerprint:
        raise ConfigError(f"{checkpoint}: made with other settings or data; restore them, or leave --resume out to start anew")
    for name in Progress.KEPT:
        setattr(progress, name, kept[name])
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in load_file(checkpoint / "optimizer.safetensors").items():
        index, _, key = name.partition(".")
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    scheduler.load_state_dict(kept["scheduler"])
    for group, rate in zip(optimizer.param_groups, scheduler.get_last_lr(), strict=True):
        group["lr"] = rate
