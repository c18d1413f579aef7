"""The trained reader of events: what befalls each thing that a text names, by which word, and how sure the text is of it.

A network, the encoder of the shipped tagger taught further, sees a stretch of text with its spans and with what the rules
read there. It gives each word the chances of telling of an event, each thing the chance that a word is about it, and so
each pair of thing and event its chance, status and trigger. It finds claims whose words no lexicon lists, and drops those
that the rules read by mistake. `training/train_events.py` makes its file.
"""

from __future__ import annotations

import functools
import math
import os
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from claimml.claims.record import EVENTS, STATUSES, Claim, slots_of
from claimml.errors import ModelError
from claimml.model import special_tokens, trimmed

if TYPE_CHECKING:
    import numpy as np
    from tokenizers import Tokenizer

    from claimml.claims.linker import Article

    Array = np.ndarray[Any, Any]

MODEL = Path(__file__).parent / "events.onnx"
CORE, BESIDE = 112, 16  # tokens of a stretch: those of the sentences asked about, and before them
LENGTH = 2 + BESIDE + CORE + BESIDE  # tokens of the longest stretch; of a longer sentence the rest is left out
LABELS = ("ACTOR", "LOCATION", "WEAPON", "QUANTITY")
THINGS = ("WEAPON", "QUANTITY")
_PARTS = ("supplier", "recipient", "actor", "target")
# The columns of a token's features, and how many values each has (0 is "nothing").
COLUMNS = (
    1 + 2 * len(LABELS),  # the span it begins or goes on
    1 + len(EVENTS),  # the event of the rules' trigger it belongs to
    1 + len(STATUSES),  # that trigger's status
    1 + len(EVENTS),  # the event that the rules read of it as a thing
    1 + len(_PARTS),  # the part it has in a claim of the rules
    3,  # it speaks; it is the source of a claim of the rules
)
SLOTS = 2  # of a claim: its parties
OUTPUTS = ("events", "triggers", "statuses", "parties")
BUCKETS = 24  # of how far a word stands from a thing


@dataclass(frozen=True, slots=True)
class Place:
    """A word or thing in a stretch: its sentence and token there, and the tokens `[first, last)` of the stretch."""

    sentence: int
    token: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What goes through the network together.

    `ids` (tokens,), `features` (tokens, len(COLUMNS)); the `things` asked about and the `words` of their sentences; the
    `names` of parties and places anywhere in it. `ruled` are the pairs of thing and event that the rules read, `links` those
    of thing and trigger, `filled` thing, event, slot and name: who takes part.
    """

    ids: list[int]
    features: list[list[int]]
    things: list[Place]
    words: list[Place]
    names: list[Place]
    ruled: list[tuple[int, int]]
    links: list[tuple[int, int]]
    filled: list[tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the network thinks of an event of a thing, should it befall: its chance, the token of its trigger (-1 where that
    stands in another sentence), and the natural logarithms of the chances of `STATUSES`, and of who its parties are:
    (slots, names + 1), the last for nobody."""

    chance: float
    trigger: int
    statuses: tuple[float, ...]
    names: Sequence[Place]
    parties: Array

    def status(self, ruled: str, favour: float) -> str:
        """The likeliest status, that of the rules favoured by so many nats."""
        return max(STATUSES, key=lambda status: self.statuses[STATUSES.index(status)] + favour * (status == ruled))

    def party(self, article: Article, slot: int) -> dict[str | None, float]:
        """The chances that a slot is filled by each party or place that the stretch names, or by nobody (None)."""
        *row, nobody = self.parties[slot].tolist()
        found: dict[str | None, float] = {None: math.exp(nobody) if self.names else 1.0}
        for place, value in zip(self.names, row, strict=False):
            name = article.name(article.sentences[place.sentence].tokens[place.token])
            found[name] = found.get(name, 0.0) + math.exp(value)
        return found


