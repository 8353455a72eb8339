"""The points that angles are measured between: keypoints, and what is made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton

Segment = tuple[str, str]
"""Names of the points where a line starts and ends."""

_SHOULDERS, _HIPS = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")
_EARS = ("left_ear", "right_ear")
_DERIVED: dict[str, tuple[str, ...]] = {
    "trunk_top": (*_SHOULDERS, *_HIPS),
    "trunk_bottom": (*_SHOULDERS, *_HIPS),
    "mid_shoulders": _SHOULDERS,
    "mid_ears": _EARS,
    "origin": (),
    "forward": (),
}
"""Points made of keypoints, with the keypoints that each is made of. The trunk's line runs between
the middles of the shoulders and of the hips; where a side is hidden, as in profile, it is the line
of the other side. `mid_ears` is the middle of the ears that are seen. `forward` lies beside
`origin`, on the side that the person faces."""

TRUNK: Segment = ("trunk_top", "trunk_bottom")
HORIZON: Segment = ("origin", "forward")


def keypoints_of(points: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the keypoints that points are made of, each once."""
    names = [name for point in points for name in _DERIVED.get(point, (point,))]
    return tuple(dict.fromkeys(names))


class BodyPoints:
    """The keypoints of one skeleton, followed by the points that are made of them.

    A point whose keypoints the skeleton lacks is never seen.

    >>> from livepose.core.skeleton import COCO_SKELETON
    >>> points = BodyPoints(COCO_SKELETON)
    >>> xy, is_seen = points.locate(Poses.empty(), min_score=0.3)
    >>> xy.shape, points.index("left_hip"), points.index("trunk_top")
    ((0, 24, 2), 11, 17)
    """

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton
        names = (*skeleton.names, *_DERIVED)
        self._index = {name: row for row, name in enumerate(names)}
        # Stands for every keypoint that the skeleton lacks: a last row, which is never seen.
        self._missing = len(names)
        self._shoulders = np.array([self.index(name) for name in _SHOULDERS])
        self._hips = np.array([self.index(name) for name in _HIPS])
        self._ears = np.array([self.index(name) for name in _EARS])

    def __len__(self) -> int:
        """Return P, the number of points."""
        return self._missing + 1

    def index(self, name: str) -> int:
        """Return the row of a point."""
        return self._index.get(name, self._missing)

    def locate(self, poses: Poses, min_score: float) -> tuple[Float64Array, BoolArray]:
        """Return the places of all points, (N, P, 2) px, and which are seen, (N, P)."""
        people, keypoints = len(poses), len(self.skeleton)
        xy, is_seen = np.zeros((people, len(self), 2)), np.ones((people, len(self)), bool)
        if not people:
            return xy, is_seen
        is_seen[:, self._missing] = False
        xy[:, :keypoints], is_seen[:, :keypoints] = poses.xy, poses.visible(min_score)
        shoulders, hips, ears = self._shoulders, self._hips, self._ears
        has_side = is_seen[:, shoulders] & is_seen[:, hips]
        for point, pair, is_used in (
            ("trunk_top", shoulders, has_side),
            ("trunk_bottom", hips, has_side),
            ("mid_ears", ears, is_seen[:, ears]),
        ):
            row = self._index[point]
            weight = is_used / np.maximum(is_used.sum(axis=1, keepdims=True), 1)
            xy[:, row] = (xy[:, pair] * weight[..., None]).sum(axis=1)
            is_seen[:, row] = is_used.any(axis=1)
        middle = self._index["mid_shoulders"]
        xy[:, middle] = xy[:, shoulders].mean(axis=1)
        is_seen[:, middle] = is_seen[:, shoulders].all(axis=1)
        return xy, is_seen
