"""The rule tagger: each row of the table by its own examples, and what holds for any text."""

from __future__ import annotations

import dataclasses
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimml.document import LABELS, Document
from claimml.gazetteer import Gazetteer
from claimml.rules import RULES, Rule, RuleTagger
from claimml.rules.page import Page, lexicon

LETTERS = {label[0]: label for label in LABELS}
TAGGER = RuleTagger()


def unmark(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """`[A Rusia] diam` -> the text and its spans."""
    text, spans, end = "", [], 0
    for match in re.finditer(r"\[([QWAL]) ([^\]]+)\]", marked):
        text += marked[end : match.start()]
        spans.append((len(text), len(text) + len(match[2]), LETTERS[match[1]]))
        text += match[2]
        end = match.end()
    return text + marked[end:], spans


def mark(document: Document) -> str:
    text = document.text
    for span in reversed(document.spans):
        text = f"{text[: span.start]}[{span.label[0]} {text[span.start : span.end]}]{text[span.end :]}"
    return text


def fired(text: str) -> set[str]:
    """The names of the rules that applied somewhere in a text."""
    names: set[str] = set()

    def watched(rule: Rule) -> Rule:
        def find(page: Page, i: int) -> tuple[int, str] | None:
            found = rule.find(page, i)
            if found:
                names.add(rule.name)
            return found

        return dataclasses.replace(rule, find=find)

    RuleTagger([watched(rule) for rule in RULES]).tag([text])
    return names


@pytest.mark.parametrize(("rule", "marked"), [(rule, example) for rule in RULES for example in rule.examples])
def test_examples(rule: Rule, marked: str) -> None:
    text, _ = unmark(marked)
    assert mark(TAGGER.tag([text])[0]) == marked
    assert rule.name in fired(text), "the example does not show its rule"


@pytest.mark.parametrize(("rule", "marked"), [(rule, example) for rule in RULES for example in rule.near_misses])
def test_near_misses(rule: Rule, marked: str) -> None:
    text, _ = unmark(marked)
    assert mark(TAGGER.tag([text])[0]) == marked
    assert rule.name not in fired(text)


def test_every_rule_has_examples() -> None:
    assert all(len(rule.examples) >= 2 and len(rule.near_misses) >= 2 for rule in RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)


PARTY = [
    "[A Iran] mengirim [W drone] ke [A Rusia].",
    "[W Rudal] itu ditembakkan ke [L Ukraina].",
    "Invasi [A Rusia] ke [L Ukraina] berlanjut.",
    "Perang melawan [A Ukraina] berlanjut.",
    "[A Prabowo] kembali ke [L Jakarta] setelah kunjungan ke [L Beijing].",
    "Kapal itu berasal dari [L Pakistan].",
    "Sidang di [A PBB] ditunda.",
    "Negosiasi [A Iran]-[A Israel] macet di [L perbatasan Israel-Lebanon].",
    "Aksi anti-[A AS] meluas.",
    "Gubernur [A Papua] mengunjungi warga [L Jayapura].",
    "[A Angkatan Laut Filipina] menahan [Q dua kapal ikan].",
    "Menurut laporan itu [A suriah] menolak usul.",
]
AMOUNTS = [
    "Pabrik tutup pada 12 Mei 2021 pukul 14.30.",
    "Ia berusia 47 tahun dan ditahan selama dua tahun.",
    "Skor akhir 2-1 untuk tuan rumah.",
    "Lantai 15 gedung itu kosong.",
    "Pasal 12 ayat 3 dicabut.",
    "Ia tiba Senin (13/3/2023) pagi.",
    "Pada 1998 krisis memuncak.",
    "Ini kali kedua mereka mangkir.",
    "Harganya [Q setengah juta rupiah].",
    "Kebun itu [Q tiga puluh dua hektare].",
    "[Q 350-450 kilometer] dari pantai.",
    "Sisanya [Q 2,5 juta].",
]
SHAPES = [
    "JAKARTA, KABARPAGI.com - [A Rusia] diam.",
    "BANDUNG, KOMPAS.com - Warga [L Bandung] panik.",
    "Peluncuran itu disiarkan. (Foto: Reuters/Budi)",
    "KOREA UTARA KIRIM SENJATA",
]


@pytest.mark.parametrize("marked", PARTY + AMOUNTS + SHAPES[:3])
def test_guidelines(marked: str) -> None:
    assert mark(TAGGER.tag([unmark(marked)[0]])[0]) == marked


def labels_of(text: str) -> list[tuple[str, str]]:
    document = TAGGER.tag([text])[0]
    return [(document.text_of(span), span.label) for span in document.spans]


def test_headlines() -> None:
    """Title Case, capitals throughout and lower case throughout lose little."""
    assert labels_of("Korut Kirim Ribuan Rudal Balistik ke Rusia Usai Kunjungan Menteri") == [
        ("Korut", "ACTOR"),
        ("Ribuan", "QUANTITY"),
        ("Rudal Balistik", "WEAPON"),
        ("Rusia", "ACTOR"),
    ]
    assert ("SENJATA", "WEAPON") in labels_of(SHAPES[3])
    assert ("KOREA UTARA", "ACTOR") in labels_of(SHAPES[3])
    assert labels_of("korea utara mengirim dua rudal ke rusia") == [
        ("korea utara", "ACTOR"),
        ("dua", "QUANTITY"),
        ("rudal", "WEAPON"),
        ("rusia", "ACTOR"),
    ]


def test_a_headline_inside_a_line_makes_no_names_of_its_verbs() -> None:
    text = "Pasar sepi. Pemerintah Jepang Tambah Anggaran Bangun Sekolah Baru Akibat Gempa kata warga pada hari itu juga."
    assert labels_of(text) == [("Pemerintah Jepang", "ACTOR")]


def test_tagger_shape() -> None:
    assert (TAGGER.name, TAGGER.labels) == ("rules", LABELS)
    document = TAGGER.tag(["Rusia diam."])[0]
    assert document.tagger == "rules"
    assert document.spans[0].score is None
    assert TAGGER.tag([]) == []


def test_own_names(tmp_path: Path) -> None:
    """A user's file adds names to the rules as well."""
    file = tmp_path / "mine.toml"
    file.write_text('[[country]]\nid = "ZZ"\nnames = ["Wakandari"]\n[[name]]\nclass = "missile"\nnames = "Petirsakti"\n')
    tagger = RuleTagger(gazetteer=Gazetteer([file]))
    assert (
        mark(tagger.tag(["Kapal tiba di Wakandari membawa Petirsakti."])[0])
        == "Kapal tiba di [L Wakandari] membawa [W Petirsakti]."
    )


WORDS = st.sampled_from(
    [
        "Rusia",
        "rudal",
        "balistik",
        "7",
        "ribu",
        "kontainer",
        "di",
        "ke",
        "dari",
        "Kementerian",
        "Pertahanan",
        "Menteri",
        "KRI",
        "F-16",
        "Rp",
        "US$",
        "2,1",
        "miliar",
        ",",
        ".",
        "-",
        "(",
        ")",
        "\n",
        "\xa0",
        "👩\u200d👩\u200d👧",
        "é",
        "perbatasan",
        "utara",
        "Kota",
        "dan",
        "AS",
        "anti-AS",
        "Iran-Israel",
        "satu",
        "\xad",
        "\u202e",
        "\x00",
        "\r\n",
        "The",
        "missiles",
        "dua",
        "puluh",
        "M.",
        "bin",
        "al-Assad",
        ".",
        ":",
        "kaliber",
        "mm",
        "kelas",
        "generasi",
        "tipe",
        "sampai",
        "minus",
        "koma",
        "perairan",
        "di's",
    ]
)


@given(st.lists(st.one_of(WORDS, st.text(max_size=6)), max_size=60).map(" ".join))
@settings(deadline=None, max_examples=300)
def test_any_text(text: str) -> None:
    """Spans fit their text, cut no word, carry no blank edge; and a text comes out alike alone and in company."""
    document = TAGGER.tag([text])[0]
    for span in document.spans:
        surface = document.text_of(span)
        assert surface == surface.strip()
        assert surface[0].isalnum() or surface[0] in "$€£¥"
        assert span.end == len(text) or not (
            text[span.end].isalnum() and surface[-1].isalnum() and text[span.end].isalpha() and surface[-1].isalpha()
        )
    assert TAGGER.tag(["Rusia diam.", text, "Iran."])[1].spans == document.spans


@pytest.mark.parametrize(
    "text", ["", " \n\t", "Rusia", "\ufeffRusia", "e\u0301", "7", "Rp", "-", "US$", "dua", "kota", "rudal", "minus", "M."]
)
def test_tiny_texts(text: str) -> None:
    assert TAGGER.tag([text])[0].text == text


def test_time_grows_with_length() -> None:
    """A long line costs no more a word than a short one (no quadratic step, no backtracking regex)."""
    sentence = "Menteri Pertahanan Rusia mengirim 7 ribu kontainer peluru artileri 152 mm ke Korea Utara, kata Budi Santosa - "

    def cost(times: int) -> float:
        start = time.perf_counter()
        TAGGER.tag([sentence * times])
        return time.perf_counter() - start

    cost(50)
    assert cost(2000) < 100 * max(cost(100), 1e-3)


def test_the_lexicon_is_well_formed() -> None:
    words = lexicon()
    assert len(words.names) > 2000
    assert not [word for word in words.flags if word != word.lower()]


SHARED = Path(__file__).parents[2] / "shared"


@pytest.mark.skipif(not (SHARED / "seeds").is_dir(), reason="needs the texts of ../shared, which are not ours to ship")
@pytest.mark.parametrize(
    ("folder", "gold", "target", "floor"), [("seeds", "gold", 0.90, 0.60), ("gold/dev", "gold/dev", 0.75, 0.60)]
)
def test_targets(folder: str, gold: str, target: float, floor: float) -> None:
    """Strict micro F1 on real articles, and no label far below it."""
    import json

    right: dict[str, int] = dict.fromkeys(LABELS, 0)
    both: dict[str, int] = dict.fromkeys(LABELS, 0)
    for file in sorted((SHARED / folder).glob("*.txt")):
        with file.open(encoding="utf-8", newline="") as stream:
            text = stream.read()
        lines = (SHARED / gold / f"{file.stem}.jsonl").read_text(encoding="utf-8").splitlines()
        expected = {(s["start"], s["end"], s["label"]) for s in map(json.loads, filter(None, lines))}
        found = {(s.start, s.end, s.label) for s in TAGGER.tag([text])[0].spans}
        for spans in (expected, found):
            for span in spans:
                both[span[2]] += 1
        for span in expected & found:
            right[span[2]] += 1
    assert 2 * sum(right.values()) / sum(both.values()) >= target
    for label in LABELS:
        assert 2 * right[label] / both[label] >= floor, label
