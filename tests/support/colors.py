"""Colours, colour codings and measures of how much two images differ."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.colors import BT601, BT709, BT2020, ColorCoding

CODINGS = {
    "BT.601": ColorCoding(BT601),
    "BT.601 full": ColorCoding(BT601, is_full_range=True),
    "BT.709": ColorCoding(BT709),
    "BT.709 full": ColorCoding(BT709, is_full_range=True),
    "BT.2020": ColorCoding(BT2020),
}
each_coding = pytest.mark.parametrize("coding", CODINGS.values(), ids=CODINGS)
LEFT_BGR, RIGHT_BGR = (40, 150, 255), (255, 180, 50)
"""The colours in which the left and the right side of a person are drawn by default."""


def soft_colors(width_px: int, height_px: int) -> UInt8Array:
    """Return an image of smooth colours; at edges, the two ways to compute chroma differ."""
    few = np.random.default_rng(1).integers(0, 256, (max(2, height_px // 24), 9, 3), np.uint8)
    grown = cv2.resize(few, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
    return np.asarray(grown, np.uint8)


def psnr(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Return the peak signal-to-noise ratio, in dB."""
    off = np.asarray(one, float) - np.asarray(other, float)
    return float(10 * np.log10(255**2 / max(1e-9, (off**2).mean())))


def max_difference(one: npt.ArrayLike, other: npt.ArrayLike) -> float:
    """Return the largest absolute difference."""
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).max())


def near_color(
    bgr: npt.NDArray[Any], color: tuple[int, int, int], by: int = 60
) -> npt.NDArray[np.bool_]:
    """Return which pixels have about this colour: each channel within `by` of it."""
    return np.asarray((np.abs(bgr.astype(int) - color) <= by).all(axis=2))
