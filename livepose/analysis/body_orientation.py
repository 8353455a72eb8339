"""Which way people face: it gives flexion its sign, as the body's front has no other mark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import BoolArray

_Points = npt.NDArray[np.float64]

_TIME_CONSTANT_S = 0.15
_FORGOTTEN_S = 0.5
_PROFILE_BREADTH, _FRONT_BREADTH = 0.40, 0.50
"""Breadth of the shoulders over the length of the trunk: about 0.7 from the front, 0 in profile.
Profile begins under the first and ends over the second, so that a half turn does not flicker."""
_MIN_TURN = 0.10
"""How far the nose is before the ears, over the length of the trunk: about 0.25 in profile."""


class Facing(IntEnum):
    """Where the front of an upright body points, in the picture."""

    LEFT = -1
    FRONT = 0
    """To the camera or away from it; or it is not known."""
    RIGHT = 1


@dataclass(frozen=True, slots=True)
class View:
    """How one person is seen, over the last moments."""

    time_s: float = -math.inf
    breadth: float = math.nan
    """Of the shoulders, over the length of the trunk."""
    turn: float = math.nan
    """Of the nose before the ears, over the length of the trunk; positive to the right."""
    facing: Facing = Facing.FRONT

    def then(self, breadth: float, turn: float, time_s: float) -> View:
        """Give the view a moment later; NaN is what was not seen."""
        elapsed_s = time_s - self.time_s
        before = self if 0 <= elapsed_s <= _FORGOTTEN_S else View()
        share = -math.expm1(-elapsed_s / _TIME_CONSTANT_S) if before is self else 1.0
        breadth = _blend(before.breadth, breadth, share)
        turn = _blend(before.turn, turn, share)
        return View(time_s, breadth, turn, _facing(before.facing, breadth, turn))


def _blend(before: float, now: float, share: float) -> float:
    if math.isnan(now):
        return before
    return now if math.isnan(before) else before + share * (now - before)


def _facing(before: Facing, breadth: float, turn: float) -> Facing:
    limit = _PROFILE_BREADTH if before is Facing.FRONT else _FRONT_BREADTH
    if not breadth < limit:
        return Facing.FRONT
    if abs(turn) > _MIN_TURN:
        return Facing.RIGHT if turn > 0 else Facing.LEFT
    return before


def signs_of_facing(
    shoulders: _Points, trunk: _Points, nose: _Points, is_seen: BoolArray
) -> _Points:
    """Measure what tells a profile from a front view, across the line of the trunk.

    Across the trunk rather than along x, so that it holds for who lies or does push-ups too.

    Args:
        shoulders: (N, 2) px, from the right shoulder to the left one.
        trunk: (N, 2) px, from the hips to the neck.
        nose: (N, 2) px, from the ears to the nose.
        is_seen: (N, 2): whether trunk and nose are.

    Returns:
        (N, 2): breadth and turn, as in `View`; NaN where not seen.
    """
    squared = (trunk**2).sum(axis=-1)
    # To the right of who stands upright, in pixels whose y points down.
    across = np.stack((-trunk[:, 1], trunk[:, 0]), axis=-1) / np.maximum(squared, 1e-9)[:, None]
    breadth, turn = np.abs((shoulders * across).sum(axis=-1)), (nose * across).sum(axis=-1)
    has_trunk = is_seen[:, 0] & (squared > 1e-9)
    found = np.stack((breadth, turn), axis=-1)
    known = np.stack((has_trunk, has_trunk & is_seen[:, 1]), axis=-1)
    return np.asarray(np.where(known, found, np.nan))
