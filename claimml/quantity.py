"""Amounts in Indonesian and English text: figures and number words, read into values.

    >>> text = "lebih dari 13.000 kontainer per bulan"
    >>> [(q.text_of(text), q.value, q.comparator, q.unit, q.per) for q in quantities(text)]
    [('13.000 kontainer', 13000, '>', 'kontainer', 'bulan')]

`quantities` finds every amount of a text; `read_quantity` reads the amount inside a span that someone
else found. Both stand alone: the standard library and `lexicon/units.toml` are all they use.

What an amount says
    comparator   value   low, high                  written as
    =            7000    7000, 7000                 7 ribu
    ~            7000    None, None                 sekitar 7.000; with a bound that is said: hingga sekitar 7.000
    ~            20      20, 29                     20-an, dua puluhan, seratusan: from N to just below the next N of its size
    > >=         7000    7000, None                 lebih dari, 7.000 lebih; setidaknya, at least
    < <=         7000    None, 7000                 hampir, kurang dari; hingga, up to
    range        None    10, 15                     10 sampai 15, between 10 and 15
    vague        None    10000, 99999               puluhan ribu, tens of thousands: up to where the next magnitude begins
    vague        None    200, 999                   beberapa ratus, several hundred: at least two of them
    unread       None    None, None                 an amount that nobody can be sure of; never a wrong number

A full stop or a comma in a figure: the rule, applied to each figure by itself
    1. Both signs: the last one is the decimal sign and the other groups thousands (1.250.000,50; 1,250,000.50).
    2. One sign, several times: it groups thousands (1.250.000).
    3. One sign, once, and not three digits behind it, or 0 or four digits before it: decimal (7,5; 13.5; 0,125).
    4. One sign, three digits behind it: thousands where they are 000, or where the sign is the thousands sign of
       the language around (the stop in Indonesian, the comma in English). The other sign groups thousands
       before whole things (1,250 butir), is decimal before a scale word or a measure (1,515 miliar;
       2,125 persen), and otherwise leaves the amount unread.
    Groups that are not three digits (1.25.000) make no number: unread.
The language around is the one with more of its function words among the 25 tokens on either side; Indonesian
where there are none, except that a comma is then nobody's thousands sign (rule 4: 1,250 alone is unread). Malay, known
by words that Indonesian spells otherwise, writes its figures as English does.

What is no amount (guidelines: QUANTITY): dates, years, clock times, durations, ages, ordinals, scores, numbers inside
a name, a designation or a calibre (ke-18, Su-35, 155 mm, Block 52), "salah satu", "beberapa" without a magnitude.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

LEXICON = Path(__file__).with_name("lexicon") / "units.toml"


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount at code points `[start, end)` of a text, and what it says; see the module's table.

    `unit` is the canonical name from `units.toml` (the currency's code for money, the words as written, in
    lower case, for a noun it does not know), `per` the unit of a rate (60.000 peluru per hari), `currency` an
    ISO 4217 code. Whole numbers are `int`, others `float`.
    """

    start: int
    end: int
    value: int | float | None
    low: int | float | None
    high: int | float | None
    comparator: str
    unit: str | None = None
    per: str | None = None
    currency: str | None = None

    @property
    def read(self) -> bool:
        """Whether anything is known of the amount."""
        return self.comparator != "unread"

    def text_of(self, text: str) -> str:
        """The characters of `text` that the amount covers."""
        return text[self.start : self.end]

    def to_dict(self, text: str) -> dict[str, Any]:
        """JSON shape: the fields, with the surface in `text` beside the offsets."""
        return {
            "start": self.start,
            "end": self.end,
            "text": self.text_of(text),
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "comparator": self.comparator,
            "unit": self.unit,
            "per": self.per,
            "currency": self.currency,
        }


def quantities(text: str, units: Units | None = None) -> list[Quantity]:
    """Every amount of a text, in order: number, scale word and unit, classifier, currency or counted noun.

    Hedges and rates stay outside the offsets and are read into `comparator` and `per`. The noun is part of it
    where `units` (default: the shipped `units.toml`) knows it.
    """
    return list(_Reader(text, units or shipped_units()).amounts())


def read_quantity(text: str, start: int, end: int, units: Units | None = None) -> Quantity:
    """The amount that the QUANTITY span `[start, end)` of a text holds; hedges and rates are read around it.

    The noun behind the number is the unit even if no lexicon knows it. A number that goes on behind the span
    (a span on "7" of "7 ribu") is read as the text has it. Raises `ValueError` for offsets that make no span.
    """
    if not 0 <= start < end <= len(text):
        raise ValueError(f"[{start}, {end}) is no span of a text of {len(text)} characters")
    left, right = max(0, start - _WINDOW), min(len(text), end + _WINDOW)
    while 0 < left < start and not text[left - 1].isspace():
        left += 1
    while end < right < len(text) and not text[right].isspace():
        right -= 1
    return _Reader(text, units or shipped_units(), left, right).within(start, end)


# ---------------------------------------------------------------------------------------------------------
# Words. A number word is cut into morphemes, so that the grammar sees seratusan as se- ratus -an.


def _words(text: str) -> list[str]:
    return text.split()


