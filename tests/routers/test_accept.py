import pytest

from paddleocr_vl_service.routers.accept import prefers_markdown


@pytest.mark.parametrize(
    ("accept", "markdown"),
    [
        (None, False),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/markdown", True),
        ("TEXT/MARKDOWN; charset=utf-8", True),
        ("text/*", True),
        ("text/markdown, */*;q=0.1", True),
        ("application/json, text/markdown", False),
        ("application/json;q=0.5, text/markdown;q=0.9", True),
        ("application/json, text/markdown;q=0.9", False),
        ("text/markdown;q=0", False),
        ("text/markdown;q=x", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
    ],
)
def test_ranks_what_the_client_sends(accept: str | None, markdown: bool) -> None:
    assert prefers_markdown(accept) is markdown
