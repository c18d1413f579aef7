"""How fast the rules are: words a second on one core, over articles made up here. Run: python tests/speed_rules.py"""

from __future__ import annotations

import random
import time

from claimml.rules import RuleTagger

SENTENCES = [
    "{country} mengirim {number} {unit} {weapon} ke {country} sejak {month} lalu, kata Menteri Pertahanan {country} {person}.",
    "Menurut {person}, sekitar {number} {unit} tiba di pelabuhan {place} dan diteruskan ke perbatasan {country}.",
    '"Kami belum menerima laporan itu," ujar juru bicara Kementerian Pertahanan {country}, {person}, di {place}, Senin.',
    "Pengamat menilai keputusan itu tidak mengubah keadaan karena harga bahan bakar terus naik selama tiga tahun terakhir.",
    "Warga {place} menunggu bantuan pangan yang dijanjikan pemerintah {country} sejak banjir bulan lalu.",
    "Nilai kontraknya US${number} juta, termasuk {number} {weapon} dan pelatihan bagi {number} prajurit.",
]
FILL = {
    "country": ["Rusia", "Ukraina", "Iran", "Israel", "Jepang", "Filipina", "Polandia", "Turki", "Mesir", "Kanada"],
    "weapon": [
        "rudal balistik jarak pendek",
        "peluru artileri 152 milimeter",
        "drone bunuh diri",
        "tank Leopard 2A4",
        "senjata",
    ],
    "person": ["Marlen Okoye", "Budi Santosa", "Ilse Varga", "Tomas Berg", "Siti Rahma"],
    "place": ["Surabaya", "Najin", "Odesa", "Karangwuni", "Latakia"],
    "month": ["Januari", "Maret", "Mei", "Agustus", "Oktober"],
    "unit": ["kontainer", "unit", "butir", "peti", "ton"],
    "number": ["7", "12", "45", "300", "6.700", "13.000"],
}


def articles(count: int, seed: int = 0) -> list[str]:
    """Articles of about 300 words, each another."""
    chance = random.Random(seed)
    out = []
    for _ in range(count):
        paragraphs = []
        for _ in range(8):
            lines = [chance.choice(SENTENCES).format_map({k: chance.choice(v) for k, v in FILL.items()}) for _ in range(2)]
            paragraphs.append(" ".join(lines))
        out.append("\n\n".join(paragraphs))
    return out


def speed(count: int = 200) -> float:
    """Words a second, the best of three runs."""
    texts = articles(count)
    words = sum(len(text.split()) for text in texts)
    tagger = RuleTagger()
    tagger.tag(texts[:5])
    best = 0.0
    for _ in range(3):
        start = time.process_time()
        tagger.tag(texts)
        best = max(best, words / (time.process_time() - start))
    return best


if __name__ == "__main__":
    print(f"{speed():,.0f} words/s on one core")
