"""How noisy a film is, as an encoder has to pay for it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array

_LAPLACE = np.array(((1, -2, 1), (-2, 4, -2), (1, -2, 1)), np.int8)
_GAIN = 6.0
"""The root of the sum of its squares."""
_MEDIAN = 0.6745
"""Of the distance from the mean of what is normally distributed, over its standard deviation."""
_LEAST_CONTRAST = 8.0
"""Grey levels, as a standard deviation: a picture with less is black, or as good as that."""
_BLOCK_PX = 16
"""What an encoder stores together."""
_STILL_SHARE = 0.02
"""Of the blocks. From one picture to the next a dancer changes 8 to 30 %, an empty room none."""


def estimate_noise(lumas: Sequence[UInt8Array]) -> float | None:
    """Estimate a film's noise in grey levels, of its first picture.

    None where that says little of the rest: it fades in, nothing moves yet, or there is no rest.

    Args:
        lumas: the first pictures, each (H, W) uint8.
    """
    first, last = lumas[0], lumas[-1]
    _, contrast = cv2.meanStdDev(first)
    if len(lumas) < 2 or contrast[0, 0] <= _LEAST_CONTRAST or _is_still(first, last):
        return None
    return noise_sigma(first)


def _is_still(before: UInt8Array, after: UInt8Array) -> bool:
    """Tell whether hardly any block has changed, by a level and a half on average."""
    if before.shape != after.shape:
        return False
    height_px, width_px = before.shape
    size = max(1, width_px // _BLOCK_PX), max(1, height_px // _BLOCK_PX)
    change = cv2.resize(cv2.absdiff(before, after), size, interpolation=cv2.INTER_AREA)
    return int(np.count_nonzero(change > 1)) <= _STILL_SHARE * change.size


def noise_sigma(luma: UInt8Array) -> float:
    """Estimate the standard deviation of a picture's noise, in grey levels.

    The second differences along both axes are 0 on whatever is even or a slope, and on edges that
    run along an axis; what is left is noise, or fine detail. (J. Immerkaer: Fast Noise Variance
    Estimation, Computer Vision and Image Understanding 64, 1996; with the median in the place of
    the mean, since detail is in few places.)

    Args:
        luma: (H, W) uint8.
    """
    if min(luma.shape) < 3:
        return 0.0
    rough = cv2.filter2D(luma, cv2.CV_16S, _LAPLACE)[1:-1, 1:-1]
    return float(np.median(np.abs(rough))) / (_GAIN * _MEDIAN)
