from __future__ import annotations

import pytest

from paddleocr_vl_service.text.joining import join_fragments_text, join_lines


@pytest.mark.parametrize(
    ("lines", "joined"),
    [
        (["two", "lines"], "two lines"),
        (["a broken exam-", "ple of it"], "a broken example of it"),
        (["ein getrenn\u00ad", "tes Wort"], "ein getrenntes Wort"),
        (["the X-", "ray"], "the X-ray"),
        (["Semi-", "Markov"], "Semi-Markov"),
        (["in COVID-", "19 times"], "in COVID-19 times"),
        (["a 3-", "dimensional body"], "a 3-dimensional body"),
        (["by e-", "mail"], "by e-mail"),
        (["près de l’é-", "cluse"], "près de l’écluse"),
        (["Vor-", "und Nachteile"], "Vor- und Nachteile"),
        (["a dash -", "and more"], "a dash - and more"),
        (["第一行", "第二行"], "第一行第二行"),
        (["基于", "PaddleOCR 的", "系统"], "基于PaddleOCR 的系统"),
        (["", " one ", "", "two"], "one two"),
        ([], ""),
    ],
)
def test_lines_become_running_text(lines: list[str], joined: str) -> None:
    assert join_lines(lines) == joined


def test_pieces_of_one_line_keep_their_hyphens() -> None:
    assert join_fragments_text(["well-", "known"]) == "well- known"
    assert join_fragments_text(["第一", "第二"]) == "第一第二"
    assert join_fragments_text(["只有", "one"]) == "只有 one"
