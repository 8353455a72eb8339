"""Trails: lines that fade towards where a joint came from."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, UInt8Array
from livepose.core.overlays import Trail
from livepose.draw import strokes
from livepose.draw.canvas import Canvas
from livepose.draw.style import Style

# So many parts of the curve are drawn at once, alike wide and strong.
_STROKE_POINTS = 4


def paint_trail(canvas: Canvas, trail: Trail, style: Style) -> None:
    """Draw where a joint has been. The line is broken where a point is not a number."""
    is_there = np.isfinite(trail.xy).all(axis=1)
    if is_there.sum() < 2:
        return
    width_px = style.thickness.line_px(canvas.size_px)
    reach_px = width_px + 2
    low, high = trail.xy[is_there].min(axis=0), trail.xy[is_there].max(axis=0)
    corners = canvas.even(*(low - reach_px), *(high + reach_px))
    if corners is None:
        return
    color = style.colors.joints(trail.track_id or 1)[trail.keypoint]
    curve = _curve(trail.xy)
    canvas.lay(style.outline, _line(curve, corners, width_px + 2, 110), *corners[:2])
    canvas.lay(color, _line(curve, corners, width_px, 255), *corners[:2])


def _curve(xy: FloatArray) -> FloatArray:
    """Put points between the points, on a smooth curve through them all.

    It is the uniform Catmull-Rom spline: between b and c, with a before and d behind, at t in 0..1,
    b + t (c - a) / 2 + t^2 (2 a - 5 b + 4 c - d) / 2 + t^3 (3 b - a - 3 c + d) / 2.

    Args:
        xy: (M, 2); what is not a number is a gap, and stays one.

    Returns:
        (3 M - 2, 2).
    """
    b, c = xy[:-1], xy[1:]
    a = np.concatenate((xy[:1], xy[:-2]))
    d = np.concatenate((xy[2:], xy[-1:]))
    a, d = np.where(np.isfinite(a), a, b), np.where(np.isfinite(d), d, c)
    between = [
        b
        + t * (c - a) / 2
        + t**2 * (2 * a - 5 * b + 4 * c - d) / 2
        + t**3 * (3 * (b - c) - a + d) / 2
        for t in (1 / 3, 2 / 3)
    ]
    return np.concatenate((np.stack((b, *between), axis=1).reshape(-1, 2), xy[-1:]))


def _line(
    xy: FloatArray, corners: tuple[int, int, int, int], width_px: int, strongest: int
) -> UInt8Array:
    """Draw a line that grows wider and stronger towards its newest end: (h, w) as a mask."""
    left, top, right, bottom = corners
    mask = np.zeros((bottom - top, right - left), np.uint8)
    is_there = np.asarray(np.isfinite(xy).all(axis=1))
    points = strokes.subpixels(np.where(is_there[:, None], xy, 0), corners[:2])
    for start, end in _runs(is_there):
        for first in range(start, end, _STROKE_POINTS):
            last = min(first + _STROKE_POINTS, end)
            share = last / (len(points) - 1)
            thick_px = max(1, round(width_px * (0.4 + 0.6 * share)))
            strokes.curve(mask, points[first : last + 1], round(strongest * share), thick_px)
    return mask


def _runs(is_there: BoolArray) -> list[tuple[int, int]]:
    """Give the first and the last index of each run of two or more."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_there, [False])))).reshape(-1, 2)
    return [(first, behind - 1) for first, behind in edges.tolist() if behind - first > 1]
