import pytest

from paddleocr_vl_service.assembly.hidden_text import with_hidden_text_notice
from paddleocr_vl_service.models.document import Notice, PageResult, TextLayer

EARLIER = Notice("script-unsupported", "The page is in another script.", 7)
PAGE = PageResult(7, 100, 100, warnings=(EARLIER,))


def test_hidden_text_is_named_on_its_page() -> None:
    page = with_hidden_text_notice(PAGE, TextLayer(hidden=120))

    earlier, notice = page.warnings
    assert earlier == EARLIER
    assert (notice.code, notice.page) == ("hidden-text", 7)
    assert "120 characters" in notice.message


@pytest.mark.parametrize("layer", [None, TextLayer(), TextLayer(hidden=1)])
def test_where_nothing_is_hidden_nothing_is_said(layer: TextLayer | None) -> None:
    assert with_hidden_text_notice(PAGE, layer) == PAGE
