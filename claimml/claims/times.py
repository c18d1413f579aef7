"""Time expressions of Indonesian and English news, and the ISO dates they stand for."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta

from claimml.claims.record import Moment


def _numbered(rows: str, first: int) -> dict[str, int]:
    """Each word of a row with the row's number; rows are set apart by `|`."""
    return {word: number for number, row in enumerate(rows.split("|"), first) for word in row.split()}


_MONTHS = _numbered(
    "januari january jan|februari pebruari february feb|maret march mac mar|april apr|mei may|juni june jun|"
    "juli july julai jul|"
    "agustus august ogos agu aug|september sept sep|oktober october okt oct|november nopember nov|"
    "desember december disember des dec",
    1,
)
_DAYS = _numbered(
    "senin isnin monday|selasa tuesday|rabu wednesday|kamis khamis thursday|jumat jumaat jum'at friday|sabtu saturday|"
    "minggu ahad sunday",
    0,
)
_NUMBERS = _numbered("satu one|dua two|tiga three|empat four|lima five|enam six|tujuh|delapan|sembilan|sepuluh ten|sebelas", 1)
_NUMBERS |= {f"{word} belas": number + 10 for word, number in _NUMBERS.items() if 1 < number < 10 and word.isalpha()}
_ORDINALS = _numbered("pertama first|kedua second|ketiga third|keempat fourth", 1)
# Words that end a time: what stands behind one is behind no preposition before it ("Pada 2024 [Pyongyang] memberi").
CLOSING = frozenset(_MONTHS) | frozenset(_DAYS) | {
    "lalu", "ini", "itu", "terakhir", "silam", "kemarin", "belakangan", "tersebut", "depan", "last", "ago",
}  # fmt: skip
_PARTS = {"awal": 0, "early": 0, "pertengahan": 1, "medio": 1, "mid": 1, "akhir": 2, "late": 2}

