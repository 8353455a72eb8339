"""Align two takes in time: which moment of one belongs to which moment of the other."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livepose.analysis.comparison.limb_directions import (
    ComplexArray,
    convolve,
    limb_directions,
    resample_directions,
)
from livepose.analysis.comparison.take import Take
from livepose.analysis.comparison.warping import WarpingRules, warp
from livepose.core.arrays import Float64Array, IntpArray
from livepose.core.errors import SourceError

_COARSE_RATE, _MAX_COARSE = 10.0, 4000
"""Steps a second of the first search, and of how many it consists before it gets coarser."""
_LEAST_COARSE_RATE = 4.0
_MAX_HALF_WIDTH = 2000
"""Of the band of the first search, in steps: of takes that are longer, far ends are not tried."""
_FINE_RATE = 30.0
_FINE_BAND_S = 0.6
"""How far the second search leaves the path that the first one has found."""
_SIGMA_S = 0.05
_PATH_SIGMA_S = 0.12
"""Of the Gaussian that smooths the path: people do not change their tempo within one frame."""
_STILL = 1e-5
"""Of frames in which nothing moves, how much the path counts; of others it is speed squared."""
_UNSEEN_COST = 0.1
"""Of a pair of frames of which one shows no limb: as much as a difference of 26 degrees."""
_LEAST_SPEED = 0.005
"""Radians a step, all limbs together: below it nothing moves."""
_MIN_LIMBS = 2
_MIN_PATH = 2
_MIN_WEIGHT = 0.5
"""Pairs that have less than half a limb in common are not compared."""
_RULES = WarpingRules(
    skew_cost=1e-3,
    skip_cost=2 * (1 - math.cos(math.radians(12))),
    least_share=0.65,
)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Moments of two takes that belong together.

    >>> alignment = Alignment(np.array([0.0, 1.0]), np.array([0.5, 1.7]))
    >>> alignment.to_b(np.array([0.5])).tolist()
    [1.1]
    """

    a_s: Float64Array
    """(P,) seconds of A, rising."""
    b_s: Float64Array
    """(P,) the same moments in seconds of B, which do not fall."""

    def to_b(self, time_s: Float64Array) -> Float64Array:
        """Return the moments of B for moments of A, which are within `a_s`."""
        return np.interp(time_s, self.a_s, self.b_s)


