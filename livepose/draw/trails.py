"""Trails: lines that fade towards where a keypoint came from."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, UInt8Array
from livepose.core.overlays import Trail
from livepose.core.skeleton import Skeleton
from livepose.draw import strokes
from livepose.draw.canvas import Bounds, Canvas
from livepose.draw.style import Style

# This many segments of the curve are drawn at once, with one width and one opacity.
_STROKE_SEGMENTS = 4


def paint_trail(
    canvas: Canvas, trail: Trail, skeleton: Skeleton, style: Style, person: int
) -> None:
    """Draw where a keypoint has been. The line has a gap at each row of NaN.

    Args:
        canvas: The frame to draw on.
        trail: Where the keypoint has been.
        skeleton: What its keypoint is one of.
        style: Colours and line width.
        person: In whose colour, if people are told apart by it; 0 as if there was one only.
    """
    is_known = np.isfinite(trail.xy).all(axis=1)
    if is_known.sum() < 2:
        return
    width_px = style.thickness.line_px(canvas.size_px)
    reach_px = width_px + 2
    low, high = trail.xy[is_known].min(axis=0), trail.xy[is_known].max(axis=0)
    bounds = canvas.even_bounds(*(low - reach_px), *(high + reach_px))
    if bounds is None:
        return
    color = style.colors.keypoints(skeleton, person or 1)[trail.keypoint]
    curve = _spline(trail.xy)
    canvas.blend_mask(style.outline, _fading_line(curve, bounds, width_px + 2, 110), *bounds[:2])
    canvas.blend_mask(color, _fading_line(curve, bounds, width_px, 255), *bounds[:2])


def _spline(xy: FloatArray) -> FloatArray:
    """Return two more points between each two, on a smooth curve through them all.

    It is the uniform Catmull-Rom spline: between b and c, with a before and d behind, at t in 0..1,
    b + t (c - a) / 2 + t^2 (2 a - 5 b + 4 c - d) / 2 + t^3 (3 b - a - 3 c + d) / 2.

    Args:
        xy: (M, 2); a row of NaN is a gap, and stays one.

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


def _fading_line(xy: FloatArray, bounds: Bounds, width_px: int, max_opacity: int) -> UInt8Array:
    """Return the mask of a line that grows wider and more opaque towards its end: (h, w)."""
    left, top, right, bottom = bounds
    mask = np.zeros((bottom - top, right - left), np.uint8)
    is_known = np.asarray(np.isfinite(xy).all(axis=1))
    points = strokes.subpixels(np.where(is_known[:, None], xy, 0), bounds[:2])
    for start, end in _runs(is_known):
        for first in range(start, end, _STROKE_SEGMENTS):
            last = min(first + _STROKE_SEGMENTS, end)
            share = last / (len(points) - 1)
            stroke_px = max(1, round(width_px * (0.4 + 0.6 * share)))
            strokes.curve(mask, points[first : last + 1], round(max_opacity * share), stroke_px)
    return mask


def _runs(is_known: BoolArray) -> list[tuple[int, int]]:
    """Return the first and the last index of each run of two or more."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], is_known, [False])))).reshape(-1, 2)
    return [(first, behind - 1) for first, behind in edges.tolist() if behind - first > 1]
