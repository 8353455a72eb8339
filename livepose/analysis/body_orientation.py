"""Which way people face, which gives hip and shoulder angles their sign."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from livepose.analysis.body_points import BodyPoints
from livepose.core.arrays import BoolArray, Float64Array

_TIME_CONSTANT_S = 0.15
_FORGET_AFTER_S = 0.5
_PROFILE_WIDTH, _FRONT_WIDTH = 0.40, 0.50
"""Width of the shoulders over the length of the trunk: about 0.7 from the front, 0 in profile.
A profile begins below the first and ends above the second, so that a half turn does not flicker."""
_MIN_NOSE_OFFSET = 0.10
"""How far the nose is before the ears, over the length of the trunk: about 0.25 in profile."""


class Facing(IntEnum):
    """Where the front of an upright body points in the frame."""

    LEFT = -1
    FRONT = 0
    """To the camera or away from it, or unknown."""
    RIGHT = 1


@dataclass(frozen=True, slots=True)
class Orientation:
    """How one person is turned to the camera, averaged over the last moments.

    >>> seen_from_the_front = Orientation().updated(0.7, 0.0, time_s=0.0)
    >>> in_profile = Orientation().updated(0.1, 0.25, time_s=0.0)
    >>> seen_from_the_front.facing.name, in_profile.facing.name
    ('FRONT', 'RIGHT')
    """

    time_s: float = -math.inf
    shoulder_width: float = math.nan
    """Across the trunk, over the length of the trunk."""
    nose_offset: float = math.nan
    """Of the nose from the ears, across the trunk and over its length; positive to the right."""
    facing: Facing = Facing.FRONT

    def updated(self, shoulder_width: float, nose_offset: float, time_s: float) -> Orientation:
        """Return the orientation at a later time; NaN stands for what was not seen then.

        Both measures pass an exponential filter with a time constant of 0.15 s.
        """
        elapsed_s = time_s - self.time_s
        before = self if 0 <= elapsed_s <= _FORGET_AFTER_S else Orientation()
        share = -math.expm1(-elapsed_s / _TIME_CONSTANT_S) if before is self else 1.0
        width = _blend(before.shoulder_width, shoulder_width, share)
        offset = _blend(before.nose_offset, nose_offset, share)
        return Orientation(time_s, width, offset, _facing(before.facing, width, offset))


def _blend(before: float, now: float, share: float) -> float:
    if math.isnan(now):
        return before
    return now if math.isnan(before) else before + share * (now - before)


def _facing(before: Facing, shoulder_width: float, nose_offset: float) -> Facing:
    limit = _PROFILE_WIDTH if before is Facing.FRONT else _FRONT_WIDTH
    if not shoulder_width < limit:  # also where it is NaN
        return Facing.FRONT
    if abs(nose_offset) > _MIN_NOSE_OFFSET:
        return Facing.RIGHT if nose_offset > 0 else Facing.LEFT
    return before


def measure_orientation(points: BodyPoints, xy: Float64Array, is_seen: BoolArray) -> Float64Array:
    """Return (N, 2) `shoulder_width` and `nose_offset`, which distinguish profile and front view.

    Both are measured across the line of the trunk rather than along x, so that they hold for
    somebody who lies or does push-ups too. NaN where the keypoints are not seen.

    Args:
        points: Which row is which point.
        xy: (N, P, 2) px, as `BodyPoints.locate` returns them.
        is_seen: (N, P) likewise.
    """
    top, bottom, nose, ears = map(points.index, ("trunk_top", "trunk_bottom", "nose", "mid_ears"))
    left, right = points.index("left_shoulder"), points.index("right_shoulder")
    trunk = xy[:, top] - xy[:, bottom]
    squared = (trunk**2).sum(axis=-1)
    # To the right of a person who stands upright, in pixels whose y points down.
    across = np.stack((-trunk[:, 1], trunk[:, 0]), axis=-1) / np.maximum(squared, 1e-9)[:, None]
    width = np.abs(((xy[:, left] - xy[:, right]) * across).sum(axis=-1))
    offset = ((xy[:, nose] - xy[:, ears]) * across).sum(axis=-1)
    has_trunk = is_seen[:, top] & is_seen[:, bottom] & (squared > 1e-9)
    has_offset = has_trunk & is_seen[:, nose] & is_seen[:, ears]
    found = np.stack((width, offset), axis=-1)
    return np.asarray(np.where(np.stack((has_trunk, has_offset), axis=-1), found, np.nan))
