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
    "januari january jan|februari pebruari february feb|maret march mar|april apr|mei may|juni june jun|juli july jul|"
    "agustus august agu aug|september sept sep|oktober october okt oct|november nopember nov|desember december des dec",
    1,
)
_DAYS = _numbered(
    "senin monday|selasa tuesday|rabu wednesday|kamis thursday|jumat jum'at friday|sabtu saturday|minggu ahad sunday", 0
)
_NUMBERS = _numbered("satu one|dua two|tiga three|empat four|lima five|enam six|tujuh|delapan|sembilan|sepuluh ten", 1)
# Words that end a time: what stands behind one is behind no preposition before it ("Pada 2024 [Pyongyang] memberi").
CLOSING = frozenset(_MONTHS) | frozenset(_DAYS) | {
    "lalu", "ini", "itu", "terakhir", "silam", "kemarin", "belakangan", "tersebut", "depan", "last", "ago",
}  # fmt: skip
_PARTS = {"awal": 0, "early": 0, "pertengahan": 1, "medio": 1, "mid": 1, "akhir": 2, "late": 2}

_YEAR = r"(?:19|20)\d\d"
_M = "|".join(sorted(_MONTHS, key=len, reverse=True))
# "minggu" is a Sunday only before a date in brackets; elsewhere it is a week.
_D = "|".join(sorted((day for day in _DAYS if day != "minggu"), key=len, reverse=True)) + r"|minggu(?=\s*\()"
_COUNT = r"(?:\d{1,2}|" + "|".join(_NUMBERS) + "|beberapa|several|few|recent)"
_UNIT = r"(?:hari|pekan|minggu|bulan|tahun|dekade|days?|weeks?|months?|years?)"
_DATE = (
    rf"(?<![\w.,-])(?:\d{{1,2}}/\d{{1,2}}/{_YEAR}|\d{{1,2}}\s+(?:{_M})\b(?:\s+{_YEAR})?"
    rf"|(?:{_M})\s+\d{{1,2}},\s+{_YEAR}|\d{{1,2}}/\d{{1,2}}(?!\d))"
)
_EXPRESSION = re.compile(
    rf"""(?P<since>(?:sejak|mulai|since)\s+)?(?:
      (?:antara|between)\s+(?P<from>{_DATE})\s+(?:dan|hingga|sampai|and)\s+(?P<till>{_DATE})
    | (?:(?:{_D})\s*,?\s*\(?\s*)?(?P<date>{_DATE})
    | (?P<part>{"|".join(_PARTS)})[\s-]+(?:(?:bulan|tahun)\s+)?
      (?:(?P<part_month>{_M})(?:\s+(?P<part_month_year>{_YEAR}))?|(?P<part_year>{_YEAR})|(?P<part_this>ini|lalu))\b
    | (?:bulan\s+)?(?P<month>{_M})(?:\s+(?P<month_year>{_YEAR})|\s+(?P<month_last>lalu|last))?\b
    | (?:tahun\s+|(?<=\bin\s)|(?<=\bpada\s)|(?<=\bsejak\s)|(?<=\bsince\s))(?P<year>{_YEAR})\b
    | (?P<relative>(?:tahun|bulan|pekan|minggu)\s+(?:lalu|ini|kemarin|depan)
      |(?:last|this|next)\s+(?:year|month|week)|kemarin|hari\s+ini|yesterday|today)\b
    | (?P<past>(?:dalam|selama|in|over|during)\s+(?:the\s+)?(?:(?:past|last)\s+)?
      (?P<past_count>{_COUNT})\s+(?P<past_unit>{_UNIT})\s*(?:terakhir|belakangan(?:\s+ini)?|ini)?)
    | (?P<ago>(?P<ago_count>{_COUNT})\s+(?P<ago_unit>{_UNIT})\s+(?:yang\s+)?(?:lalu|silam|ago|sebelumnya|earlier))
    | (?P<day>{_D})\b(?!\s*(?:,|/)?\s*\(?\d)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FULL = re.compile(rf"\b(\d{{1,2}})(?:\s+({_M})\s+|/(\d{{1,2}})/)({_YEAR})\b", re.IGNORECASE)
# What tells a dateline's date from one in the story: a weekday, a bracket, a clock.
_DATELINE = re.compile(rf"\b(?:{_D}|minggu)\b|\(\d|wib|\d[.:]\d\d", re.IGNORECASE)
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
        if match.start() > start and text[match.start() - 1].isalnum():
            continue
        # "may", "mar" and "des" are words as well; a month or day by itself is written as a name.
        name = match["month"] or match["day"]
        if name and (not name[0].isupper() or (match["month"] and len(name) == 3 and not match["month_year"])):
            continue
        stop = match.start() + len(match[0].rstrip(" (,"))
        yield Moment(match.start(), stop + ("(" in match[0] and text[stop : stop + 1] == ")"), _iso(match, day))


def _iso(match: re.Match[str], day: date | None) -> str | None:
    """The ISO date or interval of an expression; open where it says "since"."""
    if match["from"]:
        first, last = _date(match["from"], day), _date(match["till"], day)
        return f"{first}/{last}" if first and last else None
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
    if day is None:
        return None
    if match["past"]:
        count = _count(match["past_count"])
        return None if count is None else f"{_back(day, count, match['past_unit'].lower())}/{day}"
    if match["ago"]:
        count, unit = _count(match["ago_count"]), match["ago_unit"].lower()
        precision = 4 if unit.startswith(("tahun", "year", "dekade")) else 7 if unit.startswith(("bulan", "month")) else 10
        return None if count is None else _back(day, count, unit).isoformat()[:precision]
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
    return int(words) if words.isdigit() else _NUMBERS.get(words.lower())


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
