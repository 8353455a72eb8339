"""shift: how far somebody went from one frame to another."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray

MIN_POINTS = 4
"""Fewer points in common say nothing (tfjs-models `minNumberOfKeypoints`)."""


def shift(
    xy: FloatArray, box: FloatArray, to_xy: FloatArray, to_box: FloatArray, common: BoolArray
) -> FloatArray:
    """Give the way from some poses to others: (..., 2) pixels.

    It is the mean way of the points that are seen in both, as which ones are seen changes; where
    they are too few, it is that of the boxes' middles.

    Args:
        xy: (..., 17, 2), here as below of any shapes that broadcast.
        box: (..., 4)
        to_xy: (..., 17, 2)
        to_box: (..., 4)
        common: (..., 17), the points that are seen in both.
    """
    count = common.sum(axis=-1)[..., None]
    by_points = ((to_xy - xy) * common[..., None]).sum(axis=-2) / np.maximum(count, 1)
    way = to_box - box
    by_box = (way[..., :2] + way[..., 2:]) / 2
    return np.asarray(np.where(count >= MIN_POINTS, by_points, by_box), np.float32)