_DIGITS = {"nol": 0, "sifar": 0, "zero": 0, "se-": 1, "sepasang": 2, "lapan": 8}
_DIGITS |= {word: value for value, word in enumerate(_words("satu dua tiga empat lima enam tujuh delapan sembilan"), 1)}
_DIGITS |= {word: value for value, word in enumerate(_words("one two three four five six seven eight nine"), 1)}
_TEENS = {
    word: value
    for value, word in enumerate(_words("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"), 10)
}
_TENS = {word: 10 * value for value, word in enumerate(_words("twenty thirty forty fifty sixty seventy eighty ninety"), 2)}
_HUNDRED = {"ratus": 100, "hundred": 100}
_SCALES = (
    dict.fromkeys(("ribu", "rb", "thousand"), 10**3)
    | dict.fromkeys(("juta", "jt", "mln", "million"), 10**6)
    | dict.fromkeys(("miliar", "milyar", "bilion", "billion"), 10**9)
    | dict.fromkeys(("triliun", "trilyun", "trilion", "trillion"), 10**12)
    | dict.fromkeys(("kuadriliun", "quadrillion"), 10**15)
    | {"lusin": 12, "dozen": 12, "kodi": 20}
)
_DENOMINATORS = {"tengah": 2, "paruh": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5}
_DENOMINATORS |= {f"per{word}": value for word, value in [*_DIGITS.items(), ("sepuluh", 10)] if value > 2}
_MAGNITUDES = {"belas": 10, "puluh": 10, "ten": 10, "score": 20} | _HUNDRED | _SCALES
_FEW = {"beberapa", "sekian", "several", "few"}
_PARTS = (_DIGITS.keys() | _TEENS.keys() | _TENS.keys() | _MAGNITUDES.keys()) - {"score"}
_GOES_ON = _PARTS | _DENOMINATORS.keys() | {"-an", "-s"}


def _morphemes() -> dict[str, tuple[str, ...]]:
    words: dict[str, tuple[str, ...]] = {"half": ("se-", "tengah"), "tens": ("ten", "-s"), "scores": ("score", "-s")}
    for name in _words("belas puluh ratus ribu juta miliar milyar bilion triliun trilyun trilion kuadriliun lusin kodi"):
        words["se" + name] = ("se-", name)
        words[f"se{name}an"] = ("se-", name, "-an")
        many = ("be" if name[0] == "r" else "ber") + name
        for several in (name + "an", many, f"{many}-{name}"):
            words[several] = (name, "-an")
    for name in _words("hundred thousand million billion trillion quadrillion dozen"):
        words[name + "s"] = (name, "-s")
    for name in _DENOMINATORS:
        words["se" + name] = ("se-", name)
    return words


_MORPHEMES = _morphemes()

# Said before the number. Neutral words may stand between the hedge and the number.
_NEUTRAL = "="
_HEDGES = {
    tuple(phrase.split()): comparator
    for comparator, *phrases in (
        (
            "~",
            "sekitar",
            "sekira",
            "perkiraan",
            "diperkirakan",
            "kira-kira",
            "kurang lebih",
            "lebih kurang",
            "kisaran",
            "berkisar",
        ),
        ("~", "ditaksir", "estimasi", "seputar", "plus minus", "rata-rata", "±", "~", "≈", "about", "around", "approximately"),
        ("~", "approx", "perhaps", "roughly", "some", "estimated", "close to", "circa", "on average"),
        (
            ">",
            "lebih",
            "lebih dari",
            "lebih daripada",
            "di atas",
            "diatas",
            "melebihi",
            "melampaui",
            ">",
            "more than",
            "over",
            "above",
            "exceeding",
        ),
        (">", "in excess of", "greater than"),
        (">=", "setidaknya", "setidak-tidaknya", "sedikitnya", "sekurangnya", "sekurang-kurangnya", "minimal", "minimum"),
        (">=", "paling sedikit", "paling tidak", "paling kurang", "tidak kurang dari", "tak kurang dari", "mulai dari", "≥"),
        (">=", "at least", "no fewer than", "no less than", "not less than", "a minimum of"),
        (
            "<",
            "hampir",
            "nyaris",
            "mendekati",
            "kurang dari",
            "kurang daripada",
            "di bawah",
            "dibawah",
            "<",
            "less than",
            "fewer than",
            "under",
        ),
        ("<", "below", "nearly", "almost"),
        ("<=", "hingga", "sampai", "maksimal", "maksimum", "paling banyak", "sebanyak-banyaknya", "tidak lebih dari"),
        ("<=", "tak lebih dari", "≤", "up to", "at most", "no more than", "not more than", "a maximum of", "as many as"),
        ("<=", "as much as"),
        (
            _NEUTRAL,
            "ada",
            "sebanyak",
            "sebesar",
            "senilai",
            "seharga",
            "sejumlah",
            "sejauh",
            "seberat",
            "sepanjang",
            "mencapai",
        ),
        (_NEUTRAL, "terdapat", "total", "a total of", "an", "a", "dengan", "the"),
    )
    for phrase in phrases
}
_AFTER = {
    ("lebih",): ">",
    ("+",): ">=",
    ("plus",): ">=",
    ("-", "plus"): ">=",
    ("atau", "lebih"): ">=",
    ("or", "more"): ">=",
    ("atau", "kurang"): "<=",
    ("or", "less"): "<=",
    ("or", "fewer"): "<=",
    ("or", "so"): "~",
}
_GIVES = frozenset(_words("hand hands handed handing turn turns turned turning take takes took taken taking"))
_TO = (("sampai", "dengan"), ("sampai",), ("hingga",), ("s", "/", "d"), ("to",), ("atau",), ("or",), ("-",), ("–",), ("—",))
_BETWEEN = {"antara": "dan", "between": "and"}
_EACH = ("per", "/", "setiap", "tiap", "saban", "a", "an", "each", "every")
_RATES = {"daily": "day", "weekly": "week", "monthly": "month", "annually": "year", "yearly": "year"}
_MONEY_SCALES = {"k": 10**3, "mn": 10**6, "b": 10**9, "bn": 10**9, "t": 10**12, "tn": 10**12, "trn": 10**12}

