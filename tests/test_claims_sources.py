"""Who says so, and when: each construction with a sentence of its own."""

from __future__ import annotations

from datetime import date

import pytest

from claimml.claims import read_claims
from claimml.claims.sources import Sources
from claimml.claims.times import moments
from claimml.claims.words import sentences, triggers
from claimml.formats.marks import parse


def speakers(marked: str, word: str) -> str:
    """The speakers of what is said at the last occurrence of a word in a marked text, joined by `+`."""
    document = parse(marked, "d", "test", 1)
    text = document.text
    rows = list(sentences(text, document.spans))
    place = text.rindex(word)
    index, row = next((i, row) for i, row in enumerate(rows) if row.start <= place < row.end)
    token = next(i for i, token in enumerate(row.tokens) if token.start <= place < token.end)
    return "+".join(text[start:end] for start, end in Sources(text, rows, triggers()).of(index, token))


CASES = {
    # from real news
    "a date that opens a sentence says nothing": (
        "Pada 4 Mei, [A Kantor Berita Chad] [A ATPE] mengatakan, petugas menyita [W senapan].",
        "menyita",
        "Kantor Berita Chad+ATPE",
    ),
    "reports of an agency": ("According to reports from the [A SBU], [A Iran] fired [Q 6] [W missiles].", "fired", "SBU"),
    "an agency, then its subject": (
        "According to a report by [A RAND], [A Serbian] [W arms] sales to [A Chad] grew.",
        "sales",
        "RAND",
    ),
    "an office of a country": (
        "[A US] Secretary of Defense [A Lee Roe] stated [A Iran] sent [W drones].",
        "sent",
        "US+Lee Roe",
    ),
    "an ambassador": (
        "Duta Besar [A Chad] untuk [A Mali] [A Idris Deby] mengklaim [W roket] itu dikirim [A Iran].",
        "dikirim",
        "Chad+Idris Deby",
    ),
    "an outlet that was told": (
        "[A Idris] mengatakan kepada [A Reuters], [A Iran] menembak [W roket].",
        "menembak",
        "Idris+Reuters",
    ),
    "passive saying": ("Dijelaskan [A Idris], pelaku menembak dengan [W senapan].", "menembak", "Idris"),
    # words of saying
    "writes": ("[A Harian Kompas] menulis [A Iran] mengirim [W drone].", "mengirim", "Harian Kompas"),
    "estimates": ("[A Oslo] menaksir [A Rusia] kehilangan [Q 40] [W tank].", "kehilangan", "Oslo"),
    "suggests": ("[A Kyiv] suggested that [A Iran] sent [W drones].", "sent", "Kyiv"),
    "Malay": ("[A Polis Sabah] menafikan [A Kelompok X] membeli [W senapang].", "membeli", "Polis Sabah"),
    "the cue is the event": ("[A Teheran] membantah keras.", "membantah", "Teheran"),
    "any word behind a quotation": ('"Kami menembak [W roket] itu," ejek [A Hamid].', "menembak", "Hamid"),
    "any such word with the speaker in it": ('[A Hamid] datang. "Kami menembak [W roket]," ejeknya.', "menembak", "Hamid"),
    "passive": ("Paket yang diumumkan [A Pentagon] berisi [Q 20] [W rudal].", "berisi", "Pentagon"),
    "passive participle is no cue": ("[A Oman] and [A Qatar] are said to want [W drones].", "want", ""),
    "someone without a name": ('"[A Oslo] gave us [Q one] [W tank]," an official said.', "gave", ""),
    # who they are
    "name and its letters": (
        "Kata [A Badan Riset Damai] ([A BRD]), [A Iran] mengirim [W drone].",
        "mengirim",
        "Badan Riset Damai+BRD",
    ),
    "office behind": ('"Kami perlu [W rudal]," kata [A Hamid], juru bicara [A YPX].', "perlu", "Hamid+YPX"),
    "of an institute": (
        "Pakar rudal [A Hamid] dari [A Institut Wina] menduga [A Iran] mengirim [W drone].",
        "mengirim",
        "Hamid+Institut Wina",
    ),
    "branch behind is no speaker": (
        "[A Provinsi Barat], cabang [A Kelompok X] di Mesir, mengaku menembakkan [W rudal].",
        "menembakkan",
        "Provinsi Barat",
    ),
    "companion is no speaker": (
        "Presiden [A Mali] [A Traore], ditemani [A Diallo], mengumumkan pembelian [W drone].",
        "pembelian",
        "Mali+Traore",
    ),
    "subject of the next clause": ("Kata [A Hamid], [A Rusia] bukan hanya mengirim [W rudal].", "mengirim", "Hamid"),
    "founder is no speaker": ("Tim yang dibentuk [A Mahmud] mencatat [Q 45] tembakan [W senapan].", "tembakan", ""),
    # across the border
    "topic of the sentence before": (
        "[A KontraX] bersuara. Lembaga itu mencatat [Q 40] kali pemakaian [W pistol].",
        "pemakaian",
        "KontraX",
    ),
    "the ministry": ("[A Oslo] spoke. [A Iran] sent [W drones], the ministry said.", "sent", "Oslo"),
    "menurutnya": ("[A Hamid] datang. [A Iran], menurutnya, mengirim [W drone].", "mengirim", "Hamid"),
    "quotation of two sentences": (
        '[A Hamid] menunjuk landasan. "Di situ [W Hercules] jatuh. Ditembak musuh," ujarnya.',
        "jatuh",
        "Hamid",
    ),
    "demikian": ("[A Iran] mengirim [W drone]. Demikian laporan tahunan [A Institut Wina].", "mengirim", "Institut Wina"),
    "hal itu": ("[A Iran] mengirim [W drone]. Hal itu disampaikan [A Hamid] di Wina.", "mengirim", "Hamid"),
    "his own denial": ("[A Oslo] menuduh [A Iran]. [A Teheran] menampik mengirim [W drone].", "mengirim", "Teheran"),
    "and says more": (
        "[A Israel] menduga [A Hizbullah] punya [Q 90] [W roket], dan mengaku memusnahkan separuhnya.",
        "memusnahkan",
        "Israel",
    ),
    # colons
    "office and colon": ("Juru bicara militer, Brigjen [A Samir], punya versi lain: kapal itu terbakar.", "terbakar", "Samir"),
    "list is no statement": ("Kekuatan\n[A Kamboja]: [Q 60] [W tank], tanpa pesawat", "tanpa", ""),
    "subject of a headline": ("Update Perang [A Rusia]-[A Ukraina]: [A Iran] Kirim [W Drone]", "Kirim", ""),
    # where a statement ends
    "concession": (
        "[A Hillen] mengatakan rencana gagal, meskipun penjualan [W tank] itu menguntungkan.",
        "penjualan",
        "",
    ),
    "semicolon": ("Kiriman [W drone] tiba; sisanya, kata [A Hamid], menyusul.", "Kiriman", ""),
    "outside the quotation": (
        '"Kami tidak boleh," keluh [A Hamid], menyindir larangan memakai [W roket].',
        "memakai",
        "",
    ),
    "denied by": ("Kabar bahwa [Q 11] [W tank] melintas dibantah [A polisi Hungaria].", "melintas", "polisi Hungaria"),
}


