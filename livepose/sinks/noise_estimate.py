"""Estimate the noise of a video, which an encoder has to spend bits on."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array, median

_LAPLACIAN = np.array(((1, -2, 1), (-2, 4, -2), (1, -2, 1)), np.int8)
_LAPLACIAN_GAIN = 6.0
"""The root of the sum of its squares."""
_MAD_TO_SIGMA = 0.6745
"""Median absolute deviation of a normal distribution, over its standard deviation."""
_MIN_CONTRAST = 8.0
"""Grey levels, as a standard deviation: an image with less is black, or nearly so."""
_MACROBLOCK_PX = 16
_STATIC_SHARE = 0.02
"""Of the macroblocks. From one frame to the next a dancer changes 8 to 30 %, an empty room none."""


def estimate_noise(lumas: Sequence[UInt8Array]) -> float | None:
    """Return the standard deviation of the noise of a video in grey levels, from its first frame.

    None if the beginning says little about the rest: it fades in, nothing moves yet, or it is only
    one frame.

    Args:
        lumas: The luma planes of the first frames, each (H, W) uint8.
    """
    first, last = lumas[0], lumas[-1]
    _, contrast = cv2.meanStdDev(first)
    if len(lumas) < 2 or contrast[0, 0] <= _MIN_CONTRAST or _is_static(first, last):
        return None
    return noise_sigma(first)


def _is_static(before: UInt8Array, after: UInt8Array) -> bool:
    """Return whether hardly any macroblock has changed by 1.5 grey levels on average."""
    if before.shape != after.shape:
        return False
    height_px, width_px = before.shape
    size = max(1, width_px // _MACROBLOCK_PX), max(1, height_px // _MACROBLOCK_PX)
    change = cv2.resize(cv2.absdiff(before, after), size, interpolation=cv2.INTER_AREA)
    return int(np.count_nonzero(change > 1)) <= _STATIC_SHARE * change.size


def noise_sigma(luma: UInt8Array) -> float:
    """Return the standard deviation of an image's noise, in grey levels.

    The second differences along both axes are 0 on flat areas, on slopes, and on edges that run
    along an axis; what is left is noise, or fine detail. (J. Immerkaer: Fast Noise Variance
    Estimation, Computer Vision and Image Understanding 64, 1996; with the median in place of the
    mean, since detail is in few places.)

    Args:
        luma: (H, W) uint8.
    """
    if min(luma.shape) < 3:
        return 0.0
    residual = cv2.filter2D(luma, cv2.CV_16S, _LAPLACIAN)[1:-1, 1:-1]
    return median(np.abs(residual)) / (_LAPLACIAN_GAIN * _MAD_TO_SIGMA)
