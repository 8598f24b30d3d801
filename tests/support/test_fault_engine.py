import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pypdfium2
import pytest
from PIL import Image

from paddleocr_vl_service.engines.base import EngineConfig
from paddleocr_vl_service.engines.handler import ANSWER, OPTIONS
from paddleocr_vl_service.intake.reader import Reader
from paddleocr_vl_service.intake.types import DocumentKind, InspectRequest, RenderRequest
from paddleocr_vl_service.models.document import PageImage, ParseOptions, TextSourceChoice
from paddleocr_vl_service.processes.errors import WorkerDied, WorkerFailed, WorkerTimedOut
from paddleocr_vl_service.processes.worker import Worker, WorkerSpec
from tests.support import fault_documents
from tests.support.fault_documents import FAULT_ENGINE, Call, FaultFolder, Refusal, read_pages
from tests.support.fault_engine import Behaviour, FaultEngine, PageOrder, marker, order_in
from tests.support.mounts import small_file_system
from tests.support.server import REPOSITORY
from tests.support.waiting import eventually

CORNERS = [
    PageOrder(document, page, behaviour)
    for document, page in ((0, 0), (4095, 4095), (0, 4095), (1365, 2730))
    for behaviour in (Behaviour.READ, Behaviour.HANG_ONCE)
]
Start = Callable[[], Awaitable[Worker]]


def saved(folder: Path, order: PageOrder, number: int = 1) -> PageImage:
    path = folder / f"{order.document}-{order.page}-{order.behaviour}.bmp"
    image = fault_documents.page_image(order)
    image.save(path)
    return PageImage(number, str(path), *image.size)


def texts(engine: FaultEngine, pages: Sequence[PageImage]) -> list[str]:
    return [result.elements[0].text for result in engine.parse(pages, ParseOptions())]


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FaultFolder:
    state = FaultFolder(tmp_path / "state")
    for name, value in state.environment().items():
        monkeypatch.setenv(name, value)
    return state


@pytest.fixture
def engine(state: FaultFolder) -> FaultEngine:
    return FaultEngine(EngineConfig())


@pytest.fixture
async def start(state: FaultFolder) -> AsyncIterator[Start]:
    """Starts engines in processes of their own, and ends them."""
    workers: list[Worker] = []
    environment = state.environment(PYTHONPATH=str(REPOSITORY))
    config = {"factory": FAULT_ENGINE, "engine": {"device": "cpu", "threads": 1}}
    factory = "paddleocr_vl_service.engines.handler:EngineHandler"

    async def start() -> Worker:
        workers.append(
            await Worker.start(WorkerSpec("test", factory, config, environment=environment))
        )
        return workers[-1]

    yield start
    for worker in workers:
        await worker.stop()
        assert not psutil.pid_exists(worker.pid)


async def parse(
    worker: Worker, folder: Path, *orders: PageOrder, timeout: float = 10
) -> list[str | None]:
    pages = [vars(saved(folder, order, n)) for n, order in enumerate(orders, 1)]
    payload = {"pages": pages, "options": OPTIONS.dump_python(ParseOptions(), mode="json")}
    answer = ANSWER.validate_python(await worker.call("parse", payload, timeout=timeout))
    return [result.elements[0].text for result in answer.results]


@pytest.mark.parametrize("order", CORNERS)
@pytest.mark.parametrize("size", [(32, 1), (128, 96), (333, 40), (2000, 5)])
def test_an_order_is_drawn_and_found_again(order: PageOrder, size: tuple[int, int]) -> None:
    image = fault_documents.page_image(order, size)
    assert image.size == size
    assert order_in(image) == order


@pytest.mark.parametrize("change", ["CMYK", "P", "L", "1"])
def test_an_order_survives_colours_and_reduction(change: str) -> None:
    for order in CORNERS:
        image = fault_documents.page_image(order, (1000, 700))
        assert order_in(image.convert(change).convert("RGB").resize((171, 120))) == order


