"""Amounts: a number with its scale, unit, classifier and counted noun."""

from __future__ import annotations

from claimml.gazetteer import Entry
from claimml.rules.bodies import body
from claimml.rules.names import none
from claimml.rules.page import (
    ACRONYM,
    BODY,
    CLASSIFIER,
    COMMON,
    NAME,
    NUMBER,
    SHAPE,
    UNIT,
    WEAPON,
    Found,
    Page,
    is_verb,
    vocabulary,
)
from claimml.rules.weapons import english_weapon, is_designation, weapon

_HEDGES = vocabulary("sebanyak sekitar hampir mencapai sedikitnya setidaknya kurang menjadi total about around nearly")


def quantity(page: Page, i: int) -> Found:
    """A number with its scale, unit, classifier and counted noun: `7 ribu kontainer`, `US$2,1 miliar`."""
    words, lower, flags = page.words, page.lower, page.flags
    size = len(words)
    sets = page.lexicon.sets
    currency = lower[i] in ("rp", "rp.", "idr", "€", "£", "¥", "rm", "eur", "gbp", "usd") or lower[i].endswith("$")
    j = i
    if currency:
        j += 1
        if j < size and lower[j] == "." and j + 1 < size:
            j += 1
        if j >= size or not (words[j][0].isdigit() or lower[j] in sets["quantity.starts"]):
            return None
    previous = page.before(i)
    if not currency and (
        previous in sets["quantity.before"] or (previous in ("-", "–", "/", ":") and i and page.ends[i - 1] == page.starts[i])
    ):
        return None
    if lower[i] == "minus" and not (i + 1 < size and flags[i + 1] & NUMBER):
        return None
    start = j
    j = _number(page, j)
    if j == start:
        return None
    if (
        j < size and lower[j] in ("-", "–", "sampai", "hingga", "s/d", "to", "atau", "—") and j + 1 < size and j == start + 1
    ) or (
        j < size
        and lower[j] in ("-", "–", "sampai", "hingga", "s/d", "atau")
        and j + 1 < size
        and lower[j - 1] in sets["quantity.scales"]
    ):
        k = j + 1
        if k < size and lower[j] != "atau" and (lower[k] in ("rp", "rp.") or lower[k].endswith("$")):
            k += 1
        if (
            k < size
            and (flags[k] & NUMBER)
            and (words[k][0].isdigit() or lower[k] in sets["quantity.starts"])
            and words[j] != "\n"
        ):
            after = _number(page, k)
            tight = lower[j] in ("-", "–") and words[k][0].isdigit()
            if after > k and (not tight or _has_noun(page, after)):
                j = after
            elif tight:
                return after, ""
    first = words[start]
    digits = first[0].isdigit()
    single = j == start + 1
    if currency:
        return _currency_tail(page, j), "QUANTITY"
    nxt = lower[j] if j < size else ""
    if digits and single:
        if nxt in ("/", ":") and j + 1 < size and words[j + 1][0].isdigit() and page.starts[j] == page.ends[j - 1]:
            while j < size and (words[j][0].isdigit() or words[j] in "/:-."):
                j += 1
            return j, ""
        if (
            len(first) == 4
            and first[:2] in ("16", "17", "18", "19", "20")
            and not flags[j if j < size else j - 1] & (UNIT | CLASSIFIER)
            and first.isdigit()
            and not (nxt in sets["quantity.people"] and _noun(page, j))
        ):
            return j, ""
        if first.count(".") == 1 and len(first.split(".")[1]) == 2 and nxt in ("wib", "wita", "wit", "waktu"):
            return j, ""
    if nxt in sets["quantity.time"]:
        return j + 1, ""
    if (
        lower[start] in ("satu", "one")
        and single
        and (nxt in ("sama", "lagi", "pun", "-", ",", ".", "persatu", "per") or previous in ("salah", "nomor", "di", "tidak"))
    ):
        return j, ""
    if nxt == "kali" or nxt == "times":
        j += 1
        if j < size and lower[j] == "lipat":
            j += 1
        elif j + 1 < size and lower[j] == "kecepatan" and lower[j + 1] == "suara":
            j += 2
        return j, "QUANTITY"
    if nxt in ("%", "persen", "percent") or (
        flags[j if j < size else j - 1] & UNIT
        and j < size
        and not (nxt == "m" and not digits)
        and not (nxt in ("x", "pon") and not digits)
    ):
        if nxt in ("m", "t") and page.starts[j] != page.ends[j - 1] + 1 and page.starts[j] != page.ends[j - 1]:
            return None
        return _unit_tail(page, j + 1), "QUANTITY"
    end = _noun_tail(page, j)
    if end == j:
        if single and digits:
            # A bare figure: in front of a weapon, or where nothing else can be meant.
            if j < size and _armed(page, j):
                return j, "QUANTITY"
            if j < size and (
                is_designation(page, j)
                or (
                    flags[j] & NAME
                    and (page.find_name(j) or (0, Entry("", "", "none")))[1].kind in ("weapon", "country", "actor", "adjective")
                )
            ):
                return j, "QUANTITY" if not page.before(i)[:1].isdigit() and words[j] != "AS" else ""
            if j < size and (
                nxt in ("di", "dari", "lagi", "lain", "lainnya", "of", "tewas", "orang", "terluka", "luka") or flags[j] & SHAPE
            ):
                return j, "QUANTITY"
            if previous in _HEDGES or _parallel(page, i, previous):
                return j, "QUANTITY"
            return j, ""
        if single and lower[start] in ("satu", "one", "half", "sepasang", "minus"):
            if j < size and (_armed(page, j) or is_designation(page, j) or flags[j] & SHAPE):
                return j, "QUANTITY"
            if lower[start] == "satu" and (nxt == "milik" or _parallel(page, i, previous)):
                return j, "QUANTITY"
            return j, "QUANTITY" if nxt in ("dari", "di") and lower[start] == "satu" and j + 1 < size and lower[j + 1] in (
                "antaranya",
                "antara",
            ) else ""
        return j, "QUANTITY"
    return end, "QUANTITY"


