"""Fine-tune an encoder on spans, and export it as a directory that needs no torch.

Everything heavy (torch, transformers, datasets, onnx, scikit-learn) is imported here and in `pretrain`
alone, inside the functions that use it; without those packages each raises `MissingExtra("train")`.
`claimml.train` is the program.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimml.document import LABELS, Document, Span
from claimml.errors import ConfigError, MissingExtra, ModelError
from claimml.model import FORMAT, Job, OnnxTagger, special_tokens, tag_windows, trimmed, windows
from claimml.tagging import encode, tag_names

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

TOLERANCE = 1e-3  # most that an ONNX logit may differ from torch's, in fp32
LARGEST_LOSS = 0.005  # of dev F1 that int8 may cost
BATCH_TOKENS = 4096  # tokens in a batch of windows at prediction


def say(text: str) -> None:
    """A line for whoever watches the run."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


# Prediction ------------------------------------------------------------------------------------------------


class TorchTagger:
    """A tagger from a torch token classifier: the same windows and the same decoding as `OnnxTagger`.

    `window` counts the tokens of a window with the special ones. Raises `ModelError` where the model
    scores another number of tags than `labels` make.
    """

    def __init__(self, model: Any, tokenizer: Any, labels: Sequence[str], *, window: int = 128, name: str = "torch") -> None:
        self.name = name
        self.labels = tuple(labels)
        self.model = model
        self._tags = tag_names(self.labels)
        self._tokenizer = light_tokenizer(tokenizer)
        self._start, self._end = special_tokens(self._tokenizer)
        self._size = window - len(self._start) - len(self._end)
        self._padding = tokenizer.pad_token_id or 0
        if model.config.num_labels != len(self._tags):
            raise ModelError(f"{len(self.labels)} labels make {len(self._tags)} tags, but the model scores {model.config.num_labels}")

    def tag(self, texts: Sequence[str]) -> list[Document]:
        """One document a text, in order."""
        return tag_windows(texts, self._tokenizer, self._size, self._tags, self.run, name=self.name)

    def run(self, jobs: list[Job]) -> list[Array]:
        """(tokens, tags) logits of each window, computed in fp32 in batches of similar length."""
        import torch

        device = next(self.model.parameters()).device
        was_training = self.model.training
        self.model.eval()
        results: dict[int, Array] = {}
        order = sorted(range(len(jobs)), key=lambda i: jobs[i][1].end - jobs[i][1].start)
        with torch.no_grad():
            while order:
                longest = jobs[order[-1]][1].end - jobs[order[-1]][1].start + len(self._start) + len(self._end)
                count = max(1, BATCH_TOKENS // longest)
                order, batch = order[:-count], order[-count:]
                ids = torch.full((len(batch), longest), self._padding)
                mask = torch.zeros_like(ids)
                for row, i in enumerate(batch):
                    encoding, window = jobs[i]
                    tokens = [*self._start, *encoding.ids[window.start : window.end], *self._end]
                    ids[row, : len(tokens)] = torch.tensor(tokens)
                    mask[row, : len(tokens)] = 1
                logits = self.model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits.float().cpu().numpy()
                for row, i in enumerate(batch):
                    window = jobs[i][1]
                    results[i] = logits[row, len(self._start) : len(self._start) + window.end - window.start]
        self.model.train(was_training)
        return [results[i] for i in range(len(jobs))]


def light_tokenizer(tokenizer: Any) -> Any:
    """The tokenizer of the tokenizers library within one of transformers, without padding or truncation."""
    from tokenizers import Tokenizer

    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise ModelError(
            f"{type(tokenizer).__name__} gives no character offsets; use an encoder with a tokenizer.json (a fast tokenizer)"
        )
    light = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    light.no_padding()
    light.no_truncation()
    return light


def span_f1(gold: Iterable[Document], predicted: Iterable[Document]) -> float:
    """Strict micro F1 of spans, from 0 to 1: label and both borders right."""
    correct = total = 0
    for right, answer in zip(gold, predicted, strict=True):
        correct += len(set(right.spans) & set(answer.spans))
        total += len(right.spans) + len(answer.spans)
    return 2 * correct / total if total else 0.0


# Export ----------------------------------------------------------------------------------------------------


def export(
    model: Any,
    tokenizer: Any,
    directory: str | Path,
    *,
    dev: Sequence[Document],
    labels: Sequence[str] | None = None,
    window: int = 128,
    name: str | None = None,
    keep_fp32: bool = False,
    record: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write a model directory that `claimml.load` opens without torch; returns its report.

    `model` is any token classifier of transformers whose tags stand in the order of `tag_names(labels)`
    (`labels` by default as its config names them), `tokenizer` its fast tokenizer. Real text decides
    what ships: `dev` documents hold torch against ONNX (refused where a logit differs by more than
    `TOLERANCE`), fp32 against int8 (int8 ships where it costs less than `LARGEST_LOSS` of F1), and fit
    the calibration of the scores. `record` of the training goes into report.json and the card. The
    directory appears whole or not at all; one of the same name is replaced.
    """
    try:
        import onnx  # noqa: F401
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtra("train", error) from error
    directory = Path(directory)
    labels = tuple(labels) if labels is not None else labels_of(model)
    tags = tag_names(labels)
    if not dev:
        raise ModelError(f"{directory}: an export needs dev documents, to check the model on real text; give some")
    if model.config.num_labels != len(tags):
        raise ModelError(f"{len(labels)} labels make {len(tags)} tags, but the model scores {model.config.num_labels}")
    if directory.exists() and not (directory / "manifest.json").exists() and any(directory.iterdir()):
        raise ModelError(f"{directory}: is there, and no model; choose another output or remove it")
    model = model.eval()
    model.config.id2label = dict(enumerate(tags))
    model.config.label2id = {tag: i for i, tag in enumerate(tags)}
    with _whole_directory(directory) as staging:
        model.to("cpu").save_pretrained(staging)
        tokenizer.model_max_length = window
        tokenizer.save_pretrained(staging)
        light_tokenizer(tokenizer).save(str(staging / "tokenizer.json"))
        manifest = {"format": FORMAT, "name": name or directory.name, "labels": list(labels), "window": window}
        manifest["calibration"] = {"scale": 1.0, "shift": 0.0}
        fp32, int8 = staging / "model.fp32.onnx", staging / "model.int8.onnx"
        say("exporting to ONNX")
        _export_onnx(model, fp32)
        difference = _parity(TorchTagger(model, tokenizer, labels, window=window), fp32, [document.text for document in dev])
        if not difference <= TOLERANCE:
            raise ModelError(f"{directory}: ONNX and torch logits differ by {difference:.2g} (at most {TOLERANCE}); not exported")
        _quantize(fp32, int8)
        scores, speeds, answers = {}, {}, {}
        for kind, path in (("fp32", fp32), ("int8", int8)):
            tagger = _open(staging, manifest, path)
            tagger.tag([document.text for document in dev[:4]])
            began = time.perf_counter()
            answers[kind] = tagger.tag([document.text for document in dev])
            speeds[kind] = sum(len(document.text.split()) for document in dev) / (time.perf_counter() - began)
            scores[kind] = span_f1(dev, answers[kind])
        kind = "int8" if scores["fp32"] - scores["int8"] < LARGEST_LOSS else "fp32"
        say(f"dev F1 {100 * scores['fp32']:.2f} in fp32, {100 * scores['int8']:.2f} in int8: {kind} ships")
        calibration = calibrate(dev, answers[kind])
        manifest["calibration"] = {key: calibration[key] for key in ("scale", "shift")}
        tagger = _open(staging, manifest, int8 if kind == "int8" else fp32)
        report: dict[str, Any] = {
            "name": manifest["name"],
            "labels": list(labels),
            "dev": _dev_report(dev, tagger.tag([document.text for document in dev])),
            "export": {
                "shipped": kind,
                "dev_f1": {k: round(v, 5) for k, v in scores.items()},
                "words_per_second": {k: round(v) for k, v in speeds.items()},
                "bytes": {"fp32": fp32.stat().st_size, "int8": int8.stat().st_size},
                "largest_difference_to_torch": difference,
                "threads": tagger.threads,
            },
            "calibration": calibration,
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "versions": versions(),
        } | (record or {})
        int8.unlink()
        if not keep_fp32 or kind == "fp32":
            fp32.unlink()
        (staging / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        manifest["sha256"] |= {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(staging.iterdir())
            if path.suffix in (".onnx", ".safetensors")
        }
        _write_manifest(staging, manifest)
        (staging / "README.md").write_text(card(report, manifest), encoding="utf-8")
    say(f"{directory}: {directory.stat() and sum(p.stat().st_size for p in directory.iterdir()) / 1e6:.1f} MB, open it with claimml.load")
    return report


def labels_of(model: Any) -> tuple[str, ...]:
    """The labels that a token classifier's config names, in order; `ModelError` where it names none."""
    names = [model.config.id2label[i] for i in range(model.config.num_labels)]
    labels = tuple(dict.fromkeys(name[2:] for name in names if name[:2] == "B-"))
    if names != tag_names(labels):
        raise ModelError(f"the model's tags are {', '.join(names)}, not {', '.join(tag_names(labels)) or 'BIO'}; give labels=...")
    return labels


@contextlib.contextmanager
def _whole_directory(directory: Path) -> Iterator[Path]:
    """A directory that takes the place of `directory` when all is written, and leaves no trace when it is not."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    staging = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        yield staging
        old = directory.with_name(f".{directory.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if directory.exists():
            directory.rename(old)
        staging.rename(directory)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _export_onnx(model: Any, path: Path) -> None:
    """The network as ONNX in fp32: input_ids, attention_mask (batch, length) -> logits (batch, length, tags)."""
    import logging

    import torch

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    size = min(32, model.config.vocab_size)
    ids = torch.arange(2 * 12).reshape(2, 12) % size
    mask = torch.ones_like(ids)
    mask[1, 9:] = 0
    axes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    noise = logging.getLogger("torch.onnx")
    level = noise.level
    noise.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Logits().eval(),
                (ids, mask),
                str(path),
                input_names=["input_ids", "attention_mask"],
                output_names=["logits"],
                dynamic_shapes=(axes, axes),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    finally:
        noise.setLevel(level)
    # What onnxruntime fuses when it opens a model it may as well fuse once; quantised matrices then fuse with it.
    _optimize(path)


def _optimize(path: Path) -> None:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.log_severity_level = 3
    partial = path.with_suffix(".optimized")
    options.optimized_model_filepath = str(partial)
    onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    partial.replace(path)


def _parity(tagger: TorchTagger, path: Path, texts: Sequence[str]) -> float:
    """The largest difference between a torch and an ONNX logit on windows of these texts, alone and in batches."""
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    jobs: list[Job] = []

    def collect(more: list[Job]) -> list[Array]:
        chosen = more[:: max(1, len(more) // 64)][:64]
        jobs.extend(chosen)
        return tagger.run(more)

    tag_windows(texts[:64], tagger._tokenizer, tagger._size, tagger._tags, collect)
    worst = 0.0
    for (encoding, window), reference in zip(jobs, tagger.run(jobs), strict=True):
        ids = np.array([[*tagger._start, *encoding.ids[window.start : window.end], *tagger._end]], dtype=np.int64)
        logits = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]
        inside = logits[len(tagger._start) : len(tagger._start) + len(reference)]
        worst = max(worst, float(np.abs(inside - reference).max()))
    return worst


def _quantize(source: Path, target: Path) -> None:
    """int8 weights, a scale for each output channel; activations are scaled as they come. Embeddings too."""
    import logging

    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        quantize_dynamic(
            source,
            target,
            per_channel=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )
    finally:
        root.setLevel(level)


def _write_manifest(directory: Path, manifest: dict[str, Any]) -> None:
    (directory / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _open(directory: Path, manifest: dict[str, Any], model: Path) -> OnnxTagger:
    """The directory opened as a user would, with `model` as its network."""
    shutil.copyfile(model, directory / "model.onnx")
    manifest["sha256"] = {
        name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in ("tokenizer.json", "model.onnx")
    }
    _write_manifest(directory, manifest)
    return OnnxTagger(directory)


def calibrate(gold: Sequence[Document], predicted: Sequence[Document]) -> dict[str, Any]:
    """Fit scale and shift of the spans' odds so that scores are chances of being right.

    `predicted` must carry scores of scale 1 and shift 0. The expected calibration error (10 bins of
    equal width) is given as it was, and as it is on documents that the fit has not seen. Where there
    is nothing to fit (fewer than 20 right or wrong spans), the scores stay as they are.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    scores, right, groups = [], [], []
    for number, (truth, answer) in enumerate(zip(gold, predicted, strict=True)):
        true = set(truth.spans)
        for span in answer.spans:
            scores.append(span.score)
            right.append(span in true)
            groups.append(number)
    chance, correct, group = np.array(scores, dtype=float), np.array(right, dtype=bool), np.array(groups)
    result: dict[str, Any] = {"scale": 1.0, "shift": 0.0, "spans": len(scores), "ece_before": expected_calibration_error(chance, correct)}
    if min(correct.sum(), (~correct).sum()) < 20 or len(set(groups)) < 2:
        return result | {"ece": result["ece_before"], "note": "too few right or wrong spans to calibrate on; scores left as they are"}
    chance = np.clip(chance, 1e-9, 1 - 1e-9)
    odds = np.log(chance / (1 - chance))[:, None]
    fitted = np.zeros(len(chance))
    for train, test in GroupKFold(min(5, len(set(groups)))).split(odds, correct, group):
        fitted[test] = LogisticRegression(C=1e3).fit(odds[train], correct[train]).predict_proba(odds[test])[:, 1]
    final = LogisticRegression(C=1e3).fit(odds, correct)
    scale, shift = float(final.coef_[0, 0]), float(final.intercept_[0])
    if scale <= 0:
        return result | {"ece": result["ece_before"], "note": "surer spans were not righter; scores left as they are"}
    return result | {"scale": round(scale, 4), "shift": round(shift, 4), "ece": expected_calibration_error(fitted, correct)}


def expected_calibration_error(scores: Array, right: Array, bins: int = 10) -> float:
    """Mean distance between score and share of right ones, over bins of equal width, weighted by size."""
    import numpy as np

    if not len(scores):
        return 0.0
    place = np.minimum((scores * bins).astype(int), bins - 1)
    gaps = [abs(scores[place == b].mean() - right[place == b].mean()) * (place == b).mean() for b in range(bins) if (place == b).any()]
    return round(float(sum(gaps)), 4)


def _dev_report(gold: Sequence[Document], predicted: Sequence[Document]) -> dict[str, Any]:
    """Strict scores over all labels and for each, and what F1 may be on other articles (bootstrap, 95 %)."""
    import numpy as np

    labels = sorted({span.label for document in (*gold, *predicted) for span in document.spans})
    counts = np.zeros((len(gold), len(labels), 3), dtype=int)  # correct, predicted, gold
    for number, (truth, answer) in enumerate(zip(gold, predicted, strict=True)):
        for position, spans in enumerate((set(truth.spans) & set(answer.spans), answer.spans, truth.spans)):
            for span in spans:
                counts[number, labels.index(span.label), position] += 1

    def rates(total: Array) -> dict[str, float]:
        correct, answered, true = (int(value) for value in total)
        return {
            "precision": round(correct / answered, 4) if answered else 0.0,
            "recall": round(correct / true, 4) if true else 0.0,
            "f1": round(2 * correct / (answered + true), 4) if answered + true else 0.0,
            "gold": true,
        }

    rng = np.random.default_rng(1)
    by_document = counts.sum(axis=1)
    samples = by_document[rng.integers(0, len(gold), (2000, len(gold)))].sum(axis=1)
    f1 = 2 * samples[:, 0] / np.maximum(1, samples[:, 1] + samples[:, 2])
    return {
        "documents": len(gold),
        **rates(by_document.sum(axis=0)),
        "f1_interval": [round(float(value), 4) for value in np.quantile(f1, [0.025, 0.975])],
        "labels": {label: rates(counts[:, i].sum(axis=0)) for i, label in enumerate(labels)},
    }


def versions() -> dict[str, str]:
    """Of Python and of every package that had a say in the weights."""
    import platform
    from importlib import metadata

    names = ("claimml", "torch", "transformers", "datasets", "tokenizers", "onnx", "onnxruntime", "numpy")
    found = {"python": platform.python_version()}
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def card(report: dict[str, Any], manifest: dict[str, Any]) -> str:
    """The model card, written from the report: nothing in it is by hand."""
    dev, export = report["dev"], report["export"]
    low, high = dev["f1_interval"]
    languages = report.get("languages", ["id", "en"])
    lines = [
        "---",
        "library_name: claimml",
        "pipeline_tag: token-classification",
        f"language: [{', '.join(languages)}]",
        *([f"license: {report['licence']}"] if report.get("licence") else []),
        "tags: [ner, quantities, weapons, news]",
        "---",
        f"# {report['name']}",
        "",
        f"Finds {', '.join(report['labels'])} in news, with exact offsets. "
        f"{report['parameters'] / 1e6:.1f} M parameters, {export['shipped']}, {export['bytes'][export['shipped']] / 1e6:.1f} MB.",
        "",
        "```python",
        "import claimml",
        f'document = claimml.load("{report["name"]}").tag(["Rusia mengirim tiga kapal perang ke Suriah."])[0]',
        "```",
        "",
        "`transformers.pipeline(\"token-classification\")` opens the same directory.",
        "",
        "## Scores",
        f"Strict span and label, on {dev['documents']} dev documents that chose the best epoch, the calibration and int8 or fp32: "
        "figures on texts that chose nothing are lower. 95 % interval from a bootstrap over documents.",
        "",
        "| label | precision | recall | F1 | gold spans |",
        "|---|---|---|---|---|",
        f"| all | {100 * dev['precision']:.1f} | {100 * dev['recall']:.1f} | {100 * dev['f1']:.1f} ({100 * low:.1f} to {100 * high:.1f}) | {dev['gold']} |",
        *(
            f"| {label} | {100 * row['precision']:.1f} | {100 * row['recall']:.1f} | {100 * row['f1']:.1f} | {row['gold']} |"
            for label, row in dev["labels"].items()
        ),
        "",
        f"fp32 {100 * export['dev_f1']['fp32']:.2f}, int8 {100 * export['dev_f1']['int8']:.2f} F1; "
        f"{export['words_per_second'][export['shipped']]:,} words/s on {export['threads']} threads of the machine that exported it; "
        f"ONNX and torch logits differ by at most {export['largest_difference_to_torch']:.1g}. "
        f"Expected calibration error of the scores {report['calibration']['ece']:.3f} ({report['calibration']['ece_before']:.3f} uncalibrated).",
        "",
        *_card_data(report),
        "## Limits",
        "Trained on news; other genres, sarcasm, tables and scanned text are untested. It finds mentions and does not know whether "
        "what a text says is true. Country names stand for governments or places by context, and that is where it errs most.",
        "",
        "## Files",
        "",
        "| file | SHA-256 |",
        "|---|---|",
        *(f"| {name} | `{digest}` |" for name, digest in manifest["sha256"].items()),
        "",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in report["versions"].items()) + ".",
        "",
    ]
    return "\n".join(lines)


def _card_data(report: dict[str, Any]) -> list[str]:
    data = report.get("data")
    if not data:
        return []
    return [
        "## Data",
        "",
        "| corpus | used as | documents | spans | licence | SHA-256 |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['path']} | {row['use']} | {row['documents']:,} | {row['spans']:,} | {row.get('licence') or 'not stated'} | `{row['sha256'][:16]}` |"
            for row in data
        ),
        "",
    ]


def push(directory: str | Path, repository: str, *, private: bool = True, message: str = "Upload from claimml") -> str:
    """Upload a model directory to the Hugging Face hub as `owner/name`; returns its address.

    The directory is opened and held against its hashes first. Needs a login (`hf auth login`, HF_TOKEN).
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise MissingExtra("train", error) from error
    OnnxTagger(directory, threads=1)
    api = HfApi()
    address = api.create_repo(repository, private=private, exist_ok=True)
    api.upload_folder(folder_path=str(directory), repo_id=repository, commit_message=message)
    return str(address)
