"""Where a page may say more than its text layer does."""

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from paddleocr_vl_service.intake.ink_areas import connected_areas, without_rules
from paddleocr_vl_service.models.document import BBox, TextLayer
from tests.intake.conftest import Render, Save
from tests.intake.making import pdf
from tests.intake.test_text_doubts import outlines


def layer_of(render: Render, save: Save, content: bytes) -> TextLayer:
    layer = render(save("a.pdf", content), text=True)[0].text_layer
    assert layer is not None
    assert layer.hidden == 0
    return layer


def covers(box: BBox, points: tuple[float, float, float, float], slack: float = 12) -> bool:
    """Whether a box is about that of these points of a page 200 points high at 384 dpi."""
    left, bottom, right, top = (384 / 72 * side for side in points)
    height = 384 / 72 * 200
    expected = (left, height - top, right, height - bottom)
    return all(abs(a - b) <= slack for a, b in zip(box, expected, strict=True))


def scan(width: int, height: int) -> ImageReader:
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width - 1, height - 1), outline="black", width=3)
    draw.text((20, 20), "Scanned words", "black", font_size=height // 4)
    return ImageReader(image)


def test_a_scan_beside_text(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(30, 180, "A heading")
        canvas.drawImage(scan(600, 200), 50, 40, 150, 50)

    layer = layer_of(render, save, pdf(page))
    assert [line.text for line in layer.lines] == ["A heading"]
    (box,) = layer.beside
    assert covers(box, (50, 40, 200, 90))


def test_a_scan_in_strips_is_one(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        for row in range(5):
            canvas.drawImage(scan(600, 40), 50, 40 + 10 * row, 150, 10)

    (box,) = layer_of(render, save, pdf(page)).beside
    assert covers(box, (50, 40, 200, 90))


def test_filled_fields(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(30, 180, "Name")
        for y, value in ((120, "Somebody"), (60, "")):
            canvas.acroForm.textfield(
                name=f"f{y}", value=value, x=30, y=y, width=120, height=20, borderWidth=1
            )

    (box,) = layer_of(render, save, pdf(page)).beside
    assert covers(box, (30, 120, 150, 140))


def test_a_line_of_outlines(render: Render, save: Save) -> None:
    def page(canvas: Canvas) -> None:
        canvas.drawString(30, 180, "A page that has a few words of text as well")
        outlines(canvas, 20, 40, 100)

    layer = layer_of(render, save, pdf(page))
    (box,) = layer.beside
    assert covers(box, (40, 100, 158, 107), slack=60)
    assert layer.doubts == ()


def table(canvas: Canvas) -> None:
    canvas.grid([30, 90, 150, 210], [60, 75, 90, 105])
    for row in range(3):
        for column in range(3):
            canvas.drawString(40 + 60 * column, 64 + 15 * row, f"{row}.{column}")


def chart(canvas: Canvas) -> None:
    canvas.line(30, 30, 250, 30)
    canvas.line(30, 30, 30, 180)
    path = canvas.beginPath()
    path.moveTo(30, 50)
    for step in range(1, 100):
        path.lineTo(30 + 2 * step, 90 + 50 * math.sin(step / 10))
    canvas.drawPath(path)
    for bar in range(5):
        canvas.rect(50 + 30 * bar, 30, 14, 20 + 11 * bar, fill=1)
    for tick in range(5):
        canvas.line(30, 50 + 25 * tick, 26, 50 + 25 * tick)
        canvas.drawString(6, 46 + 25 * tick, f"{tick}0")


def rules(canvas: Canvas) -> None:
    canvas.drawString(30, 150, "Underlined")
    canvas.line(30, 148, 90, 148)
    canvas.setDash(2, 2)
    canvas.line(30, 100, 250, 100)
    canvas.drawImage(ImageReader(Image.new("RGB", (300, 1))), 30, 80, 200, 0.4)
    canvas.drawImage(ImageReader(Image.new("RGB", (1, 30))), 230, 80, 0.4, 9)
    canvas.setFillColorRGB(0.9, 0.9, 1)
    canvas.rect(30, 20, 200, 40, fill=1)


def pale(canvas: Canvas) -> None:
    canvas.drawImage(ImageReader(Image.new("RGB", (30, 20), "#fefdfa")), 0, 0, 300, 200)
    canvas.drawString(30, 150, "On paper")


@pytest.mark.parametrize("draw", [table, chart, rules, pale])
def test_nothing_beside(render: Render, save: Save, draw: object) -> None:
    layer = layer_of(render, save, pdf(draw))  # type: ignore[arg-type]
    assert layer.lines
    assert (layer.beside, layer.doubts) == ((), ())


def test_connected_areas() -> None:
    mask = np.array([list(row) for row in ("xx..x", "..x..", ".....", "x...x")]) == "x"
    areas = connected_areas(mask).tolist()
    assert sorted(areas) == [
        [0, 0, 3, 2, 3],
        [0, 3, 1, 4, 1],
        [4, 0, 5, 1, 1],
        [4, 3, 5, 4, 1],
    ]
    assert len(connected_areas(np.zeros((3, 3), bool))) == 0


def test_areas_that_meet_late_are_one() -> None:
    comb = np.zeros((50, 101), bool)
    comb[:, ::2] = True
    comb[49] = True
    assert connected_areas(comb).tolist() == [[0, 0, 101, 50, int(comb.sum())]]


def test_rules_go_and_letters_stay() -> None:
    mask = np.zeros((60, 60), bool)
    mask[10, 5:55] = mask[:, 30] = True
    mask[40:44, 10:14] = True
    rest = without_rules(mask, 40)
    assert int(rest.sum()) == 16
    assert rest[40:44, 10:14].all()
