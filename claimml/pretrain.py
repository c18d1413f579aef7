"""Train a tokenizer and a compact encoder from random by masked language modelling.

    python -m claimml.pretrain configs/pretrain-mini.toml [key=value ...]

Leaves a directory that any tool of the transformers family opens: tokenizer.json, config.json,
model.safetensors, and pretrain.json with what was read, seen and measured. The run is cut into
steps whose data depends only on the seed and the place in the text, so that a killed run goes on where
its last checkpoint stands. The learning rate is held and only then lowered (warm-up, stable,
decay): a longer `tokens` on a later day goes on from the same checkpoint.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import lzma
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimml.config import read_config
from claimml.errors import ClaimmlError, ConfigError, MissingExtra
from claimml.export import write_atomically

if TYPE_CHECKING:
    import numpy as np
    import torch
    from tokenizers import Tokenizer

    Tokens = np.ndarray[Any, np.dtype[np.uint16]]


@dataclasses.dataclass(frozen=True)
class PretrainConfig:
    """Settings of one pre-training run; configs/pretrain-mini.toml explains each."""

    output: str
    corpus: dict[str, float]  # text file (plain, .gz or .xz; a blank line ends a document) -> share of it (3: read three times)
    vocabulary: int = 20_000
    layers: int = 6
    width: int = 256
    inner: int = 704  # width of the gated feed-forward
    heads: int = 4
    length: int = 128  # tokens in a sequence
    tokens: float = 25e6  # how many to train on
    batch: int = 24  # sequences in a step,
    growth: int = 2  # and this many times as many after a tenth of the tokens: a small start learns soonest
    rate: float = 2e-3  # peak learning rate of Muon, for the matrices,
    rate_others: float = 1e-3  # and of AdamW, for embeddings, norms and biases
    warmup: float = 0.02  # share of the steps
    decay: float = 0.3  # share of the steps
    mask: float = 0.2  # share of the tokens to be guessed
    weight_decay: float = 0.05
    word_vectors: bool = True  # start the embeddings from word2vec on the same tokens
    start: str = ""  # directory of an encoder of this shape to go on from, with its tokenizer; "": from random
    recased: float = 0.06  # share of the documents read in lower and, as many, in upper case
    seed: int = 1
    checkpoint_minutes: float = 10.0
    peak_tflops: float = 0.0  # of the device in bf16, to report utilisation; 0: not reported


SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def read_documents(path: Path) -> Iterator[str]:
    """The documents of a text file: blocks of lines with a blank line between."""
    import gzip

    opener: Any = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
    lines: list[str] = []
    with opener(path, "rt", encoding="utf-8", errors="strict") as file:
        for line in file:
            if line.strip():
                lines.append(line)
            elif lines:
                yield "".join(lines).strip()
                lines = []
    if lines:
        yield "".join(lines).strip()


def share_of(text: str, seed: int) -> float:
    """A number in [0, 1) that depends on the text alone: the same documents are chosen every time."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4, salt=seed.to_bytes(4, "big")).digest(), "big") / 2**32


def corpus_documents(config: PretrainConfig) -> Iterator[str]:
    """The chosen share of every file, some documents re-cased so that case alone decides little."""
    for name, share in config.corpus.items():
        for document in read_documents(Path(name)):
            times = int(share) + (share_of(document, config.seed) < share % 1)
            for time_read in range(times):
                case = share_of(document, config.seed + 1 + time_read)
                if case < config.recased:
                    yield document.lower()
                elif case < 2 * config.recased:
                    yield document.upper()
                else:
                    yield document


