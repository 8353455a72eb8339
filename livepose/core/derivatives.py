"""Velocity and acceleration from values over time, without lag."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import Float64Array


def derivatives(time_s: Float64Array, values: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return the velocity and the acceleration of values by central differences: two (T, C).

    Each is that of the parabola through a value and its two neighbours, which for even times is
    v[n] = (x[n+1] - x[n-1]) / 2h and a[n] = (x[n+1] - 2 x[n] + x[n-1]) / h^2 (D. A. Winter,
    Biomechanics and Motor Control of Human Movement, 2009, section 3.4.3). There is no lag, as both
    neighbours weigh the same. NaN where a neighbour is missing: at the ends, and beside gaps.

    Args:
        time_s: (T,) rising.
        values: (T, C), NaN where unknown.

    >>> time_s = np.arange(4) / 10
    >>> velocity, acceleration = derivatives(time_s, 50 * time_s[:, None] ** 2)
    >>> velocity[:, 0].round(6).tolist(), acceleration[:, 0].round(6).tolist()
    ([nan, 10.0, 20.0, nan], [nan, 100.0, 100.0, nan])
    """
    velocity, acceleration = np.full((2, *values.shape), np.nan)
    if len(time_s) < 3:
        return velocity, acceleration
    steps_s = np.diff(time_s)[:, None]
    slopes = np.diff(values, axis=0) / steps_s
    before, after = steps_s[:-1], steps_s[1:]
    velocity[1:-1] = (slopes[:-1] * after + slopes[1:] * before) / (before + after)
    acceleration[1:-1] = 2 * (slopes[1:] - slopes[:-1]) / (before + after)
    return velocity, acceleration
