from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from paddleocr_vl_service.models.errors import OptionInvalid, UploadTooLarge
from paddleocr_vl_service.routers.uploads import (
    FORM_OVERHEAD_BYTES,
    ReceivedForm,
    receive_form,
)

BOUNDARY = "frontier"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
LIMIT = 5000


def part(name: str, value: bytes, filename: str | None = None) -> bytes:
    disposition = f'form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n"
    return head.encode() + value + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


async def receive(
    chunks: Iterable[bytes], folder: Path, content_type: str | None = CONTENT_TYPE
) -> ReceivedForm:
    async def body() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return await receive_form(
        body(),
        content_type,
        folder,
        known_fields=frozenset({"file", "pages"}),
        max_file_bytes=LIMIT,
    )


@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
async def test_reassembles_the_file_however_it_is_cut(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * 8 + b"\r\n--front"
    body = part("pages", b"1-3") + part("file", content, "a b.pdf") + END
    form = await receive((body[i : i + size] for i in range(0, len(body), size)), tmp_path)
    assert form.file.read_bytes() == content
    assert form.filename == "a b.pdf"
    assert form.fields == {"pages": "1-3"}


async def test_takes_a_file_of_exactly_the_limit(tmp_path: Path) -> None:
    form = await receive([part("file", b"x" * LIMIT, "a.pdf") + END], tmp_path)
    assert form.file.stat().st_size == LIMIT


async def test_cuts_off_an_endless_file_at_the_limit(tmp_path: Path) -> None:
    taken = 0

    def endless() -> Iterable[bytes]:
        nonlocal taken
        yield part("file", b"", "a.pdf")[:-2]
        while True:
            taken += 1000
            yield b"x" * 1000

    with pytest.raises(UploadTooLarge, match="larger than 5000 bytes"):
        await receive(endless(), tmp_path)
    assert taken <= LIMIT + 1000
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= LIMIT


@pytest.mark.parametrize("start", [b"", part("file", b"x", "a.pdf") + END])
async def test_cuts_off_endless_padding_before_and_behind_the_form(
    tmp_path: Path, start: bytes
) -> None:
    taken = 0

    def endless() -> Iterable[bytes]:
        nonlocal taken
        yield start or b"\r\n"
        while True:
            taken += 10_000
            yield b"\r\n" * 5000

    with pytest.raises((UploadTooLarge, OptionInvalid)):
        await receive(endless(), tmp_path)
    assert taken <= LIMIT + FORM_OVERHEAD_BYTES + 10_000


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (END, "has no file"),
        (part("pages", b"1") + END, "has no file"),
        (part("file", b"x") + END, "must be a file with a name"),
        (part("file", b"x", "") + END, "must be a file with a name"),
        (part("file", b"x", "a.pdf") * 2 + END, "one file a request"),
        (part("pages", b"1") * 2 + END, "'pages' twice"),
        (part("page", b"1") + END, "not known here; known are file, pages"),
        (part("pages", b"1" * 5000) + END, "longer than 4096 bytes"),
        (part("pages", b"\xff") + END, "not UTF-8"),
        (part("file", b"x", "a.pdf"), "incomplete"),
        (part("file", b"x", "a.pdf")[:-2], "incomplete"),
        (b"", "incomplete"),
        (b"garbage", "malformed"),
        (part("x" * 10_000, b"") + END, "malformed"),
    ],
)
async def test_says_what_is_wrong_with_a_form(tmp_path: Path, body: bytes, sentence: str) -> None:
    with pytest.raises(OptionInvalid, match=sentence):
        await receive([body], tmp_path)


@pytest.mark.parametrize(
    "content_type",
    [None, "", "application/json", "multipart/form-data", "multipart/mixed; boundary=x"],
)
async def test_wants_a_form(tmp_path: Path, content_type: str | None) -> None:
    with pytest.raises(OptionInvalid, match="must be a multipart form"):
        await receive([b"{}"], tmp_path, content_type)


async def test_a_name_is_never_a_path(tmp_path: Path) -> None:
    body = part("file", b"x", "../../etc/passwd.pdf") + END
    form = await receive([body], tmp_path)
    assert form.file.parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["upload"]
