"""Nouns that belong to a name: the kind of a body, the class of a place."""

from __future__ import annotations

from claimml.rules.names import OFFICES, direction
from claimml.rules.page import ACRONYM, BODY, CAPITAL, COMMON, INNER, NAME, NONE, SHAPE, SITE, TITLE, Found, Page, vocabulary

# Bodies named for what they do: an unknown name after that is a person's.
_FUNCTIONAL = vocabulary("kementerian badan dinas komisi dewan mahkamah direktorat ditjen lembaga otoritas departemen biro")
_UNITS = vocabulary(
    "skadron skuadron batalyon batalion brigade yonif yonarmed yonkav divisi resimen kodim satuan detasemen densus kompi "
    "front armada"
)
_ADMINISTRATIVE = vocabulary("desa kecamatan kabupaten kelurahan provinsi rt rw dusun kampung jalan")


def body(page: Page, i: int) -> Found:
    """A noun for a body with the name that belongs to it: `militer Korea Selatan`, `Kementerian Pertahanan`."""
    words, lower, flags, upper = page.words, page.lower, page.flags, page.upper
    size = len(words)
    sets = page.lexicon.sets
    j = max(page.phrase("actor", i), i + 1 if lower[i] in sets["actor.heads"] or "-" in lower[i] else i)
    known = page.find_name(i) if flags[i] & NAME else None
    if known and known[1].kind == "none":
        return None
    if j == i:
        return None
    head = lower[i]
    bare = head in sets["actor.bare"]
    big = upper[i] and not page.title[i] and bool(flags[i] & CAPITAL or (i + 1 < size and upper[i + 1]))
    k = j
    name = False
    while k < size:
        flag = flags[k]
        if flag & NONE and upper[k]:
            break
        found = page.find_name(k) if flag & NAME else None
        if found and found[1].kind != "none" and not (found[1].kind == "weapon" and found[0] == k + 1 and big):
            if found[1].kind == "weapon":
                break
            # A name ends the body's name, but for a country that a full name takes up (Partai Buruh Korea).
            k = found[0]
            name = True
            if (
                found[1].kind in ("place", "country")
                and k < size
                and words[k] in ("Utara", "Selatan", "Timur", "Barat", "Tengah")
            ):
                k += 1
                continue
            if (
                bare
                or found[1].kind in ("country", "capital", "metonym")
                or not (k < size and flags[k] & CAPITAL and flags[k] & INNER)
            ):
                break
            continue
        if (
            bare
            and not big
            and k == j
            and upper[k]
            and flag & BODY
            and not ACRONYM.match(words[k])
            and lower[k] not in ("angkatan", "pasukan")
        ):
            return None
        if upper[k] and (big or page.title[k]) and (flag & INNER or lower[k] in sets["actor.heads"]):
            k += 1
            name = name or not bare
        elif flag & CAPITAL and not flag & (TITLE | SHAPE) and not (page.title[k] and flag & COMMON):
            if head in _FUNCTIONAL and name and not flag & (COMMON | INNER) and k > i + 1 and flags[k - 1] & INNER:
                break
            k += 1
            name = True
        elif words[k] in ("dan", "of", "for", "untuk", "and", "&") and big and not bare and k + 1 < size and upper[k + 1]:
            if not (flags[k + 1] & (INNER | COMMON) and k > j - 1) or page.find_name(k + 1):
                break
            k += 2
        elif words[k] == "-" and k + 1 < size and words[k + 1][0].isdigit():
            k += 2
        elif (
            (words[k][0].isdigit() or lower[k].startswith("ke-"))
            and big
            and ((k == j and not bare) or head in _UNITS)
            and not page.title[k]
        ):
            k += 1
            if k + 1 < size and words[k] == "/" and upper[k + 1]:
                k += 2
            name = True
        elif not big and not name and (flag & INNER) and words[k].islower():
            m = k
            while m < size and m < k + 4 and flags[m] & INNER and words[m].islower():
                m += 1
            if m < size and page.find_name(m) and upper[m]:
                k = m
            else:
                break
        else:
            break
    if known and known[0] >= k:
        return known[0], "ACTOR"
    if name and k > j - 1 and k > i + 1:
        return k, "ACTOR"
    if not bare and (big or page.title[i]) and j > i + 1 and flags[i] & BODY:
        return j, "ACTOR"
    if not name and j > i + 1 and big and head in ("kementerian", "departemen", "angkatan", "badan", "dewan"):
        return j, "ACTOR"
    if name and k == i + 1:
        return k, "ACTOR"
    return None


