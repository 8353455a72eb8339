"""What smoothing filters work on: each person's keypoints and the two corners of their box."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, FloatArray, IntpArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses

MIN_SCORE = 0.2
"""A point that scores less is a guess (the threshold of MoveNet's crop)."""


def tracked_rows(poses: Poses) -> IntpArray:
    """Return the rows whose past is known: the tracked people, or the only person.

    An untracked person who is alone in the frame counts as one track, whose id is 0. Several
    untracked people cannot be told apart from frame to frame.
    """
    if len(poses) == 1:
        return np.zeros(1, np.intp)
    return np.flatnonzero(poses.track_id > 0)


def points_of(poses: Poses) -> Float64Array:
    """Return the K keypoints and then two corners of the box: (N, K + 2, 2) pixels."""
    corners = poses.box.reshape(-1, 2, 2)
    return np.concatenate((poses.xy, corners), axis=1, dtype=np.float64)


def seen_points(poses: Poses) -> BoolArray:
    """Return which of `points_of` were seen, not guessed: (N, K + 2). The box is always seen."""
    seen = np.ones((len(poses), poses.xy.shape[1] + 2), np.bool_)
    seen[:, :-2] = poses.visible(MIN_SCORE)
    return seen


def body_size_px(points: Float64Array) -> Float64Array:
    """Return the longer side of the box around the keypoints: (M, 1, 1) pixels, at least one."""
    # Each axis by itself, and not `ptp`: that takes five times as long.
    x, y = points[:, :-2, 0], points[:, :-2, 1]
    width_px = np.maximum.reduce(x, 1) - np.minimum.reduce(x, 1)
    height_px = np.maximum.reduce(y, 1) - np.minimum.reduce(y, 1)
    return np.asarray(np.maximum(np.maximum(width_px, height_px), 1.0)[:, None, None])


def with_points(poses: Poses, rows: IntpArray, points: Float64Array) -> Poses:
    """Return poses in which (M, K + 2, 2) points replace those of M rows, which ascend."""
    if len(rows) == len(poses):  # as in most frames
        xy = points[:, :-2].astype(np.float32)
        box = points[:, -2:].reshape(-1, 4).astype(np.float32)
    else:
        xy, box = poses.xy.copy(), poses.box.copy()
        xy[rows] = points[:, :-2]
        box[rows] = points[:, -2:].reshape(-1, 4)
    return replace(poses, xy=xy, box=box)


class RestoreRaw(MotionStep):
    """Undo smoothing: put points and boxes back to where the network found them.

    >>> from livepose import Frame, PosedFrame, Region
    >>> xy = np.full((1, 17, 2), 100, np.float32)
    >>> found = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
    >>> smoothed = replace(found, xy=xy + 3)
    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    >>> whole = Region.letterbox(640, 480)
    >>> posed = PosedFrame(frame, smoothed, whole, 0.0, detections=found)
    >>> float(RestoreRaw()(posed).poses.xy[0, 0, 0])
    100.0
    """

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        poses, detections = posed.poses, posed.detections
        # A person and their detection have the same extent, also where left and right have been
        # exchanged since.
        is_same = (_extent(poses.raw_xy)[:, None] == _extent(detections.xy)).all(axis=2)
        box = poses.box.copy()
        rows, detected_rows = is_same.nonzero()
        box[rows] = detections.box[detected_rows]
        return replace(posed, poses=replace(poses, xy=poses.raw_xy, box=box))

    def reset(self) -> None:
        """Do nothing: no state is kept."""


def _extent(xy: FloatArray) -> FloatArray:
    """Return the lowest and the highest x and y of each person: (N, 4)."""
    return np.concatenate((xy.min(axis=1), xy.max(axis=1)), axis=1)
