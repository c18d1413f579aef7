"""Words a second of taggers on one core, side by side on the same texts, and what a cold start costs.

    python training/speed.py MODEL...
    python training/speed.py claims MODEL...     seconds from 200 articles to their claims, on all cores

MODEL is what `claimml.load` takes, or a peer: "spacy" (its NER on a CNN) or "bert-base" (the transformers pipeline);
peers have random weights, which changes nothing for speed. Sentences of the articles in training/corpus are shuffled
into texts of some 350 words. Each round times every tagger once, so that a busy machine slows all alike; the median of
the rounds is told. Seconds are the processor's, of all threads together: waiting for a busy core costs nothing.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from claimml import LABELS, corpus, load
from claimml.claims import with_claims
from claimml.tagger import shipped


def articles(count: int) -> list[str]:
    draw = random.Random(5)
    sentences = [
        line
        for document in corpus.read(Path(__file__).parent / "corpus" / "id")
        for line in document.text.split("\n")
        if len(line.split()) > 5
    ]
    texts = []
    for _ in range(count):
        text: list[str] = []
        while sum(len(sentence.split()) for sentence in text) < 350:
            text.append(draw.choice(sentences))
        texts.append("\n".join(text))
    return texts


def spacy_ner() -> Callable[[list[str]], object]:
    import spacy

    pipeline = spacy.blank("id")
    ner = pipeline.add_pipe("ner")
    for label in LABELS:
        ner.add_label(label)  # type: ignore[attr-defined]
    pipeline.initialize()
    return lambda texts: list(pipeline.pipe(texts))


def bert_base() -> Callable[[list[str]], object]:
    import torch
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast, pipeline

    torch.set_num_threads(1)
    directory = shipped()["mini"]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(directory / "tokenizer.json"), pad_token="[PAD]", model_max_length=512
    )
    model = BertForTokenClassification(BertConfig(vocab_size=len(tokenizer), num_labels=9))
    tag = pipeline("token-classification", model=model, tokenizer=tokenizer, aggregation_strategy="simple", stride=64)
    return lambda texts: [tag(text) for text in texts]


def claims(names: list[str]) -> None:
    """The seconds on the clock, the best of three rounds, that tagging articles and reading their claims takes."""
    texts = [document.text for document in corpus.read(Path(__file__).parent / "corpus" / "id")][:200]
    print(f"{len(texts)} articles, {sum(len(text.split()) for text in texts):,} words, {len(os.sched_getaffinity(0))} cores")
    for name in names:
        tagger = load(name)
        list(with_claims(tagger.tag(texts[:2])))
        rounds = []
        for _ in range(3):
            marks = [time.perf_counter()]
            tagged = list(tagger.tag(texts))
            marks.append(time.perf_counter())
            found = sum(len(document.claims) for document in with_claims(tagged))
            marks.append(time.perf_counter())
            rounds.append((marks[2] - marks[0], marks[1] - marks[0]))
        whole, tagging = min(rounds)
        print(f"{name}: {whole:.1f} s for {found} claims, {tagging:.1f} s of them to tag")


PEERS = {"spacy": spacy_ner, "bert-base": bert_base}


def main() -> int:
    names = sys.argv[1:]
    if not names or names == ["claims"]:
        print(__doc__)
        return 2
    if names[0] == "claims":
        claims(names[1:])
        return 0
    # BERT-base would keep a core busy for ten minutes.
    count, repeats = (6, 4) if "bert-base" in names else (20, 10)
    texts = articles(count)
    words = sum(len(text.split()) for text in texts)
    taggers = {name: PEERS[name]() if name in PEERS else load(name, threads=1).tag for name in names}
    rounds: dict[str, list[float]] = {name: [] for name in names}
    for tag in taggers.values():
        tag(texts[:2])
    for _ in range(repeats):
        for name, tag in taggers.items():
            began = time.process_time()
            tag(texts)
            rounds[name].append(words / (time.process_time() - began))
    print(f"{len(texts)} texts, {words:,} words, one core")
    for name, speeds in rounds.items():
        if name in PEERS:
            print(f"{name}: {statistics.median(speeds):,.0f} words/s")
            continue
        cold = []
        for _ in range(3):
            began = time.perf_counter()
            script = f"import claimml; claimml.predict('Rusia membeli tiga tank.', model={name!r}); "
            # The kernel's own peak of this process (kB); getrusage would count the parent's too.
            script += "print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
            peak = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
            cold.append(time.perf_counter() - began)
        print(f"{name}: {statistics.median(speeds):,.0f} words/s, cold {min(cold):.2f} s, peak {int(peak) // 1024} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
