"""The moving median of angles, in which a misread frame or two change nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from itertools import pairwise

import numpy as np

from livepose.core.arrays import Float64Array, IntpArray

WINDOW_S = 0.2
ROUNDING_S = 1e-9
"""What is this close to an end of a window is inside: times are rounded."""
MIN_VALUES = 3
"""A median of fewer would follow a single misread frame."""
_ROWS_AT_ONCE = 4096
"""Of a long series, whose windows together would take much memory."""
_LOW_RATE_INTERVAL_S = WINDOW_S / 2
"""At longer intervals there are hardly ever three values in a window."""


class MovingMedian:
    """The median of each of A angles over the last 0.2 s, for one person.

    There is none until three values are in the window, as the first frames may be misread; at low
    frame rates, where three values take longer, there is one from the third frame.

    >>> median = MovingMedian()
    >>> [median.update(n / 30, np.array([deg])).item() for n, deg in enumerate((10, 11, 99, 12))]
    [nan, nan, 11.0, 11.5]
    """

    def __init__(self) -> None:
        self._recent: deque[tuple[float, Float64Array]] = deque()
        self._times_s: deque[float] = deque(maxlen=3)

    @property
    def time_s(self) -> float:
        """Of the last update."""
        return self._times_s[-1]

    def update(self, time_s: float, degrees: Float64Array) -> Float64Array:
        """Take in the next (A,) degrees, NaN where unseen, and return (A,) medians.

        A median is NaN where the angle is unseen in this frame.
        """
        if self._times_s and time_s <= self.time_s:
            self._recent.clear()
            self._times_s.clear()
        self._times_s.append(time_s)
        self._recent.append((time_s, degrees))
        while self._recent[0][0] < time_s - WINDOW_S - ROUNDING_S:
            self._recent.popleft()
        ordered = np.sort(np.array([values for _, values in self._recent]), axis=0)  # NaNs last
        counts = np.count_nonzero(ordered == ordered, axis=0)
        columns = np.arange(len(degrees))
        low = ordered[np.maximum(counts - 1, 0) // 2, columns]
        high = ordered[np.minimum(counts // 2, len(ordered) - 1), columns]
        is_known = np.isfinite(degrees) & ((counts >= MIN_VALUES) | is_low_rate(self._times_s))
        return np.asarray(np.where(is_known, (low + high) / 2, np.nan))


def trailing_medians(time_s: Float64Array, degrees: Float64Array) -> Float64Array:
    """Return the moving medians of a series, those that `MovingMedian` has one by one: (T, A).

    Args:
        time_s: (T,) rising.
        degrees: (T, A), NaN where an angle was not seen.
    """
    first = _first_rows(time_s)
    end = np.arange(1, len(time_s) + 1)
    far_apart = np.diff(time_s) > _LOW_RATE_INTERVAL_S
    is_low = np.zeros(len(time_s), np.bool_)
    is_low[MIN_VALUES - 1 :] = far_apart[1:] & far_apart[:-1]
    medians = np.full(degrees.shape, np.nan)
    for is_chosen, min_values in ((is_low, 1), (~is_low, MIN_VALUES)):
        chosen = np.flatnonzero(is_chosen)
        for start in range(0, len(chosen), _ROWS_AT_ONCE):
            rows = chosen[start : start + _ROWS_AT_ONCE]
            medians[rows] = _medians_of_windows(degrees, first[rows], end[rows], min_values)
    return np.asarray(np.where(np.isfinite(degrees), medians, np.nan))


def middle_times(time_s: Float64Array) -> Float64Array:
    """Return the middle of the 0.2 s up to each moment, of which the moving median is: (T,).

    It is between the first and the last frame of them.

    Args:
        time_s: (T,) rising.
    """
    return np.asarray((time_s[_first_rows(time_s)] + time_s) / 2)


def _first_rows(time_s: Float64Array) -> IntpArray:
    """Return the first row of the 0.2 s up to each moment: (T,)."""
    return np.searchsorted(time_s, time_s - WINDOW_S - ROUNDING_S)


def is_low_rate(times_s: Collection[float]) -> bool:
    """Return whether frames are too far apart for three in a window.

    >>> is_low_rate((0.0, 0.2, 0.4)), is_low_rate((0.0, 0.04, 0.08)), is_low_rate((0.0, 0.2))
    (True, False, False)

    Args:
        times_s: Of the last three frames; fewer are not enough to know.
    """
    if len(times_s) < MIN_VALUES:
        return False
    return all(later - earlier > _LOW_RATE_INTERVAL_S for earlier, later in pairwise(times_s))


def centered_median(
    time_s: Float64Array, degrees: Float64Array, *, min_values: int = 1
) -> Float64Array:
    """Return the median of the 0.2 s around each moment: (T, A), NaN where unseen.

    Args:
        time_s: (T,) rising.
        degrees: (T, A), NaN where an angle was not seen.
        min_values: NaN also where it was seen in fewer frames around; at low frame rates, where
            there are not as many, one is enough.
    """
    if min_values > 1 and len(time_s) > 1 and np.median(np.diff(time_s)) > _LOW_RATE_INTERVAL_S:
        min_values = 1
    first = np.searchsorted(time_s, time_s - WINDOW_S / 2 - ROUNDING_S)
    end = np.searchsorted(time_s, time_s + WINDOW_S / 2 + ROUNDING_S)
    medians = np.full(degrees.shape, np.nan)
    for start in range(0, len(degrees), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        medians[rows] = _medians_of_windows(degrees, first[rows], end[rows], min_values)
    return np.asarray(np.where(np.isfinite(degrees), medians, np.nan))


def _medians_of_windows(
    degrees: Float64Array, first: IntpArray, end: IntpArray, min_values: int
) -> Float64Array:
    """Return the medians of some windows of the rows of (T, A) values: (W, A), NaNs left out.

    Args:
        degrees: The values.
        first: (W,) the first row of each window.
        end: (W,) the row behind its last one.
        min_values: There is no median of fewer.
    """
    columns = first[:, None] + np.arange(int((end - first).max(initial=1)))
    is_inside = columns < end[:, None]
    values = degrees[np.minimum(columns, len(degrees) - 1)]
    values[~is_inside] = np.nan
    ordered = np.sort(values, axis=1)  # NaNs last
    counts = np.count_nonzero(ordered == ordered, axis=1)[:, None]
    ordered = np.where(counts >= min_values, ordered, np.nan)
    low = np.take_along_axis(ordered, np.maximum(counts - 1, 0) // 2, axis=1)
    high = np.take_along_axis(ordered, np.minimum(counts // 2, ordered.shape[1] - 1), axis=1)
    return np.asarray((low + high)[:, 0] / 2)