class EventJudge(Protocol):
    """Judges events of things. An event that the rules have not read is told from a chance of `new` on, its status as the
    rules see it unless another is likelier by `favour` nats; one that they have read is dropped below `drop`."""

    @property
    def new(self) -> float: ...

    @property
    def drop(self) -> float: ...

    @property
    def favour(self) -> float: ...

    def judge(self, article: Article) -> dict[tuple[int, int, str], Judgement]:
        """What it thinks of each event of each thing of an article, by sentence, token and event."""
        ...


def bucket(distance: int) -> int:
    """The class of a signed distance in tokens."""
    size = abs(distance)
    step = size if size < 4 else min(11, 3 + (size - 1).bit_length() + (size >= 12) + (size >= 24) + (size >= 48))
    return BUCKETS // 2 + step if distance >= 0 else BUCKETS // 2 - 1 - step


def thing_of(article: Article, sentence: int, claim: Claim) -> int | None:
    """The token of a sentence that is the thing of its claim: the item, else how much of it; None if both stand elsewhere."""
    things = [(i, token) for i, token in enumerate(article.sentences[sentence].tokens) if token.kind in THINGS]
    sought = [part for part in (claim.item, claim.quantity) if part]
    return next((i for part in sought for i, token in things if token.start < part.end and part.start < token.end), None)


def stretches(article: Article, tokenizer: Tokenizer) -> Iterator[Stretch]:
    """The stretches of an article whose sentences name things, each sentence asked about once."""
    text = article.text
    encoding = tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"), add_special_tokens=False)
    offsets = [trimmed(text, *offset) for offset in encoding.offsets]
    starts = [start for start, _ in offsets]
    features = _features(article, offsets, starts)
    borders = [(bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)) for sentence in article.sentences]
    asked = [any(token.kind in THINGS for token in sentence.tokens) for sentence in article.sentences]
    opening, closing = special_tokens(tokenizer)
    nothing = [0] * len(COLUMNS)
    i = 0
    while i < len(asked):
        if not asked[i]:
            i += 1
            continue
        j = i + 1
        while j < len(asked) and borders[j][1] - borders[i][0] <= CORE:
            j += 1
        while not asked[j - 1]:
            j -= 1
        begin = max(0, borders[i][0] - BESIDE)
        end = min(len(starts), borders[j - 1][1], borders[i][0] + CORE + BESIDE)
        things, words, names = _places(article, range(i, j), offsets[begin:end], len(opening))
        ids = [*opening, *encoding.ids[begin:end], *closing]
        rows = [*[nothing] * len(opening), *features[begin:end], *[nothing] * len(closing)]
        if things and words:
            yield Stretch(ids, rows, things, words, names, *_ruled(article, things, words, names))
        i = j


def _features(article: Article, offsets: list[tuple[int, int]], starts: list[int]) -> list[list[int]]:
    rows = [[0] * len(COLUMNS) for _ in offsets]

    def mark(start: int, end: int, column: int, first: int, other: int | None = None) -> None:
        i = bisect_left(starts, start)
        if i and offsets[i - 1][1] > start:
            i -= 1
        value = first
        while i < len(rows) and starts[i] < end:
            rows[i][column] = value
            value = first if other is None else other
            i += 1

    for sentence, marks, spoken in zip(article.sentences, article.marks, article.sources.spoken, strict=True):
        for token in sentence.tokens:
            if token.kind in LABELS:
                mark(token.start, token.end, 0, 1 + 2 * LABELS.index(token.kind), 2 + 2 * LABELS.index(token.kind))
        for trigger in marks:
            start, end = sentence.tokens[trigger.first].start, sentence.tokens[trigger.last - 1].end
            mark(start, end, 1, 1 + EVENTS.index(trigger.event))
            mark(start, end, 2, 1 + STATUSES.index(trigger.status))
        for attribution in spoken:
            for start, end in attribution.speakers:
                mark(start, end, 5, 1)
    for index, claim in article.found:
        at = thing_of(article, index, claim)
        if at is not None:
            thing = article.sentences[index].tokens[at]
            mark(thing.start, thing.end, 3, 1 + EVENTS.index(claim.event))
        for number, part in enumerate(_PARTS, 1):
            party = getattr(claim, part)
            if party:
                mark(party.start, party.end, 4, number)
        for source in claim.source:
            mark(source.start, source.end, 5, 2)
    return rows


