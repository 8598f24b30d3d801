from __future__ import annotations

import pytest
from PIL import Image

from paddleocr_vl_service.engines.onnx.recognition import Reading, TextRecognizer
from paddleocr_vl_service.engines.onnx.scripts import (
    SUPPORTED_SCRIPTS,
    JudgedLine,
    legibility,
    script_notice,
    unreadable,
)
from paddleocr_vl_service.engines.onnx.text_reading import TextReader
from tests.support.rendering import PANGRAMS, text_page

SUPPORTED = {
    "English": ("sans", PANGRAMS[0]),
    "German": ("serif", "Übung: Die Größe der Straße wird jährlich überprüft."),
    "Polish": ("sans", "Zażółć gęślą jaźń, a potem wróć do łóżka"),
    "Turkish": ("serif", "Pijamalı hasta yağız şoföre çabucak güvendi"),
    "code": ("sans", "for (int i = 0; i < n; i++) { total += x[i] * y[i]; }"),
    "numbers": ("sans", "1,234.56   -78.90   12.5 %   2024-11-23   0x7F"),
    "formula": ("serif", "α + β = γ, ∑ x² ≤ π · (λ − μ)"),
    "Chinese": ("cjk", "本服务读取印刷文档并返回结构化文本。"),
    "Japanese": ("cjk", "このサービスは印刷された文書を読み取ります。"),
}
SMALL = (1000, 350)
UNSUPPORTED = {
    "Russian": ("cyrillic", "Съешь же ещё этих мягких французских булок, да выпей чаю."),
    "Ukrainian": ("serif", "Щастям б'єш жук їх глицю в фон й ґедзь пріч."),
    "Greek": ("sans", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία και πάω σπίτι."),
    "Armenian": ("sans", "Բոլոր մարդիկ ծնվում են ազատ ու հավասար"),
    "Georgian": ("sans", "ყველა ადამიანი იბადება თავისუფალი"),
    "Arabic": ("arabic", "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق"),
    "Hebrew": ("hebrew", "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם"),
    "Thai": ("thai", "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์"),
    "Hindi": ("devanagari", "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता"),
    "Korean": ("hangul", "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다"),
}


def line(legible: float, text: str = "some words", width: int = 800) -> JudgedLine:
    return JudgedLine(text, width, legible)


@pytest.mark.parametrize("language", SUPPORTED)
@pytest.mark.parametrize("font_size", [20, 32])
def test_supported_page_is_read_without_a_warning(
    reader: TextReader, language: str, font_size: int
) -> None:
    style, text = SUPPORTED[language]

    read = reader.read(text_page([text] * 3, style=style, font_size=font_size, size=SMALL), 1)

    assert read.notices == ()
    assert len(read.lines) >= 3


@pytest.mark.parametrize("language", UNSUPPORTED)
def test_unsupported_page_gives_a_warning_and_no_letters(reader: TextReader, language: str) -> None:
    style, text = UNSUPPORTED[language]

    read = reader.read(text_page([text] * 4, style=style, font_size=26, size=SMALL), 7)

    assert read.lines == ()
    [notice] = read.notices
    assert notice.code == "script-unsupported"
    assert notice.page == 7
    assert notice.message.startswith("Most of this page")


def test_only_the_foreign_paragraph_of_a_page_is_left_out(reader: TextReader) -> None:
    russian = UNSUPPORTED["Russian"][1]

    read = reader.read(
        text_page([*PANGRAMS[:4], russian, russian, *PANGRAMS[4:]], size=(1000, 600)), 1
    )

    assert [line.text for line in read.lines] == list(PANGRAMS)
    [notice] = read.notices
    assert notice.message.startswith("A part of this page")


def test_scripts_are_those_that_the_models_characters_cover(recognizer: TextRecognizer) -> None:
    samples = {
        "Latn": "AZazßéłşő",
        "Hani": "文字識别國国",
        "Hira": "ぁあんゔ",
        "Kana": "ァアンヴー",
    }
    foreign = "Жяабв한글אבגابتไทยअआΆάήώ"

    assert set(samples) == set(SUPPORTED_SCRIPTS)
    assert set("".join(samples.values())) - set(recognizer.characters) <= {"ゔ"}
    assert not set(foreign) & set(recognizer.characters)


def ink(*columns: tuple[int, int]) -> Image.Image:
    """A line of 400 pixels with black from one x to another."""
    image = Image.new("RGB", (400, 48), "white")
    for left, right in columns:
        image.paste("black", (left, 10, right, 38))
    return image


def test_legibility_is_the_confidence_of_what_was_read() -> None:
    reading = Reading("ab", (0.9, 0.7), (50.0, 90.0))

    assert legibility(ink((40, 60), (80, 100)), reading) == pytest.approx(0.8)


def test_ink_that_no_character_accounts_for_is_not_legible() -> None:
    reading = Reading("a b", (1.0, 1.0, 1.0), (50.0, 190.0, 350.0))

    assert legibility(ink((40, 60), (150, 230), (340, 360)), reading) == pytest.approx(1 / 3)


def test_paper_needs_no_characters() -> None:
    assert legibility(ink(), Reading("", (), ())) == 1
    assert legibility(ink((40, 60)), Reading(" ", (1.0,), (50.0,))) == 0


def test_more_is_asked_of_lines_on_a_page_that_is_mostly_unreadable() -> None:
    assert unreadable([line(0.8), line(0.99), line(0.99)]) == [False, False, False]
    assert unreadable([line(0.8), line(0.2), line(0.1), line(0.9)]) == [True, True, True, False]


def test_greek_letters_in_formulas_are_no_greek_text() -> None:
    greek, formula = line(0.9, "αλλν τ ε τ πααυ λστα ποισν"), line(0.9, "α + β = γ, ε ≤ π(λ − μ)")

    assert unreadable([greek, formula, line(0.9, "the letters αβγδ")]) == [True, False, False]


@pytest.mark.parametrize(
    ("lines", "warned"),
    [
        ([], False),
        ([line(1)] * 30, False),
        ([line(1)] * 30 + [line(0.1, width=60)] * 40, False),  # specks
        ([line(1)] * 30 + [line(0.1)], False),  # a single line of a full page
        ([line(1)] * 30 + [line(0.1)] * 2, True),
        ([line(1), line(0.1)], True),  # a single line of a small page
        ([line(1)] * 200 + [line(0.1)] * 3, False),
    ],
)
def test_a_few_specks_are_no_reason_to_warn(lines: list[JudgedLine], warned: bool) -> None:
    assert (script_notice(lines, 1) is not None) == warned
