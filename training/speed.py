"""Words a second of taggers on one core, side by side on the same texts, and what a cold start costs.

    python training/speed.py MODEL... [--texts FILE]

Without FILE, sentences of the articles in training/corpus are shuffled into texts of some 350 words.
Each round times every tagger once, so that a busy machine slows all alike; the median of the rounds is told.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from claimml import corpus, load


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


def main() -> int:
    names = sys.argv[1:]
    if not names:
        print(__doc__)
        return 2
    texts = articles(40)
    words = sum(len(text.split()) for text in texts)
    taggers = {name: load(name, threads=1) for name in names}
    rounds: dict[str, list[float]] = {name: [] for name in names}
    for tagger in taggers.values():
        tagger.tag(texts[:2])
    for _ in range(5):
        for name, tagger in taggers.items():
            began = time.perf_counter()
            tagger.tag(texts)
            rounds[name].append(words / (time.perf_counter() - began))
    print(f"{len(texts)} texts, {words:,} words, one core")
    for name, speeds in rounds.items():
        cold = []
        for _ in range(3):
            began = time.perf_counter()
            script = f"import claimml, resource; claimml.predict('Rusia membeli tiga tank.', model={name!r}); "
            script += "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
            peak = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
            cold.append(time.perf_counter() - began)
        print(f"{name}: {statistics.median(speeds):,.0f} words/s, cold {min(cold):.2f} s, peak {int(peak) // 1024} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
