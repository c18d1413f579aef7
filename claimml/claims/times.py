"""Time expressions of Indonesian and English news, and the ISO dates they stand for."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta

from claimml.claims.record import Moment

_MONTHS = {
    name: number
    for number, names in enumerate(
        "januari january jan|februari pebruari february feb|maret march mar|april apr|mei may|juni june jun|juli july jul|"
        "agustus august agu aug|september sept sep|oktober october okt oct|november nopember nov|desember december des dec".split("|"),
        1,
    )
    for name in names.split()
}
_DAYS = {
    name: number
    for number, names in enumerate(
        "senin monday|selasa tuesday|rabu wednesday|kamis thursday|jumat jum'at friday|sabtu saturday|minggu ahad sunday".split("|")
    )
    for name in names.split()
}
_M = "|".join(sorted(_MONTHS, key=len, reverse=True))
_D = "|".join(sorted((day for day in _DAYS if day != "minggu"), key=len, reverse=True)) + r"|minggu(?=\s*\()"
_N = r"(?:\d{1,2}|satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|sepuluh|beberapa|one|two|three|several|few|recent)"
_NUMBERS = {word: n for n, words in enumerate("satu one|dua two|tiga three|empat|lima|enam|tujuh|delapan|sembilan|sepuluh".split("|"), 1) for word in words.split()}
_UNIT = r"(?:hari|pekan|minggu|bulan|tahun|dekade|days?|weeks?|months?|years?)"
_DATE = rf"(?:\d{{1,2}}/\d{{1,2}}/(?:19|20)\d\d|\d{{1,2}}\s+(?:{_M})(?:\s+(?:19|20)\d\d)?|(?:{_M})\s+\d{{1,2}},\s+(?:19|20)\d\d|\d{{1,2}}/\d{{1,2}}(?!\d))"
_EXPRESSION = re.compile(
    rf"""(?P<since>(?:sejak|mulai|since)\s+)?(?:
      (?:antara|between)\s+(?P<from>{_DATE})\s+(?:dan|hingga|sampai|and)\s+(?P<till>{_DATE})
    | (?:(?P<weekday>{_D})\s*,?\s*\(?\s*)?(?P<date>{_DATE})
    | (?P<part>awal|pertengahan|akhir|early|mid|late|medio)[\s-]+(?:(?:bulan|tahun)\s+)?(?:(?P<partmonth>{_M})(?:\s+(?P<partmonthyear>(?:19|20)\d\d))?|(?P<partyear>(?:19|20)\d\d)|(?P<partthis>ini|lalu))\b
    | (?:bulan\s+)?(?P<month>{_M})(?:\s+(?P<monthyear>(?:19|20)\d\d)|\s+(?P<monthlast>lalu|last))?\b
    | (?:tahun\s+)(?P<year>(?:19|20)\d\d)\b | (?<=\bin\s)(?P<inyear>(?:19|20)\d\d)\b | (?<=\bpada\s)(?P<padayear>(?:19|20)\d\d)\b | (?<=\bsejak\s)(?P<sinceyear>(?:19|20)\d\d)\b | (?<=\bsince\s)(?P<sinceyear2>(?:19|20)\d\d)\b
    | (?P<relative>(?:tahun|bulan|pekan|minggu)\s+(?:lalu|ini|kemarin|depan)|(?:last|this|next)\s+(?:year|month|week)|kemarin|hari\s+ini|yesterday|today)\b
    | (?P<past>(?:dalam|selama|in|over|during)\s+(?:the\s+)?(?:(?:past|last)\s+)?(?P<count>{_N})\s+(?P<unit>{_UNIT})\s*(?:terakhir|belakangan(?:\s+ini)?|ini)?)
    | (?P<ago>(?P<agocount>{_N})\s+(?P<agounit>{_UNIT})\s+(?:yang\s+)?(?:lalu|silam|ago|sebelumnya|earlier))
    | (?P<day>{_D})\b(?!\s*(?:,|/)?\s*\(?\d)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_FULL = re.compile(rf"\b(?:(?:{_D})[,\s]*\(?\s*)?(\d{{1,2}})(?:\s+({_M})\s+|/(\d{{1,2}})/)((?:19|20)\d\d)\b", re.IGNORECASE)
_MAY = re.compile(r"\bmay\b")


def published(text: str, id: str = "") -> date | None:
    """The day an article says it was published: an ISO date in its id, else a full date with weekday, brackets or clock near a dateline."""
    match = re.search(r"(?:19|20)\d\d-\d\d-\d\d", id)
    if match:
        return _iso(match[0])
    for match in _FULL.finditer(text):
        around = text[max(0, match.start() - 14) : match.end() + 14]
        if re.search(rf"(?i)\b(?:{_D})\b|\bminggu\b|\(\d|wib|\d[.:]\d\d", around) and not re.search(r"(?i)sejak|since", around):
            return _day(match[4], _MONTHS.get((match[2] or "").lower()) or match[3], match[1])
    return None


def moments(text: str, start: int, end: int, day: date | None = None) -> Iterator[Moment]:
    """The time expressions of `text[start:end]`; `day` is the publication date that relative ones count from."""
    for match in _EXPRESSION.finditer(text, start, end):
        if match.start() > start and text[match.start() - 1].isalnum():
            continue
        if match["month"] and match["month"] in ("may", "mar", "sep", "des", "mei") and not match["monthyear"]:
            continue
        if match["month"] and not match["month"][0].isupper() or match["day"] and not match["day"][0].isupper():
            continue
        left = match.start()
        yield Moment(left, match.end() - (len(match[0]) - len(match[0].rstrip(" (,"))), _resolve(match, day))


def _resolve(match: re.Match[str], day: date | None) -> str | None:
    since = bool(match["since"])
    if match["from"]:
        first, last = _date(match["from"], day), _date(match["till"], day)
        return f"{first}/{last}" if first and last else None
    if match["date"]:
        return _since(_date(match["date"], day, match["weekday"]), since)
    if match["part"]:
        return _since(_part(match, day), since, first=True)
    if match["month"]:
        number = _MONTHS[match["month"].lower()]
        year = match["monthyear"] or (str(day.year - (number > day.month or bool(match["monthlast"]) and number >= day.month)) if day else "")
        return _since(f"{year}-{number:02}" if year else None, since)
    year = match["year"] or match["inyear"] or match["padayear"] or match["sinceyear"] or match["sinceyear2"]
    if year:
        return _since(year, since or bool(match["sinceyear"] or match["sinceyear2"]))
    if day is None:
        return None
    if match["past"] or match["ago"]:
        count = _count(match["count"] or match["agocount"])
        if count is None:
            return None
        first = _back(day, count, (match["unit"] or match["agounit"]).lower())
        if match["past"]:
            return f"{first}/{day}"
        unit = (match["agounit"]).lower()
        return _since(first.isoformat()[: 4 if unit.startswith(("tahun", "year", "dekade")) else 7 if unit.startswith(("bulan", "month")) else 10], since)
    if match["day"]:
        back = (day.weekday() - _DAYS[match["day"].lower()]) % 7
        return _since((day - timedelta(back)).isoformat(), since)
    return _since(_relative(match["relative"].lower(), day), since)


def _since(iso: str | None, since: bool, *, first: bool = False) -> str | None:
    return iso and (f"{iso.split('/')[0]}/.." if since else iso)


def _date(words: str, day: date | None, weekday: str | None = None) -> str | None:
    numbers = re.findall(r"\d+", words)
    name = re.search(rf"(?i)\b({_M})\b", words)
    if name:
        month: int | str = _MONTHS[name[1].lower()]
        number = numbers[0]
        year = numbers[1] if len(numbers) > 1 else None
    else:
        number, month = numbers[0], numbers[1]
        year = numbers[2] if len(numbers) > 2 else None
    if year is None and day is not None:
        found = _day(str(day.year), month, number)
        if found and found > day + timedelta(60):
            found = _day(str(day.year - 1), month, number)
        return found and found.isoformat()
    found = _day(year, month, number) if year else None
    return found and found.isoformat()


def _part(match: re.Match[str], day: date | None) -> str | None:
    part = {"awal": 0, "early": 0, "pertengahan": 1, "mid": 1, "medio": 1, "akhir": 2, "late": 2}[match["part"].lower()]
    if match["partmonth"]:
        year = match["partmonthyear"] or (day and str(day.year))
        month = _MONTHS[match["partmonth"].lower()]
        return f"{year}-{month:02}-{(1, 11, 21)[part]:02}/{year}-{month:02}-{(10, 20, calendar.monthrange(int(year), month)[1])[part]:02}" if year else None
    year_words = re.search(r"(?i)tahun", match[0])
    if match["partyear"] or year_words:
        year = match["partyear"] or (day and str(day.year - (match["partthis"].lower() == "lalu")))
        return f"{year}-{(1, 5, 9)[part]:02}/{year}-{(4, 8, 12)[part]:02}" if year else None
    if day is None:
        return None
    month_day = day if match["partthis"].lower() == "ini" else day.replace(day=1) - timedelta(1)
    year, month = str(month_day.year), month_day.month
    return f"{year}-{month:02}-{(1, 11, 21)[part]:02}/{year}-{month:02}-{(10, 20, calendar.monthrange(int(year), month)[1])[part]:02}"


def _relative(words: str, day: date) -> str:
    shift = 1 if re.search("lalu|last", words) else -1 if re.search("depan|next", words) else 0
    if words in ("kemarin", "yesterday"):
        return (day - timedelta(1)).isoformat()
    if words in ("hari ini", "today"):
        return day.isoformat()
    if re.search("tahun|year", words):
        return str(day.year - shift)
    if re.search("bulan|month", words):
        months = day.year * 12 + day.month - 1 - shift
        return f"{months // 12}-{months % 12 + 1:02}"
    monday = day - timedelta(day.weekday() + 7 * shift)
    return f"{monday}/{monday + timedelta(6)}"


def _count(words: str) -> int | None:
    return int(words) if words.isdigit() else _NUMBERS.get(words.lower())


def _back(day: date, count: int, unit: str) -> date:
    if unit.startswith(("hari", "day")):
        return day - timedelta(count)
    if unit.startswith(("pekan", "minggu", "week")):
        return day - timedelta(7 * count)
    months = count * (1 if unit.startswith(("bulan", "month")) else 120 if unit.startswith("dekade") else 12)
    total = day.year * 12 + day.month - 1 - months
    year, month = max(1, total // 12), total % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _day(year: str, month: int | str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
