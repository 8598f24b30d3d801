"""Documents for the tests of the intake, down to the odd byte."""

import io
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from paddleocr_vl_service.intake.types import (
    DocumentKind,
    InspectRequest,
    PageContent,
    RenderRequest,
)

MAX_PIXELS = 20_000_000
RED, GREEN, BLUE, WHITE, BLACK = (
    (255, 0, 0),
    (0, 255, 0),
    (0, 0, 255),
    (255, 255, 255),
    (0, 0, 0),
)
RGB = tuple[int, int, int]


def inspect_request(path: Path, password: str | None = None) -> InspectRequest:
    """Asks for a file of the kind that its extension says."""
    kind = {"jpg": "jpeg", "tif": "tiff"}.get(path.suffix[1:], path.suffix[1:])
    return InspectRequest(str(path), DocumentKind(kind), password)


def render_request(
    path: Path, page: int = 1, *, text: bool = False, password: str | None = None
) -> RenderRequest:
    """Asks for a page; its image lands beside the document."""
    wanted = PageContent.IMAGE_AND_TEXT if text else PageContent.IMAGE
    out_path = path.with_name(f"{path.name}-{page}.out.bmp")
    return RenderRequest(inspect_request(path, password), page, str(out_path), wanted)


def corners(size: tuple[int, int] = (80, 60)) -> Image.Image:
    """Red top left, green top right, blue bottom left, black bottom right."""
    image = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(image)
    right, bottom = size[0] - 1, size[1] - 1
    half_x, half_y = size[0] // 2, size[1] // 2
    draw.rectangle((0, 0, half_x - 1, half_y - 1), RED)
    draw.rectangle((half_x, 0, right, half_y - 1), GREEN)
    draw.rectangle((0, half_y, half_x - 1, bottom), BLUE)
    draw.rectangle((half_x, half_y, right, bottom), BLACK)
    return image


def corner_colours(image: Image.Image) -> list[RGB]:
    """The pixels near the corners: top left, top right, bottom left, bottom right."""
    x, y = image.width - 4, image.height - 4
    places = ((3, 3), (x, 3), (3, y), (x, y))
    return [image.convert("RGB").getpixel(place) for place in places]  # type: ignore[misc]


def about(colour: RGB, *, tolerance: int = 12) -> "Near":
    """Compares equal to colours nearby."""
    return Near(colour, tolerance)


class Near:
    def __init__(self, colour: RGB, tolerance: int) -> None:
        self._colour, self._tolerance = colour, tolerance

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, tuple):
            return False
        pairs = zip(self._colour, other, strict=True)
        return all(abs(a - b) <= self._tolerance for a, b in pairs)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"about {self._colour}"


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(
    width: int,
    height: int,
    *,
    pixels: bytes,
    depth: int = 8,
    colour: int = 0,
    chunks: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """A PNG by hand: `pixels` are its rows, each with its filter byte."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [
        (b"IHDR", header),
        *chunks,
        (b"IDAT", zlib.compress(pixels)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(*part) for part in parts)


def _png_chunk(name: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


Tag = tuple[int, int, Sequence[int]]


def tiff(
    frames: Sequence[tuple[Sequence[Tag], bytes]], *, order: str = "<", big: bool = False
) -> bytes:
    """A TIFF by hand: each frame is its tags (number, type, values) and its only strip.

    The tags of the strip itself are added.
    """
    word = "Q" if big else "I"
    data = bytearray(b"II" if order == "<" else b"MM")
    data += struct.pack(order + ("HHH" if big else "H"), *((43, 8, 0) if big else (42,)))
    link = len(data)
    data += struct.pack(order + word, 0)
    for tags, strip in frames:
        strip_at = len(data)
        data += strip
        entries = [*tags, (273, 4, [strip_at]), (279, 4, [len(strip)])]
        table = [_tiff_entry(order, big, tag, data) for tag in sorted(entries)]
        struct.pack_into(order + word, data, link, len(data))
        data += struct.pack(order + ("Q" if big else "H"), len(table)) + b"".join(table)
        link = len(data)
        data += struct.pack(order + word, 0)
    return bytes(data)


def _tiff_entry(order: str, big: bool, tag: Tag, data: bytearray) -> bytes:
    number, kind, values = tag
    form = {1: "B", 3: "H", 4: "I", 11: "f", 16: "Q"}[kind]
    packed = struct.pack(f"{order}{len(values)}{form}", *values)
    room = 8 if big else 4
    if len(packed) > room:
        place = len(data)
        data += packed
        packed = struct.pack(order + ("Q" if big else "I"), place)
    count = struct.pack(order + ("HHQ" if big else "HHI"), number, kind, len(values))
    return count + packed.ljust(room, b"\x00")


def grey_tags(width: int, height: int, *, bits: int = 8, photometric: int = 1) -> list[Tag]:
    """The tags of an uncompressed grey frame."""
    return [
        (256, 4, [width]),
        (257, 4, [height]),
        (258, 3, [bits]),
        (259, 3, [1]),
        (262, 3, [photometric]),
        (277, 3, [1]),
        (278, 4, [height]),
    ]


def pdf(
    *pages: Callable[[Canvas], None],
    size: tuple[float, float] = (300, 200),
    password: str | None = None,
) -> bytes:
    """A PDF whose pages are drawn by functions."""
    buffer = io.BytesIO()
    encryption = None if password is None else StandardEncryption(password, strength=128)
    canvas = Canvas(buffer, size, encrypt=encryption)
    for page in pages:
        canvas.setFont("Helvetica", 12)
        page(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def writing(text: str, x: float = 30, y: float = 150) -> Callable[[Canvas], None]:
    """A page with one line."""
    return lambda canvas: canvas.drawString(x, y, text)


def raw_pdf(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF by hand: object 1 is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R%s>>\n" % (len(objects) + 1, trailer)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """The content of a stream object."""
    return b"<</Length %d%s>>stream\n" % (len(content), entries) + content + b"\nendstream"


_FONT = b"/Resources<</Font<</F <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"


def one_page_pdf(page: bytes, content: bytes = b"", more: Sequence[bytes] = ()) -> bytes:
    """A PDF of one page: `page` are its entries; font /F is Helvetica; objects from 5 follow."""
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/Contents 4 0 R%s%s>>" % (_FONT, page),
            stream(content),
            *more,
        ]
    )
