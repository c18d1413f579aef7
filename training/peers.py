"""What else one would train on the same data, beside our model: scores on real articles, and paired differences.

    python training/peers.py MODEL [MODEL ...]

Trains a linear-chain CRF (pip install sklearn-crfsuite), spaCy's NER (pip install spacy) and a plain BERT of our size from
random on the corpora of configs/mini.toml, tags its dev articles, our held-out articles and, where their texts are there, the
seeds, and prints strict micro F1 of each with how far the first MODEL is ahead: paired bootstrap over documents. Further
MODELs take part as they are. Predictions are kept in runs/peers; remove them to train anew. The
epoch of spaCy and of the networks is the best on dev, which flatters them there.
"""

from __future__ import annotations

import random
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from claimml import LABELS, corpus, load, score
from claimml.document import Document, Span
from claimml.scoring import compare_scores
from claimml.tagging import decode, encode

KEPT = Path("runs/peers")
SEEDS = ("../shared/gold", "../shared/seeds")
Tag = Callable[[list[Document]], list[Document]]

_WORD = re.compile(r"\w+|[^\w\s]")


def paragraphs(document: Document) -> Iterator[tuple[int, Document]]:
    """The lines of a document, each with its start and its spans."""
    for match in re.finditer(r"[^\n]+", document.text):
        start, end = match.span()
        spans = [Span(s.start - start, s.end - start, s.label) for s in document.spans if start <= s.start and s.end <= end]
        yield start, Document(match[0], tuple(spans))


def words(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _WORD.finditer(text)]


# ---- a linear-chain CRF