def site(page: Page, i: int) -> Found:
    """A noun for a kind of place with the name that belongs to it: `pelabuhan Najin`, `wilayah barat daya Rusia`."""
    words, lower, flags, upper = page.words, page.lower, page.flags, page.upper
    size = len(words)
    sets = page.lexicon.sets
    head = lower[i]
    j = max(page.phrase("place", i), i + 1 if head in sets["place.nouns"] or "-" in head else i)
    if j == i:
        return None
    previous = page.before(i)
    big = upper[i] and not page.title[i]
    k = j
    while k < size and words[k].islower() and lower[k] in sets["place.directions"]:
        k += 1
    turned = k > j
    while k < size and flags[k] & SITE and k < j + 4 and (words[k].islower() or (upper[k] and not big)):
        k += 1
        while k < size and words[k].islower() and lower[k] in sets["place.directions"]:
            k += 1
    m = k
    name = False
    while m < size:
        flag = flags[m]
        if name and (lower[m] in _ADMINISTRATIVE or (flag & BODY and m > k)) and upper[m]:
            break
        found = page.find_name(m) if flag & NAME else None
        if found and found[1].kind not in ("none", "weapon"):
            if name and found[1].kind in ("country", "person") and words[m - 1] not in "-–":
                break
            m = found[0]
            name = True
            if found[1].kind in ("country", "place", "capital"):
                if m + 1 < size and words[m] in "-–" and flags[m + 1] & CAPITAL:
                    m += 1
                    continue
                if head == "perbatasan" and m + 1 < size and lower[m] == "dan" and upper[m + 1] and page.find_name(m + 1):
                    m += 1
                    name = False
                    continue
                m = direction(page, m)
                if found[1].kind == "country" or (m < size and flags[m] & CAPITAL and not flags[m] & (COMMON | INNER)):
                    break
        elif (flag & CAPITAL and not flag & (TITLE | SHAPE)) or (upper[m] and name and flag & INNER and not page.title[m]):
            if flag & NONE:
                break
            m += 1
            name = True
        elif upper[m] and flag & (INNER | SITE) and (big or page.title[m]) and not flag & TITLE:
            m += 1
            name = name or not page.title[m - 1]
        elif (
            words[m] in ("-", "–") and name and m + 1 < size and flags[m + 1] & CAPITAL and page.starts[m] == page.ends[m - 1]
        ) or (
            words[m] == "." and len(words[m - 1]) <= 3 and m + 1 < size and upper[m + 1] and page.starts[m] == page.ends[m - 1]
        ):
            m += 1
        elif (
            words[m].isdigit()
            and m > i
            and big
            and head in ("rt", "rw", "jalan", "sdn", "smpn", "sman", "km", "blok", "smp", "sma")
        ):
            m += 1
            name = True
        else:
            break
    if not name:
        if turned and head in ("perbatasan", "perairan", "laut"):
            return k, "LOCATION"
        return None
    if (
        head in sets["place.weak"]
        and j == i + 1
        and not big
        and previous not in sets["place.before"]
        and not turned
        and head
        not in (
            "wilayah",
            "kota",
            "laut",
            "gunung",
            "sungai",
            "daerah",
            "kawasan",
            "jalan",
            "pantai",
        )
    ):
        return None
    if words[m - 1] == "." or words[m - 1] in "-–":
        m -= 1
    if previous in OFFICES or (i and flags[i - 1] & TITLE and upper[i - 1] and head not in sets["place.venues"]):
        return m, "ACTOR"
    if (
        head in sets["place.venues"]
        and previous not in sets["place.before"]
        and head in ("kantor", "rs", "rsud", "sekolah", "smp", "sma", "smk", "sman", "klinik", "rumah-sakit")
    ):
        return m, "ACTOR"
    return m, "LOCATION"
