"""Upstream's real pipeline on tiny checkpoints, natively on the CPU, through host and HTTP.

The checkpoints say by heart what they were taught for each prompt: these tests show which prompt
each region gets and what becomes of the answer, and nothing about recognition.
"""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image, ImageDraw

from tests.support.metrics import scrape
from tests.support.server import Server, running_server
from tests.support.tiny_folders import SETTINGS, needs_paddle, shared_folder, tiny_folder
from tests.support.tiny_models import BLOCKS

pytestmark = needs_paddle

TABLE = '<table><tr><td colspan="2">a</td></tr><tr><td>b</td><td>c</td></tr></table>'
CHART = "<table><tr><td>k</td><td>v</td></tr><tr><td>2024</td><td>7</td></tr></table>"
READ = {
    "header": ("header", "Seen text."),
    "doc_title": ("title", "Seen text."),
    "text": ("text", "Seen text."),
    "table": ("table", "a\nb\tc"),
    "display_formula": ("formula", "x^2"),
    "chart": ("chart", "k\tv\n2024\t7"),
    "seal": ("seal", "Sealed"),
    "image": ("image", ""),
    "number": ("page_number", "Seen text."),
}


def page(width: int = 600, height: int = 800, turn: int = 0) -> Image.Image:
    """A page whose top edge is dark, turned clockwise by so many degrees."""
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).rectangle((0, 0, width, height // 10), "black")
    return image.rotate(-turn, expand=True)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def pdf(*pages: Image.Image) -> bytes:
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=100)
    return buffer.getvalue()


def read(server: Server, name: str, content: bytes, **fields: str) -> dict[str, Any]:
    response = server.extract(name, content, **fields)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def by_type(answer: dict[str, Any], page_number: int = 1) -> dict[str, dict[str, Any]]:
    return {
        each["content"]["type"]: each
        for each in answer["elements"]
        if each["metadata"]["page"] == page_number
    }


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_folder(shared_folder(tmp_path_factory))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, taught: Path) -> Iterator[Server]:
    settings = {**SETTINGS, "MODELS_DIR": str(taught)}
    with running_server(tmp_path_factory.mktemp("vl"), "paddleocr-vl", **settings) as server:
        yield server
        assert server.temporary_files() == []


def test_every_region_gets_its_own_prompt_and_comes_back_as_what_it_is(server: Server) -> None:
    answer = read(server, "page.png", png(page()))

    elements = by_type(answer)
    assert len(elements) == len(answer["elements"]) == len(BLOCKS)
    for block in BLOCKS:
        kind, text = READ[block.label]
        element = elements[kind]
        assert element["content"]["text"] == text
        assert tuple(element["metadata"]["bbox"]) == block.pixels(600, 800)
        assert element["metadata"]["layout_confidence"] == pytest.approx(block.score, abs=1e-3)
        assert element["metadata"]["confidence"] == element["metadata"]["layout_confidence"]
        assert element["metadata"]["recognition_confidence"] is None
        assert element["metadata"]["text_source"] == ("ocr" if text else None)
    assert elements["table"]["content"]["html"] == TABLE
    assert elements["chart"]["content"]["html"] == CHART
    assert elements["formula"]["content"]["latex"] == "x^2"
    flow = [each["content"]["type"] for each in answer["elements"]][:7]
    assert flow == ["title", "text", "table", "formula", "chart", "seal", "image"]
    assert [each["metadata"]["order"] for each in answer["elements"]][:7] == list(range(7))
    assert elements["header"]["metadata"]["order"] is None
    assert answer["engine"]["name"] == "paddleocr-vl"
    assert answer["engine"]["model"] == "PaddleOCR-VL 1.6 0.9B"
    assert f"{TABLE}\n\n$$\nx^2\n$$\n\n{CHART}" in answer["markdown"]
    assert answer["warnings"] == []


def test_pages_of_a_pdf_are_turned_upright_and_boxes_follow(server: Server) -> None:
    pages = (page(), page(turn=90), page(turn=180), page(turn=270))
    answer = read(server, "pages.pdf", pdf(*pages))

    assert [each["rotation"] for each in answer["pages"]] == [0, 270, 180, 90]
    for info in answer["pages"]:
        assert info["width"] < info["height"]
        table = by_type(answer, info["page"])["table"]["metadata"]["bbox"]
        expected = BLOCKS[3].pixels(info["width"], info["height"])
        assert table == pytest.approx(list(expected), abs=2)