def features(text: str, offsets: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """What is commonly told a CRF of a word: itself, its affixes and shape, and its neighbours."""
    surfaces = [text[start:end] for start, end in offsets]

    def of(word: str) -> dict[str, Any]:
        shape = re.sub(r"(.)\1+", r"\1", re.sub(r"\d", "0", re.sub(r"[a-zà-ÿ]", "x", re.sub(r"[A-ZÀ-Ý]", "X", word))))
        return {"word": word.lower(), "shape": shape, "title": word.istitle(), "upper": word.isupper()}

    own = [of(word) for word in surfaces]
    rows = []
    for i, word in enumerate(surfaces):
        lower = word.lower()
        row: dict[str, Any] = dict(own[i]) | {"bias": 1.0, "digits": any(map(str.isdigit, word))}
        row |= {f"prefix{n}": lower[:n] for n in (2, 3, 4)} | {f"suffix{n}": lower[-n:] for n in (2, 3, 4)}
        for distance in (-2, -1, 1, 2):
            if 0 <= i + distance < len(own):
                row |= {f"{distance}:{name}": value for name, value in own[i + distance].items()}
            else:
                row[f"{distance}:none"] = True
        if i > 0:
            row["pair"] = surfaces[i - 1].lower() + " " + lower
        rows.append(row)
    return rows


def crf(train: list[Document], dev: list[Document]) -> Tag:
    from sklearn_crfsuite import CRF

    inputs, outputs = [], []
    for document in train:
        for _, line in paragraphs(document):
            offsets = words(line.text)
            inputs.append(features(line.text, offsets))
            outputs.append(encode(line.spans, offsets)[0])
    model = CRF(algorithm="lbfgs", c1=0.1, c2=0.05, max_iterations=120, all_possible_transitions=True)
    model.fit(inputs, outputs)

    def tag(documents: list[Document]) -> list[Document]:
        found = []
        for document in documents:
            spans: list[Span] = []
            for start, line in paragraphs(document):
                offsets = words(line.text)
                tags = list(model.predict_single(features(line.text, offsets)))
                spans += [Span(s.start + start, s.end + start, s.label) for s in decode(tags, offsets)]
            found.append(Document(document.text, tuple(spans), id=document.id))
        return found

    return tag


# ---- spaCy


def spacy_ner(train: list[Document], dev: list[Document]) -> Tag:
    import spacy
    from spacy.training import Example
    from spacy.util import compounding, fix_random_seed, minibatch

    fix_random_seed(1)
    pipeline = spacy.blank("id")
    ner: Any = pipeline.add_pipe("ner")
    for label in LABELS:
        ner.add_label(label)
    examples = []
    for document in train:
        for _, line in paragraphs(document):
            doc = pipeline.make_doc(line.text)
            spans = [doc.char_span(s.start, s.end, s.label, alignment_mode="expand") for s in line.spans]
            entities = spacy.util.filter_spans([span for span in spans if span is not None])
            examples.append(Example.from_dict(doc, {"entities": [(e.start_char, e.end_char, e.label_) for e in entities]}))
    optimizer = pipeline.initialize(lambda: examples[:500])
    draw = random.Random(1)
    best, kept = -1.0, b""

    def tag(documents: list[Document]) -> list[Document]:
        found = []
        for document in documents:
            spans: list[Span] = []
            for start, line in paragraphs(document):
                spans += [Span(e.start_char + start, e.end_char + start, e.label_) for e in pipeline(line.text).ents]
            found.append(Document(document.text, tuple(spans), id=document.id))
        return found

    sizes = compounding(8.0, 64.0, 1.002)
    for epoch in range(14):
        draw.shuffle(examples)
        for batch in minibatch(examples, sizes):
            pipeline.update(batch, sgd=optimizer, drop=0.2)
        f1 = score(dev, tag(dev)).micro.f1
        if f1 > best:
            best, kept = f1, pipeline.to_bytes()
        print(f"spacy: epoch {epoch + 1}, dev F1 {100 * f1:.1f}", flush=True)
    pipeline.from_bytes(kept)
    return tag


# ---- a plain BERT of our size, from random


def bert(train: list[Document], dev: list[Document]) -> Tag:
    """Our recipe of fine-tuning, without pre-training, silver labels rules or changed copies; 8 epochs."""
    from transformers import AutoTokenizer, BertConfig, BertModel

    from claimml import train as program

    ours = tomllib.loads(Path("configs/mini.toml").read_text(encoding="utf-8"))["encoder"]
    encoder = KEPT / "bert-encoder"
    tokenizer = AutoTokenizer.from_pretrained(ours)
    tokenizer.save_pretrained(encoder)
    shape = {"hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 4, "intermediate_size": 1024}
    BertModel(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=128, **shape)).save_pretrained(encoder)
    wanted = [f"encoder={encoder}", f"output={KEPT / 'bert'}", f"work={KEPT / 'bert-work'}", "name=bert"]
    if program.main(
        ["configs/mini.toml", *wanted, "auxiliary={}", "claims=[]", "prior=0", "augment={}", "epochs=8", "patience=6"]
    ):
        raise SystemExit(1)
    return lambda documents: load(KEPT / "bert").tag([document.text for document in documents])


PEERS: dict[str, Callable[[list[Document], list[Document]], Tag]] = {
    "CRF": crf,
    "spaCy NER": spacy_ner,
    "BERT from random": bert,
}


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
        return 2
    config = tomllib.loads(Path("configs/mini.toml").read_text(encoding="utf-8"))
    tests = {"dev": list(corpus.read(config["dev"])), "heldout": list(corpus.read("training/heldout/articles.txt"))}
    if Path(SEEDS[1]).is_dir():
        tests["seeds"] = list(corpus.read(SEEDS[0], texts=SEEDS[1]))
    answers: dict[str, dict[str, list[Document]]] = {}
    for name in sys.argv[1:]:
        tagger = load(name)
        answers[name] = {test: tagger.tag([d.text for d in gold]) for test, gold in tests.items()}
    KEPT.mkdir(parents=True, exist_ok=True)
    for name, learn in PEERS.items():
        files = {test: KEPT / f"{name.split()[0].lower()}-{test}.jsonl" for test in tests}
        if not all(file.exists() for file in files.values()):
            train = [document for path in config["train"] for document in corpus.read(path)]
            tag = learn(train, tests["dev"])
            for test, gold in tests.items():
                corpus.write(tag(gold), files[test])
        answers[name] = {test: list(corpus.read(file)) for test, file in files.items()}
    first = sys.argv[1]
    for test, gold in tests.items():
        ours = score(gold, answers[first][test])
        print(f"\n{test}: {len(gold)} documents, {ours.micro.gold:,} spans; strict micro F1")
        for name, predicted in answers.items():
            scores = score(gold, predicted[test])
            between = scores.intervals().micro
            low, high = between.f1 if between else (0.0, 1.0)
            labels = " ".join(f"{label[0]} {100 * counts.f1:.1f}" for label, counts in scores.labels.items())
            line = f"{name:<18} {100 * scores.micro.f1:5.1f} ({100 * low:.1f} to {100 * high:.1f}; {labels})"
            if name != first:
                d = compare_scores(ours, scores).micro
                line += f"  {first} is ahead by {100 * d.f1:+.1f} ({100 * d.low:+.1f} to {100 * d.high:+.1f}), p {d.p:.4f}"
            print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
