"""What weapons look like: nouns with their modifiers, designations, ships by their navy's prefix."""

from __future__ import annotations

import re

from claimml.rules.page import (
    ACRONYM,
    BODY,
    CAPITAL,
    CLASSIFIER,
    NAME,
    NONE,
    SHAPE,
    SITE,
    TITLE,
    UNIT,
    WEAPON,
    Found,
    Page,
    breaks,
    vocabulary,
)

_DESIGNATION = re.compile(r"([A-Z][A-Za-z]{0,3}|F/A|[A-Z][a-z]{3,9})-?(\d{1,4})[A-Za-z0-9/-]*$")
_MIXED = re.compile(r"(?=.*\d)(?=.*[A-Z])[\w/.-]+$")
_NUMBER_UNITS = vocabulary("mm milimeter millimeter cm inci inch kaliber kg")
_ORDINALS = vocabulary("pertama kedua ketiga keempat kelima keenam ketujuh")
# Nouns that any modifier in the list makes a weapon; for the others it must be one of arms.
_MADE_BY_ANY = vocabulary(
    "rompi hulu sabuk bubuk selongsong peluncur pelontar penyembur baterai kendaraan jip perusak penjelajah agen zat "
    "perisai peralatan"
)
_FORCES = vocabulary(
    "militer tni tentara angkatan au al ad tempur perang musuh pasukan serangan amunisi rudal skadron lanud lantamal"
)
_SHIPS = vocabulary("kapal fregat frigat korvet perusak frigate")
_SYSTEMS = vocabulary("rudal misil roket senjata senjatanya persenjataan artileri peluncur drone hipersonik")


def weapon(page: Page, i: int) -> Found:
    """A weapon noun with the modifiers and designations that narrow it: `rudal balistik jarak pendek`."""
    words, lower = page.words, page.lower
    size = len(words)
    lexicon = page.lexicon
    head = _root(lower[i], lexicon.heads)
    j = i + 1
    strong = 0
    modifiers = lexicon.modifiers
    while j < size:
        phrase = page.phrase("modifiers", j)
        if phrase > j:
            j = phrase
            strong += 1
            continue
        word = lower[j]
        root = word[:-3] if word.endswith("nya") else word
        if (root in modifiers or (word.startswith(("anti-", "anti")) and len(word) > 6) or "-ke-" in word) and not (
            words[j] == words[j].upper() and not page.title[j] and len(word) < 5
        ):
            if root in lexicon.heads["always"] and not _may_hold(head, root):
                break
            strong += root not in ("serbaguna", "cepat", "panjang", "pendek", "darat", "mobil", "mini")
            j += 1
            if word.endswith("nya"):
                break
            continue
        if words[j][0].isdigit():
            if j + 1 < size and lower[j + 1] in _NUMBER_UNITS and page.lower[j + 1] != "kg":
                j += 2
                continue
            if j + 3 < size and lower[j + 1] in ("x", "×") and words[j + 2][0].isdigit() and lower[j + 3] in _NUMBER_UNITS:
                j += 4
                continue
            if lower[j].endswith("mm") and len(lower[j]) > 2:
                j += 1
                continue
            if j + 1 < size and lower[j + 1] == "meter" and head in _SHIPS:
                j += 2
                continue
            break
        if word in ("kaliber", "berkaliber", "diameter") and j + 1 < size and words[j + 1][0].isdigit():
            j += 1
            if j + 1 < size and lower[j + 1] in _NUMBER_UNITS:
                continue
            j += 1
            continue
        if word == "bersistem" and j + 1 < size and page.find_name(j + 1):
            j += 2
            continue
        if word == "kelas" and j + 1 < size and page.upper[j + 1]:
            j += 2
            continue
        if word == "generasi" and j + 1 < size and (lower[j + 1] in _ORDINALS or lower[j + 1].startswith("ke-")):
            j += 2
            strong += 1
            continue
        if word == "tipe" and j + 1 < size and page.upper[j + 1]:
            break
        break
    civil = j < size and lower[j] in ("boeing", "airbus", "atr", "cessna", "garuda", "lion", "fokker")
    if head in lexicon.heads["always"]:
        good = True
    elif head in lexicon.heads["modified"]:
        good = strong > 0
        if head not in _MADE_BY_ANY:
            good = good and _arms_phrase(page, i, j)
        if (not good and head == "sistem") or (head in ("perusak", "penjelajah") and page.military):
            good = designations(page, j, head != "sistem") > j and not page.title[j]
    elif head in lexicon.heads["military"]:
        named_type = designations(page, j)
        good = not civil and (
            strong > 0 or (named_type > j and not page.title[j]) or (_military_near(page, i) and not _civil_near(page, i))
        )
    else:
        return None
    if not good or (j < size and lower[j] in ("mainan", "palsu")):
        return None
    if not civil:
        j = designations(
            page, j, (head != "bom" and head in lexicon.heads["always"]) or strong > 0 or head in lexicon.heads["military"]
        )
    return j, "WEAPON"


