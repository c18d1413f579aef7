"""Names as facts: ids, aliases, classes, and a user's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from claimml.errors import FormatError
from claimml.gazetteer import FILES, KINDS, LEXICON, Gazetteer, read

GAZETTEER = Gazetteer()


@pytest.mark.parametrize(
    ("surface", "label", "id"),
    [
        ("Grup Wagner Rusia", "ACTOR", "Wagner"),
        ("Kementerian Dalam Negeri Korea Utara", "ACTOR", None),
        ("Korut", "ACTOR", "KP"),
        ("Korea Utara", "ACTOR", "KP"),
        ("DPRK", "ACTOR", "KP"),
        ("Pyongyang", "ACTOR", "KP"),
        ("North Korean", "ACTOR", "KP"),
        ("militer Korea Utara", "ACTOR", "KP"),
        ("Korea  Utara", "LOCATION", "KP"),
        ("Kremlin", "ACTOR", "RU"),
        ("Federasi Rusia", "ACTOR", "RU"),
        ("AS", "ACTOR", "US"),
        ("Gedung Putih", "ACTOR", "US"),
        ("Washington D.C.", "LOCATION", "US"),
        ("Korsel", "ACTOR", "KR"),
        ("Perserikatan Bangsa-Bangsa", "ACTOR", "UN"),
        ("Hezbollah", "ACTOR", "Hizbullah"),
        ("kelompok Hizbullah", "ACTOR", "Hizbullah"),
        ("Jateng", "LOCATION", "jawa-tengah"),
        ("pelabuhan Najin", "LOCATION", "najin"),
        ("Gaza utara", "LOCATION", "Gaza"),
        ("Entah Siapa", "ACTOR", None),
        ("", "ACTOR", None),
    ],
)
def test_canonical(surface: str, label: str, id: str | None) -> None:
    assert GAZETTEER.canonical(surface, label) == id


@pytest.mark.parametrize(
    ("surface", "group"),
    [
        ("rudal balistik jarak pendek", "missile"),
        ("rudal-rudal", "missile"),
        ("rudalnya", "missile"),
        ("Hwasong-18", "missile"),
        ("ballistic missiles", "missile"),
        ("tank Leopard 2A4", "tank"),
        ("peluru artileri 152 milimeter", "ammunition"),
        ("drone bunuh diri", "drone"),
        ("pesawat nirawak", "drone"),
        ("jet tempur", "aircraft"),
        ("kapal selam bertenaga nuklir", "submarine"),
        ("sistem pertahanan udara", "air-defence"),
        ("senjata", "generic"),
        ("kursi", None),
    ],
)
def test_weapon_class(surface: str, group: str | None) -> None:
    assert GAZETTEER.weapon_class(surface) == group
    assert GAZETTEER.canonical(surface, "WEAPON") == group


def test_own_file_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[country]]\nid = "ZZ"\nnames = ["Wakandari"]\ncapital = ["Birnin"]\n'
        '[[name]]\nclass = "missile"\nnames = "Petirsakti;Gunturraya"\n',
        encoding="utf-8",
    )
    gazetteer = Gazetteer([file])
    assert gazetteer.canonical("Birnin", "ACTOR") == "ZZ"
    assert gazetteer.weapon_class("Gunturraya 2") == "missile"
    assert gazetteer.canonical("Korsel", "ACTOR") == "KR"


@pytest.mark.parametrize("text", ["[[country]\n", '[[country]]\nnames = ["X"]\n', '[[country]]\nid = "ZZ"\nnames = 3\n'])
def test_a_bad_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=r"bad\.toml"):
        Gazetteer([file])


def test_the_shipped_lexicon() -> None:
    countries = read(LEXICON / "countries.toml")["country"]
    ids = [country["id"] for country in countries]
    assert len(ids) == len(set(ids)) > 150
    assert all(entry.kind in KINDS and entry.name == entry.name.strip() and entry.id for entry in GAZETTEER.entries)
    assert {path.name for path in LEXICON.glob("*.toml")} >= {*FILES, "grammar.toml", "words.toml"}
