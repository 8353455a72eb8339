"""ClipCurves: the angles of a clip whose frames are seen in any order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.panels import CURVE_S, CurvePanel

_BINS = 240
"""In how many parts the whole clip is shown."""
_USUAL_BIN_S = 1.0
"""Of a clip whose length is unknown."""
_GAP_S = 0.5
"""A curve is interrupted where no frame was seen for longer."""

Sample = tuple[float, FloatArray]
"""The time of a frame, and its (A,) angles."""


class ClipCurves:
    """Keeps some angles of every frame of a clip, in the order of their times.

    One thread adds frames, and another one may ask for curves.

    >>> curves = ClipCurves(("left_knee",), clip_s=4.0)
    >>> for time_s in (2.0, 0.0, 1.0):
    ...     curves.add(time_s, np.array([10 * time_s], np.float32))
    >>> panel = curves.panel_at(1.0)
    >>> panel.time_s.tolist(), panel.degrees[:, 0].tolist(), panel.overview_s.tolist()
    ([0.0, 0.5, 1.0], [0.0, nan, 10.0], [0.0, 1.0, 2.0])
    """

    def __init__(self, names: tuple[str, ...], clip_s: float | None) -> None:
        """Start with no frames.

        Args:
            names: Of the A angles.
            clip_s: How long the clip is; None if that is unknown.
        """
        self._names = names
        self._clip_s = clip_s
        self._bin_s = _USUAL_BIN_S if clip_s is None else max(clip_s / _BINS, 1e-3)
        self._samples: list[Sample] = []
        self._bins: dict[int, tuple[float, FloatArray, FloatArray]] = {}
        """By number: a time, and the least and the greatest angles around it."""

    def add(self, time_s: float, values: FloatArray) -> None:
        """Take in the angles of a frame, in the place of those that were known of it."""
        place = bisect_left(self._samples, time_s, key=_time_of)
        if place < len(self._samples) and self._samples[place][0] == time_s:
            self._samples[place] = (time_s, values)
        else:
            self._samples.insert(place, (time_s, values))
        number = int(time_s / self._bin_s)
        begin_s, low, high = self._bins.get(number, (time_s, values, values))
        self._bins[number] = (begin_s, np.fmin(low, values), np.fmax(high, values))

    def panel_at(self, time_s: float) -> CurvePanel:
        """Return the curve of the ten seconds before a time, and what is known of the clip."""
        samples = self._samples.copy()
        first = bisect_left(samples, time_s - CURVE_S, key=_time_of)
        shown = samples[first : bisect_right(samples, time_s, key=_time_of)]
        count = len(self._names)
        times_s = np.array([each_s for each_s, _ in shown])
        degrees = np.array([values for _, values in shown], np.float32).reshape(-1, count)
        gaps = np.flatnonzero(np.diff(times_s) > _GAP_S) + 1
        between_s = (times_s[gaps - 1] + times_s[gaps]) / 2
        bins = sorted(self._bins.copy().values(), key=lambda each: each[0])
        extremes = np.array([each[1:] for each in bins], np.float32).reshape(-1, 2, count)
        last_s = samples[-1][0] if samples else time_s
        return CurvePanel(
            self._names,
            np.insert(times_s, gaps, between_s),
            np.insert(degrees, gaps, np.nan, axis=0),
            np.array([each[0] for each in bins]),
            extremes,
            max(self._clip_s or 0.0, last_s),
        )


def _time_of(sample: Sample) -> float:
    return sample[0]
