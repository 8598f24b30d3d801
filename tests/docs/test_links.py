"""Links lead somewhere, and what a page names is there."""

import re
from pathlib import Path

import pytest

from tests.docs import pages

MAKEFILE = (pages.ROOT / "Makefile").read_text("utf-8")


@pytest.mark.parametrize("page", pages.pages())
def test_links_within_the_repository_resolve(page: str) -> None:
    for link in pages.links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (pages.ROOT / page).parent / path if path else pages.ROOT / page
        name = target.resolve().relative_to(pages.ROOT).as_posix()
        assert target.exists(), link
        assert not anchor or anchor in pages.anchors(name), link


@pytest.mark.parametrize("page", pages.pages())
def test_make_targets_exist(page: str) -> None:
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    for target in re.findall(r"\bmake (?:[A-Z]+=\S+ )*([a-z][a-z-]*)", pages.code(page)):
        assert target in phony.split(), target


def test_make_names_its_targets_in_the_readme() -> None:
    for target in re.findall(r'@echo "make (\w+)', MAKEFILE):
        assert f"make {target}" in pages.read("README.md") + pages.read("CONTRIBUTING.md"), target


@pytest.mark.parametrize("page", pages.pages())
def test_files_that_are_named_exist(page: str) -> None:
    """Code spans that look like paths of this repository, and are no pattern or example."""
    roots = r"(?:src|tests|tools|benchmarks|docs|\.ci)/"
    for path in re.findall(rf"^{roots}[\w./-]+$", pages.code(page), re.MULTILINE):
        assert (pages.ROOT / path).exists(), path


@pytest.mark.parametrize("page", pages.pages())
def test_no_page_knows_the_machine_it_was_written_on(page: str) -> None:
    text = pages.read(page)
    assert not re.search(r"/home/(?!appuser)", text)
    assert not any(f"{folder}/" in text for folder in (pages.ROOT, Path.home()))
