"""Two frames beside each other, or one, with lines of text below: nothing is written over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import Bgr
from livepose.draw.text import compose_line, line_height_px, line_width_px

_WHITE: Bgr = (240, 240, 240)
_BACKGROUND: Bgr = (25, 25, 25)
_GAP_PX = 4
_MIN_TEXT_PX = 7
_TEXT_SHARE = 0.024


@dataclass(frozen=True, slots=True)
class Caption:
    """A line of text below the frames."""

    text: str
    color: Bgr = _WHITE


def side_by_side(
    frames: Sequence[UInt8Array], columns: Sequence[str], caption: Caption
) -> UInt8Array:
    """Return frames beside each other, each with a text below it, and a line below all of them.

    Args:
        frames: Each (H, W, 3) BGR; they are scaled to the height of the first one.
        columns: A text for each frame.
        caption: The line below.
    """
    height_px = frames[0].shape[0]
    shown = [_scaled(frame, height_px) for frame in frames]
    gap_px = _GAP_PX if len(shown) > 1 else 0
    width_px = sum(frame.shape[1] for frame in shown) + gap_px * (len(shown) - 1)
    narrowest_px = min(frame.shape[1] for frame in shown)
    text_px = max(_MIN_TEXT_PX, round(_TEXT_SHARE * min(height_px, width_px)))
    lines = [(text, narrowest_px) for text in columns] + [(caption.text, width_px)]
    while text_px > _MIN_TEXT_PX and any(
        line_width_px(text, text_px) + 2 * text_px > room_px for text, room_px in lines
    ):
        text_px -= 1
    row_px = line_height_px(text_px) + text_px // 2
    foot_px = 2 * row_px + text_px // 2
    foot_px += (height_px + foot_px) % 2
    page = np.empty((height_px + foot_px, width_px + width_px % 2, 3), np.uint8)
    page[:] = _BACKGROUND
    left = 0
    for frame, text in zip(shown, columns, strict=True):
        page[:height_px, left : left + frame.shape[1]] = frame
        area = page[:, left : left + frame.shape[1]]
        _write(area, text, height_px + text_px // 2, text_px, _WHITE)
        left += frame.shape[1] + gap_px
    _write(page, caption.text, height_px + text_px // 2 + row_px, text_px, caption.color)
    return page


def _scaled(bgr: UInt8Array, height_px: int) -> UInt8Array:
    if bgr.shape[0] == height_px:
        return bgr
    width_px = max(2, round(bgr.shape[1] * height_px / bgr.shape[0]))
    interpolation = cv2.INTER_AREA if height_px < bgr.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(bgr, (width_px, height_px), interpolation=interpolation), np.uint8)


def _write(area: UInt8Array, text: str, top: int, text_px: int, color: Bgr) -> None:
    """Write a line at the left of an area, as much of it as there is room for."""
    mask = compose_line(text, text_px)
    left = text_px // 2
    mask = mask[: area.shape[0] - top, : max(0, area.shape[1] - left)]
    place = area[top : top + mask.shape[0], left : left + mask.shape[1]]
    opacity = mask[..., None].astype(np.float32) / 255
    place[:] = np.rint(place * (1 - opacity) + np.array(color) * opacity)
