import pytest

from paddleocr_vl_service.observability.request_context import accept_request_id


@pytest.mark.parametrize("offered", ["a", "5f1c-0e:7c_9.d", "x" * 128])
def test_keeps_a_harmless_id(offered: str) -> None:
    assert accept_request_id(offered) == offered


@pytest.mark.parametrize("offered", [None, "", "x" * 129, "a b", "a\nb", "ä", '"', "<b>"])
def test_replaces_any_other(offered: str | None) -> None:
    made = accept_request_id(offered)
    assert made != offered
    assert len(made) == 32
