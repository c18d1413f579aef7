"""Who says so: attributions within a sentence, in a quotation, and across the border to the next sentence."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from claimml.claims.events import phrases
from claimml.claims.roles import VERB
from claimml.claims.words import Sentence, Triggers

_PUNCTUATION = frozenset(".;!?")
_CONTRAST = frozenset(["namun", "tetapi", "tapi", "sedangkan", "sementara", "while", "whereas", "but"])
_POINTS_BACK = frozenset(["itu", "ini", "tersebut", "that", "this", "those"])
# A sentence may not be attributed to the last speaker over more than this many sentences without him.
_MEMORY = 3


@dataclass(frozen=True, slots=True)
class Attribution:
    """Tokens `[first, last)` of a sentence are said by `speakers` (offsets); `outlet` if they only pass it on.

    `at` is the token of the cue; the nearer to an event, the closer its speakers stand to it.
    """

    first: int
    last: int
    at: int
    speakers: tuple[tuple[int, int], ...]
    outlet: bool = False


class Sources:
    """Reads the attributions of a document's sentences; made once per document."""

    def __init__(self, text: str, sentences: Sequence[Sentence], lexicon: Triggers) -> None:
        self.text = text
        self.lexicon = lexicon
        self.sentences = sentences
        self.quotes = [(m.start(), m.end()) for m in re.finditer(r"“[^“”]*”|\"[^\"\n]*\"", text)]
        self.spoken: list[list[Attribution]] = []
        self.last: list[tuple[tuple[tuple[int, int], ...], int]] = []  # per sentence: who spoke last before it, how long ago
        speaker: tuple[tuple[int, int], ...] = ()
        age = 0
        for sentence in sentences:
            self.last.append((speaker, age))
            found = self._attributions(sentence, speaker if age <= _MEMORY else ())
            self.spoken.append(found)
            named = [a for a in found if a.speakers and not a.outlet]
            if named:
                speaker, age = max(named, key=lambda a: a.at).speakers, 0
            else:
                age += 1

    def of(self, index: int, token: int) -> tuple[tuple[int, int], ...]:
        """The speakers of what is said at a token of sentence `index`, nearest first."""
        covering = [a for a in self.spoken[index] if a.first <= token < a.last]
        covering.sort(key=lambda a: (a.outlet, abs(a.at - token)))
        speakers: list[tuple[int, int]] = [speaker for attribution in covering for speaker in attribution.speakers]
        primary = [a for a in covering if not a.outlet]
        if not primary:
            speakers = [*self._quoted(index, token), *speakers]
        return tuple(dict.fromkeys([*speakers, *self._pointed_back(index, bool(primary))]))

    def _quoted(self, index: int, token: int) -> tuple[tuple[int, int], ...]:
        """For a token inside a quotation whose speaker stands in another sentence."""
        sentence = self.sentences[index]
        place = sentence.tokens[token].start
        nearest = bisect_right(self.quotes, (place, len(self.text))) - 1
        if nearest < 0 or self.quotes[nearest][1] <= place:
            return ()
        quote = self.quotes[nearest]
        # The sentence in which the quotation ends, and the one it began in, may say whose it is.
        behind = itertools.takewhile(lambda i: self.sentences[i].start <= quote[1] + 1, range(index + 1, len(self.sentences)))
        before = itertools.takewhile(lambda i: self.sentences[i].end >= quote[0], range(index - 1, -1, -1))
        for other in itertools.chain(behind, before):
            for attribution in self.spoken[other]:
                if attribution.speakers and not attribution.outlet:
                    return attribution.speakers
        speaker, age = self.last[index]
        whole = quote[0] <= sentence.start + 1
        return speaker if whole and age <= _MEMORY else ()

    def _pointed_back(self, index: int, attributed: bool) -> tuple[tuple[int, int], ...]:
        """Speakers whom the next sentence adds: "Dilansir AP News, [Shin] menyampaikan penilaiannya"."""
        if not attributed or index + 1 >= len(self.sentences):
            return ()
        following = self.sentences[index + 1]
        outlets = [a for a in self.spoken[index + 1] if a.outlet and a.first == 0]
        if not outlets or following.paragraph > self.sentences[index].paragraph + 1:
            return ()
        tokens = following.tokens
        for i, token in enumerate(tokens[:14]):
            bare = token.word.removesuffix("nya")
            back = bare in self.lexicon.statement and (
                bare != token.word or (i + 1 < len(tokens) and tokens[i + 1].word in _POINTS_BACK)
            )
            if back:
                who = [(t.start, t.end) for t in tokens[:i] if t.kind == "ACTOR"]
                through = [speaker for outlet in outlets for speaker in outlet.speakers]
                return (*(w for w in who if w not in through), *through)
        return ()

    def _attributions(self, sentence: Sentence, speaker: tuple[tuple[int, int], ...]) -> list[Attribution]:
        tokens = sentence.tokens
        size = len(tokens)
        found: list[Attribution] = []
        if size > 2 and tokens[0].kind == "ACTOR" and tokens[1].word == ":":
            found.append(Attribution(2, size, 1, ((tokens[0].start, tokens[0].end),)))  # "Seoul: Korut Kirim ..."
        for first, last, kind in phrases(self.lexicon.say, tokens):
            word = tokens[first].word
            if kind in ("speaker", "statement"):
                continue
            if kind == "before" and not self._opens(sentence, first):
                kind = "after" if word in self.lexicon.said_after else ""
            if (
                kind == "after"
                and word in self.lexicon.said_before
                and self._opens(sentence, first)
                and self._behind(sentence, last)
            ):
                kind = "before"
            if kind == "before":
                who = self._behind(sentence, last)
                if not who and self._pronoun(sentence, last, last + 4):
                    who = speaker
                found.append(Attribution(0, size, first, who))
            elif kind == "pronoun":
                found.append(Attribution(0, size, first, speaker))
            elif kind == "according":
                who = self._behind(sentence, last)
                if who:
                    begin, end = self._clause(sentence, first)
                    found.append(Attribution(begin, end, first, who))
            elif kind == "through":
                who = self._behind(sentence, last)
                if who:
                    found.append(Attribution(0, size, first, who, outlet=True))
            elif kind == "accused":
                who = self._behind(sentence, last, single=True)
                if who:
                    comma = next((i for i in range(last + 1, size) if tokens[i].word == ","), size)
                    found.append(Attribution(last, comma, first, who))
            elif kind == "after":
                said = self._subject(sentence, first, speaker)
                if said is None:
                    continue
                who = said
                if (
                    who
                    and who == speaker
                    and found
                    and found[-1].speakers
                    and not found[-1].outlet
                    and self._pronoun(sentence, first - 3, first)
                ):
                    who = found[-1].speakers  # "mereka yakin" within one's own statement
                if self._ends_sentence(sentence, first, last):
                    found.append(Attribution(0, first, first, who))
                else:
                    found.append(Attribution(last, self._until(sentence, last), first, who))
        return found

    def _opens(self, sentence: Sentence, i: int) -> bool:
        """Whether a word of saying stands where its speaker follows: behind a comma or a quotation, or at the start."""
        return i == 0 or sentence.tokens[i - 1].word in (",", '"', "'", "?", "!", ".", "—", "–", "-", "demikian")

    def _behind(self, sentence: Sentence, i: int, *, single: bool = False) -> tuple[tuple[int, int], ...]:
        """The names behind a cue, up to a preposition of the hearer, a comma that ends them, or a verb."""
        tokens = sentence.tokens
        who: list[tuple[int, int]] = []
        gap = 0
        start = i
        while i < len(tokens):
            token = tokens[i]
            if token.kind == "ACTOR":
                who.append((token.start, token.end))
                gap = 0
                if single:
                    break
            elif token.kind in ("WEAPON", "QUANTITY"):
                if who:
                    break
            elif token.word == ",":
                nxt = tokens[i + 1] if i + 1 < len(tokens) else None
                if not who or nxt is None or nxt.kind != "ACTOR" or self._starts_clause(sentence, i + 1):
                    if not who and i - start < 8 and not self._starts_clause(sentence, i + 1):
                        i += 1
                        continue
                    break
            elif token.word == "(":
                while i < len(tokens) and tokens[i].word != ")":
                    i += 1
            elif token.kind == "sign" and token.word in _PUNCTUATION | {":", '"', "—", "–"}:
                break
            elif token.kind == "word":
                gap += 1
                if token.word in (
                    "kepada",
                    "to",
                    "pada",
                    "dalam",
                    "saat",
                    "ketika",
                    "usai",
                    "setelah",
                    "bahwa",
                    "on",
                    "in",
                    "that",
                    "untuk",
                    "seperti",
                ):
                    break
                if (
                    token.word == "yang"
                    or gap > 7
                    or (
                        who
                        and token.word not in self.lexicon.also
                        and token.word not in ("dari", "di", "para", "kantor", "berita", "harian", "of", "the")
                        and gap > 3
                    )
                ):
                    break
                if token.word in self.lexicon.said_after and token.word != "sebut":
                    break
            i += 1
        return tuple(who)

    def _starts_clause(self, sentence: Sentence, i: int) -> bool:
        """Whether the names from token `i` on are the subject of a verb, not an apposition."""
        tokens = sentence.tokens
        while i < len(tokens) and (tokens[i].kind == "ACTOR" or tokens[i].word in self.lexicon.also or tokens[i].word == ","):
            i += 1
        return (
            i < len(tokens)
            and tokens[i].kind == "word"
            and (
                VERB.match(tokens[i].word) is not None
                or tokens[i].word in self.lexicon.said_after
                or tokens[i].word in ("telah", "akan", "sudah", "juga", "diduga", "dapat", "mungkin", "has", "had", "will")
                or self.lexicon.kinds.at(tokens, i) is not None
            )
        )

    def _pronoun(self, sentence: Sentence, first: int, last: int) -> bool:
        return any(self.lexicon.speaker.at(sentence.tokens, i) for i in range(max(0, first), min(last, len(sentence.tokens))))

    def _subject(
        self, sentence: Sentence, verb: int, speaker: tuple[tuple[int, int], ...]
    ) -> tuple[tuple[int, int], ...] | None:
        """Who says, before a verb of saying; () for someone without a name, None where the verb has no such subject."""
        tokens = sentence.tokens
        who: list[tuple[int, int]] = []
        i = verb - 1
        depth = gap = 0
        while i >= 0:
            token = tokens[i]
            if token.word == ")":
                depth += 1
            elif token.word == "(":
                depth = max(0, depth - 1)
            elif depth:
                pass
            elif token.kind == "ACTOR":
                if self._hears(sentence, i):
                    pass
                elif self._spoken_before(sentence, i):
                    return None if not who else tuple(who)
                else:
                    who.insert(0, (token.start, token.end))
                gap = 0
            elif token.kind in ("WEAPON", "QUANTITY"):
                if who or gap == 0:
                    break
            elif token.word in ("bahwa", "that", "kata", "said"):
                break
            elif token.word in (";", ":", "!", "?", ".", "—", "–", '"', "|") or (token.word == "-" and who):
                if token.word == '"' and who:
                    break
                if token.word != '"':
                    break
            elif token.word == "," and who:
                if not (i > 0 and tokens[i - 1].kind == "ACTOR" and not self._hears(sentence, i - 1)) or self._said_between(
                    sentence, i, verb
                ):
                    break
            elif token.kind == "word":
                gap += 1
                if (
                    who
                    and token.word not in self.lexicon.also
                    and (
                        token.word in self.lexicon.prepositions
                        or token.word in self.lexicon.stop
                        or self._finite(token.word)
                        or token.word in ("yang", "semuanya")
                    )
                ):
                    if token.word == "oleh" and any(t.word in self.lexicon.statement for t in tokens[max(0, i - 2) : i]):
                        pass
                    else:
                        break
                if token.word in self.lexicon.speaker.longest and self.lexicon.speaker.at(tokens, i) and not who:
                    return speaker
                if (
                    token.word
                    in ("analis", "pakar", "pengamat", "pejabat", "sumber", "saksi", "analysts", "officials", "experts")
                    and not who
                ):
                    after = tokens[i + 1].word if i + 1 < len(tokens) else ""
                    return speaker if after in _POINTS_BACK else ()
                if gap > 12:
                    break
            i -= 1
        if who:
            return tuple(who)
        return None

    def _finite(self, word: str) -> bool:
        return word in self.lexicon.said_after

    def _said_between(self, sentence: Sentence, i: int, verb: int) -> bool:
        return any(token.word in self.lexicon.said_after for token in sentence.tokens[i + 1 : verb])

    def _hears(self, sentence: Sentence, i: int) -> bool:
        """Whether the name at `i` stands behind "kepada", "dari", "di", ...: no speaker."""
        tokens = sentence.tokens
        for j in range(i - 1, max(-1, i - 5), -1):
            word = tokens[j].word
            if tokens[j].kind != "word":
                return False
            if word in self.lexicon.statement or word in ("laporan", "data", "rekaman", "pejabat", "oleh"):
                return False
            if word in ("dari",):
                return not any(
                    t.word in ("pejabat", "juru", "menteri", "laporan", "pengamat", "analis") for t in tokens[max(0, j - 3) : j]
                )
            if word in self.lexicon.prepositions or word in self.lexicon.stop:
                return word not in (
                    "bahwa",
                    "ketika",
                    "saat",
                    "setelah",
                    "meskipun",
                    "sementara",
                    "karena",
                    "that",
                    "while",
                    "namun",
                    "sedangkan",
                )
        return False

    def _spoken_before(self, sentence: Sentence, i: int) -> bool:
        """Whether the name at `i` belongs to "kata [X]" or "menurut [X]" of its own."""
        tokens = sentence.tokens
        return any(token.word in ("kata", "ujar", "menurut", "dilansir", "dikutip") for token in tokens[max(0, i - 3) : i])

    def _ends_sentence(self, sentence: Sentence, first: int, last: int) -> bool:
        """Whether the statement stands before "..., [X] mengatakan kepada [Y]." and not behind it."""
        tokens = sentence.tokens
        comma = next(
            (i for i in range(first - 1, -1, -1) if tokens[i].word in (",", '"') and tokens[max(0, i - 1)].word != ")"), None
        )
        if comma is None or comma == 0:
            return False
        if any(t.word in self.lexicon.stop or t.word in self.lexicon.said_after for t in tokens[comma + 1 : first]):
            return False
        told = any(self.lexicon.kinds.at(tokens, i) for i in range(0, comma))
        rest = tokens[last:]
        clause = any(token.word in ("bahwa", "that", '"', ":") for token in rest[:12])
        next_event = next((i for i in range(last, len(tokens)) if self.lexicon.kinds.at(tokens, i)), None)
        subordinate = next((i for i in range(last, len(tokens)) if tokens[i].word in (",", *self.lexicon.stop)), len(tokens))
        return told and not clause and (next_event is None or subordinate < next_event)

    def _until(self, sentence: Sentence, first: int) -> int:
        """Where the statement behind a verb of saying ends: at a contrast or another half of the sentence."""
        tokens = sentence.tokens
        return next((i for i in range(first, len(tokens)) if tokens[i].word in _CONTRAST or tokens[i].word == ";"), len(tokens))

    def _clause(self, sentence: Sentence, at: int) -> tuple[int, int]:
        """The half of a sentence that a "menurut" is about."""
        tokens = sentence.tokens
        edges = [-1, *(i for i, t in enumerate(tokens) if t.word in _CONTRAST or t.word == ";"), len(tokens)]
        for left, right in itertools.pairwise(edges):
            if left < at < right:
                return left + 1, right
        return 0, len(tokens)