_INDONESIAN = frozenset(
    _words(
        """
        yang dan di ke dari untuk dengan pada ini itu adalah akan telah sudah oleh dalam sebagai juga tidak bahwa karena
        atau saat para mereka kata ia dia bisa dapat ada secara serta lebih sekitar hingga sampai menurut setelah sebelum
        antara seperti tersebut lain masih hanya namun tetapi kepada terhadap sejak ketika kami kita belum sedang tahun
        hari bulan orang negara ribu juta miliar milyar triliun ratus puluh belas setengah mengirim membeli kapal perang
        persen rupiah jumlah sebanyak mencapai
        """
    )
)
# What Malay says and Indonesian does not, or spells otherwise.
_MALAY = frozenset(
    _words(
        """
        kerana peratus tentera askar lapan bilion trilion sempadan tempatan manakala isnin khamis jumaat ogos disember julai
        diberitahu memaklumkan
        """
    )
)
_ENGLISH = frozenset(
    _words(
        """
        the of and in to for with on at by from is are was were has have had that this it its as an be been will would
        said which who their they he his not but or after before more than about over some between into against during
        since also one two thousand million billion trillion hundred years year people percent according last first
        other up least nearly including within under through without despite while only
        """
    )
)
# Behind "satu" and "one" these show that nothing is counted.
_NOT_COUNTED = (_INDONESIAN | _ENGLISH) - {"people", "orang", "negara", "kapal"} | set(
    _words("sama lagi pun sisi pihak hal waktu suara demi tujuan another day can should could may thing way such where when if")
)
# A figure glued to one of these is part of something longer.
_JOINTS = frozenset("-–/:#'’×_.@±+")
_OPENERS = frozenset('.!?:("“”')  # a capital letter behind these says nothing

_WINDOW = 400  # characters that read_quantity looks at on either side of the span
_LONGEST = 60  # characters of a figure that is still an amount
_EVIDENCE = 25  # tokens on either side that tell the language
_SPACES = "\u00a0\u202f\u2009"  # spaces that group thousands; an ordinary one does not


# ---------------------------------------------------------------------------------------------------------
# Units


class Unit(NamedTuple):
    """What is counted: canonical name; kind is measure, classifier, count, time or money."""

    name: str
    kind: str


class Units:
    """The lexicon of `units.toml`, compiled: spellings to units, currency signs, and what is no amount."""

    def __init__(self, tables: dict[str, Any]) -> None:
        currency: dict[str, dict[str, list[str]]] = tables.get("currency", {})
        self.before = {sign.lower(): code for code, entry in currency.items() for sign in entry.get("before", ())}
        signs = sorted((sign for entry in currency.values() for sign in entry.get("before", ())), key=len, reverse=True)
        self.token = re.compile(
            rf"""(?P<currency>(?<![^\W\d_])(?:{"|".join(map(re.escape, signs))})(?=\.?\s?\d))
            |(?P<word>[^\W\d_]\w*(?:[-‐‑'’]\w+)*)
            |(?P<figure>\d{{1,3}}(?:\ [.,]\ \d{{3}})+(?![\d.,]*\d) | \d{{1,3}}(?:[{_SPACES}]\d{{3}})+(?!\d) | \d+(?:[.,]\d+)*)
            |(?P<gap>\n\s*\n)
            |(?P<sign>°[CcFf]?|[^\w\s])""",
            re.VERBOSE,
        )
        self.phrases: dict[str, list[tuple[tuple[str, ...], Unit]]] = {}
        for kind in ("measure", "classifier", "count", "time"):
            for name, spellings in tables.get(kind, {}).items():
                self._add(Unit(name, kind), spellings)
        for code, entry in currency.items():
            self._add(Unit(code, "money"), entry.get("after", ()))
        for phrases in self.phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase[0]))
        context = tables.get("context", {})
        self.names = frozenset(context.get("before", ()))
        self.years = frozenset(context.get("year", ()))
        self.months = frozenset(context.get("months", ()))
        self.behind = frozenset(context.get("behind", ()))
        self.calibres = frozenset(Fraction(str(value)) for value in context.get("calibres", ()))

    def _add(self, unit: Unit, spellings: Sequence[str]) -> None:
        for spelling in spellings:
            words = tuple(match.group().lower() for match in self.token.finditer(spelling))
            self.phrases.setdefault(words[0], []).append((words, unit))


def load_units(*paths: Path) -> Units:
    """The shipped units, and those of further files in the same format: their spellings are added to the shipped ones."""
    tables: dict[str, Any] = {}
    for path in (LEXICON, *paths):
        _extend(tables, tomllib.loads(path.read_text(encoding="utf-8")))
    return Units(tables)


def _extend(tables: dict[str, Any], more: dict[str, Any]) -> None:
    for name, entry in more.items():
        if isinstance(entry, dict):
            _extend(tables.setdefault(name, {}), entry)
        else:
            tables[name] = [*entry, *tables.get(name, ())]


@functools.cache
def shipped_units() -> Units:
    """The units of `lexicon/units.toml`, read once."""
    return load_units()


# ---------------------------------------------------------------------------------------------------------
# Figures


def figure_values(figure: str) -> tuple[Fraction, ...]:
    """What a figure can mean by itself: nothing, one value, or two: with thousands, then with decimals.

    `1.250.000,50` has one value, `13.000` one (nobody writes three decimal noughts), `1.250` two, `1.25.000` none.
    """
    figure = re.sub(rf"[ {_SPACES}]", "", figure)
    if len(figure) > _LONGEST:
        return ()
    groups = re.split(r"[.,]", figure)
    signs = re.findall(r"[.,]", figure)
    if not signs:
        return (Fraction(int(figure)),) if len(figure) == 1 or figure[0] != "0" else ()
    grouped = len(groups[0]) <= 3 and groups[0][0] != "0" and all(len(group) == 3 for group in groups[1:-1])
    thousands = Fraction(int("".join(groups)))
    decimal = thousands / 10 ** len(groups[-1])
    if len(set(signs)) == 2:
        return (decimal,) if grouped and signs[-1] not in signs[:-1] and len(set(signs[:-1])) == 1 else ()
    if len(signs) > 1:
        return (thousands,) if grouped and len(groups[-1]) == 3 else ()
    if not grouped or len(groups[-1]) != 3:
        return (decimal,) if len(groups[0]) == 1 or groups[0][0] != "0" else ()
    return (thousands,) if groups[-1] == "000" else (thousands, decimal)


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _place(value: Fraction) -> int:
    """The power of ten that the last digit which is not 0 stands for: 10 for 20, 100 for 1500."""
    place = 1
    while value and value % (place * 10) == 0:
        place *= 10
    return place


