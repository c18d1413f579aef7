from __future__ import annotations

import doctest
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import claimml.quantity
from claimml.quantity import Quantity, figure_values, load_units, quantities, read_quantity

CASES = Path(__file__).parent / "data" / "quantities.tsv"


class Case(NamedTuple):
    text: str
    expected: list[Quantity]


def read_cases() -> list[Case]:
    lines = [line for line in CASES.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return [read_case(line) for line in lines[1:]]


def read_case(line: str) -> Case:
    marked, *columns = [*line.split("\t"), *[""] * 7][:8]
    spans, text = [], ""
    for piece in re.split(r"(\{.*?\})", marked):
        if piece.startswith("{"):
            spans.append((len(text), len(text) + len(piece) - 2))
        text += piece.strip("{}")
    expected = []
    for index, (start, end) in enumerate(spans):
        fields = [column.split(";")[index].strip() if column else "" for column in columns]
        value, low, high = (None if field == "" else float(field) if "." in field else int(field) for field in fields[1:4])
        unit, per, currency = (field or None for field in fields[4:])
        expected.append(Quantity(start, end, value, low, high, fields[0], unit, per, currency))
    return Case(text, expected)


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: case.text)
def test_the_amounts_of_a_text(case: Case) -> None:
    assert quantities(case.text) == case.expected


@pytest.mark.parametrize("case", [case for case in read_cases() if case.expected], ids=lambda case: case.text)
def test_a_given_span_reads_as_when_found(case: Case) -> None:
    assert [read_quantity(case.text, q.start, q.end) for q in case.expected] == case.expected


def test_there_are_hundreds_of_cases() -> None:
    cases = read_cases()
    assert len(cases) > 300
    assert sum(not case.expected for case in cases) > 80


# A speller of our own, so that the module's tables are not tested with themselves.

