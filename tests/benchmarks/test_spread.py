import pytest

from benchmarks.spread import Spread, pair_ratios, percentile


def test_median_and_range() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0, 3)
    assert Spread.of([1.0, 2.0]).median == 1.5


def test_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        Spread.of([])


def test_shown() -> None:
    assert Spread(2.0, 1.0, 3.0, 3).shown() == "2.00 (1.00–3.00)"
    assert Spread(0.0215, 0.02, 0.03, 2).shown(1, 100) == "2.1 (2.0–3.0)"


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(0, 1.0), (1, 1.0), (50, 50.0), (50.5, 51.0), (99, 99.0), (100, 100.0)],
)
def test_percentile(percent: float, expected: float) -> None:
    assert percentile(map(float, range(100, 0, -1)), percent) == expected


def test_percentile_of_few_values_is_the_highest() -> None:
    assert percentile([3.0, 1.0, 2.0], 99) == 3.0


def test_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 99)


def test_ratios_are_of_pairs() -> None:
    assert pair_ratios([1.0, 9.0], [2.0, 3.0]) == [0.5, 3.0]
    with pytest.raises(ValueError, match="zip"):
        pair_ratios([1.0], [])
