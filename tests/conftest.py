"""A miniature real tokenizer, and a one-Gather ONNX model over it whose answers are known."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claimml.document import LABELS
from claimml.tagging import tag_names

# Which tag each word of the miniature language gets; all other words are outside.
WORDS = {
    "Rusia": "B-ACTOR",
    "Korea": "B-ACTOR",
    "Utara": "I-ACTOR",
    "rudal": "B-WEAPON",
    "balistik": "I-WEAPON",
    "tujuh": "B-QUANTITY",
    "ribu": "I-QUANTITY",
    "Najin": "B-LOCATION",
    "##nya": "I-WEAPON",
}
PLAIN = ["mengirim", "ke", "dari", "dan", ".", ",", "-", "a", "##a", "b", "##b", "0", "##0"]


def mini_tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    vocabulary = {token: i for i, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *PLAIN])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def write_model(directory: Path, *, labels: tuple[str, ...] = LABELS, window: int = 16, sure: float = 4.0) -> Path:
    """A model directory whose logits are a table over token ids: `sure` for the token's tag, 0 for the rest."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    directory.mkdir(parents=True, exist_ok=True)
    tokenizer = mini_tokenizer()
    tokenizer.save(str(directory / "tokenizer.json"))
    tags = tag_names(LABELS)
    table = np.zeros((tokenizer.get_vocab_size(), len(tags)), dtype=np.float32)
    for token, i in tokenizer.get_vocab().items():
        table[i, tags.index(WORDS.get(token, "O"))] = sure
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["logits"], axis=0)],
        "mini",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", len(tags)])],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(directory / "model.onnx"))
    manifest = {
        "format": 1,
        "name": "miniature",
        "labels": list(labels),
        "window": window,
        "calibration": {"scale": 1.0, "shift": 0.0},
        "sha256": {
            name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in ("tokenizer.json", "model.onnx")
        },
    }
    (directory / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return directory


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("onnx", reason="the miniature model is written with onnx, of the train extra")
    return write_model(tmp_path_factory.mktemp("miniature"))


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Path]:
    pytest.importorskip("onnx", reason="the miniature model is written with onnx, of the train extra")
    return lambda **options: write_model(tmp_path / "made", **options)  # type: ignore[arg-type]


def known_score(sure: float = 4.0) -> float:
    """The uncalibrated probability that the miniature model gives each of its tags."""
    return math.exp(sure) / (math.exp(sure) + len(tag_names(LABELS)) - 1)
