"""A Butterworth low-pass run forward and backward in time, as one matrix.

The filter is linear, also in how it extends a run at its ends. So for runs of one length it is a
matrix, which is made once: filtering many runs of 25 frames is a product of small matrices. scipy's
`butter` and `sosfiltfilt` give the same numbers, and take 0.7 s to be imported.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, sqrt, tan

import numpy as np

from livepose.core.arrays import Float64Array

_END_SAMPLES = 9
"""How far a run is extended at both ends (scipy's default), if it has as many samples."""


@lru_cache(maxsize=256)
def zero_phase_matrix(count: int, cutoff_hz: float, frame_rate: float) -> Float64Array:
    """Return the (count, count) matrix that smooths (count, C) values, read-only.

    It is a second-order Butterworth low-pass by the bilinear transform, run forward and then
    backward; it begins in the state in which the first value has been there for ever. At both ends
    the values are continued by their point reflection.

    Args:
        count: Of samples, at least 2.
        cutoff_hz: At which each of the two passes lets half of the power through.
        frame_rate: Of the samples; more than twice the cutoff.

    >>> import numpy as np
    >>> matrix = zero_phase_matrix(25, 6.0, 30.0)
    >>> bool(np.allclose(matrix @ np.full(25, 3.0), 3.0))  # what rests stays where it is
    True
    >>> bool(abs(matrix @ (-1.0) ** np.arange(25))[12] < 0.01)  # and jitter is filtered out
    True
    """
    ends = min(_END_SAMPLES, count - 1)
    eye = np.eye(count)
    extended = np.concatenate(
        (2 * eye[0] - eye[ends:0:-1], eye, 2 * eye[-1] - eye[-2 : -ends - 2 : -1])
    )
    warped = tan(pi * cutoff_hz / frame_rate)
    forward = _low_pass(extended, warped)
    matrix = _low_pass(forward[::-1], warped)[::-1][ends : ends + count]
    matrix.setflags(write=False)
    return matrix


def _low_pass(values: Float64Array, warped: float) -> Float64Array:
    """Return (T, C) values filtered forward in time, in the transposed direct form II.

    Args:
        values: In order.
        warped: The tangent of pi times the cutoff over the frame rate.
    """
    scale = 1 / (1 + sqrt(2) * warped + warped**2)
    b0 = warped**2 * scale
    b1, b2 = 2 * b0, b0
    a1, a2 = 2 * (warped**2 - 1) * scale, (1 - sqrt(2) * warped + warped**2) * scale
    first, second = (1 - b0) * values[0], (b2 - a2) * values[0]
    result = np.empty_like(values)
    for n, value in enumerate(values):
        result[n] = b0 * value + first
        first = b1 * value - a1 * result[n] + second
        second = b2 * value - a2 * result[n]
    return result