def _parallel(page: Page, i: int, previous: str) -> bool:
    """Whether a bare number goes on a series of amounts: `30 orang tewas dan 29`, `386 kursi dari 560`."""
    if not page.spans or previous not in (
        "dan",
        "dari",
        "serta",
        "sedangkan",
        "mencederai",
        "melukai",
        "menewaskan",
        "hanya",
        "juga",
    ):
        return False
    start, _, label = page.spans[-1]
    if page.spans[-1][2] != "QUANTITY" and len(page.spans) > 1:
        start, _, label = page.spans[-2]
    return label == "QUANTITY" and start >= page.starts[max(0, i - 14)] and "\n" not in page.words[max(0, i - 14) : i]


def _number(page: Page, j: int) -> int:
    """The end of a number at token `j`: figures or words with their scale words; `j` if there is none."""
    words, lower = page.words, page.lower
    size = len(words)
    sets = page.lexicon.sets
    numbers = sets["quantity.numbers"]
    scales = sets["quantity.scales"]
    start = j
    if j < size and words[j][0].isdigit():
        if not words[j][-1].isdigit() and not words[j].endswith("-an"):
            return j
        j += 1
    elif j < size and lower[j] in sets["quantity.starts"]:
        j += 1
    else:
        return j
    figure = words[start][0].isdigit()
    while j < size and (lower[j] in scales if figure else lower[j] in numbers):
        if lower[j] in ("m", "t") and not (start and lower[start - 1].startswith("rp")):
            break
        if not figure and lower[j] in ("one", "half", "satu") and lower[j - 1] not in scales:
            break
        j += 1
        figure = figure and lower[j - 1] not in scales
    if j + 1 < size and lower[j] == "koma" and lower[j + 1] in numbers:
        j += 2
        while j < size and lower[j] in numbers:
            j += 1
    return j


