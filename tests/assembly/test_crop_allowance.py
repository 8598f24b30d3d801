from __future__ import annotations

from paddleocr_vl_service.assembly.crop_allowance import CropAllowance
from paddleocr_vl_service.models.document import Crop, Element, ElementType, Notice, PageResult


def page(number: int, *sizes: int) -> PageResult:
    elements = [Element(ElementType.TEXT, "words", (0, 0, 9, 9), number)]
    for size in sizes:
        crop = Crop("image/png", "x" * size)
        elements.append(Element(ElementType.IMAGE, "", (0, 0, 9, 9), number, crop=crop))
    earlier = Notice("other", "Something else.", number)
    return PageResult(number, 9, 9, elements=tuple(elements), warnings=(earlier,))


def sizes(page: PageResult) -> list[int | None]:
    return [len(each.crop.data) if each.crop else None for each in page.elements[1:]]


def test_pages_that_fit_stay_as_they_are() -> None:
    allowance, pages = CropAllowance(100), [page(1, 60), page(2), page(3, 40)]

    assert [allowance.within(each) for each in pages] == pages


def test_what_does_not_fit_goes_and_what_is_small_enough_stays() -> None:
    allowance = CropAllowance(100)

    first, second = allowance.within(page(1, 60, 50, 30)), allowance.within(page(2, 20, 10))

    assert sizes(first) == [60, None, 30]
    assert sizes(second) == [None, 10]
    assert [each.text for each in second.elements] == ["words", "", ""]


def test_it_is_said_once_and_from_which_page_on() -> None:
    allowance = CropAllowance(3 << 20)

    done = [allowance.within(page(number, 2 << 20)) for number in (4, 5, 6)]

    codes = [[notice.code for notice in each.warnings] for each in done]
    assert codes == [["other"], ["other", "image-left-out"], ["other"]]
    said = done[1].warnings[1]
    assert said.page is None
    assert "From page 5 on" in said.message
    assert "3 MiB" in said.message
