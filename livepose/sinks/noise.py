"""How noisy a picture is, as an encoder has to pay for it."""

from __future__ import annotations

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


def told_noise(luma: UInt8Array) -> float | None:
    """Estimate a picture's noise in grey levels; None where it shows nothing: a film fades in.

    Args:
        luma: (H, W) uint8.
    """
    _, contrast = cv2.meanStdDev(luma)
    return noise_levels(luma) if contrast[0, 0] > _LEAST_CONTRAST else None


def noise_levels(luma: UInt8Array) -> float:
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
