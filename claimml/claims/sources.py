"""Who says so: attributions within a sentence, in a quotation, and across the border to the next sentence."""

from __future__ import annotations

import functools
import itertools
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from claimml.claims.events import phrases
from claimml.claims.roles import VERB
from claimml.claims.times import CLOSING
from claimml.claims.words import Phrases, Sentence, Token, Triggers
from claimml.gazetteer import Gazetteer

_PUNCTUATION = frozenset(".;!?")
_CONTRAST = frozenset(["namun", "tetapi", "tapi", "sedangkan", "sementara", "while", "whereas", "but"])
_CONCESSION = frozenset(["meski", "meskipun", "walau", "walaupun", "kendati", "padahal", "although", "though"])
_POINTS_BACK = frozenset(["itu", "ini", "tersebut", "that", "this", "those"])
_MEDIA = re.compile(
    r"\b(?:kantor berita|agensi berita|news agency|harian|koran|majalah|surat kabar|radio|televisi|newspaper|daily)\b", re.I
)
# What shows something, as a statement says it.
_SHOWN = frozenset([
    "rekaman", "citra", "satelit", "foto", "video", "data", "dokumen", "grafik", "footage", "image", "images", "document",
])  # fmt: skip
# English verbs whose subject may be without a name: "an official said".
_ENGLISH = frozenset(["said", "says", "say", "told", "tells", "reported", "confirmed", "added", "announced"])
# "saat itu" dates; "lembaga itu" speaks.
_TIMES = frozenset([
    "saat", "waktu", "hari", "malam", "pagi", "siang", "sore", "ketika", "kala", "pekan", "bulan", "tahun", "minggu", "selain",
    "karena",
])  # fmt: skip
_BEFORE_VERB = frozenset([
    "telah", "akan", "sudah", "juga", "diduga", "dapat", "mungkin", "masih", "pernah", "hanya", "justru", "memang", "bisa",
    "baru", "sedang", "kini", "has", "had", "have", "will",
])  # fmt: skip
# People without a name.
_SOMEONE = frozenset([
    "analis", "pakar", "pengamat", "pejabat", "sumber", "saksi", "analysts", "officials", "experts", "official", "witnesses",
])  # fmt: skip
# Before a name as its clause begins; another preposition or conjunction makes it a hearer or a place.
_OPENING = _CONTRAST | _CONCESSION | frozenset([
    "bahwa", "ketika", "saat", "setelah", "karena", "that", "after", "because", "jika", "sehingga",
])  # fmt: skip
# After the names of the speaker come whom he told, where and when.
_BEHIND = frozenset([
    "kepada", "to", "pada", "dalam", "saat", "ketika", "usai", "setelah", "bahwa", "on", "in", "that", "untuk", "seperti",
    "yang",
])  # fmt: skip
# A sentence may not be attributed to the last speaker over more than this many sentences without him.
_MEMORY = 3


