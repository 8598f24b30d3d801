from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paddleocr_vl_service.engines.onnx.geometry import (
    Mask,
    Points,
    Rectangle,
    clipped,
    connected_components,
    convex_hull,
    min_area_rectangle,
)

coordinates = st.integers(-50, 50)
point_sets = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=30).map(
    lambda points: np.array(points, dtype=np.float64)
)
masks = st.integers(1, 12).flatmap(
    lambda width: st.lists(
        st.lists(st.booleans(), min_size=width, max_size=width), min_size=1, max_size=12
    ).map(lambda rows: np.array(rows, dtype=np.bool_))
)


def smallest_area_by_trying(points: Points) -> float:
    """The area of the smallest rectangle with a side along any two of the points."""
    best = math.inf
    for first in points:
        for second in points:
            angle = math.atan2(second[1] - first[1], second[0] - first[0])
            turn = np.array(
                [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
            )
            spans = np.ptp(points @ turn, axis=0)
            best = min(best, float(spans[0] * spans[1]))
    return best


def regions_by_flooding(mask: Mask) -> set[frozenset[tuple[int, int]]]:
    remaining = {(int(x), int(y)) for y, x in np.argwhere(mask)}
    regions = set()
    while remaining:
        region, queue = set(), [remaining.pop()]
        while queue:
            x, y = queue.pop()
            region.add((x, y))
            for neighbour in [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]:
                if neighbour in remaining:
                    remaining.remove(neighbour)
                    queue.append(neighbour)
        regions.add(frozenset(region))
    return regions


def as_set(points: Points) -> set[tuple[float, float]]:
    return {(float(x), float(y)) for x, y in points}


@given(point_sets)
def test_smallest_rectangle_is_as_small_as_any(points: Points) -> None:
    rectangle = min_area_rectangle(points)

    assert rectangle.width * rectangle.height == pytest.approx(
        smallest_area_by_trying(points), abs=1e-6
    )


@given(point_sets)
def test_smallest_rectangle_holds_all_points(points: Points) -> None:
    rectangle = min_area_rectangle(points).grown(1e-6)

    for x, y in points:
        assert rectangle.contains(np.array([x]), np.array([y])).all()


@given(point_sets)
def test_smallest_rectangle_is_never_upside_down(points: Points) -> None:
    assert -90 <= min_area_rectangle(points).angle <= 90
    assert abs(min_area_rectangle(points).angle) <= 70


@pytest.mark.parametrize("angle", [-69, -45, -10, 0, 3, 44, 60])
def test_long_rectangle_is_read_along_its_length(angle: float) -> None:
    line = Rectangle(100, 80, 60, 10, angle)

    found = min_area_rectangle(np.array(line.scaled(1, 1)))

    assert found.angle == pytest.approx(angle)
    assert (found.width, found.height) == pytest.approx((60, 10))
    assert (found.center_x, found.center_y) == pytest.approx((100, 80))


@pytest.mark.parametrize("angle", [-88, -75, 75, 90])
def test_steep_rectangle_is_taken_for_a_vertical_line(angle: float) -> None:
    found = min_area_rectangle(np.array(Rectangle(100, 80, 60, 10, angle).scaled(1, 1)))

    assert abs(found.angle) <= 20
    assert (found.width, found.height) == pytest.approx((10, 60))


def test_nearly_square_rectangle_is_tilted_as_little_as_possible() -> None:
    found = min_area_rectangle(np.array(Rectangle(0, 0, 12, 10, 60).scaled(1, 1)))

    assert found.angle == pytest.approx(-30)
    assert (found.width, found.height) == pytest.approx((10, 12))


@given(point_sets)
def test_hull_corners_are_points_and_all_turn_the_same_way(points: Points) -> None:
    hull = convex_hull(points)

    assert as_set(hull) <= as_set(points)
    if len(hull) > 2:
        before, after = hull - np.roll(hull, 1, axis=0), np.roll(hull, -1, axis=0) - hull
        assert (before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0] > 0).all()


@given(masks)
def test_components_are_those_of_a_flood_fill(mask: Mask) -> None:
    expected = regions_by_flooding(mask)

    found = connected_components(mask)

    assert len(found) == len(expected)
    for component in found:
        [region] = [region for region in expected if region >= as_set(component)]
        assert as_set(convex_hull(component)) == as_set(
            convex_hull(np.array(sorted(region), dtype=np.float64))
        )


def test_component_of_a_spiral_is_one() -> None:
    rows = ["########", "#......#", "#.####.#", "#.#..#.#", "#.##.#.#", "#....#.#", "######.#"]
    spiral = np.array([[cell == "#" for cell in row] for row in rows])

    assert len(connected_components(spiral)) == 1


def test_corners_come_clockwise_from_the_top_left_in_the_other_scale() -> None:
    assert np.array(Rectangle(10, 20, 8, 4, 0).scaled(2, 3)) == pytest.approx(
        np.array([(12, 54), (28, 54), (28, 66), (12, 66)])
    )


def test_clipped_quad_ends_at_the_page() -> None:
    quad = ((-3.0, 5.0), (120.0, -1.0), (120.0, 60.0), (0.0, 50.0))

    assert clipped(quad, 100, 55) == ((0, 5), (100, 0), (100, 55), (0, 50))