ONES = ["nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"]
SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"]
SMALL += ["fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = {
    "id": [(10**15, "kuadriliun"), (10**12, "triliun"), (10**9, "miliar"), (10**6, "juta"), (1000, "ribu")],
    "en": [(10**15, "quadrillion"), (10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand")],
}


def spell(number: int, language: str, british: bool = False) -> str:
    """A whole number from 0 to 10^18 - 1 in words."""
    for scale, name in SCALES[language]:
        if number >= scale:
            head, rest = divmod(number, scale)
            if language == "id" and head == 1 and scale in (1000, 10**6):
                words = "se" + name
            else:
                words = f"{spell(head, language, british)} {name}"
            joint = " and " if british and 0 < rest < 100 else " "
            return words + (joint + spell(rest, language, british) if rest else "")
    return spell_indonesian(number) if language == "id" else spell_english(number, british)


def spell_indonesian(number: int) -> str:
    if number < 10:
        return ONES[number]
    if number < 20:
        return {10: "sepuluh", 11: "sebelas"}.get(number) or ONES[number - 10] + " belas"
    size, name = (100, "ratus") if number >= 100 else (10, "puluh")
    head, rest = divmod(number, size)
    words = "se" + name if head == 1 else f"{ONES[head]} {name}"
    return words + (" " + spell_indonesian(rest) if rest else "")


def spell_english(number: int, british: bool) -> str:
    if number < 20:
        return SMALL[number]
    if number < 100:
        return TENS[number // 10] + (f"-{SMALL[number % 10]}" if number % 10 else "")
    words = SMALL[number // 100] + " hundred"
    joint = " and " if british else " "
    return words + (joint + spell_english(number % 100, british) if number % 100 else "")


def grouped(number: int, sign: str) -> str:
    return f"{number:,}".replace(",", sign)


# Numbers of every size, and those with many noughts, where the words are odd.
numbers = st.one_of(
    st.integers(0, 10**4),
    st.integers(0, 10**18 - 1),
    st.builds(lambda digit, power, rest: digit * 10**power + rest, st.integers(1, 9), st.integers(0, 15), st.integers(0, 99)),
)


def value_of(surface: str, sentence: str = "{}") -> int | float | None:
    """What the span on `surface` in `sentence` reads as; the whole of it must have been read."""
    text = sentence.format(surface)
    start = text.index(surface)
    quantity = read_quantity(text, start, start + len(surface))
    assert quantity.comparator == "=", f"{surface!r} read as {quantity}"
    assert quantity.unit is None, f"{surface!r} read as {quantity}"
    return quantity.value


@given(numbers)
def test_a_number_spelled_in_indonesian_is_itself(number: int) -> None:
    assert value_of(spell(number, "id")) == number


@given(numbers, st.booleans())
def test_a_number_spelled_in_english_is_itself(number: int, british: bool) -> None:
    assert value_of(spell(number, "en", british)) == number


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_number_below_ten_thousand(language: str) -> None:
    words = [spell(number, language) for number in range(1, 10_000, 1 if language == "id" else 7)]
    text = ". ".join(f"ada {word} rudal" for word in words)
    found = [q.value for q in quantities(text)]
    assert found == list(range(1, 10_000, 1 if language == "id" else 7))


@given(numbers)
def test_figures_are_themselves(number: int) -> None:
    assert value_of(str(number)) == number
    assert value_of(grouped(number, "."), "Mereka membeli {} rudal untuk perang itu.") == number
    assert value_of(grouped(number, ","), "They bought {} missiles for the war.") == number
    assert value_of(grouped(number, "\u00a0")) == number


@given(st.integers(0, 10**12), st.integers(0, 99))
def test_decimals_are_themselves(whole: int, cents: int) -> None:
    expected = (100 * whole + cents) / 100
    assert value_of(f"{grouped(whole, '.')},{cents:02}", "Mereka membeli {} dari pabrik itu.") == pytest.approx(expected)
    assert value_of(f"{grouped(whole, ',')}.{cents:02}", "They bought {} from the plant.") == pytest.approx(expected)


@given(
    st.integers(1, 9999),
    st.sampled_from([("ribu", 10**3), ("jt", 10**6), ("juta", 10**6), ("miliar", 10**9), ("triliun", 10**12)]),
)
def test_a_figure_times_a_scale_word(tenths: int, scale: tuple[str, int]) -> None:
    figure = f"{tenths // 10},{tenths % 10}"
    assert value_of(f"{figure} {scale[0]}") == tenths * scale[1] // 10


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_a_range_keeps_its_bounds(low: int, more: int) -> None:
    text = f"{grouped(low, '.')} sampai {grouped(low + more, '.')} butir"
    quantity = read_quantity(text, 0, len(text))
    assert (quantity.low, quantity.high, quantity.comparator, quantity.unit) == (low, low + more, "range", "butir")


PIECES = """
    satu dua puluh belas ratus ribu juta miliar se setengah perempat beberapa sekitar hingga dan and half a hundred of million
    twenty-five puluhan ratusan 7 1.250 3,5 1.25.0 20 -an an Rp $ M kontainer persen per hari lebih ( ) - – . ,
"""
WORDS = st.sampled_from([*PIECES.split(), "\n\n", "\u00a0"])


@given(st.lists(st.one_of(WORDS, st.text(max_size=4)), max_size=12), st.sampled_from(["", " "]))
def test_any_text_gives_sound_quantities(pieces: list[str], glue: str) -> None:
    text = glue.join(pieces)
    end = 0
    for quantity in quantities(text):
        assert end <= quantity.start < quantity.end <= len(text)
        surface = quantity.text_of(text)
        assert surface == surface.strip()
        assert (quantity.value is None) == (quantity.comparator in ("range", "vague", "unread"))
        if quantity.low is not None and quantity.high is not None:
            assert quantity.low <= quantity.high
        if quantity.comparator == "unread":
            assert quantity.low is None
            assert quantity.high is None
        assert quantity.to_dict(text)["text"] == surface
        end = quantity.end


@given(st.lists(st.one_of(WORDS, st.text(max_size=4)), min_size=1, max_size=8), st.data())
def test_any_span_can_be_asked_for(pieces: list[str], data: st.DataObject) -> None:
    text = " ".join(pieces) + "."
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    quantity = read_quantity(text, start, end)
    assert (quantity.start, quantity.end) == (start, end)


def read(text: str, surface: str) -> Quantity:
    start = text.index(surface)
    return read_quantity(text, start, start + len(surface))


def test_the_trailing_noun_is_the_unit_even_if_unknown() -> None:
    assert read("mereka mengirim 40 paket roti kering", "40 paket roti kering").unit == "roti kering"
    assert read("lima zeppelin biru terbang", "lima zeppelin biru").unit == "zeppelin biru"
    assert read("The 600 aerial refuelling missions of the war", "600 aerial refuelling missions").unit == "misi"
    assert read("ada 200 artileri", "200").unit is None


def test_a_span_that_cuts_a_number_is_never_read_wrong() -> None:
    assert read("ada 7 ribu kontainer", "7").value == 7000
    assert read("ada 13.000 kontainer", "13").comparator == "unread"
    assert read("ada 13.000 kontainer", "000").comparator == "unread"


@pytest.mark.parametrize("surface", ["Su-35", "ke-18", "banteng", "1.2.3.4", "12/5", "1/2 inci", "dua tiga"])
def test_what_is_no_amount_is_unread(surface: str) -> None:
    quantity = read(f"Ia menyebut {surface} lagi.", surface)
    assert quantity.comparator == "unread"
    assert not quantity.read
    assert quantity.value is quantity.low is quantity.high is None


def test_beberapa_is_vague_without_bounds() -> None:
    quantity = read("Ia melihat beberapa tentara di sana.", "beberapa tentara")
    assert (quantity.comparator, quantity.value, quantity.low, quantity.high, quantity.unit) == (
        "vague",
        None,
        None,
        None,
        "tentara",
    )


def test_hedges_are_read_left_of_a_given_span() -> None:
    assert read("tidak lebih dari 30 zeppelin", "30 zeppelin").comparator == "<="
    assert read("suhu minus 18 derajat", "18 derajat").value == -18
    assert read("dari 100 km hingga 5 km", "5 km").comparator == "="
    assert read("Poland will hand over four MiG-29s", "four").comparator == "="
    assert read("Poland will send over four hundred", "four hundred").comparator == ">"


def test_what_is_said_behind_the_number_counts_inside_a_given_span_too() -> None:
    assert (read("sejuta lebih peluru", "sejuta lebih").comparator, read("sejuta lebih peluru", "sejuta lebih").low) == (
        ">",
        10**6,
    )
    assert read("dari 600 hanya 150 siap pakai", "600").value == 600, "hanya is no unit"


def test_offsets_that_make_no_span_are_refused() -> None:
    for start, end in [(-1, 2), (2, 2), (3, 2), (0, 99)]:
        with pytest.raises(ValueError, match="no span of a text of 3 characters"):
            read_quantity("7 t", start, end)


def test_a_span_in_a_long_text_reads_as_in_a_short_one() -> None:
    sentence = "Mereka mengirim lebih dari 13.000 kontainer per bulan ke sana. "
    long = sentence * 200
    start = long.index("13.000", len(long) // 2)
    quantity = read_quantity(long, start, start + len("13.000 kontainer"))
    assert (quantity.value, quantity.comparator, quantity.unit, quantity.per) == (13000, ">", "kontainer", "bulan")


@pytest.mark.parametrize(
    ("figure", "values"),
    [
        ("7", [7]),
        ("7,5", [7.5]),
        ("13.000", [13000]),
        ("1.250", [1250, 1.25]),
        ("1.250.000", [1250000]),
        ("1.25.000", []),
        ("007", []),
    ],
)
def test_what_a_figure_can_mean(figure: str, values: list[float]) -> None:
    assert [float(value) for value in figure_values(figure)] == values


def test_a_user_adds_units(tmp_path: Path) -> None:
    path = tmp_path / "units.toml"
    path.write_text(
        '[count]\ntentara = ["lanun"]\nzeppelin = ["zeppelin", "balon udara"]\n[currency.XAU]\nbefore = ["Au$"]\n',
        encoding="utf-8",
    )
    found = quantities("7 balon udara seharga Au$ 5 juta", load_units(path))
    assert [(q.value, q.unit, q.currency) for q in found] == [(7, "zeppelin", None), (5_000_000, "XAU", "XAU")]
    assert [q.unit for q in quantities("7 lanun, 8 tentara", load_units(path))] == ["tentara", "tentara"]
    assert [q.unit for q in quantities("7 balon udara")] == [None]


@pytest.mark.parametrize(
    "text", ["9" * 10_000, "1." * 5_000, "dua " * 5_000, "5 " + "buah " * 5_000, "sekitar " * 5_000 + "5", "ribu " * 5_000]
)
def test_odd_long_texts_are_read(text: str) -> None:
    assert len(quantities(text)) <= len(text)
    read_quantity(text, 0, len(text))


def test_it_is_light() -> None:
    code = (
        "import sys, claimml.quantity; print(*[m for m in ('numpy', 'torch', 'onnxruntime', 'tokenizers') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_the_example_in_the_docstring() -> None:
    assert doctest.testmod(claimml.quantity).failed == 0


def test_it_is_fast() -> None:
    sentence = "Menurut laporan itu, lebih dari 13.000 kontainer amunisi dikirim ke pelabuhan tersebut dalam dua tahun ini. "
    text = sentence * 500
    quantities(sentence)
    begin = time.process_time()
    found = quantities(text)
    rate = len(text.split()) / (time.process_time() - begin)
    assert len(found) == 500
    assert rate > 20_000, f"{rate:.0f} words/s"  # a fifth of what it does alone: machines differ, quadratic reading does not
