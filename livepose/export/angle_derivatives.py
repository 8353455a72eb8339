"""AngleDerivatives: angular velocity and acceleration, known one frame later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livepose.core.angles import LEAP_DEG
from livepose.core.arrays import Float64Array
from livepose.core.derivatives import derivatives
from livepose.core.frame import PosedFrame

_MAX_GAP_S = 0.2
"""Neighbours that are farther away say nothing of the moment."""


@dataclass(frozen=True, slots=True, eq=False)
class MovingAngles:
    """A frame, and how fast its angles change."""

    posed: PosedFrame
    velocity: Float64Array
    """(N, A) degrees per second; NaN beside a gap, and beside a leap of over 90 degrees."""
    acceleration: Float64Array
    """(N, A) degrees per second squared."""


class AngleDerivatives:
    """Hold each frame until the next one is there, for central differences (`derivatives`)."""

    def __init__(self) -> None:
        self._before: PosedFrame | None = None
        self._now: PosedFrame | None = None

    def push(self, posed: PosedFrame) -> list[MovingAngles]:
        """Take the next frame, and return the one before it."""
        finished = self._finish(posed)
        self._before, self._now = self._now, posed
        return finished

    def flush(self) -> list[MovingAngles]:
        """Return the last frame, and forget all."""
        finished = self._finish(None)
        self._before = self._now = None
        return finished

    def _finish(self, after: PosedFrame | None) -> list[MovingAngles]:
        if self._now is None:
            return []
        now, shape = self._now, self._now.angles.degrees.shape
        velocity, acceleration = np.full((2, *shape), np.nan)
        before = self._before
        if before is not None and after is not None and _are_near(before, now, after):
            degrees = np.stack([_degrees_of(each, now) for each in (before, now, after)])
            times_s = np.array([each.frame.time_s for each in (before, now, after)])
            moving = derivatives(times_s, degrees.reshape(3, -1))
            is_leap = (np.abs(np.diff(degrees, axis=0)) > LEAP_DEG).any(axis=0)
            velocity, acceleration = (
                np.where(is_leap, np.nan, each[1].reshape(shape)) for each in moving
            )
        return [MovingAngles(now, velocity, acceleration)]


def _are_near(before: PosedFrame, now: PosedFrame, after: PosedFrame) -> bool:
    times_s = [each.frame.time_s for each in (before, now, after)]
    is_same = before.angles.names == now.angles.names == after.angles.names
    return is_same and bool((np.abs(np.diff(times_s) - _MAX_GAP_S / 2) < _MAX_GAP_S / 2).all())


def _degrees_of(posed: PosedFrame, now: PosedFrame) -> Float64Array:
    """Return the angles in one frame of the people of another one: (N, A)."""
    rows = {key: row for row, key in enumerate(posed.poses.track_id.tolist())}
    is_alone = len(posed.poses) == len(now.poses) == 1
    degrees = np.full(now.angles.degrees.shape, np.nan)
    for row, key in enumerate(now.poses.track_id.tolist()):
        if key in rows and (key or is_alone):
            degrees[row] = posed.angles.degrees[rows[key]]
    return degrees
