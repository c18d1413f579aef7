"""The rule tagger: a table of rules over a lexicon, Indonesian first, English second.

A text is cut into tokens once; a walk from left to right stops at each token that can start something
(a weapon noun, a number, a capital, ...), and the first rule of the table that applies there decides.
Each rule carries examples, which are its tests: `[W rudal balistik]` marks what it finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from claimml.document import LABELS, Document, Span
from claimml.gazetteer import Gazetteer
from claimml.rules.amounts import quantity
from claimml.rules.bodies import body, site
from claimml.rules.names import fixed, named, none, run, title
from claimml.rules.page import BODY, CAPITAL, NAME, NUMBER, SHAPE, SITE, TITLE, TRIGGERS, WEAPON, Found, Lexicon, Page, lexicon
from claimml.rules.weapons import english_weapon, shape, ship, weapon

__all__ = ["RULES", "Rule", "RuleTagger"]


Finder = Callable[[Page, int], Found]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    `trigger`: the flags of a token at which the rule is asked. `examples` are sentences with what the
    whole table finds in them marked as `[W ...]`, `[A ...]`, `[L ...]`, `[Q ...]`; `near_misses` are
    sentences that look alike and where the rule must not fire, marked the same way.
    """

    name: str
    trigger: int
    find: Finder
    examples: tuple[str, ...]
    near_misses: tuple[str, ...]


RULES: tuple[Rule, ...] = (
    Rule(
        "none",
        NAME,
        none,
        ("Kedua pihak membahas gencatan senjata di [L Doha].", "Ia pemain terbaik Piala Dunia dari [L Argentina]."),
        ("Mereka menolak menyerahkan [W senjata].", "Presiden [A Argentina] membeli [Q dua] [W jet tempur]."),
    ),
    Rule(
        "fixed",
        NAME,
        fixed,
        ("Truk bantuan tertahan di [L Jalur Gaza].", "[A Gedung Putih] menolak berkomentar."),
        ("Gedung itu dicat putih.", "Truk itu melewati jalur lama."),
    ),
    Rule(
        "ship",
        SHAPE,
        ship,
        ("[W KRI Bung Karno 369] bersandar di [L Surabaya].", "Kapten [W USS Mercer] dicopot."),
        ("Kapal feri KM Lestari terlambat.", "Ia membaca kris pusaka."),
    ),
    Rule(
        "weapon",
        WEAPON,
        weapon,
        (
            "Pabrik itu membuat [W rudal balistik jarak pendek] dan [W peluru artileri 155 mm].",
            "[W Drone bunuh diri] itu lebih murah daripada [W tank Leopard 2A4].",
            "[Q Tiga] [W kapal selam bertenaga nuklir] milik [A Rusia] berlayar.",
        ),
        ("Kapal nelayan itu karam.", "Sistem radar cuaca itu rusak.", "Bahan baku pupuk naik."),
    ),
    Rule(
        "english weapon",
        WEAPON,
        english_weapon,
        ("It fired [Q two] [W short-range ballistic missiles] on Monday.", "They sent [Q 40] [W anti-tank missiles]."),
        ("The battle for market share goes on.", "A light lunch was served."),
    ),
    Rule(
        "quantity",
        NUMBER,
        quantity,
        (
            "Gudang itu memuat sekitar [Q 7 ribu kontainer] berisi [W amunisi].",
            "Nilainya [Q US$2,1 miliar] atau [Q Rp 34 triliun].",
            "Lebih dari [Q 75.000 butir] [W amunisi] disita dari [Q empat orang pelaku].",
            "Jaraknya [Q 290 km], kecepatannya [Q 80 kilometer per jam].",
            "Harganya naik [Q dua kali lipat], yakni [Q 12,5 persen].",
            "Pesanannya [Q 10 sampai 15 unit].",
        ),
        ("Beberapa orang datang.", "Salah seorang prajurit terluka.", "Sejumlah kontainer kosong."),
    ),
    Rule(
        "body",
        BODY,
        body,
        (
            "Menurut [A militer Korea Selatan], latihan itu rutin.",
            "[A Kementerian Pertahanan Ukraina] membantah.",
            "Laporan [A kantor berita TASS] dikutip [A pemerintah Jepang].",
        ),
        ("Pihak militer belum berkomentar.", "Pemerintah menaikkan pajak."),
    ),
    Rule(
        "site",
        SITE,
        site,
        (
            "Kapal barang bersandar di [L pelabuhan Najin].",
            "Hujan turun di [L wilayah barat daya Rusia].",
            "Pesawat itu jatuh di [L perairan timur].",
            "Warga [L Desa Sukamaju], [L Kabupaten Garut], mengungsi.",
        ),
        ("Wilayah selatan diguyur hujan.", "Kota itu sepi."),
    ),
    Rule(
        "named",
        NAME,
        named,
        (
            "[A Korut] mengirim [W senjata] ke [A Rusia].",
            "Rombongan itu tiba di [L Pyongyang].",
            "Kunjungan ke [L Rusia] ditunda.",
            "[A Moskow] menolak tuduhan itu.",
            "Ia membeli [W rudal] dari [A Iran].",
            "Kereta berangkat dari [L Najin], [L Korea Utara].",
        ),
        ("Negara itu menolak.", "Seperti biasa, as roda itu patah."),
    ),
    Rule(
        "shape",
        CAPITAL,
        shape,
        ("Angkatan udara menerima [Q enam] [W F-16 Fighting Falcon].", "Ada [W S-400] di sana."),
        ("Pemimpin [A G20] bertemu.", "Ia lulusan S2."),
    ),
    Rule(
        "title",
        TITLE,
        title,
        (
            "Menurut Menteri Pertahanan [A Korea Selatan] [A Shin Won-sik], jumlahnya naik.",
            "Kemarin Jenderal [A Budi Santosa] menemui Gubernur [A Papua].",
        ),
        ("Para menteri pulang.", "Seorang jenderal pensiun."),
    ),
    Rule(
        "run",
        CAPITAL,
        run,
        (
            "Analis [A Marlen Okoye] ragu, kata [A Okoye].",
            "Gempa terasa di [L Karangwuni] kemarin.",
        ),
        ("Setelah Hari Raya harga turun.", "Pada Senin pagi hujan turun."),
    ),
)

