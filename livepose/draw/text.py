"""Short texts as masks that are sharp at every size and can be blended with any kind of pixels.

`render_text` draws a whole text at once. `compose_text` and `compose_line` put texts together from
the masks of their characters, which are kept: they are for texts that change from frame to frame.
"""

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
_DESCENT = 0.35
"""How far letters go below the line, relative to the height of a digit."""
_BEARING_PX = 1
"""How far a composed character may reach beyond its own cell."""
_DEGREE_RADIUS = _LARGE_PX // 8


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


def label_height_px(size_px: tuple[int, int]) -> int:
    """Return the height of the digits of labels: a tall frame is shown at a smaller scale."""
    return max(text_height_px(size_px), round(0.0135 * size_px[1]))


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


@lru_cache(maxsize=1024)
def compose_text(text: str, height_px: int, outline_px: int) -> TextMasks:
    """Return the masks of a text, put together from its characters.

    >>> width_px, height_px = compose_text("93", height_px=20, outline_px=2).size_px
    >>> 24 <= height_px <= 26
    True

    Args:
        text: Letters of ASCII, and the degree sign.
        height_px: Of a digit.
        outline_px: How far the outline, and both masks, go beyond the letters.
    """
    fill, outline = _compose(text, height_px, outline_px)
    rows, columns = np.flatnonzero(outline.any(axis=1)), np.flatnonzero(outline.any(axis=0))
    if not len(rows):
        return TextMasks(np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.uint8))
    ink = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return TextMasks(fill[ink], outline[ink])


def compose_line(text: str, height_px: int) -> UInt8Array:
    """Return the mask of a line of text, put together from its characters: (h, w).

    Its height depends on that of the digits only, and its width is `line_width_px`, so that lines
    can be aligned.
    """
    return _compose(text, height_px, 0)[0]


def line_height_px(height_px: int) -> int:
    """Return the height of `compose_line`, for digits of a height."""
    return ascent_px(height_px) + round(_DESCENT * height_px) + 1


def line_width_px(text: str, height_px: int) -> int:
    """Return the width of `compose_line`."""
    return sum(_advance_px(character, height_px) for character in text)


def stack(upper: TextMasks, lower: TextMasks) -> TextMasks:
    """Return two texts below each other, both centred, so near that their outlines touch."""
    width_px = max(upper.size_px[0], lower.size_px[0])
    height_px = upper.size_px[1] + lower.size_px[1]
    masks = TextMasks(*np.zeros((2, height_px, width_px), np.uint8))
    top = 0
    for text in (upper, lower):
        left = (width_px - text.size_px[0]) // 2
        place = np.s_[top : top + text.size_px[1], left : left + text.size_px[0]]
        masks.fill[place], masks.outline[place] = text.fill, text.outline
        top += text.size_px[1]
    return masks


def _compose(text: str, height_px: int, outline_px: int) -> tuple[UInt8Array, UInt8Array]:
    """Return the masks of a line: the letters, and the letters with their outline."""
    width_px = line_width_px(text, height_px) + 2 * outline_px
    masks = np.zeros((2, line_height_px(height_px) + 2 * outline_px, width_px), np.uint8)
    x_px = 0
    for character in text:
        glyph = _glyph(character, height_px, outline_px)
        # Slanted and round letters reach a little into the cells of their neighbours.
        left = max(0, x_px - _BEARING_PX)
        right = min(width_px, x_px - _BEARING_PX + glyph.shape[2])
        cut = left - (x_px - _BEARING_PX)
        area = masks[:, :, left:right]
        np.maximum(area, glyph[:, :, cut : cut + right - left], out=area)
        x_px += _advance_px(character, height_px)
    return masks[0], masks[1]


@lru_cache(maxsize=4096)
def _glyph(character: str, height_px: int, outline_px: int) -> UInt8Array:
    """Return a character, and the character with its outline: (2, h, w).

    Its origin is `_BEARING_PX` from the left, and the outline's width more.
    """
    scale = height_px / _large_digit_height_px()
    margin_px = outline_px + _BEARING_PX
    size_px = (
        _advance_px(character, height_px) + 2 * margin_px,
        line_height_px(height_px) + 2 * outline_px,
    )
    page = np.zeros((round(size_px[1] / scale), round(size_px[0] / scale)), np.uint8)
    # The upper and the lower edge of digits are between two rows of pixels, and thus sharp.
    baseline = round((outline_px + ascent_px(height_px)) / scale) - _large_digit_below_px()
    _draw(page, character, round(margin_px / scale), baseline)
    masks = [page]
    if outline_px:
        reach = round(outline_px / scale)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        masks.append(np.asarray(cv2.dilate(page, disc), np.uint8))
    small = [cv2.resize(mask, size_px, interpolation=cv2.INTER_AREA) for mask in masks]
    glyph = np.asarray((small[0], small[-1]), np.uint8)
    glyph.setflags(write=False)
    return glyph


def ascent_px(height_px: int) -> int:
    """Return how far below the upper edge of `compose_line` its baseline is."""
    return height_px + 1


@lru_cache(maxsize=4096)
def _advance_px(character: str, height_px: int) -> int:
    """Return how far the next character is from this one."""
    # In whole pixels: equal letters look alike wherever they stand.
    return max(1, round(_large_advance(character) * height_px / _large_digit_height_px()))


@cache
def _large_digit_height_px() -> int:
    return int(_large("0").shape[0])


@cache
def _large_digit_below_px() -> int:
    """Return how far a large digit goes below its baseline."""
    page = np.zeros((3 * _LARGE_PX, 3 * _LARGE_PX), np.uint8)
    _draw(page, "0", _MARGIN_PX, 2 * _LARGE_PX)
    return int(np.flatnonzero(page.any(axis=1))[-1]) + 1 - 2 * _LARGE_PX


def _large(text: str) -> UInt8Array:
    """Return the mask of a text in large letters, cropped to them: (h, w)."""
    page = np.zeros((3 * _LARGE_PX, (len(text) + 2) * _LARGE_PX), np.uint8)
    _draw(page, text, _MARGIN_PX, 2 * _LARGE_PX)
    rows, columns = np.flatnonzero(page.any(axis=1)), np.flatnonzero(page.any(axis=0))
    if not len(rows):
        return np.zeros((1, 1), np.uint8)
    return page[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _draw(page: UInt8Array, text: str, x: int, baseline: int) -> None:
    """Draw a text in large letters."""
    scale = _large_scale()
    for number, part in enumerate(text.split("°")):
        if number:
            # Not every version of OpenCV has the sign in its font.
            top = baseline + _large_digit_below_px() - _large_digit_height_px()
            center = (x + _DEGREE_RADIUS + _STROKE_PX, top + _DEGREE_RADIUS + _STROKE_PX // 2)
            cv2.circle(page, center, _DEGREE_RADIUS, 255, round(0.8 * _STROKE_PX), cv2.LINE_AA)
            x += _large_advance("°")
        cv2.putText(page, part, (x, baseline), _FONT, scale, 255, _STROKE_PX, cv2.LINE_AA)
        x += _large_advance(part)


def _large_advance(part: str) -> int:
    """Return the width of large letters without a degree sign among them, or of one alone."""
    if part == "°":
        return 2 * _DEGREE_RADIUS + 2 * _STROKE_PX
    return int(cv2.getTextSize(part, _FONT, _large_scale(), _STROKE_PX)[0][0])


@cache
def _large_scale() -> float:
    return float(cv2.getFontScaleFromHeight(_FONT, _LARGE_PX, _STROKE_PX))
