"""Text layers that lie."""

import random
import string

import pytest
from reportlab.pdfgen.canvas import Canvas

from paddleocr_vl_service.intake.text_plausibility import reads_like_words
from paddleocr_vl_service.models.document import TextLayer, TextLayerDoubt
from tests.intake.conftest import Render, Save
from tests.intake.making import pdf, raw_pdf, stream

ENGLISH = (
    "the committee met again in the spring and heard that most of the houses along the river "
    "had been repaired although several owners were still waiting for their insurance to pay "
    "and nobody could say when the bridge would open to traffic again"
)
SAMPLES = {
    "en": ENGLISH,
    "de": "die meisten der bewohner waren schon am morgen aufgebrochen weil der zug nur einmal am "
    "tag durch das tal fährt und niemand wusste ob die brücke nach dem regen der letzten woche "
    "noch befahren werden durfte deshalb nahmen sie auch decken und brot mit auf den weg",
    "fr": "les habitants du village se sont réunis hier soir devant la mairie pour demander que la "
    "route soit enfin réparée avant l'hiver car les enfants ne peuvent plus aller à l'école sans "
    "faire un long détour par la forêt et les commerçants perdent leurs clients",
    "pl": "mieszkańcy wsi spotkali się wczoraj wieczorem przed urzędem żeby prosić o naprawę drogi "
    "przed zimą ponieważ dzieci nie mogą chodzić do szkoły bez długiego obejścia przez las a "
    "sklepy tracą klientów którzy wolą jeździć do miasta po drugiej stronie rzeki",
    "fi": "kylän asukkaat kokoontuivat eilen illalla kunnantalon eteen vaatimaan että tie "
    "korjataan viimein ennen talvea koska lapset eivät pääse kouluun ilman pitkää kiertotietä "
    "metsän läpi ja kauppiaat menettävät asiakkaitaan kaupunkiin joen toiselle puolelle",
    "vi": "người dân trong làng đã họp tối hôm qua trước trụ sở xã để yêu cầu sửa con đường trước "
    "mùa đông vì trẻ em không thể đến trường mà không phải đi vòng qua rừng và những người bán "
    "hàng đang mất khách sang thành phố bên kia sông nơi có nhiều cửa hàng mới mở cửa",
    "ru": "жители деревни собрались вчера вечером перед зданием администрации чтобы потребовать "
    "ремонта дороги до наступления зимы потому что дети не могут ходить в школу без долгого "
    "обхода через лес а торговцы теряют покупателей которые предпочитают ездить в город на "
    "другом берегу реки",
}


@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
def test_languages_read_like_words(text: str) -> None:
    assert reads_like_words(text)
    assert reads_like_words(text.upper())


@pytest.mark.parametrize("shift", [1, 2, 3, 7, 13, 20, 25])
@pytest.mark.parametrize("language", ["en", "de", "fr", "pl", "fi"])
def test_shifted_letters_do_not(language: str, shift: int) -> None:
    letters = string.ascii_lowercase
    table = str.maketrans(letters, letters[shift:] + letters[:shift])
    assert not reads_like_words(SAMPLES[language].translate(table))


def test_letters_at_random_do_not() -> None:
    chosen = random.Random(4)
    wrong = 0
    for _ in range(100):
        letters = list(string.ascii_lowercase)
        chosen.shuffle(letters)
        table = str.maketrans(string.ascii_lowercase, "".join(letters))
        wrong += reads_like_words(SAMPLES["en"].translate(table))
    assert wrong <= 5


BELIEVED = {
    "nothing": "",
    "few words": "xqzt wvkk qqxz",
    "numbers": " ".join(f"{n * 37 % 1000},{n % 97:02} %" for n in range(300)),
    "leaders": "Chapter one " + ". " * 300 + "12",
    "formulas": "f(x) = a + b_1 x^2, x ∈ R; ∑ (y_i − ŷ_i)² ≤ ε, (a, b) → (c, d) " * 12,
    "code": "def get_item(self, index: int) -> str:\n    return self._items[index]\n" * 8,
    "Chinese": "本章介绍如何在计算机上安装和使用这个系统，以及在出现问题的时候可以做的事情。" * 10,
    "Japanese": "この章では、計算機にシステムを導入して使う方法と、問題が起きた時の対処を説明する。"
    * 10,
    "Arabic": "اجتمع سكان القرية مساء أمس أمام مبنى البلدية للمطالبة بإصلاح الطريق " * 6,
}


