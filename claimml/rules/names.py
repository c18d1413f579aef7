"""Names: of the lexicon, behind titles, or unknown words written as names; and whether one is a party or a place."""

from __future__ import annotations

import re

from claimml.gazetteer import Entry
from claimml.rules.page import (
    ACRONYM,
    BODY,
    CAPITAL,
    COMMON,
    INNER,
    NAME,
    NONE,
    SHAPE,
    SITE,
    TITLE,
    WEAPON,
    Found,
    Page,
    breaks,
    is_verb,
    vocabulary,
)
from claimml.rules.weapons import designations, english_tail, is_designation

_PARTICLES = vocabulary("bin binti van von der de del da dos la le el al ibn of the")
OFFICES = vocabulary(
    "gubernur wagub bupati walikota kapolda kapolres kapolsek kapolresta kapolrestabes pangdam dandim danrem camat lurah "
    "kades kota desa kadis kabid wakapolres kajari kajati danlanud danlantamal kelurahan kecamatan dusun"
)
# Offices that are followed by what they are for, whatever words say it.
_BROAD = vocabulary("menteri direktur dirjen kepala ketua deputi sekretaris kabid kasi wakil manajer staf asisten koordinator")
_FIRMS = vocabulary(
    "ministry marine department coast parliament airlines airways aerospace industries times herald post army navy air "
    "armed university oil daily today national"
)
_ENGLISH_FORCES = vocabulary("forces military troops army navy government parliament armed ground air intelligence")
_LOCAL = vocabulary("BPBD KPU DPRD BNN Bawaslu KPUD PN RSUD BNNP Dishub Dinkes Basarnas Imigrasi Satpol")
_MODALS = vocabulary("akan telah tidak pun masih belum juga sudah ingin mau harus bisa dapat tak")


def none(page: Page, i: int) -> Found:
    """An idiom or a name that is no span: `gencatan senjata`, `Piala Dunia`."""
    found = page.find_name(i)
    return (found[0], "") if found and found[1].kind == "none" else None


def fixed(page: Page, i: int) -> Found:
    """A name of several words in the lexicon that no head noun may break up: `Gedung Putih`, `Jalur Gaza`."""
    found = page.find_name(i)
    if not found or found[0] < i + 2 or found[1].kind not in ("metonym", "place", "person", "weapon"):
        return None
    return named(page, i)


def named(page: Page, i: int) -> Found:
    """A name in the lexicon; a country, a capital and a town take their label from the context."""
    found = page.find_name(i)
    if not found:
        return None
    end, entry = found
    if entry.kind == "none":
        return end, ""
    if entry.kind == "weapon":
        if len(entry.name) < 4 and not page.military and not entry.name.isupper():
            return None
        return english_tail(page, designations(page, end)), "WEAPON"
    if entry.kind in ("actor", "person"):
        if entry.kind == "actor" and end < len(page.words) and entry.name.startswith(("Angkatan", "Kementerian", "Departemen")):
            owner = page.find_name(end)
            if owner and owner[1].kind == "country":
                end = owner[0]
        return person_tail(page, end) if entry.kind == "person" else local_tail(page, end), "ACTOR"
    if end < len(page.words) and page.lower[end] in _FIRMS and page.upper[end] and entry.kind in ("country", "adjective"):
        while (
            end < len(page.words)
            and not page.flags[end] & NONE
            and (page.upper[end] or (page.lower[end] in ("of", "and") and end + 1 < len(page.words) and page.upper[end + 1]))
        ):
            end += 1
        return end, "ACTOR"
    if (
        end < len(page.words)
        and entry.kind in ("country", "adjective")
        and page.lower[end] in _ENGLISH_FORCES
        and page.words[end].islower()
    ):
        end += 1 + (page.lower[end] == "air" or page.lower[end] in ("armed", "ground", "security", "special"))
        return end, "ACTOR"
    if entry.kind == "adjective":
        return end, "ACTOR"
    after = direction(page, end)
    if after > end:
        return after, "LOCATION"
    if entry.group == "town" and page.before(i) not in page.lexicon.sets["place.before"] and acts(page, end):
        return end, "ACTOR"
    if entry.kind == "place" and page.before(i) not in OFFICES and not page.title[i]:
        while (
            end < len(page.words)
            and page.flags[end] & CAPITAL
            and page.flags[end] & COMMON
            and not page.flags[end] & (TITLE | NONE | NAME)
        ):
            end += 1
    return end, place_or_party(page, i, end, entry)


def person_tail(page: Page, end: int) -> int:
    """The end of a person's name of which a part is in the lexicon."""
    while (
        end < len(page.words)
        and page.flags[end] & CAPITAL
        and not page.flags[end] & (TITLE | NONE | NAME | BODY)
        and not page.title[end]
    ):
        end += 1
    return end


def local_tail(page: Page, end: int) -> int:
    """The end of a body's name that takes up its province or town: BPBD `Provinsi Jawa Tengah`, KPU `Bandung`."""
    size = len(page.words)
    k = end
    if k < size and page.upper[k] and page.lower[k] in ("provinsi", "kabupaten", "kota", "daerah"):
        k += 1
    if k < size and (k > end or page.words[end - 1] in _LOCAL) and page.upper[k] and not page.title[k]:
        found = page.find_name(k)
        if found and found[1].kind == "place":
            return found[0]
    return end


