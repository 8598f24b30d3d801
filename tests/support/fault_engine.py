"""An engine that does to each page what is drawn in its image, and much of it is bad.

A page image is `BANDS` upright bands of equal width, each black (1) or white (0): a `PageOrder` in
binary, which no rendering, reduction or change of colours can alter. Tests draw them with
`tests.support.fault_documents` and hold the engine by the files of its `FaultFolder`.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn

from PIL import Image

from paddleocr_vl_service.engines.base import EngineCapabilities, EngineConfig
from paddleocr_vl_service.engines.handler import ANSWER, ParseAnswer
from paddleocr_vl_service.models.document import (
    Element,
    ElementType,
    EngineInfo,
    PageImage,
    PageResult,
    ParseOptions,
)
from paddleocr_vl_service.models.errors import EngineOutOfMemory
from paddleocr_vl_service.processes import wire

BANDS = 32
MAX_NUMBER = 4095
"""Of documents and of pages."""

_NUMBER_BITS = 12
_GATE_POLL_SECONDS = 0.005


class Behaviour(IntEnum):
    """What the engine does with a page. 0 and 255 are a black and a white page, and no order."""

    READ = 1
    CRASH = 2
    EXIT = 3
    KILLED = 4
    RAISE = 5
    HANG = 6
    SLOW = 7
    TOO_MUCH = 8
    EXTRA = 9
    OUT_OF_TURN = 10
    CRASH_ONCE = 11
    EXIT_ONCE = 12
    KILLED_ONCE = 13
    RAISE_ONCE = 14
    HANG_ONCE = 15
    TOO_LARGE = 16
    TOO_LARGE_EVEN_FRUGALLY = 17


@dataclass(frozen=True)
class PageOrder:
    """What is drawn in one page."""

    document: int
    page: int
    behaviour: Behaviour = Behaviour.READ

    def __post_init__(self) -> None:
        if not (0 <= self.document <= MAX_NUMBER and 0 <= self.page <= MAX_NUMBER):
            raise ValueError(f"numbers go from 0 to {MAX_NUMBER}")

    def bits(self) -> list[bool]:
        """One a band, from the left."""
        number = (self.behaviour << _NUMBER_BITS | self.document) << _NUMBER_BITS | self.page
        return [digit == "1" for digit in f"{number:0{BANDS}b}"]

    @classmethod
    def from_bits(cls, bits: Sequence[bool]) -> PageOrder:
        """The reverse of `bits`; raises `ValueError` for what is no order."""
        number = int("".join("1" if bit else "0" for bit in bits), 2)
        rest, page = divmod(number, 1 << _NUMBER_BITS)
        behaviour, document = divmod(rest, 1 << _NUMBER_BITS)
        return cls(document, page, Behaviour(behaviour))


def marker(document: int, page: int) -> str:
    """The text that the engine reads in a page."""
    return f"document {document} page {page}"


def order_in(image: Image.Image) -> PageOrder:
    """What is drawn in a page image; raises `ValueError` where that is no order."""
    middle = image.height // 2
    row = image.crop((0, middle, image.width, middle + 1)).convert("L").tobytes()
    levels = [row[int((band + 0.5) * image.width / BANDS)] for band in range(BANDS)]
    if any(64 <= level <= 192 for level in levels):
        raise ValueError(f"bands that are neither black nor white: {levels}")
    return PageOrder.from_bits([level < 64 for level in levels])


class FaultEngine:
    """Environment, all of it optional.

    ``FAULT_FOLDER``: its log, its gate and what it did once (see `FaultFolder`);
    ``FAULT_PAGE_SECONDS``, ``FAULT_LOAD_SECONDS``: how long it takes;
    ``FAULT_LEAK_MB``: memory that it does not give back, a page.
    """

    def __init__(self, config: EngineConfig) -> None:
        folder = os.environ.get("FAULT_FOLDER")
        self._config = config
        self._folder = Path(folder) if folder else None
        self._page_seconds = float(os.environ.get("FAULT_PAGE_SECONDS", "0"))
        self._load_seconds = float(os.environ.get("FAULT_LOAD_SECONDS", "0"))
        self._leak_bytes = int(float(os.environ.get("FAULT_LEAK_MB", "0")) * (1 << 20))
        self._leaked: list[bytes] = []

    def warmup(self) -> EngineCapabilities:
        self._log("starts.jsonl", {"pid": os.getpid(), "device": self._config.device})
        time.sleep(self._load_seconds)
        if self._told("refuse"):
            raise RuntimeError("as told")
        if self._told("refuse-by-dying"):
            os._exit(1)
        if self._told("refuse-by-hanging"):
            _hang()
        return EngineCapabilities(EngineInfo("fault", "none", "1"), self._config.device, ("Latn",))

    def parse(self, pages: Sequence[PageImage], options: ParseOptions) -> list[PageResult]:
        orders = [_order_of(page) for page in pages]
        call = {
            "pid": os.getpid(),
            "pages": [[order.document, order.page] for order in orders],
            "text_source": options.text_source.value,
            "frugal": options.frugal,
        }
        self._log("calls.jsonl", call)
        while self._told("closed"):
            time.sleep(_GATE_POLL_SECONDS)
        behaviours = {order.behaviour for order in orders}
        if _exceeds_memory(behaviours, frugal=options.frugal):
            raise EngineOutOfMemory("as ordered")
        results = [self._read(*pair) for pair in zip(pages, orders, strict=True)]
        if Behaviour.EXTRA in behaviours:
            results.append(results[-1])
        if Behaviour.OUT_OF_TURN in behaviours:
            _answer_by_itself(results)
        return results

    def close(self) -> None:
        pass

    def _read(self, page: PageImage, order: PageOrder) -> PageResult:
        time.sleep(self._page_seconds)
        # Written, not only allocated: memory that nobody touched is not taken.
        self._leaked.append(b"x" * self._leak_bytes)
        misbehave = _MISBEHAVIOUR.get(self._behaviour_now(order))
        if misbehave:
            misbehave()
        result = _result(page, order)
        return _too_much(result) if order.behaviour is Behaviour.TOO_MUCH else result

    def _behaviour_now(self, order: PageOrder) -> Behaviour:
        if order.behaviour not in _ONCE:
            return order.behaviour
        if self._folder is None:
            return Behaviour.READ
        try:
            (self._folder / f"once-{order.document}-{order.page}").touch(exist_ok=False)
        except FileExistsError:
            return Behaviour.READ
        return _ONCE[order.behaviour]

    def _told(self, name: str) -> bool:
        return self._folder is not None and (self._folder / name).exists()

    def _log(self, name: str, entry: dict[str, Any]) -> None:
        if self._folder is None:
            return
        log = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(log, json.dumps(entry).encode() + b"\n")  # one write: engines share the file
        finally:
            os.close(log)


def _exceeds_memory(behaviours: Collection[Behaviour], *, frugal: bool) -> bool:
    if Behaviour.TOO_LARGE_EVEN_FRUGALLY in behaviours:
        return True
    return Behaviour.TOO_LARGE in behaviours and not frugal


def _order_of(page: PageImage) -> PageOrder:
    with Image.open(page.file) as image:
        return order_in(image)


def _result(page: PageImage, order: PageOrder) -> PageResult:
    text = marker(order.document, order.page)
    box = (0, 0, page.width, page.height)
    element = Element(ElementType.TEXT, text, box, page.number, order=0)
    return PageResult(page.number, page.width, page.height, elements=(element,))


def _too_much(result: PageResult) -> PageResult:
    (element,) = result.elements
    return replace(result, elements=(replace(element, text="x" * (wire.MAX_MESSAGE_BYTES + 1)),))


def _answer_by_itself(results: list[PageResult]) -> None:
    """Send the answer that the process is about to send, so that the parent gets it twice.

    That is the worst frame there is: in the place of another page's answer it looks right.
    """
    parent = int(sys.argv[1])  # of python -m paddleocr_vl_service.processes.child FD ...
    os.write(parent, wire.encode({"result": ANSWER.dump_python(ParseAnswer(results), mode="json")}))


def _crash() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would stay where tests run
    ctypes.string_at(0)


def _hang() -> NoReturn:
    while True:
        time.sleep(3600)


def _raise() -> NoReturn:
    raise RuntimeError("as ordered")


_MISBEHAVIOUR: dict[Behaviour, Callable[[], object]] = {
    Behaviour.CRASH: _crash,
    Behaviour.EXIT: lambda: os._exit(3),
    Behaviour.KILLED: lambda: os.kill(os.getpid(), signal.SIGKILL),
    Behaviour.RAISE: _raise,
    Behaviour.HANG: _hang,
    Behaviour.SLOW: lambda: time.sleep(0.5),
}

_ONCE = {
    Behaviour.CRASH_ONCE: Behaviour.CRASH,
    Behaviour.EXIT_ONCE: Behaviour.EXIT,
    Behaviour.KILLED_ONCE: Behaviour.KILLED,
    Behaviour.RAISE_ONCE: Behaviour.RAISE,
    Behaviour.HANG_ONCE: Behaviour.HANG,
}