def _root(word: str, heads: dict[str, frozenset[str]]) -> str:
    """A weapon noun without doubling and suffix: `rudal-rudalnya` -> `rudal`."""
    for form in (word, word.removesuffix("nya"), word.split("-")[0]):
        if any(form in group for group in heads.values()):
            return form
    return word


_HOLDERS = vocabulary(
    "peluru proyektil amunisi selongsong peluncur pelontar sistem alat peralatan perangkat kendaraan kapal "
    "pesawat hulu bahan mobil truk baterai meriam senapan helikopter munisi tabung magasin surat rompi"
)


def _may_hold(head: str, root: str) -> bool:
    """Whether a weapon noun may be a modifier of another: `peluncur roket`, `peluru senjata api`."""
    if root in ("artileri", "panah", "busur", "peledak", "ranjau", "torpedo", "molotov", "rudal", "roket", "howitzer", "tank"):
        return head not in ("rudal", "senjata") or root in ("artileri", "peledak", "panah")
    return head in _HOLDERS


def _arms_phrase(page: Page, i: int, j: int) -> bool:
    """Whether a noun of daily life is made a weapon by its modifiers."""
    rest = set(page.lower[i + 1 : j])
    head = page.lower[i].removesuffix("nya")
    if head == "bahan":
        return bool(rest & {"peledak", "ledak", "sarin", "peledaknya", "ledaknya"})
    if head == "gas":
        return bool(rest & {"mata", "airmata", "klorin", "sarin", "saraf", "mustard"})
    if head == "satelit":
        return bool(rest & {"pengintai", "mata-mata", "militer"})
    if head in ("anak", "mata"):
        return bool(rest & {"panah", "busur"})
    if head in ("mobil", "truk", "surat"):
        return bool(rest & {"bom", "tempur", "militer", "baja", "peluncur"})
    if head in ("baju", "jaket", "kacamata"):
        return bool(rest & {"peluru", "antipeluru", "malam"})
    if head == "sistem":
        air = "pertahanan" in rest and bool(rest & {"udara", "udaranya"})
        return air or any(word.startswith("anti") for word in rest) or bool(rest & _SYSTEMS)
    return bool(
        rest
        & {
            "perang",
            "tempur",
            "militer",
            "senjata",
            "rudal",
            "roket",
            "peluru",
            "persenjataan",
            "peluncur",
            "peledak",
            "pelontar",
            "granat",
        }
    )


def _military_near(page: Page, i: int) -> bool:
    return page.military or any(word in _FORCES for word in page.lower[max(0, i - 8) : i + 9])


def _civil_near(page: Page, i: int) -> bool:
    near = page.lower[max(0, i - 8) : i + 8]
    return any(
        word in ("penumpang", "maskapai", "nelayan", "sipil", "komersial", "bandara", "kargo", "airlines", "turis", "tiket")
        for word in near
    )


def is_designation(page: Page, i: int) -> bool:
    """Whether token `i` is a type's designation: `F-16`, `Su-35`, `AK-47`, `T-72`."""
    word = page.words[i]
    match = _DESIGNATION.match(word)
    stem, hyphen, tail = word.partition("-")
    if hyphen and tail and (tail[0].isupper() or tail[0].isdigit()) and len(stem) > 2:
        known = page.lexicon.names.get(stem.lower(), ())
        if any(not rest and entry.kind == "weapon" and entry.name[0] == stem[0] for rest, entry in known):
            return True
    if not match or word in page.lexicon.not_shapes or match[1] not in page.lexicon.shapes:
        return False
    return "-" in word or (len(word) >= 3 and page.military)


