"""Dynamic time warping within a band, with slope limits and free ends.

The step pattern is the symmetric one with a slope limit P of 1 (H. Sakoe and S. Chiba, "Dynamic
programming algorithm optimization for spoken word recognition", IEEE Transactions on Acoustics,
Speech, and Signal Processing 26(1), 1978): a frame of one take is followed by the next one, or the
one after it, so that no take is ever more than twice as fast as the other. As each step goes on in
both takes, a whole row is computed from the two rows before it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import Float64Array, IntpArray

_START, _DIAGONAL, _A_SKIPS, _B_SKIPS = range(4)
_MAX_SHIFT = 3
"""How far the band may move from row to row; a path moves by 2 at most."""
_MARGIN = 2 * _MAX_SHIFT

RowCosts = Callable[[int, int, int], Float64Array]
"""From a row of A, and the first row of B and the one behind the last, to the cost of each pair."""


@dataclass(frozen=True, slots=True)
class WarpingRules:
    """What a path may do, and what it costs."""

    skew_cost: float
    """Of each step that is not diagonal, so that where nothing moves both takes go on alike."""
    skip_cost: float
    """Of each row of A or B before the path or behind it."""
    least_share: float
    """A path begins and ends so that it can cover this share of the shorter take at either end."""


def warp(
    size_a: int,
    size_b: int,
    costs: RowCosts,
    center: Float64Array,
    half_width: int,
    rules: WarpingRules,
    *,
    is_anchored: bool = False,
) -> IntpArray:
    """Return the path of least cost: (P, 2) rows of A and B, rising.

    Args:
        size_a: Rows of A.
        size_b: Rows of B.
        costs: Of pairs of rows, 0 or more.
        center: (size_a,) the middle of the band, in rows of B; it does not fall.
        half_width: Of the band, in rows of B.
        rules: What a path may do.
        is_anchored: Whether the path begins with the first row of both.

    Returns:
        The path; empty if the band holds none.
    """
    width = 2 * half_width + 1
    low = _limited(np.rint(center).astype(np.intp) - half_width)
    steps = np.full((size_a, width), _START, np.int8)
    last_total = np.full(width + 2 * _MARGIN, np.inf)
    last_costs = last_total
    before_total = last_total
    shorter = rules.least_share * min(size_a, size_b)
    best = (np.inf, -1, -1)
    for row in range(size_a):
        start = int(low[row])
        shift = int(low[row] - low[row - 1]) if row else 0
        shift_2 = int(low[row] - low[row - 2]) if row > 1 else shift
        cost = np.full(width, np.inf)
        first, end = max(start, 0), min(start + width, size_b)
        if first < end:
            cost[first - start : end - start] = costs(row, first, end)
        padded = np.pad(cost, _MARGIN, constant_values=np.inf)
        choices = np.stack(
            (
                _starts(row, start, width, size_a, size_b, shorter, rules, is_anchored) + cost,
                _moved(last_total, shift - 1, width) + 2 * cost,
                _moved(before_total, shift_2 - 1, width)
                + 2 * _moved(last_costs, shift, width)
                + cost
                + rules.skew_cost,
                _moved(last_total, shift - 2, width)
                + 2 * padded[_MARGIN - 1 : _MARGIN - 1 + width]
                + cost
                + rules.skew_cost,
            )
        )
        choice = choices.argmin(axis=0)
        total = choices[choice, np.arange(width)]
        steps[row] = choice
        best = min(best, _best_end(row, start, total, size_a, size_b, shorter, rules))
        before_total, last_total, last_costs = last_total, _padded(total), padded
    return _path(steps, low, best[1], best[2])


def _limited(low: IntpArray) -> IntpArray:
    """Return the band's first columns so that they neither fall nor rise by too much."""
    most = _MAX_SHIFT * np.arange(len(low))
    return np.minimum.accumulate(np.maximum.accumulate(low) - most) + most


def _padded(row: Float64Array) -> Float64Array:
    return np.pad(row, _MARGIN, constant_values=np.inf)


def _moved(padded: Float64Array, by: int, width: int) -> Float64Array:
    """Return a row of before at the columns of this one, moved by some more."""
    start = _MARGIN + by
    if start + width <= len(padded):
        return padded[start : start + width]
    return np.pad(padded[start:], (0, start + width - len(padded)), constant_values=np.inf)


def _starts(
    row: int,
    start: int,
    width: int,
    size_a: int,
    size_b: int,
    shorter: float,
    rules: WarpingRules,
    is_anchored: bool,
) -> Float64Array:
    """Return what it costs to begin the path in each column of a row."""
    found = np.full(width, np.inf)
    if row == 0:
        columns = np.arange(start, start + width)
        latest = 0 if is_anchored else size_b - shorter
        found = np.where((columns >= 0) & (columns <= latest), columns * rules.skip_cost, np.inf)
    elif not is_anchored and row <= size_a - shorter and start <= 0 < start + width:
        found[-start] = row * rules.skip_cost
    return found


def _best_end(
    row: int,
    start: int,
    total: Float64Array,
    size_a: int,
    size_b: int,
    shorter: float,
    rules: WarpingRules,
) -> tuple[float, int, int]:
    """Return the least cost of a path that ends in a row, and where it does."""
    width = len(total)
    if row == size_a - 1:
        columns = np.arange(start, start + width)
        ends = total + (size_b - 1 - columns) * rules.skip_cost
        ends[columns < shorter - 1] = np.inf
        column = int(ends.argmin())
        return float(ends[column]), row, start + column
    last = size_b - 1 - start
    if 0 <= last < width and row >= shorter - 1:
        return float(total[last] + (size_a - 1 - row) * rules.skip_cost), row, size_b - 1
    return np.inf, -1, -1


def _path(steps: npt.NDArray[np.int8], low: IntpArray, row: int, column: int) -> IntpArray:
    """Return the path that ends in a cell."""
    path: list[tuple[int, int]] = []
    while row >= 0:
        path.append((row, column))
        step = steps[row, column - low[row]]
        if step == _START:
            break
        if step == _A_SKIPS:
            path.append((row - 1, column))
        elif step == _B_SKIPS:
            path.append((row, column - 1))
        row -= 2 if step == _A_SKIPS else 1
        column -= 2 if step == _B_SKIPS else 1
    return np.array(path[::-1], np.intp).reshape(-1, 2)