@pytest.mark.parametrize("colour", ["white", "black", "grey", "red"])
def test_another_picture_is_no_order(colour: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        order_in(Image.new("RGB", (64, 48), colour))


@pytest.mark.parametrize("numbers", [(-1, 0), (4096, 0), (0, 4096)])
def test_numbers_that_cannot_be_drawn_are_refused(numbers: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="4095"):
        PageOrder(*numbers)


@pytest.mark.parametrize("kind", [DocumentKind.PNG, DocumentKind.TIFF, DocumentKind.PDF])
def test_the_service_s_page_images_carry_the_orders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: DocumentKind
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # the reader sets it
    orders = CORNERS[:1] if kind is DocumentKind.PNG else CORNERS
    path, reader = tmp_path / "document", Reader(40_000_000)
    path.write_bytes(
        {
            DocumentKind.PNG: lambda: fault_documents.png(orders[0]),
            DocumentKind.TIFF: lambda: fault_documents.tiff(orders),
            DocumentKind.PDF: lambda: fault_documents.pdf(orders),
        }[kind]()
    )
    document = InspectRequest(str(path), kind)
    assert reader.inspect(document).page_count == len(orders)
    for number, order in enumerate(orders, 1):
        page = reader.render(RenderRequest(document, number, str(tmp_path / f"{number}.bmp")))
        assert (page.width, page.height) in ((128, 96), (300, 225))
        with Image.open(page.file) as image:
            assert order_in(image) == order
    reader.close()


@pytest.mark.parametrize("size", [(595.0, 842.0), (72.0, 54.0), (36.0, 27.0)])
def test_a_pdf_carries_orders_at_200_dpi(size: tuple[float, float]) -> None:
    document = pypdfium2.PdfDocument(fault_documents.pdf(CORNERS[:3], size))
    images = [page.render(scale=200 / 72).to_pil() for page in document]
    document.close()
    assert [order_in(image) for image in images] == CORNERS[:3]


def test_reads_pages_in_the_order_given(engine: FaultEngine, tmp_path: Path) -> None:
    pages = [saved(tmp_path, PageOrder(7, 9), 3), saved(tmp_path, PageOrder(6, 2), 1)]
    results = engine.parse(pages, ParseOptions())
    assert [(each.number, each.width, each.height) for each in results] == [
        (3, 128, 96),
        (1, 128, 96),
    ]
    assert [each.elements[0].text for each in results] == [marker(7, 9), marker(6, 2)]
    assert marker(7, 9) == "document 7 page 9"
    assert [each.elements[0].page for each in results] == [3, 1]


def test_tells_what_it_was_called_with(
    engine: FaultEngine, state: FaultFolder, tmp_path: Path
) -> None:
    engine.warmup()
    pages = [saved(tmp_path, PageOrder(1, page)) for page in (1, 2)]
    engine.parse(pages, ParseOptions(TextSourceChoice.OCR))
    with pytest.raises(RuntimeError):
        engine.parse([saved(tmp_path, PageOrder(2, 1, Behaviour.RAISE))], ParseOptions())
    assert state.starts() == [os.getpid()]
    assert state.calls() == [
        Call(os.getpid(), ((1, 1), (1, 2)), "ocr"),
        Call(os.getpid(), ((2, 1),), "auto"),
    ]
    assert state.order_of_service() == [(1, 1), (1, 2), (2, 1)]


def test_works_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAULT_FOLDER", raising=False)
    engine = FaultEngine(EngineConfig("gpu:1"))
    assert engine.warmup().device == "gpu:1"
    assert texts(engine, [saved(tmp_path, PageOrder(1, 1, Behaviour.CRASH_ONCE))]) == [marker(1, 1)]


def test_once_is_once_a_page(engine: FaultEngine, tmp_path: Path) -> None:
    for document, page in ((1, 1), (1, 2), (2, 1)):
        image = saved(tmp_path, PageOrder(document, page, Behaviour.RAISE_ONCE))
        with pytest.raises(RuntimeError):
            engine.parse([image], ParseOptions())
        for _ in range(2):
            assert texts(engine, [image]) == [marker(document, page)]


def test_takes_its_time_and_memory(
    state: FaultFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = {"FAULT_PAGE_SECONDS": "0.05", "FAULT_LOAD_SECONDS": "0.1", "FAULT_LEAK_MB": "20"}
    for name, value in state.environment(**more).items():
        monkeypatch.setenv(name, value)
    engine = FaultEngine(EngineConfig())
    started = time.monotonic()
    engine.warmup()
    assert time.monotonic() - started >= 0.1
    engine.parse(
        [saved(tmp_path, PageOrder(1, 1)), saved(tmp_path, PageOrder(1, 2))], ParseOptions()
    )
    assert time.monotonic() - started >= 0.2
    assert sum(map(len, engine._leaked)) == 40 << 20


def test_waits_at_a_closed_gate(engine: FaultEngine, state: FaultFolder, tmp_path: Path) -> None:
    state.close_gate()
    pages = [saved(tmp_path, PageOrder(1, 1))]
    caller = threading.Thread(target=engine.parse, args=(pages, ParseOptions()))
    caller.start()
    assert eventually(lambda: state.order_of_service() == [(1, 1)])
    caller.join(0.05)
    assert caller.is_alive()
    state.open_gate()
    caller.join(5)
    assert not caller.is_alive()


def test_pages_of_an_answer_are_told_apart() -> None:
    elements = [
        {"metadata": {"page": page}, "content": {"text": marker(3, page)}} for page in (2, 5)
    ]
    answer: dict[str, Any] = {"pages": [{"page": 2}, {"page": 5}], "elements": elements}
    assert read_pages(answer) == {2: "document 3 page 2", 5: "document 3 page 5"}
    for wrong in (elements[:1], elements[::-1], [elements[0], *elements]):
        with pytest.raises(AssertionError):
            read_pages({**answer, "elements": wrong})


DEATHS = [
    (Behaviour.CRASH, -signal.SIGSEGV),
    (Behaviour.EXIT, 3),
    (Behaviour.KILLED, -signal.SIGKILL),
]
PARSE = """
import sys
from tests.support.fault_engine import *
page = PageImage(1, sys.argv[1], 128, 96)
FaultEngine(EngineConfig()).parse([page], ParseOptions())
"""


@pytest.mark.parametrize(("behaviour", "code"), DEATHS, ids=["crash", "exit", "killed"])
def test_dies_in_the_way_it_is_told(
    state: FaultFolder, tmp_path: Path, behaviour: Behaviour, code: int
) -> None:
    # The code that a worker tells is 255 where asyncio and Popen.kill race for the dead child.
    command = [sys.executable, "-c", PARSE, saved(tmp_path, PageOrder(1, 1, behaviour)).file]
    assert subprocess.run(command, cwd=REPOSITORY).returncode == code
    assert state.order_of_service() == [(1, 1)]
    assert list(tmp_path.rglob("core*")) == []


@pytest.mark.parametrize(
    "behaviour", [behaviour for behaviour, _ in DEATHS], ids=lambda each: each.name
)
async def test_a_death_is_one_for_the_parent(
    start: Start, state: FaultFolder, tmp_path: Path, behaviour: Behaviour
) -> None:
    worker = await start()
    orders = [PageOrder(1, 1), PageOrder(1, 2, behaviour)]
    with pytest.raises(WorkerDied, match="IncompleteReadError"):
        await parse(worker, tmp_path, *orders)
    assert not worker.alive
    assert state.calls() == [Call(worker.pid, ((1, 1), (1, 2)), "auto")]


async def test_a_hang_meets_the_deadline(start: Start, tmp_path: Path) -> None:
    worker = await start()
    with pytest.raises(WorkerTimedOut):
        await parse(worker, tmp_path, PageOrder(1, 1, Behaviour.HANG), timeout=0.2)
    assert not worker.alive


async def test_an_engine_lives_on_after_what_is_not_deadly(start: Start, tmp_path: Path) -> None:
    worker = await start()
    for behaviour in (Behaviour.RAISE, Behaviour.TOO_MUCH):
        with pytest.raises(WorkerFailed):
            await parse(worker, tmp_path, PageOrder(1, 1, behaviour))
    assert await parse(worker, tmp_path, PageOrder(1, 1, Behaviour.SLOW)) == [marker(1, 1)]
    extra = await parse(worker, tmp_path, PageOrder(1, 1), PageOrder(1, 2, Behaviour.EXTRA))
    assert extra == [marker(1, 1), marker(1, 2), marker(1, 2)]
    assert await parse(worker, tmp_path, PageOrder(1, 1)) == [marker(1, 1)]


async def test_an_answer_out_of_turn_is_never_taken_for_the_next_one(
    start: Start, tmp_path: Path
) -> None:
    worker = await start()
    with pytest.raises(WorkerDied):
        await parse(worker, tmp_path, PageOrder(1, 1, Behaviour.OUT_OF_TURN))
    assert not worker.alive


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        (Behaviour.CRASH_ONCE, WorkerDied),
        (Behaviour.EXIT_ONCE, WorkerDied),
        (Behaviour.KILLED_ONCE, WorkerDied),
        (Behaviour.RAISE_ONCE, WorkerFailed),
        (Behaviour.HANG_ONCE, WorkerTimedOut),
    ],
    ids=["crash", "exit", "killed", "raise", "hang"],
)
async def test_the_next_process_knows_what_was_done_once(
    start: Start, tmp_path: Path, behaviour: Behaviour, error: type[Exception]
) -> None:
    first, second = await asyncio.gather(start(), start())
    order = PageOrder(4, 2, behaviour)
    with pytest.raises(error):
        await parse(first, tmp_path, order, timeout=0.5)
    assert await parse(second, tmp_path, order) == [marker(4, 2)]