def test_options_of_a_request_reach_upstream(server: Server) -> None:
    content = png(page())
    plain = by_type(
        read(
            server,
            "a.png",
            content,
            use_chart_recognition="false",
            use_seal_recognition="false",
            use_ocr_for_image_block="true",
        )
    )
    assert plain["chart"]["content"]["text"] == plain["seal"]["content"]["text"] == ""
    assert plain["image"]["content"]["text"] == "Seen text."
    strict = read(server, "a.png", content, layout_threshold="0.945")
    assert set(by_type(strict)) == {"chart", "seal", "image"}
    whole = read(server, "a.png", content, layout_detection="false", prompt_label="table")
    (table,) = whole["elements"]
    assert table["content"]["html"] == TABLE
    assert table["metadata"]["bbox"] == [0, 0, 600, 800]
    assert table["metadata"]["confidence"] is None
    lying = read(server, "a.png", png(page(turn=90)), use_doc_orientation_classify="false")
    assert lying["pages"] == [{"page": 1, "width": 800, "height": 600, "rotation": 0}]
    short = by_type(read(server, "a.png", content, max_new_tokens="4"))
    assert short["text"]["content"]["text"] == "Seen"


def test_layout_and_recognition_are_measured_apart(server: Server) -> None:
    with server.client() as client:
        before = scrape(client)
        read(server, "page.png", png(page()))
        after = scrape(client)

    def more(name: str, stage: str) -> float:
        series = f"stage_duration_seconds_{name}"
        return after.values(series, "stage")[stage] - before.values(series, "stage")[stage]

    assert [more("count", stage) for stage in ("layout", "recognition", "engine")] == [1, 1, 1]
    assert 0 < more("sum", "layout") < more("sum", "engine")
    assert 0 < more("sum", "recognition") < more("sum", "engine")


def test_crops_are_of_the_image_that_was_read(server: Server) -> None:
    content = png(page())
    for flattened, colour in (("false", (255, 255, 255)), ("true", (0, 0, 0))):
        answer = read(server, "a.png", content, images="true", use_doc_unwarping=flattened)
        crop = by_type(answer)["image"]["content"]["image"]
        with Image.open(io.BytesIO(base64.b64decode(crop["data"]))) as image:
            assert image.convert("RGB").getpixel((20, 20)) == colour


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("temperature", "0.5", "needs a VLM server"),
        ("text_source", "text-layer", "needs the embedded engine"),
        ("prompt_label", "poem", "prompt_label is wrong"),
        ("max_pixels", "12", "greater than or equal to 784"),
        ("layout_threshold", "nan", "layout_threshold is wrong"),
    ],
)
def test_what_cannot_be_done_is_refused(server: Server, field: str, value: str, words: str) -> None:
    response = server.extract("a.png", png(page()), **{field: value})
    assert response.status_code == 422
    assert words in response.json()["detail"]


def test_documents_at_the_same_time_do_not_mix(server: Server) -> None:
    sizes = [(600, 800), (640, 480), (400, 1000)]

    def boxes(size: tuple[int, int]) -> list[list[int]]:
        answer = read(server, "a.pdf", pdf(*[page(*size)] * 2))
        found = [each["metadata"]["bbox"] for each in answer["elements"]]
        assert len(found) == 2 * len(BLOCKS)
        width, height = answer["pages"][0]["width"], answer["pages"][0]["height"]
        assert width / height == pytest.approx(size[0] / size[1], abs=0.01)
        assert max(box[2] for box in found) == pytest.approx(width * 0.9, abs=2)
        return found

    with ThreadPoolExecutor(3) as pool:
        first = list(pool.map(boxes, sizes))
        assert list(pool.map(boxes, sizes)) == first


