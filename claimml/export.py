"""A trained token classifier as a directory that `claimml.load` opens without torch, and torch as a tagger.

`export` writes the directory, `push` uploads it. torch, transformers, onnx and scikit-learn are imported
inside the functions that use them; without those packages they raise `MissingExtra("train")`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import re
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimml.document import Document
from claimml.errors import MissingExtra, ModelError
from claimml.model import FORMAT, Job, OnnxTagger, special_tokens, tag_windows
from claimml.scoring import Counts, Scores, score
from claimml.tagging import encode, tag_names

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

TOLERANCE = 1e-3  # most that an ONNX logit may differ from torch's, in fp32
LARGEST_LOSS = 0.005  # of dev F1 that int8 may cost
BATCH_TOKENS = 4096  # tokens in a batch of windows at prediction


def say(text: str) -> None:
    """A line for whoever watches the run, from the first process."""
    if is_main():
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def is_main() -> bool:
    """Whether this is the first, or the only, of the processes that train together."""
    import os

    return int(os.environ.get("RANK", "0")) == 0


# Writing ---------------------------------------------------------------------------------------------------


def write_atomically(path: Path, write: Callable[[Path], Any]) -> None:
    """Let `write` fill a file beside `path`, then put it in place in one move."""
    partial = path.with_name(path.name + ".partial")
    write(partial)
    partial.replace(path)


@contextlib.contextmanager
def whole_directory(directory: Path) -> Iterator[Path]:
    """A directory that takes the place of `directory` when all is written, and leaves no trace when it is not."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    staging = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        yield staging
        for path in staging.iterdir():
            path.chmod(0o644)
        old = directory.with_name(f".{directory.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if directory.exists():
            directory.rename(old)
        staging.rename(directory)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


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
            raise ModelError(
                f"{len(self.labels)} labels make {len(self._tags)} tags, but the model scores {model.config.num_labels}"
            )

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
    """Strict micro F1 of spans, from 0 to 1."""
    return score(gold, predicted).micro.f1


@contextlib.contextmanager
def quiet_loading() -> Iterator[None]:
    """transformers' bars and its list of new weights (the classifier is meant to be new) kept off the screen."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers.logging.enable_progress_bar()


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
    prior: float = 0.0,
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
    with whole_directory(directory) as staging:
        with quiet_loading():
            model.to("cpu").save_pretrained(staging)
        tokenizer.model_max_length = window
        tokenizer.save_pretrained(staging)
        _name_inputs(model, staging / "tokenizer_config.json")
        light_tokenizer(tokenizer).save(str(staging / "tokenizer.json"))
        manifest: dict[str, Any] = {"format": FORMAT, "name": name or directory.name, "labels": list(labels), "window": window}
        manifest["calibration"] = {"scale": 1.0, "shift": 0.0}
        if prior:
            manifest["prior"] = prior
        fp32, int8 = staging / "model.fp32.onnx", staging / "model.int8.onnx"
        say("exporting to ONNX")
        by_hand = _is_known(model)
        if by_hand:
            _write_graph(model, fp32)
        else:
            _export_onnx(model, fp32)
        difference = _parity(TorchTagger(model, tokenizer, labels, window=window), fp32, [document.text for document in dev])
        if not difference <= TOLERANCE:
            raise ModelError(
                f"{directory}: ONNX and torch logits differ by {difference:.2g} (at most {TOLERANCE}); not exported"
            )
        if by_hand:
            _write_graph(model, int8, int8=True)
        else:
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
        calibration = calibrate(score(dev, answers[kind]))
        manifest["calibration"] = {key: calibration[key] for key in ("scale", "shift")}
        tagger = _open(staging, manifest, int8 if kind == "int8" else fp32)
        report: dict[str, Any] = {
            "name": manifest["name"],
            "labels": list(labels),
            "dev": _dev_report(score(dev, tagger.tag([document.text for document in dev]))),
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
        history = report.get("training", {}).get("history", [])
        if history:
            picture = picture_of([(entry["epoch"], entry["dev_f1"]) for entry in history], "epochs", "dev F1")
            (staging / "training.svg").write_text(picture, encoding="utf-8")
        (staging / "report.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        manifest["sha256"] |= {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(staging.iterdir())
            if path.suffix in (".onnx", ".safetensors")
        }
        _write_manifest(staging, manifest)
        (staging / "README.md").write_text(card(report, manifest), encoding="utf-8")
    say(f"{directory}: {report['export']['bytes'][kind] / 1e6:.1f} MB of network, open it with claimml.load")
    return report


def _name_inputs(model: Any, path: Path) -> None:
    """Tell pipelines which of a tokenizer's outputs the network takes: some have no token types."""
    import inspect

    settings = json.loads(path.read_text(encoding="utf-8"))
    taken = inspect.signature(model.forward).parameters
    settings["model_input_names"] = [name for name in ("input_ids", "token_type_ids", "attention_mask") if name in taken]
    path.write_text(json.dumps(settings, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def labels_of(model: Any) -> tuple[str, ...]:
    """The labels that a token classifier's config names, in order; `ModelError` where it names none."""
    names = [model.config.id2label[i] for i in range(model.config.num_labels)]
    labels = tuple(dict.fromkeys(name[2:] for name in names if name[:2] == "B-"))
    if names != tag_names(labels):
        raise ModelError(
            f"the model's tags are {', '.join(names)}, not {', '.join(tag_names(labels)) or 'BIO'}; give labels=..."
        )
    return labels


def _export_onnx(model: Any, path: Path) -> None:
    """The network as ONNX in fp32: input_ids, attention_mask (batch, length) -> logits (batch, length, tags)."""
    import logging

    import torch

    class Logits(torch.nn.Module):  # type: ignore[misc]
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


class Graph:
    """An ONNX graph in the making: each method adds nodes and returns the name of what comes out.

    In int8, products take int8 weights with a scale for each output channel, and activations scaled as
    they come; the fp32 graph is the same but for that.
    """

    def __init__(self, weights: Mapping[str, Array], *, int8: bool) -> None:
        self.weights = weights
        self.int8 = int8
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """A node of onnx's own operators, or of onnxruntime's where the name begins with a dot."""
        from onnx import helper

        number = len(self.nodes)
        names = [f"{kind.lstrip('.')}_{number}{'abcd'[i] if outputs > 1 else ''}" for i in range(outputs)]
        domain = "com.microsoft" if kind[0] == "." else ""
        self.nodes.append(helper.make_node(kind.lstrip("."), inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value: Any) -> str:
        import numpy as np
        from onnx import numpy_helper

        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def linear(self, states: str, name: str, parts: int = 1) -> list[str]:
        """The layer `name` of torch, its outputs in so many equal parts: separate products need no splitting."""
        import numpy as np

        weight = self.weights[f"{name}.weight"]
        bias = self.weights.get(f"{name}.bias", np.zeros(0, dtype=np.float32))
        pieces = list(zip(np.split(weight, parts), np.split(bias, parts), strict=True))
        if not self.int8:
            products = [self.add("MatMul", states, self.constant(matrix.T)) for matrix, _ in pieces]
            return [
                self.add("Add", product, self.constant(vector)) if vector.size else product
                for product, (_, vector) in zip(products, pieces, strict=True)
            ]
        rounded, scale, zero = self.add("DynamicQuantizeLinear", states, outputs=3)
        results = []
        for matrix, vector in pieces:
            whole, scales = _rounded(matrix)
            inputs = [rounded, self.constant(whole.T), scale, self.constant(scales), zero, ""]
            results.append(self.add(".MatMulIntegerToFloat", *inputs, *([self.constant(vector)] if vector.size else [])))
        return results

    def rows(self, table: Array, numbers: str) -> str:
        """The rows of a table that stand under these numbers; in int8, each row has its scale."""
        if not self.int8:
            return str(self.add("Gather", self.constant(table), numbers))
        from onnx import TensorProto

        whole, scales = _rounded(table)
        chosen = self.add("Cast", self.add("Gather", self.constant(whole), numbers), to=TensorProto.FLOAT)
        return str(self.add("Mul", chosen, self.add("Gather", self.constant(scales[:, None]), numbers)))

    def norm(self, states: str, name: str, epsilon: float) -> str:
        vectors = [self.weights[key] for key in (f"{name}.weight", f"{name}.bias") if key in self.weights]
        return str(self.add("LayerNormalization", states, *map(self.constant, vectors), axis=-1, epsilon=epsilon))

    def turn(self, rotary: Any, length: int) -> None:
        """Make ready what positions are told by, for texts of so many tokens."""
        import numpy as np

        angles = np.outer(np.arange(length), rotary.full_attention_inv_freq.numpy())
        self.angles = [self.constant(np.array([0])), *(self.constant(f(angles).astype(np.float32)) for f in (np.cos, np.sin))]

    def layer(self, states: str, name: str, heads: int, epsilon: float, *, first: bool = False) -> str:
        """The layer `name` of a ModernBERT that attends to the whole window; the `first` has no norm before attention."""
        inside = states if first else self.norm(states, f"{name}.attn_norm", epsilon)
        query, key, value = self.linear(inside, f"{name}.attn.Wqkv", 3)
        query, key = (self.add(".RotaryEmbedding", part, *self.angles, num_heads=heads) for part in (query, key))
        seen = self.add(".MultiHeadAttention", query, key, value, num_heads=heads)
        states = self.sum(states, *self.linear(seen, f"{name}.attn.Wo"))
        fed, gate = self.linear(self.norm(states, f"{name}.mlp_norm", epsilon), f"{name}.mlp.Wi", 2)
        return self.sum(states, *self.linear(self.add("Mul", self.add(".Gelu", fed), gate), f"{name}.mlp.Wo"))

    def sum(self, left: str, right: str) -> str:
        # Not Add: onnxruntime would fuse that with the norm behind it, and its fused kernel is eight times slower.
        return str(self.add("Sum", left, right))

    def save(
        self,
        path: Path,
        outputs: Mapping[str, tuple[str, Sequence[str | int]]],
        inputs: Mapping[str, tuple[int, Sequence[str | int]]] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> None:
        """Write the graph. It takes input_ids (batch, length), and of each of `inputs` the type of onnx and the shape;
        `outputs` name what comes out, and its shape; `notes` are kept with it."""
        import onnx
        from onnx import TensorProto, helper

        for name, (source, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [source], [name]))
        taken = {"input_ids": (TensorProto.INT64, ["batch", "length"]), **(inputs or {})}
        ins = [helper.make_tensor_value_info(name, kind, list(shape)) for name, (kind, shape) in taken.items()]
        kinds = {
            name: TensorProto.INT64 if source.startswith("ArgMax") else TensorProto.FLOAT
            for name, (source, _) in outputs.items()
        }
        outs = [helper.make_tensor_value_info(name, kinds[name], list(shape)) for name, (_, shape) in outputs.items()]
        versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        graph = helper.make_graph(self.nodes, "tagger", ins, outs, self.constants)
        model = helper.make_model(graph, opset_imports=versions, ir_version=8, producer_name="claimml")
        helper.set_model_props(model, dict(notes or {}))
        onnx.save(model, path)


def _rounded(matrix: Array) -> tuple[Array, Array]:
    """A matrix as int8, and the scale of each row."""
    import numpy as np

    scales = np.maximum(np.abs(matrix).max(axis=1), 1e-12) / 127
    return np.round(matrix / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def _is_known(model: Any) -> bool:
    """Whether `_write_graph` knows this network: ModernBERT that attends to the whole window in every layer."""
    config = model.config
    return (
        type(model).__name__ == "ModernBertForTokenClassification"
        # Older transformers keep the settings of positions elsewhere.
        and set(getattr(config, "layer_types", ())) == {"full_attention"}
        and getattr(config, "rope_parameters", {}).get("full_attention", {}).get("rope_type") == "default"
        and config.hidden_activation == config.classifier_activation == "gelu"
    )


def _write_graph(model: Any, path: Path, *, int8: bool = False) -> None:
    """The network as ONNX, in the operators that are fastest in onnxruntime on a CPU; no padding: input_ids -> logits.

    Measured, at 6 layers of 256 in int8: a fifth less time than torch's own export, quantised.
    """

    config = model.config
    epsilon = config.norm_eps
    graph = Graph({name: tensor.detach().float().numpy() for name, tensor in model.state_dict().items()}, int8=int8)
    heads = config.num_attention_heads
    graph.turn(model.model.rotary_emb, config.max_position_embeddings)
    # What the first norm makes of an embedding does not depend on the text: the table holds its results.
    embeddings = model.model.embeddings
    table = embeddings.norm(embeddings.tok_embeddings.weight).detach().numpy()
    states = graph.rows(table, "input_ids")
    for number in range(config.num_hidden_layers):
        states = graph.layer(states, f"model.layers.{number}", heads, epsilon, first=not number)
    last = graph.norm(states, "model.final_norm", epsilon)
    (read,) = graph.linear(last, "head.dense")
    (logits,) = graph.linear(graph.norm(graph.add(".Gelu", read), "head.norm", epsilon), "classifier")
    graph.save(path, {"logits": (logits, ("batch", "length", config.num_labels))})


def _parity(tagger: TorchTagger, path: Path, texts: Sequence[str]) -> float:
    """The largest difference between a torch and an ONNX logit on windows of these texts."""
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    taken = {entry.name for entry in session.get_inputs()}
    jobs: list[Job] = []

    def collect(more: list[Job]) -> list[Array]:
        chosen = more[:: max(1, len(more) // 64)][:64]
        jobs.extend(chosen)
        return tagger.run(more)

    tag_windows(texts[:64], tagger._tokenizer, tagger._size, tagger._tags, collect)
    worst = 0.0
    for (encoding, window), reference in zip(jobs, tagger.run(jobs), strict=True):
        ids = np.array([[*tagger._start, *encoding.ids[window.start : window.end], *tagger._end]], dtype=np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        logits = session.run(None, {name: feeds[name] for name in taken})[0][0]
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


def calibrate(scores: Scores) -> dict[str, Any]:
    """Fit scale and shift of the spans' odds so that scores are chances of being right.

    The predicted spans must carry scores of scale 1 and shift 0. The expected calibration error is
    given as it was, and as it is on documents that the fit has not seen. Where there is nothing to fit
    (fewer than 20 right or wrong spans), the scores stay as they are.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold

    found = [
        (span.score, pair.kind == "correct", number)
        for number, pairs in enumerate(scores.pairs)
        for pair in pairs
        if (span := pair.predicted)
    ]
    chance, correct = np.array([row[0] for row in found], dtype=float), np.array([row[1] for row in found], dtype=bool)
    group = np.array([row[2] for row in found])
    result: dict[str, Any] = {"scale": 1.0, "shift": 0.0, "spans": len(found), "ece_before": _calibration_error(scores)}
    folds = min(5, len(set(group.tolist())))
    if min(correct.sum(), (~correct).sum()) < 20 or folds < 2:
        note = "too few right or wrong spans to calibrate on; scores left as they are"
        return result | {"ece": result["ece_before"], "note": note}
    chance = np.clip(chance, 1e-9, 1 - 1e-9)
    odds = np.log(chance / (1 - chance))[:, None]
    fitted = np.zeros(len(chance))
    for train, test in GroupKFold(folds).split(odds, correct, group):
        fitted[test] = LogisticRegression(C=1e3).fit(odds[train], correct[train]).predict_proba(odds[test])[:, 1]
    final = LogisticRegression(C=1e3).fit(odds, correct)
    scale, shift = float(final.coef_[0, 0]), float(final.intercept_[0])
    if scale <= 0:
        return result | {"ece": result["ece_before"], "note": "surer spans were not righter; scores left as they are"}
    unseen = iter(fitted.tolist())
    pairs = tuple(
        tuple(
            dataclasses.replace(pair, predicted=dataclasses.replace(span, score=next(unseen)))
            if (span := pair.predicted)
            else pair
            for pair in row
        )
        for row in scores.pairs
    )
    ece = _calibration_error(dataclasses.replace(scores, pairs=pairs))
    return result | {"scale": round(scale, 4), "shift": round(shift, 4), "ece": ece}


def _calibration_error(scores: Scores) -> float:
    calibration = scores.calibration()
    return round(calibration.error, 4) if calibration else 0.0


def _dev_report(scores: Scores) -> dict[str, Any]:
    """Strict scores over all labels and for each, and what F1 may be on other articles (bootstrap, 95 %)."""

    def rates(counts: Counts) -> dict[str, float]:
        return {name: round(rate, 4) for name, rate in counts.rates._asdict().items()} | {"gold": counts.gold}

    whole = rates(scores.micro)
    interval = scores.intervals(samples=2000, seed=1).micro
    return {
        "documents": len(scores.gold),
        "seqeval": _seqeval_f1(scores.gold, scores.predicted),
        **whole,
        # One document alone has no interval.
        "f1_interval": [round(bound, 4) for bound in interval.f1] if interval else [whole["f1"], whole["f1"]],
        "labels": {label: rates(counts) for label, counts in scores.labels.items()},
    }


def _seqeval_f1(gold: Sequence[Document], predicted: Sequence[Document]) -> float:
    """The same F1 as seqeval counts it, over written words and marks: a second opinion from other code."""
    from seqeval.metrics import f1_score

    def words(documents: Sequence[Document]) -> list[list[str]]:
        return [
            encode(document.spans, [match.span() for match in re.finditer(r"\w+|[^\w\s]", document.text)])[0]
            for document in documents
        ]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return round(float(f1_score(words(gold), words(predicted), zero_division=0)), 4)


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


def card(report: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """The model card, written from the report: nothing in it is by hand."""
    dev, export, calibration, shipped = report["dev"], report["export"], report["calibration"], report["export"]["shipped"]

    def percent(*values: float) -> str:
        return " to ".join(f"{100 * value:.1f}" for value in values)

    def row(label: str, rates: Mapping[str, Any], more: str = "") -> str:
        cells = (label, percent(rates["precision"]), percent(rates["recall"]), percent(rates["f1"]) + more, str(rates["gold"]))
        return f"| {' | '.join(cells)} |"

    weakest = min(dev["labels"], key=lambda label: dev["labels"][label]["f1"], default="none")
    header = ["library_name: claimml", "pipeline_tag: token-classification", "language: [id, en]"]
    header += ["tags: [ner, quantities, weapons, news]"]
    header += [f"license: {report['licence']}"] if report.get("licence") else []
    lines = [
        *("---", *header, "---", f"# {report['name']}", ""),
        f"Finds {', '.join(report['labels'])} in news, with exact offsets. "
        f"{report['parameters'] / 1e6:.1f} M parameters, {shipped}, {export['bytes'][shipped] / 1e6:.1f} MB.",
        *("", "```python", "import claimml", f'tagger = claimml.load("{report["name"]}")  # or the path of this directory'),
        'tagger.tag(["Rusia mengirim tiga kapal perang ke Suriah."])[0].spans',
        *("```", "", '`transformers.pipeline("token-classification")` opens the same directory.', "", "## Scores", ""),
        f"Strict span and label, in percent, on {dev['documents']} dev documents. They chose the epoch, the calibration and "
        "int8 or fp32, so texts that chose nothing will score lower. In brackets the 95 % interval "
        "of a bootstrap over documents.",
        *("", "| label | precision | recall | F1 | gold spans |", "|---|---|---|---|---|"),
        row("all", dev, f" ({percent(*dev['f1_interval'])})"),
        *(row(label, rates) for label, rates in dev["labels"].items()),
        "",
        f"- F1 in fp32 {100 * export['dev_f1']['fp32']:.2f}, in int8 {100 * export['dev_f1']['int8']:.2f}; "
        f"seqeval counts {percent(dev['seqeval'])} over words",
        f"- {export['words_per_second'][shipped]:,} words/s on {export['threads']} threads of the machine that exported it",
        f"- ONNX and torch logits differ by at most {export['largest_difference_to_torch']:.1g}",
        f"- expected calibration error of the scores {calibration['ece']:.3f}, uncalibrated {calibration['ece_before']:.3f}",
        *(("", "![dev F1 by epoch](training.svg)") if report.get("training") else ()),
        *("", *_card_data(report), "## Limits", ""),
        "Trained on news; other genres, tables and scanned text are untested. It finds mentions and does not know whether "
        f"what a text says is true. Of its labels {weakest} is the least reliable.",
        *("", "## Files", "", "| file | SHA-256 |", "|---|---|"),
        *(f"| {name} | `{digest}` |" for name, digest in manifest["sha256"].items()),
        *("", "Versions: " + ", ".join(f"{name} {version}" for name, version in report["versions"].items()) + ".", ""),
    ]
    return "\n".join(lines)


def _card_data(report: Mapping[str, Any]) -> list[str]:
    if not report.get("data"):
        return []

    def row(entry: Mapping[str, Any]) -> str:
        licence, digest = entry.get("licence") or "not stated", entry["sha256"][:16]
        cells = (entry["path"], entry["use"], f"{entry['documents']:,}", f"{entry['spans']:,}", licence, f"`{digest}`")
        return f"| {' | '.join(cells)} |"

    head = ["| corpus | used as | documents | spans | licence | SHA-256 |", "|---|---|---|---|---|---|"]
    return ["## Data", "", *head, *(row(entry) for entry in report["data"]), ""]


def picture_of(points: Sequence[tuple[float, float]], across: str, up: str) -> str:
    """A line through points as an SVG, axes from the smallest to the largest value."""
    width, height, edge = 480, 280, 48
    xs, ys = [x for x, _ in points] or [0.0], [y for _, y in points] or [0.0]
    left, right, low, high = min(xs), max(xs), min(ys), max(ys)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            round(edge + (x - left) / ((right - left) or 1) * (width - 2 * edge), 1),
            round(height - edge - (y - low) / ((high - low) or 1) * (height - 2 * edge), 1),
        )

    places = [place(x, y) for x, y in points]
    text = '<text font-family="sans-serif" font-size="12" text-anchor="{}" x="{}" y="{}">{}</text>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
            f'<rect width="{width}" height="{height}" fill="white"/>',
            f'<path d="M{edge} {edge}V{height - edge}H{width - edge}" fill="none" stroke="gray"/>',
            f'<polyline points="{" ".join(f"{x},{y}" for x, y in places)}" fill="none" stroke="#1f6feb" stroke-width="2"/>',
            *(f'<circle cx="{x}" cy="{y}" r="3" fill="#1f6feb"/>' for x, y in places),
            text.format("start", edge, height - edge + 16, f"{left:g}"),
            text.format("end", width - edge, height - edge + 16, f"{right:g}"),
            text.format("end", edge - 4, height - edge, f"{low:.3g}"),
            text.format("end", edge - 4, edge + 4, f"{high:.3g}"),
            text.format("middle", width / 2, height - 12, across),
            text.format("start", 8, 20, up),
            "</svg>",
            "",
        ]
    )


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