_YEAR = r"(?:1[89]|20)\d\d"
_M = "|".join(sorted(_MONTHS, key=len, reverse=True))
# "minggu" is a Sunday before a date in brackets or a part of the day, and behind "pada"; elsewhere it is a week.
_D = "|".join(sorted((day for day in _DAYS if day != "minggu"), key=len, reverse=True)) + (
    r"|minggu(?=\s*\(|\s+(?:pagi|siang|sore|petang|malam|dini|subuh))|(?<=\bpada\s)minggu(?!\s+(?:lalu|ini|itu|depan|ke|pertama))"
)
_COUNT = r"(?:\d{1,2}|" + "|".join(word.replace(" ", r"\s+") for word in reversed(_NUMBERS)) + "|beberapa|several|few|recent)"
_UNIT = r"(?:hari|pekan|minggu|bulan|tahun|dekade|days?|weeks?|months?|years?)"
_DATE = (
    rf"(?<![\w.,-])(?:\d{{1,2}}/\d{{1,2}}/{_YEAR}|\d{{1,2}}\s+(?:{_M})\b(?:\s+{_YEAR})?"
    rf"|(?:{_M})\s+\d{{1,2}}(?:,\s+{_YEAR}|(?=\s*(?:[-–—,.)(;]|$)|\s+(?:and|on|in|at|to|when|by|\w+ed)\b))|\d{{1,2}}/\d{{1,2}}(?!\d))"
)
# What a year stands behind; a number with its unit behind "hingga" is none.
_BEFORE_YEAR = "(?:" + "|".join(
    rf"(?<=\b{word}\s)"
    for word in ("in", "pada", "sejak", "since", "by", "mulai", "sekitar", "hingga", "sampai", "until", "selepas", "sebelum",
                 "before", "after", "setelah", "diteken", "of")
) + ")"  # fmt: skip
_COUNTED = (
    r"\s+(?:orang|unit|butir|pucuk|buah|tentara|prajurit|personel|serdadu|warga|ton|kilometer|km|meter|drone|rudal|peluru|roket|"
    r"tank|kontainer|troops|soldiers|rounds|shells|men|people|drones|missiles|tons)\b|[.,]\d"
)
# Times that hang on what was told before, and have no date of their own.
_HANGING = (
    r"(?:pada\s+)?(?:hari|malam|pagi|pekan|minggu|tahun|bulan)\s+(?:itu|yang\s+sama|sebelumnya|berikutnya|tersebut)"
    r"|(?:ke)?esok(?:an)?\s+har(?:i|inya)|(?:dini\s+hari|pagi|malam)\s+tadi|tadi\s+(?:malam|pagi|siang)|semalam|overnight"
    r"|(?:se(?:hari|pekan|minggu|bulan|tahun)|(?:{count})\s+(?:jam|hari|pekan|minggu|bulan|tahun))\s+"
    r"(?:kemudian|berselang|sesudahnya|setelah\s+itu|sesudah\s+itu|sebelumnya)"
    r"|(?:the\s+)?(?:same|next|following|previous)\s+(?:day|night|week|month|year)|(?:the\s+)?(?:day|night|week|year)\s+before"
    r"|(?:{count}\s+)?(?:hours|days|weeks|months|years)\s+(?:later|earlier)"
    r"|(?:sebelum\s+|pada\s+)?akhir\s+tahun|selama\s+bertahun-tahun|(?:hampir\s+)?(?:se)?tiap\s+(?:hari|malam)"
    r"|over\s+the\s+weekend|(?:pada\s+)?akhir\s+pekan(?:\s+(?:lalu|ini))?"
    r"|(?:since\s+)?(?:last|this|next)\s+(?:spring|summer|autumn|winter)"
    r"|musim\s+(?:panas|semi|gugur|dingin)(?:\s+(?:lalu|ini|depan|{year}))?"
)
_EXPRESSION = re.compile(
    rf"""(?<![^\W_])(?P<since>(?:sejak|mulai|since)\s+)?(?:
      (?:(?:antara|between)\s+|(?<=\bsepanjang\s)|(?<=\bselama\s)|(?<=\bfrom\s)|(?<=\bdari\s)|(?<=\bperiode\s))
      (?P<from_year>{_YEAR})\s*(?:dan|hingga|sampai|and|to|-|–)\s*(?P<till_year>{_YEAR})\b
    | (?:antara|between)\s+(?P<from>{_DATE})\s+(?:dan|hingga|sampai|and)\s+(?P<till>{_DATE})
    | (?:(?:{_D})\s*,?\s*\(?\s*)?(?P<date>{_DATE})
    | (?P<part>{"|".join(_PARTS)})[\s-]+(?:(?:bulan|tahun)\s+)?
      (?:(?P<part_month>{_M})(?:\s+(?P<part_month_year>{_YEAR}))?|(?P<part_year>{_YEAR})(?!-an|s\b)|(?P<part_this>ini|lalu))\b
    | (?:bulan\s+)?(?P<month>{_M})(?:\s+(?P<month_year>{_YEAR})|\s+(?P<month_last>(?:tahun\s+)?(?:lalu|silam)|last))?\b
    | (?:(?:(?P<quarter>quarter|kuartal|triwulan)|(?P<half>half|semester|paruh))\s+(?P<nth>{"|".join(_ORDINALS)}|[1-4])\s+
      |(?P<nth_en>{"|".join(_ORDINALS)})\s+(?:(?P<quarter_en>quarter)|(?P<half_en>half)|semester)\s+)
      (?:of\s+|tahun\s+)?(?P<portion_year>{_YEAR})\b
    | (?:tahun\s+(?:fiskal\s+|anggaran\s+)?|{_BEFORE_YEAR})(?P<year>{_YEAR})\b(?!{_COUNTED}|-an\b)
    | (?P<relative>(?:tahun|bulan|pekan|minggu)\s+(?:lalu|ini|kemarin|depan)
      |(?:last|this|next)\s+(?:year|month|week)|kemarin|hari\s+ini|yesterday|today)\b
    | (?P<past>(?:dalam|selama|in|over|during)\s+(?:the\s+)?(?:(?:past|last)\s+)?
      (?P<past_count>{_COUNT})\s+(?P<past_unit>{_UNIT})\s*(?:terakhir|belakangan(?:\s+ini)?|ini)?)
    | (?P<ago>(?P<ago_count>{_COUNT})\s+(?P<ago_unit>{_UNIT})\s+(?:yang\s+)?(?:lalu|silam|ago|sebelumnya|earlier))
    | (?P<last_day>\b\d{{1,2}}\s+(?:jam|hours)\s+terakhir|(?:last|past)\s+\d{{1,2}}\s+hours)
    | (?P<one>se(?P<one_unit>hari|pekan|minggu|bulan|tahun)\s+(?:yang\s+)?(?:lalu|silam))\b
    | (?:(?:by|at|sebelum)\s+)?(?:the\s+)?(?P<end>end|beginning|middle)\s+of\s+(?P<end_year>{_YEAR})\b
    | (?P<hanging>{_HANGING.format(count=_COUNT, year=_YEAR)})\b
    | (?:(?:awal|pertengahan|akhir|early|late)\s+(?:tahun\s+|the\s+)?|dekade\s+|tahun\s+|the\s+|{_BEFORE_YEAR})
      (?P<decade>{_YEAR})(?:-an|s)\b
    | (?P<day>{_D})\b(?!\s*(?:,|/)?\s*\(?\d)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FULL = re.compile(rf"\b(\d{{1,2}})(?:\s+({_M})\s+|/(\d{{1,2}})/)({_YEAR})\b", re.IGNORECASE)
# What tells a dateline's date from one in the story: a weekday, a bracket, a clock.
_DATELINE = re.compile(rf"\b(?:{_D}|minggu)\b|\(\d|wib|\d[.:]\d\d", re.IGNORECASE)
# A dateline before a story: "KYIV, 9 Juni (Kantor Berita) - ...".
_CITY = re.compile(r"[(]?(?:[A-Z][\w.'’-]*[\s/]*){1,5}[,:(]?\s*\(?")
_DASH = re.compile(r"\)?\s*(?:\([^)\n]{0,40}\)\s*)?(?:-{1,2}|–|—)\s")
_SINCE = re.compile(r"sejak|since", re.IGNORECASE)


def published(text: str, id: str = "") -> date | None:
    """The day an article says it was published, None if it does not.

    An ISO date in its id counts first, then a full date with a weekday, brackets or a clock beside it.
    """
    stamped = re.search(rf"{_YEAR}-\d\d-\d\d", id)
    if stamped:
        return _made(*stamped[0].split("-"))
    for match in _FULL.finditer(text):
        around = text[max(0, match.start() - 14) : match.end() + 14]
        if _DATELINE.search(around) and not _SINCE.search(around):
            return _made(match[4], _MONTHS.get((match[2] or "").lower()) or match[3], match[1])
    return None


def moments(text: str, start: int, end: int, day: date | None = None) -> Iterator[Moment]:
    """The time expressions of `text[start:end]`; `day` is the publication date that relative ones count from."""
    for match in _EXPRESSION.finditer(text, start, end):
        # "may", "mar" and "des" are words as well; a month or day by itself is written as a name.
        name = match["month"] or match["day"]
        short = match["month"] and len(name) == 3 and name.lower() != "mei" and not match["month_year"]
        if name and (not name[0].isupper() or short):
            continue
        if _CITY.fullmatch(text, start, match.start()) and _DASH.match(text, match.end()):
            continue  # dates the article, not the event
        stop = match.start() + len(match[0].rstrip(" (,"))
        yield Moment(match.start(), stop + ("(" in match[0] and text[stop : stop + 1] == ")"), _iso(match, day))


def _iso(match: re.Match[str], day: date | None) -> str | None:
    """The ISO date or interval of an expression; open where it says "since"."""
    if match["from"]:
        first, last = _date(match["from"], day), _date(match["till"], day)
        return f"{first}/{last}" if first and last else None
    if match["from_year"]:
        return f"{match['from_year']}/{match['till_year']}"
    iso = _point(match, day)
    since = match["since"] or (match["year"] and _SINCE.search(match.string, max(0, match.start() - 6), match.start()))
    return f"{iso.partition('/')[0]}/.." if iso and since else iso


def _point(match: re.Match[str], day: date | None) -> str | None:
    if match["date"]:
        return _date(match["date"], day)
    if match["part"]:
        return _part(match, day)
    if match["month"]:
        number = _MONTHS[match["month"].lower()]
        if match["month_year"]:
            return f"{match['month_year']}-{number:02}"
        if day is None:
            return None
        before = number > day.month or (bool(match["month_last"]) and number == day.month)
        return f"{day.year - before}-{number:02}"
    if match["year"]:
        return match["year"]
    if match["portion_year"]:
        return _portion(match)
    if match["end"]:
        part = {"beginning": 0, "middle": 1, "end": 2}[match["end"].lower()]
        return f"{match['end_year']}-{(1, 5, 9)[part]:02}/{match['end_year']}-{(4, 8, 12)[part]:02}"
    if match["decade"]:
        return f"{match['decade']}/{int(match['decade']) + 9}" if match["decade"].endswith("0") else None
    if match["hanging"]:
        return None
    if day is None:
        return None
    if match["past"]:
        count = _count(match["past_count"])
        return None if count is None else f"{_back(day, count, match['past_unit'].lower())}/{day}"
    if match["ago"]:
        count = _count(match["ago_count"])
        return None if count is None else _ago(count, match["ago_unit"].lower(), day)
    if match["one"]:
        return _ago(1, match["one_unit"].lower(), day)
    if match["last_day"]:
        return f"{day - timedelta(1)}/{day}"
    if match["day"]:
        return (day - timedelta((day.weekday() - _DAYS[match["day"].lower()]) % 7)).isoformat()
    return _relative(match["relative"].lower(), day)


def _date(words: str, day: date | None) -> str | None:
    """A date by day and month; without a year the last one before `day` (or soon after it)."""
    numbers = re.findall(r"\d+", words)
    name = re.search(rf"\b(?:{_M})\b", words, re.IGNORECASE)
    number, *rest = numbers
    month: int | str = _MONTHS[name[0].lower()] if name else rest.pop(0)
    if rest:
        found = _made(rest[0], month, number)
    elif day:
        found = _made(str(day.year), month, number)
        if found and found > day + timedelta(60):
            found = _made(str(day.year - 1), month, number)
    else:
        found = None
    return found.isoformat() if found else None


def _ago(count: int, unit: str, day: date) -> str:
    precision = 4 if unit.startswith(("tahun", "year", "dekade")) else 7 if unit.startswith(("bulan", "month")) else 10
    return _back(day, count, unit).isoformat()[:precision]


def _portion(match: re.Match[str]) -> str | None:
    """A quarter or a half of a year as an interval of months."""
    nth = (match["nth"] or match["nth_en"]).lower()
    number = int(nth) if nth.isdigit() else _ORDINALS[nth]
    months = 3 if match["quarter"] or match["quarter_en"] else 6
    if number * months > 12:
        return None
    year = match["portion_year"]
    return f"{year}-{(number - 1) * months + 1:02}/{year}-{number * months:02}"


def _part(match: re.Match[str], day: date | None) -> str | None:
    """A third of a month ("awal Maret") or of a year ("pertengahan 2022") as an interval."""
    part = _PARTS[match["part"].lower()]
    this = (match["part_this"] or "").lower()
    if match["part_month"]:
        year = match["part_month_year"] or (str(day.year) if day else None)
        return _third_of_month(int(year), _MONTHS[match["part_month"].lower()], part) if year else None
    if match["part_year"] or re.search("tahun", match[0], re.IGNORECASE):
        year = match["part_year"] or (str(day.year - (this == "lalu")) if day else None)
        return f"{year}-{(1, 5, 9)[part]:02}/{year}-{(4, 8, 12)[part]:02}" if year else None
    if day is None:
        return None
    month = day if this == "ini" else day.replace(day=1) - timedelta(1)
    return _third_of_month(month.year, month.month, part)


def _third_of_month(year: int, month: int, part: int) -> str:
    last = (10, 20, calendar.monthrange(year, month)[1])[part]
    return f"{year}-{month:02}-{(1, 11, 21)[part]:02}/{year}-{month:02}-{last:02}"


def _relative(words: str, day: date) -> str:
    back = 1 if re.search("lalu|last", words) else -1 if re.search("depan|next", words) else 0
    if words in ("kemarin", "yesterday"):
        return (day - timedelta(1)).isoformat()
    if words.startswith(("hari", "today")):
        return day.isoformat()
    if re.search("tahun|year", words):
        return str(day.year - back)
    if re.search("bulan|month", words):
        months = day.year * 12 + day.month - 1 - back
        return f"{months // 12}-{months % 12 + 1:02}"
    monday = day - timedelta(day.weekday() + 7 * back)
    return f"{monday}/{monday + timedelta(6)}"


def _count(words: str) -> int | None:
    return int(words) if words.isdigit() else _NUMBERS.get(" ".join(words.lower().split()))


def _back(day: date, count: int, unit: str) -> date:
    if unit.startswith(("hari", "day")):
        return day - timedelta(count)
    if unit.startswith(("pekan", "minggu", "week")):
        return day - timedelta(7 * count)
    months = count * (1 if unit.startswith(("bulan", "month")) else 120 if unit.startswith("dekade") else 12)
    total = max(12, day.year * 12 + day.month - 1 - months)
    year, month = total // 12, total % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _made(year: int | str, month: int | str, day: int | str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
