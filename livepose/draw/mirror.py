"""Where things are in a mirror."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.overlays import Overlays
from livepose.core.poses import Poses


def mirrored(posed: PosedFrame) -> PosedFrame:
    """Move all that is painted to where it is in a mirror. The picture itself is not turned."""
    width_px = posed.frame.width_px
    poses, marks = posed.poses, posed.overlays
    if len(poses):
        poses = _mirrored_poses(poses, width_px)
    turned = Overlays(
        faces=marks.faces * np.array((-1, 1, 1), np.float32)
        + np.array((width_px, 0, 0), np.float32),
        trails=tuple(replace(trail, xy=_turned(trail.xy, width_px)) for trail in marks.trails),
        labels=tuple(replace(label, x_px=width_px - label.x_px) for label in marks.labels),
    )
    return replace(posed, poses=poses, overlays=turned)


def _mirrored_poses(poses: Poses, width_px: int) -> Poses:
    left, top, right, bottom = poses.box.T
    box = np.stack((width_px - right, top, width_px - left, bottom), axis=1)
    return replace(poses, xy=_turned(poses.xy, width_px), box=box)


def _turned(xy: FloatArray, width_px: int) -> FloatArray:
    return xy * np.array((-1, 1), np.float32) + np.array((width_px, 0), np.float32)
