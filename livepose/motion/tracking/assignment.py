"""The assignment problem: which row belongs to which column, so that all of them fit best.

Shortest augmenting paths, as in D. F. Crouse, "On implementing 2D rectangular assignment
algorithms", IEEE Trans. Aerosp. Electron. Syst. 52, 2016. scipy's `linear_sum_assignment` finds the
same, but takes a quarter of a second to be imported: a live view would stop for so long when two
people first come close to each other.
"""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import Float64Array, FloatArray, IntpArray


def assign(values: FloatArray) -> tuple[IntpArray, IntpArray]:
    """Pair rows with columns so that the sum of their values is the largest.

    Args:
        values: (T, N).

    Returns:
        The rows, in order, and their columns: min(T, N) of each.

    Raises:
        ValueError: If a value is not finite.

    >>> rows, columns = assign(np.array(((0.9, 0.8), (0.9, 0.1)), np.float32))
    >>> rows.tolist(), columns.tolist()  # 0.8 + 0.9 is more than 0.9 + 0.1
    ([0, 1], [1, 0])
    """
    if not np.isfinite(values).all():  # no path would be the shortest
        raise ValueError("the values to be assigned must be finite")
    if values.shape[0] > values.shape[1]:
        columns, rows = assign(values.T)
        order = np.argsort(rows)
        return rows[order], columns[order]
    return np.arange(len(values)), _cheapest_columns(-values.astype(np.float64))


def _cheapest_columns(cost: Float64Array) -> IntpArray:
    """Return the column of each row, at the lowest cost, with no more rows than columns: (T,)."""
    row_count, column_count = cost.shape
    row_price, column_price = np.zeros(row_count), np.zeros(column_count)
    column_of = np.full(row_count, -1, np.intp)
    row_of = np.full(column_count, -1, np.intp)
    for start in range(row_count):
        # The shortest path from the new row to a free column, through pairs that change partners.
        length = np.full(column_count, np.inf)
        came_from = np.full(column_count, -1, np.intp)
        is_reached = np.zeros(column_count, np.bool_)
        row, travelled = start, 0.0
        while True:
            through = travelled + cost[row] - row_price[row] - column_price
            is_shorter = ~is_reached & (through < length)
            length[is_shorter], came_from[is_shorter] = through[is_shorter], row
            column = int(np.where(is_reached, np.inf, length).argmin())
            travelled = length[column]
            is_reached[column] = True
            if row_of[column] < 0:
                break
            row = row_of[column]
        is_passed = is_reached & (row_of >= 0)
        spared = travelled - length[is_passed]
        row_price[start] += travelled
        row_price[row_of[is_passed]] += spared
        column_price[is_passed] -= spared
        row = -1
        while row != start:
            row = came_from[column]
            row_of[column] = row
            column_of[row], column = column, column_of[row]
    return column_of
