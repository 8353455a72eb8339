"""Trails: where joints have been in the last moments."""

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

_Place = tuple[float, float, float]
"""Seconds, x and y; not a number where the joint was not seen."""
_NOWHERE = (math.nan, math.nan)
# Twice what a fast punch does (about 8 m/s): farther, it was another hand, or nobody's.
_BODIES_A_SECOND = 10.0
_SHORTEST_STEP_S = 1 / 120


class Trails(MotionStep):
    """Remembers chosen joints of each track. It takes the poses as they come: smooth them before.

    A trail has a place for each frame: what is not a number breaks it.
    """

    def __init__(
        self, keypoints: Iterable[int], length_s: float = 1.0, min_score: float = 0.3
    ) -> None:
        """Choose what is remembered.

        Args:
            keypoints: indices, 0..16.
            length_s: how long a place is remembered.
            min_score: with less a joint is not seen.

        Raises:
            OptionError: the length is not above 0.
        """
        if not 0 < length_s < math.inf:
            raise OptionError(f"a trail's length must be above 0 seconds, got {length_s:g}")
        self._keypoints = sorted(set(keypoints))
        self._length_s = length_s
        self._min_score = min_score
        self._places: dict[tuple[int, int], deque[_Place]] = {}
        self._last_s = -math.inf

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        now_s = posed.frame.time_s
        if now_s < self._last_s:
            self.reset()
        self._last_s = now_s
        seen = self._seen(posed.poses)
        for key in self._places.keys() | seen.keys():
            self._append(self._places.setdefault(key, deque()), now_s, *seen.get(key, _ABSENT))
        self._forget(now_s)
        trails = tuple(
            Trail(keypoint, track_id, np.array(places, np.float32)[:, 1:])
            for (track_id, keypoint), places in sorted(self._places.items())
        )
        return replace(posed, overlays=replace(posed.overlays, trails=trails))

    def reset(self) -> None:
        self._places.clear()
        self._last_s = -math.inf

    def _seen(self, poses: Poses) -> dict[tuple[int, int], tuple[tuple[float, float], float]]:
        """Give the place of each joint that is seen, and the size of its body in pixels."""
        is_seen = poses.visible(self._min_score)
        sizes_px = np.maximum(poses.box[:, 2:] - poses.box[:, :2], 1.0).max(axis=1, initial=1.0)
        found = {}
        for row, track_id in enumerate(poses.track_id.tolist()):
            if track_id == 0 and len(poses) > 1:
                continue  # nobody knows who of them it was a frame ago
            for keypoint in self._keypoints:
                if is_seen[row, keypoint]:
                    x, y = poses.xy[row, keypoint].tolist()
                    found[track_id, keypoint] = ((x, y), float(sizes_px[row]))
        return found

    def _append(
        self, places: deque[_Place], now_s: float, xy: tuple[float, float], size_px: float
    ) -> None:
        if places:
            before_s, x, y = places[-1]
            step_s = max(now_s - before_s, _SHORTEST_STEP_S)
            if math.hypot(xy[0] - x, xy[1] - y) > _BODIES_A_SECOND * size_px * step_s:
                places.append((now_s, *_NOWHERE))
        places.append((now_s, *xy))

    def _forget(self, now_s: float) -> None:
        for key, places in list(self._places.items()):
            while places and (now_s - places[0][0] > self._length_s or math.isnan(places[0][1])):
                places.popleft()
            if not places:
                del self._places[key]


_ABSENT = (_NOWHERE, 1.0)