@pytest.mark.parametrize(
    ("how", "error"), [("raise", WorkerFailed), ("die", WorkerDied), ("hang", WorkerTimedOut)]
)
async def test_refuses_to_load_until_allowed(
    start: Start, state: FaultFolder, how: Refusal, error: type[Exception]
) -> None:
    first, second = await asyncio.gather(start(), start())
    state.refuse(how)
    with pytest.raises(error):
        await first.call("warmup", None, timeout=0.5)
    state.allow()
    assert (await second.call("warmup", None, timeout=5))["device"] == "cpu"
    assert state.starts() == [first.pid, second.pid]


def test_a_small_file_system_runs_full(tmp_path: Path) -> None:
    with small_file_system(tmp_path / "small", 256) as small:
        small.fill()
        with pytest.raises(OSError, match="No space") as caught:
            (small.folder / "file").write_bytes(b"x")
        assert caught.value.errno == errno.ENOSPC
        small.free()
        (small.folder / "file").write_bytes(b"x" * 200_000)
    assert list((tmp_path / "small").iterdir()) == []


def test_a_file_system_turns_read_only_under_an_open_file(tmp_path: Path) -> None:
    with (
        small_file_system(tmp_path / "small", 256) as small,
        (small.folder / "lock").open("w") as lock,
    ):
        (small.folder / "file").write_bytes(b"x")
        for options in ("remount,ro", "remount,bind,ro"):
            remount = subprocess.run(["mount", "-o", options, small.folder], capture_output=True)
            assert b"busy" in remount.stderr
        small.make_read_only()
        for write in (Path.mkdir, Path.touch):
            with pytest.raises(OSError, match="Read-only") as caught:
                write(small.folder / "new")
            assert caught.value.errno == errno.EROFS
        with pytest.raises(OSError, match="Read-only"):
            (small.folder / "file").unlink()
        assert (small.folder / "file").read_bytes() == b"x"
        lock.write("still")
        small.make_writable()
        (small.folder / "file").unlink()


def test_is_unmounted_whatever_happens(tmp_path: Path) -> None:
    folder = tmp_path / "small"

    def fail_while_read_only() -> None:
        with small_file_system(folder, 256) as small:
            small.make_read_only()
            raise KeyError

    with pytest.raises(KeyError):
        fail_while_read_only()
    assert str(folder) not in Path("/proc/self/mountinfo").read_text()
