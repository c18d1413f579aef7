"""Which words of a sentence tell of an event, of which one, and how sure the text is of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from claimml.claims.record import EVENTS
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
_BEHIND_PARTICIPLE = frozenset(["by", "from", "to", "in", "at", "for", "last", "on", "during", "over", "near", "off"])
_ASKS = frozenset(["ask", "asks", "asked", "asking"])
_STORY = frozenset(EVENTS)
_HAVE = frozenset(["have", "has", "had"])
_AIMS = frozenset(["untuk", "guna", "to"])
# "continued to send", "berhasil untuk membeli": what is behind it happens.
_GOES_ON = ("continu", "manag", "began", "begin", "start", "help", "used", "went", "prov", "able", "berhasil", "mulai", "terus")
# A question with one of these takes what it asks about for granted.
_ASKING = frozenset(["siapa", "mana", "mengapa", "kenapa", "bagaimana", "kapan", "who", "why", "how", "when", "where"])
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
    """Decides which words of a document's sentences tell of an event, of which one, and with what status."""

    def triggers(self, text: str, sentences: Sequence[Sentence]) -> list[list[Trigger]]:
        """For each sentence of `text` its triggers, in order."""
        ...


class RuleClassifier:
    """Events by the trigger lexicon, status by the hedges before, above and behind the trigger."""

    def __init__(self, lexicon: Triggers | None = None) -> None:
        self.lexicon = lexicon or triggers()

    def triggers(self, text: str, sentences: Sequence[Sentence]) -> list[list[Trigger]]:
        """For each sentence its triggers; none where it is about a museum, a drill, a story."""
        return [self._of(sentence.tokens) for sentence in sentences]

    def _of(self, tokens: Sequence[Token]) -> list[Trigger]:
        if not any(token.kind in ("WEAPON", "QUANTITY", "ACTOR") for token in tokens):
            return []
        words = {token.word for token in tokens}
        silent = frozenset().union(*(events for cues, events in self.lexicon.no_claim if cues & words))
        found: list[Trigger] = []
        for first, last, kind in phrases(self.lexicon.kinds, tokens):
            if self._tells(tokens, first, last, kind, silent):
                voice = self.voice(tokens, first, kind)
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

    def _tells(self, tokens: Sequence[Token], first: int, last: int, kind: Kind, silent: frozenset[str]) -> bool:
        """Whether the word of the lexicon at tokens `[first, last)` tells of its event where it stands."""
        before = tokens[first - 1].word if first else ""
        fired = kind.event == "use" and kind.frame == "act" and not kind.weak  # live fire is a use in a drill too
        if kind.event in silent and not (fired and silent < _STORY):
            return False
        if kind.about and not any(token.word in kind.about for token in tokens[:first]):
            return False
        if kind.weak and kind.voice == "passive" and before == "untuk":
            return False
        if tokens[first].word in _ASKS and not any(token.word == "for" for token in tokens[last - 1 : last + 5]):
            return False
        if kind.voice == "noun" and before in (self.lexicon.spent if kind.event == "possession" else self.lexicon.body):
            return False
        if tokens[first].word in _HAVE and self._participle(tokens, last):
            return False
        return not (kind.event == "production" and self._only_whose(tokens, first, last))

    def _only_whose(self, tokens: Sequence[Token], first: int, last: int) -> bool:
        """Whether a word of production only tells whose or of what a thing is: "jets built by X", "X-built", "made of tin"."""
        behind = tokens[last] if last < len(tokens) else None
        if behind is None or not first:
            return False
        if (behind.word == "by" and self._participle_behind(tokens, first)) or behind.word in ("dari", "of"):
            return True
        before = tokens[first - 1]
        return before.word == "-" or (before.kind == "WEAPON" and behind.kind == "ACTOR" and tokens[first].word == "produksi")

    def _participle(self, tokens: Sequence[Token], i: int) -> bool:
        """Whether the word at `i` makes an auxiliary of the "have" before it: "had never seen", "has bought"."""
        for token in tokens[i : i + 2]:
            if token.word in ("been", "to", "not", "never", "n't") or token.word.endswith(("ed", "en", "ught")):
                return True
            hit = self.lexicon.kinds.get((token.word,))
            if hit and hit.voice == "verb":
                return True
            if token.kind != "word":
                return False
        return False

    @staticmethod
    def _participle_behind(tokens: Sequence[Token], i: int) -> bool:
        """Whether an English form stands as a participle behind its thing: "the boat, built at X", "jets sold by Y"."""
        before = i - 2 if i > 1 and tokens[i - 1].word == "," else i - 1
        behind = tokens[i + 1].word if i + 1 < len(tokens) else ""
        return before >= 0 and tokens[before].kind == "WEAPON" and behind in _BEHIND_PARTICIPLE

    def voice(self, tokens: Sequence[Token], first: int, kind: Kind) -> str:
        """ "active", "passive" or "noun" of a word of the lexicon; English verbs are told apart by what stands before."""
        if kind.voice != "verb":
            return kind.voice
        near = [token.word for token in tokens[max(0, first - 3) : first]]
        passive = any(word in self.lexicon.be for word in near) and not tokens[first].word.endswith("ing")
        passive = passive or self._participle_behind(tokens, first)
        return "passive" if passive else "active"

    def status(self, tokens: Sequence[Token], found: Sequence[Trigger], trigger: Trigger) -> str:
        """The status of a trigger among others of its sentence, by its hedges."""
        return self._with_status(tokens, [*found, trigger], len(found)).status

    def _with_status(self, tokens: Sequence[Token], found: list[Trigger], i: int) -> Trigger:
        trigger = found[i]
        known = self.lexicon.kinds.at(tokens, trigger.first)
        said = known[1].status if known else ""
        cues = self._near(tokens, trigger)
        taken = {
            index
            for other in found
            for index in range(other.first, other.last)
            if other is not trigger and other.voice != "noun"
        }
        if trigger.voice != "noun" or not cues:  # "menyetujui kemungkinan penjualan": the nearest hedge of a noun tells
            cues |= self._above(tokens, trigger, taken)
        if trigger.voice == "noun":
            cues |= self._behind(tokens, trigger)
        else:
            cues |= self._none(tokens, trigger)
            cues |= self._undone(tokens, trigger, cues | {said})
            if not cues and not said and self._purpose(tokens, trigger):
                cues.add("planned")
        if not cues and not said and self._asked(tokens, trigger):
            cues.add("possible")
        if said and cues != {"alleged"}:  # "is said to have ordered" is hearsay, not a plan
            cues.add(said)
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
            hit = self.lexicon.near.at(tokens, i)
            if word == "to" and not hit:
                continue
            if not hit and (word in ("yang", "bahwa", "that", "untuk", "which", "who") or word in _BREAKS):
                break
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
        if trigger.voice != "noun" and trigger.first and tokens[trigger.first - 1].word in ("dan", "and"):
            return cues  # the second of two verbs: what governs both is told by the first
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
            if token.word == "sementara" and i and self.lexicon.above.at(tokens, i - 1):
                continue  # "menghentikan sementara pengiriman"
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
            counts = hit and hit[0] <= trigger.first and not self._negated(tokens, i, hit[1])
            if hit and counts and not self._watched(tokens, i, trigger):
                cues.add(hit[1])
            if i in taken:
                break
        return cues

    def _watched(self, tokens: Sequence[Token], i: int, trigger: Trigger) -> bool:
        """Whether the auxiliary at `i` goes with a verb that only looks at what a noun tells: "akan memantau pengiriman"."""
        if trigger.voice != "noun" or tokens[i].word not in ("akan", "bakal", "will"):
            return False
        between = range(i + 1, trigger.first)
        verbs = [j for j in between if tokens[j].word.startswith("me") and tokens[j].word not in self.lexicon.transparent]
        return bool(verbs) and not any(self.lexicon.control.at(tokens, j) for j in verbs)

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

    def _none(self, tokens: Sequence[Token], trigger: Trigger) -> set[str]:
        """ "denied" where what the trigger is about is none: "tidak ada [rudal] yang dikirim", "has no [tanks]"."""
        none = self.lexicon.none
        behind = none.at(tokens, trigger.last) if trigger.last < len(tokens) else None
        if behind and behind[1]:
            return {"denied"}
        if trigger.voice != "passive":
            return set()
        for i in range(trigger.first - 1, max(-1, trigger.first - _NEAR - 1), -1):
            hit = none.at(tokens, i)
            if hit:
                return {"denied"} if hit[1] else set()
            if tokens[i].kind == "sign" or tokens[i].word in CLAUSE_WORDS:
                break
        return set()

    def _asked(self, tokens: Sequence[Token], trigger: Trigger) -> bool:
        """Whether the sentence asks if what the trigger tells is so: "[UNITA] Masih Terima [Senjata]?"."""
        i = next((i for i in range(trigger.last, len(tokens)) if tokens[i].word in (",", ";", "?")), None)
        return i is not None and tokens[i].word == "?" and not any(token.word in _ASKING for token in tokens)

    @staticmethod
    def _purpose(tokens: Sequence[Token], trigger: Trigger) -> bool:
        """Whether a verb of giving, making or having only tells what something is for: "dana untuk membeli [peluru]"."""
        i = trigger.first - 1
        aims = trigger.event in ("transfer", "production", "possession") and i >= 0 and tokens[i].word in _AIMS
        return aims and not (i and tokens[i - 1].word.startswith(_GOES_ON))

    def _undone(self, tokens: Sequence[Token], trigger: Trigger, cues: set[str]) -> set[str]:
        """What became of a plan or wish in the same sentence: "berencana membeli [jet], namun batal"; and when it is due."""
        found: set[str] = set()
        for i in range(trigger.last, len(tokens)):
            if tokens[i].word == ";":
                break
            if cues & {"planned", "requested"} and self.lexicon.undone.at(tokens, i):
                found.add("halted")
            if i < trigger.last + 14 and self.lexicon.due.at(tokens, i):
                found.add("planned")
        return found

    def _negated(self, tokens: Sequence[Token], i: int, status: str) -> bool:
        return status != "not_confirmed" and i > 0 and tokens[i - 1].word in self.lexicon.negation


_FRAMES = {"transfer": "give", "use": "act", "test": "act", "production": "act", "possession": "act", "loss": "take"}


def trigger_at(lexicon: Triggers, tokens: Sequence[Token], i: int, event: str, status: str = "") -> Trigger:
    """A trigger of an event and status at token `i`, whatever the lexicon says of its word; a phrase of the lexicon that
    begins there is the trigger as a whole, other words are taken by their form."""
    hit = lexicon.kinds.at(tokens, i)
    if hit:
        kind: Kind = hit[1]
        frame = kind.frame if kind.event == event else _FRAMES[event]
        return Trigger(i, hit[0], event, status, frame, RuleClassifier(lexicon).voice(tokens, i, kind), kind.weak)
    word = tokens[i].word
    passive = (word.startswith("di") and len(word) > 5) or (i > 0 and tokens[i - 1].word in lexicon.be)
    noun = word.startswith(("pe", "ke")) and word.endswith("an")
    voice = "noun" if noun else "passive" if passive else "active"
    return Trigger(i, i + 1, event, status, _FRAMES[event], voice, weak=True)


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