@pytest.mark.parametrize(("marked", "word", "expected"), CASES.values(), ids=CASES.keys())
def test_speakers(marked: str, word: str, expected: str) -> None:
    assert speakers(marked, word) == expected


def test_outlet_last() -> None:
    marked = "Dalam wawancara dengan [A Reuters], [A Hamid] mengatakan [A Iran] mengirim [W drone] ke [A Rusia]."
    assert speakers(marked, "mengirim") == "Hamid+Reuters"


def test_memory_ends() -> None:
    """A speaker is forgotten when the text has gone on to other paragraphs without him."""
    gap = "\nHujan turun." * 6
    assert speakers(f"[A Hamid] mengatakan hujan.{gap}\n[A Iran] mengirim [W drone], katanya.", "mengirim") == ""
    assert speakers("[A Hamid] mengatakan hujan.\n[A Iran] mengirim [W drone], katanya.", "mengirim") == "Hamid"


DAY = date(2024, 5, 15)
TIMES = {
    "sejak Mei": "2024-05/..",
    "mulai 2027": "2027/..",
    "antara 2006 dan 2007": "2006/2007",
    "kuartal kedua 2025": "2025-04/2025-06",
    "second half of 2027": "2027-07/2027-12",
    "sepekan lalu": "2024-05-08",
    "setahun yang lalu": "2023",
    "dua belas tahun kemudian": None,
    "24 jam terakhir": "2024-05-14/2024-05-15",
    "Ogos 2026": "2026-08",
    "Agustus tahun lalu": "2023-08",
    "tahun 1990-an": "1990/1999",
    "keesokan harinya": None,
    "last summer": None,
}


@pytest.mark.parametrize("words", TIMES)
def test_times(words: str) -> None:
    text = f"Kapal itu tiba {words}."
    assert [(moment.text_of(text), moment.iso) for moment in moments(text, 0, len(text), DAY)] == [(words, TIMES[words])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hingga 2000 tentara dikirim", []),
        ("jenderal itu tiba pada minggu ini", ["minggu ini"]),
        ("Mereka tiba pada Minggu.", ["Minggu"]),
        ("KYIV, 9 Juni (Kawat) - Kapal itu tiba Selasa.", ["Selasa"]),
        ("OSLO, June 9 - The ship came on Monday.", ["Monday"]),
        ("sepanjang 2020-2024", ["2020-2024"]),
    ],
)
def test_what_is_no_time(text: str, expected: list[str]) -> None:
    assert [moment.text_of(text) for moment in moments(text, 0, len(text), DAY)] == expected


def test_in_a_claim() -> None:
    document = parse("[A Oslo] menaksir [A Iran] mengirim [Q 20] [W drone] ke [A Rusia] sejak Mei.", "d", "test", 1)
    (claim,) = read_claims(document, published_on=DAY)
    assert [source.text_of(document.text) for source in claim.source] == ["Oslo"]
    assert claim.time is not None
    assert claim.time.iso == "2024-05/.."
