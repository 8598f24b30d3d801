import io
import struct
import time

import pytest
from PIL import Image

from paddleocr_vl_service.intake import tiff_frames
from paddleocr_vl_service.intake.tiff_frames import FrameView, TiffFrame, read_frames
from paddleocr_vl_service.models.errors import (
    DocumentCorrupt,
    DocumentTooManyPages,
    DocumentTruncated,
    DocumentWithoutPages,
)
from tests.intake.making import Tag, encoded, grey_tags, tiff

FORMS = [("<", False), (">", False), ("<", True)]


def frames_of(data: bytes) -> list[TiffFrame]:
    return read_frames(io.BytesIO(data))


def three_frames(order: str = "<", *, big: bool = False) -> bytes:
    sizes = ((4, 3), (5, 2), (6, 1))
    return tiff(
        [(grey_tags(w, h), bytes([n]) * (w * h)) for n, (w, h) in enumerate(sizes)],
        order=order,
        big=big,
    )


@pytest.mark.parametrize(("order", "big"), FORMS)
def test_finds_every_frame(order: str, big: bool) -> None:
    frames = frames_of(three_frames(order, big=big))
    assert [(frame.width, frame.height) for frame in frames] == [(4, 3), (5, 2), (6, 1)]


@pytest.mark.parametrize(("order", "big"), FORMS)
def test_a_view_makes_pillow_open_the_frame(order: str, big: bool) -> None:
    data = three_frames(order, big=big)
    for number, frame in enumerate(frames_of(data)):
        view = io.BufferedReader(FrameView(io.BytesIO(data), frame))
        with Image.open(view, formats=["TIFF"]) as image:
            assert image.size == (frame.width, frame.height)
            assert image.getextrema() == (number, number)


def test_agrees_with_pillow_on_its_own_files() -> None:
    pages = [Image.new("RGB", (10 + n, 20), (n, 0, 0)) for n in range(5)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert [frame.width for frame in frames_of(data)] == [10, 11, 12, 13, 14]


def test_thumbnails_and_masks_are_no_pages() -> None:
    kinds = (0, 1, 2, 4, 5)
    data = tiff([([(254, 4, [kind]), *grey_tags(9 + kind, 1)], bytes(20)) for kind in kinds])
    assert [frame.width for frame in frames_of(data)] == [9, 11]


def test_a_lone_thumbnail_is_a_page() -> None:
    assert len(frames_of(tiff([([(254, 4, [1]), *grey_tags(9, 1)], bytes(9))]))) == 1


def test_no_frames() -> None:
    with pytest.raises(DocumentWithoutPages):
        frames_of(b"II*\x00\x00\x00\x00\x00")


def test_a_chain_that_bites_its_tail_ends() -> None:
    data = bytearray(three_frames())
    first = struct.unpack_from("<I", data, 4)[0]
    struct.pack_into("<I", data, len(data) - 4, first)
    assert len(frames_of(bytes(data))) == 3


@pytest.mark.parametrize(("order", "big"), FORMS)
def test_every_cut_is_noticed(order: str, big: bool) -> None:
    data = three_frames(order, big=big)
    for size in range(4, len(data)):
        with pytest.raises(DocumentTruncated, match="cut off"):
            frames_of(data[:size])


def test_pixels_behind_the_end() -> None:
    image = Image.effect_noise((64, 64), 50)
    data = bytearray(encoded(image, "TIFF", compression="tiff_lzw"))
    # Its strips come before its tags: saying that a strip is longer is like cutting it.
    lengths: Tag = (279, 4, [len(data)])
    entry = data.index(struct.pack("<HH", *lengths[:2]))
    struct.pack_into("<I", data, entry + 8, len(data))
    with pytest.raises(DocumentTruncated):
        frames_of(bytes(data))


def test_too_many_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff_frames, "MAX_FRAMES", 2)
    with pytest.raises(DocumentTooManyPages, match="more than 2 pages"):
        frames_of(three_frames())


def test_frames_that_share_their_bytes_cost_no_time() -> None:
    """Ten thousand frames, each of which claims the same 65,535 tags."""
    first_link = 8 + 2 + 65_535 * 12
    data = b"II*\x00" + struct.pack("<I", 8) + b"\xff" * (first_link - 8)
    data += struct.pack("<12000I", *(12 + 4 * frame for frame in range(12_000)))
    began = time.perf_counter()
    with pytest.raises(DocumentCorrupt):
        frames_of(data)
    assert time.perf_counter() - began < 2


def test_a_chain_of_very_many_frames_is_found_quickly() -> None:
    data = bytearray(b"II*\x00" + struct.pack("<I", 8))
    for _ in range(9_999):
        data += struct.pack("<HI", 0, len(data) + 6)
    data += struct.pack("<HI", 0, 0)
    began = time.perf_counter()
    assert len(frames_of(bytes(data))) == 10_000
    assert time.perf_counter() - began < 2
