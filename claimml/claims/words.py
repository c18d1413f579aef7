"""The trigger lexicon, and a text cut into sentences and the tokens that claims are read from."""

from __future__ import annotations

import dataclasses
import functools
import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimml.document import Span
from claimml.errors import FormatError

LEXICON = Path(__file__).parent.parent / "lexicon" / "triggers.toml"

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a trigger of the lexicon says: see the head of `triggers.toml`. `voice`: active, passive, noun or verb."""

    event: str
    frame: str
    voice: str
    status: str = ""
    weak: bool = False
    about: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """Words that tell of another event, or of none if `event` is empty, where all that is given here holds: their thing is
    of one of `classes`, of none of `unless`; a party or place stands in one of `roles`, in none of `without`; one of
    `beside` stands just before. `struck`: only where the thing is what is struck."""

    words: frozenset[str]
    classes: frozenset[str]
    unless: frozenset[str]
    roles: frozenset[str]
    without: frozenset[str]
    beside: frozenset[str]
    struck: bool
    event: str
    frame: str

    def fits(self, classes: set[str | None], roles: Iterable[str], before: Iterable[str]) -> bool:
        """Whether the classes of the things of an event, the roles around it and the words before make this turn."""
        return (
            (not self.classes or bool(classes & self.classes))
            and (not self.unless or (bool(classes) and not classes & self.unless))
            and (not self.roles or not self.roles.isdisjoint(roles))
            and self.without.isdisjoint(roles)
            and (not self.beside or not self.beside.isdisjoint(before))
        )


class Phrases(dict[Phrase, Any]):
    """Phrases by their words; `at` finds the longest one that begins at a token."""

    def __init__(self) -> None:
        super().__init__()
        self.longest: dict[str, int] = {}

    def add(self, words: str, value: Any) -> None:
        for phrase in filter(None, map(str.strip, words.split(";"))):
            key = tuple(phrase.split())
            self.setdefault(key, value)
            self.longest[key[0]] = max(self.longest.get(key[0], 0), len(key))

    def at(self, tokens: Sequence[Token], i: int) -> tuple[int, Any] | None:
        """End and value of the longest phrase of words that begins at token `i`, or None."""
        for length in range(min(self.longest.get(tokens[i].word, 0), len(tokens) - i), 0, -1):
            key = tuple(token.word for token in tokens[i : i + length])
            if key in self:
                return i + length, self[key]
        return None

    def before(self, tokens: Sequence[Token], i: int) -> bool:
        """Whether one of the phrases ends just before token `i`."""
        return any(tuple(t.word for t in tokens[i - n : i]) in self for n in range(1, min(4, i) + 1))


class Triggers:
    """The lexicon as tables, made of one TOML file."""

    def __init__(self, path: Path = LEXICON) -> None:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
            self._read(table)
        except (tomllib.TOMLDecodeError, KeyError, AttributeError) as error:
            raise FormatError(f"{path}: not a lexicon of triggers ({error!r}); its head says how it is written") from error

    def _read(self, table: dict[str, Any]) -> None:
        self.kinds = Phrases()
        for row in table["trigger"]:
            for field, voice in (
                ("active", "active"),
                ("passive", "passive"),
                ("noun", "noun"),
                ("verb", "verb"),
                ("gerund", "noun"),
            ):
                about = _set(row.get("about", ""))
                kind = Kind(row["event"], row["frame"], voice, row.get("status", ""), row.get("weak", False), about)
                self.kinds.add(row.get(field, ""), kind)
        self._with_clitics()
        self.near, self.above, self.behind, self.above_noun = Phrases(), Phrases(), Phrases(), Phrases()
        self.order = {status: i for i, status in enumerate(table["status"])}
        for status, cues in table["status"].items():
            self.near.add(cues["near"], status)
            self.above.add(cues["above"], status)
            self.above_noun.add(cues.get("noun", "") + ";" + cues["above"], status)
            self.behind.add(cues["behind"], status)
        self.negation = frozenset(table["negation"]["words"].split(";"))
        self.none, self.undone, self.due = Phrases(), Phrases(), Phrases()
        for phrases, field in ((self.none, "none"), (self.undone, "undone"), (self.due, "due")):
            phrases.add(table["negation"][field], True)
        self.none.add(table["negation"]["some"], False)
        self.say = Phrases()
        for kind, words in table["attribution"].items():
            self.say.add(words, kind)
        # A word may stand before and after its speaker ("sebut", "tulis", "said").
        self.said_before = _set(table["attribution"]["before"])
        self.said_after = _set(table["attribution"]["after"])
        self.statement = _set(table["attribution"]["statement"])
        self.speaker = Phrases()
        self.speaker.add(table["attribution"]["speaker"], True)
        syntax = table["syntax"]
        roles = ("to", "from", "by", "via", "at", "against", "with", "other")
        self.prepositions = {word: role for role in reversed(roles) for word in syntax[role].split(";")}
        self.stop, self.carry, self.also = _set(syntax["stop"]), _set(syntax["carry"]), _set(syntax["and"])
        self.transparent, self.be, self.again = _set(syntax["transparent"]), _set(syntax["be"]), _set(syntax["again"])
        self.subject, self.title = _set(syntax["subject"]), _set(syntax["title"])
        self.body, self.spent = _set(syntax["body"]), _set(syntax["spent"])
        self.troops, self.compound = _set(syntax["troops"]), _set(syntax["compound"])
        self.list, self.control, self.object = Phrases(), Phrases(), Phrases()
        for phrases, field in ((self.list, "list"), (self.control, "control"), (self.object, "object")):
            phrases.add(syntax[field], True)
        self.counts, self.holds = _set(table["units"]["counts"]), _set(table["units"]["holds"])
        self.boxes, self.war = _set(table["units"]["boxes"]), _set(table["units"]["war"])
        self._designations = {name: kind for kind, names in table["designations"].items() for name in names.split(";") if name}
        self.turns = [
            Turn(
                _set(row["words"]),
                frozenset(row.get("classes", "").split()),
                frozenset(row.get("unless", "").split()),
                _set(row.get("roles", "")),
                _set(row.get("without", "")),
                _set(row.get("beside", "")),
                row.get("struck", False),
                row.get("event", ""),
                row.get("frame", ""),
            )
            for row in table["turn"]
        ]
        self.no_claim = [(_set(row["words"]), frozenset(row["events"].split())) for row in table["no_claim"]]

    def class_of(self, designation: str) -> str | None:
        """The class of a thing that is only named: "F-16", "Su-35", "KRI Fatahillah"; None if its letters tell none."""
        match = _DESIGNATION.match(designation.lower())
        if match is None:
            return None
        letters, number = match[1], match[2]
        if number is None:  # a name without a number is a ship's or nobody's
            return "ship" if self._designations.get(letters) == "ship" else None
        full = f"{letters}-{number}", letters + number, letters
        return next((self._designations[name] for name in full if name in self._designations), None)

    def _with_clitics(self) -> None:
        """Adds "mengirimnya", "kirimlah": Indonesian forms of one word with a clitic behind; `Kind` stays."""
        for phrase, kind in list(self.kinds.items()):
            affixed = phrase[0].startswith(("me", "di", "pe")) or phrase[0].endswith("an")
            if len(phrase) == 1 and kind.voice != "verb" and affixed and not phrase[0].endswith("nya"):
                self.kinds.add(f"{phrase[0]}nya;{phrase[0]}lah", kind)


def _set(words: str) -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, words.split(";"))))


@functools.cache
def triggers() -> Triggers:
    """The shipped lexicon, read once."""
    return Triggers()


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a sign, or a whole span: `kind` is "word", "sign", or the span's label; `word` is lower case, "" for spans."""

    start: int
    end: int
    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """Code points `[start, end)` of a text and the tokens in it; `paragraph` numbers the line it stands in."""

    start: int
    end: int
    paragraph: int
    tokens: tuple[Token, ...]


