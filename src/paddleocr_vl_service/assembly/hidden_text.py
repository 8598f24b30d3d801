"""Says that a page carries text that nobody sees.

People feed results to language models; text that only a machine would find is how they are
tricked. It is in no element, whichever engine read the page.
"""

from __future__ import annotations

from dataclasses import replace

from paddleocr_vl_service.models.document import Notice, PageResult, TextLayer

_FEW = 10
"""So many characters are no message but a typesetter's leftovers, such as commas over the edge."""


def with_hidden_text_notice(page: PageResult, layer: TextLayer | None) -> PageResult:
    """The page with a warning (code ``hidden-text``) if its text layer has hidden characters."""
    if layer is None or layer.hidden <= _FEW:
        return page
    notice = Notice(
        "hidden-text",
        f"The page's text layer has {layer.hidden} characters that cannot be seen on it; they "
        "were left out.",
        page.number,
    )
    return replace(page, warnings=(*page.warnings, notice))
