"""What helps to read a frame off in the window: plumb lines, a grid, a reading beside a joint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import Enum

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import Bgr
from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.draw.canvas import Canvas
from livepose.draw.text import ascent_px, compose_line, line_width_px, text_height_px

_WHITE: Bgr = (245, 245, 245)
_YELLOW: Bgr = (90, 230, 255)
_GRID: Bgr = (245, 245, 245)
_SHADE: Bgr = (40, 40, 40)
_PARTS = 12
"""How many parts the grid divides the longer side of the frame into."""
_ROW = 1.6


class Guides(Enum):
    """Which lines lie over the frame."""

    NONE = "none"
    PLUMB = "plumb"
    GRID = "grid"
    """With the plumb lines."""

    @property
    def following(self) -> Guides:
        """Those that come next.

        >>> Guides.PLUMB.following, Guides.GRID.following
        (<Guides.GRID: 'grid'>, <Guides.NONE: 'none'>)
        """
        order = list(Guides)
        return order[(order.index(self) + 1) % len(order)]


def paint_guides(frame: Frame, guides: Guides, plumb_xs: Sequence[float]) -> Frame:
    """Draw vertical lines, and a grid of squares.

    Args:
        frame: The frame; it is copied.
        guides: Which of them.
        plumb_xs: Where plumb lines hang, in pixels.
    """
    if guides is Guides.NONE:
        return frame
    canvas = _copy_of(frame)
    bgr = canvas.planes[0]
    height_px, width_px = bgr.shape[:2]
    if guides is Guides.GRID:
        side = max(width_px, height_px) / _PARTS
        for length, is_column in ((width_px, True), (height_px, False)):
            # From the middle, so that one line is there.
            count = int(length / 2 / side)
            for number in range(-count, count + 1):
                place = round(length / 2 + number * side)
                _blend_line(bgr, place, is_column=is_column, is_middle=number == 0)
    thickness = max(1, round(min(width_px, height_px) / 360))
    for x in plumb_xs:
        column = round(x)
        if 0 <= column < width_px:
            cv2.line(bgr, (column, 0), (column, height_px), _YELLOW, thickness)
    return replace(frame, pixels=canvas.pixels)


def plumb_lines(poses: Poses, min_score: float) -> Iterator[float]:
    """Yield where each person stands, in pixels from the left: midway between the ankles.

    Of one whose ankles are not both seen it is the one that is, or else the middle of the box.
    """
    ankles = [name for name in ("left_ankle", "right_ankle") if name in poses.skeleton]
    for person in poses:
        points = np.concatenate([person[name] for name in ankles]) if ankles else np.zeros((0, 3))
        seen = points[points[:, 2] >= min_score, 0]
        left, _, right, _ = person.box[0].tolist()
        yield float(seen.mean()) if len(seen) else (left + right) / 2


def paint_reading(frame: Frame, lines: Sequence[str], x_px: float, y_px: float) -> Frame:
    """Draw a ring around a place, and lines of text beside it.

    Args:
        frame: The frame; it is copied.
        lines: The text.
        x_px: The place.
        y_px: The place.
    """
    canvas = _copy_of(frame)
    width_px, height_px = canvas.size_px
    text_px = text_height_px((width_px, height_px))
    center = (round(x_px), round(y_px))
    cv2.circle(canvas.planes[0], center, text_px, _YELLOW, max(1, text_px // 6), cv2.LINE_AA)
    box_width = max(line_width_px(line, text_px) for line in lines) + text_px
    box_height = round((_ROW * len(lines) + 0.5) * text_px)
    left = center[0] + 2 * text_px
    if left + box_width > width_px:
        left = center[0] - 2 * text_px - box_width
    left = min(max(left, 0), max(width_px - box_width, 0))
    top = min(max(center[1] - box_height // 2, 0), max(height_px - box_height, 0))
    canvas.planes[0][top : top + box_height, left : left + box_width] >>= 2
    for number, line in enumerate(lines):
        baseline = top + round((_ROW * number + 1.45) * text_px)
        color = _YELLOW if number == 0 else _WHITE
        canvas.blend_mask(
            color, compose_line(line, text_px), left + text_px // 2, baseline - ascent_px(text_px)
        )
    return replace(frame, pixels=canvas.pixels)


def paint_large_number(frame: Frame, number: int) -> Frame:
    """Draw a number over the middle of a darkened frame, a third as high as the frame."""
    canvas = _copy_of(frame)
    width_px, height_px = canvas.size_px
    canvas.planes[0][:] >>= 1
    text_px = min(height_px // 3, width_px // 3)
    mask = compose_line(str(number), text_px)
    left, top = (width_px - mask.shape[1]) // 2, (height_px - text_px) // 2
    canvas.blend_mask(_WHITE, mask, left, top)
    return replace(frame, pixels=canvas.pixels)


def _blend_line(bgr: UInt8Array, place: int, *, is_column: bool, is_middle: bool) -> None:
    """Draw a line of the grid through which the frame is seen: light, and dark beside it."""
    opacity = 0.6 if is_middle else 0.35
    for each, color in ((place, _GRID), (place + 1, _SHADE)):
        if 0 <= each < bgr.shape[1 if is_column else 0]:
            line = bgr[:, each] if is_column else bgr[each]
            line[:] = (1 - opacity) * line + opacity * np.array(color)


def _copy_of(frame: Frame) -> Canvas:
    pixels = BgrPixels(frame.bgr)
    canvas = Canvas(pixels)
    canvas.planes[0][:] = pixels.bgr()
    return canvas
