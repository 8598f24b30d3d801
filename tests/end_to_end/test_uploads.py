"""Uploads over HTTP: limits, broken connections, several at once."""

import http.client
import os
import shutil
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support import documents
from tests.support.server import Server, running_server
from tests.support.waiting import eventually

PATH = "/api/v1/ocr/extract-document"
LIMIT = 200_000
SLACK = 1 << 20


def head(*headers: str) -> bytes:
    lines = (f"POST {PATH} HTTP/1.1", "Host: test", *headers, "", "")
    return "\r\n".join(lines).encode()


def connect(server: Server) -> socket.socket:
    url = urlsplit(server.url)
    assert url.hostname is not None
    assert url.port is not None
    return socket.create_connection((url.hostname, url.port), timeout=20)


def bytes_in(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):  # which does not mind folders that vanish
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(place) / name).stat().st_size
    return total


FORM = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
MULTIPART = "Content-Type: multipart/form-data; boundary=b"


def test_an_endless_chunked_upload_is_cut_off_at_the_limit(server: Server) -> None:
    largest, sent = 0, 0
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with connect(server) as connection:
        connection.sendall(head(MULTIPART, "Transfer-Encoding: chunked"))
        connection.sendall(f"{len(FORM):x}\r\n".encode() + FORM + b"\r\n")
        try:
            while sent < 200_000_000:
                connection.sendall(chunk)
                sent += len(chunk)
                largest = max(largest, bytes_in(server.tmp_dir))
        except (ConnectionError, TimeoutError):
            pass
    assert sent < 100_000_000
    assert largest <= LIMIT + SLACK
    assert eventually(lambda: server.temporary_files() == [])


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_is_told_413_for_an_endless_chunked_upload(server: Server, tmp_path: Path) -> None:
    big = tmp_path / "big.pdf"
    with big.open("wb") as file:
        file.truncate(300_000_000)
    command = ["curl", "-sS", "-X", "POST", server.url + PATH, "-w", "\n%{http_code}"]
    command += ["-H", "Transfer-Encoding: chunked", "-H", "Expect:", "-F", f"file=@{big}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout.splitlines()[-1] == "413", result.stderr


def test_a_client_that_reads_only_after_its_upload_is_told_413(server: Server) -> None:
    length = 20_000_000
    with connect(server) as connection:
        connection.sendall(head(MULTIPART, f"Content-Length: {length}") + FORM)
        connection.sendall(b"x" * (length - len(FORM)))
        assert b" 413 " in connection.recv(65536).partition(b"\r\n")[0]
        while connection.recv(65536):
            pass


def test_an_upload_announced_as_too_large_is_not_read(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(head(MULTIPART, "Content-Length: 10000000000"))
        assert b" 413 " in connection.recv(65536).partition(b"\r\n")[0]


def test_a_client_that_leaves_in_the_middle_of_its_upload_leaves_nothing(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(head(MULTIPART, "Content-Length: 100000") + FORM + b"x" * 50_000)
        assert eventually(lambda: server.temporary_files() != [])
    assert eventually(lambda: server.temporary_files() == [])
    assert eventually(lambda: server.queue()["waiting"] == 0)


def test_a_client_that_leaves_stops_its_work(tmp_path: Path) -> None:
    settings = {"MAX_CONCURRENT_REQUESTS": "1", "ENGINE_PROCESSES": "1"}
    with running_server(tmp_path, **settings) as server:
        server.extract("a.png", documents.image())
        pages = documents.tiff([documents.SLOW] * 40)
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        body = FORM.replace(b"a.pdf", b"a.tiff") + pages + b"\r\n--b--\r\n"
        connection.request("POST", PATH, body, {"Content-Type": "multipart/form-data; boundary=b"})
        assert eventually(lambda: server.documents_running() == 1)
        connection.close()
        assert eventually(lambda: server.documents_running() == 0, 2)
        assert eventually(lambda: server.temporary_files() == [], 2)
        assert server.extract("a.png", documents.image()).status_code == 200
        assert any(line.get("status") == 499 for line in server.log_lines())


def test_twenty_uploads_at_once_each_get_their_own_text(server: Server) -> None:
    def upload(number: int) -> tuple[str, str]:
        width, colour = 40 + number, (number, 2 * number, 3 * number)
        if number % 3 == 0:
            name, content = "a.png", documents.image((width, 50), colour)
        elif number % 3 == 1:
            name, content = "a.bmp", documents.image((width, 50), colour, kind="BMP")
        else:
            name, content = "a.tiff", documents.image((width, 50), colour, kind="TIFF")
        body = server.extract(name, content).json()
        return body["elements"][0]["content"]["text"], f"{width}x50 {colour}"

    with ThreadPoolExecutor(20) as threads:
        for got, expected in threads.map(upload, range(20)):
            assert got == expected
