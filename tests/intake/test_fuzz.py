"""Whatever the bytes are: an answer or one of our errors, in bounded time."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from paddleocr_vl_service.intake.intake import Intake, IntakeLimits
from paddleocr_vl_service.intake.reader import Reader
from paddleocr_vl_service.intake.sniffing import kind_of, sniff
from paddleocr_vl_service.intake.types import (
    DocumentKind,
    InspectRequest,
    PageContent,
    RenderRequest,
)
from paddleocr_vl_service.models.errors import (
    DocumentError,
    DocumentTypeUnsupported,
    PageFailed,
    PageTimedOut,
)
from tests.intake.making import corners, encoded, grey_tags, one_page_pdf, pdf, tiff, writing

MAX_PIXELS = 250_000
SECONDS = 20


def exif() -> Image.Exif:
    data = Image.Exif()
    data[0x0112] = 6
    data[0x010E] = "a scan"
    return data


SEEDS: dict[DocumentKind, list[bytes]] = {
    DocumentKind.PDF: [
        pdf(writing("Hello"), writing("world")),
        pdf(writing("Hello"), password="x"),
        one_page_pdf(
            b"/MediaBox[0 0 200 100]/Rotate 90/CropBox[9 9 99 99]/Annots[<</Subtype/Widget>>]",
            b"BT /F 9 Tf 9 9 Td (abc) Tj ET 1 0 0 rg 0 0 50 50 re f",
        ),
    ],
    DocumentKind.JPEG: [
        encoded(corners(), "JPEG", exif=exif()),
        encoded(corners().convert("CMYK"), "JPEG", progressive=True),
        encoded(corners(), "MPO", save_all=True, append_images=[corners()]),
    ],
    DocumentKind.PNG: [
        encoded(corners(), "PNG", exif=exif(), dpi=(72, 72)),
        encoded(corners().convert("P"), "PNG", transparency=0),
        encoded(Image.new("I;16", (30, 30), 999), "PNG"),
        encoded(corners(), "PNG", save_all=True, append_images=[corners().rotate(90)]),
    ],
    DocumentKind.BMP: [
        encoded(corners(), "BMP"),
        encoded(corners().convert("P"), "BMP"),
        encoded(corners().convert("RGBA"), "BMP"),
        encoded(corners().convert("1"), "BMP"),
    ],
    DocumentKind.TIFF: [
        encoded(corners(), "TIFF", save_all=True, append_images=[corners().convert("L")]),
        encoded(corners().convert("1"), "TIFF", compression="group4"),
        encoded(corners(), "TIFF", compression="jpeg"),
        encoded(corners(), "TIFF", compression="tiff_lzw", exif=exif()),
        encoded(Image.new("F", (20, 20), 0.5), "TIFF"),
        tiff([(grey_tags(20, 20, bits=16), bytes(800))] * 2, big=True),
    ],
}
KINDS = list(SEEDS)


@st.composite
def mutilated(draw: st.DrawFn) -> tuple[DocumentKind, bytes]:
    """A document after one to four accidents, and the kind that it was."""
    kind = draw(st.sampled_from(KINDS))
    data = bytearray(draw(st.sampled_from(SEEDS[kind])))
    for _ in range(draw(st.integers(1, 4))):
        position = draw(st.integers(0, max(0, len(data) - 1)))
        accident = draw(st.sampled_from(["cut", "flip", "write", "insert", "remove", "splice"]))
        if accident == "cut":
            del data[position:]
        elif accident == "flip" and data:
            data[position] ^= 1 << draw(st.integers(0, 7))
        elif accident == "write":
            word = draw(
                st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 4, bytes(4)])
            )
            data[position : position + len(word)] = word
        elif accident == "insert":
            data[position:position] = draw(st.binary(max_size=20))
        elif accident == "remove":
            del data[position : position + draw(st.integers(1, 50))]
        elif accident == "splice":
            other = draw(st.sampled_from(SEEDS[draw(st.sampled_from(KINDS))]))
            data[position:] = other[draw(st.integers(0, len(other))) :]
    return kind, bytes(data)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def read_everything(folder: Path, kind: DocumentKind, content: bytes) -> None:
    """As the service does it, in this process."""
    path = folder / "document"
    path.write_bytes(content)
    document = InspectRequest(str(path), kind, "x")
    reader, began = Reader(MAX_PIXELS), time.monotonic()
    try:
        count = reader.inspect(document).page_count
        assert count >= 1
        for number in {1, 2, count}:
            page = reader.render(
                RenderRequest(document, number, str(folder / "page"), PageContent.IMAGE_AND_TEXT)
            )
            assert page.width * page.height <= max(MAX_PIXELS, 32 * 65_535)
            assert (folder / "page").stat().st_size > page.width * page.height * 3
    except (DocumentError, PageFailed) as error:
        assert error.detail.endswith(".")  # noqa: PT017
        assert str(folder) not in error.detail  # noqa: PT017
    finally:
        reader.close()
    assert time.monotonic() - began < SECONDS


FUZZ = settings(
    max_examples=500,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(mutilated())
def test_mutilated_documents(folder: Path, document: tuple[DocumentKind, bytes]) -> None:
    read_everything(folder, *document)


HEADS = [
    b"",
    b"%PDF-1.7\n",
    b"\xff\xd8\xff\xe0",
    b"\x89PNG\r\n\x1a\n",
    b"BM",
    b"II*\x00",
    b"II+\x00",
]


@settings(FUZZ, max_examples=150)
@given(st.sampled_from(KINDS), st.sampled_from(HEADS), st.binary(max_size=300))
def test_random_bytes(folder: Path, kind: DocumentKind, head: bytes, body: bytes) -> None:
    if head + body:
        read_everything(folder, kind, head + body)


@settings(FUZZ, max_examples=200)
@given(mutilated() | st.tuples(st.just(DocumentKind.PDF), st.binary(max_size=100)))
def test_sniffing(folder: Path, document: tuple[DocumentKind, bytes]) -> None:
    path = folder / "sniffed"
    path.write_bytes(document[1])
    name = "a.pdf" if document[0] is DocumentKind.PDF else "a.png"
    try:
        assert sniff(path, name).kind is kind_of(document[1])
    except DocumentError as error:
        assert error.detail.endswith(".")  # noqa: PT017


def disguised(kind: DocumentKind, content: bytes) -> bytes:
    return content if kind_of(content) else SEEDS[kind][0][:20] + content


async def test_through_the_child_process(tmp_path: Path) -> None:
    """The same with everything between a caller and the decoders."""
    rng = random.Random(7)
    intake = Intake(IntakeLimits(MAX_PIXELS, 5, timeout_seconds=SECONDS))
    for number in range(60):
        kind = rng.choice(KINDS)
        data = bytearray(rng.choice(SEEDS[kind]))
        for _ in range(rng.randint(1, 5)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if number % 3 == 0:
            del data[rng.randrange(20, len(data)) :]
        path = tmp_path / f"{number}"
        path.write_bytes(disguised(kind, bytes(data)))
        try:
            document = await intake.open(path, f"a.{kind.value}")
            await intake.render(document, 1, tmp_path, wanted=PageContent.IMAGE_AND_TEXT)
        except (DocumentError, DocumentTypeUnsupported, PageFailed, PageTimedOut):
            continue
    await intake.close()
    assert intake.pool.starts == 1, "a damaged document crashed its reader"


def test_every_seed_can_be_read(folder: Path) -> None:
    """Otherwise the tests above would only see the first check."""
    path = folder / "seed"
    for kind, seeds in SEEDS.items():
        for content in seeds:
            path.write_bytes(content)
            reader = Reader(MAX_PIXELS)
            document = InspectRequest(str(path), kind, "x")
            assert reader.inspect(document).kind is kind_of(content)
            assert reader.render(RenderRequest(document, 1, str(folder / "page"))).number == 1
            reader.close()
