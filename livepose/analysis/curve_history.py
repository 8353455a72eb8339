"""CurveHistory: what a live curve shows: the last ten seconds, and the whole clip in small."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from livepose.analysis.clip_curves import ClipCurves
from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.panels import CURVE_S, CurvePanel

_FORGET_S = 0.5
"""After so long without the person, the curve goes on with another one."""
_MAX_FRAMES = 4096
_BINS = 240
"""In how many parts the whole clip is shown, at most twice as many."""


class CurveHistory:
    """Remembers some angles of one person: the one who is followed, or the largest.

    >>> CurveHistory(("left_knee",), clip_s=None).names
    ('left_knee',)
    """

    def __init__(self, names: Sequence[str], clip_s: float | None) -> None:
        """Start with an empty curve.

        Args:
            names: Of the angles; they must be measured.
            clip_s: How long the clip is; None if that is unknown.
        """
        self.names = tuple(names)
        self._clip_s = clip_s
        self._recent: deque[tuple[float, FloatArray]] = deque(maxlen=_MAX_FRAMES)
        self._bins: list[tuple[float, FloatArray]] = []
        """The time of each bin, and the least and the greatest of its values: (2, A)."""
        self._bin_s = 1 / 30 if clip_s is None else max(clip_s / _BINS, 1 / 1000)
        self._track_id = 0
        self._seen_s = -np.inf
        self._clip: ClipCurves | None = None

    def keep_all(self) -> None:
        """Keep the angles of all frames, as the clip will be watched in any order: `panel_at`."""
        self._clip = ClipCurves(self.names, self._clip_s)

    def forget(self) -> None:
        """Forget all frames: they will be seen again."""
        self._recent.clear()
        self._bins.clear()
        if self._clip is not None:
            self.keep_all()

    def panel_at(self, time_s: float) -> CurvePanel | None:
        """Return the curve up to a time, and all of the clip so far; None without `keep_all`.

        It may be called in another thread than the one that takes in frames.
        """
        return None if self._clip is None else self._clip.panel_at(time_s)

    def panel(self, posed: PosedFrame) -> CurvePanel:
        """Take in a frame, and return the curve up to it: only its end, if all frames are kept."""
        time_s = posed.frame.time_s
        if self._clip is not None:
            self._clip.add(time_s, self._values_of(posed))
            return CurvePanel.empty(self.names)
        if self._recent and time_s <= self._recent[-1][0]:
            self._go_back(time_s)
        values = self._values_of(posed)
        self._recent.append((time_s, values))
        while self._recent[0][0] < time_s - CURVE_S:
            self._recent.popleft()
        self._extend_overview(time_s, values)
        return CurvePanel(
            self.names,
            np.array([each_s for each_s, _ in self._recent]),
            np.array([each for _, each in self._recent], np.float32),
            np.array([each_s for each_s, _ in self._bins]),
            np.array([each for _, each in self._bins], np.float32),
            time_s if self._clip_s is None else max(self._clip_s, time_s),
        )

    def _go_back(self, time_s: float) -> None:
        """Forget what comes after a time to which the source has jumped."""
        while self._recent and self._recent[-1][0] >= time_s:
            self._recent.pop()
        while self._bins and self._bins[-1][0] >= time_s:
            self._bins.pop()

    def _values_of(self, posed: PosedFrame) -> FloatArray:
        """Return the angles of the person, as they are written beside the joints: (A,) float32."""
        ids, time_s = posed.poses.track_id.tolist(), posed.frame.time_s
        unknown = np.full(len(self.names), np.nan, np.float32)
        if self._track_id not in ids:
            if not ids or 0 <= time_s - self._seen_s <= _FORGET_S:
                return unknown
            left, top, right, bottom = posed.poses.box.T
            self._track_id = ids[int(np.argmax((right - left) * (bottom - top)))]
        self._seen_s = time_s
        columns = [posed.angles.names.index(name) for name in self.names]
        return np.asarray(posed.angles.figures[ids.index(self._track_id), columns], np.float32)

    def _extend_overview(self, time_s: float, values: FloatArray) -> None:
        if self._bins and time_s - self._bins[-1][0] < self._bin_s:
            begin_s, extremes = self._bins[-1]
            low, high = np.fmin(extremes[0], values), np.fmax(extremes[1], values)
            self._bins[-1] = (begin_s, np.stack((low, high)))
            return
        self._bins.append((time_s, np.stack((values, values))))
        if len(self._bins) > 2 * _BINS:
            pairs = zip(self._bins[::2], self._bins[1::2], strict=False)
            self._bins = [
                (begin_s, np.stack((np.fmin(one[0], two[0]), np.fmax(one[1], two[1]))))
                for (begin_s, one), (_, two) in pairs
            ]
            self._bin_s *= 2
