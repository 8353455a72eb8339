"""Short texts as masks that are sharp at every size and can be blended with any kind of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array

# Drawn this large and then scaled down, letters have smooth edges, and the same height with every
# version of OpenCV, whose fonts differ.
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LARGE_PX = 64
_STROKE_PX = 9
_MARGIN_PX = _LARGE_PX


@dataclass(frozen=True, slots=True, eq=False)
class TextMasks:
    """A text as two masks of one size, 0 for transparent to 255 for opaque."""

    fill: UInt8Array
    """(h, w): the letters."""
    outline: UInt8Array
    """(h, w): the letters, and the outline around them."""

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height, with the outline."""
        height_px, width_px = self.fill.shape
        return width_px, height_px


def text_height_px(size_px: tuple[int, int]) -> int:
    """Return the height of digits that can be read on a frame of this width and height."""
    return max(9, round(0.018 * min(size_px) + 2))


@lru_cache(maxsize=1024)
def render_text(text: str, height_px: int, outline_px: int) -> TextMasks:
    """Return the masks of a text.

    >>> width_px, height_px = render_text("93", height_px=20, outline_px=2).size_px
    >>> 24 <= height_px <= 26
    True

    Args:
        text: Letters of ASCII, and the degree sign.
        height_px: Of a digit.
        outline_px: How far the outline, and both masks, go beyond the letters.
    """
    letters = _large(text)
    scale = height_px / _large_digit_height_px()
    beyond = round(outline_px / scale) + 1
    letters = np.pad(letters, beyond)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * beyond - 1, 2 * beyond - 1))
    size_px = (max(1, round(letters.shape[1] * scale)), max(1, round(letters.shape[0] * scale)))
    masks = [
        np.asarray(cv2.resize(mask, size_px, interpolation=cv2.INTER_AREA), np.uint8)
        for mask in (letters, cv2.dilate(letters, disc))
    ]
    for mask in masks:
        mask.setflags(write=False)
    return TextMasks(*masks)


def stack(upper: TextMasks, lower: TextMasks) -> TextMasks:
    """Return two texts below each other, both centred, so near that their outlines touch."""
    width_px = max(upper.size_px[0], lower.size_px[0])
    masks = []
    for pair in ((upper.fill, lower.fill), (upper.outline, lower.outline)):
        rows = []
        for mask in pair:
            left = (width_px - mask.shape[1]) // 2
            rows.append(np.pad(mask, ((0, 0), (left, width_px - mask.shape[1] - left))))
        masks.append(np.concatenate(rows))
    return TextMasks(*masks)


@cache
def _large_digit_height_px() -> int:
    return int(_large("0").shape[0])


def _large(text: str) -> UInt8Array:
    """Return the mask of a text in large letters, cropped to them: (h, w)."""
    scale = cv2.getFontScaleFromHeight(_FONT, _LARGE_PX, _STROKE_PX)
    page = np.zeros((3 * _LARGE_PX, (len(text) + 2) * _LARGE_PX), np.uint8)
    x, baseline = _MARGIN_PX, 2 * _LARGE_PX
    for number, part in enumerate(text.split("°")):
        if number:
            # Not every version of OpenCV has the sign in its font.
            radius = _LARGE_PX // 7
            center = (x + radius + _STROKE_PX, baseline - _LARGE_PX + 2 * radius)
            cv2.circle(page, center, radius, 255, round(0.8 * _STROKE_PX), cv2.LINE_AA)
            x += 2 * radius + 2 * _STROKE_PX
        cv2.putText(page, part, (x, baseline), _FONT, scale, 255, _STROKE_PX, cv2.LINE_AA)
        x += cv2.getTextSize(part, _FONT, scale, _STROKE_PX)[0][0]
    rows, columns = np.flatnonzero(page.any(axis=1)), np.flatnonzero(page.any(axis=0))
    if not len(rows):
        return np.zeros((1, 1), np.uint8)
    return page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
