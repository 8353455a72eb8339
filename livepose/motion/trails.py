"""Trails: the paths of chosen keypoints over the last moments."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.overlays import Trail
from livepose.core.poses import Poses
from livepose.core.skeleton import Keypoint, keypoint_indices, keypoint_names

_TimedPoint = tuple[float, float, float]
"""Seconds, x and y in pixels; x and y are NaN where the keypoint was not seen."""
_NOT_SEEN = (math.nan, math.nan)
_MAX_BODIES_PER_S = 10.0
"""Twice as fast as a punch (about 8 m/s): a faster keypoint was another hand, or a mistake."""
_MIN_STEP_S = 1 / 120


class Trails(MotionStep):
    """Record the paths of chosen keypoints of each track, for the painter.

    Poses are recorded as they come, so smoothing must come before this step. A trail has a point
    for each frame; a point of NaN is a gap.

    >>> from livepose import Frame, Region
    >>> from livepose.core.skeleton import Keypoint
    >>> trails = Trails([Keypoint.LEFT_WRIST])
    >>> body = np.linspace(100, 400, 34, dtype=np.float32).reshape(1, 17, 2)
    >>> for number in range(3):
    ...     poses = Poses.from_keypoints(body + number, np.full((1, 17), 0.9, np.float32))
    ...     frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8), number, number / 30)
    ...     posed = trails(PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0))
    >>> posed.overlays.trails[0].xy[:, 0].round().tolist()
    [264.0, 265.0, 266.0]
    """

    def __init__(
        self,
        keypoints: str | Iterable[str | Keypoint],
        length_s: float = 1.0,
        min_score: float = 0.3,
    ) -> None:
        """Choose what is recorded.

        Args:
            keypoints: Keypoints and parts of the body, such as `Keypoint.LEFT_WRIST` or "wrists".
                Those that a skeleton does not have leave no trail.
            length_s: For how long a point is kept.
            min_score: A keypoint with a lower score is not seen.

        Raises:
            OptionError: If the length is not a number above 0.
            TypeError: If a keypoint is a number: what that means depends on the skeleton.
        """
        if not 0 < length_s < math.inf:
            raise OptionError(f"a trail's length must be above 0 seconds, got {length_s:g}")
        self._names = keypoint_names(keypoints)
        self._length_s = length_s
        self._min_score = min_score
        self._points: dict[tuple[int, int], deque[_TimedPoint]] = {}
        """By track id and keypoint, the oldest first."""
        self._last_s = -math.inf

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        now_s = posed.frame.time_s
        if now_s < self._last_s:
            self.reset()
        self._last_s = now_s
        seen = self._seen(posed.poses)
        for key in self._points.keys() | seen.keys():
            xy, size_px = seen.get(key, (_NOT_SEEN, 1.0))
            _append(self._points.setdefault(key, deque()), now_s, xy, size_px)
        self._forget_old(now_s)
        trails = tuple(
            Trail(keypoint, track_id, np.array(points, np.float32)[:, 1:])
            for (track_id, keypoint), points in sorted(self._points.items())
        )
        return replace(posed, overlays=replace(posed.overlays, trails=trails))

    def reset(self) -> None:
        self._points.clear()
        self._last_s = -math.inf

    def _seen(self, poses: Poses) -> dict[tuple[int, int], tuple[tuple[float, float], float]]:
        """Return x and y of each keypoint that is seen, and the size of its body, in pixels."""
        is_seen = poses.visible(self._min_score)
        sizes_px = np.maximum(poses.box[:, 2:] - poses.box[:, :2], 1.0).max(axis=1, initial=1.0)
        found = {}
        for row, track_id in enumerate(poses.track_id.tolist()):
            if track_id == 0 and len(poses) > 1:
                continue  # Several untracked people cannot be told apart.
            for keypoint in keypoint_indices(poses.skeleton, self._names):
                if is_seen[row, keypoint]:
                    x, y = poses.xy[row, keypoint].tolist()
                    found[track_id, keypoint] = ((x, y), float(sizes_px[row]))
        return found

    def _forget_old(self, now_s: float) -> None:
        for key, points in list(self._points.items()):
            while points and (now_s - points[0][0] > self._length_s or math.isnan(points[0][1])):
                points.popleft()
            if not points:
                del self._points[key]


def _append(
    points: deque[_TimedPoint], now_s: float, xy: tuple[float, float], size_px: float
) -> None:
    """Add a point to a trail, behind a gap if it is impossibly far from the last one."""
    if points:
        last_s, x, y = points[-1]
        step_s = max(now_s - last_s, _MIN_STEP_S)
        if math.hypot(xy[0] - x, xy[1] - y) > _MAX_BODIES_PER_S * size_px * step_s:
            points.append((now_s, *_NOT_SEEN))
    points.append((now_s, *xy))
