"""Strokes on a layer of a canvas, in sixteenths of a pixel."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from livepose.core.arrays import Float64Array, FloatArray, Int32Array, UInt8Array
from livepose.draw.canvas import LayerColor

SUBPIXEL_BITS = 4
SUBPIXEL = 1 << SUBPIXEL_BITS
_QUARTER_TURN = np.array((-1, 1))
_QUARTER = np.linspace(0, np.pi / 2, 6)
_ARCS = np.concatenate([_QUARTER + turn * np.pi / 2 for turn in range(4)])
_ARC_SIGNS = np.repeat(np.array(((1, 1), (-1, 1), (-1, -1), (1, -1)), np.float64), 6, axis=0)


def subpixels(xy: FloatArray, corner: Sequence[int]) -> Int32Array:
    """Return points as the strokes take them.

    Args:
        xy: (..., 2) pixels of the frame.
        corner: Left and top of the layer.
    """
    # The centre of a pixel is at its index for cv2, and at its index plus a half for a pose.
    left, top = corner
    points: Int32Array = np.rint((xy - np.array((left + 0.5, top + 0.5))) * SUBPIXEL).astype(
        np.int32
    )
    return points


def bars(ends: FloatArray, width_px: Float64Array) -> FloatArray:
    """Return lines as the corners of rectangles: (..., B, 4, 2).

    They have no caps: those are more than half of the cost of a line, and keypoints cover them.

    Args:
        ends: (B, 2, 2) the first and the last point of each line.
        width_px: (..., B); 3, 5, ... are drawn a pixel wider, as cv2's own lines are.
    """
    along = ends[:, 1] - ends[:, 0]
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-6)
    half = 0.5 * (width_px + (width_px % 2) * (width_px > 1)) / length
    across = (along[:, ::-1] * _QUARTER_TURN * half[..., None])[..., None, :]
    return np.concatenate((ends + across, ends[:, ::-1] - across), axis=-2)


def rounded_box(box: FloatArray, radius_px: float) -> FloatArray:
    """Return the outline of a box with round corners: (24, 2).

    Args:
        box: (4,) left, top, right, bottom.
        radius_px: Of the corners; less if the box is small.
    """
    half = np.maximum((box[2:] - box[:2]) / 2, 0.0)
    radius = np.minimum(radius_px, half.min())
    arcs = np.stack((np.cos(_ARCS), np.sin(_ARCS)), axis=1) * radius
    return np.asarray((box[:2] + box[2:]) / 2 + _ARC_SIGNS * (half - radius) + arcs, np.float32)


def disc(layer: UInt8Array, center: Sequence[int], radius_px: int, color: LayerColor) -> None:
    """Draw a filled circle."""
    radius = radius_px * SUBPIXEL
    cv2.circle(layer, center, radius, color, cv2.FILLED, cv2.LINE_AA, SUBPIXEL_BITS)


def polygon(layer: UInt8Array, points: Int32Array, color: LayerColor, width_px: int) -> None:
    """Draw a closed line."""
    cv2.polylines(layer, [points], True, color, width_px, cv2.LINE_AA, SUBPIXEL_BITS)


def curve(mask: UInt8Array, points: Int32Array, opacity: int, width_px: int) -> None:
    """Draw an open line."""
    cv2.polylines(mask, [points], False, (opacity,), width_px, cv2.LINE_AA, SUBPIXEL_BITS)


def fill(layer: UInt8Array, points: Int32Array, color: LayerColor) -> None:
    """Draw a filled convex polygon."""
    cv2.fillConvexPoly(layer, points, color, cv2.LINE_AA, SUBPIXEL_BITS)
