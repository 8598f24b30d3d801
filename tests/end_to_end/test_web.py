"""What browsers care about: the API page, its security headers, other origins."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.server import Server, running_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def test_every_answer_has_the_security_headers(server: Server) -> None:
    with server.client() as client:
        for path in ("/health", "/docs", "/docs/assets/swagger-ui.css", "/openapi.json", "/none"):
            headers = client.get(path).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert "unsafe-eval" not in headers["content-security-policy"]
            assert "server" not in headers


def test_the_api_page_asks_nobody_else(server: Server) -> None:
    with server.client() as client:
        page = client.get("/docs").text
        links = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert len(links) == 4
        for link in links:
            assert link.startswith("/docs/")
            assert client.get(link).status_code == 200
        assert "<script>" not in page


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_the_api_page_works_in_a_browser_under_its_policy(server: Server, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", *quiet]
    command += [f"--user-data-dir={tmp_path}", "--enable-logging=stderr", "--v=0"]
    command += ["--virtual-time-budget=10000", "--dump-dom", f"{server.url}/docs"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "/api/v1/ocr/extract-document" in re.sub(r"<[^>]+>|\u200b", "", result.stdout)
    assert "Refused to" not in result.stderr
    assert "violates the following Content Security Policy" not in result.stderr


def test_no_other_origin_may_call_by_default(server: Server) -> None:
    with server.client() as client:
        response = client.get("/health", headers={"Origin": "https://a.example"})
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("origins", "origin", "allowed", "credentials"),
    [
        ("https://a.example,https://b.example", "https://b.example", "https://b.example", "true"),
        ("https://a.example", "https://evil.example", None, None),
        ("*", "https://any.example", "*", None),
    ],
)
def test_origins_are_allowed_as_configured_and_credentials_never_with_all(
    tmp_path: Path, origins: str, origin: str, allowed: str | None, credentials: str | None
) -> None:
    with running_server(tmp_path, CORS_ORIGINS=origins) as server, server.client() as client:
        headers = client.get("/health", headers={"Origin": origin, "Cookie": "a=b"}).headers
        assert headers.get("access-control-allow-origin") == allowed
        if allowed:
            assert headers.get("access-control-allow-credentials") == credentials