# ---------------------------------------------------------------------------------------------------------
# The grammar
#
#   amount    = operand [connector operand]                     10 sampai 15 unit
#   operand   = [currency] number [scale letter] [unit]         Rp 3 M
#   number    = thousands [scale [number]]                      dua juta lima ratus ribu; scales fall
#   thousands = group [ribu [group]]                            delapan ribu lima ratus (triliun)
#   group     = figure | hundreds | few magnitude | magnitude -an | fraction
#   hundreds  = term {term} [setengah]                          tujuh ratus lima puluh dua; terms fall
#
# Each rule is a method that takes the index of its first token and answers what it read, or None.


class _Token(NamedTuple):
    text: str  # lower case
    kind: str  # currency, word, figure, gap, sign
    start: int
    end: int


class _Number(NamedTuple):
    """A number over tokens up to `end`: exact where `stop` is None, otherwise in `[low, stop)`.

    `about` says that it is around `low`. `scale` is the last scale, 1 without one. `low` is None where the words
    make no number.
    """

    end: int
    low: Fraction | None
    stop: Fraction | None = None
    about: bool = False
    scale: int = 1

    @property
    def high(self) -> Fraction | None:
        return self.low if self.stop is None else self.stop - 1


class _Operand(NamedTuple):
    begin: int  # first token
    end: int  # behind the last token of the span
    number: _Number
    unit: Unit | None
    currency: str | None
    comparator: str | None  # said behind the number ("13.000 lebih kontainer")
    bare: int  # behind the last token of the number


class _Amount(NamedTuple):
    first: _Operand
    last: _Operand  # the same one unless a range
    connector: str