# What opens an article without being part of it: "JAKARTA, KOMPAS.com - ", and what is no sentence of it.
_DATELINE = re.compile(r"^[ \t]*([A-Z][^\n]{1,70}?)[ \t]*(?:--|—|–|(?<=[ \t])-)[ \t]", re.MULTILINE)
_OUTLET = re.compile(
    r"\.(?:com|co|id|net)\b|CNN|BBC|Antara|ANTARA|Tribun|Kompas|Liputan|VOA|Merdeka|EKSPRES|Media|Pos\b|Suara|Kabar|Berita"
)
_CREDIT = re.compile(r"\((?:Foto|Photo|Image|Dok|Sumber|ANTARA|AFP|AP|REUTERS|Reuters)\b[^()\n]{0,160}\)+")
_TAG = re.compile(
    r"^[ \t]*\([\w/ .-]{1,20}\)[ \t]*$"
    r"|(?<=[.\"”])[ \t]*\([a-z]{2,4}/[a-z]{2,4}\)"
    r"|^[ \t]*(?:Sumber|Editor|Penulis|Reporter)\s?:.*$",
    re.MULTILINE,
)
_SITE = re.compile(r"[ \t](?:-|–|\|)[ \t][A-Z][\w ]{0,20}\.(?:com|co|id|co\.id|net)[ \t]*$", re.MULTILINE)


def _is_dateline(head: str, line: int) -> bool:
    """Whether the `head` before the first dash of a line of `line` characters names a place and an outlet."""
    words = head.replace(",", " ").replace("(", " ").replace(")", " ").split()
    if not 0 < len(words) <= 7:
        return False
    place, _, rest = head.partition(",")
    for word in words[:-1]:
        if not (word[0].isupper() or word[0].isdigit() or "." in word):
            return False
    if not words[-1][0].isupper() and not words[-1][0].isdigit() and not rest and "." not in words[-1]:
        return False
    if _OUTLET.search(head) or place.isupper() or "(" in head:
        return True
    return len(head) < 30 and line > 90 and (bool(rest) or len(words) == 1)


def _outside(text: str) -> list[tuple[int, int]]:
    """The stretches of a text that are no sentence of the article: datelines, photo credits, closing tags."""
    found = []
    for match in _DATELINE.finditer(text):
        end = text.find("\n", match.start())
        length = (len(text) if end < 0 else end) - match.start()
        if _is_dateline(match[1], length):
            found.append(match.span())
    found += [match.span() for match in _CREDIT.finditer(text)]
    found += [match.span() for match in _TAG.finditer(text)]
    found += [match.span() for match in _SITE.finditer(text)]
    return sorted(found)


class RuleTagger:
    """Tags by rules: no model, no download. The same text gives the same spans in any company."""

    name = "rules"
    labels = LABELS

    def __init__(self, rules: Sequence[Rule] = RULES, gazetteer: Gazetteer | None = None) -> None:
        """`rules` is the table, in order; `gazetteer` holds the names (default: the shipped lexicon)."""
        self._rules = tuple(rules)
        self._lexicon: Lexicon = Lexicon(gazetteer) if gazetteer else lexicon()
        self._finders: dict[int, tuple[Finder, ...]] = {}

    def tag(self, texts: Sequence[str]) -> list[Document]:
        """The texts' documents, in order; spans carry no score."""
        return [Document(text, self._spans(text), tagger=self.name) for text in texts]

    def _spans(self, text: str) -> tuple[Span, ...]:
        """Walk over the text from left to right and apply the table."""
        page = Page(text, self._lexicon)
        flags, starts, ends = page.flags, page.starts, page.ends
        finders = self._finders
        size = len(flags)
        holes = iter(_outside(text))
        hole = next(holes, None)
        i = 0
        while i < size:
            flag = flags[i] & TRIGGERS
            if not flag:
                i += 1
                continue
            while hole and hole[1] <= starts[i]:
                hole = next(holes, None)
            if hole and hole[0] <= starts[i]:
                i += 1
                continue
            asked = finders.get(flag)
            if asked is None:
                asked = finders[flag] = tuple(rule.find for rule in self._rules if rule.trigger & flag)
            for finder in asked:
                found = finder(page, i)
                if found:
                    end, label = found
                    if label:
                        page.spans.append((starts[i], ends[end - 1], label))
                    i = max(end, i + 1)
                    break
            else:
                i += 1
        return tuple(Span(start, end, label) for start, end, label in page.spans)
