"""RepetitionHistory: the last angles of one person, from which a repetition is measured."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

import numpy as np

from livepose.analysis.moving_median import MIN_VALUES, WINDOW_S, centered_median
from livepose.analysis.repetition_rules import HYSTERESIS_DEG
from livepose.core.angles import LEAP_DEG
from livepose.core.arrays import Float64Array
from livepose.core.derivatives import derivatives
from livepose.core.repetitions import Repetition

_BEFORE_S = 10.0
"""How long before it crosses the threshold a movement may begin."""
_MAX_FRAMES = 4096
_FLAT_DEG = 0.5
"""A peak is as flat as this."""
_NEAR_DEG = 2.0
"""The angle is at rest while it is so near to its least value before or behind a movement."""
_REST_SHARE = 0.1
"""The movement lasts from where so much of the way is done to where so much is left."""
_REST_S = 0.5
"""It is over when the angle has been at rest for so long."""


@dataclass(slots=True)
class RepetitionHistory:
    """Frames of one person, the last ten seconds and the repetition that is under way."""

    frames: deque[tuple[float, Sequence[float]]] = field(
        default_factory=lambda: deque(maxlen=_MAX_FRAMES)
    )
    """The time of each frame, and all of its angles."""

    def add(self, time_s: float, degrees: Sequence[float], start_s: float) -> None:
        """Append a frame, and forget those that no repetition needs.

        Args:
            time_s: Of the frame.
            degrees: All angles that are measured.
            start_s: When the repetition that is under way began; the time of the frame if none is.
        """
        self.frames.append((time_s, degrees))
        while self.frames[0][0] < start_s - _BEFORE_S:
            self.frames.popleft()

    def measure(
        self,
        found: Repetition,
        names: tuple[str, ...],
        column: int,
        earlier_end_s: float,
        *,
        is_over: bool,
    ) -> Repetition:
        """Return a repetition that has just been counted with its exact times, extremes and speeds.

        The angles are medians over 0.2 s around each moment. The movement begins where a tenth of
        the way from the least value before it to the turning point is done: a network that sees
        deep angles as deeper shifts that moment less than the one at which a threshold is crossed.
        Extremes and speeds are those from the last moment at which the angle was within two
        degrees of that least value, to the frame in which the repetition was counted. A median is
        one of three frames at least, as in the table of angles: a misread frame is no extreme.

        Args:
            found: With the threshold, and roughly when the angle crossed it and was back.
            names: Of the A angles.
            column: Which of them is counted.
            earlier_end_s: When the repetition before it ended; -inf if there was none.
            is_over: Whether beyond the threshold is over it.
        """
        times_s = np.array([time_s for time_s, _ in self.frames])
        degrees = np.array([row for _, row in self.frames], np.float64)
        sign = 1.0 if is_over else -1.0
        own = sign * degrees[:, column]
        first = _movement_start(times_s, own, max(earlier_end_s, found.start_s - _BEFORE_S), found)
        around = np.searchsorted(times_s, times_s[first] - WINDOW_S)
        medians = centered_median(times_s[around:], degrees[around:], min_values=MIN_VALUES)
        medians = medians[first - around :]
        times_s = times_s[first:]
        known = np.isfinite(medians[:, column])
        curve, curve_s = sign * medians[known, column], times_s[known]
        threshold = sign * found.threshold_deg
        begins = np.searchsorted(curve_s, found.crossed_s - WINDOW_S)
        if begins >= len(curve) or curve[begins:].max() <= threshold:
            return found  # the history has lost its frames
        peak = int(begins) + _middle_of_peak(curve[begins:])
        speed = _speeds(curve_s, curve)
        rise_s, rise = curve_s[: peak + 1][::-1], curve[: peak + 1][::-1]
        start_s = _crossing_s(rise_s, rise, _near(float(rise.min()), float(rise[0])))
        crossed_s = _crossing_s(rise_s, rise, threshold)
        back_s = _crossing_s(curve_s[peak:], curve[peak:], threshold)
        crossed_s = found.crossed_s if np.isnan(crossed_s) else crossed_s
        return replace(
            found,
            start_s=crossed_s if np.isnan(start_s) else start_s,
            peak_deg=sign * float(curve[begins:].max()),
            peak_s=_turning_point_s(curve_s, curve, peak, threshold),
            crossed_s=crossed_s,
            back_s=found.back_s if np.isnan(back_s) else back_s,
            speed_in_deg_s=_greatest(speed[: peak + 1]),
            speed_out_deg_s=_greatest(-speed[peak:]),
            angle_names=names,
            low_deg=tuple(np.fmin.reduce(medians, axis=0).tolist()),
            high_deg=tuple(np.fmax.reduce(medians, axis=0).tolist()),
        )

    def follow_back(self, found: Repetition, column: int, *, is_over: bool) -> Repetition:
        """Return a repetition that was counted with its end, as far as it has been seen.

        The end is where a tenth of the way from the turning point to the least value behind it is
        left. It is final when the angle has been near that value for half a second, or moves away.

        Args:
            found: As `measure` has returned it.
            column: Which angle is counted.
            is_over: Whether beyond the threshold is over it.
        """
        sign = 1.0 if is_over else -1.0
        recent = list(takewhile(lambda frame: frame[0] >= found.peak_s, reversed(self.frames)))
        if not recent:  # it turned between the last frames
            return replace(found, is_complete=True)
        times_s = np.array([time_s for time_s, _ in reversed(recent)])
        own = np.array([[sign * degrees[column]] for _, degrees in reversed(recent)])
        curve = centered_median(times_s, own)[:, 0]
        known = np.isfinite(curve)
        curve, times_s = curve[known], times_s[known]
        if not len(curve):  # the history has lost its frames
            return replace(found, is_complete=True)
        low = float(curve.min())
        end_s = _crossing_s(times_s, curve, _near(low, sign * found.peak_deg))
        near_s = times_s[np.argmax(curve <= low + _NEAR_DEG)]
        return replace(
            found,
            end_s=found.end_s if np.isnan(end_s) else end_s,
            is_complete=bool(times_s[-1] - near_s >= _REST_S or curve[-1] > low + HYSTERESIS_DEG),
        )


def _movement_start(
    times_s: Float64Array, own: Float64Array, earliest_s: float, found: Repetition
) -> int:
    """Return the frame in which the movement of a repetition began."""
    is_before = (times_s >= earliest_s) & (times_s <= found.start_s) & np.isfinite(own)
    if not is_before.any():
        return min(int(np.searchsorted(times_s, found.start_s)), len(times_s) - 1)
    is_near = is_before & (own <= own[is_before].min() + _NEAR_DEG)
    return int(np.flatnonzero(is_near)[-1])


def _middle_of_peak(curve: Float64Array) -> int:
    """Return the middle one of the samples at a peak: medians are flat there."""
    top = np.flatnonzero(curve >= curve.max() - _FLAT_DEG)
    # A long hold may have several peaks that are as high: the first of them is the turning point.
    first = np.split(top, np.flatnonzero(np.diff(top) > 1) + 1)[0]
    return int(first[len(first) // 2])


def _turning_point_s(
    times_s: Float64Array, curve: Float64Array, peak: int, threshold: float
) -> float:
    """Return when a curve turns: where the parabola through the 0.4 s around its peak is highest.

    One sample of a broad peak is the highest by chance.
    """
    peak_s = float(times_s[peak])
    around = (np.abs(times_s - peak_s) <= WINDOW_S + 1e-9) & (curve > threshold)
    offsets_s = times_s[around] - peak_s
    if len(offsets_s) < 4:
        return peak_s
    bend, slope, _ = map(float, np.polyfit(offsets_s, curve[around], 2))
    if -bend * WINDOW_S**2 < _FLAT_DEG:
        return peak_s  # held: it turns nowhere
    return peak_s + min(max(-slope / (2 * bend), -WINDOW_S), WINDOW_S)


def _near(low: float, peak: float) -> float:
    """Return the value that is a tenth of the way from the least one to the peak."""
    return low + _REST_SHARE * (peak - low)


def _crossing_s(times_s: Float64Array, curve: Float64Array, threshold: float) -> float:
    """Return when a curve that begins beyond a threshold is first back at it; NaN if never."""
    back = np.flatnonzero(curve <= threshold)
    if not len(back) or not back[0]:
        return float("nan")
    after, before = back[0], back[0] - 1
    share = (curve[before] - threshold) / (curve[before] - curve[after])
    return float(times_s[before] + share * (times_s[after] - times_s[before]))


def _speeds(times_s: Float64Array, curve: Float64Array) -> Float64Array:
    """Return the velocity of a curve; NaN at its ends, and beside a leap."""
    speed = derivatives(times_s, curve[:, None])[0][:, 0]
    is_leap = np.abs(np.diff(curve)) > LEAP_DEG
    speed[1:][is_leap] = speed[:-1][is_leap] = np.nan
    return speed


def _greatest(speed: Float64Array) -> float:
    return float(np.fmax.reduce(speed, initial=np.nan))
