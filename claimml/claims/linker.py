"""Who takes part: a small trained network chooses the parties of claims among those that the text names.

The rules read what stands around a trigger. Whom a pronoun, an apposition or an ellipsis means, they often leave open.
For each claim and each of its two slots (supplier and recipient, or actor and target) the network scores every party
named in the sentence and before it, and nobody, by what is known of both; the rules' answer is one of the things it
knows. It overrules them only where it is surer by a margin that was chosen on articles it had not seen.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimml.claims.events import CLAUSE_WORDS, Trigger
from claimml.claims.network import Judgement, thing_of
from claimml.claims.record import EVENTS, Claim, Mention, slots_of
from claimml.claims.roles import Walker
from claimml.claims.sources import Sources
from claimml.claims.words import Sentence, Token, Triggers
from claimml.errors import ModelError
from claimml.gazetteer import Gazetteer

MODEL = Path(__file__).parent / "parties.onnx"
_BACK, _AHEAD = 12, 3  # sentences in which a party that is left out may stand; ahead for a headline only
_PARTIES = ("ACTOR", "LOCATION")
_FLOOR = 0.01  # the least chance of a name that the network of events does not see
_ONE = frozenset(["ia", "dia", "he", "she", "it", "its", "his", "her", "beliau", "nya"])
_MANY = frozenset(["mereka", "they", "their", "kami", "we", "our", "pihaknya", "keduanya", "kita"])
_THIS = frozenset(["itu", "tersebut", "ini", "this", "that", "these", "those"])

_ROLES = ("to", "from", "by", "via", "at", "against", "with", "other")
_ARGUMENTS = ("object", "owner", "to", "from", "by", "with", "at", "against",
              "place to", "place from", "place at", "place against", "place via")  # fmt: skip
_BESIDE = ("edge", "ACTOR", "LOCATION", "WEAPON", "QUANTITY", ",", "(", ")", ":", '"', "sign", "preposition", "also",
           "trigger", "said", "relative", "auxiliary", "title", "stop", "verb", "word")  # fmt: skip
# What is known of a question and of a candidate, one number each: "group value" is 1 where the group has that value.
_GROUPS: Mapping[str, Sequence[str]] = {
    # of the question
    "slot": ("supplier", "recipient", "actor", "target"),
    "event": EVENTS,
    "frame": ("give", "get", "act", "hit", "take", "lose"),
    "voice": ("active", "passive", "noun"),
    "status": ("asserted", "alleged", "possible", "planned", "requested", "denied", "not_confirmed", "halted"),
    "before trigger": _BESIDE,
    "behind trigger": _BESIDE,
    "item": ("before", "behind", "elsewhere", "none"),
    "asked": ("unruled", "other unruled", "other far", "weak", "headline", "quoted", "pronoun", "pronouns", "this", "clitic",
              "opens", "parties before", "parties behind"),
    # of the candidate
    "nobody": ("",),
    "ruled": ("here", "name", "other"),
    "label": ("ACTOR", "LOCATION", "WEAPON"),
    "kind": ("country", "actor", "person", "place", "group", "unknown"),
    "role": (*_ROLES, "none"),
    "argument": (*_ARGUMENTS, "subject"),
    "before": _BESIDE,
    "behind": _BESIDE,
    "speaks": ("", "of this"),
    "first": ("of sentence", "of paragraph", "of text"),
    "in": ("headline", "lead"),
    "often": ("in all",),
    "sentence": ("same", "last", "last but one", "before", "after", "same paragraph"),
    "apart": ("sentences", "tokens", "parties", "triggers"),
    "side": ("before", "behind"),
    "nearest": ("before", "behind"),
    "between": (",", "yang", "clause", "thing", "said", "by"),
    "item beside": ("before", "behind"),
    "told": ("slot", "opposite", "slot last", "opposite last", "slot next", "slot same item", "slot same event", "with other"),
    "last subject": ("",),
}  # fmt: skip
FEATURES = tuple(f"{group} {value}".strip() for group, values in _GROUPS.items() for value in values)
_AT = {name: i for i, name in enumerate(FEATURES)}


@dataclass(frozen=True, slots=True)
class Party:
    """A party that a text names: its mention, what it is called (id, else its characters), and where it stands."""

    mention: Mention
    name: str
    label: str
    sentence: int
    token: int
    known: tuple[tuple[int, float], ...]  # features that hold for every question


@dataclass(frozen=True, slots=True)
class Question:
    """Who fills `slot` of the claims `claims` (numbers), which share sentence, trigger and event.

    `candidates` end with None, nobody; `rows` are their features, (candidates, len(FEATURES)); `ruled` is the answer of
    the rules.
    """

    claims: tuple[int, ...]
    slot: str
    candidates: tuple[Party | None, ...]
    rows: tuple[tuple[tuple[int, float], ...], ...]
    ruled: Mention | None


class Article:
    """A document as its claims were read by the rules, and the questions about their parties."""

    def __init__(
        self,
        text: str,
        sentences: Sequence[Sentence],
        marks: Sequence[Sequence[Trigger]],
        sources: Sources,
        lexicon: Triggers,
        gazetteer: Gazetteer,
        found: Sequence[tuple[int, Claim]],
        judged: Mapping[tuple[int, int, str], Judgement] | None = None,
    ) -> None:
        self.judged = judged or {}
        self.text, self.sentences, self.marks, self.sources = text, sentences, marks, sources
        self.lexicon, self.gazetteer, self.found = lexicon, gazetteer, found
        self._parties: dict[int, list[Party]] = {}
        self._walkers: dict[int, Walker] = {}
        self.counts = Counter(self.name(token) for sentence in sentences for token in sentence.tokens if token.kind in _PARTIES)
        self.headline = {party.name for party in self.parties(0)} if sentences else set()
        self.lead = {party.name for i in (1, 2) if i < len(sentences) for party in self.parties(i)}

    def questions(self) -> Iterator[Question]:
        """A question for each slot that the rules left open or filled with one party, in the order of the claims."""
        keyed = [(i, (at, claim.evidence.trigger, claim.event)) for i, (at, claim) in enumerate(self.found)]
        for (at, _, event), group in itertools.groupby(keyed, key=lambda pair: pair[1]):
            claims = tuple(i for i, _ in group)
            first = self.found[claims[0]][1]
            tokens = self.sentences[at].tokens
            trigger = next((t for t in self.marks[at] if tokens[t.first].start == first.evidence.trigger[0]), None)
            if trigger is None or first.item is None:
                continue
            slots = slots_of(event)
            answers = [list(dict.fromkeys(getattr(self.found[i][1], slot) for i in claims)) for slot in slots]
            for slot, mine, other in zip(slots, answers, reversed(answers), strict=True):
                if len(mine) == 1:
                    yield self._question(claims, at, trigger, slot, mine[0], [mention for mention in other if mention])

    def party(self, question: Question) -> dict[str | None, float]:
        """The chances that the network of events gives each name of filling a slot, and nobody (None); the mean over the things
        of its claims, nothing where it was not asked."""
        at, first = self.found[question.claims[0]]
        slot = slots_of(first.event).index(question.slot)
        things = {thing_of(self, at, self.found[i][1]) for i in question.claims}
        keys = [(at, thing, first.event) for thing in things if thing is not None]
        judged = [self.judged[key] for key in keys if key in self.judged]
        found: dict[str | None, float] = {}
        for judgement in judged:
            for name, chance in judgement.party(self, slot).items():
                found[name] = found.get(name, 0.0) + chance / len(judged)
        return found

    # ---- what there is to choose from

    def name(self, token: Token) -> str:
        """What a party is called: its canonical id, else its characters in lower case."""
        surface = self.text[token.start : token.end]
        return self.gazetteer.canonical(surface, token.kind) or surface.lower()

    def named(self, mention: Mention) -> str:
        """The same of a mention."""
        return mention.id or mention.text_of(self.text).lower()

    def walker(self, at: int) -> Walker:
        if at not in self._walkers:
            self._walkers[at] = Walker(self.text, self.sentences[at], self.marks[at], self.lexicon)
        return self._walkers[at]

    def parties(self, at: int) -> list[Party]:
        """The parties, places and weapons of a sentence."""
        if at not in self._parties:
            tokens = self.sentences[at].tokens
            spoken = {span for attribution in self.sources.spoken[at] for span in attribution.speakers}
            parties: list[Party] = []
            for i, token in enumerate(tokens):
                if token.kind in (*_PARTIES, "WEAPON"):
                    parties.append(self._party(at, i, token, spoken, not parties))
            self._parties[at] = parties
        return self._parties[at]

    def _party(self, at: int, i: int, token: Token, spoken: set[tuple[int, int]], first: bool) -> Party:
        surface = self.text[token.start : token.end]
        entry = self.gazetteer.find(surface, token.kind)
        id = self.gazetteer.canonical(surface, token.kind)
        walker, row = self.walker(at), _Row()
        row.one("label", token.kind)
        row.one("kind", "country" if id and len(id) == 2 else entry.kind if entry else "unknown")
        row.one("role", walker.role_of(i) or "none")
        row.one("before", self._beside(at, i - 1))
        row.one("behind", self._beside(at, i + 1))
        if (token.start, token.end) in spoken or walker.speaks(i):
            row.one("speaks", "")
        opening = first and token.kind in _PARTIES
        if opening:
            row.one("first", "of sentence")
            if at == 0 or self.sentences[at - 1].paragraph != self.sentences[at].paragraph:
                row.one("first", "of paragraph")
            if at == 0:
                row.one("first", "of text")
        return Party(Mention(token.start, token.end, id), id or surface.lower(), token.kind, at, i, tuple(row.values.items()))

    def _beside(self, at: int, i: int) -> str:
        """The class of the token at `i`, as a neighbour sees it."""
        tokens, lexicon, walker = self.sentences[at].tokens, self.lexicon, self.walker(at)
        if not 0 <= i < len(tokens):
            return "edge"
        token = tokens[i]
        if token.kind not in ("word", "sign"):
            return token.kind
        word = token.word
        for value, holds in (
            (word, word in (",", "(", ")", ":", '"')),
            ("sign", token.kind == "sign"),
            ("trigger", i in walker.inside),
            ("preposition", word in lexicon.prepositions),
            ("also", word in lexicon.also),
            ("said", word in lexicon.said_before or word in lexicon.said_after),
            ("relative", word in ("yang", "who", "which", "that")),
            ("auxiliary", walker.auxiliary(i)),
            ("title", word in lexicon.title),
            ("stop", word in lexicon.stop),
            ("verb", walker.verbish(i)),
        ):
            if holds:
                return value
        return "word"

    def _candidates(self, at: int, slot: str) -> list[Party]:
        """Parties of the sentence, then of those before it the nearest mention of each that it does not name."""
        weapons = ("WEAPON",) if slot == "target" else ()
        tokens = self.sentences[at].tokens
        # A name right behind another is the same party once more: "Presiden [Rusia] [Putin]", "[Grup Wagner] [Rusia]".
        twice = {i for i in range(1, len(tokens)) if tokens[i].kind == tokens[i - 1].kind == "ACTOR"}
        found = [party for party in self.parties(at) if party.label in (*_PARTIES, *weapons) and party.token not in twice]
        named = {party.name for party in found}
        labels = _PARTIES if slot == "target" else ("ACTOR",)
        ahead = range(at + 1, min(len(self.sentences), at + 1 + _AHEAD)) if at == 0 else ()
        for other in itertools.chain(range(at - 1, max(-1, at - 1 - _BACK), -1), ahead):
            for party in self.parties(other):
                if party.label in labels and party.name not in named:
                    named.add(party.name)
                    found.append(party)
        return found

    # ---- what is known

    def _question(
        self, claims: tuple[int, ...], at: int, trigger: Trigger, slot: str, ruled: Mention | None, other: list[Mention]
    ) -> Question:
        candidates = self._candidates(at, slot)
        if ruled and all(self.named(ruled) != party.name for party in candidates):
            # The rules reach farther back for once.
            home = next(i for i, sentence in enumerate(self.sentences) if sentence.start <= ruled.start < sentence.end)
            candidates += [party for party in self.parties(home) if party.mention.start == ruled.start]
        asked = self._asked(claims, at, trigger, slot, ruled, other)
        told = self._told(claims, at, slot, other)
        speakers = set(self.sources.of(at, trigger.first))
        walker, tokens = self.walker(at), self.sentences[at].tokens
        arguments = {i: role for role, found in walker.right(trigger).roles.items() for i in found}
        arguments |= dict.fromkeys(walker.subject(trigger.first), "subject")
        here = [party for party in candidates if party.sentence == at and party.label in _PARTIES]
        ends = {
            "before": max((party.token for party in here if party.token < trigger.first), default=-1),
            "behind": min((party.token for party in here if party.token >= trigger.last), default=-1),
        }
        item = self.found[claims[0]][1].item
        subject = self._last_subject(at)
        others = {self.named(mention) for mention in other}
        rows = []
        for party in candidates:
            row = _Row(asked)
            row.values.update(party.known)
            if ruled and self.named(ruled) == party.name:
                row.one("ruled", "name")
                if ruled.start == party.mention.start:
                    row.one("ruled", "here")
            if party.name in others:
                row.one("ruled", "other")
            if (party.mention.start, party.mention.end) in speakers:
                row.one("speaks", "of this")
            if party.name in self.headline:
                row.one("in", "headline")
            if party.name in self.lead:
                row.one("in", "lead")
            row.put("often", "in all", math.log1p(self.counts[party.name]) / 2)
            row.values.update(told.get(party.name, {}))
            if subject == party.name:
                row.one("last subject", "")
            if party.sentence == at:
                self._near(row, party, trigger, tokens, walker)
                side = "before" if party.token < trigger.first else "behind"
                if ends[side] == party.token:
                    row.one("nearest", side)
                if party.token in arguments:
                    row.one("argument", arguments[party.token])
                if item and party.token and tokens[party.token - 1].start == item.start:
                    row.one("item beside", "before")
                if item and party.token + 1 < len(tokens) and tokens[party.token + 1].start == item.start:
                    row.one("item beside", "behind")
            else:
                back = at - party.sentence
                row.one("sentence", {1: "last", 2: "last but one"}.get(back, "before" if back > 0 else "after"))
                row.put("apart", "sentences", min(abs(back), _BACK) / 4)
                if self.sentences[at].paragraph == self.sentences[party.sentence].paragraph:
                    row.one("sentence", "same paragraph")
            rows.append(tuple(row.values.items()))
        nobody = _Row(asked)
        nobody.one("nobody", "")
        if ruled is None:
            nobody.one("ruled", "name")
        rows.append(tuple(nobody.values.items()))
        return Question(claims, slot, (*candidates, None), tuple(rows), ruled)

    def _asked(
        self, claims: tuple[int, ...], at: int, trigger: Trigger, slot: str, ruled: Mention | None, other: list[Mention]
    ) -> dict[int, float]:
        """What is known of the question itself."""
        claim, sentence, row = self.found[claims[0]][1], self.sentences[at], _Row()
        tokens = sentence.tokens
        row.one("slot", slot)
        row.one("event", claim.event)
        row.one("frame", trigger.frame)
        row.one("voice", trigger.voice)
        row.one("status", claim.status)
        row.one("before trigger", self._beside(at, trigger.first - 1))
        row.one("behind trigger", self._beside(at, trigger.last))
        place = tokens[trigger.first].start
        item = claim.item
        inside = item is not None and sentence.start <= item.start < sentence.end
        row.one("item", "none" if not item else "elsewhere" if not inside else "before" if item.start < place else "behind")
        near = [token.word for token in tokens[max(0, trigger.first - 5) : trigger.first]]
        for value, holds in (
            ("unruled", ruled is None),
            ("other unruled", not other),
            ("other far", any(not sentence.start <= mention.start < sentence.end for mention in other)),
            ("weak", trigger.weak),
            ("headline", at == 0),
            ("quoted", any(begin < place < end for begin, end in self.sources.quotes)),
            ("pronoun", any(word in _ONE for word in near)),
            ("pronouns", any(word in _MANY for word in near)),
            ("this", any(word in _THIS for word in near)),
            ("clitic", tokens[trigger.first].word.endswith("nya")),
            ("opens", not any(token.kind in _PARTIES for token in tokens[: trigger.first])),
        ):
            if holds:
                row.one("asked", value)
        row.put("asked", "parties before", sum(token.kind in _PARTIES for token in tokens[: trigger.first]) / 4)
        row.put("asked", "parties behind", sum(token.kind in _PARTIES for token in tokens[trigger.last :]) / 4)
        return row.values

    def _told(self, claims: tuple[int, ...], at: int, slot: str, other: list[Mention]) -> dict[str, dict[int, float]]:
        """By name: what part it has in the other claims of the text, as the rules read them."""
        mine = self.found[claims[0]][1]
        partner = {self.named(mention) for mention in other}
        opposite = _OPPOSITE[slot]
        rows: dict[str, _Row] = {}
        last: dict[str, bool] = {}
        before, behind = self.found[: claims[0]], self.found[claims[-1] + 1 :]
        for earlier, (_, claim) in [*((True, x) for x in reversed(before)), *((False, x) for x in behind)]:
            for field, value in ((slot, "slot"), (opposite, "opposite")):
                party: Mention | None = getattr(claim, field)
                if party is None:
                    continue
                row = rows.setdefault(self.named(party), _Row())
                row.add("told", value, 0.25)
                nth = f"{value} {'last' if earlier else 'next'}"
                if nth not in last:
                    last[nth] = True
                    if ("told " + nth) in _AT:
                        row.one("told", nth)
                if field != slot:
                    continue
                if claim.event == mine.event:
                    row.one("told", "slot same event")
                if claim.item and mine.item and self.named(claim.item) == self.named(mine.item):
                    row.one("told", "slot same item")
                across: Mention | None = getattr(claim, opposite)
                if across and self.named(across) in partner:
                    row.one("told", "with other")
        return {name: row.values for name, row in rows.items()}

    def _last_subject(self, at: int) -> str | None:
        """The first party of the sentence before that does not speak."""
        if not at:
            return None
        silent = _AT["speaks"]
        return next((p.name for p in self.parties(at - 1) if p.label == "ACTOR" and all(i != silent for i, _ in p.known)), None)

    def _near(self, row: _Row, party: Party, trigger: Trigger, tokens: Sequence[Token], walker: Walker) -> None:
        """How a party stands to the trigger of its sentence."""
        before = party.token < trigger.first
        low, high = (party.token + 1, trigger.first) if before else (trigger.last, party.token)
        between = tokens[low:high]
        row.one("sentence", "same")
        row.one("side", "before" if before else "behind")
        row.put("apart", "tokens", math.log1p(max(0, high - low)) / 3)
        row.put("apart", "parties", min(4, sum(token.kind in _PARTIES for token in between)) / 4)
        row.put("apart", "triggers", min(3, sum(low <= i < high for i in walker.verbs)) / 3)
        words = {token.word for token in between}
        for value, holds in (
            (",", "," in words),
            ("yang", bool(words & {"yang", "who", "which", "that"})),
            ("clause", bool(words & (CLAUSE_WORDS | self.lexicon.stop))),
            ("thing", any(token.kind in ("WEAPON", "QUANTITY") for token in between)),
            ("said", bool(words & (self.lexicon.said_after | self.lexicon.said_before))),
            ("by", bool(words & {"oleh", "by"})),
        ):
            if holds:
                row.one("between", value)


class _Row:
    """Features of one candidate that are not zero, by their number."""

    def __init__(self, values: Mapping[int, float] | None = None) -> None:
        self.values = dict(values or {})

    def one(self, group: str, value: str) -> None:
        i = _AT.get(f"{group} {value}" if value else group)
        if i is not None:
            self.values[i] = 1.0

    def put(self, group: str, value: str, number: float) -> None:
        self.values[_AT[f"{group} {value}"]] = number

    def add(self, group: str, value: str, number: float) -> None:
        i = _AT[f"{group} {value}"]
        self.values[i] = min(1.5, self.values.get(i, 0.0) + number)


SLOTS = ("supplier", "recipient", "actor", "target")
_OPPOSITE = {"supplier": "recipient", "recipient": "supplier", "actor": "target", "target": "actor"}


class Linker:
    """The trained network, opened where it is first asked. Raises `ModelError` if the file is not one of ours."""

    def __init__(self, path: str | Path = MODEL) -> None:
        self.path = Path(path)

    @functools.cached_property
    def _session(self) -> Any:
        try:
            import onnxruntime
        except ImportError as error:
            raise ModelError(
                f"{error.name} is missing, which parties need: pip install claimml, or give linker=None"
            ) from error
        if not self.path.is_file():
            raise ModelError(f"no network of parties at {self.path}; make one with training/train_linker.py")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(self.path.read_bytes(), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has no class of its own for a file that it cannot read
            raise ModelError(
                f"{self.path}: not an ONNX network ({error}); make it anew with training/train_linker.py"
            ) from error
        known = session.get_modelmeta().custom_metadata_map.get("features", "")
        if known.split(";") != list(FEATURES):
            raise ModelError(f"{self.path}: learnt from other features than these; make it anew with training/train_linker.py")
        return session

    @functools.cached_property
    def margins(self) -> dict[str, float]:
        """How many nats the rules' answer is favoured by, by slot."""
        values = self._session.get_modelmeta().custom_metadata_map
        return {slot: float(values[f"margin {slot}"]) for slot in _OPPOSITE}

    def scores(self, questions: Sequence[Question]) -> list[list[float]]:
        """For each question the logarithms of the chances of its candidates."""
        import numpy

        size = sum(len(question.rows) for question in questions)
        features = numpy.zeros((size, len(FEATURES)), numpy.float32)
        for i, row in enumerate(row for question in questions for row in question.rows):
            for column, value in row:
                features[i, column] = value
        logits = self._session.run(None, {"features": features})[0][:, 0]
        found, start = [], 0
        for question in questions:
            part = logits[start : start + len(question.rows)]
            start += len(question.rows)
            part = part - part.max()
            found.append((part - numpy.log(numpy.exp(part).sum())).tolist())
        return found

    def link(self, article: Article) -> list[Claim]:
        """The claims of an article with the parties that the network and the rules together give them."""
        claims = [claim for _, claim in article.found]
        questions = list(article.questions())
        if questions:
            chosen = [self._best(article, *pair) for pair in zip(questions, self.scores(questions), strict=True)]
            for question, answer in zip(questions, chosen, strict=True):
                if answer == question.ruled:
                    continue
                for i in question.claims:
                    other = getattr(claims[i], _OPPOSITE[question.slot])
                    if (answer or other) and not (answer and other and article.named(answer) == article.named(other)):
                        claims[i] = dataclasses.replace(claims[i], **{question.slot: answer})  # type: ignore[arg-type]
        return claims

    def _best(self, article: Article, question: Question, scores: Sequence[float]) -> Mention | None:
        """The answer with the best chances, those of one name taken together."""
        chances: dict[str | None, float] = {}
        for party, score in zip(question.candidates, scores, strict=True):
            name = party.name if party else None
            chances[name] = chances.get(name, 0.0) + math.exp(score)
        others = article.party(question)
        for name in chances if others else ():
            chances[name] *= others.get(name, 0.0) + _FLOOR
        ruled = article.named(question.ruled) if question.ruled else None
        claim = article.found[question.claims[0]][1]
        if claim.status == "alleged" and ruled:
            # Who accuses another is not the accused.
            for name in {article.named(source) for source in claim.source} - {ruled}:
                chances.pop(name, None)
        if ruled in chances:
            chances[ruled] *= math.exp(self.margins[question.slot])
        best = max(chances, key=chances.__getitem__)
        if best == ruled:
            return question.ruled
        return next((party.mention for party in question.candidates if party and party.name == best), None)
