"""Points that are misread or missing for a moment: find them, and bridge them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import BoolArray, Float64Array, IntpArray
from livepose.motion.smoothing.akima import akima

REACH = 4
"""How many frames before and after a point it is compared with."""
DEVIATIONS = 3.0
"""An outlier is farther from the median than this many standard deviations."""
MIN_DISTANCE = 0.06
"""And at least this far, in body sizes: less is noise, which smoothing removes."""
MAX_EXCURSION_S = 0.3
"""How long a point may be somewhere else before it is taken to have moved there."""
MIN_JUMP = 0.25
"""How far a point jumps away and back, at least, in body sizes."""
MIN_JUMP_SPEED = 9.0
"""And how fast, in body sizes per second: 15 m/s, which hardly any limb reaches."""
MAX_RETURN = 0.5
"""How far from where it was it may come back, in lengths of the shorter jump."""
_SIGMA_PER_MAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
_MAX_RATIO = 3.0
"""Of the longest interval to the shortest one, in times that are not very uneven."""


def find_outliers(points: Float64Array, is_seen: BoolArray, size_px: float) -> BoolArray:
    """Return which points of one person are outliers: (T, C).

    Outliers are found with a Hampel filter (Hampel, "The influence curve and its role in robust
    estimation", J. Am. Stat. Assoc. 69, 1974): each point is compared with the median of the four
    frames before it, itself and the four frames after it. The limit is three standard deviations,
    estimated from the median absolute deviation, so that it is wide where the point moves. The
    first and the last sighting are never outliers: a point that does not come back has moved.

    Args:
        points: (T, C, 2) pixels, in consecutive frames.
        is_seen: (T, C) whether a point was seen, not guessed; guesses are left out.
        size_px: Of the body.

    >>> points = np.zeros((9, 1, 2))
    >>> points[:, 0, 0] = 10, 11, 12, 13, 99, 15, 16, 17, 18
    >>> find_outliers(points, np.ones((9, 1), np.bool_), size_px=300.0).nonzero()[0].tolist()
    [4]
    """
    # Guesses are NaN, and so at no distance.
    windows = _windows(np.where(is_seen[..., None], points, np.nan), np.nan)
    is_known = _windows(is_seen, False)
    middle = np.maximum(np.add.reduce(is_known, -1, dtype=np.intp) - 1, 0) // 2
    off_px = windows - _sorted_at(windows, middle)[..., None]
    distance_px = np.sqrt(np.square(off_px[:, :, 0]) + np.square(off_px[:, :, 1]))
    limit_px = DEVIATIONS * _SIGMA_PER_MAD * _sorted_at(distance_px, middle)
    has_neighbours = is_known[..., :REACH].any(axis=-1) & is_known[..., REACH + 1 :].any(axis=-1)
    is_far = distance_px[..., REACH] > np.maximum(limit_px, MIN_DISTANCE * size_px)
    return np.asarray(is_far & has_neighbours)


def find_excursions(
    times_s: Float64Array, points: Float64Array, is_seen: BoolArray, size_px: float
) -> BoolArray:
    """Return which of one person's points are somewhere else for up to 0.3 s: (T, C).

    An ankle that is found on the other leg for some frames is an example: they are too many for
    `find_outliers`, but no limb jumps away and back like this. Guesses in between are away, too.

    Args:
        times_s: (T,) rising.
        points: (T, C, 2) pixels.
        is_seen: (T, C) whether a point was seen, not guessed; guesses are passed over.
        size_px: Of the body.

    >>> points, times_s = np.zeros((20, 1, 2)), np.arange(20) / 30
    >>> points[6:12] = 150
    >>> find_excursions(times_s, points, np.ones((20, 1), np.bool_), 300.0).nonzero()[0].tolist()
    [6, 7, 8, 9, 10, 11]
    """
    # Guesses may lie half-way, so a column with a step of half a jump is looked at closely.
    step_px = points[1:] - points[:-1]
    step_px *= step_px  # and not `sum`, which takes four times as long for two numbers
    is_long = step_px[..., 0] + step_px[..., 1] > (MIN_JUMP / 2 * size_px) ** 2
    is_away = np.zeros_like(is_seen)
    for column in np.flatnonzero(is_long.any(axis=0)).tolist():
        seen = np.flatnonzero(is_seen[:, column])
        for start, end in _excursions(times_s[seen], points[seen, column], size_px):
            is_away[seen[start - 1] + 1 : seen[end], column] = True
    return is_away


def bridge_excursions(
    times_s: Float64Array, points: Float64Array, is_seen: BoolArray, is_away: BoolArray
) -> tuple[Float64Array, BoolArray]:
    """Place the points that are away on a curve through those before and after.

    Args:
        times_s: (T,) rising.
        points: (T, C, 2) pixels.
        is_seen: (T, C) whether a point was seen, not guessed.
        is_away: (T, C) what `find_excursions` found.

    Returns:
        The points, and which of them are seen or bridged: (T, C).
    """
    if not is_away.any():
        return points, is_seen
    bridged, _ = bridge_gaps(times_s, points, is_seen & ~is_away, np.inf)
    return np.where(is_away[..., None], bridged, points), is_seen | is_away


def _excursions(
    times_s: Float64Array, xy: Float64Array, size_px: float
) -> Iterator[tuple[int, int]]:
    """Yield where excursions of one point begin, and where it is back: samples of (T, 2) points."""
    jump_px = np.hypot(*np.diff(xy, axis=0).T)
    is_jump = jump_px > size_px * np.maximum(MIN_JUMP, MIN_JUMP_SPEED * np.diff(times_s))
    starts = (np.flatnonzero(is_jump) + 1).tolist()
    done = 0
    for number, start in enumerate(starts):
        for end in starts[number + 1 :]:
            if start < done or times_s[end] - times_s[start] > MAX_EXCURSION_S:
                break
            off_px = np.hypot(*(xy[end] - xy[start - 1]))
            if off_px < MAX_RETURN * min(jump_px[start - 1], jump_px[end - 1]):
                yield start, end
                done = end + 1
                break


def bridge_gaps(
    times_s: Float64Array,
    points: Float64Array,
    is_good: BoolArray,
    max_gap_s: float,
    max_frames: int | None = None,
) -> tuple[Float64Array, BoolArray]:
    """Place points in short gaps on a curve through those before and after the gap.

    Args:
        times_s: (T,) rising.
        points: (T, C, 2) pixels.
        is_good: (T, C) false in the gaps.
        max_gap_s: Between two good points; what lies in a longer gap stays as it is.
        max_frames: How many frames may lie between two good points; None for any number.

    Returns:
        The points, and which of them are good or bridged: (T, C).
    """
    columns = np.flatnonzero(~is_good.all(axis=0))
    if not len(columns):
        return points, is_good
    # Akima's curve follows a turning point, and overshoots where times are very uneven.
    intervals_s = np.diff(times_s)
    is_even = intervals_s.max() < _MAX_RATIO * intervals_s.min()
    curve = akima if is_even else _monotone
    points, is_good = points.copy(), is_good.copy()
    for column in columns.tolist():
        good, bad = np.flatnonzero(is_good[:, column]), np.flatnonzero(~is_good[:, column])
        after = np.searchsorted(good, bad)
        is_between = (after > 0) & (after < len(good))
        bad, after = bad[is_between], after[is_between]
        is_short = times_s[good[after]] - times_s[good[after - 1]] <= max_gap_s
        if max_frames is not None:
            is_short &= good[after] - good[after - 1] - 1 <= max_frames
        bad = bad[is_short]
        if len(bad):
            points[bad, column] = curve(times_s[good], points[good, column], times_s[bad])
            is_good[bad, column] = True
    return points, is_good


def _monotone(times_s: Float64Array, values: Float64Array, at_s: Float64Array) -> Float64Array:
    """Return the values, (M, C), at some times on a curve that never overshoots."""
    from scipy.interpolate import PchipInterpolator  # it takes 0.4 s to be imported

    return np.asarray(PchipInterpolator(times_s, values)(at_s))


def _windows(values: npt.NDArray[Any], beyond: float) -> npt.NDArray[Any]:
    """Return each of (T, ...) values with those before and after it: (T, ..., 2 * REACH + 1)."""
    ends = np.full((REACH, *values.shape[1:]), beyond, values.dtype)
    around = np.concatenate((ends, values, ends))
    return np.lib.stride_tricks.sliding_window_view(around, 2 * REACH + 1, axis=0)


def _sorted_at(values: Float64Array, place: IntpArray) -> Float64Array:
    """Return the value at a place of each sorted window, for medians without NaNs.

    Args:
        values: (T, C, ..., W); NaNs come last.
        place: (T, C).
    """
    rows, columns = np.arange(len(place))[:, None], np.arange(place.shape[1])
    return np.asarray(np.sort(values, axis=-1)[rows, columns, ..., place])
