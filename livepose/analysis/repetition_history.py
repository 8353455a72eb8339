"""RepetitionHistory: the last angles of one person, from which a repetition is measured."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from livepose.analysis.moving_median import WINDOW_S, centered_median
from livepose.core.arrays import Float64Array
from livepose.core.derivatives import derivatives
from livepose.core.repetitions import Repetition

_BEFORE_S = 10.0
"""How long before it crosses the threshold a movement may begin."""
_MAX_FRAMES = 4096
_FLAT_DEG = 0.5
"""A peak is as flat as this."""
_NEAR_DEG = 2.0
"""The movement begins where the angle was last so near to its least value before it."""


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
        """Return a repetition that has just ended with its exact times, extremes and speeds.

        The angles are medians over 0.2 s around each moment. Extremes and speeds are those from
        where the movement began, the last moment at which the angle was within two degrees of its
        farthest value on the near side, to the frame in which the repetition was counted.

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
        medians = centered_median(times_s[around:], degrees[around:])[first - around :]
        times_s = times_s[first:]
        known = np.isfinite(medians[:, column])
        curve, curve_s = sign * medians[known, column], times_s[known]
        threshold = sign * found.threshold_deg
        begins = np.searchsorted(curve_s, found.start_s - WINDOW_S)
        if begins >= len(curve) or curve[begins:].max() <= threshold:
            return found  # the history has lost its frames
        peak = int(begins) + _middle_of_peak(curve[begins:])
        speed = derivatives(curve_s, curve[:, None])[0][:, 0]
        start_s = _crossing_s(curve_s[: peak + 1][::-1], curve[: peak + 1][::-1], threshold)
        end_s = _crossing_s(curve_s[peak:], curve[peak:], threshold)
        return Repetition(
            found.track_id,
            found.start_s if np.isnan(start_s) else start_s,
            found.end_s if np.isnan(end_s) else end_s,
            sign * float(curve[peak]),
            float(curve_s[peak]),
            rule=found.rule,
            threshold_deg=found.threshold_deg,
            number=found.number,
            speed_in_deg_s=_greatest(speed[: peak + 1]),
            speed_out_deg_s=_greatest(-speed[peak:]),
            angle_names=names,
            low_deg=tuple(np.fmin.reduce(medians, axis=0).tolist()),
            high_deg=tuple(np.fmax.reduce(medians, axis=0).tolist()),
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


def _crossing_s(times_s: Float64Array, curve: Float64Array, threshold: float) -> float:
    """Return when a curve that begins beyond a threshold is first back at it; NaN if never."""
    back = np.flatnonzero(curve <= threshold)
    if not len(back):
        return float("nan")
    after, before = back[0], back[0] - 1
    share = (curve[before] - threshold) / (curve[before] - curve[after])
    return float(times_s[before] + share * (times_s[after] - times_s[before]))


def _greatest(speed: Float64Array) -> float:
    return float(np.fmax.reduce(speed, initial=np.nan))