@functools.cache
def _gazetteer() -> Gazetteer:
    return Gazetteer()


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
        kinds = ("role", "told", "hearer")
        self.words = {kind: Phrases() for kind in kinds}
        for phrase, kind in lexicon.say.items():
            if kind in kinds:
                self.words[kind].add(" ".join(phrase), True)
        self.offices = frozenset(word for phrase in self.words["role"] for word in phrase)
        self.quotes = [(m.start(), m.end()) for m in re.finditer(r"“[^“”]*”|\"[^\"\n]*\"", text)]
        self.spoken: list[list[Attribution]] = []
        # Per sentence: who spoke last before it, and how many sentences ago.
        self.last: list[tuple[tuple[tuple[int, int], ...], int]] = []
        speaker: tuple[tuple[int, int], ...] = ()
        age = 0
        topic: tuple[tuple[int, int], ...] = ()  # whom the text has been about since somebody spoke
        paragraph = 0
        for sentence in sentences:
            self.last.append((speaker, age))
            found = self._attributions(sentence, topic or (speaker if age <= _MEMORY else ()))
            self.spoken.append(found)
            named = [a for a in found if a.speakers and not a.outlet]
            if named:
                speaker, age = max(named, key=lambda a: a.at).speakers, 0
                topic = ()
            else:
                age += 1
                within = any(begin < sentence.start < end for begin, end in self.quotes)
                quoted = within or (sentence.tokens and sentence.tokens[0].word == '"')
                topic = () if sentence.paragraph > paragraph + 1 else topic
                topic = topic if quoted else self._topic(sentence) or topic
                paragraph = sentence.paragraph if topic else paragraph

    def of(self, index: int, token: int) -> tuple[tuple[int, int], ...]:
        """The speakers of what is said at a token of sentence `index`, nearest first."""
        covering = [a for a in self.spoken[index] if a.first <= token < a.last or a.at == token]
        covering.sort(key=lambda a: (a.outlet, abs(a.at - token)))
        speakers: list[tuple[int, int]] = [speaker for attribution in covering for speaker in attribution.speakers]
        primary = [a for a in covering if not a.outlet]
        if not primary:
            speakers = [*(self._quoted(index, token) or self._given_back(index)), *speakers]
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

    def _given_back(self, index: int) -> tuple[tuple[int, int], ...]:
        """Who says a whole sentence by the next one: "Demikian laporan [SIPRI]", "Hal itu disampaikan [Budi]"."""
        if index + 1 >= len(self.sentences):
            return ()
        following = self.sentences[index + 1]
        if following.paragraph > self.sentences[index].paragraph + 1 or not following.tokens:
            return ()
        tokens = following.tokens
        if tokens[0].word in ("demikian", "begitu", "begitulah"):
            said = any(
                t.word in self.lexicon.statement or t.word in self.lexicon.said_before or t.word in ("simpulan", "bunyi")
                for t in tokens[1:4]
            )
            return self._behind(following, 1) if said else ()
        for attribution in self.spoken[index + 1]:
            told = tuple(t.word for t in tokens[attribution.at + 1 : attribution.at + 3])
            if attribution.speakers and told in (("hal", "itu"), ("hal", "tersebut"), ("hal", "ini")):
                return attribution.speakers
        back = any(t.word in _POINTS_BACK for t in tokens[1:3])
        for i in range(1, min(6, len(tokens))):
            hit = self.words["told"].at(tokens, i)
            if hit and back:
                return self._behind(following, hit[0])
        return ()

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
        found = self._announced(sentence)
        for first, last, kind in self._cues(sentence):
            word = tokens[first].word
            if kind in ("speaker", "statement", "role", "hearer"):
                continue
            if kind == "after" and first > 0 and last < size and tokens[first - 1].word == '"' and tokens[last].kind == "ACTOR":
                kind = "before"  # '..." berkata [Alexei]'
            if kind == "before" and not self._opens(sentence, first):
                kind = "after" if word in self.lexicon.said_after else ""
            governed = first > 0 and (tokens[first - 1].word in self.lexicon.negation or VERB.match(tokens[first - 1].word))
            if kind == "pronoun" and word.startswith("di") and governed:
                continue  # "tidak dikatakan", "menolak dikatakan ikut berperang"
            if kind in ("after", "before") and any(t.word in self.lexicon.be for t in tokens[max(0, first - 2) : first]):
                continue  # "are also said to have"
            if (
                kind == "after"
                and word in self.lexicon.said_before
                and self._opens(sentence, first)
                and self._behind(sentence, last)
            ):
                kind = "before"
            if kind == "before":
                who = self._behind(sentence, last)
                if self._anaphor(sentence, last) or (not who and self._pronoun(sentence, last, last + 4)):
                    who = self._before(found) or speaker
                begin = max((i + 1 for i in range(first) if tokens[i].word == ";"), default=0)
                found.append(Attribution(begin, self._quote_end(sentence, first), first, who))
            elif kind == "pronoun":
                who = self._before(found) or speaker
                if word.startswith("di"):
                    last_speaker, age = self.last[-1]  # "diklaim" tells no speaker: only one who has spoken
                    who = self._before(found) or (last_speaker if age <= _MEMORY else ())
                if first > 0 and tokens[first - 1].word == "," and last < size and tokens[last].kind != "sign":
                    who = self._before(found) or self._topic(sentence) or speaker  # "[Belgia] menolak, katanya F-16 ..."
                found.append(Attribution(0, self._quote_end(sentence, first), first, who))
            elif kind == "according":
                who = self._behind(sentence, last)
                if word == "versi" and (last == size or tokens[last].kind != "ACTOR"):
                    continue
                if word in ("mengutip", "citing"):
                    through = self._subject(sentence, first, ()) or ()
                    if any(self._passes_on(*name) for name in through):
                        found.append(Attribution(0, size, first, through, outlet=True))
                if self._anaphor(sentence, last):
                    who = self._before(found) or speaker
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
            elif kind == "denied":
                who = self._agent(sentence, last)
                if who:
                    whole = tokens[0].word in self.lexicon.statement or tokens[0].word in ("kabar", "cerita", "isu")
                    found.append(Attribution(0 if whole else first, last, first, who))
            elif kind == "told":
                who = self._agent(sentence, last)
                if who:
                    found.append(Attribution(0, size, first, who))
            elif kind == "after":
                said = self._subject(sentence, first, speaker)
                if said is None:
                    continue
                who = said
                if first > 0 and tokens[first - 1].word in ("dan", "serta", "and", "seraya", "sambil", "sembari"):
                    who = self._before(found) or who
                if (
                    who
                    and who == speaker
                    and found
                    and found[-1].speakers
                    and not found[-1].outlet
                    and self._pronoun(sentence, first - 3, first)
                ):
                    who = found[-1].speakers  # "mereka yakin" within one's own statement
                if self._ends_sentence(sentence, first, last, who):
                    begin = max((i + 1 for i in range(first) if tokens[i].word == ";"), default=0)
                    found.append(Attribution(begin, first, first, who))
                else:
                    found.append(Attribution(last, self._until(sentence, last), first, who))
        if any(a.speakers and not a.outlet for a in found):
            for i, token in enumerate(tokens):
                if token.kind == "ACTOR" and self._told_to(sentence, i) and self._passes_on(token.start, token.end):
                    found.append(Attribution(0, size, i, ((token.start, token.end),), outlet=True))
        return found

    def _told_to(self, sentence: Sentence, i: int) -> bool:
        tokens = sentence.tokens
        return any(self.words["hearer"].at(tokens, j) for j in range(max(0, i - 3), i))

    def _passes_on(self, start: int, end: int) -> bool:
        """Whether a name is that of a paper, a station or an agency."""
        surface = self.text[start:end]
        entry = _gazetteer().find(surface, "ACTOR")
        return bool(entry and entry.group == "media") or _MEDIA.search(self.text, max(0, start - 14), end) is not None

    def _agent(self, sentence: Sentence, i: int) -> tuple[tuple[int, int], ...]:
        """Who is named right behind a passive verb of saying, with or without "oleh"."""
        for token in sentence.tokens[i : i + 3]:
            if token.kind == "ACTOR":
                return self._behind(sentence, i)
            if token.kind != "word" or not (token.word in ("oleh", "by") or self.words["role"].longest.get(token.word)):
                return ()
        return ()

    def _quote_end(self, sentence: Sentence, cue: int) -> int:
        """How far a cue reaches: one behind a quotation says no more than that, unless it is taken up again."""
        tokens = sentence.tokens
        quoted = cue > 0 and tokens[cue - 1].word == '"'
        return cue if quoted and all(token.word != '"' for token in tokens[cue:]) else len(tokens)

    def _before(self, found: list[Attribution]) -> tuple[tuple[int, int], ...]:
        """Who spoke last in the sentence so far."""
        return next((a.speakers for a in reversed(found) if a.speakers and not a.outlet), ())

    def _anaphor(self, sentence: Sentence, i: int) -> bool:
        """Whether "ia", "lembaga itu" or "the ministry" begins at token `i`: someone named before."""
        tokens = sentence.tokens
        if i < len(tokens) and self.lexicon.speaker.at(tokens, i):
            return True
        for j in range(i, min(i + 4, len(tokens))):
            if tokens[j].kind != "word":
                return False
            if j > i and tokens[j].word in _POINTS_BACK | {"sama", "berkenaan"}:
                return True
        return False

    def _cues(self, sentence: Sentence) -> list[tuple[int, int, str]]:
        """The words of saying in a sentence with their kinds, and whatever word stands for one behind a quotation."""
        tokens = sentence.tokens
        cues = phrases(self.lexicon.say, tokens)
        known = {i for first, last, _ in cues for i in range(first, last)}
        for i in range(2, len(tokens)):
            token = tokens[i]
            if i in known or token.kind != "word" or tokens[i - 1].word != '"' or tokens[i - 2].word not in (",", "?", "!"):
                continue
            if not any(end == tokens[i - 1].end for _, end in self.quotes):
                continue
            following = tokens[i + 1] if i + 1 < len(tokens) else token
            if token.word.endswith("nya") or following.word.endswith("nya"):
                cues.append((i, i + 1, "pronoun"))
            elif self._behind(sentence, i + 1):
                cues.append((i, i + 1, "before"))
        return sorted(cues)

    def _announced(self, sentence: Sentence) -> list[Attribution]:
        """What a name and a colon announce: "Seoul: Korut Kirim ...", "Menteri [Budi] punya versi lain: ..."."""
        tokens = sentence.tokens
        start = 0
        for colon, token in enumerate(tokens):
            if token.word not in (":", "|"):
                continue
            names = [i for i in range(start, colon) if tokens[i].kind == "ACTOR"]
            if token.word == ":" and names:
                return self._announces(sentence, start, names, colon)
            start = colon + 1
        return []

    def _announces(self, sentence: Sentence, start: int, names: list[int], colon: int) -> list[Attribution]:
        tokens = sentence.tokens
        # A list of what someone has ("Iran: 20 drone") is announced by nobody, but for a headline.
        listed = (
            names[-1] + 1 == colon < len(tokens) - 1
            and tokens[colon + 1].kind in ("WEAPON", "QUANTITY")
            and sentence.paragraph > 0
            and start == 0
        )
        dash = next((i for i in range(start, min(start + 4, names[0])) if tokens[i].word in ("-", "—", "–")), start - 1)
        before = tokens[dash + 1 : names[0]]
        office = all(
            token.kind == "sign"
            or token.word in self.lexicon.title | self.lexicon.statement | self.offices | _BEFORE_VERB | _SHOWN
            or token.word in ("militer", "namun", "para", "satelit", "the")
            for token in before
        )
        office |= bool(before) and (before[-1].word in self.offices or (before[0].word in self.offices and len(before) < 6))
        told = any(
            self.lexicon.kinds.at(tokens, i) and not any(t.word in self.lexicon.statement for t in tokens[i + 1 : i + 3])
            for i in range(names[-1] + 1, colon)
        )
        joined = any(token.word in ("-", "–", "vs") for token in tokens[names[0] : names[-1]])
        things = any(token.kind in ("WEAPON", "QUANTITY") for token in tokens[names[0] : colon])
        if colon + 2 >= len(tokens) or listed or not office or told or joined or things or colon - names[-1] > 9:
            return []
        return [Attribution(colon + 1, len(tokens), colon, tuple((tokens[i].start, tokens[i].end) for i in names))]

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
                office = self._office(sentence, i + 1) if who else None
                if office is not None:
                    who.append((tokens[office].start, tokens[office].end))
                    break
                owns = i + 2 < len(tokens) and tokens[i + 2].kind in ("WEAPON", "QUANTITY")  # "by [X], [Russian] [arms] ..."
                if not who or nxt is None or nxt.kind != "ACTOR" or owns or self._starts_clause(sentence, i + 1):
                    if not who and i - start < 8 and not self._starts_clause(sentence, i + 1):
                        i += 1
                        continue
                    break
            elif token.word == "(":
                if who and self._abbreviated(sentence, i):
                    who.append((tokens[i + 1].start, tokens[i + 1].end))
                while i < len(tokens) and tokens[i].word != ")":
                    i += 1
            elif token.kind == "sign" and token.word in _PUNCTUATION | {":", '"', "—", "–"}:
                break
            elif token.kind == "word":
                gap += 1
                if token.word in _BEHIND:
                    break
                if gap > 7 or (
                    who
                    and token.word not in self.lexicon.also
                    and token.word not in ("dari", "di", "para", "kantor", "berita", "harian", "of", "the")
                    and gap > 3
                ):
                    break
                if token.word in self.lexicon.said_after and token.word != "sebut" and (who or i > start):
                    break  # but "according to reports from [X]"
            i += 1
        return tuple(who)

    def _abbreviated(self, sentence: Sentence, i: int) -> bool:
        """Whether the bracket that opens at `i` holds nothing but another name of the name before it."""
        tokens = sentence.tokens[i - 1 : i + 3]
        return [t.kind if t.kind == "ACTOR" else t.word for t in tokens] == ["ACTOR", "(", "ACTOR", ")"]

    def _office(self, sentence: Sentence, i: int) -> int | None:
        """The name within an office that is set behind a person: ", juru bicara [TNI]"; None where there is no office."""
        tokens = sentence.tokens
        for word in range(i, min(i + 3, len(tokens))):
            if tokens[word].kind != "word":
                return None
            if self.words["role"].at(tokens, word):
                break
        else:
            return None
        for name in range(word, min(word + 8, len(tokens))):
            if tokens[name].kind == "ACTOR":
                return name
            if tokens[name].kind != "word" or tokens[name].word == "yang":
                return None
        return None

    def _in_title(self, sentence: Sentence, i: int) -> bool:
        """Whether the name at `i` stands between a rank and its holder: "Brigjen [TNI] [Wahyu]"."""
        tokens = sentence.tokens
        ranked = 0 < i < len(tokens) - 1 and tokens[i - 1].word in self.lexicon.title and tokens[i + 1].kind == "ACTOR"
        return ranked and any(token.kind == "ACTOR" for token in tokens[max(0, i - 4) : i])

    def _topic(self, sentence: Sentence) -> tuple[tuple[int, int], ...]:
        """Whom a sentence begins with, before its verb: who may speak in the next one as "ia" or "menurutnya"."""
        tokens = sentence.tokens
        who: list[tuple[int, int]] = []
        for i, token in enumerate(tokens[:14]):
            if token.kind == "ACTOR":
                if self._hears(sentence, i):
                    return tuple(who)
                if not self._in_title(sentence, i):
                    who.append((token.start, token.end))
            elif token.kind in ("WEAPON", "QUANTITY") or token.word in _PUNCTUATION | {":", '"'}:
                break
            elif self._abbreviated(sentence, i) and who:
                who.append((tokens[i + 1].start, tokens[i + 1].end))
                break
            elif token.kind == "word" and VERB.match(token.word):
                if who or all(t.word != "," for t in tokens[i + 1 : i + 3]):
                    break
            elif who and token.kind == "word" and token.word not in self.lexicon.also and not self.words["role"].at(tokens, i):
                break
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
                or tokens[i].word in self.lexicon.negation
                or tokens[i].word in _BEFORE_VERB
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
        i = self._past_apposition(sentence, verb)
        depth = gap = 0
        while i >= 0:
            token = tokens[i]
            if token.word == ")":
                if i > 2 and self._abbreviated(sentence, i - 2):
                    who.insert(0, (tokens[i - 1].start, tokens[i - 1].end))
                depth += 1
            elif token.word == "(":
                depth = max(0, depth - 1)
            elif depth:
                pass
            elif token.kind == "ACTOR":
                if self._hears(sentence, i) or self._in_title(sentence, i):
                    pass
                elif (
                    i > 2
                    and tokens[i - 2].word == "yang"
                    and re.match(r"di\w{4}", tokens[i - 1].word)
                    and tokens[i - 3].word not in self.lexicon.statement | _SHOWN
                ):
                    pass  # "tim yang dibentuk [Mahfud] mengatakan"
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
                if not who and gap and tokens[verb].word in _ENGLISH:
                    return ()
                if token.word == '"' and who:
                    break
                if token.word != '"':
                    break
            elif token.word == "," and not who and gap and tokens[verb].word in _ENGLISH:
                return ()  # ", an official said": someone without a name
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
                    if token.word in ("dari", "bersama") and i > 0 and tokens[i - 1].kind == "ACTOR":
                        pass  # "[Budi] dari [Lesperssi] mengatakan"
                    elif token.word in ("of", "for", "untuk") and any(
                        t.word in self.words["role"].longest for t in tokens[max(0, i - 4) : i]
                    ):
                        pass  # "[US] Secretary of Defense [Austin]", "Duta Besar [RI] untuk [Suriah] [Wajid]"
                    elif token.word == "oleh" and any(t.word in self.lexicon.statement for t in tokens[max(0, i - 2) : i]):
                        pass
                    else:
                        break
                if not who and gap <= 2 and i > 0 and self._definite(tokens[i - 1], token):
                    return speaker
                if token.word in self.lexicon.speaker.longest and self.lexicon.speaker.at(tokens, i) and not who:
                    return speaker
                if (
                    token.word in _SOMEONE
                    and not who
                    and all(t.kind != "ACTOR" for t in tokens[max(0, i - 2) : i])
                    and all(t.word != "," for t in tokens[i + 1 : verb])
                ):
                    after = tokens[i + 1].word if i + 1 < len(tokens) else ""
                    return speaker if after in _POINTS_BACK else ()
                if gap > 12:
                    break
            i -= 1
        if who:
            return tuple(who)
        return None

    def _definite(self, before: Token, token: Token) -> bool:
        """Whether the two tokens end a noun that stands for one named before: "lembaga itu", "the ministry"."""
        named = before.kind in ("word", "LOCATION") and before.word not in _TIMES
        return (token.word in ("itu", "tersebut") and named) or before.word == "the"

    def _past_apposition(self, sentence: Sentence, verb: int) -> int:
        """The token to look for a speaker from: before ", yang ..., " or ", cabang [X], " that stands behind him."""
        tokens = sentence.tokens
        end = next((i for i in range(verb - 1, max(-1, verb - 4), -1) if tokens[i].word == ","), None)
        if end is None or any(token.kind != "word" for token in tokens[end + 1 : verb]):
            return verb - 1
        for begin in range(end - 1, max(0, end - 16), -1):
            token = tokens[begin]
            if token.word in _PUNCTUATION | {'"', ":"} or token.word in self.lexicon.said_after:
                break
            if token.word == ",":
                named = tokens[begin - 1].kind == "ACTOR" or tokens[begin - 1].word == ")"
                after = tokens[begin + 1]
                # An office belongs to its holder, and a title to a name: their names speak as well.
                own = after.kind == "word" and self._office(sentence, begin + 1) is None
                own &= after.word not in self.lexicon.title and after.word not in self.words["role"].longest
                return begin - 1 if named and own else verb - 1
        return verb - 1

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
            if word in CLOSING:
                return False  # "pekan lalu [X] mengatakan"
            if word in ("dari", "di", "from", "of", "in", "at"):
                if word in ("dari", "from") and j > 0 and tokens[j - 1].kind == "ACTOR":
                    return False  # "[Budi] dari [Lesperssi] mengatakan"
                near = tokens[max(0, j - 3 if word in ("dari", "from", "of") else j - 1) : j]
                return not any(
                    t.word in self.words["role"].longest or t.word in ("sumber", "source", "sources", "laporan") for t in near
                )
            if word in self.lexicon.prepositions or word in self.lexicon.stop:
                return word not in _OPENING
        return False

    def _spoken_before(self, sentence: Sentence, i: int) -> bool:
        """Whether the name at `i` belongs to "kata [X]" or "menurut [X]" of its own."""
        tokens = sentence.tokens
        return any(token.word in ("kata", "ujar", "menurut", "dilansir", "dikutip") for token in tokens[max(0, i - 3) : i])

    def _ends_sentence(self, sentence: Sentence, first: int, last: int, who: tuple[tuple[int, int], ...]) -> bool:
        """Whether the statement stands before "..., [X] mengatakan kepada [Y]." and not behind it."""
        tokens = sentence.tokens
        named = next((i for i in range(first) if who and tokens[i].start == who[0][0]), first)
        comma = next(
            (i for i in range(named - 1, -1, -1) if tokens[i].word in (",", '"') and tokens[max(0, i - 1)].word != ")"), None
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
        hearer = bool(rest) and rest[0].word in ("kepada", "to", "pada", "on", "dalam", "in", "melalui", "lewat")
        told |= next_event is None and (len(rest) < 3 or hearer)
        # "Pada 4 Februari, [X] mengatakan, ...": what only dates or places says nothing.
        told |= bool(rest) and rest[0].word == "," and any(VERB.match(t.word) or t.word == '"' for t in tokens[:comma])
        return told and not clause and (next_event is None or subordinate < next_event)

    def _until(self, sentence: Sentence, first: int) -> int:
        """Where the statement behind a verb of saying ends: at a contrast or another half of the sentence."""
        tokens = sentence.tokens
        return next(
            (
                i
                for i in range(first, len(tokens))
                if tokens[i].word in _CONTRAST
                or tokens[i].word == ";"
                or (tokens[i].word in _CONCESSION and tokens[i - 1].word == ",")
            ),
            len(tokens),
        )

    def _clause(self, sentence: Sentence, at: int) -> tuple[int, int]:
        """The half of a sentence that a "menurut" is about."""
        tokens = sentence.tokens
        edges = [-1, *(i for i, t in enumerate(tokens) if t.word in _CONTRAST or t.word == ";"), len(tokens)]
        for left, right in itertools.pairwise(edges):
            if left < at < right:
                return left + 1, right
        return 0, len(tokens)
