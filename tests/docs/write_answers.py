"""Writes the answers that README.md and docs/api.md show: ``python -m tests.docs.write_answers``.

They are those of the real service to the document of `sample`. Lines are left out to make them
readable, where the dots are, and nothing else is changed.
"""

import json
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx

from tests.docs.pages import ROOT
from tests.docs.sample import invoice
from tests.support.server import Server, running_server

PATH = "/api/v1/ocr/extract-document"
SHOWN = {
    "README.md": ("title", "heading", "text", "table"),
    "docs/api.md": ("table", "page_number"),
}
"""Of which types the first element is shown."""

WIDTH = 96
_MARKDOWN_CHARACTERS = 64


def main() -> None:
    """Ask the service, and put what it says into the pages."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder), "auto") as server,
    ):
        answers = ask(server)
    for page, kinds in SHOWN.items():
        replace(page, "success", trimmed(answers["extract"], kinds))
    for name, field in (("health", "status"), ("version", "name"), ("problem", "type")):
        replace("docs/api.md", field, lines(answers[name]))
    markdown = answers["markdown"]
    fence = "````" if "```" in markdown else "```"
    block = f"{fence}markdown\n{markdown}{fence}"
    edit("README.md", r"(`{3,})markdown\n.*?\n\1(?=\n)", lambda _: block)


def ask(server: Server) -> dict[str, Any]:
    """The answers; the engine is loaded before the one whose time is shown."""
    with server.client() as client:
        health = client.get("/health").json()
        send(client, "document.pdf", invoice())
        return {
            "health": health,
            "version": client.get("/version").json(),
            "extract": send(client, "document.pdf", invoice()).json(),
            "markdown": send(client, "document.pdf", invoice(), "text/markdown").text,
            "problem": send(client, "letter.docx", b"PK").json(),
        }


def send(
    client: httpx.Client, name: str, content: bytes, accept: str = "application/json"
) -> httpx.Response:
    return client.post(PATH, files={"file": (name, content)}, headers={"Accept": accept})


def trimmed(answer: dict[str, Any], kinds: Iterable[str]) -> str:
    """An answer with a few of its elements."""
    elements, shown = answer["elements"], []
    for kind in kinds:
        shown += [each for each in elements if each["content"]["type"] == kind][:1]
    parts, next_index = [], 0
    for each in sorted(shown[:3], key=lambda each: int(each["index"])):
        if each["index"] > next_index:
            parts.append("    ...")
        parts.append(element(each))
        next_index = each["index"] + 1
    if next_index < len(elements):
        parts.append("    ...")
    inside = ",\n".join(parts).replace("...,\n", "...\n")
    beginning = answer["markdown"][:_MARKDOWN_CHARACTERS].rpartition(" ")[0]
    text = lines({**answer, "elements": "ELEMENTS", "markdown": f"{beginning} ..."})
    return text.replace('"ELEMENTS"', f"[\n{inside}\n  ]")


def element(each: dict[str, Any]) -> str:
    """An element, its metadata on two lines."""
    metadata = list(each["metadata"].items())
    return (
        f'    {{\n      "index": {each["index"]},\n'
        f'      "content": {mapping(each["content"].items(), 6)},\n'
        f'      "metadata": {{\n        {fields(metadata[:4])},\n        {fields(metadata[4:])}\n'
        "      }\n    }"
    )


def lines(answer: dict[str, Any]) -> str:
    """An object with a line for every field, long ones over several."""
    return mapping(answer.items(), 0, width=0)


def mapping(items: Iterable[tuple[str, Any]], indent: int, width: int = WIDTH) -> str:
    """An object on one line where it fits."""
    items = list(items)
    line = f"{{{fields(items)}}}"
    if len(line) <= width - indent:
        return line
    space = " " * (indent + 2)
    parts = (
        f"{space}{json.dumps(name)}: "
        + (mapping(value.items(), indent + 2) if isinstance(value, dict) else dumped(value))
        for name, value in items
    )
    return "{\n" + ",\n".join(parts) + f"\n{' ' * indent}}}"


def fields(items: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{json.dumps(name)}: {dumped(value)}" for name, value in items)


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def replace(page: str, first_field: str, block: str) -> None:
    """Put a JSON object where one with the same first field stands."""
    pattern = rf'```json\n\{{\n  "{first_field}".*?\n```'
    edit(page, pattern, lambda _: f"```json\n{block}\n```")


def edit(page: str, pattern: str, new: Callable[[re.Match[str]], str]) -> None:
    text, count = re.subn(pattern, new, (ROOT / page).read_text("utf-8"), count=1, flags=re.DOTALL)
    assert count == 1, f"{page}: {pattern}"
    (ROOT / page).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
