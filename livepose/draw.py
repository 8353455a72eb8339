"""Paint skeletons with cv2 primitives. Mirroring happens here only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.canvas import Canvas, Inks, Sheets
from livepose.core.colors import Bgr
from livepose.core.frame import Frame, PosedFrame
from livepose.core.skeleton import BONES, FACE, Side, side_of_bone, side_of_keypoint

_SUBPIXEL_BITS = 4
_SUBPIXEL = 1 << _SUBPIXEL_BITS


def _side_colors() -> dict[Side, Bgr]:
    # Orange and blue are told apart with every kind of colour blindness.
    return {Side.LEFT: (40, 150, 255), Side.RIGHT: (255, 180, 50), Side.MIDDLE: (225, 235, 225)}


@dataclass(frozen=True, slots=True)
class Style:
    """How skeletons look."""

    min_score: float = 0.3
    """Points that score less, and their bones, are not drawn. 0.3 is the model card's advice."""
    mirror: bool = False
    """Show the picture as a mirror does. Left stays left: the poses themselves are not touched."""
    colors: dict[Side, Bgr] = field(default_factory=_side_colors)
    outline: Bgr = (25, 25, 25)
    """Around every line, so that it is seen on any background."""

    @property
    def palette(self) -> frozenset[Bgr]:
        """Every colour that is used."""
        return frozenset((*self.colors.values(), self.outline))


def paint(posed: PosedFrame, style: Style | None = None) -> Frame:
    """Draw the people found in a frame on a copy of it.

    Args:
        posed: a frame and its poses.
        style: colours, threshold, mirroring.

    Returns:
        A new frame of the same size, index and time, its pixels of the same kind.
    """
    style = style or Style()
    frame = posed.frame
    canvas = Canvas(frame.pixels)
    for plane, original in zip(canvas.planes, frame.pixels.planes, strict=True):
        if style.mirror:
            cv2.flip(original, 1, plane)
        else:
            plane[:] = original
    xy = posed.poses.xy
    if style.mirror and len(xy):
        xy = xy * np.array((-1, 1), np.float32) + np.array((frame.width_px, 0), np.float32)
    for person_xy, is_seen in zip(xy, posed.poses.seen(style.min_score), strict=True):
        if is_seen.any():
            _paint_person(canvas, person_xy, is_seen, style)
    return replace(frame, pixels=canvas.pixels)


def _paint_person(canvas: Canvas, xy: FloatArray, is_seen: BoolArray, style: Style) -> None:
    size_px = (canvas.pixels.width_px, canvas.pixels.height_px)
    line_px = max(2, round(0.0065 * min(size_px)))
    rim_px = max(1, round(0.3 * line_px))
    corners = _around(xy[is_seen], size_px, margin_px=2 * line_px + rim_px)
    if corners is None:
        return
    # A pixel's centre is at its index for cv2, and at its index plus a half for a pose.
    points = np.rint((xy - corners[:2] - 0.5) * _SUBPIXEL).astype(int).tolist()
    bones = [
        (bone, _width_px(bone, line_px)) for bone in BONES if is_seen[bone[0]] and is_seen[bone[1]]
    ]
    joints = [(index, _width_px((index,), line_px)) for index in np.flatnonzero(is_seen).tolist()]
    inks = {color: canvas.inks(color) for color in style.palette}
    outline = inks[style.outline]
    with canvas.sheets(*corners) as sheets:
        for (first, second), width_px in bones:
            _line(sheets, points[first], points[second], outline, width_px + 2 * rim_px)
        for index, width_px in joints:
            _disc(sheets, points[index], _joint_px(width_px) + rim_px, outline)
        for bone, width_px in bones:
            ink = inks[style.colors[side_of_bone(bone)]]
            _line(sheets, points[bone[0]], points[bone[1]], ink, width_px)
        for index, width_px in joints:
            ink = inks[style.colors[side_of_keypoint(index)]]
            _disc(sheets, points[index], _joint_px(width_px), ink)


def _around(
    points: FloatArray, size_px: tuple[int, int], margin_px: int
) -> tuple[int, int, int, int] | None:
    """Give left, top, right and bottom of what surrounds points, in whole blocks of 2 x 2.

    None where no pixel of the picture is in it.
    """
    low = np.clip(np.floor(points.min(axis=0)) - margin_px, 0, size_px).astype(int) // 2 * 2
    high = np.clip(np.ceil(points.max(axis=0)) + margin_px, 0, size_px).astype(int)
    left, top = low.tolist()
    right, bottom = np.minimum((high + 1) // 2 * 2, size_px).tolist()
    return (left, top, right, bottom) if left < right and top < bottom else None


def _width_px(keypoints: tuple[int, ...], line_px: int) -> int:
    """The face is drawn finer, or it would hide behind its own skeleton."""
    return max(1, round(0.6 * line_px)) if max(keypoints) < FACE.stop else line_px


def _joint_px(line_px: int) -> int:
    """Give a joint's radius."""
    return round(1.4 * line_px)


def _line(
    sheets: Sheets, start: Sequence[int], end: Sequence[int], inks: Inks, width_px: int
) -> None:
    for sheet, ink in zip(sheets, inks, strict=True):
        cv2.line(sheet, start, end, ink, width_px, cv2.LINE_AA, _SUBPIXEL_BITS)


def _disc(sheets: Sheets, center: Sequence[int], radius_px: int, inks: Inks) -> None:
    radius = radius_px * _SUBPIXEL
    for sheet, ink in zip(sheets, inks, strict=True):
        cv2.circle(sheet, center, radius, ink, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS)
