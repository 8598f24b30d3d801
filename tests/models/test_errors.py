import re

import pytest

from paddleocr_vl_service.models import errors
from paddleocr_vl_service.routers.problems import status_of


def tree(kind: type[errors.ServiceError] = errors.ServiceError) -> list[type[errors.ServiceError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in tree(child))]


def test_the_tree_is_drawn_at_the_top_of_its_module() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    assert drawn == {kind.__name__ for kind in tree()[1:]}


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in tree()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize("kind", tree())
def test_errors_survive_a_process_boundary(kind: type[errors.ServiceError]) -> None:
    copy = errors.error_from_code(kind.code, "A sentence.")
    assert type(copy) is kind
    assert copy.detail == "A sentence."


def test_an_unknown_code_is_a_failure_of_the_service() -> None:
    error = errors.error_from_code("?", "Whatever a child says.")
    assert type(error) is errors.ProcessingFailed
    assert error.detail == "Processing failed."


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.DocumentEncrypted, 400),
        (errors.PageRangeOutside, 400),
        (errors.UploadTooLarge, 413),
        (errors.OptionInvalid, 422),
        (errors.ServiceBusy, 503),
        (errors.EngineUnavailable, 503),
        (errors.DeadlineExceeded, 504),
        (errors.NoPageRead, 500),
        (errors.ServiceError, 500),
    ],
)
def test_every_error_is_one_status(kind: type[errors.ServiceError], status: int) -> None:
    assert status_of(kind("A sentence.")) == status
