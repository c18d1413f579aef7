"""Which words of a sentence tell of an event, of which one, and how sure the text is of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from claimml.claims.words import Kind, Phrases, Sentence, Token, Triggers, triggers

CLAUSE_WORDS = frozenset(
    [
        "namun",
        "tetapi",
        "tapi",
        "sedangkan",
        "sementara",
        "meski",
        "meskipun",
        "walau",
        "walaupun",
        "but",
        "although",
        "while",
        "whereas",
    ]
)
_BREAKS = CLAUSE_WORDS | frozenset(
    [
        "setelah",
        "usai",
        "sesudah",
        "sebelum",
        "ketika",
        "saat",
        "karena",
        "lalu",
        "kemudian",
        "after",
        "before",
        "when",
        "because",
    ]
)
_NEAR = 7  # words between a subject and its verb
_ABOVE = 16  # tokens back to a word that governs the clause


@dataclass(frozen=True, slots=True)
class Trigger:
    """A word or phrase, tokens `[first, last)` of its sentence, that tells of `event` with `status`.

    `frame` and `voice` ("active", "passive", "noun") say where the roles stand; see `triggers.toml`. A `weak` one
    needs its weapon close by.
    """

    first: int
    last: int
    event: str
    status: str
    frame: str
    voice: str
    weak: bool = False


class EventClassifier(Protocol):
    """Sentences with their spans in, triggers with event and status out. The rules are one; a trained head can be another."""

    def triggers(self, sentence: Sentence) -> list[Trigger]: ...


class RuleClassifier:
    """Events by the trigger lexicon, status by the hedges before, above and behind the trigger."""

    def __init__(self, lexicon: Triggers | None = None) -> None:
        self.lexicon = lexicon or triggers()

    def triggers(self, sentence: Sentence) -> list[Trigger]:
        """The triggers of a sentence in order; none where it is about a museum, a drill, a story."""
        tokens = sentence.tokens
        if not any(token.kind in ("WEAPON", "QUANTITY", "ACTOR") for token in tokens):
            return []
        words = {token.word for token in tokens}
        silent = frozenset().union(*(events for cues, events in self.lexicon.no_claim if cues & words))
        found: list[Trigger] = []
        for first, last, kind in phrases(self.lexicon.kinds, tokens):
            purpose = kind.weak and kind.voice == "passive" and first and tokens[first - 1].word == "untuk"
            named = kind.voice == "noun" and first and tokens[first - 1].word in self.lexicon.body
            if kind.event not in silent and not purpose and not named:
                voice = self._voice(tokens, first, kind)
                found.append(Trigger(first, last, kind.event, "", kind.frame, voice, kind.weak))
        sure: list[Trigger] = []
        for i, trigger in enumerate(found):
            marked = self._with_status(tokens, found, i)
            before = sure[-1] if sure else None
            joined = tokens[trigger.first - 1].word in self.lexicon.also if trigger.first else False
            if (
                before
                and joined
                and not any(t.word == "," for t in tokens[before.last : trigger.first])
                and marked.status == "asserted"
                and before.voice == trigger.voice != "noun"
            ):
                # "menyangkal telah memasok senjata atau mengirim serdadu": one hedge for both.
                marked = dataclasses.replace(marked, status=before.status)
            sure.append(marked)
        return sure

    def _voice(self, tokens: Sequence[Token], first: int, kind: Kind) -> str:
        if kind.voice != "verb":
            return kind.voice
        near = [token.word for token in tokens[max(0, first - 3) : first]]
        passive = any(word in self.lexicon.be for word in near) and not tokens[first].word.endswith("ing")
        return "passive" if passive else "active"

    def _with_status(self, tokens: Sequence[Token], found: list[Trigger], i: int) -> Trigger:
        trigger = found[i]
        known = self.lexicon.kinds.at(tokens, trigger.first)
        said = known[1].status if known else ""
        cues = {said} if said else set()
        cues |= self._near(tokens, trigger)
        taken = {
            index
            for other in found
            for index in range(other.first, other.last)
            if other is not trigger and other.voice != "noun"
        }
        cues |= self._above(tokens, trigger, taken)
        if trigger.voice == "noun":
            cues |= self._behind(tokens, trigger)
        status = min(cues, key=self.lexicon.order.__getitem__, default="asserted")
        return Trigger(trigger.first, trigger.last, trigger.event, status, trigger.frame, trigger.voice, trigger.weak)

    def _near(self, tokens: Sequence[Token], trigger: Trigger) -> set[str]:
        """Hedges among the words just before the trigger: "diduga telah", "tidak pernah"."""
        cues: set[str] = set()
        i = trigger.first
        while i > max(0, trigger.first - _NEAR):
            i -= 1
            word = tokens[i].word
            if tokens[i].kind == "ACTOR" and i and tokens[i - 1].word in ("dituduh", "dituding", "oleh"):
                continue  # "dituduh [AS] memasok"
            if tokens[i].kind != "word" and word != '"':
                break
            if word in ("yang", "bahwa", "that", "untuk", "to", "which", "who") or word in _BREAKS:
                if word != "to":
                    break
                continue
            hit = self.lexicon.near.at(tokens, i)
            if not hit and (word in self.lexicon.said_after or self.lexicon.above.at(tokens, i)):
                break  # "tidak membantah": what is before it is about the other verb
            if hit and hit[0] <= trigger.first and not self._negated(tokens, i, hit[1]):
                # Of two nouns only what stands right before counts: "kemungkinan pengiriman".
                adjacent = trigger.voice != "noun" or hit[0] == trigger.first
                cues |= {hit[1]} if adjacent else set()
        return cues

    def _above(self, tokens: Sequence[Token], trigger: Trigger, taken: set[int]) -> set[str]:
        """What governs the clause: "membantah ... bahwa", "kemungkinan ...", back to where another clause ends."""
        cues: set[str] = set()
        depth = 0
        i = trigger.first
        while i > max(0, trigger.first - _ABOVE):
            i -= 1
            token = tokens[i]
            if token.word == ")":
                depth += 1
            elif token.word == "(":
                depth -= 1
            if depth > 0:
                continue
            if token.word in _BREAKS or token.word in (";", "–", "—"):
                break
            if token.word == "yang" and trigger.voice != "passive" and i < trigger.first - 4:
                break
            if token.word == "," and not self._continues(tokens, i):
                break
            # Of another verb only what it does to the one behind it counts: "meminta Jerman mengirim".
            if i in taken and trigger.voice != "noun" and not self.lexicon.object.at(tokens, i):
                break
            hit = (self.lexicon.above_noun if trigger.voice == "noun" else self.lexicon.above).at(tokens, i)
            if hit and hit[0] <= trigger.first and not self._negated(tokens, i, hit[1]):
                cues.add(hit[1])
            if i in taken:
                break
        return cues

    @staticmethod
    def _continues(tokens: Sequence[Token], comma: int) -> bool:
        """Whether a comma is inside a list, an apposition or an address, and ends no clause."""
        behind = tokens[comma + 1].kind if comma + 1 < len(tokens) else "sign"
        before = tokens[comma - 1].kind if comma else "sign"
        return behind not in ("word", "sign") and before == behind

    def _behind(self, tokens: Sequence[Token], trigger: Trigger) -> set[str]:
        """What is said of a noun behind it: "pengiriman senjata ke Rusia ditunda"."""
        cues: set[str] = set()
        for i in range(trigger.last, min(len(tokens), trigger.last + 12)):
            if tokens[i].word in (".", ";", ":") or tokens[i].word in _BREAKS:
                break
            hit = self.lexicon.behind.at(tokens, i)
            if hit:
                cues.add(hit[1])
        return cues

    def _negated(self, tokens: Sequence[Token], i: int, status: str) -> bool:
        return status != "not_confirmed" and i > 0 and tokens[i - 1].word in self.lexicon.negation


def phrases(table: Phrases, tokens: Sequence[Token]) -> list[tuple[int, int, Any]]:
    """The phrases of a table in a row of tokens, the longest first at each place, never overlapping."""
    found: list[tuple[int, int, Any]] = []
    i = 0
    while i < len(tokens):
        hit = table.at(tokens, i) if tokens[i].word in table.longest else None
        if hit:
            found.append((i, *hit))
        i = hit[0] if hit else i + 1
    return found
