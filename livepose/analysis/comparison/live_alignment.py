"""Align a movement with a take of it while it goes on."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from livepose.analysis.comparison.limb_directions import ComplexArray
from livepose.core.arrays import Float64Array, IntpArray

_AHEAD_S, _BEHIND_S = 3.0, 0.5
"""How far from where it is a take may go on."""
_MEMORY_S = 1.0
"""Time constant with which earlier moments are forgotten."""
_MAX_SPEED = 2.5
"""How much faster than in the take a movement may be."""
_SKEW_COST = 1e-3
"""Of each step that the take goes on by more or by less than the time that has passed."""
_LEAP_COST = 1.0
"""By how much another place has to fit better than those that can be reached from the present one:
as much as a difference of 25 degrees for a third of a second."""
_MIN_WEIGHT = 0.5
_UNSEEN_COST = 0.1
_MAX_PAUSE_S = 0.5
_LOST_COST = 0.094
"""Whoever differs by 25 degrees for a second is somewhere else in the take, or nowhere."""
_SEARCH_S = 1.0
"""How often such a person is searched for, and from how much of the past."""
_SEARCH_ROWS = 10
"""How many moments of the past are compared with the whole take."""


class LiveAlignment:
    """Finds, moment by moment, where in a take somebody is who does the same.

    It is dynamic time warping with a window that moves forward, and a memory that fades (after
    S. Dixon, "Live tracking of musical performances using on-line time warping", Proc. 8th Int.
    Conference on Digital Audio Effects, 2005). Behind the last row of the take comes the first one:
    whoever begins again is followed. Whoever is somewhere else is searched for in all of the take.

    >>> turning = np.exp(1j * np.linspace(0, 3, 90))[:, None].repeat(4, axis=1)
    >>> alignment = LiveAlignment(turning, rate=30.0)
    >>> for row in range(60):
    ...     position = alignment.update(turning[row], row / 30)
    >>> position
    59
    """

    def __init__(self, directions: ComplexArray, rate: float) -> None:
        """Take in the whole take.

        Args:
            directions: (M, L) as `resample_directions` returns them; M is at least 1.
            rate: Rows a second.
        """
        self._directions, self._weights = directions, np.abs(directions)
        self._rate = rate
        rows = len(directions)
        self._behind = min(round(_BEHIND_S * rate), (rows - 1) // 2)
        self._ahead = min(round(_AHEAD_S * rate), rows - 1 - self._behind)
        self.reset()

    def reset(self) -> None:
        """Begin at the first row again."""
        self._row = 0
        self._time_s = math.nan
        self._mean_cost = 0.0
        self._searched_s = -math.inf
        self._past: deque[tuple[float, ComplexArray]] = deque()
        # Of the rows around the present one; not those that come before the beginning.
        self._totals = np.full(self._behind + self._ahead + 1, np.inf)
        self._totals[self._behind] = 0.0

    def update(self, directions: ComplexArray, time_s: float) -> int:
        """Return the row of the take that belongs to a moment.

        Args:
            directions: (L,) of the limbs then.
            time_s: Later than that of the moment before.
        """
        passed_s = time_s - self._time_s
        if not 0 <= passed_s <= _MAX_PAUSE_S:
            passed_s = 1 / self._rate
        self._time_s = time_s
        expected = passed_s * self._rate
        most = math.ceil(_MAX_SPEED * expected)
        size = len(self._totals)
        # Each column of a row is where the path may have come from: `step` rows before.
        padded = np.concatenate((np.full(most, np.inf), self._totals))
        steps = np.arange(most + 1)
        origins = padded[most + np.arange(size)[:, None] - steps]
        totals = (origins + _SKEW_COST * np.abs(steps - expected)).min(axis=1)
        fading = math.exp(-passed_s / _MEMORY_S)
        costs = self._costs(directions)
        totals = totals * fading + expected * costs
        # Of a movement that is repeated, the next repetition fits as well as this one.
        near = self._behind + int(totals[self._behind : self._behind + most + 1].argmin())
        best = int(totals.argmin())
        if totals[near] <= totals[best] + _LEAP_COST:
            best = near
        self._mean_cost += (1 - fading) * (float(costs[best]) - self._mean_cost)
        self._totals = totals - totals[best]
        self._move(best - self._behind)
        self._past.append((time_s, directions))
        while time_s - self._past[0][0] > _SEARCH_S:
            self._past.popleft()
        if self._mean_cost > _LOST_COST and time_s - self._searched_s >= _SEARCH_S:
            self._searched_s = time_s
            self._search(time_s)
        return self._row

    def _search(self, now_s: float) -> None:
        """Go to where in the whole take the last second is, if it is anywhere."""
        step = max(1, len(self._past) // _SEARCH_ROWS)
        past = list(self._past)[::-step]
        rows = np.arange(len(self._directions))
        costs = [
            np.roll(self._costs_of(directions, rows), round((now_s - time_s) * self._rate))
            for time_s, directions in past
        ]
        mean_costs = np.mean(costs, axis=0)
        row = int(mean_costs.argmin())
        if mean_costs[row] < 0.5 * self._mean_cost:
            self._row, self._mean_cost = row, float(mean_costs[row])
            self._totals[:] = np.inf
            self._totals[self._behind] = 0.0

    def _costs(self, directions: ComplexArray) -> Float64Array:
        offsets = np.arange(-self._behind, self._ahead + 1)
        return self._costs_of(directions, (self._row + offsets) % len(self._directions))

    def _costs_of(self, directions: ComplexArray, rows: IntpArray) -> Float64Array:
        weight = self._weights[rows] @ np.abs(directions)
        alike = (self._directions[rows] @ np.conj(directions)).real
        different = np.maximum(1 - alike / np.maximum(weight, 1e-9), 0.0)
        return np.asarray(np.where(weight > _MIN_WEIGHT, different, _UNSEEN_COST), np.float64)

    def _move(self, by: int) -> None:
        """Move the window by some rows; what comes into it has not been reached yet."""
        self._row = (self._row + by) % len(self._directions)
        moved = np.full_like(self._totals, np.inf)
        if by >= 0:
            moved[: len(moved) - by] = self._totals[by:]
        else:
            moved[-by:] = self._totals[:by]
        self._totals = moved
