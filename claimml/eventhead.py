"""The event head: which words tell of an event, and how sure the text is of it, read off the encoder of a tagger.

A word's states half-way up and at the top of the encoder (2 x width) go through one hidden layer to 1 + 6 + 8 logits:
no event or one of `EVENTS`, and, should it be one, each of `STATUSES`. The encoder stays as the tagger left it, so
learning takes seconds. Claims by hand teach it: their triggers are the words that tell. How much it is to be believed
against the rules is chosen on articles that it has not seen.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from claimml.claims import EVENTS, STATUSES, read_claims, score_claims
from claimml.claims.events import ModelClassifier, Priors, RuleClassifier, tells
from claimml.claims.words import sentences
from claimml.document import Document
from claimml.errors import ConfigError
from claimml.export import light_tokenizer, states_of
from claimml.model import glued, special_tokens, trimmed, windows

if TYPE_CHECKING:
    import torch

HIDDEN = 192
SIZE = 1 + len(EVENTS) + len(STATUSES)
FOLDS = 5
_NONE = -100  # what the loss leaves out
# What is tried of each of `Priors`, in nats.
_TRIED = {"event": (2.0, 3.0, 4.0, 5.0, 7.0), "none": (-1.0, 0.0, 1.0, 2.0), "status": (1.0, 2.0, 3.0, 5.0)}


def new_head(width: int) -> torch.nn.Sequential:
    """An untrained head over states of 2 x `width`."""
    import torch

    return torch.nn.Sequential(
        torch.nn.LayerNorm(2 * width),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(2 * width, HIDDEN),
        torch.nn.GELU(),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(HIDDEN, SIZE),
    )


@dataclass(frozen=True, slots=True)
class Words:
    """The words of sentences that could tell of an event.

    `states` (words, 2 x width); `events` (words,), 0 for none; `statuses` (words,), -100 where there is no event;
    `places` gives (number of the document, start) of each, `documents` (words,) the number alone.
    """

    states: torch.Tensor
    events: torch.Tensor
    statuses: torch.Tensor
    documents: torch.Tensor
    places: list[tuple[int, int]]


def words_of(model: Any, tokenizer: Any, documents: Sequence[Document], window: int) -> Words:
    """The words of documents with gold spans and claims, as the encoder of a token classifier sees them."""
    import torch

    light = light_tokenizer(tokenizer)
    opening, closing = special_tokens(light)
    model.eval()
    states: list[torch.Tensor] = []
    events, statuses = [], []
    places: list[tuple[int, int]] = []
    for number, document in enumerate(documents):
        text = document.text
        encoding = light.encode(text, add_special_tokens=False)
        offsets = [trimmed(text, *offset) for offset in encoding.offsets]
        inside = glued(text, offsets)
        told = {claim.evidence.trigger[0]: claim for claim in reversed(document.claims)}
        wanted = {
            token.start
            for sentence in sentences(text, document.spans)
            if tells(sentence)
            for token in sentence.tokens
            if token.kind == "word"
        }
        for part in windows(text, [start for start, _ in offsets], window - len(opening) - len(closing)):
            kept = [i for i in range(part.keep_start, part.keep_end) if not inside[i] and offsets[i][0] in wanted]
            if not kept:
                continue
            ids = torch.tensor([[*opening, *encoding.ids[part.start : part.end], *closing]])
            with torch.no_grad():
                read = states_of(model, ids, torch.ones_like(ids))[0]
            states.append(read[[len(opening) + i - part.start for i in kept]])
            for i in kept:
                claim = told.get(offsets[i][0])
                events.append(0 if claim is None else 1 + EVENTS.index(claim.event))
                statuses.append(_NONE if claim is None else STATUSES.index(claim.status))
                places.append((number, offsets[i][0]))
    if not any(events):
        raise ConfigError(f"no trigger in the claims of {len(documents)} documents; give documents with gold spans and claims")
    owners = torch.tensor([number for number, _ in places])
    return Words(torch.cat(states), torch.tensor(events), torch.tensor(statuses), owners, places)


def learn(words: Words, mask: torch.Tensor, *, epochs: int = 25, rate: float = 3e-3, seed: int = 1) -> torch.nn.Sequential:
    """A head that has learnt from the words under `mask` (words,). The same words and seed give the same head."""
    import torch

    torch.manual_seed(seed)
    head = new_head(words.states.shape[1] // 2)
    optimizer = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=0.1)
    chosen = torch.nonzero(mask)[:, 0]
    steps = epochs * -(-len(chosen) // 256)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    loss_of = torch.nn.CrossEntropyLoss(ignore_index=_NONE)
    head.train()
    for _ in range(epochs):
        for batch in chosen[torch.randperm(len(chosen))].split(256):
            logits = head(words.states[batch])
            loss = loss_of(logits[:, : 1 + len(EVENTS)], words.events[batch])
            if bool((words.statuses[batch] != _NONE).any()):
                loss = loss + 0.3 * loss_of(logits[:, 1 + len(EVENTS) :], words.statuses[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return head.eval()


class _Kept:
    """The scorer of `ModelClassifier` for one document whose words have been scored before."""

    def __init__(self, scores: dict[int, tuple[list[float], list[float]]]) -> None:
        self.scores = scores

    def events(self, text: str, starts: Sequence[int]) -> tuple[list[list[float]], list[list[float]]]:
        rows = [self.scores[start] for start in starts]
        return [row[0] for row in rows], [row[1] for row in rows]


def fit_events(
    model: Any, tokenizer: Any, documents: Sequence[Document], *, window: int = 128, seed: int = 1
) -> tuple[torch.nn.Sequential, dict[str, Any]]:
    """A trained head for a token classifier, and the record of its training, with the `priors` to use it with.

    `documents` have gold spans and claims. Heads that learnt from four fifths of them read the claims of the last fifth
    with different priors; those with the best F1 of events are taken, and the head learns from all.
    """
    import torch

    words = words_of(model, tokenizer, documents, window)
    logits = torch.zeros(len(words.events), SIZE)
    for fold in range(FOLDS):
        held_out = words.documents % FOLDS == fold
        head = learn(words, ~held_out, seed=seed)
        with torch.no_grad():
            logits[held_out] = head(words.states[held_out])
    events = logits[:, : 1 + len(EVENTS)].log_softmax(-1).tolist()
    statuses = logits[:, 1 + len(EVENTS) :].log_softmax(-1).tolist()
    kept: list[dict[int, tuple[list[float], list[float]]]] = [{} for _ in documents]
    for (number, start), event, status in zip(words.places, events, statuses, strict=True):
        kept[number][start] = (event, status)

    def f1(priors: Priors | None, field: str) -> float:
        rules = RuleClassifier()
        read = []
        for document, scores in zip(documents, kept, strict=True):
            classifier = rules if priors is None else ModelClassifier(_Kept(scores), priors, rules)
            read.append(dataclasses.replace(document, claims=read_claims(document, classifier=classifier)))
        return score_claims(documents, read)[field].f1

    best = Priors()
    for event, none in itertools.product(_TRIED["event"], _TRIED["none"]):
        tried = Priors(event, none, best.status)
        if f1(tried, "event") > f1(best, "event"):
            best = tried
    best = max((dataclasses.replace(best, status=status) for status in _TRIED["status"]), key=lambda tried: f1(tried, "record"))
    record = {
        "documents": len(documents),
        "claims": sum(len(document.claims) for document in documents),
        "words": len(words.events),
        "folds": FOLDS,
        "priors": dataclasses.asdict(best),
        "f1": {field: {"rules": f1(None, field), "head": f1(best, field)} for field in ("event", "status", "record")},
    }
    return learn(words, torch.ones(len(words.events), dtype=torch.bool), seed=seed), record
