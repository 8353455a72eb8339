"""A copy of a picture that can be drawn on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import Bgr, ColorCoding
from livepose.core.pixels import Pixels, Yuv420

Sheets = tuple[UInt8Array, ...]
"""Arrays of one size that are drawn on alike: what is drawn on one is drawn on all."""
Inks = tuple[tuple[int, ...], ...]
"""One colour: what to draw with on each sheet."""


class Canvas:
    """Draws on BGR, or on luma and chroma, by the same strokes."""

    def __init__(self, original: Pixels) -> None:
        """Make room for a picture of the same kind and size; its planes are to be filled."""
        self.pixels, self.planes = original.like()
        self._coding: ColorCoding | None = None
        if isinstance(self.pixels, Yuv420):
            self._coding = self.pixels.coding

    def inks(self, color: Bgr) -> Inks:
        """Give a colour as the sheets want it."""
        if self._coding is None:
            return (color,)
        luma, *chroma = self._coding.value(color)
        return (luma,), (255, *chroma)

    @contextmanager
    def sheets(self, left: int, top: int, right: int, bottom: int) -> Iterator[Sheets]:
        """Lend a part of the picture to draw on.

        Args:
            left: the first column; like the others even, and within the picture.
            top: the first row.
            right: the column behind the last.
            bottom: the row behind the last.
        """
        area = self.planes[0][top:bottom, left:right]
        if self._coding is None:
            yield (area,)
            return
        # Chroma has one value for 2 x 2 pixels. What is drawn goes, at full size, on a sheet of its
        # own with how much it covers, is halved with it, and laid over.
        over = np.zeros((*area.shape, 3), np.uint8)
        yield area, over
        half = cv2.resize(
            over, (area.shape[1] // 2, area.shape[0] // 2), interpolation=cv2.INTER_AREA
        )
        covered, *drawn = cv2.split(half)
        left_over = cv2.bitwise_not(covered)
        for plane, values in zip(self.planes[1:], drawn, strict=True):
            below = plane[top // 2 : bottom // 2, left // 2 : right // 2]
            below[:] = cv2.add(cv2.multiply(below, left_over, scale=1 / 255), values)
