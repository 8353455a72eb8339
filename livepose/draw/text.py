"""Short words as masks, sharp at every size. They may be laid over any kind of picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array

# Drawn this large and made small, letters have smooth edges, and the same height with every
# version of OpenCV, whose fonts differ.
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LARGE_PX = 64
_STROKE_PX = 9
_MARGIN_PX = _LARGE_PX


@dataclass(frozen=True, slots=True, eq=False)
class Lettering:
    """A word: two masks of one size, 0 to 255."""

    fill: UInt8Array
    """(h, w): the letters."""
    rim: UInt8Array
    """(h, w): the letters and what is around them."""

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height, with the rim."""
        height_px, width_px = self.fill.shape
        return width_px, height_px


def text_height_px(size_px: tuple[int, int]) -> int:
    """Give the height of digits that can be read on a picture of this size."""
    return max(9, round(0.018 * min(size_px) + 2))


@lru_cache(maxsize=1024)
def lettering(text: str, height_px: int, rim_px: int) -> Lettering:
    """Set a word.

    Args:
        text: letters of ASCII, and the degree sign.
        height_px: of a digit.
        rim_px: how far the rim, and the masks, go beyond the letters.
    """
    ink = _large(text)
    scale = height_px / _digit_px()
    beyond = round(rim_px / scale) + 1
    ink = np.pad(ink, beyond)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * beyond - 1, 2 * beyond - 1))
    size_px = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    masks = [
        np.asarray(cv2.resize(mask, size_px, interpolation=cv2.INTER_AREA), np.uint8)
        for mask in (ink, cv2.dilate(ink, disc))
    ]
    for mask in masks:
        mask.setflags(write=False)
    return Lettering(*masks)


def stacked(upper: Lettering, lower: Lettering) -> Lettering:
    """Set one word below another, middle below middle, so near that their rims touch."""
    width_px = max(upper.size_px[0], lower.size_px[0])
    masks = []
    for pair in ((upper.fill, lower.fill), (upper.rim, lower.rim)):
        rows = []
        for mask in pair:
            left = (width_px - mask.shape[1]) // 2
            rows.append(np.pad(mask, ((0, 0), (left, width_px - mask.shape[1] - left))))
        masks.append(np.concatenate(rows))
    return Lettering(*masks)


@cache
def _digit_px() -> int:
    return int(_large("0").shape[0])


def _large(text: str) -> UInt8Array:
    """Draw a word on nothing: (h, w), no larger than its letters."""
    page = np.zeros((3 * _LARGE_PX, (len(text) + 2) * _LARGE_PX), np.uint8)
    x, baseline = _MARGIN_PX, 2 * _LARGE_PX
    for number, part in enumerate(text.split("°")):
        if number:
            # Not every version of OpenCV has the sign in its font.
            radius = _LARGE_PX // 7
            center = (x + radius + _STROKE_PX, baseline - _LARGE_PX + 2 * radius)
            cv2.circle(page, center, radius, 255, round(0.8 * _STROKE_PX), cv2.LINE_AA)
            x += 2 * radius + 2 * _STROKE_PX
        cv2.putText(page, part, (x, baseline), _FONT, _scale(), 255, _STROKE_PX, cv2.LINE_AA)
        x += cv2.getTextSize(part, _FONT, _scale(), _STROKE_PX)[0][0]
    rows, columns = np.flatnonzero(page.any(axis=1)), np.flatnonzero(page.any(axis=0))
    if not len(rows):
        return np.zeros((1, 1), np.uint8)
    return page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _scale() -> float:
    return cv2.getFontScaleFromHeight(_FONT, _LARGE_PX, _STROKE_PX)
