"""Paint skeletons and the head-up display, with cv2 primitives. Mirroring happens here only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, UInt8Array
from livepose.core.frame import Frame, PosedFrame
from livepose.core.skeleton import BONES, FACE, Side, side_of_bone, side_of_keypoint

Bgr = tuple[int, int, int]

_SUBPIXEL_BITS = 4
_SUBPIXEL = 1 << _SUBPIXEL_BITS
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_WHITE: Bgr = (245, 245, 245)
_RED: Bgr = (60, 60, 235)


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


def paint(posed: PosedFrame, style: Style | None = None) -> Frame:
    """Draw the people found in a frame on a copy of it.

    Args:
        posed: a frame and its poses.
        style: colours, threshold, mirroring.

    Returns:
        A new frame of the same size, index and time.
    """
    style = style or Style()
    frame = posed.frame
    canvas = _mirrored(frame.bgr) if style.mirror else frame.bgr.copy()
    xy = posed.poses.xy
    if style.mirror and len(xy):
        xy = xy * np.array((-1, 1), np.float32) + np.array((frame.width_px, 0), np.float32)
    line_px = max(2, round(0.0065 * min(canvas.shape[:2])))
    for person_xy, is_seen in zip(xy, posed.poses.seen(style.min_score), strict=True):
        _paint_person(canvas, person_xy, is_seen, style, line_px)
    return replace(frame, bgr=canvas)


def _mirrored(bgr: UInt8Array) -> UInt8Array:
    return np.asarray(cv2.flip(bgr, 1), np.uint8)


def _paint_person(
    canvas: UInt8Array, xy: FloatArray, is_seen: BoolArray, style: Style, line_px: int
) -> None:
    # A pixel's centre is at its index for cv2, and at its index plus a half for a pose.
    points = np.rint((xy - 0.5) * _SUBPIXEL).astype(int).tolist()
    rim_px = max(1, round(0.3 * line_px))
    bones = [
        (bone, _width_px(bone, line_px)) for bone in BONES if is_seen[bone[0]] and is_seen[bone[1]]
    ]
    joints = [(index, _width_px((index,), line_px)) for index in np.flatnonzero(is_seen).tolist()]
    for (first, second), width_px in bones:
        _line(canvas, points[first], points[second], style.outline, width_px + 2 * rim_px)
    for index, width_px in joints:
        _disc(canvas, points[index], _joint_px(width_px) + rim_px, style.outline)
    for bone, width_px in bones:
        color = style.colors[side_of_bone(bone)]
        _line(canvas, points[bone[0]], points[bone[1]], color, width_px)
    for index, width_px in joints:
        _disc(canvas, points[index], _joint_px(width_px), style.colors[side_of_keypoint(index)])


def _width_px(keypoints: tuple[int, ...], line_px: int) -> int:
    """The face is drawn finer, or it would hide behind its own skeleton."""
    return max(1, round(0.6 * line_px)) if max(keypoints) < FACE.stop else line_px


def _joint_px(line_px: int) -> int:
    """Give a joint's radius."""
    return round(1.4 * line_px)


def _line(
    canvas: UInt8Array, start: Sequence[int], end: Sequence[int], color: Bgr, width_px: int
) -> None:
    cv2.line(canvas, start, end, color, width_px, cv2.LINE_AA, _SUBPIXEL_BITS)


def _disc(canvas: UInt8Array, center: Sequence[int], radius_px: int, color: Bgr) -> None:
    cv2.circle(
        canvas, center, radius_px * _SUBPIXEL, color, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS
    )


def paint_hud(frame: Frame, line: str, badges: Sequence[str] = ()) -> Frame:
    """Lay a line of figures over the top of a frame, and badges such as PAUSED at its right end.

    The text shrinks where the picture is too narrow for it.
    """
    canvas = frame.bgr.copy()
    badge = "  ".join(badges)
    full_px = max(11, round(0.034 * min(canvas.shape[:2])))
    needed_px = _text_width(f" {line}   {badge} ", full_px)
    text_px = min(full_px, max(7, int(full_px * canvas.shape[1] / needed_px)))
    bar_px = round(1.9 * text_px)
    _dim(canvas[:bar_px])
    baseline = round(1.32 * text_px)
    _text(canvas, line, (text_px // 2, baseline), text_px, _WHITE)
    if badge:
        left = canvas.shape[1] - _text_width(badge, text_px) - text_px // 2
        _text(canvas, badge, (left, baseline), text_px, _RED)
    return replace(frame, bgr=canvas)


def paint_help(frame: Frame, rows: Sequence[tuple[str, str]]) -> Frame:
    """Lay a panel with keys and what they do over the middle of a frame."""
    canvas = frame.bgr.copy()
    height_px, width_px = canvas.shape[:2]
    text_px = min(round(0.04 * height_px), height_px // (2 * len(rows) + 3))
    needed_px = sum(_column_widths(rows, text_px)) + 4 * text_px
    text_px = max(7, min(text_px, text_px * width_px // max(1, needed_px)))
    columns = _column_widths(rows, text_px)
    panel = (sum(columns) + 4 * text_px, round((1.8 * len(rows) + 1.2) * text_px))
    left, top = max(0, (width_px - panel[0]) // 2), max(0, (height_px - panel[1]) // 2)
    _dim(canvas[top : top + panel[1], left : left + panel[0]], times=2)
    for number, (key, meaning) in enumerate(rows):
        baseline = top + round((1.8 * number + 1.7) * text_px)
        _text(canvas, key, (left + text_px, baseline), text_px, (120, 200, 255))
        _text(canvas, meaning, (left + columns[0] + 3 * text_px, baseline), text_px, _WHITE)
    return replace(frame, bgr=canvas)


def _column_widths(rows: Sequence[tuple[str, str]], text_px: int) -> list[int]:
    return [max(_text_width(row[column], text_px) for row in rows) for column in (0, 1)]


def side_by_side(left: Frame, right: Frame) -> Frame:
    """Put two pictures of the same height next to each other, with a gap between."""
    gap = np.full((left.height_px, max(4, left.width_px // 80), 3), 40, np.uint8)
    return replace(left, bgr=np.hstack((left.bgr, gap, right.bgr)))


def _dim(area: UInt8Array, times: int = 1) -> None:
    area[:] = area >> (times + 1)


def _text(
    canvas: UInt8Array, text: str, baseline: tuple[int, int], height_px: int, color: Bgr
) -> None:
    cv2.putText(canvas, text, baseline, _FONT, _scale(height_px), color, 1, cv2.LINE_AA)


def _text_width(text: str, height_px: int) -> int:
    size, _ = cv2.getTextSize(text, _FONT, _scale(height_px), 1)
    return int(size[0])


def _scale(height_px: int) -> float:
    """Say how large the font's unit must be for capitals of this height."""
    return height_px / 22