class _Reader:
    """Reads the amounts of `text[left:right]`."""

    def __init__(self, text: str, units: Units, left: int = 0, right: int | None = None) -> None:
        self.text = text
        self.units = units
        self.tokens = list(self._tokenize(left, len(text) if right is None else right))

    def _tokenize(self, left: int, right: int) -> Iterator[_Token]:
        for match in self.units.token.finditer(self.text, left, right):
            word, kind, (start, end) = match.group().lower(), match.lastgroup or "", match.span()
            if word in _MORPHEMES:
                for morpheme in _MORPHEMES[word]:
                    yield _Token(morpheme, kind, start, end)
            elif "-" in word and kind == "word" and all(part in _GOES_ON or part in _MORPHEMES for part in word.split("-")):
                for index, part in enumerate(word.split("-")):
                    if index:
                        yield _Token("-", "sign", start - 1, start)
                    for morpheme in _MORPHEMES.get(part, (part,)):
                        yield _Token(morpheme, kind, start, start + len(part))
                    start += len(part) + 1
            else:
                yield _Token(word, kind, start, end)

    # Looking

    def word(self, i: int) -> str:
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def kind(self, i: int) -> str:
        return self.tokens[i].kind if 0 <= i < len(self.tokens) else ""

    def glued(self, i: int) -> bool:
        """Nothing stands between token i and the one before."""
        return 0 < i < len(self.tokens) and self.tokens[i - 1].end == self.tokens[i].start

    def raw(self, i: int) -> str:
        """The token as written, "" outside the text."""
        return self.text[self.tokens[i].start : self.tokens[i].end] if 0 <= i < len(self.tokens) else ""

    def is_number(self, i: int) -> bool:
        return self.kind(i) == "figure" or self.word(i) in _PARTS

    def phrase(self, i: int, words: tuple[str, ...]) -> bool:
        return all(self.word(i + k) == word for k, word in enumerate(words))

    def language(self, i: int) -> str:
        """The language of the tokens around: "id", "ms", "en", or "" where they do not tell."""
        indonesian = english = malay = 0
        for token in self.tokens[max(0, i - _EVIDENCE) : i + _EVIDENCE]:
            indonesian += token.text in _INDONESIAN
            malay += token.text in _MALAY
            english += token.text in _ENGLISH
        if indonesian + malay > english:
            return "ms" if malay else "id"
        return "en" if english > indonesian + malay else ""

    # Numbers

    def figure(self, i: int, money: bool) -> Fraction | None:
        """The value of the figure at i (rule 4 of the module), or None."""
        figure = self.raw(i)
        values = figure_values(figure)
        if len(values) < 2:
            return values[0] if values else None
        thousands, decimal = values
        language = self.language(i)
        if ("," in figure) == (language in ("en", "ms")) and (language or "." in figure):
            return thousands
        found = self.unit(i + 1)
        if self.word(i + 1) in _SCALES or (found and found[0].kind in ("measure", "money")):
            return decimal
        if found and found[0].kind in ("count", "classifier") and not money:
            return thousands
        return None

    def number(self, i: int, money: bool = False) -> _Number | None:
        """The number at i. Words that go on as a number and do not fit make the whole unread."""
        number = self.scaled(i, 10**18, money)
        if number is None:
            orphan = self.kind(i) == "word" and self.word(i) in _SCALES.keys() | _HUNDRED.keys()
            return self.unread(i) if orphan else None
        end = number.end
        if self.word(end) in _PARTS and self.kind(end) == "word":
            return self.unread(end)
        if self.kind(end) == "figure" and (self.split_by_space(end) or self.goes_on(number)):
            return self.unread(end + 1)
        return number

    def scaled(self, i: int, limit: int, money: bool = False) -> _Number | None:
        """A number whose scales are below `limit`."""
        number = self.thousands(i, money)
        factor = _SCALES.get(self.word(number.end)) if number else None
        if number is None or number.low is None or factor is None or factor >= limit:
            return number
        return self.plus(self.times(number, factor), lambda j: self.scaled(j, factor))

    def thousands(self, i: int, money: bool) -> _Number | None:
        number = self.group(i, money)
        if number is None or number.low is None or _SCALES.get(self.word(number.end)) != 1000:
            return number
        return self.plus(self.times(number, 1000), self.group)

    def times(self, number: _Number, factor: int) -> _Number:
        """A number times the scale word behind it; "lima ribuan" is around five thousand."""
        assert number.low is not None
        low, end = number.low * factor, number.end + 1
        if number.stop is not None:
            end = self.of(end + (self.word(end) in ("-an", "-s")))
            return _Number(end, low, number.stop * factor, number.about, factor)
        if self.word(end) == "-an":
            return _Number(end + 1, low, low + factor, about=True, scale=factor)
        return _Number(end + (self.word(end) == "-s"), low, scale=factor)

    def plus(self, number: _Number, read: Callable[[int], _Number | None]) -> _Number:
        """A number and what is said behind it, below its scale."""
        j = number.end + (self.word(number.end) == "and")
        if number.low is None or number.stop is not None or self.word(j) in _FEW or self.word(j) in ("a", "an"):
            return number
        more = read(j)
        if more is None or not more.low or more.low >= number.scale or (more.stop is not None and not more.about):
            return number
        if self.kind(j) == "figure" and more.scale == 1:
            return number
        return _Number(more.end, number.low + more.low, more.stop and number.low + more.stop, more.about, more.scale)

    def group(self, i: int, money: bool = False) -> _Number | None:
        word, following = self.word(i), self.word(i + 1)
        if self.kind(i) == "figure":
            return self.figure_group(i, money)
        if word in ("a", "an"):
            if following in _HUNDRED and self.word(i + 2) != "-s":
                return self.hundreds(i, {"a": 1, "an": 1})
            if following in _FEW:
                return self.group(i + 1)
            return _Number(i + 1, Fraction(1)) if following in _SCALES and self.word(i + 2) != "-s" else None
        if word in _FEW:
            return self.magnitude(i + 1, 2) if following in _MAGNITUDES and following not in ("ten", "score") else None
        if word in _MAGNITUDES and following in ("-an", "-s"):
            return self.magnitude(i, 1)
        return self.fraction(i) or self.hundreds(i, _DIGITS)

    def figure_group(self, i: int, money: bool) -> _Number:
        value, end = self.figure(i, money), i + 1
        if value is None:
            return self.unread(end)
        suffix = end + (self.word(end) == "-" and self.glued(end))
        if self.word(suffix) == "an" and self.glued(suffix):
            place = _place(value)
            return _Number(suffix + 1, value, value + place, about=True, scale=place)
        if self.word(end) in _HUNDRED and value < 10:
            return _Number(end + 1, 100 * value, scale=100)
        return _Number(end, value)

    def magnitude(self, i: int, least: int) -> _Number:
        """From so many of a magnitude up to where the next one begins: puluhan, beberapa ratus, dozens."""
        word = self.word(i)
        size = _MAGNITUDES[word]
        low, stop = (11, 20) if word == "belas" else (least * size, 10 * size)
        end = i + 1 + (self.word(i + 1) in ("-an", "-s"))
        return _Number(self.of(end), Fraction(low), Fraction(stop), scale=size)

    def of(self, i: int) -> int:
        """Behind "of" where a scale follows: hundreds of thousands."""
        return i + 1 if self.word(i) == "of" and self.word(i + 1) in _SCALES else i

    def fraction(self, i: int) -> _Number | None:
        """setengah, dua pertiga, one-third; "half a million" is half of one."""
        j = i + 1 + (self.word(i + 1) == "-")
        if self.word(i) not in _DIGITS or self.word(j) not in _DENOMINATORS:
            return None
        end = j + 1 + (self.word(j + 1) == "a" and self.word(j + 2) in _SCALES)
        return _Number(end, Fraction(_DIGITS[self.word(i)], _DENOMINATORS[self.word(j)]))

    def hundreds(self, i: int, digits: dict[str, int]) -> _Number | None:
        """Number words up to 999, and "fifteen hundred": each term fits below the last digit of the one before.

        `digits` are the words that may begin it.
        """
        begun = self.term(i, digits)
        if begun is None:
            return None
        value, place, end = begun
        while value:
            hyphen = self.word(end) == "-"
            if hyphen and place != 10:
                break
            term = self.term(end + (hyphen or (self.word(end) == "and" and place == 100)), _DIGITS)
            if term is None or not 0 < term[0] < place:
                break
            value, place, end = value + term[0], term[1], term[2]
        if self.word(end) == "-an":
            return _Number(end + 1, Fraction(value), Fraction(value + place), about=True, scale=place)
        half = end + (2 if self.phrase(end, ("and", "a")) else 0)
        if self.phrase(half, ("se-", "tengah")):
            return _Number(half + 2, value + Fraction(1, 2))
        return _Number(end, Fraction(value), scale=place)

    def term(self, i: int, digits: dict[str, int]) -> tuple[int, int, int] | None:
        """One digit of a number word: its value, the value of one in its place, the index behind it."""
        word, following = self.word(i), self.word(i + 1)
        if word in digits:
            digit = digits[word]
            if following == "belas":
                return 10 + digit, 1, i + 2
            if following == "puluh":
                return 10 * digit, 10, i + 2
            return (100 * digit, 100, i + 2) if following in _HUNDRED else (digit, 1, i + 1)
        if word in _TENS:
            return _TENS[word], 10, i + 1
        if word in _TEENS:
            return (100 * _TEENS[word], 100, i + 2) if following == "hundred" else (_TEENS[word], 1, i + 1)
        return None

    def goes_on(self, number: _Number) -> bool:
        """Whether the figure behind a scale word may belong to it: "2 ribu 500" may be 2500."""
        values = figure_values(self.word(number.end))
        if number.scale < 1000 or self.kind(number.end - 1) != "word" or not values or values[0] >= number.scale:
            return False
        return self.unit_kind(number.end + 1) != "measure"

    def split_by_space(self, i: int) -> bool:
        """Whether "1 500" stands there, which may be one number or two."""
        if self.kind(i - 1) != "figure" or self.kind(i) != "figure" or self.calibre(i):
            return False
        left, right = self.word(i - 1), self.word(i)
        return len(left) <= 3 and left.isdigit() and right.isdigit() and len(right) == 3

    def unread(self, i: int) -> _Number:
        """No number, up to the last word that goes on as one."""
        while self.word(i) in _GOES_ON or (self.word(i) == "and" and self.word(i + 1) in _PARTS):
            i += 1
        return _Number(i, None)

    # Units

    def unit(self, i: int) -> tuple[Unit, int] | None:
        """The longest unit at i, and the index behind it; a classifier gives way to the noun it counts."""
        found = self.unit_phrase(i)
        while found and found[0].kind == "classifier":
            noun = self.unit_phrase(found[1])
            if noun is None or noun[0].kind not in ("count", "classifier"):
                break
            found = noun
        return found

    def unit_phrase(self, i: int) -> tuple[Unit, int] | None:
        word = self.word(i)
        phrases = self.units.phrases.get(word)
        if phrases is None and word.endswith("nya") and len(word) > 5:  # "hanya" is no hectare of his
            phrases = [phrase for phrase in self.units.phrases.get(word[:-3], ()) if len(phrase[0]) == 1]
        for words, unit in phrases or ():
            if self.phrase(i + 1, words[1:]) and (len(words) > 1 or len(word) > 1 or self.raw(i) == word):
                return unit, i + len(words)
        return None

    def unit_kind(self, i: int) -> str | None:
        found = self.unit(i)
        return found[0].kind if found else None

    def calibre(self, i: int) -> bool:
        """Whether the figure at i is a calibre in millimetres."""
        found = self.unit(i + 1 + (self.word(i + 1) == "-"))
        if not found or found[0].name != "milimeter":
            return False
        values = figure_values(self.word(i))
        return bool(values) and values[-1] in self.units.calibres

    # Operands and amounts

    def operand(self, i: int, currency: str | None = None) -> _Operand | None:
        """The operand at i, in a currency that was said before where it says none."""
        begin = i
        if self.kind(i) == "currency":
            currency = self.units.before[self.word(i)]
            i += 1 + (self.word(i + 1) == ".")
        signed = self.word(i) in ("-", "−") and self.glued(i + 1) and self.kind(i + 1) == "figure" and not self.glued(i)
        minus = self.word(i) == "minus" and self.word(i - 1) != "plus"
        number = self.number(i + (signed or minus), currency is not None)
        if number is None:
            return None
        bare = number.end
        if currency:
            number = self.scale_letter(number, currency)
        elif self.kind(bare - 1) == "figure" and self.raw(bare) == "M" and not self.glued(bare):
            number = _Number(bare + 1, None)  # million, miliar or metre
        number = self.said_twice(number)
        bare, end, unit, said = number.end, number.end, None, None
        j = bare
        hyphen = self.word(j) == "-" and self.glued(j) and self.glued(j + 1) and self.unit_kind(j + 1) == "measure"
        if self.word(j) == "lebih" and self.unit(j + 1):
            said, j = ">", j + 1
        elif hyphen or (self.word(j) == "of" and self.word(j - 1) == "-s"):
            j += 1
        if found := self.unit(j):
            unit, behind = found
            end = end if said else behind
            if unit.kind == "money":
                currency = currency or unit.name
            if unit.kind == "measure" and self.kind(end) == "figure" and not self.calibre(end):
                number = _Number(end + 1, None)  # 12 ft 2 in
                end += 1
        if signed and (unit is None or unit.kind != "measure"):
            return None  # a dash
        if signed or minus:
            number = number._replace(low=None if number.low is None or number.stop is not None else -number.low, stop=None)
        if currency:
            unit = Unit(currency, "money")
        return _Operand(begin, end, number, unit, currency, said, bare)

    def scale_letter(self, number: _Number, currency: str) -> _Number:
        """The letter behind a sum: Rp 3 M is three milliard, $3M three million where the text is English."""
        letter = self.word(number.end)
        if letter not in _MONEY_SCALES and letter != "m":
            return number
        if number.low is None or number.stop is not None or self.kind(number.end - 1) != "figure":
            return _Number(number.end + 1, None)
        if letter == "m":
            if currency == "IDR":
                factor = 10**9
            elif self.language(number.end) == "en":
                factor = 10**6
            else:
                return _Number(number.end + 1, None)
        else:
            factor = _MONEY_SCALES[letter]
        return _Number(number.end + 1, number.low * factor, scale=factor)

    def said_twice(self, number: _Number) -> _Number:
        """7 (tujuh) is one number, said twice."""
        i = number.end
        if self.word(i) == "(" and self.kind(i - 1) == "figure" and self.kind(i + 1) == "word":
            again = self.number(i + 1)
            if again and again.low == number.low is not None and self.word(again.end) == ")" and self.unit(again.end + 1):
                return number._replace(end=again.end + 1)
        return number

    def amount(self, i: int, limit: int | None = None) -> _Amount | None:
        """An operand, or two that make a range; the second must begin before token `limit`."""
        first = self.operand(i)
        if first is None:
            return None
        joined = self.range(first, limit)
        return joined or _Amount(first, first, "")

    def range(self, first: _Operand, limit: int | None) -> _Amount | None:
        i = first.end
        connector = next((words for words in _TO if self.phrase(i, words)), None)
        if connector is None and (self.word(i) == "dan" or self.word(i) == "and"):
            opener = first.begin - 1
            if _BETWEEN.get(self.word(opener)) == self.word(i):
                connector = (self.word(i),)
        if connector is None:
            return None
        j = i + len(connector)
        if (limit is not None and j >= limit) or (connector == ("-",) and self.glued(i) != self.glued(j)):
            return None
        second = self.operand(j, first.currency if first.end == first.bare else None)
        if second is None:
            return None
        # The unit is said once, at the end; or the currency, in front; or both times.
        if first.unit is not None and first.unit != second.unit:
            return None
        left, right = first.number, second.number
        if left.low is None or right.low is None or left.about or right.about or (left.stop is None) != (right.stop is None):
            return None
        low: Fraction | None = left.low
        if left.stop is None and first.end == first.bare and self.ends_in_scale(second) and not self.ends_in_scale(first):
            if left.low < right.low / right.scale:  # 10 sampai 15 ribu
                low = left.low * right.scale
            elif left.low < 1000:  # "500 hingga 1 juta" begins at five hundred or at five hundred thousand
                low = None
        if low is not None and low > right.low:
            return None
        left = left._replace(low=low)
        return _Amount(first._replace(number=left), second, connector[0])

    def ends_in_scale(self, operand: _Operand) -> bool:
        word = self.word(operand.bare - 1)
        return word in _SCALES or (operand.number.scale > 1 and (word in _MONEY_SCALES or word == "m"))

    # From amounts to quantities

    def amounts(self) -> Iterator[Quantity]:
        i, count = 0, len(self.tokens)
        while i < count:
            token = self.tokens[i]
            if not (token.kind in ("figure", "currency") or token.text in _STARTERS):
                i += 1
                continue
            amount = self.amount(i)
            if amount is None:
                i += 1
                continue
            first, last = amount.first, amount.last
            if self.counts(amount):
                start, end = self.tokens[first.begin].start, self.tokens[last.end - 1].end
                yield self.quantity(amount, start, end, last.end, last.unit or first.unit)
            i = last.end

    def counts(self, amount: _Amount) -> bool:
        """Whether a number is an amount, and not part of a name, a date, a time, an age, a score or an idiom."""
        unit = amount.last.unit or amount.first.unit
        if unit is not None and unit.kind == "time":
            return False
        if amount.first.currency or amount.last.currency:
            return True
        figure = self.kind(amount.first.begin) == "figure"
        if figure and (self.is_cut(amount) or self.is_year(amount, unit) or self.is_score(amount, unit)):
            return False
        return not (self.is_date(amount, unit) or self.is_label(amount, unit) or self.is_idiom(amount))

    def is_cut(self, amount: _Amount) -> bool:
        """Part of something longer (2/3, 10:30, 4x4, 2A4), a calibre, a telephone number, a footnote."""
        begin, end, bare = amount.first.begin, amount.last.end, amount.last.bare
        surface = self.word(begin)
        joined_on = self.kind(end) == "word" or (self.word(end) in _JOINTS and self.glued(end + 1))
        return (
            (self.glued(begin) and self.word(begin - 1) in _JOINTS)
            or (end == bare and self.glued(end) and joined_on)
            or self.calibre(begin)
            or self.calibre(bare - 1)
            or (surface.isdigit() and surface[0] == "0" and len(surface) > 1)
            or (end == bare and (self.word(begin - 1), self.word(end)) in (("(", ")"), ("[", "]")))
        )

    def is_year(self, amount: _Amount, unit: Unit | None) -> bool:
        """Four bare digits from 1900 to 2099 that nothing counts, or behind "tahun", "sejak", a month; 90-an behind "tahun"."""
        begin, number = amount.first.begin, amount.first.number
        before, surface = self.word(begin - 1), self.word(begin)
        dated = before in self.units.years or before in self.units.months
        year = len(surface) == 4 and surface.isdigit() and 1900 <= int(surface) < 2100
        if number.about:
            return year or dated or before in self.units.names
        if not year or number.scale != 1 or (unit is not None and not dated):
            return False
        return int(surface) % 100 != 0 or not self.hedged(begin)  # "sekitar 2000" counts, "around 2015" dates

    def is_score(self, amount: _Amount, unit: Unit | None) -> bool:
        """Two small figures around a hyphen that count nothing: 2-1."""
        if amount.connector != "-" or unit is not None or self.hedged(amount.first.begin):
            return False
        return amount.last.number.scale == 1 and (amount.last.number.low or 0) < 1000

    def is_date(self, amount: _Amount, unit: Unit | None) -> bool:
        begin, end, number = amount.first.begin, amount.last.end, amount.last.number
        if self.word(end) in self.units.behind or re.fullmatch(r"\d\d?\.\d\d?\.\d\d(\d\d)?", self.word(begin)):
            return True
        if number.low is None or not 1 <= number.low <= 31 or unit is not None:
            return False
        months = self.units.months
        behind = end + (self.word(end) == "of")
        return self.word(behind) in months or (self.kind(begin) == "figure" and self.word(begin - 1) in months)

    def is_label(self, amount: _Amount, unit: Unit | None) -> bool:
        """A number that says which one: nomor 5, Block 52, roda empat, Falcon 9."""
        begin, end = amount.first.begin, amount.last.end
        if unit is not None or amount.first.number.low is None:
            return False
        named = begin - 2 if self.word(begin - 1) == "." else begin - 1
        if self.word(named) in self.units.names or (self.word(named - 1) in self.units.names and self.raw(named)[:1].isupper()):
            return True
        if not self.word(begin).isdigit() or self.word(begin - 1) == "." or begin + 1 < end:
            return False
        first = named == 0 or self.kind(named - 1) == "gap" or self.word(named - 1) in _OPENERS
        last = self.kind(end) != "word" or self.word(end) in _INDONESIAN or self.word(end) in _ENGLISH
        capital = self.kind(named) == "word" and self.raw(named)[0].isupper() and self.word(named) not in _ENGLISH
        return capital and not first and last and not self.hedged(begin)

    def is_idiom(self, amount: _Amount) -> bool:
        """Half of nothing, and "satu" and "one" where they count nothing: salah satu, di satu sisi, one of them."""
        operand = amount.first
        begin, end = operand.begin, operand.end
        if self.word(begin - 1) == "salah":
            return True
        if operand is not amount.last or operand.unit is not None:
            return False
        if self.word(end - 1) in ("tengah", "paruh"):
            return True
        if end > begin + 1 or self.word(begin) not in ("satu", "one", "nol", "zero"):
            return False
        counted = self.kind(end) == "word" and not self.glued(end) and self.word(end) not in _NOT_COUNTED
        return self.word(begin)[0] in "nz" or not counted or self.word(begin - 1) in ("di", "itu", "no", "the", "nomor")

    def hedged(self, i: int) -> bool:
        return self.hedges(i)[0] != _NEUTRAL

    def hedges(self, i: int) -> tuple[str, str]:
        """The comparator said before token i: the nearest one; and the bound said with "about", or "="."""
        comparator = bound = _NEUTRAL
        while True:
            for size in (3, 2, 1):
                if i < size:
                    continue
                found = _HEDGES.get(tuple(token.text for token in self.tokens[i - size : i]))
                if found is not None:
                    break
            else:
                return comparator, bound
            i -= size
            if self.word(i) == "over" and self.word(i - 1) in _GIVES:
                return comparator, bound  # "hand over four"
            if found == "<=" and (self.is_number(i - 1) or (self.is_number(i - 2) and self.unit(i - 1))):
                return comparator, bound  # 100 km hingga 5 km: the end of something, no bound
            if comparator == _NEUTRAL:
                comparator = found
            elif comparator == "~" and bound == _NEUTRAL and found != "~":
                bound = found

    def said_after(self, i: int) -> str | None:
        """The comparator said behind an amount that ends before token i: 13.000 lebih, 100 or more."""
        for words, comparator in _AFTER.items():
            if self.phrase(i, words):
                behind = i + len(words)
                if words != ("lebih",) or self.kind(behind) != "word" or self.word(behind) in _INDONESIAN - {"dari", "lebih"}:
                    return comparator
        return None

    def per(self, i: int) -> str | None:
        """The unit of a rate behind token i; up to four words of the thing counted may stand between."""
        for j in range(i, i + 5):
            word = self.word(j)
            if word in _EACH:
                found = self.unit(j + 1)
                return found[0].name if found and (found[0].kind == "time" or (word in ("per", "/") and j == i)) else None
            name = _RATES.get(word) or (word[2:] if word.startswith("se") else "")
            for words, unit in self.units.phrases.get(name, ()):
                if unit.kind == "time" and len(words) == 1:
                    return unit.name
            if self.kind(j) != "word" or word in _INDONESIAN or word in _ENGLISH:
                return None
        return None

    def quantity(self, amount: _Amount, start: int, end: int, behind: int, unit: Unit | None) -> Quantity:
        """The quantity that an amount is, given its span, the index of the token behind it and its unit."""
        first, last = amount.first, amount.last
        name = unit.name if unit else None
        currency = first.currency or last.currency
        per = self.per(behind + (last.comparator is not None and self.word(behind) == "lebih") * 2)
        left, right = first.number, last.number

        def found(value: Fraction | None, low: Fraction | None, high: Fraction | None, comparator: str) -> Quantity:
            plain = [None if number is None else _plain(number) for number in (value, low, high)]
            return Quantity(start, end, plain[0], plain[1], plain[2], comparator, name, per, currency)

        if left.low is None or right.low is None:
            return found(None, None, None, "unread")
        if first is not last:
            return found(None, left.low, right.high, "range" if left.stop is None and right.stop is None else "vague")
        if left.about:
            return found(left.low, left.low, left.high, "~")
        if left.stop is not None:
            return found(None, left.low, left.high, "vague")
        comparator, bound = self.hedges(first.begin)
        if comparator == _NEUTRAL:
            comparator = last.comparator or self.said_after(behind) or "="
        value = left.low
        said = {comparator, bound}
        low = value if said & {">", ">="} or comparator == "=" else None
        high = value if said & {"<", "<="} or comparator == "=" else None
        return found(value, low, high, comparator)

    # A span that someone else found

    def within(self, start: int, end: int) -> Quantity:
        inside = [i for i, token in enumerate(self.tokens) if token.start >= start and token.end <= end]
        unread = Quantity(start, end, None, None, None, "unread")
        if not inside or any(token.start < border < token.end for token in self.tokens for border in (start, end)):
            return unread
        limit = inside[-1] + 1
        for i in inside:
            amount = (self.amount(i - 1, limit) if self.word(i - 1) == "minus" else None) or self.amount(i, limit)
            if amount is not None:
                break
            if any(character.isdigit() for character in self.word(i)):
                return unread
            if self.word(i) in _FEW or self.word(i) in ("sejumlah", "banyak", "many"):
                return Quantity(start, end, None, None, None, "vague", self.noun(i + 1, end))
        else:
            return unread
        last = amount.last
        unit, behind = last.unit or amount.first.unit, max(last.end, limit)
        if last.end < limit and (self.kind(last.end) == "figure" or (self.glued(last.end) and last.end == last.bare)):
            return unread
        if unit is None or (unit.kind == "classifier" and last.end < limit):
            noun = self.noun(last.end, end)
            unit = Unit(noun, "count") if noun else unit
        if self.word(last.end) == "lebih" and last.end < limit:  # 1.000 lebih
            last = last._replace(comparator=">")
            amount = amount._replace(first=last if amount.first is amount.last else amount.first, last=last)
        return self.quantity(amount, start, end, behind, unit)

    def noun(self, i: int, end: int) -> str | None:
        """The words from token i to the end of the span, as a unit: the known one they end in, or themselves."""
        while self.word(i) in ("of", "lebih"):
            i += 1
        if i >= len(self.tokens) or self.tokens[i].start >= end:
            return None
        j = i
        while j < len(self.tokens) and self.tokens[j].end <= end:
            found = self.unit(j)
            if found and self.tokens[found[1] - 1].end == end and self.language(i) == "en":
                return found[0].name
            if found and j == i:
                return found[0].name
            j += 1
        return " ".join(self.text[self.tokens[i].start : end].lower().split())


_STARTERS = _PARTS | _FEW | {"a", "an", "-", "−", "minus", "score"}
