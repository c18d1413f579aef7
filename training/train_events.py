"""Trains the network that reads events, and says what it is worth on articles that it has not seen.

    python training/train_events.py [--encoder DIR] [--more CLAIMS DOCUMENTS]... [--out FILE] [--epochs N] [--new CHANCE]

Learns from training/claims.jsonl over training/corpus, training/claims-wire.jsonl over training/wire, and from what each
--more gives (stand-off claims, and the documents with spans that they annotate), seed fixed, from an encoder (models/mini; what
ships, from configs/pretrain-events.toml), whose lower half stays as it is; writes claimml/claims/events.onnx (or FILE). It
learns twice: first without a fifth of the documents of each, on which the thresholds are chosen and the scores printed, then
from all of them, which is what it writes.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn
from torch.nn import functional

from claimml import corpus
from claimml.claims import join, score_claims
from claimml.claims.linker import Article
from claimml.claims.network import (
    BUCKETS,
    COLUMNS,
    LENGTH,
    MODEL,
    SLOTS,
    Judgement,
    Stretch,
    inputs,
    judgements,
    stretches,
    thing_of,
)
from claimml.claims.reading import SHIPPED, read_article
from claimml.claims.record import EVENTS, STATUSES, Claim, slots_of
from claimml.document import Document
from claimml.export import Graph, light_tokenizer

HERE = Path(__file__).parent
KEY = 64  # width of what a thing and a word are matched by
FROZEN = 3  # layers of the encoder that stay as they are
SIZE, RATE, HEADS_RATE, DECAY, DROPOUT, FOLDS, SEED = 12, 2e-4, 1e-3, 0.05, 0.25, 5, 1
NAMELESS, UNRULED = 0.4, 0.3  # shares of stretches read with their names masked, and without what the rules read
WEIGHTS = (2.0, 0.7, 0.3, 0.2, 0.4)  # of the losses of events, of words, of triggers, of statuses, of parties
NEW, DROP, FAVOUR = (0.3, 0.35, 0.4, 0.45, 0.5, 0.6), (0.0, 0.05, 0.1, 0.15, 0.2, 0.3), (0.0, 1.0, 2.0, 3.0, 5.0)


class Net(nn.Module):
    """The upper layers of an encoder, told of spans and of what the rules read, and the heads."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.layers, self.norm, self.rotary = nn.ModuleList(encoder.layers[FROZEN:]), encoder.final_norm, encoder.rotary_emb
        self.features = nn.ModuleList([nn.Embedding(count, width) for count in COLUMNS])
        for table in self.features:
            nn.init.normal_(table.weight, std=0.05)
            table.weight.data[0] = 0
        self.drop = nn.Dropout(DROPOUT)
        self.w1, self.trig = nn.Linear(width, width), nn.Linear(width, 1 + len(EVENTS))
        self.t1, self.direct = nn.Linear(width, width), nn.Linear(width, len(EVENTS))
        self.q, self.k, self.far = nn.Linear(width, KEY), nn.Linear(width, KEY), nn.Parameter(torch.zeros(BUCKETS))
        self.rl, self.rule = nn.Parameter(torch.tensor(2.0)), nn.Parameter(torch.full((len(EVENTS),), 2.0))
        self.a, self.s = nn.Parameter(torch.ones(len(EVENTS))), nn.Parameter(torch.ones(len(EVENTS)))
        self.tells, self.none = nn.Linear(2 * width, width), nn.Linear(width, SLOTS)
        self.asks, self.names, self.bias = nn.Linear(width, SLOTS * KEY), nn.Linear(width, SLOTS * KEY), nn.Linear(width, SLOTS)
        self.kind = nn.Parameter(torch.zeros(len(EVENTS), width))
        self.aside, self.beyond = (nn.Parameter(torch.zeros(BUCKETS, SLOTS)) for _ in range(2))
        self.answered, self.open = nn.Parameter(torch.full((SLOTS,), 2.0)), nn.Parameter(torch.zeros(SLOTS))
        self.st, self.status = nn.Linear(2 * width, width), nn.Linear(width, len(STATUSES))

    def states(self, states: Tensor, mask: Tensor, features: Tensor) -> Tensor:
        """(batch, tokens, width) of the states of the lower layers and of features (batch, tokens, columns)."""
        states = states + sum(table(features[..., i]) for i, table in enumerate(self.features))
        positions = self.rotary(states, torch.arange(states.shape[1])[None], "full_attention")
        seen = mask[:, None, None].expand(-1, 1, states.shape[1], -1)
        for layer in self.layers:
            states = layer(states, attention_mask=seen, position_embeddings=positions)
        return self.norm(states)

    def answers(self, states: Tensor, x: Example) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Of one stretch: logits of events (things, events); the logarithms of the chances of what each word tells of,
        (words, 1 + events), and of each word as the trigger of each event of a thing, (things, events, words); and the
        states of words and things."""
        states = self.drop(states)
        words, things = states[x.words], x.pool @ states
        told = self.trig(self.drop(functional.gelu(self.w1(words)))).log_softmax(-1)
        about = functional.logsigmoid(self.q(things) @ self.k(words).T / KEY**0.5 + self.far[x.near] + self.rl * x.links)
        pairs = about[:, None] + told[:, 1:].T[None] + x.apart[:, None]
        direct = self.direct(self.drop(functional.gelu(self.t1(things))))
        return direct + self.rule * x.ruled + self.a + self.s * pairs.logsumexp(-1), told, pairs, words, things

    def parties(self, states: Tensor, x: Example, things: Tensor, words: Tensor, triggers: Tensor) -> Tensor:
        """Logits (things, events, slots, names + 1), the last for nobody, where `triggers` (things, events) are words."""
        names = x.named @ self.drop(states)
        count = len(things), len(EVENTS)
        both = torch.cat([words[triggers], things[:, None].expand(*count, -1)], -1)
        told = self.drop(functional.gelu(self.tells(both) + self.kind))
        asked = self.asks(told).view(*count, SLOTS, KEY)
        keys = self.names(self.drop(names)).view(-1, SLOTS, KEY)
        chances = torch.einsum("tesk,csk->tesc", asked, keys) / KEY**0.5 + self.bias(names).T
        chances = chances + self.aside[x.aside].permute(0, 2, 1)[:, None] + self.beyond[x.beyond][triggers].permute(0, 1, 3, 2)
        chances = chances + self.answered[:, None] * x.filled
        nobody = self.none(told) + self.open * (1 - x.filled.sum(-1).clamp(max=1))
        return torch.cat([chances, nobody[..., None]], -1)

    def statuses(self, words: Tensor, things: Tensor) -> Tensor:
        return self.status(self.drop(functional.gelu(self.st(torch.cat([words, things], -1)))))


@dataclass
class Example:
    """A stretch of document `document` as tensors, see `claimml.claims.network.inputs`, with its right answers: `events`
    (things, events), `told` (words,), and for each event its thing, event, words of triggers and status."""

    document: int
    part: Stretch
    ids: Tensor
    features: Tensor
    pool: Tensor
    words: Tensor
    near: Tensor
    apart: Tensor
    ruled: Tensor
    links: Tensor
    named: Tensor
    aside: Tensor
    beyond: Tensor
    filled: Tensor
    events: Tensor
    told: Tensor
    gold: list[tuple[int, int, list[int], int]] = field(default_factory=list)
    parties: list[tuple[int, int, int, int, list[list[int]]]] = field(default_factory=list)  # thing, event, word, slot, names
    states: tuple[Tensor, Tensor] | None = None  # of the lower layers, with names and without, in half precision


def examples(document: Document, number: int, article: Article, tokenizer: Any) -> list[Example]:
    found = []
    for part in stretches(article, tokenizer):
        taken = {name: torch.from_numpy(value) for name, value in inputs(part).items()}
        ids = taken.pop("input_ids")[0]
        events, told = torch.zeros(len(part.things), len(EVENTS)), torch.zeros(len(part.words), dtype=torch.long)
        example = Example(number, part, ids, **taken, events=events, told=told)
        tokens = [article.sentences[word.sentence].tokens[word.token] for word in part.words]
        for i, thing in enumerate(part.things):
            sentence = article.sentences[thing.sentence]
            for e, event in enumerate(EVENTS):
                claims = [
                    claim
                    for claim in document.claims
                    if claim.event == event
                    and claim.evidence.start < sentence.end
                    and sentence.start < claim.evidence.end
                    and thing_of(article, thing.sentence, claim) == thing.token
                ]
                if claims:
                    triggers = [claim.evidence.trigger for claim in claims]
                    words = [k for k, word in enumerate(tokens) if any(a <= word.start < b for a, b in triggers)]
                    events[i, e] = 1
                    told[words] = 1 + e
                    example.gold.append((i, e, words, STATUSES.index(claims[0].status)))
                    for slot in range(SLOTS) if words else ():
                        right = answer(article, part, claims, slot)
                        if right:
                            example.parties.append((i, e, words[0], slot, right))
        found.append(example)
    return found


def answer(article: Article, part: Stretch, claims: Sequence[Claim], slot: int) -> list[list[int]]:
    """The names that fill a slot of claims of one event of one thing, each with all its mentions in the stretch; the number
    behind the last where nobody does, nothing where one stands elsewhere."""
    called: dict[str, list[int]] = {}
    for i, name in enumerate(part.names):
        called.setdefault(article.name(article.sentences[name.sentence].tokens[name.token]), []).append(i)
    found: dict[str, list[int]] = {}
    for claim in claims:
        mention = getattr(claim, slots_of(claim.event)[slot])
        if mention:
            found[article.named(mention)] = called.get(article.named(mention), [])
    if any(not mentions for mentions in found.values()):
        return []
    return list(found.values()) or [[len(part.names)]]


def read_below(encoder: Any, mask_id: int, data: Sequence[Example]) -> None:
    """Give each example what the frozen layers make of it, with its names and with all of them masked."""
    encoder.eval()
    order = sorted(data, key=lambda example: len(example.ids))
    for i in range(0, len(order), 24):
        chosen = order[i : i + 24]
        both = []
        for masked in (False, True):
            ids = nn.utils.rnn.pad_sequence(
                [x.ids.masked_fill(x.features[:, 0] > 0, mask_id) if masked else x.ids for x in chosen], batch_first=True
            )
            mask = nn.utils.rnn.pad_sequence([torch.ones_like(x.ids) for x in chosen], batch_first=True)
            with torch.no_grad():
                outputs = encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True)
            both.append(outputs.hidden_states[FROZEN].half())
        for x, named, nameless in zip(chosen, *both, strict=True):
            x.states = named[: len(x.ids)].clone(), nameless[: len(x.ids)].clone()


def batch(chosen: Sequence[Example], *, noise: bool) -> tuple[Tensor, Tensor, Tensor]:
    states, features = [], []
    for x in chosen:
        assert x.states is not None
        states.append(x.states[noise and random.random() < NAMELESS].float())
        known = x.features.clone()
        if noise and random.random() < UNRULED:
            known[:, 1:] = 0
        features.append(known)
    mask = [torch.ones(len(x.ids), dtype=torch.bool) for x in chosen]
    pad = nn.utils.rnn.pad_sequence
    return pad(states, batch_first=True), pad(mask, batch_first=True), pad(features, batch_first=True)


def loss_of(net: Net, chosen: Sequence[Example]) -> Tensor:
    states = net.states(*batch(chosen, noise=True))
    events, triggers, pairs, parties = [], [], [], []
    words = torch.tensor(0.0)
    for row, x in enumerate(chosen):
        logits, told, places, said, things = net.answers(states[row, : len(x.ids)], x)
        events.append(functional.binary_cross_entropy_with_logits(logits, x.events, reduction="none").sum(1))
        words = words + functional.nll_loss(told, x.told, reduction="sum")
        for i, e, right, status in x.gold:
            if right:
                triggers.append(places[i, e].logsumexp(-1) - places[i, e, right].logsumexp(-1))
                pairs.append((said[right[0]], things[i], status))
        if x.parties and len(x.part.names):
            triggered = torch.zeros(len(x.events), len(EVENTS), dtype=torch.long)
            for i, e, word, _, _ in x.parties:
                triggered[i, e] = word
            filled = net.parties(states[row, : len(x.ids)], x, things, said, triggered).log_softmax(-1)
            for i, e, _, slot, right in x.parties:
                parties.append(-torch.stack([filled[i, e, slot, mentions].logsumexp(-1) for mentions in right]).mean())
    count = sum(map(len, events))
    losses = [torch.cat(events).mean(), words / count]
    if pairs:
        said, things = (torch.stack(part) for part in list(zip(*pairs, strict=True))[:2])
        right = torch.tensor([status for *_, status in pairs])
        losses += [torch.stack(triggers).mean(), functional.cross_entropy(net.statuses(said, things), right)]
    if parties:
        losses.append(torch.stack(parties).mean())
    return sum(weight * loss for weight, loss in zip(WEIGHTS, losses, strict=False))


def learn(encoder: Any, data: Sequence[Example], epochs: int, each: Callable[[Net, int], None] | None = None) -> Net:
    random.seed(SEED)
    torch.manual_seed(SEED)
    net = Net(encoder)
    heads = {id(p) for name, p in net.named_parameters() if not name.startswith(("layers", "norm"))}
    groups = [{"params": [p for p in net.parameters() if (id(p) in heads) == new]} for new in (False, True)]
    rates = [RATE, HEADS_RATE]
    optimizer = torch.optim.AdamW(groups, weight_decay=DECAY)
    total = sum(len(mixed(data)) for _ in range(epochs)) + 1
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=total, pct_start=0.1)
    for epoch in range(epochs):
        net.train()
        begun, losses = time.time(), []
        for chosen in mixed(data):
            loss = loss_of(net, chosen)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {epochs}: loss {sum(losses) / len(losses):.3f}, {time.time() - begun:.0f} s", flush=True)
        if each:
            each(net, epoch)
    return net.eval()


def mixed(data: Sequence[Example]) -> list[list[Example]]:
    """Batches in random order, stretches of about one length together."""
    order = random.sample(range(len(data)), len(data))
    chunks = []
    for i in range(0, len(order), 16 * SIZE):
        near = sorted(order[i : i + 16 * SIZE], key=lambda j: len(data[j].ids))
        chunks += [[data[j] for j in near[k : k + SIZE]] for k in range(0, len(near), SIZE)]
    random.shuffle(chunks)
    return chunks


def answers(net: Net, data: Sequence[Example]) -> list[tuple[Any, ...]]:
    """What the network says of stretches, as `claimml.claims.network.judgements` takes it."""
    net.eval()
    found = []
    with torch.no_grad():
        for i in range(0, len(data), SIZE):
            chosen = data[i : i + SIZE]
            states = net.states(*batch(chosen, noise=False))
            for row, x in enumerate(chosen):
                events, _, pairs, words, things = net.answers(states[row, : len(x.ids)], x)
                triggers = pairs.argmax(-1)
                statuses = net.statuses(words[triggers], things[:, None].expand(-1, len(EVENTS), -1)).log_softmax(-1)
                parties = net.parties(states[row, : len(x.ids)], x, things, words, triggers).log_softmax(-1)
                found.append((events.numpy(), triggers.numpy(), statuses.numpy(), parties.numpy()))
    return found


def write(net: Net, encoder: Any, tokenizer: Any, path: Path, values: dict[str, float], *, int8: bool = True) -> None:
    """The network as ONNX, its encoder in int8 unless told otherwise, with its tokenizer and the `values` to use it with."""
    import numpy as np
    from onnx import TensorProto

    config, count = encoder.config, len(EVENTS)
    heads, epsilon = config.num_attention_heads, config.norm_eps
    weights = encoder.state_dict() | {f"net.{name}": tensor for name, tensor in net.state_dict().items()}
    graph = Graph({name: tensor.detach().float().numpy() for name, tensor in weights.items()}, int8=int8)
    axis = [graph.constant(np.array([i])) for i in (0, 1, 2, -1)]
    graph.turn(net.rotary, LENGTH)
    states = graph.rows(encoder.embeddings.norm(encoder.embeddings.tok_embeddings.weight).detach().numpy(), "input_ids")
    for number in range(FROZEN):
        states = graph.layer(states, f"layers.{number}", heads, epsilon, first=not number)
    # The tables of all columns as one.
    firsts = graph.constant(np.cumsum([0, *COLUMNS[:-1]]))
    table = graph.constant(torch.cat([part.weight for part in net.features]).detach().numpy())
    known = graph.add("Gather", table, graph.add("Add", "features", firsts))
    states = graph.sum(states, graph.add("ReduceSum", known, axis[1], keepdims=0))
    for number in range(len(net.layers)):
        states = graph.layer(states, f"net.layers.{number}", heads, epsilon)
    tokens = graph.add("Squeeze", graph.norm(states, "net.norm", epsilon), axis[0])

    def linear(source: str, name: str) -> str:
        weight, bias = (graph.constant(graph.weights[f"net.{name}.{part}"].T) for part in ("weight", "bias"))
        return str(graph.add("Add", graph.add("MatMul", source, weight), bias))

    def hidden(source: str, first: str, second: str) -> str:
        return linear(graph.add(".Gelu", linear(source, first)), second)

    def value(name: str) -> str:
        return graph.constant(graph.weights[f"net.{name}"])

    words, things = graph.add("Gather", tokens, "words"), graph.add("MatMul", "pool", tokens)
    told = graph.add("LogSoftmax", hidden(words, "w1", "trig"), axis=-1)
    told = graph.add("Slice", told, axis[1], graph.constant(np.array([1 + count])), axis[1])
    matched = graph.add("MatMul", linear(things, "q"), graph.add("Transpose", linear(words, "k"), perm=[1, 0]))
    matched = graph.add("Mul", matched, graph.constant(np.float32(KEY**-0.5)))
    matched = graph.add("Add", matched, graph.add("Gather", value("far"), "near"))
    matched = graph.add("Add", matched, graph.add("Mul", "links", value("rl")))
    # The logarithm of the sigmoid
    about = graph.add("Neg", graph.add("Softplus", graph.add("Neg", matched)))
    about = graph.add("Unsqueeze", graph.add("Add", about, "apart"), axis[1])
    pairs = graph.add("Add", about, graph.add("Unsqueeze", graph.add("Transpose", told, perm=[1, 0]), axis[0]))
    best = graph.add("ArgMax", pairs, axis=-1, keepdims=0)
    events = graph.add("Add", hidden(things, "t1", "direct"), value("a"))
    events = graph.add("Add", events, graph.add("Mul", "ruled", value("rule")))
    sums = graph.add("ReduceLogSumExp", pairs, axes=[-1], keepdims=0)
    events = graph.add("Add", events, graph.add("Mul", sums, value("s")))
    said = graph.add("Gather", words, best)
    whose = graph.add("Expand", graph.add("Unsqueeze", things, axis[1]), graph.add("Shape", said))
    both = graph.add("Concat", said, whose, axis=-1)
    statuses = hidden(both, "st", "status")
    # Who takes part: (things, events, slots, names), and nobody behind them.
    shape = graph.constant(np.array([0, 0, SLOTS, KEY])), graph.constant(np.array([-1, SLOTS, KEY]))
    names = graph.add("MatMul", "named", tokens)
    asking = graph.add(".Gelu", graph.add("Add", linear(both, "tells"), value("kind")))
    asked = graph.add("Reshape", linear(asking, "asks"), shape[0])
    keys = graph.add("Reshape", linear(names, "names"), shape[1])
    chances = graph.add(
        "Mul", graph.add("Einsum", asked, keys, equation="tesk,csk->tesc"), graph.constant(np.float32(KEY**-0.5))
    )
    chances = graph.add("Add", chances, graph.add("Transpose", linear(names, "bias"), perm=[1, 0]))
    aside = graph.add("Transpose", graph.add("Gather", value("aside"), "aside"), perm=[0, 2, 1])
    chances = graph.add("Add", chances, graph.add("Unsqueeze", aside, axis[1]))
    beyond = graph.add("Gather", value("beyond"), graph.add("Gather", "beyond", best))
    chances = graph.add("Add", chances, graph.add("Transpose", beyond, perm=[0, 1, 3, 2]))
    answered = graph.constant(graph.weights["net.answered"][:, None])
    chances = graph.add("Add", chances, graph.add("Mul", "filled", answered))
    one = graph.constant(np.float32(1))
    unanswered = graph.add("Sub", one, graph.add("Min", graph.add("ReduceSum", "filled", axis[3], keepdims=0), one))
    nobody = graph.add("Add", linear(asking, "none"), graph.add("Mul", unanswered, value("open")))
    parties = graph.add("Concat", chances, graph.add("Unsqueeze", nobody, axis[3]), axis=-1)
    graph.save(
        path,
        {
            "events": (events, ["things", count]),
            "triggers": (best, ["things", count]),
            "statuses": (graph.add("LogSoftmax", statuses, axis=-1), ["things", count, len(STATUSES)]),
            "parties": (graph.add("LogSoftmax", parties, axis=-1), ["things", count, SLOTS, "answers"]),
        },
        {
            "features": (TensorProto.INT64, ["length", len(COLUMNS)]),
            "pool": (TensorProto.FLOAT, ["things", "length"]),
            "words": (TensorProto.INT64, ["words"]),
            "near": (TensorProto.INT64, ["things", "words"]),
            "apart": (TensorProto.FLOAT, ["things", "words"]),
            "ruled": (TensorProto.FLOAT, ["things", count]),
            "links": (TensorProto.FLOAT, ["things", "words"]),
            "named": (TensorProto.FLOAT, ["names", "length"]),
            "aside": (TensorProto.INT64, ["things", "names"]),
            "beyond": (TensorProto.INT64, ["words", "names"]),
            "filled": (TensorProto.FLOAT, ["things", count, SLOTS, "names"]),
        },
        {"tokenizer": tokenizer.to_str(), "columns": repr(COLUMNS), **{name: str(number) for name, number in values.items()}},
    )


class Fixed:
    """A network whose judgements of one document are known."""

    def __init__(self, judged: dict[tuple[int, int, str], Judgement], new: float, drop: float, favour: float) -> None:
        self.judged, self.new, self.drop, self.favour = judged, new, drop, favour

    def judge(self, article: Article) -> dict[tuple[int, int, str], Judgement]:
        return self.judged


class Test:
    """Documents that are not learnt from, and what their claims score."""

    def __init__(self, documents: Sequence[Document], tokenizer: Any) -> None:
        self.documents = documents
        self.articles = [read_article(document, network=None) for document in documents]
        self.data = [
            x
            for number, (document, article) in enumerate(zip(documents, self.articles, strict=True))
            for x in examples(document, number, article, tokenizer)
        ]

    def score(self, found: Sequence[Any] | None, new: float = 0.4, drop: float = 0.1, favour: float = 2.0) -> dict[str, Any]:
        """What the rules score, or with answers of a network both together."""
        read = []
        for number, (document, article) in enumerate(zip(self.documents, self.articles, strict=True)):
            if found is not None:
                mine = [(x.part, answer) for x, answer in zip(self.data, found, strict=True) if x.document == number]
                article = read_article(document, network=Fixed(judgements(iter(mine)), new, drop, favour))
            read.append(dataclasses.replace(document, claims=tuple(SHIPPED.link(article))))
        return score_claims(self.documents, read)


def line(name: str, scores: dict[str, Any]) -> str:
    fields = ("event", "supplier", "recipient", "actor", "target", "quantity", "source", "status", "record")
    events = scores["event"]
    values = " ".join(f"{field} {100 * scores[field].f1:.1f}" for field in fields)
    return f"{name:18} {values}; events P {100 * events.precision:.1f} R {100 * events.recall:.1f}"


def chosen_values(tests: dict[str, Test], found: dict[str, Any]) -> tuple[float, float, float]:
    """The thresholds with the best F1 of events and records, and the favour of the rules' status with the best of records,
    the mean over the tests."""

    def worth(new: float, drop: float, favour: float) -> float:
        scores = [test.score(found[name], new, drop, favour) for name, test in tests.items()]
        return sum(score["event"].f1 + score["record"].f1 for score in scores)

    new = max(NEW, key=lambda new: worth(new, 0.1, 2.0))
    drop = max(DROP, key=lambda drop: worth(new, drop, 2.0))
    return new, drop, max(FAVOUR, key=lambda favour: worth(new, drop, favour))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, default=HERE.parent / "models" / "mini", metavar="DIR")
    parser.add_argument("--more", nargs=2, action="append", default=[], metavar=("CLAIMS", "DOCUMENTS"))
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--new", type=float, help="the chance from which an event that the rules missed is told")
    options = parser.parse_args()
    tokenizer = light_tokenizer(transformers.AutoTokenizer.from_pretrained(options.encoder))
    mask_id = tokenizer.token_to_id("[MASK]")
    parts = {
        "articles": join(HERE / "claims.jsonl", corpus.read(HERE / "corpus")),
        "wire": join(HERE / "claims-wire.jsonl", corpus.read(HERE / "wire")),
    }
    for claims, texts in options.more:
        parts[Path(claims).stem] = join(claims, corpus.read(texts))

    def encoder() -> Any:
        return transformers.AutoModelForTokenClassification.from_pretrained(options.encoder).base_model

    for name, documents in parts.items():
        print(f"{name}: {len(documents)} documents, {sum(len(d.claims) for d in documents)} claims", flush=True)
        random.Random(SEED).shuffle(documents)
    tests = {name: Test(documents[::FOLDS], tokenizer) for name, documents in parts.items()}
    learnt = Test([d for documents in parts.values() for i, d in enumerate(documents) if i % FOLDS], tokenizer).data
    for test in tests.values():
        read_below(encoder(), mask_id, test.data)
    read_below(encoder(), mask_id, learnt)
    for name, test in tests.items():
        print(line(f"{name}, rules", test.score(None)), flush=True)

    def report(net: Net, epoch: int) -> None:
        if epoch % 4 == 3:
            for name, test in tests.items():
                print(line(name, test.score(answers(net, test.data))), flush=True)

    net = learn(encoder(), learnt, options.epochs, report)
    found = {name: answers(net, test.data) for name, test in tests.items()}
    new, drop, favour = chosen_values(tests, found)
    new = options.new or new
    for name, test in tests.items():
        print(line(f"{name}, both", test.score(found[name], new, drop, favour)), flush=True)
    net = learn(encoder(), [*learnt, *(x for test in tests.values() for x in test.data)], options.epochs)
    write(net, encoder(), tokenizer, options.out, {"new": new, "drop": drop, "favour": favour})
    print(f"{options.out}: {options.out.stat().st_size} bytes, new {new}, drop {drop}, favour {favour}")


if __name__ == "__main__":
    main()