def train_tokenizer(documents: Iterator[str], size: int) -> Tokenizer:
    """A cased WordPiece tokenizer without any normalisation, so that its offsets are exact.

    The trainer of the tokenizers library breaks ties at random: two trainings on one text differ in a few rare
    pieces. A run keeps its tokenizer.json, so going on is exact; to repeat a run exactly, put that file there first.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=60))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(
        documents,
        trainers.WordPieceTrainer(
            vocab_size=size, min_frequency=5, special_tokens=SPECIAL, limit_alphabet=400, show_progress=False
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def pack(documents: Iterator[str], tokenizer: Tokenizer, length: int) -> Tokens:
    """Every document's tokens, one after another with [SEP] between, cut into rows: (rows, length)."""
    import numpy as np

    pieces: list[Tokens] = []
    batch: list[str] = []

    def flush() -> None:
        for encoding in tokenizer.encode_batch_fast(batch, add_special_tokens=False):
            pieces.append(np.asarray([*encoding.ids, 3], dtype=np.uint16))
        batch.clear()

    for document in documents:
        batch.append(document)
        if len(batch) == 512:
            flush()
    flush()
    stream = np.concatenate(pieces)
    width = length - 1
    rows = stream[: len(stream) // width * width].reshape(-1, width)
    return np.concatenate([np.full((len(rows), 1), 2, dtype=np.uint16), rows], axis=1)


def word_vectors(rows: Tokens, size: int, width: int, seed: int) -> np.ndarray[Any, Any]:
    """Skip-gram vectors of the tokens, as a start for the embedding table: (size, width)."""
    import numpy as np
    from gensim.models import Word2Vec

    # Sentences of strings is what gensim takes; a row is a sentence.
    names = [str(i) for i in range(size)]
    sentences = [[names[i] for i in row[1:]] for row in rows]
    model = Word2Vec(sentences, vector_size=width, window=5, min_count=5, sg=0, negative=8, epochs=4, workers=2, seed=seed)
    table = np.random.default_rng(seed).normal(0, 0.02, (size, width)).astype(np.float32)
    known = {int(name): index for name, index in model.wv.key_to_index.items()}
    vectors = model.wv.vectors
    vectors = vectors - vectors.mean(axis=0)
    vectors *= 0.04 / vectors.std()
    for token, index in known.items():
        table[token] = vectors[index]
    return table


def learning_rate(progress: float, config: PretrainConfig) -> float:
    """Share of the peak rate at a share of the run: up, level, then down to nothing."""
    return max(0.01, min(1.0, progress / config.warmup, (1.0 - progress) / config.decay))


def pretrain(config: PretrainConfig) -> Path:
    """Run the whole recipe, or go on with it; returns the directory of the encoder."""
    try:
        import numpy as np
        import torch
        from safetensors.torch import load_file, save_file
        from tokenizers import Tokenizer
        from transformers import ModernBertConfig, ModernBertForMaskedLM
    except ImportError as error:
        raise MissingExtra("train", error) from error
    for name in config.corpus:
        if not Path(name).is_file():
            raise ConfigError(f"corpus: {name} does not exist; give text files, documents separated by a blank line")
    start = Path(config.start) if config.start else None
    if start and not ((start / "model.safetensors").is_file() and (start / "tokenizer.json").is_file()):
        raise ConfigError(f"start: {start} holds no model.safetensors and tokenizer.json; give the directory of an encoder")
    output = Path(config.output)
    output.mkdir(parents=True, exist_ok=True)

    def say(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    if start:
        tokenizer = Tokenizer.from_file(str(start / "tokenizer.json"))
    elif (output / "tokenizer.json").exists():
        tokenizer = Tokenizer.from_file(str(output / "tokenizer.json"))
    else:
        say("training the tokenizer")
        tokenizer = train_tokenizer(corpus_documents(config), config.vocabulary)
        tokenizer.save(str(output / "tokenizer.json"))
    size = tokenizer.get_vocab_size()
    if (output / "rows.npy").exists():
        rows = np.load(output / "rows.npy", mmap_mode="r")
    else:
        say("packing the corpus")
        rows = pack(corpus_documents(config), tokenizer, config.length)
        np.save(output / "rows.npy", rows)
    held_out = max(1, min(256, len(rows) // 50))
    order = np.random.default_rng(config.seed).permutation(len(rows))
    validation, order = order[:held_out], order[held_out:]
    say(f"{len(rows):,} sequences, {rows.size / 1e6:.1f} M tokens, vocabulary {size:,}")

    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    # ModernBERT's rotary positions and norms before each block matter most on a small budget: a BERT
    # of the same size stays at the loss of word frequencies several times as long.
    model = ModernBertForMaskedLM(
        ModernBertConfig(
            vocab_size=size,
            hidden_size=config.width,
            num_hidden_layers=config.layers,
            num_attention_heads=config.heads,
            intermediate_size=config.inner,
            max_position_embeddings=config.length,
            global_attn_every_n_layers=1,
            pad_token_id=0,
            bos_token_id=2,
            cls_token_id=2,
            eos_token_id=3,
            sep_token_id=3,
            attn_implementation="sdpa",
        )
    )
    checkpoint = output / "checkpoint.safetensors"
    tensors = load_file(checkpoint) if checkpoint.exists() else {}
    if start and not tensors:
        begin_from(model, load_file(start / "model.safetensors"))
    elif config.word_vectors and not tensors:
        if not (output / "vectors.npy").exists():
            say("word vectors")
            np.save(output / "vectors.npy", word_vectors(rows[np.sort(order)], size, config.width, config.seed))
        model.model.embeddings.tok_embeddings.weight.data.copy_(torch.from_numpy(np.load(output / "vectors.npy")))
    model.to(device)
    hot = torch.compile(model.model) if device.type == "cuda" else model.model

    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "layers" in n]
    chosen = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in chosen]
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.Muon(matrices, lr=config.rate, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=config.rate_others, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
    ]
    total = math.ceil(config.tokens / config.length)  # sequences
    seen = restore(model, optimizers, tensors) if tensors else 0
    parameters = sum(p.numel() for p in model.parameters())
    say(f"{parameters / 1e6:.1f} M parameters on {device}, {seen:,} of {total:,} sequences seen")

    def batch_at(seen: int, size: int) -> Any:
        """The next `size` sequences; the text is read again from the start when it is all read."""
        return rows[np.sort(order.take(range(seen, seen + size), mode="wrap"))]

    def masked(ids: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """The batch with some tokens hidden (8 in 10), replaced (1) or kept (1), and which they are."""
        draw = torch.rand(ids.shape, generator=generator)
        hidden = (draw < config.mask) & (ids >= len(SPECIAL))
        kind = torch.rand(ids.shape, generator=generator)
        random = torch.randint(len(SPECIAL), size, ids.shape, generator=generator)
        inputs = torch.where(hidden & (kind < 0.8), torch.tensor(4), ids)
        return torch.where(hidden & (kind >= 0.9), random, inputs), hidden

    def loss_of(batch: Any, seed: int) -> torch.Tensor:
        ids = torch.from_numpy(batch.astype(np.int64))
        inputs, hidden = masked(ids, torch.Generator().manual_seed(seed))
        ids, inputs, hidden = ids.to(device), inputs.to(device), hidden.to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            states = hot(input_ids=inputs)[0]
            logits = model.decoder(model.head(states[hidden]))  # only hidden places pass the head: four fifths saved
        return torch.nn.functional.cross_entropy(logits.float(), ids[hidden])

    flops = 6 * sum(p.numel() for p in matrices) + 6 * config.mask * size * config.width
    log = (output / "log.jsonl").open("a", encoding="utf-8")
    began = saved = marked = time.monotonic()
    first = mark = seen
    step = 0
    running = 0.0
    while seen < total:
        model.train()
        count = config.batch * (config.growth if seen > 0.1 * total else 1)
        for optimizer, peak in zip(optimizers, (config.rate, config.rate_others), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = peak * learning_rate(seen / total, config)
        loss = loss_of(batch_at(seen, count), seed=config.seed * 1_000_003 + seen)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        seen += count
        step += 1
        running = loss.item() if running == 0 else 0.95 * running + 0.05 * loss.item()
        if step % 25 == 0 or seen >= total:
            now = time.monotonic()
            speed = (seen - mark) * config.length / (now - marked)
            left = (total - seen) * config.length / speed / 60
            entry: dict[str, Any] = {"tokens": seen * config.length, "loss": round(running, 4)}
            entry["tokens_per_second"] = round(speed)
            entry["tflops"] = round(flops * speed / 1e12, 3)
            if config.peak_tflops:
                entry["utilisation"] = round(entry["tflops"] / config.peak_tflops, 3)
            if step % 200 == 0 or seen >= total:
                model.eval()
                with torch.no_grad():
                    losses = [loss_of(rows[np.sort(validation)][i : i + 64], seed=7 + i).item() for i in range(0, held_out, 64)]
                entry["validation_loss"] = round(sum(losses) / len(losses), 4)
            log.write(json.dumps(entry) + "\n")
            log.flush()
            say(f"{entry} {left:.0f} min left")
            marked, mark = time.monotonic(), seen
        if time.monotonic() - saved > 60 * config.checkpoint_minutes or seen >= total:
            tensors = snapshot(model, optimizers, seen)
            write_atomically(checkpoint, functools.partial(save_file, tensors))
            export(model, tokenizer, output, config)
            saved = time.monotonic()
    seconds = time.monotonic() - began
    record = {
        "config": dataclasses.asdict(config),
        "corpus_sha256": {name: hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in config.corpus},
        "tokens": seen * config.length,
        "seconds_of_last_run": round(seconds),
        "tokens_of_last_run": (seen - first) * config.length,
        "parameters": parameters,
    }
    (output / "pretrain.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return output


def snapshot(model: Any, optimizers: list[Any], seen: int) -> dict[str, torch.Tensor]:
    """Weights and optimizer state as one flat dictionary of tensors (safetensors holds nothing else)."""
    import torch

    weights = {name: tensor for name, tensor in model.state_dict().items() if name != "decoder.weight"}
    tensors = {f"model.{name}": tensor.detach().clone() for name, tensor in weights.items()}
    for number, optimizer in enumerate(optimizers):
        for index, values in optimizer.state_dict()["state"].items():
            for key, value in values.items():
                tensors[f"optimizer.{number}.{index}.{key}"] = torch.as_tensor(value).detach().clone()
    tensors["seen"] = torch.tensor([seen])
    return tensors


def restore(model: Any, optimizers: list[Any], tensors: dict[str, torch.Tensor]) -> int:
    """Undo `snapshot`; returns how many sequences the run has seen."""
    weights = {name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.")}
    model.load_state_dict(weights, strict=False)
    model.tie_weights()
    for number, optimizer in enumerate(optimizers):
        state: dict[int, dict[str, Any]] = {}
        for name, tensor in tensors.items():
            if name.startswith(f"optimizer.{number}."):
                _, _, index, key = name.split(".", 3)
                state.setdefault(int(index), {})[key] = tensor
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return int(tensors["seen"].item())


def begin_from(model: Any, tensors: dict[str, torch.Tensor]) -> None:
    """The weights of another model's encoder; its head too where it has the shape of one that guesses tokens."""
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    fitting = {name: tensor for name, tensor in tensors.items() if tensor.shape == shapes.get(name)}
    missing = [name for name in shapes if name.startswith("model.") and name not in fitting]
    if missing:
        raise ConfigError(f"start: another shape ({missing[0]} differs); set layers, width, inner and heads as there")
    model.load_state_dict(fitting, strict=False)
    model.tie_weights()


def export(model: Any, tokenizer: Tokenizer, output: Path, config: PretrainConfig) -> None:
    """The encoder as the transformers library keeps it."""
    from transformers import PreTrainedTokenizerFast

    model.save_pretrained(output)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=config.length,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(output)


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    try:
        pretrain(read_config(PretrainConfig, arguments[0], arguments[1:]))
    except ClaimmlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
