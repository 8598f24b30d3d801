from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from paddleocr_vl_service.engines.onnx.tesseract import TesseractLine, TesseractReader
from paddleocr_vl_service.engines.tesseract_program import find_tesseract
from tests.support.fake_tesseract import fake_tesseract
from tests.support.rendering import text_line

PITCH = 60
"""From one line of the column to the next, in pixels."""


@pytest.fixture
def workers() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def reader(
    program: str, workers: ThreadPoolExecutor, *, threads: int = 1, seconds: float = 30
) -> TesseractReader:
    tesseract = find_tesseract(program)
    assert tesseract is not None
    return TesseractReader(tesseract, "rus+eng", workers, threads, seconds=seconds)


def blank(width: int = 400) -> Image.Image:
    return Image.new("RGB", (width, 48), "white")


def word(
    line: int, text: str, confidence: float = 90, *, left: int = 10, width: int = 50, level: int = 5
) -> str:
    box = f"{left}\t{20 + line * PITCH}\t{width}\t30"
    return f"{level}\t1\t1\t1\t{line + 1}\t1\t{box}\t{confidence}\t{text}\n"


def texts(lines: tuple[TesseractLine | None, ...]) -> list[str | None]:
    return [line.text if line else None for line in lines]


def test_words_come_back_in_the_lines_they_stand_in(
    tmp_path: Path, workers: ThreadPoolExecutor
) -> None:
    table = (
        word(0, "", -1, level=4)
        + word(0, "first", 90)
        + word(0, "line", 60, left=70)
        + word(2, "third", 95)
    )
    page = reader(fake_tesseract(tmp_path, table), workers).read([blank(), blank(), blank()], 3)

    first, second, third = page.lines
    assert first is not None
    assert first.text == "first line"
    assert first.score == pytest.approx((5 * 0.9 + 4 * 0.6) / 9)
    assert second is None
    assert third == TesseractLine("third", 0.95)
    assert page.notice is None


def test_what_it_is_not_sure_of_counts_as_not_read(
    tmp_path: Path, workers: ThreadPoolExecutor
) -> None:
    table = word(0, "Рпшпп", 55) + word(1, "Съешь", 75)
    page = reader(fake_tesseract(tmp_path, table), workers).read([blank(), blank()], 1)
    assert texts(page.lines) == [None, "Съешь"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([("인", 10, 40), ("간", 58, 40), ("은", 101, 40), ("그", 160, 40)], "인간은 그"),
        ([("2024", 10, 90), ("년", 103, 40), ("kor", 145, 60)], "2024 년 kor"),
        ([("булок", 10, 90), ("да", 102, 40)], "булок да"),
        ([("中", 10, 40), ("文", 70, 40)], "中文"),
    ],
)
def test_words_are_joined_as_their_script_is_written(
    tmp_path: Path,
    workers: ThreadPoolExecutor,
    words: list[tuple[str, int, int]],
    expected: str,
) -> None:
    table = "".join(word(0, text, left=left, width=width) for text, left, width in words)
    page = reader(fake_tesseract(tmp_path, table), workers).read([blank()], 1)
    assert texts(page.lines) == [expected]


def test_nonsense_in_its_table_is_passed_over(tmp_path: Path, workers: ThreadPoolExecutor) -> None:
    table = (
        "5\t1\n" + word(0, "a").replace("90", "x") + word(7, "beyond") + word(-3, "b") + "\0\t\n"
    )
    page = reader(fake_tesseract(tmp_path, table + word(0, "fine")), workers).read([blank()], 1)
    assert texts(page.lines) == ["fine"]


def test_it_is_asked_for_the_languages_with_one_thread_and_leaves_nothing(
    tmp_path: Path, workers: ThreadPoolExecutor
) -> None:
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    reader(fake_tesseract(tmp_path), workers).read([blank(700), blank(300)], 1)

    assert "stdin stdout -l rus+eng" in (tmp_path / "arguments").read_text()
    assert (tmp_path / "threads").read_text() == "1\n"
    (given,) = tmp_path.glob("input.*")
    with Image.open(given) as image:
        assert image.width > 700
        assert image.height > 2 * 48
    assert len(list(Path("/proc/self/fd").iterdir())) <= open_files


def test_many_lines_are_shared_out_and_keep_their_order(
    tmp_path: Path, workers: ThreadPoolExecutor
) -> None:
    table = "".join(word(line, f"line{line}") for line in range(10))
    page = reader(fake_tesseract(tmp_path, table), workers, threads=3).read([blank()] * 30, 1)

    assert texts(page.lines) == [f"line{line}" for line in range(10)] * 3
    assert len((tmp_path / "arguments").read_text().splitlines()) == 3


def test_a_line_that_is_too_long_for_it_is_left_out(
    tmp_path: Path, workers: ThreadPoolExecutor
) -> None:
    page = reader(fake_tesseract(tmp_path, word(0, "short")), workers).read(
        [blank(40_000), blank()], 1
    )
    assert texts(page.lines) == [None, "short"]


def test_no_lines_are_no_call(tmp_path: Path, workers: ThreadPoolExecutor) -> None:
    assert reader(fake_tesseract(tmp_path), workers).read([], 1).lines == ()
    assert not (tmp_path / "arguments").exists()


@pytest.mark.parametrize(
    ("does", "reason"),
    [
        ("exec sleep 600", "took too long"),
        ("exit 1", "ended with code 1"),
        ("yes", "said too much"),
    ],
)
def test_where_it_fails_the_lines_stay_unread_and_the_page_says_why(
    tmp_path: Path, workers: ThreadPoolExecutor, does: str, reason: str
) -> None:
    seconds = 1 if "sleep" in does else 30
    started = time.monotonic()
    page = reader(fake_tesseract(tmp_path, does=does), workers, seconds=seconds).read([blank()], 4)

    assert time.monotonic() - started < 20
    assert page.lines == (None,)
    assert page.notice is not None
    assert (page.notice.code, page.notice.page) == ("tesseract-failed", 4)
    assert reason in page.notice.message


def test_the_real_one_reads_dark_and_light_lines(workers: ThreadPoolExecutor) -> None:
    found = find_tesseract(os.environ.get("TESSERACT_PATH", "tesseract"))
    if found is None or "eng" not in found.languages:
        pytest.skip("needs tesseract with its English pack: apt-get install tesseract-ocr")
    tesseract = TesseractReader(found, "eng", workers, 2)
    said = ["The quick brown fox", "jumps over the lazy dog"]
    dark, light = (_line_image(text) for text in said)
    faint = Image.blend(dark, Image.new("RGB", dark.size, "white"), 0.7)

    page = tesseract.read([dark, ImageOps.invert(light), blank(), faint], 1)

    assert texts(page.lines) == [said[0], said[1], None, said[0]]
    assert all(line.score > 0.8 for line in page.lines if line)


def _line_image(text: str) -> Image.Image:
    line = text_line(text)
    return line.resize((line.width * 48 // line.height, 48), Image.Resampling.BILINEAR)