def _places(
    article: Article, core: range, offsets: Sequence[tuple[int, int]], shift: int
) -> tuple[list[Place], list[Place], list[Place]]:
    """The things and the words of the sentences `core`, and all names, that the tokens at `offsets` hold whole."""
    starts = [start for start, _ in offsets]
    found: dict[str, list[Place]] = {"thing": [], "word": [], "name": []}
    for number, sentence in enumerate(article.sentences):
        if not offsets or sentence.end <= starts[0] or sentence.start >= offsets[-1][1]:
            continue
        for i, token in enumerate(sentence.tokens):
            kind = "thing" if token.kind in THINGS else "name" if token.kind in ("ACTOR", "LOCATION") else token.kind
            if kind not in found or (kind != "name" and number not in core):
                continue
            first = bisect_left(starts, token.start)
            if first and offsets[first - 1][1] > token.start:
                first -= 1
            last = bisect_left(starts, token.end)
            if first < last and starts[first] <= token.start and offsets[last - 1][1] >= token.end:
                found[kind].append(Place(number, i, first + shift, last + shift))
    return found["thing"], found["word"], found["name"]


def _ruled(
    article: Article, things: Sequence[Place], words: Sequence[Place], names: Sequence[Place]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[int, int, int, int]]]:
    numbers = {(thing.sentence, thing.token): i for i, thing in enumerate(things)}
    starts = {article.sentences[word.sentence].tokens[word.token].start: i for i, word in enumerate(words)}
    called: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        called.setdefault(article.name(article.sentences[name.sentence].tokens[name.token]), []).append(i)
    ruled: list[tuple[int, int]] = []
    links: list[tuple[int, int]] = []
    filled: list[tuple[int, int, int, int]] = []
    for sentence, claim in article.found:
        token = thing_of(article, sentence, claim)
        thing = None if token is None else numbers.get((sentence, token))
        if thing is not None:
            event = EVENTS.index(claim.event)
            ruled.append((thing, event))
            word = starts.get(claim.evidence.trigger[0])
            links += [] if word is None else [(thing, word)]
            for slot, party in enumerate(slots_of(claim.event)):
                mention = getattr(claim, party)
                filled += [(thing, event, slot, i) for i in called.get(article.named(mention), ())] if mention else []
    return ruled, links, filled


def inputs(stretch: Stretch) -> dict[str, Array]:
    """What the network takes of a stretch of t tokens, n things, w words and c names.

    `input_ids` (1, t), `features` (t, columns); `pool` (n, t), how things are made of tokens, their mean; `words` (w,), where
    they begin; `near` (n, w), the buckets of their distance; `apart` (n, w), -10,000 where they share no sentence; `ruled`
    (n, 6) and `links` (n, w), 1 for what the rules read. `named` (c, t) is the pool of the names, `aside` (n, c) and `beyond`
    (w, c) the buckets of their distance from things and words, `filled` (n, 6, slots, c) 1 for what the rules read.
    """
    import numpy as np

    things, words = stretch.things, stretch.words
    names = stretch.names or [Place(0, 0, 0, 1)]  # some operators divide by the number of names

    def pool(places: Sequence[Place]) -> Array:
        mean = np.zeros((len(places), len(stretch.ids)), np.float32)
        for i, place in enumerate(places):
            mean[i, place.first : place.last] = 1 / (place.last - place.first)
        return mean

    def far(places: Sequence[Place], others: Sequence[Place]) -> Array:
        found = [[bucket(other.first - place.first) for other in others] for place in places]
        return np.array(found, np.int64).reshape(len(places), len(others))

    ruled, links = np.zeros((len(things), len(EVENTS)), np.float32), np.zeros((len(things), len(words)), np.float32)
    for pair in stretch.ruled:
        ruled[pair] = 1
    for pair in stretch.links:
        links[pair] = 1
    filled = np.zeros((len(things), len(EVENTS), SLOTS, len(names)), np.float32)
    for place in stretch.filled:
        filled[place] = 1
    return {
        "input_ids": np.array([stretch.ids], np.int64),
        "features": np.array(stretch.features, np.int64),
        "pool": pool(things),
        "words": np.array([word.first for word in words], np.int64),
        "near": far(things, words),
        "apart": np.array(
            [[0.0 if word.sentence == thing.sentence else -1e4 for word in words] for thing in things], np.float32
        ),
        "ruled": ruled,
        "links": links,
        "named": pool(names),
        "aside": far(things, names),
        "beyond": far(words, names),
        "filled": filled,
    }


