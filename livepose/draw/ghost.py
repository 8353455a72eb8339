"""Ghosts: skeletons to compare a person with, and how much the two differ, by colour."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, IntpArray
from livepose.core.colors import Bgr
from livepose.core.overlays import Ghost
from livepose.core.skeleton import Skeleton
from livepose.draw import strokes
from livepose.draw.canvas import Canvas
from livepose.draw.skeletons import joint_radius_px, skeleton_lines
from livepose.draw.style import Style

_WHITE: Bgr = (255, 255, 255)
_OUTLINE_OPACITY, _BONE_OPACITY = 90, 170
_COLOR_STEPS: tuple[tuple[float, Bgr], ...] = (
    (5.0, (120, 230, 120)),
    (15.0, (60, 220, 250)),
    (30.0, (60, 60, 245)),
)
"""From how many degrees on which colour: green, yellow, red; in between, mixtures."""
_LIMBS = {"shoulder": "elbow", "elbow": "wrist", "hip": "knee", "knee": "ankle"}


def difference_color(degrees: float) -> Bgr:
    """Return the colour of a difference: green where two angles are alike, yellow, red.

    >>> difference_color(0.0), difference_color(90.0)
    ((120, 230, 120), (60, 60, 245))
    """
    limits = [limit for limit, _ in _COLOR_STEPS]
    channels = np.array([color for _, color in _COLOR_STEPS]).T
    blue, green, red = (round(float(np.interp(degrees, limits, each))) for each in channels)
    return blue, green, red


def paint_ghost(canvas: Canvas, ghost: Ghost, skeleton: Skeleton, style: Style) -> None:
    """Draw a ghost, so that what is behind it shines through, without its face.

    Each limb has the colour of the difference at the joint that moves it; others are white.

    Args:
        canvas: The frame to draw on.
        ghost: Whose skeleton, and how much it differs.
        skeleton: Names and bones of the ghost's keypoints.
        style: The line width.
    """
    bones = drawn_bones(ghost, skeleton)
    if not len(bones):
        return
    line_px = style.thickness.line_px(canvas.size_px)
    points = ghost.xy[np.unique(bones)]
    reach_px = 2 * joint_radius_px(line_px)
    bounds = canvas.even_bounds(*(points.min(axis=0) - reach_px), *(points.max(axis=0) + reach_px))
    if bounds is None:
        return
    corner, size = bounds[:2], (bounds[3] - bounds[1], bounds[2] - bounds[0])
    outline = np.zeros(size, np.uint8)
    _draw_bones(outline, ghost.xy[bones], corner, line_px + 2, _OUTLINE_OPACITY)
    canvas.blend_mask(style.outline, outline, *corner)
    colors = bone_colors(ghost, skeleton, bones)
    for color in dict.fromkeys(colors):
        mask = np.zeros(size, np.uint8)
        of_color = np.array([each == color for each in colors])
        _draw_bones(mask, ghost.xy[bones[of_color]], corner, line_px, _BONE_OPACITY)
        canvas.blend_mask(color, mask, *corner)


def drawn_bones(ghost: Ghost, skeleton: Skeleton) -> IntpArray:
    """Return the bones of a ghost that are drawn, not those of its face: (B, 2) keypoints."""
    lines = skeleton_lines(skeleton)
    is_drawn = ghost.is_seen & ~lines.is_face_keypoint & np.isfinite(ghost.xy).all(axis=1)
    return np.asarray(lines.bones[is_drawn[lines.bones].all(axis=1)], np.intp)


def bone_colors(ghost: Ghost, skeleton: Skeleton, bones: IntpArray) -> list[Bgr]:
    """Return the colour of each bone: that of the difference at the joint that moves it."""
    movers = _movers(skeleton)
    return [_color_of(ghost.difference_deg, movers.get((a, b))) for a, b in bones.tolist()]


def paint_joint_rings(
    canvas: Canvas, xy: FloatArray, is_marked: BoolArray, degrees: FloatArray, style: Style
) -> None:
    """Draw a ring around keypoints, in the colour of a difference.

    Args:
        canvas: The frame to draw on.
        xy: (K, 2) px.
        is_marked: (K,) which keypoints get a ring.
        degrees: (K,) the difference there.
        style: The line width.
    """
    line_px = style.thickness.line_px(canvas.size_px)
    radius_px = 3 * joint_radius_px(line_px)
    turns = np.linspace(0, 2 * np.pi, 49)
    circle = radius_px * np.stack((np.cos(turns), np.sin(turns)), axis=1)
    reach_px = radius_px + 2 * line_px
    for index in np.flatnonzero(is_marked & np.isfinite(degrees)).tolist():
        bounds = canvas.even_bounds(*(xy[index] - reach_px), *(xy[index] + reach_px))
        if bounds is None:
            continue
        points = strokes.subpixels((xy[index] + circle).astype(np.float32), bounds[:2])
        color = difference_color(float(degrees[index]))
        for each, width_px in ((style.outline, line_px + 2), (color, line_px)):
            mask = np.zeros((bounds[3] - bounds[1], bounds[2] - bounds[0]), np.uint8)
            strokes.curve(mask, points, 255, width_px)
            canvas.blend_mask(each, mask, *bounds[:2])


def _draw_bones(
    mask: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    ends: FloatArray,
    corner: tuple[int, int],
    width_px: int,
    opacity: int,
) -> None:
    for points in strokes.subpixels(ends, corner):
        strokes.curve(mask, points, opacity, width_px)


def _color_of(degrees: FloatArray, joint: int | None) -> Bgr:
    if joint is None or not np.isfinite(degrees[joint]):
        return _WHITE
    return difference_color(float(degrees[joint]))


@lru_cache(maxsize=8)
def _movers(skeleton: Skeleton) -> dict[tuple[int, int], int]:
    """Return the joint that moves each limb, by the limb's two keypoints in either order."""
    found: dict[tuple[int, int], int] = {}
    for side in ("left", "right"):
        for start, end in _LIMBS.items():
            names = (f"{side}_{start}", f"{side}_{end}")
            if skeleton.has(names):
                first, last = map(skeleton.index, names)
                found[first, last] = found[last, first] = first
    return found