_DESIGNATION = re.compile(r"([a-z]+)(?:[- ]?(\d+)|(?= [a-z]))")
# "tahun lalu" and "saat ini" are times: their tokens read "tahun silam", "kini ini", which join no clauses as "lalu" does.
_THEN = frozenset(["lalu", "kemudian"])
_UNITS_OF_TIME = frozenset(
    ["tahun", "bulan", "pekan", "minggu", "hari", "malam", "pagi", "siang", "sore", "jam", "menit", "dekade", "abad"]
) | {"senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "ahad"}
_TOKEN = re.compile(r"[^\W_]+(?:[-'’/.][^\W_]+)*|[^\w\s]|_")
_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s+[\"'“‘(\[•]*[A-Z0-9À-Ý])|\n+")
# A full stop behind these ends no sentence.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“\"])(?:[A-Z]|[A-Z][a-z]?\.[A-Z]|Dr|Drs|Ir|Prof|Hj|KH|Jl|No|Tn|Ny|Mr|Mrs|Ms|St|Gen|Jend|Letjen|Mayjen|Brigjen|Kol|Letkol|Sgt|Lt|Col|Sen|Rep|"
    r"U\.S|U\.K|a\.n|dll|dsb|vs|Pt|PT|Tbk|Inc|Corp|Ltd|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)\.$"
)


def sentences(text: str, spans: Sequence[Span]) -> Iterator[Sentence]:
    """The sentences of a text in order, none ending inside a span; a headline is one by its line break."""
    starts = [span.start for span in spans]
    tokens = _tokens(text, spans)
    token_starts = [token.start for token in tokens]
    start = paragraph = 0
    for match in [*_END.finditer(text), None]:
        end = match.end() if match else len(text)
        if match and end < len(text):
            i = bisect_right(starts, match.start()) - 1
            if i >= 0 and spans[i].end > match.start() + 1:
                continue
            if match[0] == "." and _ABBREVIATION.search(text, max(start, match.start() - 12), match.start() + 1):
                continue
        body = text[start:end]
        left, right = start + len(body) - len(body.lstrip()), start + len(body.rstrip())
        if left < right:
            inside = tokens[bisect_left(token_starts, left) : bisect_left(token_starts, right)]
            yield Sentence(left, right, paragraph, tuple(inside))
        if match and "\n" in match[0]:
            paragraph += 1
        start = end


def _tokens(text: str, spans: Sequence[Span]) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for span in [*spans, None]:
        end = span.start if span else len(text)
        for match in _TOKEN.finditer(text, position, end):
            word = match[0].lower()
            kind = "word" if word[0].isalnum() else "sign"
            word = {"”": '"', "“": '"', "‘": "'", "’": "'"}.get(word, word)
            if word in _THEN and tokens and tokens[-1].word in _UNITS_OF_TIME:
                word = "silam"
            elif word in ("ini", "itu") and tokens and tokens[-1].word == "saat":
                tokens[-1] = dataclasses.replace(tokens[-1], word="kini")
            tokens.append(Token(match.start(), match.end(), kind, word))
        if span:
            tokens.append(Token(span.start, span.end, span.label, ""))
            position = span.end
    return tokens