def designations(page: Page, j: int, free: bool = False) -> int:
    """The end of the designations and proper names that follow a weapon noun or designation at token `j`.

    `free` lets an unknown capitalised word be one, which a weapon noun before it makes likely.
    """
    words, lower, flags, upper = page.words, page.lower, page.flags, page.upper
    size = len(words)
    while j < size:
        flag = flags[j]
        found = page.find_name(j) if flag & NAME else None
        if found:
            if found[1].kind != "weapon":
                break
            j = found[0]
        elif not upper[j]:
            if words[j][0].isdigit() and j + 1 < size and lower[j + 1] in ("mm", "milimeter"):
                j += 2
                continue
            if not (
                words[j].isdigit()
                and len(words[j]) <= 4
                and j
                and upper[j - 1]
                and flags[j - 1] & CAPITAL
                and not _counted(page, j)
            ):
                break
            j += 1
        elif is_designation(page, j) or (free and _MIXED.match(words[j]) and words[j] not in page.lexicon.not_shapes):
            j += 1
        elif flag & SHAPE and words[j].isupper():
            end = ship(page, j)
            if not end:
                break
            j = end[0]
        elif (
            free
            and flag & CAPITAL
            and not flag & (NONE | TITLE | BODY | SITE)
            and not page.title[j]
            and page.memory.get(words[j]) is None
        ):
            if ACRONYM.match(words[j]) or page.glued(j):
                break
            j += 1
        elif flag & CAPITAL and words[j] in ("I", "II", "III", "IV", "V", "VI"):
            j += 1
        else:
            break
    return j


def _counted(page: Page, j: int) -> bool:
    """Whether the number at token `j` counts what follows it."""
    return j + 1 < len(page.words) and bool(page.flags[j + 1] & (UNIT | CLASSIFIER)) and page.lower[j + 1] not in ("m",)


def english_tail(page: Page, end: int) -> int:
    """The end of the English weapon noun that follows a designation: `J-11 fighters`, `Oniks missiles`."""
    if end < len(page.words) and page.flags[end] & WEAPON and page.words[end].islower():
        found = english_weapon(page, end)
        if found and not weapon(page, end):
            return found[0]
    return end


def shape(page: Page, i: int) -> Found:
    """A designation that stands alone: `S-400`, `F-16 Fighting Falcon`."""
    if not page.upper[i] or not is_designation(page, i):
        return None
    return english_tail(page, designations(page, i + 1, free=True)), "WEAPON"


def ship(page: Page, i: int) -> Found:
    """A warship by its navy's prefix: `KRI Nagapasa 403`, `USS Nimitz`."""
    words, flags = page.words, page.flags
    size = len(words)
    if words[i] not in page.lexicon.ships:
        return None
    j = i + 1
    while j < size and j < i + 5 and ((page.upper[j] and not flags[j] & TITLE) or (words[j].isdigit() and len(words[j]) <= 4)):
        if words[j] == "." or (j > i + 1 and flags[j] & NAME and breaks(page, j) and not words[j].isdigit()):
            break
        j += 1
        if j + 1 < size and words[j] == "." and len(words[j - 1]) == 1:
            j += 1
    return (j, "WEAPON") if j > i + 1 or words[i] in ("KRI",) else None


def english_weapon(page: Page, i: int) -> Found:
    """An English weapon noun with the modifiers before it: `short-range ballistic missiles`."""
    lower = page.lower
    lexicon = page.lexicon
    english = lexicon.heads["english"]
    size = len(lower)
    j = i
    end = i
    while j < size and j < i + 7:
        word = lower[j]
        single = word.removesuffix("s") if not word.endswith("ss") else word
        if word in english or single in english or (word in lexicon.english_tails and (end or j > i) and j > i):
            end = j + 1
        elif not (word in lexicon.english or (is_designation(page, j) and j > i)):
            break
        j += 1
    if end == i:
        return None
    word = lower[i]
    if end == i + 1 and (
        word in ("arms", "arm", "round", "rounds", "shell", "gun", "tank")
        and (page.before(i) in ("in", "his", "her", "of") or word in ("arm", "round"))
    ):
        return None
    if page.title[i] and end == i + 1 and word == "round":
        return None
    return end, "WEAPON"
