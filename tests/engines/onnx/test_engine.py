from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from paddleocr_vl_service.engines.base import Engine, EngineConfig
from paddleocr_vl_service.engines.onnx.engine import OnnxEngine
from paddleocr_vl_service.engines.onnx.model_files import model_revision
from paddleocr_vl_service.engines.onnx.orientation import turn
from paddleocr_vl_service.engines.onnx.scripts import SUPPORTED_SCRIPTS
from paddleocr_vl_service.engines.onnx.text_reading import TextReader
from paddleocr_vl_service.models.document import (
    EngineInfo,
    PageImage,
    PageResult,
    ParseOptions,
    TextLayer,
    TextLine,
    TextSource,
    TextSourceChoice,
)
from tests.support.rendering import MARGIN, PANGRAMS, text_line, text_page

FROM_TEXT_LAYER = ParseOptions(text_source=TextSourceChoice.TEXT_LAYER)
TEXT = " ".join(PANGRAMS)
SMALL = (900, 520)

ISOLATED = """
import socket, sys

class NoOpenCV:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"cv2", "scipy", "shapely", "pyclipper"}:
            raise ImportError(f"{name} is not installed here")

def blocked(*args, **kwargs):
    raise AssertionError("the engine wants the network")

sys.meta_path.insert(0, NoOpenCV())
socket.socket = socket.create_connection = socket.getaddrinfo = blocked

from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.onnx.engine import OnnxEngine
from paddleocr_vl_service.models.document import PageImage, ParseOptions

assert "onnxruntime" not in sys.modules
engine = OnnxEngine(EngineConfig(threads=2))
engine.warmup()
[page] = engine.parse([PageImage(1, sys.argv[1], 900, 520)], ParseOptions())
engine.close()
print(" ".join(element.text for element in page.elements))
"""


def saved(picture: Image.Image, folder: Path, *, number: int = 1) -> PageImage:
    path = folder / f"{number}.bmp"
    picture.save(path)
    return PageImage(number, str(path), picture.width, picture.height)


def text_of(page: PageResult) -> str:
    return " ".join(element.text for element in page.elements)


def upright_and_turned(folder: Path, degrees: int) -> PageImage:
    page = text_page(PANGRAMS, style="serif", size=SMALL)
    return saved(turn(page, degrees), folder)


def test_is_an_engine_that_says_what_it_can_do(engine: OnnxEngine) -> None:
    any_engine: Engine = engine

    capabilities = any_engine.warmup()

    assert capabilities.info == EngineInfo("onnx", capabilities.info.model, model_revision())
    assert "PP-OCR" in capabilities.info.model
    assert capabilities.device == "cpu"
    assert capabilities.scripts == SUPPORTED_SCRIPTS


def test_pages_are_read_in_the_order_given(engine: OnnxEngine, tmp_path: Path) -> None:
    pages = [
        saved(text_page(PANGRAMS, size=(1000, 480)), tmp_path, number=3),
        saved(text_page(["Another page"], size=(700, 300)), tmp_path, number=1),
    ]

    first, second = engine.parse(pages, ParseOptions())

    assert (first.number, first.width, first.height, first.rotation) == (3, 1000, 480, 0)
    assert (second.number, second.width, second.height) == (1, 700, 300)
    assert (text_of(first), text_of(second)) == (TEXT, "Another page")
    assert {element.page for element in first.elements} == {3}
    assert {element.text_source for element in first.elements} == {TextSource.OCR}
    assert all((element.recognition_confidence or 0) > 0.9 for element in first.elements)
    assert first.warnings == ()


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_page_comes_out_upright(engine: OnnxEngine, tmp_path: Path, degrees: int) -> None:
    [page] = engine.parse([upright_and_turned(tmp_path, degrees)], ParseOptions())

    assert page.rotation == 360 - degrees
    assert (page.width, page.height) == SMALL
    assert text_of(page) == TEXT
    assert page.elements[0].bbox[:2] == pytest.approx((MARGIN, MARGIN), abs=20)


