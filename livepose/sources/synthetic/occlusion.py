"""What of a figure hides what: its parts as bars with round ends, from far to near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import BoolArray
from livepose.sources.synthetic.shading import Points

Layers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Covers:
    """C bars, in pixels."""

    start: Points
    """(C, 2)"""
    end: Points
    """(C, 2)"""
    radius: npt.NDArray[np.float64]
    """(C,)"""
    layer: Layers
    """(C,): what has more lies nearer to the camera."""

    def hide(self, points: Points, layers: Layers | int = -1) -> BoolArray:
        """Tell which of (P, 2) points lie behind a bar of a nearer layer: (P,) bool."""
        along = self.end - self.start
        length = np.maximum((along**2).sum(axis=1), 1e-9)
        offset = points[:, None] - self.start
        share = np.clip((offset * along).sum(axis=2) / length, 0.0, 1.0)
        away = np.hypot(*np.moveaxis(offset - share[..., None] * along, -1, 0))
        is_nearer = self.layer > np.asarray(layers).reshape(-1, 1)
        return np.asarray(((away < self.radius) & is_nearer).any(axis=1))

    def box(self) -> npt.NDArray[np.float64]:
        """Give the box around all: left, top, right, bottom."""
        low = np.minimum(self.start, self.end) - self.radius[:, None]
        high = np.maximum(self.start, self.end) + self.radius[:, None]
        return np.concatenate((low.min(axis=0), high.max(axis=0)))


FAR_ARM, FAR_LEG, TRUNK, NEAR_LEG, NEAR_ARM = range(5)
_HAND = 0.075
"""From the wrist to the finger tips, in body heights, as are the radii."""
_HEAD_UP, _HEAD = 0.035, 0.068
_UPPER_ARM, _FOREARM, _THIGH, _SHANK, _FOOT = 0.034, 0.024, 0.056, 0.042, 0.018


def covers_of(
    joints: Points, height_px: float, feet: Points, trunk: float, layers: Sequence[tuple[int, int]]
) -> Covers:
    """Lay bars along a figure's limbs, trunk and head.

    Args:
        joints: (17, 2) px.
        height_px: of the figure.
        feet: (2, 2) body heights, from the left and the right ankle to the toes; y down.
        trunk: its radius in body heights.
        layers: of the arm and the leg, left and right.
    """
    chest, hips, ears = (joints[a : a + 2].mean(axis=0) for a in (5, 11, 3))
    down = hips - chest
    up = (chest - hips) / max(float(np.hypot(*down)), 1e-9) * height_px
    starts = [chest + 0.15 * down, (chest + ears) / 2, ears]
    ends = [hips, ears, ears + up * _HEAD_UP]
    radii = [trunk, 0.035, _HEAD]
    bar_layers = [TRUNK, TRUNK, TRUNK]
    for side, (arm, leg) in enumerate(layers):
        shoulder, elbow, wrist = joints[5 + side : 11 : 2]
        hip, knee, ankle = joints[11 + side :: 2]
        hand = wrist + (wrist - elbow) / max(float(np.hypot(*(wrist - elbow))), 1e-9) * (
            _HAND * height_px
        )
        starts += [shoulder, elbow, hip, knee, ankle]
        ends += [elbow, hand, knee, ankle, ankle + feet[side] * height_px]
        radii += [_UPPER_ARM, _FOREARM, _THIGH, _SHANK, _FOOT]
        bar_layers += [arm, arm, leg, leg, leg]
    return Covers(
        np.stack(starts), np.stack(ends), np.array(radii) * height_px, np.array(bar_layers, np.intp)
    )