@pytest.mark.parametrize("text", BELIEVED.values(), ids=BELIEVED)
def test_what_is_not_judged_is_believed(text: str) -> None:
    assert reads_like_words(text)


NO_WORDS = {
    "one character": "AAAA AAA AAAAAA " * 30,
    "signs": "".join(chr(33 + n * 7 % 15) + " " * (n % 6 == 0) for n in range(400)),
    "rare Chinese": "".join(chr(0x7000 + n * 37 % 3000) for n in range(400)),
}


@pytest.mark.parametrize("text", NO_WORDS.values(), ids=NO_WORDS)
def test_what_no_language_looks_like(text: str) -> None:
    assert not reads_like_words(text)


def with_cmap(text: str, meanings: dict[str, str]) -> bytes:
    """A page of Helvetica that shows one thing and says another."""
    pairs = b"".join(
        b"<%02X> <%s>\n" % (ord(shown), said.encode("utf-16-be").hex().encode())
        for shown, said in meanings.items()
    )
    cmap = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"/CMapName /M def 1 begincodespacerange <00> <FF> endcodespacerange\n"
        b"%d beginbfchar\n%sendbfchar endcmap end end" % (len(meanings), pairs)
    )
    rows = [text[start : start + 60] for start in range(0, len(text), 60)]
    shown = b"BT /F 10 Tf 14 TL 30 250 Td " + b"".join(
        b"(%s) Tj T* " % row.encode("ascii") for row in rows
    )
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R%s>>"
            % b"/MediaBox[0 0 400 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>",
            stream(shown + b"ET"),
            b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
            stream(cmap),
        ]
    )


def layer_of(render: Render, save: Save, content: bytes) -> TextLayer:
    layer = render(save("a.pdf", content), text=True)[0].text_layer
    assert layer is not None
    return layer


def test_a_shifted_font_is_not_believed(render: Render, save: Save) -> None:
    shifted = {letter: chr(ord(letter) + 3) for letter in string.ascii_lowercase} | {" ": " "}
    layer = layer_of(render, save, with_cmap(3 * ENGLISH, shifted))
    assert layer.doubts == (TextLayerDoubt.NOT_WORDS,)
    assert layer.hidden == 0
    true = {letter: letter for letter in string.ascii_lowercase} | {" ": " "}
    layer = layer_of(render, save, with_cmap(3 * ENGLISH, true))
    assert layer.doubts == ()


@pytest.mark.parametrize("nothing", ["\ufffd", "\ue012"])
def test_glyphs_without_a_meaning(render: Render, save: Save, nothing: str) -> None:
    letters = dict.fromkeys(string.ascii_lowercase, nothing) | {" ": " "}
    layer = layer_of(render, save, with_cmap(ENGLISH, letters))
    assert TextLayerDoubt.UNMAPPED in layer.doubts
    few = {letter: letter for letter in string.ascii_lowercase} | {"j": nothing, "x": nothing}
    layer = layer_of(render, save, with_cmap(ENGLISH, few))
    assert layer.doubts == ()


def outlines(canvas: Canvas, count: int, left: float, y: float) -> None:
    """Shapes as large and as close as letters."""
    for number in range(count):
        x = left + 6 * number
        path = canvas.beginPath()
        path.moveTo(x, y)
        path.lineTo(x + 2, y + 7)
        path.lineTo(x + 4, y)
        path.moveTo(x + 1, y + 3)
        path.lineTo(x + 3, y + 3)
        canvas.drawPath(path)


def test_a_body_of_outlines(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(30, 180, "Only the header")
        for row in range(8):
            outlines(canvas, 40, 30, 140 - 14 * row)

    layer = layer_of(render, save, pdf(page))
    assert TextLayerDoubt.MISPLACED in layer.doubts
    assert layer.beside
