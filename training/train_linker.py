"""Trains the network that chooses the parties of claims, and says what it is worth on articles it has not seen.

    python training/train_linker.py [--more CLAIMS DOCUMENTS]... [--out FILE]

Learns from training/claims.jsonl over training/corpus, and from what each --more gives (stand-off claims, and the documents
with spans that they annotate), from random, seed fixed; writes claimml/claims/parties.onnx (or FILE). Questions are those of
the claims that the rules read, with their own triggers and with the annotated ones, where they answer a claim of gold. First
each fifth of the articles is read by a network that learnt from the others: these scores are printed, and the margins of the
rules' answer are chosen on them.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch

from claimml import corpus
from claimml.claims import join, score_claims
from claimml.claims.events import Trigger, trigger_at
from claimml.claims.linker import FEATURES, MODEL, SLOTS, Article, Linker, Question
from claimml.claims.reading import read_article
from claimml.claims.score import pairs
from claimml.claims.words import Sentence, triggers
from claimml.document import Document

HERE = Path(__file__).parent
FOLDS, COPIES, HIDDEN, EPOCHS, RATE, DECAY, DROPOUT, SEED = 5, 4, 40, 40, 3e-3, 0.02, 0.2, 7
MARGINS = (0.0, 0.3, 0.6, 1.0, 1.5, 2.0)


class Told:
    """Finds the annotated triggers of a document, in the shape that the rules give a word."""

    def __init__(self, document: Document) -> None:
        self.claims = {claim.evidence.trigger[0]: claim for claim in reversed(document.claims)}

    def triggers(self, text: str, sentences: Sequence[Sentence]) -> list[list[Trigger]]:
        lexicon = triggers()
        return [
            [
                trigger_at(lexicon, sentence.tokens, i, claim.event, claim.status)
                for i, token in enumerate(sentence.tokens)
                if token.kind == "word" and (claim := self.claims.get(token.start))
            ]
            for sentence in sentences
        ]


@dataclass
class Example:
    """A question and which of its candidates are right."""

    question: Question
    right: list[bool]


def examples(document: Document, article: Article) -> list[Example]:
    """The questions of an article whose claims answer claims of gold, with the right answers."""
    read = [claim for _, claim in article.found]
    partner = {id(two): one for one, two in pairs(document.text, document.claims, read)}
    found = []
    for question in article.questions():
        gold = [partner[id(read[i])] for i in question.claims if id(read[i]) in partner]
        names = {
            article.named(mention) if (mention := getattr(claim, question.slot)) else None
            for one in gold
            for claim in document.claims
            if claim is one or (claim.evidence.trigger, claim.event, claim.item) == (one.evidence.trigger, one.event, one.item)
        }
        right = [(party.name if party else None) in names for party in question.candidates]
        if any(right):
            found.append(Example(question, right))
    return found


def learn(data: Sequence[Example], seed: int) -> torch.nn.Sequential:
    torch.manual_seed(seed)
    net = torch.nn.Sequential(
        torch.nn.Linear(len(FEATURES), HIDDEN), torch.nn.ReLU(), torch.nn.Dropout(DROPOUT), torch.nn.Linear(HIDDEN, 1)
    )
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    parts = [(dense(example.question), torch.tensor(example.right)) for example in data]
    size = 32
    steps = EPOCHS * -(-len(parts) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(parts)).split(size):
            chosen = [parts[i] for i in batch.tolist()]
            lengths = [len(right) for _, right in chosen]
            owner = torch.repeat_interleave(torch.arange(len(chosen)), torch.tensor(lengths))
            rows = torch.cat([row for row, _ in chosen])
            right = torch.cat([right for _, right in chosen])
            chances = net(rows)[:, 0].exp()
            whole = torch.zeros(len(chosen)).index_add(0, owner, chances)
            good = torch.zeros(len(chosen)).index_add(0, owner, chances * right)
            loss = (whole.log() - good.log()).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return net.eval()


def dense(question: Question) -> torch.Tensor:
    rows = torch.zeros(len(question.rows), len(FEATURES))
    for i, row in enumerate(question.rows):
        for column, value in row:
            rows[i, column] = value
    return rows


def write(nets: Sequence[torch.nn.Sequential], margins: dict[str, float], path: Path) -> None:
    """The mean of several networks as one, side by side in its hidden layer."""
    first = np.concatenate([net[0].weight.detach().numpy() for net in nets]).astype(np.float32)
    bias = np.concatenate([net[0].bias.detach().numpy() for net in nets]).astype(np.float32)
    last = np.concatenate([net[3].weight.detach().numpy() for net in nets], axis=1).astype(np.float32) / len(nets)
    last_bias = np.mean([net[3].bias.detach().numpy() for net in nets], axis=0).astype(np.float32)
    helper, tensor = onnx.helper, onnx.numpy_helper.from_array
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["features", "w1", "b1"], ["sums"], transB=1),
            helper.make_node("Relu", ["sums"], ["hidden"]),
            helper.make_node("Gemm", ["hidden", "w2", "b2"], ["scores"], transB=1),
        ],
        "parties",
        [helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, ["candidates", len(FEATURES)])],
        [helper.make_tensor_value_info("scores", onnx.TensorProto.FLOAT, ["candidates", 1])],
        [tensor(first, "w1"), tensor(bias, "b1"), tensor(last, "w2"), tensor(last_bias, "b2")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    values = {"features": ";".join(FEATURES), **{f"margin {slot}": str(value) for slot, value in margins.items()}}
    helper.set_model_props(model, values)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


class Fold(Linker):
    """A linker with margins of its own."""

    def __init__(self, path: Path, margins: dict[str, float]) -> None:
        super().__init__(path)
        self.margins = margins


def linked(articles: Sequence[Article], documents: Sequence[Document], linkers: Sequence[Linker | None]) -> list[Document]:
    """The documents with their claims as the linker of the fold of each, or the rules alone, read them."""
    return [
        dataclasses.replace(document, claims=tuple(linker.link(article) if linker else (claim for _, claim in article.found)))
        for number, (article, document) in enumerate(zip(articles, documents, strict=True))
        for linker in [linkers[number % len(linkers)]]
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--more", nargs=2, action="append", default=[], metavar=("CLAIMS", "DOCUMENTS"))
    parser.add_argument("--out", type=Path, default=MODEL)
    options = parser.parse_args()
    torch.set_num_threads(1)
    out = options.out
    documents = join(HERE / "claims.jsonl", corpus.read(HERE / "corpus"))
    for claims, texts in options.more:
        documents += join(claims, corpus.read(texts))
    ruled = [read_article(document, network=None) for document in documents]
    told = [read_article(document, classifier=Told(document), network=None) for document in documents]
    data = [examples(d, one) + examples(d, two) for d, one, two in zip(documents, ruled, told, strict=True)]
    print(f"{sum(map(len, data))} questions of {len(documents)} articles, {len(FEATURES)} features")
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for fold in range(FOLDS):
            seen = [example for number, found in enumerate(data) if number % FOLDS != fold for example in found]
            paths.append(Path(folder) / f"{fold}.onnx")
            write([learn(seen, SEED + i) for i in range(COPIES)], dict.fromkeys(SLOTS, 0.0), paths[-1])
        margins = dict.fromkeys(SLOTS, 1.0)

        def score(articles: Sequence[Article], margins: dict[str, float] | None) -> dict[str, float]:
            linkers = [Fold(path, margins) if margins else None for path in paths]
            return {
                field: 100 * counts.f1
                for field, counts in score_claims(documents, linked(articles, documents, linkers)).items()
            }

        for slot in SLOTS:
            both = {m: [score(a, {**margins, slot: m})[slot] for a in (ruled, told)] for m in MARGINS}
            print(slot, {m: [round(x, 1) for x in v] for m, v in both.items()})
            # Of about equal ones (half a point of each F1) the largest: a tagger errs more than the gold spans here, and
            # what the rules read stands where nothing is to be gained.
            best = max(map(sum, both.values()))
            margins[slot] = max(m for m in MARGINS if sum(both[m]) > best - 1.0)
        for name, articles in (("rules' triggers", ruled), ("annotated triggers", told)):
            print(f"{name:20} {'rules':>7} {'linker':>7}")
            alone, together = score(articles, None), score(articles, margins)
            for field in ("event", *SLOTS, "record"):
                print(f"{field:20} {alone[field]:7.1f} {together[field]:7.1f}")
    everything = [example for found in data for example in found]
    write([learn(everything, SEED + i) for i in range(COPIES)], margins, out)
    print(f"{out}: {out.stat().st_size} bytes, margins {margins}")


if __name__ == "__main__":
    main()
