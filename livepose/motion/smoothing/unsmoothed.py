"""Poses as they were before they were smoothed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep


class Unsmoothed(MotionStep):
    """Takes points and boxes back to where they were before they were smoothed."""

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        poses, found = posed.poses, posed.detections
        # Whose points reach as far is the same: exchanging left and right changes nothing of that.
        is_same = (_reach(poses.raw_xy)[:, None] == _reach(found.xy)).all(axis=2)
        box = poses.box.copy()
        rows, founds = is_same.nonzero()
        box[rows] = found.box[founds]
        return replace(posed, poses=replace(poses, xy=poses.raw_xy, box=box))

    def reset(self) -> None:
        """Nothing is remembered."""


def _reach(xy: FloatArray) -> FloatArray:
    """Give the lowest and the highest x and y of each person: (N, 4)."""
    return np.concatenate((xy.min(axis=1), xy.max(axis=1)), axis=1)
