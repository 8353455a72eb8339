"""What the window shows on top of a frame: figures, badges and the keys.

Here they are drawn; which figures there are is a list in `session/viewer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import Bgr
from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_WHITE: Bgr = (245, 245, 245)
_RED: Bgr = (60, 60, 235)
_ORANGE: Bgr = (120, 200, 255)


def paint_hud(frame: Frame, line: str, badges: Sequence[str] = ()) -> Frame:
    """Draw a bar over the top of a frame: a line of figures, and badges at its right end.

    The text shrinks if the frame is too narrow for it.

    Args:
        frame: The frame; it is copied.
        line: Such as `29.9 fps   model 8.1 ms`.
        badges: Such as `PAUSED`.
    """
    bgr = frame.bgr.copy()
    badge = "  ".join(badges)
    full_px = max(11, round(0.034 * min(bgr.shape[:2])))
    needed_px = _text_width_px(f" {line}   {badge} ", full_px)
    text_px = min(full_px, max(7, int(full_px * bgr.shape[1] / needed_px)))
    bar_px = round(1.9 * text_px)
    bgr[:bar_px] >>= 2
    baseline = round(1.32 * text_px)
    _draw_text(bgr, line, (text_px // 2, baseline), text_px, _WHITE)
    if badge:
        left = bgr.shape[1] - _text_width_px(badge, text_px) - text_px // 2
        _draw_text(bgr, badge, (left, baseline), text_px, _RED)
    return replace(frame, pixels=BgrPixels(bgr))


def paint_help(frame: Frame, rows: Sequence[tuple[str, str]]) -> Frame:
    """Draw a panel over the middle of a frame: keys, and what they do."""
    bgr = frame.bgr.copy()
    height_px, width_px = bgr.shape[:2]
    text_px = min(round(0.04 * height_px), height_px // (2 * len(rows) + 3))
    needed_px = sum(_column_widths_px(rows, text_px)) + 4 * text_px
    text_px = max(7, min(text_px, text_px * width_px // max(1, needed_px)))
    columns = _column_widths_px(rows, text_px)
    panel = (sum(columns) + 4 * text_px, round((1.8 * len(rows) + 1.2) * text_px))
    left, top = max(0, (width_px - panel[0]) // 2), max(0, (height_px - panel[1]) // 2)
    bgr[top : top + panel[1], left : left + panel[0]] >>= 3
    for number, (key, meaning) in enumerate(rows):
        baseline = top + round((1.8 * number + 1.7) * text_px)
        _draw_text(bgr, key, (left + text_px, baseline), text_px, _ORANGE)
        _draw_text(bgr, meaning, (left + columns[0] + 3 * text_px, baseline), text_px, _WHITE)
    return replace(frame, pixels=BgrPixels(bgr))


def side_by_side(left: Frame, right: Frame) -> Frame:
    """Return two frames of the same height next to each other, with a gap between them."""
    gap = np.full((left.height_px, max(4, left.width_px // 80), 3), 40, np.uint8)
    return replace(left, pixels=BgrPixels(np.hstack((left.bgr, gap, right.bgr))))


def _column_widths_px(rows: Sequence[tuple[str, str]], text_px: int) -> list[int]:
    return [max(_text_width_px(row[column], text_px) for row in rows) for column in (0, 1)]


def _draw_text(
    bgr: UInt8Array, text: str, baseline: tuple[int, int], height_px: int, color: Bgr
) -> None:
    cv2.putText(bgr, text, baseline, _FONT, _font_scale(height_px), color, 1, cv2.LINE_AA)


def _text_width_px(text: str, height_px: int) -> int:
    size, _ = cv2.getTextSize(text, _FONT, _font_scale(height_px), 1)
    return int(size[0])


def _font_scale(height_px: int) -> float:
    """Return cv2's scale for capitals of this height."""
    return height_px / 22
