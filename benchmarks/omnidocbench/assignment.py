"""The cheapest assignment of rows to columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def assigned(costs: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of a row and a column, each used once, whose costs together are the least.

    Every row has a column or every column a row, whichever are fewer. The Hungarian method (Kuhn,
    1955) with shortest augmenting paths (Jonker and Volgenant, 1987).
    """
    rows, columns = costs.shape
    if rows > columns:
        return sorted((row, column) for column, row in assigned(costs.T))
    of_column = np.full(columns, -1)
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    for row in range(rows):
        _augment(costs, row, of_column, row_price, column_price)
    return sorted((int(row), column) for column, row in enumerate(of_column) if row >= 0)


def _augment(
    costs: npt.NDArray[np.float64],
    start: int,
    of_column: npt.NDArray[np.int_],
    row_price: npt.NDArray[np.float64],
    column_price: npt.NDArray[np.float64],
) -> None:
    """Give the row a column; rows before it may change theirs."""
    columns = costs.shape[1]
    distance = np.full(columns, np.inf)
    came_from = np.full(columns, -1)
    done = np.zeros(columns, dtype=bool)
    row, column, reached = start, -1, 0.0
    while row >= 0:
        reduced = reached + costs[row] - row_price[row] - column_price
        shorter = ~done & (reduced < distance)
        distance[shorter], came_from[shorter] = reduced[shorter], column
        column = int(np.argmin(np.where(done, np.inf, distance)))
        reached = float(distance[column])
        done[column] = True
        row = int(of_column[column])
    on_tree = done.copy()
    on_tree[column] = False
    row_price[of_column[on_tree]] += reached - distance[on_tree]
    row_price[start] += reached
    column_price[done] -= reached - distance[done]
    while column >= 0:
        before = int(came_from[column])
        of_column[column] = of_column[before] if before >= 0 else start
        column = before
