"""Documents for the fault engine, and the folder by which tests hold and watch it."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from tests.support.documents import encode
from tests.support.fault_engine import BANDS, PageOrder

IMAGE_SIZE = (128, 96)
PDF_SIZE = (36.0, 27.0)
"""Points; rendered at 600 dpi, as small pages are, that is 300 by 225 pixels."""

FAULT_ENGINE = "tests.support.fault_engine:FaultEngine"

Refusal = Literal["raise", "die", "hang"]

_REFUSALS: dict[Refusal, str] = {
    "raise": "refuse",
    "die": "refuse-by-dying",
    "hang": "refuse-by-hanging",
}


def page_image(order: PageOrder, size: tuple[int, int] = IMAGE_SIZE) -> Image.Image:
    """The picture of an order, in RGB."""
    if size[0] < BANDS:
        raise ValueError(f"a page needs {BANDS} pixels of width at least")
    row = Image.new("L", (BANDS, 1))
    row.putdata([0 if bit else 255 for bit in order.bits()])
    return row.resize(size, Image.Resampling.NEAREST).convert("RGB")


def png(order: PageOrder, size: tuple[int, int] = IMAGE_SIZE) -> bytes:
    return encode(page_image(order, size), "PNG")


def tiff(orders: Sequence[PageOrder], size: tuple[int, int] = IMAGE_SIZE) -> bytes:
    """A TIFF with one page an order."""
    pages = [page_image(order, size) for order in orders]
    buffer = io.BytesIO()
    pages[0].save(
        buffer, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate"
    )
    return buffer.getvalue()


def pdf(
    orders: Sequence[PageOrder],
    size: tuple[float, float] = PDF_SIZE,
    password: str | None = None,
) -> bytes:
    """A PDF with one page an order, drawn and not scanned; encrypted where there is a password."""
    buffer = io.BytesIO()
    encryption = None if password is None else StandardEncryption(password, strength=128)
    canvas = Canvas(buffer, size, encrypt=encryption)
    width, height = size
    for order in orders:
        for band, black in enumerate(order.bits()):
            if black:
                canvas.rect(band * width / BANDS, 0, width / BANDS, height, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def read_pages(answer: dict[str, Any]) -> dict[int, str]:
    """What ``extract-document`` answered for each page that was read, in the answer's order."""
    pages = [page["page"] for page in answer["pages"]]
    places = [element["metadata"]["page"] for element in answer["elements"]]
    assert places == pages, "not exactly one element a page"
    assert len(set(pages)) == len(pages), "a page that was answered twice"
    texts = [element["content"]["text"] for element in answer["elements"]]
    return dict(zip(pages, texts, strict=True))


@dataclass(frozen=True)
class Call:
    """One call of an engine's ``parse``; its pages are pairs of document and page."""

    pid: int
    pages: tuple[tuple[int, int], ...]
    text_source: str
    frugal: bool = False


class FaultFolder:
    """The folder that fault engines share with a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def environment(self, **more: str) -> dict[str, str]:
        """Settings for `running_server`."""
        return {"FAULT_FOLDER": str(self.folder), **more}

    def close_gate(self) -> None:
        """Let engines take calls, but not work on them, until `open_gate`."""
        (self.folder / "closed").touch()

    def open_gate(self) -> None:
        (self.folder / "closed").unlink(missing_ok=True)

    def refuse(self, how: Refusal = "raise") -> None:
        """Let no engine load until `allow`; who hangs by then hangs for ever."""
        (self.folder / _REFUSALS[how]).touch()

    def allow(self) -> None:
        for name in _REFUSALS.values():
            (self.folder / name).unlink(missing_ok=True)

    def calls(self) -> list[Call]:
        """All calls so far, in the order in which engines took them."""
        return [
            Call(
                entry["pid"],
                tuple((document, page) for document, page in entry["pages"]),
                entry["text_source"],
                entry["frugal"],
            )
            for entry in self._entries("calls.jsonl")
        ]

    def order_of_service(self) -> list[tuple[int, int]]:
        """Document and page of every reading that was tried."""
        return [page for call in self.calls() for page in call.pages]

    def starts(self) -> list[int]:
        """Process ids of all engines that began to load, those that failed included."""
        return [entry["pid"] for entry in self._entries("starts.jsonl")]

    def _entries(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]
