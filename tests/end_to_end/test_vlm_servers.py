"""PaddleOCR-VL with its vision-language model on a server, which behaves well and badly."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.end_to_end.test_paddleocr_vl import by_type, page, pdf, png, read
from tests.support.server import Server, running_server
from tests.support.tiny_folders import SETTINGS, needs_paddle, shared_folder, tiny_folder
from tests.support.tiny_models import BLOCKS
from tests.support.vlm_server import ANSWERS, LOOP, PROBABILITY, Mode, VlmServer, vlm_server

pytestmark = [needs_paddle, pytest.mark.xdist_group("vlm")]

KEY = "a secret key"
CONCURRENCY = 3


@pytest.fixture(scope="module")
def vlm() -> Iterator[VlmServer]:
    with vlm_server(key=KEY) as server:
        yield server


@pytest.fixture(autouse=True)
def _well_behaved(vlm: VlmServer) -> Iterator[None]:
    vlm.mode, vlm.failures_left, vlm.most_at_once = Mode.OK, 0, 0
    vlm.seen.clear()
    vlm.refused.clear()
    yield
    assert vlm.refused == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, vlm: VlmServer) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("vlm")
    settings = settings_for(tiny_folder(shared_folder(tmp_path_factory)), vlm, "vllm-server")
    with running_server(folder, "paddleocr-vl", **settings) as server:
        yield server


def settings_for(models: Path, vlm: VlmServer, backend: str) -> dict[str, str]:
    return {
        **SETTINGS,
        "MODELS_DIR": str(models),
        "VL_REC_MODEL_DIR": "/nowhere",
        "VL_REC_BACKEND": backend,
        "VL_REC_SERVER_URL": vlm.url,
        "VL_REC_API_KEY": vlm.key or "",
        "VL_REC_MODEL_NAME": "tiny",
        "VL_REC_MAX_CONCURRENCY": str(CONCURRENCY),
    }


def test_what_the_server_reads_comes_back_with_how_sure_it_was(
    server: Server, vlm: VlmServer
) -> None:
    answer = read(server, "a.png", png(page()))

    elements = by_type(answer)
    assert elements["text"]["content"]["text"] == ANSWERS["OCR:"]
    assert elements["formula"]["content"]["latex"] == "E = mc^2"
    assert elements["chart"]["content"]["text"] == "year\tvalue\n2024\t7"
    assert elements["table"]["content"]["text"] == "a\nb\tc"
    for block in BLOCKS:
        kind = {"doc_title": "title", "number": "page_number", "display_formula": "formula"}
        metadata = elements[kind.get(block.label, block.label)]["metadata"]
        sure = PROBABILITY if block.label != "image" else None
        assert metadata["recognition_confidence"] == (sure and pytest.approx(sure, abs=1e-3))
        assert metadata["layout_confidence"] == pytest.approx(block.score, abs=1e-3)
        assert metadata["confidence"] == (
            metadata["recognition_confidence"] or metadata["layout_confidence"]
        )
    assert {each.key for each in vlm.seen} == {f"Bearer {KEY}"}
    assert {each.body["model"] for each in vlm.seen} == {"tiny"}
    assert {each.body["max_completion_tokens"] for each in vlm.seen} == {64}
    assert {each.body["mm_processor_kwargs"]["max_pixels"] for each in vlm.seen} == {25088}
    assert "vllm-server" in answer["engine"]["revision"]


def test_sampling_of_a_request_reaches_the_server(server: Server, vlm: VlmServer) -> None:
    read(server, "a.png", png(page()), temperature="0.4", top_p="0.8", repetition_penalty="1.2")
    for each in vlm.seen:
        assert (each.body["temperature"], each.body["top_p"]) == (0.4, 0.8)
        assert each.body["repetition_penalty"] == 1.2


def test_no_more_regions_are_with_the_server_than_allowed(server: Server, vlm: VlmServer) -> None:
    vlm.mode = Mode.SLOW
    content = pdf(page(), page(), page())
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda name: read(server, name, content), ("a.pdf", "b.pdf", "c.pdf")))
    assert all(len(each["elements"]) == 3 * len(BLOCKS) for each in done)
    assert 1 < vlm.most_at_once <= CONCURRENCY


def test_a_loop_is_read_again_with_some_randomness(server: Server, vlm: VlmServer) -> None:
    vlm.mode = Mode.LOOPING
    answer = read(server, "a.png", png(page()))
    assert by_type(answer)["text"]["content"]["text"] == ANSWERS["OCR:"]
    assert answer["warnings"] == []
    temperatures = [each.body["temperature"] for each in vlm.seen if each.prompt == "OCR:"]
    assert len(temperatures) == 2 * 4
    assert sum(each > 0 for each in temperatures) == 4


def test_what_loops_again_is_cut_and_says_so(server: Server, vlm: VlmServer) -> None:
    vlm.mode = Mode.ALWAYS_LOOPING
    answer = read(server, "a.png", png(page()))
    text = by_type(answer)["text"]
    assert text["metadata"]["truncated"] is True
    assert text["content"]["text"] == f"A beginning. {LOOP}".strip()
    assert text["metadata"]["recognition_confidence"] is None
    assert "truncated" not in by_type(answer)["table"]["metadata"]
    (warning,) = answer["warnings"]
    assert (warning["code"], warning["page"]) == ("text-truncated", 1)
    assert warning["message"].startswith("4 parts of the page")


def test_a_hiccup_of_the_server_is_got_over(server: Server, vlm: VlmServer) -> None:
    vlm.failures_left = 2
    assert len(read(server, "a.png", png(page()))["elements"]) == len(BLOCKS)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        (Mode.FAILING, "The VLM server failed on the page."),
        (Mode.NO_JSON, "The VLM server answered with something that is no text."),
        (Mode.NO_CHOICES, "The VLM server answered with something that is no text."),
    ],
)
def test_what_the_server_cannot_do_fails_the_page_and_nothing_else(
    server: Server, vlm: VlmServer, mode: Mode, words: str
) -> None:
    vlm.mode = mode
    failed = server.extract("a.png", png(page()))
    assert (failed.status_code, failed.json()["detail"]) == (500, words)
    vlm.mode = Mode.OK
    assert len(read(server, "a.png", png(page()))["elements"]) == len(BLOCKS)


def health(server: Server) -> tuple[int, str | None]:
    with server.client() as client:
        response = client.get("/health")
    return response.status_code, response.json()["reason"]


def wait_until(server: Server, status: int, seconds: float = 30) -> str | None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found, reason = health(server)
        if found == status:
            return reason
        time.sleep(0.1)
    raise AssertionError(f"/health did not become {status}: {health(server)}")


def test_while_the_server_is_down_requests_are_told_so_and_it_may_come_back(
    server: Server, vlm: VlmServer
) -> None:
    read(server, "a.png", png(page()))
    starts = engine_starts(server)
    vlm.down()
    try:
        at_once = server.extract("a.png", png(page()))
        assert at_once.status_code == 503
        assert "does not answer" in at_once.json()["detail"]
        reason = wait_until(server, 503)
        assert reason == f"The VLM server at {vlm.url.removesuffix('/v1')} does not answer."
        refused = server.extract("a.png", png(page()))
        assert (refused.status_code, refused.json()["detail"]) == (503, reason)
        assert refused.json()["code"] == "engine-unavailable"
        assert int(refused.headers["retry-after"]) > 0
    finally:
        vlm.up()
    wait_until(server, 200)
    assert len(read(server, "a.png", png(page()))["elements"]) == len(BLOCKS)
    assert engine_starts(server) == starts


@pytest.mark.parametrize(
    ("key", "mode", "words"),
    [("another", Mode.OK, "refuses the key"), (KEY, Mode.LOADING, "is not ready (HTTP 503)")],
)
def test_health_says_what_the_server_says(
    server: Server, vlm: VlmServer, key: str, mode: Mode, words: str
) -> None:
    vlm.key, vlm.mode = key, mode
    try:
        assert words in str(wait_until(server, 503))
    finally:
        vlm.key, vlm.mode = KEY, Mode.OK
    wait_until(server, 200)


def engine_starts(server: Server) -> int:
    with server.client() as client:
        starts: int = client.get("/health").json()["engine"]["starts"]
    return starts


def test_the_key_stays_out_of_the_log(server: Server) -> None:
    read(server, "a.png", png(page()))
    assert KEY not in server.log()


def test_llama_cpp_gets_the_images_and_limits_that_it_knows(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    models = tiny_folder(shared_folder(tmp_path_factory))
    with vlm_server(image_format="PNG") as vlm:
        settings = settings_for(models, vlm, "llama-cpp-server")
        folder = tmp_path_factory.mktemp("llama")
        with running_server(folder, "paddleocr-vl", **settings) as server:
            answer = read(server, "a.png", png(page()))
            assert by_type(answer)["text"]["content"]["text"] == ANSWERS["OCR:"]
            assert {each.image for each in vlm.seen} == {"PNG"}
            assert {each.body["max_tokens"] for each in vlm.seen} == {64}
            assert vlm.refused == []
