"""Colours, and how videos store them: as luma and chroma."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

from livepose.core.arrays import FloatArray

Bgr = tuple[int, int, int]
"""Blue, green, red, 0..255."""

# Orange and blue are told apart with every kind of colour blindness.
LEFT_COLOR: Bgr = (40, 150, 255)
"""The left side of the body, in frames and in reports."""
RIGHT_COLOR: Bgr = (255, 180, 50)
"""The right side of the body."""


def hex_color(color: Bgr) -> str:
    """Return a colour as web pages write it.

    >>> hex_color(LEFT_COLOR)
    '#ff9628'
    """
    blue, green, red = color
    return f"#{red:02x}{green:02x}{blue:02x}"


BT601, BT709, BT2020 = 6, 1, 9
"""Matrix coefficients, by their numbers in ITU-T H.273."""
UNSPECIFIED = 2
_RED_AND_BLUE_SHARE = {BT601: (0.299, 0.114), BT709: (0.2126, 0.0722), BT2020: (0.2627, 0.0593)}
MATRICES = frozenset(_RED_AND_BLUE_SHARE)


@dataclass(frozen=True, slots=True)
class ColorCoding:
    """How luma and chroma encode colours, by the code points of ITU-T H.273.

    >>> ColorCoding(BT709).value((0, 0, 255))
    (63, 102, 240)
    """

    matrix: int = BT601
    """One of `MATRICES`."""
    is_full_range: bool = False
    """Whether luma goes from 0 to 255, or from 16 to 235."""
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED

    @property
    def to_rgb(self) -> FloatArray:
        """(3, 4) float32: the matrix from (Y, Cb, Cr, 1) to red, green, blue, 0..255."""
        return _to_rgb(self)

    @property
    def from_rgb(self) -> FloatArray:
        """(3, 4) float32: the matrix from (red, green, blue, 1) to Y, Cb, Cr."""
        matrix = self.to_rgb.astype(np.float64)
        linear = np.linalg.inv(matrix[:, :3])
        return np.column_stack((linear, -linear @ matrix[:, 3])).astype(np.float32)

    def value(self, color: Bgr) -> tuple[int, int, int]:
        """Return Y, Cb, Cr of a colour, rounded."""
        return _value(self, color)

    @property
    def is_bt601_limited(self) -> bool:
        """Whether it is BT.601 in the limited range, which cv2 converts faster than others."""
        return self.matrix == BT601 and not self.is_full_range


@cache
def _to_rgb(coding: ColorCoding) -> FloatArray:
    red, blue = _RED_AND_BLUE_SHARE[coding.matrix]
    luma, chroma = (1.0, 1.0) if coding.is_full_range else (255 / 219, 255 / 224)
    to_red, to_blue = 2 * chroma * (1 - red), 2 * chroma * (1 - blue)
    green = 1 - red - blue
    linear = np.array(
        (
            (luma, 0, to_red),
            (luma, -to_blue * blue / green, -to_red * red / green),
            (luma, to_blue, 0),
        )
    )
    offset = linear @ np.array((0.0 if coding.is_full_range else 16.0, 128.0, 128.0))
    matrix = np.column_stack((linear, -offset)).astype(np.float32)
    matrix.setflags(write=False)
    return matrix


@lru_cache(maxsize=256)
def _value(coding: ColorCoding, color: Bgr) -> tuple[int, int, int]:
    exact = coding.from_rgb @ np.array((*color[::-1], 1), np.float32)
    y, cb, cr = np.clip(np.rint(exact), 0, 255).astype(int).tolist()
    return y, cb, cr
