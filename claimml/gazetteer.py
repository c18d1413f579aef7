"""Names as facts: countries, places, actors and weapons, each with an id, its aliases and its class.

The lexicon is package data (`claimml/lexicon/*.toml`), and a file of the user's own extends it:

    [[country]]                      [[place]]                [[actor]]               [[name]]
    id = "KP"                        id = "najin"             id = "Wagner"           class = "missile"
    names = ["Korea Utara", ...]     names = ["Najin", ...]   class = "group"         names = "Hwasong;KN-23"
    capital = ["Pyongyang"]                                   names = ["Grup Wagner"]

`Gazetteer().canonical("Korut", "ACTOR")` is "KP"; of a weapon, `weapon_class` is "missile", "tank", ...
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimml.errors import FormatError

LEXICON = Path(__file__).with_name("lexicon")
FILES = ("countries.toml", "places.toml", "actors.toml", "weapons.toml")
KINDS = ("country", "capital", "metonym", "adjective", "place", "actor", "person", "weapon")

_LABELS = {
    "ACTOR": ("country", "metonym", "capital", "adjective", "actor", "person", "place"),
    "LOCATION": ("capital", "place", "country", "metonym"),
    "WEAPON": ("weapon",),
}
# What may stand around a name and is no part of it: the noun of the body, the class of the place.
_AROUND = re.compile(
    r"^(?:militer|pasukan|tentara|pemerintah(?:an)?|angkatan (?:darat|laut|udara|bersenjata)|kelompok|milisi|rezim|"
    r"kantor berita|harian|perusahaan|pt|grup|kota|"
    r"kabupaten|provinsi|pulau|pelabuhan|wilayah|bandara|desa|negara|ibu ?kota|government of|"
    r"the|city of)\s+",
)
_TAIL = re.compile(r"(?:nya|['’]s|\s+(?:utara|selatan|timur|barat|tengah))$")


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of one thing: `kind` is one of `KINDS`, `group` its class ("missile", "alliance", a region) or ""."""

    name: str
    id: str
    kind: str
    group: str = ""


def key(surface: str) -> str:
    """The form under which a name is looked up: lower case, spaces single, apostrophes and dashes plain."""
    return " ".join(surface.replace("’", "'").replace("‘", "'").replace("–", "-").lower().split())


def _strings(value: object, file: Path, field: str) -> list[str]:
    """A field of names: a list of strings, or one string with `;` or line ends between."""
    if isinstance(value, str):
        return [part.strip() for part in re.split(r"[;\n]", value) if part.strip()]
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return list(value)
    raise FormatError(f"{file}: {field} should be a list of names, not {value!r}")