@pytest.mark.parametrize("size", [(1, 1), (600, 800), (900, 30)])
def test_blank_page_has_no_elements(
    engine: OnnxEngine, tmp_path: Path, size: tuple[int, int]
) -> None:
    [page] = engine.parse([saved(Image.new("RGB", size, "white"), tmp_path)], ParseOptions())

    assert (page.width, page.height, page.rotation) == (*size, 0)
    assert (page.elements, page.warnings) == ((), ())


def with_text_layer(folder: Path, *lines: TextLine) -> PageImage:
    """A page that shows the first pangram."""
    image = saved(text_page(PANGRAMS[:1], size=(1000, 300)), folder)
    return PageImage(1, image.path, 1000, 300, 150, TextLayer(lines))


def test_text_layer_is_taken_where_it_is_wanted(engine: OnnxEngine, tmp_path: Path) -> None:
    line = TextLine("Съешь же ещё этих булок", (90, 90, 600, 124))

    [page] = engine.parse([with_text_layer(tmp_path, line)], FROM_TEXT_LAYER)

    [element] = page.elements
    assert element.text == line.text
    assert element.bbox == line.bbox
    assert element.text_source is TextSource.TEXT_LAYER
    assert element.recognition_confidence is None
    assert page.warnings == ()


def test_page_without_the_wanted_text_layer_is_recognised(
    engine: OnnxEngine, tmp_path: Path
) -> None:
    [page] = engine.parse([with_text_layer(tmp_path)], FROM_TEXT_LAYER)

    assert text_of(page) == PANGRAMS[0]
    assert [(warning.code, warning.page) for warning in page.warnings] == [("text-layer-absent", 1)]


def test_text_layer_is_left_alone_where_it_is_not_wanted(
    engine: OnnxEngine, tmp_path: Path
) -> None:
    page_image = with_text_layer(tmp_path, TextLine("Hidden", (90, 90, 600, 124)))

    [page] = engine.parse([page_image], ParseOptions(text_source=TextSourceChoice.OCR))

    assert text_of(page) == PANGRAMS[0]
    assert page.warnings == ()


def test_page_in_another_script_gets_a_warning(engine: OnnxEngine, tmp_path: Path) -> None:
    russian = ["Съешь же ещё этих мягких французских булок", "да выпей чаю"] * 2
    picture = text_page(russian, style="cyrillic", size=(1000, 350))

    [page] = engine.parse([saved(picture, tmp_path, number=5)], ParseOptions())

    assert [(warning.code, warning.page) for warning in page.warnings] == [
        ("script-unsupported", 5)
    ]
    assert text_of(page) == ""


@pytest.mark.parametrize("degrees", [90, 270])
def test_vertical_line_is_read_in_both_directions(reader: TextReader, degrees: int) -> None:
    page = text_page(PANGRAMS[:3], size=(950, 800))
    page.paste(turn(text_line(PANGRAMS[3], font_size=28), degrees), (880, 90))

    read = reader.read(page, 1)

    assert sorted(line.text for line in read.lines) == sorted(PANGRAMS[:4])


def test_page_reads_better_upright(reader: TextReader) -> None:
    page = text_page(PANGRAMS, style="serif", size=SMALL)

    upright, *others = (reader.sample_legibility(turn(page, angle)) for angle in (0, 90, 180, 270))

    assert upright > 0.95
    assert max(others) < upright - 0.2


def test_a_word_or_two_say_nothing_about_how_a_page_lies(reader: TextReader) -> None:
    assert reader.sample_legibility(text_page(["Hello"], size=(600, 300))) == 0


def test_parse_needs_a_warmup(tmp_path: Path) -> None:
    engine = OnnxEngine(EngineConfig())

    with pytest.raises(RuntimeError, match="warmup"):
        engine.parse([saved(Image.new("RGB", (9, 9)), tmp_path)], ParseOptions())
    engine.close()


def test_engine_needs_neither_network_nor_opencv(tmp_path: Path) -> None:
    page = saved(text_page(PANGRAMS, size=SMALL), tmp_path)

    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", ISOLATED, page.file],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (run.stdout.strip(), run.stderr) == (TEXT, "")