def test_paddle_is_loaded_in_the_engines_process_alone(server: Server) -> None:
    read(server, "a.png", png(page()))
    engines = server.children_named("engine-paddleocr-vl")
    assert len(engines) == 1

    def has_paddle(process: psutil.Process) -> bool:
        return any("libpaddle" in each.path for each in process.memory_maps())

    assert has_paddle(engines[0])
    others = {psutil.Process(server.process.pid), *server.descendants()} - set(engines)
    assert len(others) > 1
    assert not any(map(has_paddle, others))


def test_health_names_the_engine(server: Server) -> None:
    read(server, "a.png", png(page()))
    with server.client() as client:
        health = client.get("/health").json()
    assert health["engine"]["name"] == "paddleocr-vl"
    assert (health["gpu_enabled"], health["pipeline_ready"]) == (False, True)
    assert {"Arab", "Deva", "Hang", "Latn", "Thai"} <= set(health["scripts"])


def test_document_text_and_library_chatter_stay_out_of_the_log(server: Server) -> None:
    read(server, "a.png", png(page()))
    assert "Seen text." not in server.log()
    assert "Creating model" not in server.log()


def test_the_first_version_reads_with_its_own_layout_model(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tiny_folder(shared_folder(tmp_path_factory), "v1")
    settings = {**SETTINGS, "MODELS_DIR": str(folder), "PIPELINE_VERSION": "v1"}
    with running_server(tmp_path_factory.mktemp("v1"), "paddleocr-vl", **settings) as server:
        answer = read(server, "a.png", png(page()))
        assert by_type(answer)["table"]["content"]["html"] == TABLE
        assert by_type(answer)["chart"]["content"]["text"] == ""  # off for v1 unless asked for
        assert answer["engine"]["model"] == "PaddleOCR-VL 0.9B"
        refused = server.extract("a.png", png(page()), use_seal_recognition="true")
        assert refused.status_code == 422
        assert "PIPELINE_VERSION" in refused.json()["detail"]


def test_what_random_weights_say_depends_on_the_image(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tiny_folder(shared_folder(tmp_path_factory), weights="random")
    settings = {**SETTINGS, "MODELS_DIR": str(folder), "ENGINE_MAX_PAGES": "2"}
    black = page()
    drawn = page()
    ImageDraw.Draw(drawn).ellipse((60, 160, 500, 700), "red")
    with running_server(tmp_path_factory.mktemp("random"), "paddleocr-vl", **settings) as server:
        said = [
            [each["content"]["text"] for each in read(server, "a.png", png(image))["elements"]]
            for image in (black, drawn, black)
        ]
        assert said[0] == said[2]
        assert said[0] != said[1]
        assert "\x00" not in json.dumps(said, ensure_ascii=False)
        assert "\ufffd" not in json.dumps(said, ensure_ascii=False)
        # Two pages are as many as a process reads here: another one has taken over, or will.
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and _recycles(server) == 0:
            time.sleep(0.2)
        assert _recycles(server) == 1
        assert read(server, "a.png", png(black))["elements"]


def _recycles(server: Server) -> int:
    with server.client() as client:
        (process,) = client.get("/health").json()["engine"]["processes"]
    count: int = process["recycles"]
    return count


def test_a_page_that_takes_too_long_costs_its_process_and_no_other_page(
    tmp_path_factory: pytest.TempPathFactory, taught: Path
) -> None:
    settings = {
        **SETTINGS,
        "MODELS_DIR": str(taught),
        "PAGE_TIMEOUT_SECONDS": "3",
        "MAX_NEW_TOKENS": "16384",
        "VL_REC_MIN_PIXELS": "2000000",  # far from what was learned: it does not know where to end
        "VL_REC_MAX_PIXELS": "4000000",
    }
    with running_server(tmp_path_factory.mktemp("late"), "paddleocr-vl", **settings) as server:
        late = server.extract("a.png", png(page()))
        assert late.status_code == 500
        assert "took longer than 3 seconds" in late.json()["detail"]
        sizes = {"min_pixels": SETTINGS["VL_REC_MIN_PIXELS"]}
        sizes["max_pixels"] = SETTINGS["VL_REC_MAX_PIXELS"]
        answer = read(server, "a.png", png(page()), max_new_tokens="64", **sizes)
        assert by_type(answer)["text"]["content"]["text"] == "Seen text."
