"""Where poses and overlays are in a mirrored frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame


def mirrored(posed: PosedFrame) -> PosedFrame:
    """Return a posed frame whose poses and overlays are mirrored; its pixels are not.

    Left stays the subject's own left: only places change, not names.
    """
    width_px = posed.frame.width_px
    poses, overlays = posed.poses, posed.overlays
    if len(poses):
        left, top, right, bottom = poses.box.T
        box = np.stack((width_px - right, top, width_px - left, bottom), axis=1)
        poses = replace(poses, xy=_mirrored_xy(poses.xy, width_px), box=box)
    overlays = replace(
        overlays,
        faces=overlays.faces * np.array((-1, 1, 1), np.float32)
        + np.array((width_px, 0, 0), np.float32),
        trails=tuple(
            replace(trail, xy=_mirrored_xy(trail.xy, width_px)) for trail in overlays.trails
        ),
        labels=tuple(replace(label, x_px=width_px - label.x_px) for label in overlays.labels),
        ghosts=tuple(
            replace(ghost, xy=_mirrored_xy(ghost.xy, width_px)) for ghost in overlays.ghosts
        ),
    )
    counter, curves = overlays.counter, overlays.curves
    if counter is not None:
        overlays = replace(overlays, counter=replace(counter, corner=counter.corner.mirrored))
    if curves is not None:
        overlays = replace(overlays, curves=replace(curves, corner=curves.corner.mirrored))
    return replace(posed, poses=poses, overlays=overlays)


def _mirrored_xy(xy: FloatArray, width_px: int) -> FloatArray:
    return xy * np.array((-1, 1), np.float32) + np.array((width_px, 0), np.float32)