def acts(page: Page, i: int) -> bool:
    """Whether a verb stands at token `i`, so that the name before it does something."""
    return i < len(page.words) and (is_verb(page.lower[i]) or page.lower[i] in _MODALS)


def direction(page: Page, end: int) -> int:
    """The end of a direction that follows a place's name: Gaza `utara`, Irak `bagian selatan`."""
    lower, words = page.lower, page.words
    size = len(words)
    j = end
    if j < size and lower[j] == "bagian":
        j += 1
    if j < size and words[j] in ("utara", "selatan", "timur", "barat", "tengah", "tenggara", "pusat"):
        j += 1
        if j < size and words[j] in ("laut", "daya") and words[j - 1] in ("timur", "barat"):
            j += 1
        return j
    if j < size and words[j] in ("Utara", "Selatan", "Timur", "Barat", "Tengah") and j == end:
        return j + 1
    return end


def place_or_party(page: Page, i: int, end: int, entry: Entry | None) -> str:
    """ACTOR or LOCATION for the name `[i, end)` by what stands around it; `entry` is None for an unknown name."""
    sets = page.lexicon.sets
    lower, words = page.lower, page.words
    size = len(words)
    kind = entry.kind if entry else "unknown"
    previous = page.before(i)
    if kind == "place" and previous:
        if previous in OFFICES or previous == "wali":
            return "ACTOR"
        return "LOCATION"
    if previous in sets["place.sure"]:
        if kind == "unknown" and ACRONYM.match(words[i]) and end == i + 1:
            return "ACTOR"
        if kind == "metonym" and previous == "asal":
            return "ACTOR"
        return "LOCATION"
    if previous in ("ke", "to", "into"):
        return _after_ke(page, i, kind)
    if previous in ("dari", "from"):
        return _after_dari(page, i, end, kind)
    if kind == "metonym":
        return "ACTOR"
    if previous == "," and page.spans and i >= 2:
        _, stop, label = page.spans[-1]
        if label == "LOCATION" and stop == page.ends[i - 2] and (kind != "unknown" or (end < size and words[end] in ",.()")):
            return "LOCATION"
    if previous in ("dan", "atau", "hingga", "sampai", "and", "-", "serta") and page.spans and i >= 2:
        _, stop, label = page.spans[-1]
        if label == "LOCATION" and stop == page.ends[i - 2] and not (end < size and lower[end] in sets["speech.verbs"]):
            return "LOCATION"
    if kind == "place":
        return "LOCATION"
    if (
        kind in ("capital", "country")
        and previous in sets["place.land"]
        and not (page.spans and page.spans[-1][1] == page.ends[i - 1])
    ):
        follows = page.find_name(end + (lower[end] in ("-", "–", "dan", "vs", "melawan", "dengan"))) if end + 1 < size else None
        return "ACTOR" if follows and follows[1].kind in ("country", "actor", "capital") else "LOCATION"
    if kind in ("capital", "unknown") and end + 1 < size and words[end] == ",":
        follows = page.find_name(end + 1)
        address = kind == "capital" or previous in sets["place.before"]
        if follows and address and follows[1].kind in ("country", "place") and (entry is None or follows[1].id == entry.id):
            return "LOCATION"
    if kind in ("country", "capital", "unknown") and previous in (
        "seluruh",
        "luar",
        "antero",
        "sepanjang",
        "penjuru",
        "sekitar",
        "meninggalkan",
    ):
        return "LOCATION"
    if kind == "unknown":
        return page.memory.get(words[i], "ACTOR")
    return "ACTOR"


def _cue(page: Page, i: int, reach: int, yes: frozenset[str], no: frozenset[str]) -> bool | None:
    """Which kind of cue stands nearest before token `i` in its sentence: True for `yes`, False for `no`."""
    lower = page.lower
    for j in range(i - 1, max(-1, i - 1 - reach), -1):
        word = lower[j]
        if word in ".!?\n":
            return None
        if word in yes:
            return True
        if word in no:
            return False
    return None


def _after_ke(page: Page, i: int, kind: str) -> str:
    sets = page.lexicon.sets
    if kind in ("country", "capital", "metonym"):
        cue = _cue(page, i - 1, 12, sets["place.giving"], sets["place.going"])
        return "ACTOR" if cue else "LOCATION"
    word = page.words[i]
    if ACRONYM.match(word) or page.memory.get(word) == "ACTOR":
        return "ACTOR"
    return "ACTOR" if _cue(page, i - 1, 4, sets["place.giving"], sets["place.going"]) else "LOCATION"


def _after_dari(page: Page, i: int, end: int, kind: str) -> str:
    sets = page.lexicon.sets
    if kind in ("country", "capital", "metonym"):
        cue = _cue(page, i - 1, 8, sets["place.taking"], sets["place.going"])
        if cue is None and page.spans:
            start, _, label = page.spans[-1]
            cue = label == "WEAPON" and page.starts[max(0, i - 9)] <= start
        return "ACTOR" if cue or kind == "metonym" else "LOCATION"
    word = page.words[i]
    if end > i + 1 or ACRONYM.match(word) or page.memory.get(word) == "ACTOR":
        return "ACTOR"
    return "LOCATION"


