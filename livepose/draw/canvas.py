"""A copy of a picture that can be drawn on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import Bgr, ColorCoding
from livepose.core.pixels import Pixels, Yuv420

Ink = tuple[int, ...]
"""One colour, as a sheet wants it."""
_BLACK: Bgr = (0, 0, 0)


class Canvas:
    """Draws on BGR, or on luma and chroma, by the same strokes."""

    def __init__(self, original: Pixels) -> None:
        """Make room for a picture of the same kind and size; its planes are to be filled."""
        self.pixels, self.planes = original.empty_like()
        self._coding: ColorCoding | None = None
        self._inks: dict[Bgr, Ink] = {}
        if isinstance(self.pixels, Yuv420):
            self._coding = self.pixels.coding

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.width_px, self.pixels.height_px

    def ink(self, color: Bgr) -> Ink:
        """Give a colour as a sheet wants it."""
        if self._coding is None:
            return color
        if color not in self._inks:
            self._inks[color] = (255, *self._coding.value(color))
        return self._inks[color]

    @contextmanager
    def sheet(self, left: int, top: int, right: int, bottom: int) -> Iterator[UInt8Array]:
        """Lend a part of the picture, or a sheet that is laid over it, to draw on: (h, w, 3 or 4).

        Args:
            left: the first column; like the others even, and within the picture.
            top: the first row.
            right: the column behind the last.
            bottom: the row behind the last.
        """
        if self._coding is None:
            yield self.planes[0][top:bottom, left:right]
            return
        # Chroma has one value for 2 x 2 pixels, so nothing can be drawn on its planes that looks
        # the same as on BGR. What is drawn goes, with how much it covers, on a sheet of its own.
        over = np.zeros((bottom - top, right - left, 4), np.uint8)
        yield over
        cover, *drawn = (np.asarray(channel, np.uint8) for channel in cv2.split(over))
        luma, *chroma = self.parts((left, top, right, bottom))
        uncovered = _inverse(cover)
        half_uncovered = _sized(uncovered, chroma[0])
        _mix(luma, drawn[0], uncovered)
        for part, above in zip(chroma, drawn[1:], strict=True):
            _mix(part, _sized(above, part), half_uncovered)

    def darken(self, share: float) -> None:
        """Take light from the whole picture.

        Args:
            share: how much of it is left, 0..1; at 0 the planes need not be filled.
        """
        for plane, (dark, *_) in zip(self.planes, self._values(_BLACK), strict=True):
            if share:
                cv2.convertScaleAbs(plane, plane, share, (1 - share) * dark)
            else:
                plane[:] = dark

    def lay(self, color: Bgr, cover: UInt8Array, left: int, top: int) -> None:
        """Lay a colour over a part of the picture, where and as far as a mask says.

        Args:
            color: the same all over.
            cover: (h, w), 0 for nothing to 255 for all. What is outside of the picture is lost.
            left: where the mask's first column goes.
            top: where its first row goes.
        """
        corners = self.even(left, top, left + cover.shape[1], top + cover.shape[0])
        if corners is None:
            return
        inside = _framed(cover, corners, left, top)
        values = self._values(color)
        for part, value in zip(self.parts(corners), values, strict=True):
            mask = _sized(inside, part)
            above = [cv2.convertScaleAbs(mask, alpha=channel / 255) for channel in value]
            _mix(part, np.asarray(cv2.merge(above), np.uint8), _inverse(mask))

    def parts(self, corners: Sequence[int]) -> tuple[UInt8Array, ...]:
        """Give the part of each plane between corners as `even` gives them, to be written to."""
        left, top, right, bottom = corners
        luma, *chroma = self.planes
        half = np.s_[top // 2 : bottom // 2, left // 2 : right // 2]
        return (luma[top:bottom, left:right], *(plane[half] for plane in chroma))

    def lay_over(
        self, corners: Sequence[int], above: Sequence[UInt8Array], cover: UInt8Array
    ) -> None:
        """Lay other pixels over a part of the picture.

        Args:
            corners: as `even` gives them.
            above: like `parts` gives them.
            cover: (h, w) of the part, 0 for nothing to 255 for all.
        """
        for part, other in zip(self.parts(corners), above, strict=True):
            mask = _sized(cover, part)
            covered = cv2.multiply(other, _deep(mask, other), scale=1 / 255)
            _mix(part, np.asarray(covered, np.uint8), _inverse(mask))

    def even(
        self, left: float, top: float, right: float, bottom: float
    ) -> tuple[int, int, int, int] | None:
        """Give corners as whole blocks of 2 x 2 within the picture, as all that draws wants them.

        None where no pixel of the picture is in it.
        """
        width_px, height_px = self.size_px
        if left >= width_px or top >= height_px or right <= 0 or bottom <= 0:
            return None
        low_x = int(min(max(left, 0), width_px)) // 2 * 2
        low_y = int(min(max(top, 0), height_px)) // 2 * 2
        high_x = min((math.ceil(min(max(right, 0), width_px)) + 1) // 2 * 2, width_px)
        high_y = min((math.ceil(min(max(bottom, 0), height_px)) + 1) // 2 * 2, height_px)
        return (low_x, low_y, high_x, high_y) if low_x < high_x and low_y < high_y else None

    def _values(self, color: Bgr) -> tuple[tuple[int, ...], ...]:
        """Give a colour's channels on each plane."""
        if self._coding is None:
            return (color,)
        return tuple((value,) for value in self._coding.value(color))


def _framed(cover: UInt8Array, corners: Sequence[int], left: int, top: int) -> UInt8Array:
    """Cut a mask, or give it a border of nothing, so that it fills the corners."""
    low_x, low_y, high_x, high_y = corners
    if (low_x, low_y, high_x - left, high_y - top) == (left, top, *cover.shape[::-1]):
        return cover
    inside = cover[max(0, low_y - top) : high_y - top, max(0, low_x - left) : high_x - left]
    framed = np.zeros((high_y - low_y, high_x - low_x), np.uint8)
    row, column = max(0, top - low_y), max(0, left - low_x)
    framed[row : row + inside.shape[0], column : column + inside.shape[1]] = inside
    return framed


def _sized(cover: UInt8Array, part: UInt8Array) -> UInt8Array:
    """Give a mask at the size of a plane."""
    if cover.shape == part.shape[:2]:
        return cover
    return np.asarray(cv2.resize(cover, part.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)


def _deep(mask: UInt8Array, plane: UInt8Array) -> UInt8Array:
    """Give a mask as many channels as a plane."""
    return mask if plane.ndim == 2 else np.asarray(cv2.merge((mask,) * plane.shape[2]), np.uint8)


def _inverse(mask: UInt8Array) -> UInt8Array:
    return np.asarray(cv2.bitwise_not(mask), np.uint8)


def _mix(below: UInt8Array, covered: UInt8Array, uncovered: UInt8Array) -> None:
    """Lay pixels that are multiplied with their mask over others, of which the rest is left."""
    left_over = cv2.multiply(below, _deep(uncovered, below), scale=1 / 255)
    cv2.add(left_over, covered, below)
