"""Text that a page does not have, whatever it was read as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.omnidocbench.markdown_blocks import ReadBlock
from benchmarks.omnidocbench.normalise import formula_as_text, normalised_text, text_of_table
from benchmarks.omnidocbench.truth import TruePage

_RUN = 4


def readable_characters(page: TruePage) -> list[str]:
    """Letters and figures of everything that the truth has on a page, ignored or not."""
    texts = []
    for block in page.blocks:
        if block.kind == "formula":
            texts.append(formula_as_text(block.content))
        elif block.kind == "table":
            texts.append(normalised_text(text_of_table(block.content)))
        else:
            texts.append(normalised_text(block.content))
    return [_plain(text) for text in texts]


def read_characters(blocks: Iterable[ReadBlock]) -> list[str]:
    """Letters and figures of everything that was read."""
    texts = []
    for block in blocks:
        if block.kind == "formula":
            texts.append(formula_as_text(block.content))
        elif block.kind == "table":
            texts.append(normalised_text(text_of_table(block.content)))
        elif block.kind == "text":
            texts.append(normalised_text(block.content))
    return [_plain(text) for text in texts]


def invented_runs(true: Sequence[str], read: Iterable[str]) -> list[str]:
    """Pieces of what was read that have nothing in common with what is there.

    A character is on the page if it stands in four in a row that are. Fewer than four in a row
    that are not are taken for misread.
    """
    known = {text[at : at + _RUN] for text in true for at in range(len(text) - _RUN + 1)}
    found = []
    for text in read:
        if len(text) < _RUN:
            if not any(text in whole for whole in true):
                found.append(text)
            continue
        seen = [False] * len(text)
        for at in range(len(text) - _RUN + 1):
            if text[at : at + _RUN] in known:
                seen[at : at + _RUN] = [True] * _RUN
        found += [run for run in _unseen(text, seen) if len(run) >= _RUN]
    return found


def _unseen(text: str, seen: Sequence[bool]) -> list[str]:
    marked = "".join("\0" if known else letter for letter, known in zip(text, seen, strict=True))
    return [run for run in marked.split("\0") if run]


def _plain(text: str) -> str:
    return text.replace("_", "").casefold()
