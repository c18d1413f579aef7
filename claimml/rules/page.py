"""A text as the rules see it: tokens with their lexicon flags, and which of them are written as names."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from typing import Any

from claimml.gazetteer import LEXICON, Entry, Gazetteer, read

# Flags of a word. The first eight set off rules; the others are looked at by them.
NAME, NUMBER, WEAPON, BODY, SITE, TITLE, CAPITAL, SHAPE, COMMON, NONE, INNER, MODIFIER, UNIT, CLASSIFIER = (
    1 << n for n in range(14)
)
TRIGGERS = (1 << 8) - 1

# Word characters: letters, digits, and the marks and invisible characters that sit inside a written word.
_W = r"[\w\u00ad\u0300-\u036f\u200b-\u200d\u2060]"
TOKEN = re.compile(
    rf"(?:[A-Z]\.){{2,}}(?:[A-Z]\b)?"  # U.S., D.C.
    rf"|Rp\.?(?=\s?\d)|(?:US|AS|A|S|C|HK)?\$|\d+-an\b"
    rf"|\d+(?:[.,]\d+)*(?!{_W}|[./]\w)"
    rf"|\d+(?:[.,]\d+)+"
    rf"|{_W}+(?:(?:['’‘`](?!s\b)|-|(?<=[A-Z0-9])/(?=[A-Z0-9](?![a-z]))){_W}+)*(?:\.(?:com|co|id|net|org|tv|go|ac|mil)\b)*"
    r"|[^\w\s]|\n"
)
_SENTENCE_END = frozenset('.!?:;"“”‘\n•|*(')
_DERIVED = re.compile(r"(?:me(?:m|n|l|r|w|y)|ber|ter|di|pem|pen|per|ke|se|pel)[a-z]{3,}(?:kan|an|i|nya)?$")
_GLUED = re.compile(r"[^\W\d_]*[a-zà-ÿ][A-Z][a-z]")


Found = tuple[int, str] | None


def vocabulary(text: str) -> frozenset[str]:
    """The set of the words of a text."""
    return frozenset(text.split())


ACRONYM = re.compile(r"[A-Z][A-Z-]{1,6}$")
_VERB = re.compile(r"(?:me(?:m|n|ng|ny|l|r|w|y)[a-z]{3,}|ber[a-z]{3,}|ter[a-z]{4,}|di[a-z]{4,}(?:kan|i)?)$")
_BER_NOUNS = vocabulary(
    "berita berkas berlian beras menteri mentor meter mesin mobil menara media merek medali terminal tersangka terdakwa "
    "terduga teroris terowongan direktur dinas distrik divisi dimensi disiplin digit diplomat"
)


def _plain(word: str, flags: Mapping[str, int]) -> bool:
    """Whether a word that is not in the word list is by its shape none of a name: it is derived, or a headline's verb.

    Headlines drop the prefix of a verb (Cegat for mencegat), so the prefixed forms are looked up.
    """
    if len(word) > 6 and _DERIVED.match(word):
        return True
    first, rest = word[0], word[1:]
    if first in "lrwymn":
        forms = ["me" + word]
    elif first in "bfv":
        forms = ["mem" + word]
    elif first in "cdjz":
        forms = ["men" + word]
    elif first in "ptsk":
        forms = [
            {"p": "mem", "t": "men", "s": "meny", "k": "meng"}[first] + rest,
            "men" + word if first == "s" else "meng" + rest,
        ]
    else:
        forms = ["meng" + word]
    if word.endswith("kan") or word.endswith("i"):
        forms += ["di" + word]
    return any(flags.get(form + suffix, 0) & COMMON for form in forms for suffix in ("", "i", "kan"))


class Words(dict[str, int]):
    """Flags by lower-case word; what is missing is looked up without its suffix or doubling, once."""

    def __missing__(self, word: str) -> int:
        flags = 0
        for suffix in ("nya", "kah", "lah", "pun", "ku", "mu"):
            if word.endswith(suffix) and len(word) > len(suffix) + 2:
                flags = self.get(word[: -len(suffix)], 0)
                if flags:
                    break
        if not flags and "-" in word:
            left, _, right = word.partition("-")
            if left == right.removesuffix("nya"):
                flags = self.get(left, 0)
        if not flags and word.endswith("s"):
            flags = self.get(word[:-1], 0) & (WEAPON | COMMON)
        if len(self) < 500_000:
            self[word] = flags & ~(NAME | TITLE)
        return flags & ~(NAME | TITLE)


class Lexicon:
    """Everything the rules look words up in, read once."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        grammar = read(LEXICON / "grammar.toml")
        weapons = read(LEXICON / "weapons.toml")
        words = read(LEXICON / "words.toml")
        self.flags = Words()
        self.names: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
        self._flag(COMMON, words["indonesian"] + words["english"])
        self.sets: dict[str, frozenset[str]] = {
            f"{section}.{field}": frozenset(value.split())
            for section, table in grammar.items()
            for field, value in table.items()
            if isinstance(value, str) and field != "phrases"
        }
        self.phrases = {
            section: _tree(line.lower() for line in table["phrases"].splitlines() if line.strip())
            for section, table in (*grammar.items(), ("modifiers", weapons["modifiers"]))
            if "phrases" in table
        }
        for field, flag in (
            ("actor.heads", BODY),
            ("actor.inner", INNER),
            ("title.words", TITLE),
            ("place.nouns", SITE),
            ("none.words", NONE),
            ("quantity.starts", NUMBER),
            ("quantity.units", UNIT),
            ("quantity.classifiers", CLASSIFIER),
        ):
            self._flag(flag, self.sets[field])
        for section, flag in (("actor", BODY), ("place", SITE)):
            self._flag(flag, self.phrases[section])
        for currency in self.sets["quantity.currencies"]:
            self._flag(NUMBER, [currency.lower()])
        self.heads = {field: self._heads(weapons, field) for field in ("always", "military", "modified", "english")}
        for heads in self.heads.values():
            self._flag(WEAPON, heads)
        self._flag(WEAPON, (f"{head}s" for head in self.heads["english"]))
        self.modifiers = frozenset(weapons["modifiers"]["single"].split())
        self.english = frozenset(weapons["modifiers"]["english"].split())
        self.english_tails = frozenset(weapons["modifiers"]["english_tails"].split())
        self._flag(WEAPON, self.english)
        self.ships = frozenset(weapons["ship"]["prefixes"].split())
        self._flag(SHAPE, (prefix.lower() for prefix in self.ships))
        self.shapes = frozenset(weapons["designations"]["prefixes"].split())
        self.not_shapes = frozenset(weapons["designations"]["not"].split())
        for line in grammar["none"]["phrases"].splitlines():
            self._name(Entry(line.strip(), "", "none"))
        towns = self.sets["place.towns"]
        for entry in gazetteer.entries:
            if entry.kind == "capital" and entry.name in towns:
                entry = Entry(entry.name, entry.id, "place", "town")
            self._name(entry)
        for options in self.names.values():
            options.sort(key=lambda option: -len(option[0]))

    def _flag(self, flag: int, words: str | Iterable[str]) -> None:
        for word in words.split() if isinstance(words, str) else words:
            self.flags[word] = self.flags.get(word, 0) | flag

    def _name(self, entry: Entry) -> None:
        tokens = [token.lower() for token in TOKEN.findall(entry.name)]
        if tokens:
            self._flag(NAME, tokens[:1])
            self.names.setdefault(tokens[0], []).append((tuple(tokens[1:]), entry))

    @staticmethod
    def _heads(weapons: Mapping[str, Any], field: str) -> frozenset[str]:
        return frozenset(word for head in weapons["head"] for word in str(head.get(field, "")).split())