def title(page: Page, i: int) -> Found:
    """A title before a name stays outside: Menteri Pertahanan [Rusia], Jenderal [Tan Malaka]."""
    if not page.upper[i]:
        return None
    lower, flags, upper = page.lower, page.flags, page.upper
    functions = page.lexicon.sets["title.functions"]
    size = len(lower)
    office = lower[i] in _BROAD
    j = i + 1
    while j < size:
        if lower[j] in ("dan", "&") and not page.title[j]:
            if not (
                j + 1 < size
                and upper[j + 1]
                and (lower[j + 1] in functions or flags[j + 1] & INNER)
                and not flags[j + 1] & BODY
            ):
                break
            j += 1
        elif lower[j] in functions and (upper[j] or lower[j] == "bicara"):
            if lower[j] == "angkatan":
                break
            j += 1
        elif (
            (
                office
                and upper[j]
                and flags[j] & (COMMON | INNER)
                and not flags[j] & (BODY | SITE | NAME | WEAPON)
                and not page.title[j]
            )
            or (flags[j] & TITLE and upper[j])
            or (page.words[j] == "." and len(lower[j - 1]) <= 4 and j + 1 < size and upper[j + 1])
        ):
            j += 1
        else:
            break
    return j, ""


def run(page: Page, i: int) -> Found:
    """Words written as a name that the lexicon does not know: a party, or a place where the context says so."""
    words, lower, flags = page.words, page.lower, page.flags
    size = len(words)
    if flags[i] & NONE or page.words[i] in ("“", "”"):
        return None
    j = i + 1
    while j < size:
        flag = flags[j]
        if flag & CAPITAL and j < i + 3 and "-" in words[j] and is_designation(page, j) and not page.title[j]:
            return english_tail(page, designations(page, j + 1, free=True)), "WEAPON"
        if flag & CAPITAL and not flag & NONE:
            if flag & (TITLE | SHAPE) or (flag & NAME and breaks(page, j)):
                break
            j += 1
        elif (
            words[j] == "."
            and len(words[j - 1]) <= 2
            and page.starts[j] == page.ends[j - 1]
            and j + 1 < size
            and flags[j + 1] & CAPITAL
        ):
            if len(words[j - 1]) == 2 and words[j - 1].isupper():
                break
            j += 1
        elif (
            lower[j] in _PARTICLES
            and j + 1 < size
            and flags[j + 1] & CAPITAL
            and not page.title[j]
            and not flags[j + 1] & TITLE
        ):
            if page.find_name(j + 1) and flags[j + 1] & NAME and breaks(page, j + 1):
                break
            j += 2
        elif words[j] == "&" and j + 1 < size and flags[j + 1] & CAPITAL:
            j += 2
        elif flag & COMMON and page.upper[j] and page.title[j] is False and flags[j] & INNER:
            j += 1
        else:
            break
    if all(flags[k] & COMMON for k in range(i, j)) and not _vouched(page, i, j):
        return j, ""
    if page.glued(i):
        label = _label_of_glued(page, i)
        if label:
            return i + 1, label
    if len(words[i]) == 1 and j == i + 1 and page.before(i) not in ("berinisial", "inisial"):
        return j, ""
    label = place_or_party(page, i, j, None)
    if label == "ACTOR" and j < size and ACRONYM.match(words[j - 1]):
        j = local_tail(page, j)
    surname = words[j - 1]
    page.memory.setdefault(words[i], label)
    if label == "ACTOR" and len(surname) > 2:
        page.memory.setdefault(surname, label)
    return j, label


def _vouched(page: Page, i: int, j: int) -> bool:
    """Whether something says that the common words `[i, j)` are a name: a title, a verb of speech, a known surname."""
    size = len(page.words)
    verbs = page.lexicon.sets["speech.verbs"]
    if i and page.flags[i - 1] & TITLE and page.upper[i - 1] and not page.title[i]:
        return True
    if page.words[i] in page.memory or page.words[j - 1] in page.memory:
        return True
    if page.before(i) in verbs and page.before(i) not in ("sebut", "tanya", "jawab", "terang") and not page.title[i]:
        return True
    if page.before(i) in ("bernama", "berinisial", "alias"):
        return True
    return j + 1 < size and page.words[j] == "(" and bool(ACRONYM.match(page.words[j + 1])) and j > i + 1


def _label_of_glued(page: Page, i: int) -> str:
    """The label of the first name in a word that scraping ran together, or ""."""
    word = page.words[i]
    for match in re.finditer(r"(?<=[a-zà-ÿ])(?=[A-Z])", word):
        for part in (word[: match.start()], word[match.start() :]):
            for _, entry in page.lexicon.names.get(part.lower(), ()):
                if entry.name == part and entry.kind != "none":
                    return {"place": "LOCATION", "weapon": "WEAPON"}.get(entry.kind, "ACTOR")
    return ""
