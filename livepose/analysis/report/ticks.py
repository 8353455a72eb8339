"""Ticks of axes: round numbers at equal steps, and how they are labelled."""

from __future__ import annotations

import math

LONG_S = 120.0
"""From here on times are minutes and seconds."""
_STEPS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_MAX_TICKS = 9
_STEPS_DEG = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 180, 360)
_MAX_STEPS_DEG = 5


def time_step_s(start_s: float, end_s: float) -> float:
    """Return the step of a time axis.

    >>> time_step_s(0.0, 25.0)
    5
    """
    return next((step for step in _STEPS_S if (end_s - start_s) / step <= _MAX_TICKS), 3600)


def degree_step(low_deg: float, high_deg: float) -> float:
    """Return the step of an axis of angles.

    >>> degree_step(-5.0, 118.0)
    30
    """
    span_deg = high_deg - low_deg
    return next((step for step in _STEPS_DEG if span_deg / step <= _MAX_STEPS_DEG), 720)


def time_label(time_s: float, *, is_long: bool) -> str:
    """Return a time in seconds, or in minutes and seconds where times are long.

    >>> time_label(2.5, is_long=False), time_label(125, is_long=True)
    ('2.5', '2:05')
    """
    return f"{time_s // 60:.0f}:{time_s % 60:02.0f}" if is_long else f"{time_s:g}"


def ticks(low: float, high: float, step: float) -> list[float]:
    """Return the multiples of a step within limits.

    >>> ticks(-5.0, 65.0, 30)
    [0, 30, 60]
    """
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 9) for number in range(first, last + 1)]