def read(file: Path) -> dict[str, Any]:
    """A TOML file of the lexicon. Raises `FormatError` that names the file where it is none."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"{file}: no TOML file in UTF-8: {error}") from error


def _entries(file: Path, table: Mapping[str, Any]) -> Iterator[Entry]:
    for item in table.get("country", ()):
        for field, kind in (("names", "country"), ("capital", "capital"), ("metonyms", "metonym"), ("adjectives", "adjective")):
            for name in _strings(item.get(field, []), file, f"country.{field}"):
                yield Entry(name, _id(item, file), kind, str(item.get("region", "")))
    for kind in ("place", "actor"):
        for item in table.get(kind, ()):
            for name in _strings(item.get("names", []), file, f"{kind}.names"):
                yield Entry(name, _id(item, file), kind, str(item.get("class", "")))
    plain = table.get("plain", {})
    if isinstance(plain, dict):
        for group, names in plain.items():
            for name in _strings(names, file, f"plain.{group}"):
                yield Entry(name, name, "person" if group == "people" else "actor", group)
    else:
        for name in _strings(plain, file, "plain"):
            yield Entry(name, name, "place")
    for item in table.get("name", ()):
        for name in _strings(item.get("names", []), file, "name.names"):
            yield Entry(name, name, "weapon", str(item.get("class", "generic")))


def _id(item: Mapping[str, Any], file: Path) -> str:
    if not isinstance(item.get("id"), str):
        raise FormatError(f'{file}: the entry with names {item.get("names")} has no id; add id = "..."')
    return str(item["id"])


@functools.cache
def _shipped(name: str) -> tuple[tuple[Entry, ...], dict[str, Any]]:
    table = read(LEXICON / name)
    return tuple(_entries(LEXICON / name, table)), table


class Gazetteer:
    """The shipped lexicon, and on top of it the files given: what they say of a name counts first."""

    def __init__(self, files: Iterable[str | Path] = ()) -> None:
        self.entries: list[Entry] = []
        heads: list[Mapping[str, Any]] = []
        for file in map(Path, files):
            table = read(file)
            self.entries += _entries(file, table)
            heads += table.get("head", ())
        for name in FILES:
            entries, table = _shipped(name)
            self.entries += entries
            heads += table.get("head", ())
        self._by_name: dict[str, list[Entry]] = {}
        for entry in self.entries:
            self._by_name.setdefault(key(entry.name), []).append(entry)
        self._heads: dict[str, str] = {}
        for head in heads:
            for field in ("always", "military", "modified", "english"):
                for word in str(head.get(field, "")).split():
                    self._heads.setdefault(word, head["class"])
        # A text names the same few names again and again.
        self._found = functools.lru_cache(1 << 16)(self._look_up)
        self._classed = functools.lru_cache(1 << 16)(self._class_of)

    def find(self, surface: str, label: str) -> Entry | None:
        """The entry that a surface of that label names, or None: "Militer Korut" is found as "Korut"."""
        return self._found(surface, label)

    def _look_up(self, surface: str, label: str) -> Entry | None:
        kinds = _LABELS.get(label, ())
        name = key(surface)
        for form in dict.fromkeys((name, _TAIL.sub("", name), _AROUND.sub("", name), _AROUND.sub("", _TAIL.sub("", name)))):
            found = [entry for entry in self._by_name.get(form, ()) if entry.kind in kinds]
            if found:
                return min(found, key=lambda entry: kinds.index(entry.kind))
        return self._of_a_country(name) if label == "ACTOR" else None

    def _of_a_country(self, name: str) -> Entry | None:
        """The group in "grup wagner rusia": a known name before that of its country."""
        words = name.split()
        for cut in range(1, min(3, len(words) - 1) + 1):
            country, rest = " ".join(words[-cut:]), " ".join(words[:-cut])
            if any(entry.kind == "country" for entry in self._by_name.get(country, ())):
                return next((e for e in self._by_name.get(rest, ()) if (e.kind, e.group) == ("actor", "group")), None)
        return None

    def canonical(self, surface: str, label: str) -> str | None:
        """The id of what a surface names ("KP" for Korut, DPRK, Pyongyang); a weapon's is its class; None if unknown."""
        if label == "WEAPON":
            return self.weapon_class(surface)
        entry = self.find(surface, label)
        return entry.id if entry else None

    def weapon_class(self, surface: str) -> str | None:
        """The class of a weapon by its proper name or designation, else by its head noun: "missile", "tank", ..."""
        return self._classed(surface)

    def _class_of(self, surface: str) -> str | None:
        words = key(surface).split()
        for start in range(len(words)):
            for end in range(len(words), start, -1):
                name = " ".join(words[start:end])
                for form in (name, re.sub(r"-?\d.*$", "", name)):
                    entry = next((e for e in self._by_name.get(form, ()) if e.kind == "weapon" and e.group != "generic"), None)
                    if entry:
                        return entry.group
        pairs = {"jet": "aircraft", "pesawat": "aircraft", "kapal": "ship", "kendaraan": "vehicle"}
        if words[:2] == ["kapal", "selam"]:
            return "submarine"
        if any(word in ("nirawak", "awak", "berawak", "unmanned") for word in words):
            return "drone"
        if words[:1] == ["sistem"] and "pertahanan" in words:
            return "air-defence"
        for word in words:
            for form in (
                word,
                word.split("-")[0],
                word.removesuffix("nya"),
                word.removesuffix("s"),
                word.removesuffix("ies") + "y",
            ):
                found = self._heads.get(form) or pairs.get(form)
                if found and found not in ("system", "generic"):
                    return found
        return "generic" if words and any(self._heads.get(w.removesuffix("nya").removesuffix("s")) for w in words) else None