def _tree(lines: Iterable[str]) -> dict[str, list[tuple[str, ...]]]:
    """Phrases by their first word, the longest first."""
    tree: dict[str, list[tuple[str, ...]]] = {}
    for line in lines:
        first, *rest = line.split()
        tree.setdefault(first, []).append(tuple(rest))
    for options in tree.values():
        options.sort(key=len, reverse=True)
    return tree


@functools.cache
def lexicon() -> Lexicon:
    """The shipped lexicon of the rules."""
    return Lexicon(Gazetteer())


class Page:
    """The tokens of one text.

    Per token: `words` as written, `lower`, `starts` and `ends` in code points, `flags`, `upper` (written
    with a capital) and, in the flags, CAPITAL where that capital makes it a name: not at the start of a
    sentence or in a headline unless the word is uncommon. What the rules have found so far is in `spans`.
    """

    __slots__ = (
        "_military",
        "ends",
        "flags",
        "lexicon",
        "lower",
        "memory",
        "spans",
        "starts",
        "text",
        "title",
        "upper",
        "words",
    )

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon
        words: list[str] = []
        starts: list[int] = []
        names = lexicon.names
        for match in TOKEN.finditer(text):
            word = match[0]
            start = match.start()
            if "-" in word and len(word) > 3 and word[0] not in "0123456789":
                parts = word.split("-")
                # A hyphen is a border between parties (Iran-Israel) and after a prefix (anti-AS).
                if (
                    word.lower() not in names
                    and any(part[:1].isupper() and part.lower() in names for part in parts)
                    and (
                        (parts[0].islower() and parts[0] != "al")
                        or all(part.lower() in names and part[:1].isupper() for part in parts)
                    )
                ):
                    for part in parts:
                        if part:
                            words.append(part)
                            starts.append(start)
                        start += len(part)
                        if start < match.end():
                            words.append("-")
                            starts.append(start)
                        start += 1
                    continue
            words.append(word)
            starts.append(start)
        self.words = words
        self.starts = starts
        self.ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
        self.lower = [word.lower() for word in words]
        table = lexicon.flags
        self.flags = [table[word] for word in self.lower]
        self.upper = [word[0].isupper() for word in words]
        self.title = [False] * len(words)
        self._mark_capitals()
        self.spans: list[tuple[int, int, str]] = []
        self.memory: dict[str, str] = {}
        self._military: bool | None = None

    def _mark_capitals(self) -> None:
        words, flags, upper, lower = self.words, self.flags, self.upper, self.lower
        size = len(words)
        begin = 0
        while begin < size:
            try:
                end = words.index("\n", begin)
            except ValueError:
                end = size
            long = [i for i in range(begin, end) if len(words[i]) > 3 and words[i][0].isalpha()]
            title = len(long) > 2 and sum(upper[i] for i in long) >= 0.7 * len(long)
            if title:
                self.title[begin:end] = [True] * (end - begin)
            elif end - begin > 12:
                self._mark_headlines(begin, end)
            fresh = True
            for i in range(begin, end):
                word = words[i]
                if upper[i]:
                    flag = flags[i]
                    if flag & NONE:
                        pass
                    elif not (fresh or self.title[i]) or (
                        not flag & (COMMON | INNER) and (flag & NAME or not _plain(lower[i], self.lexicon.flags))
                    ):
                        flags[i] = flag | CAPITAL
                elif word[0].isdigit():
                    flags[i] |= NUMBER
                elif word[:3] in ("al-", "el-", "ar-", "as-", "an-") and word[3:4].isupper():
                    flags[i] |= CAPITAL
                    upper[i] = True
                fresh = word in _SENTENCE_END
            begin = end + 1

    def _mark_headlines(self, begin: int, end: int) -> None:
        """Mark headlines that stand inside a line: long stretches of words with capitals, common words among them."""
        words, flags, upper = self.words, self.flags, self.upper
        i = begin
        while i < end:
            if not upper[i]:
                i += 1
                continue
            first = last = i
            capitals = common = 0
            while i < end and (
                upper[i] or words[i][0].isdigit() or (len(words[i]) <= 4 and (words[i].islower() and words[i] in _SMALL))
            ):
                if upper[i]:
                    capitals += 1
                    common += bool(flags[i] & COMMON) and not flags[i] & (INNER | BODY | SITE | TITLE)
                    last = i
                i += 1
            if capitals >= 5 and common >= 3:
                self.title[first : last + 1] = [True] * (last + 1 - first)

    @property
    def military(self) -> bool:
        """Whether the text is about arms and forces, so that a bare `pesawat` or `kapal` is a military one."""
        if self._military is None:
            war = sum(word in _WAR for word in self.lower)
            civil = sum(word in _CIVIL for word in self.lower)
            self._military = war >= 2 and war > civil
        return self._military

    def find_name(self, i: int) -> tuple[int, Entry] | None:
        """The longest lexicon name that starts at token `i`, as its end and its entry.

        Names want their capital; a country, an idiom or a long single word is known without it.
        """
        lower, words = self.lower, self.words
        for rest, entry in self.lexicon.names.get(lower[i], ()):
            end = i + 1 + len(rest)
            if rest and tuple(lower[i + 1 : end]) != rest:
                continue
            word = words[i]
            kind = entry.kind
            if kind == "none":
                if entry.name[0].islower() or self.upper[i]:
                    return end, entry
                continue
            if not self.upper[i]:
                if (kind == "country" and len(word) > 4 and not self.flags[i] & COMMON) or entry.name[0].islower():
                    return end, entry
                continue
            if len(entry.name) < 4 and word != entry.name and not rest:
                continue
            if rest and not self.upper[end - 1] and not entry.name[-1].isdigit() and entry.name.split()[-1][0].isupper():
                continue
            if not rest and self.flags[i] & COMMON and not self.flags[i] & CAPITAL:
                continue
            if not rest and kind == "weapon" and entry.name.isupper() and word != entry.name:
                continue
            return end, entry
        return None

    def phrase(self, section: str, i: int) -> int:
        """The end of the longest phrase of a section of the grammar at token `i`, or `i`."""
        lower = self.lower
        for rest in self.lexicon.phrases[section].get(lower[i], ()):
            if not rest or tuple(lower[i + 1 : i + 1 + len(rest)]) == rest:
                return i + 1 + len(rest)
        return i

    def before(self, i: int) -> str:
        """The lower-case word before token `i` in its line, quotation marks left out; "" if none."""
        i -= 1
        while i >= 0 and self.words[i] in "\"“”‘’'":
            i -= 1
        return self.lower[i] if i >= 0 and self.words[i] != "\n" else ""

    def glued(self, i: int) -> bool:
        """Whether token `i` is two words that scraping ran together: `SuriahPada`."""
        return bool(_GLUED.match(self.words[i]))


_SMALL = vocabulary("di ke dari dan yang pada oleh atau usai demi buat soal")
_WAR = vocabulary(
    "militer tempur rudal senjata tentara tni pasukan perang serangan tank drone roket jet peluru amunisi musuh nato "
    "alutsista angkatan kri skadron pertahanan prajurit armada bom artileri military missile troops army navy war"
)
_CIVIL = vocabulary(
    "penumpang maskapai penerbangan pramugari bandara airlines nelayan ferry feri turis wisata tiket komersial passenger "
    "kabin pilotnya kargo boeing airbus"
)


def breaks(page: Page, j: int) -> bool:
    """Whether the name at token `j` is one that ends an unknown name before it."""
    found = page.find_name(j)
    return found is not None and found[1].kind in ("country", "capital", "metonym", "none", "weapon", "actor", "adjective")


def is_verb(word: str) -> bool:
    """Whether a word has the shape of an Indonesian verb."""
    return bool(_VERB.match(word)) and word not in _BER_NOUNS