def align(a: Take, b: Take, starts_s: tuple[float, float] | None = None) -> Alignment:
    """Return which moments of two takes belong together, by dynamic time warping.

    Args:
        a: The first take.
        b: The second take.
        starts_s: Moments of A and B that belong together, where the alignment begins; None finds
            them: what comes before and behind what both have is left out.

    Raises:
        SourceError: If nobody is seen in one of them, or if they cannot be aligned.
    """
    start_a_s, start_b_s = starts_s or (float("-inf"), float("-inf"))
    rows_a, rows_b = _after(a, start_a_s, "the first"), _after(b, start_b_s, "the second")
    longest_s = max(rows_a.length_s, rows_b.length_s)
    rate = min(_COARSE_RATE, max(_LEAST_COARSE_RATE, _MAX_COARSE / max(longest_s, 1e-6)))
    coarse_a, coarse_b = (rows.resampled(rate, 0.4 / rate) for rows in (rows_a, rows_b))
    # A band from corner to corner; where the takes are short enough, it holds everything.
    half_width = min(len(coarse_b) // 2 + 1, _MAX_HALF_WIDTH)
    slope = max(0.0, (len(coarse_b) - 1 - 2 * half_width) / max(len(coarse_a) - 1, 1))
    center = half_width + slope * np.arange(len(coarse_a), dtype=np.float64)
    path = _path(coarse_a, coarse_b, center, half_width, is_anchored=starts_s is not None)
    fine_a, fine_b = (rows.resampled(_FINE_RATE, _SIGMA_S) for rows in (rows_a, rows_b))
    center = _extended(path * (_FINE_RATE / rate), len(fine_a))
    half_width = round(_FINE_BAND_S * _FINE_RATE)
    path = _path(fine_a, fine_b, center, half_width, is_anchored=starts_s is not None)
    rows_of_a, rows_of_b = _refined(fine_a, fine_b, path)
    return Alignment(
        rows_a.time_s[0] + rows_of_a / _FINE_RATE,
        np.clip(rows_b.time_s[0] + rows_of_b / _FINE_RATE, rows_b.time_s[0], rows_b.time_s[-1]),
    )


def _path(
    a: ComplexArray, b: ComplexArray, center: Float64Array, half_width: int, *, is_anchored: bool
) -> IntpArray:
    """Return the path of least cost within a band: (P, 2).

    Raises:
        SourceError: If there is none.
    """
    path = warp(
        len(a), len(b), _pair_costs(a, b), center, half_width, _RULES, is_anchored=is_anchored
    )
    if len(path) < _MIN_PATH:
        raise SourceError(
            "the two takes cannot be aligned: one of them is more than twice as fast as the other, "
            "or too short"
        )
    return path


def movement_start_s(take: Take) -> float:
    """Return the moment at which a take begins to move: its event.

    It is when the limbs turn faster than a tenth of their greatest speed for the first time.

    Raises:
        SourceError: If nobody is seen in it, or if nothing moves.
    """
    rows = _after(take, float("-inf"), "a")
    directions = rows.resampled(_FINE_RATE, 2 * _SIGMA_S)
    speed = np.sqrt(_speed_squared(directions))
    if speed.max() < _LEAST_SPEED:
        raise SourceError("nothing moves in the take: there is no event to align it by")
    return float(rows.time_s[0] + np.argmax(speed > 0.1 * speed.max()) / _FINE_RATE)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The directions of a take's limbs, from some moment on."""

    time_s: Float64Array
    directions: ComplexArray

    @property
    def length_s(self) -> float:
        return float(self.time_s[-1] - self.time_s[0])

    def resampled(self, rate: float, sigma_s: float) -> ComplexArray:
        count = round(self.length_s * rate) + 1
        grid_s = self.time_s[0] + np.arange(count) / rate
        return resample_directions(self.time_s, self.directions, grid_s, sigma_s)


def _after(take: Take, start_s: float, which: str) -> _Rows:
    directions = limb_directions(take.xy, take.is_seen, take.skeleton)
    is_seen = np.count_nonzero(directions, axis=1) >= _MIN_LIMBS
    wanted = np.flatnonzero(is_seen & (take.time_s >= start_s - 1e-6))
    if len(wanted) < 2:
        where = f" from {start_s:g} s on" if np.isfinite(start_s) else ""
        is_short = len(take.time_s) < 2
        reason = "it has fewer than two frames" if is_short else "too few limbs are seen"
        raise SourceError(f"nobody can be compared in {which} take{where}: {reason}")
    first, end = int(wanted[0]), int(wanted[-1]) + 1
    if np.isfinite(start_s):
        first = int(np.searchsorted(take.time_s, start_s - 1e-6))
    return _Rows(take.time_s[first:end], directions[first:end])


def _pair_costs(a: ComplexArray, b: ComplexArray) -> Callable[[int, int, int], Float64Array]:
    """Return a function of the cost of pairs: 1 - cos of the mean difference of their limbs."""
    weights_a, weights_b = np.abs(a), np.abs(b)
    parts_a = np.concatenate((a.real, a.imag), axis=1)
    parts_b = np.concatenate((b.real, b.imag), axis=1)

    def costs(row: int, first: int, end: int) -> Float64Array:
        weight = weights_b[first:end] @ weights_a[row]
        alike = parts_b[first:end] @ parts_a[row]
        return np.where(
            weight > 0.5, np.maximum(1 - alike / np.maximum(weight, 1e-9), 0), _UNSEEN_COST
        )

    return costs


def _extended(path: npt.NDArray[np.floating], count: int) -> Float64Array:
    """Return the row of B for each row of A, along a path that goes on straight at its ends."""
    rows = np.arange(count, dtype=np.float64)
    own, first = np.unique(path[:, 0], return_index=True)
    inside = np.interp(rows, own, path[first, 1])
    before = np.minimum(rows - path[0, 0], 0)
    behind = np.maximum(rows - path[-1, 0], 0)
    return np.asarray(inside + before + behind, np.float64)


def _speed_squared(directions: ComplexArray) -> Float64Array:
    """Return how fast limbs turn, summed over them: (G,), squared radians a step."""
    velocity = np.gradient(directions, axis=0)
    is_known = (
        (directions != 0) & (np.roll(directions, 1, 0) != 0) & (np.roll(directions, -1, 0) != 0)
    )
    return np.asarray((np.abs(velocity) ** 2 * is_known).sum(axis=1))


def _refined(
    a: ComplexArray, b: ComplexArray, path: IntpArray
) -> tuple[Float64Array, Float64Array]:
    """Return the path between the frames: rows of A, and the rows of B that belong to them.

    At each pair, one step of Gauss and Newton finds the offset at which B is most like A (Lucas and
    Kanade, 1981). Then a line is fitted to the path around each row, in which moments of fast
    movement count more.
    """
    rows, columns = path.T
    velocity = np.gradient(b, axis=0)[columns]
    is_known = (a[rows] != 0) & (b[columns] != 0)
    for step in (-1, 1):
        is_known &= b[np.clip(columns + step, 0, len(b) - 1)] != 0
    squared = (np.abs(velocity) ** 2 * is_known).sum(axis=1) + _STILL
    missing = ((a[rows] - b[columns]) * np.conj(velocity)).real
    offset = np.clip((missing * is_known).sum(axis=1) / squared, -1.0, 1.0)
    first, last = int(rows[0]), int(rows[-1])
    count = last - first + 1
    weight = np.bincount(rows - first, squared, count)
    # Relative to the diagonal, so that numbers stay small and a straight path stays straight.
    shift = np.bincount(rows - first, squared * (columns - rows + offset), count)
    fitted = _local_line(weight.astype(np.float64), shift / np.maximum(weight, 1e-12))
    grid = np.arange(first, last + 1, dtype=np.float64)
    return grid, np.maximum.accumulate(grid + fitted)


def _local_line(weight: Float64Array, values: Float64Array) -> Float64Array:
    """Return values that are smoothed by a line around each, fitted by weighted least squares."""
    sigma = _PATH_SIGMA_S * _FINE_RATE
    reach = round(3 * sigma)
    steps = np.arange(-reach, reach + 1, dtype=np.float64)
    kernel = np.exp(-0.5 * (steps / sigma) ** 2)
    # Reversed, as in a convolution the kernel is.
    moments = [convolve(weight, (kernel * steps**power)[::-1]) for power in range(3)]
    sums = [convolve(weight * values, (kernel * steps**power)[::-1]) for power in range(2)]
    spread = moments[0] * moments[2] - moments[1] ** 2
    line = (moments[2] * sums[0] - moments[1] * sums[1]) / np.maximum(spread, 1e-300)
    mean = sums[0] / np.maximum(moments[0], 1e-300)
    return np.asarray(np.where(spread > 1e-9 * moments[0] ** 2, line, mean), np.float64)
