"""How much faster length buckets train than batches padded to the maximum, side by side on the same windows.

    python training/speed_training.py ENCODER CORPUS [CORPUS ...] [--batches 12] [--window 128] [--threads 2]

ENCODER is a directory or hub id. Four recipes train the same network with the same optimiser on the
same windows: padded to the window as the token-classification example of transformers does with
pad_to_max_length, padded to the longest of a shuffled batch, our length buckets, and those in bf16.
The recipes take turns, a few batches at a time, so that a busy machine slows all of them alike.
Printed: tokens of text (padding not counted) per second, and the ratio to the first.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import torch

from claimml import corpus
from claimml.document import LABELS
from claimml.finetune import LengthBatches, TrainConfig, collate, load_encoder, prepare

BATCH = 16  # windows in a batch of the plain recipes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoder")
    parser.add_argument("corpus", nargs="+")
    parser.add_argument("--batches", type=int, default=12, help="batches of each recipe that are timed")
    parser.add_argument("--window", type=int, default=128)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    settings = TrainConfig(encoder=options.encoder, train="", dev="", output="", window=options.window)
    model, tokenizer = load_encoder(settings)
    model.to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    with tempfile.TemporaryDirectory() as directory:
        documents = (document for path in options.corpus for document in corpus.read(path))
        rows, coverage = prepare(documents, tokenizer, LABELS, options.window, Path(directory) / "windows.arrow")
        lengths = np.asarray(rows["length"])
        print(f"{coverage.windows:,} windows, {lengths.mean():.0f} tokens on average, {options.threads} threads, {device}")
        padding = tokenizer.pad_token_id or 0

        def shuffled() -> Iterator[list[int]]:
            order = np.random.default_rng(1).permutation(len(rows))
            return cycle([order[i : i + BATCH].tolist() for i in range(0, len(order) - BATCH + 1, BATCH)])

        def bucketed() -> Iterator[list[int]]:
            return cycle(LengthBatches(lengths, np.zeros(len(rows), dtype=int), BATCH * options.window, seed=1).batches(0))

        recipes: dict[str, tuple[Iterator[list[int]], int, bool]] = {
            "padded to the window": (shuffled(), options.window, False),
            "padded to the longest": (shuffled(), 1, False),
            "length buckets": (bucketed(), 1, False),
            "length buckets, bf16": (bucketed(), 1, True),
        }

        def step(batch: list[int], multiple: int, bf16: bool) -> int:
            feeds: dict[str, Any] = collate([rows[i] for i in batch], padding, multiple)
            feeds.pop("task")
            feeds = {name: tensor.to(device) for name, tensor in feeds.items()}
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
                loss = model(**feeds).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            return int(feeds["attention_mask"].sum())

        tokens, seconds = dict.fromkeys(recipes, 0), dict.fromkeys(recipes, 0.0)
        for batches, multiple, bf16 in recipes.values():
            step(next(batches), multiple, bf16)
        for _ in range(options.batches):
            for name, (batches, multiple, bf16) in recipes.items():
                batch = next(batches)
                began = time.perf_counter()
                tokens[name] += step(batch, multiple, bf16)
                if device.type == "cuda":
                    torch.cuda.synchronize()
                seconds[name] += time.perf_counter() - began
    print("| recipe | tokens/s | ratio |\n|---|---|---|")
    first = next(iter(recipes))
    for name in recipes:
        speed = tokens[name] / seconds[name]
        print(f"| {name} | {speed:,.0f} | {speed * seconds[first] / tokens[first]:.2f} |")


if __name__ == "__main__":
    main()