def _armed(page: Page, j: int) -> bool:
    """Whether a weapon starts at token `j`."""
    return bool(page.flags[j] & WEAPON) and bool(weapon(page, j) or english_weapon(page, j))


def _has_noun(page: Page, j: int) -> bool:
    return j < len(page.words) and (bool(page.flags[j] & (UNIT | CLASSIFIER)) or page.lower[j] == "%" or _noun(page, j))


def _currency_tail(page: Page, j: int) -> int:
    size = len(page.words)
    if j < size and page.lower[j] in ("sampai", "hingga", "-", "–") and j + 1 < size:
        k = j + 1
        if page.lower[k] in ("rp", "rp.", "us$", "$"):
            k += 1
            return _number(page, k)
    return j


def _unit_tail(page: Page, j: int) -> int:
    """The end of a unit of several words: `dolar AS`, `meter persegi`, `kilometer per jam`."""
    words, lower = page.words, page.lower
    size = len(words)
    tails = page.lexicon.sets["quantity.unit_tails"]
    if j < size and words[j] in tails and not (words[j] == "laut" and lower[j - 1] != "mil"):
        if words[j] == "AS" and not lower[j - 1].startswith("dol"):
            return j
        if words[j] in ("Singapura", "Australia", "Hong", "Kanada") and not lower[j - 1].startswith("dol"):
            return j
        j += 2 if words[j] == "Hong" else 1
    if (
        j + 1 < size
        and lower[j] in ("per", "/")
        and lower[j + 1] in ("jam", "detik", "h", "hour")
        and lower[j - 1] in ("km", "kilometer", "mil", "meter", "m", "knot")
    ):
        j += 2
    return j


def _noun(page: Page, j: int) -> bool:
    """Whether token `j` can be a counted noun."""
    word = page.lower[j]
    written = page.words[j]
    if (
        not written[0].isalpha()
        or (len(word) < 3 and word not in ("hp", "tv"))
        or word in page.lexicon.sets["quantity.stops"]
        or word in page.lexicon.sets["quantity.time"]
    ):
        return False
    if written[0].isupper():
        if page.title[j]:
            return bool(page.flags[j] & COMMON) and not page.flags[j] & WEAPON and not is_verb(word)
        return bool(ACRONYM.match(written)) and written in (
            "WNI",
            "WNA",
            "ABK",
            "KK",
            "TPS",
            "HP",
            "TKI",
            "PMI",
            "ASN",
            "PNS",
            "UMKM",
            "SPBU",
            "RT",
            "KPM",
        )
    if _armed(page, j):
        return False
    return not is_verb(word)


def _noun_tail(page: Page, j: int) -> int:
    """The end of the classifier and the counted noun at token `j`, `j` if there is none."""
    words, lower, flags = page.words, page.lower, page.flags
    size = len(words)
    sets = page.lexicon.sets
    if j >= size:
        return j
    if flags[j] & CLASSIFIER:
        j += 1
        if j < size:
            if lower[j - 1] == "orang":
                if lower[j] in sets["quantity.people"]:
                    j += 1
            elif _noun(page, j) and lower[j - 1] not in ("potong",) and not page.title[j]:
                j += 1
                if j < size and lower[j] in sets["quantity.noun_modifiers"] and words[j].islower() and not (_armed(page, j)):
                    j += 1
        return j
    civil = none(page, j) if flags[j] & NAME else None
    if civil and words[j].islower():
        return civil[0]
    if not _noun(page, j):
        return j
    j += 1
    while j < size and lower[j] in sets["quantity.noun_modifiers"] and (words[j].islower() or page.title[j]):
        if _armed(page, j) or (flags[j] & BODY and body(page, j)):
            break
        j += 1
    return j
