import pytest

from paddleocr_vl_service.assembly.numbering import numbering_of


@pytest.mark.parametrize(
    ("text", "kind", "numbers"),
    [
        ("2.3.1 Details", "decimal", (2, 3, 1)),
        ("2.3. Details", "decimal", (2, 3)),
        ("3 Results", "decimal", (3,)),
        ("3. Results", "decimal", (3,)),
        ("3 结果", "decimal", (3,)),
        ("A.1 Tables", "decimal", (1, 1)),
        ("Chapter 4", "chapter", (4,)),
        ("CHAPTER IV: On Things", "chapter", (4,)),
        ("Kapitel 2 Anfang", "chapter", (2,)),
        ("Anhang B", "chapter", (2,)),
        ("Глава 1", "chapter", (1,)),
        ("第三章 方法", "chapter", (3,)),
        ("第二十一章", "chapter", (21,)),
        ("第2節", "section", (2,)),
        ("附录A 数据", "chapter", (1,)),
        ("§ 5 Geltung", "section", (5,)),
        ("Part II", "part", (2,)),
        ("IV. RESULTS", "roman", (4,)),
        ("B. Methods", "letter", (2,)),
    ],
)
def test_numbers_of_headings(text: str, kind: str, numbers: tuple[int, ...]) -> None:
    numbering = numbering_of(text)
    assert numbering is not None
    assert (numbering.kind.value, numbering.numbers) == (kind, numbers)


@pytest.mark.parametrize(
    "text",
    [
        "Results",
        "3 results were found",
        "2019 in review",
        "3rd Place",
        "0.5 Litres",
        "W. N. Miller",
        "PARTS of it",
        "Chapter and verse",
        "",
        "§",
        "CIVIL LAW",
    ],
)
def test_what_is_no_number_of_a_heading(text: str) -> None:
    assert numbering_of(text) is None


@pytest.mark.parametrize(
    ("one", "other", "follows"),
    [
        ("2 A", "3 B", True),
        ("2.4 A", "2.5 B", True),
        ("2.4 A", "3.1 B", True),
        ("2 A", "4 B", False),
        ("2.4 A", "3 B", False),
        ("3 A", "2 B", False),
    ],
)
def test_what_comes_next(one: str, other: str, follows: bool) -> None:
    first, second = numbering_of(one), numbering_of(other)
    assert first is not None
    assert second is not None
    assert first.comes_before(second) is follows