class EventNetwork:
    """The trained network, opened where it is first asked. Raises `ModelError` if the file is not one of ours."""

    def __init__(self, path: str | Path = MODEL) -> None:
        self.path = Path(path)

    @functools.cached_property
    def _session(self) -> Any:
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError(
                f"{error.name} is missing, which events need: pip install claimml, or give network=None"
            ) from error
        if not self.path.is_file():
            raise ModelError(f"no network of events at {self.path}; make one with training/train_events.py")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(self.path.read_bytes(), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has no class of its own for a file that it cannot read
            raise ModelError(
                f"{self.path}: not an ONNX network ({error}); make it anew with training/train_events.py"
            ) from error
        if session.get_modelmeta().custom_metadata_map.get("columns") != repr(COLUMNS):
            raise ModelError(f"{self.path}: learnt from other features than these; make it anew with training/train_events.py")
        return session

    @functools.cached_property
    def _notes(self) -> Mapping[str, str]:
        notes: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        return notes

    @functools.cached_property
    def tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer: Tokenizer = Tokenizer.from_str(self._notes["tokenizer"])
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @property
    def new(self) -> float:
        return float(self._notes["new"])

    @property
    def drop(self) -> float:
        return float(self._notes["drop"])

    @property
    def favour(self) -> float:
        return float(self._notes["favour"])

    @functools.cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(len(os.sched_getaffinity(0)))

    def judge(self, article: Article) -> dict[tuple[int, int, str], Judgement]:
        """What it thinks of each event of each thing of an article, by sentence, token and event."""
        parts = list(stretches(article, self.tokenizer))
        answers = self._pool.map(self.ask, parts) if len(parts) > 1 else map(self.ask, parts)
        return judgements(zip(parts, answers, strict=True))

    def ask(self, part: Stretch) -> tuple[Array, Array, Array, Array]:
        events, triggers, statuses, parties = self._session.run(list(OUTPUTS), inputs(part))
        return events, triggers, statuses, parties


def judgements(
    answers: Iterator[tuple[Stretch, tuple[Array, Array, Array, Array]]],
) -> dict[tuple[int, int, str], Judgement]:
    """The answers of the network, by sentence, token of the thing, and event.

    Each answer: logits of `events` (things, 6), the number of the word that is the trigger (things, 6), and the logarithms
    of the chances of `statuses` (things, 6, 8) and of `parties` (things, 6, slots, names + 1).
    """
    import numpy as np

    found = {}
    for part, (events, triggers, statuses, parties) in answers:
        chances = 1 / (1 + np.exp(-events.clip(-30, 30)))
        for i, thing in enumerate(part.things):
            for e, event in enumerate(EVENTS):
                word = part.words[int(triggers[i, e])]
                trigger = word.token if word.sentence == thing.sentence else -1
                found[thing.sentence, thing.token, event] = Judgement(
                    float(chances[i, e]), trigger, tuple(statuses[i, e].tolist()), part.names, parties[i, e]
                )
    return found
