"""Which keypoints a figure hides: its body parts as capsules, from far to near."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, IntpArray
from livepose.sources.synthetic.limbs import ARMS, EARS, HIPS, LEGS, SHOULDERS

FAR_ARM, FAR_LEG, TRUNK, NEAR_LEG, NEAR_ARM = range(5)
"""The layers of a body; a higher one is nearer to the camera."""
# From the wrist to the finger tips, from the ears to the crown, and radii, in body heights.
_HAND_LENGTH, _CROWN_HEIGHT = 0.075, 0.035
_NECK, _HEAD = 0.035, 0.068
_UPPER_ARM, _FOREARM, _THIGH, _SHANK, _FOOT = 0.034, 0.024, 0.056, 0.042, 0.018


@dataclass(frozen=True, slots=True, eq=False)
class Capsules:
    """C lines with a thickness and round ends, in pixels."""

    start: Float64Array
    """(C, 2)"""
    end: Float64Array
    """(C, 2)"""
    radius: Float64Array
    """(C,)"""
    layer: IntpArray
    """(C,): a higher one is nearer to the camera."""

    def hides(self, points: Float64Array, layers: IntpArray | int = -1) -> BoolArray:
        """Return which points lie behind a capsule of a nearer layer: (P,) bool.

        Args:
            points: (P, 2) px.
            layers: (P,) or one for all: the layers of the points.
        """
        axis = self.end - self.start
        length_squared = np.maximum((axis**2).sum(axis=1), 1e-9)
        offset = points[:, None] - self.start
        share = np.clip((offset * axis).sum(axis=2) / length_squared, 0.0, 1.0)
        distance = np.hypot(*np.moveaxis(offset - share[..., None] * axis, -1, 0))
        is_nearer = self.layer > np.asarray(layers).reshape(-1, 1)
        return np.asarray(((distance < self.radius) & is_nearer).any(axis=1))

    def bounding_box(self) -> Float64Array:
        """Return left, top, right, bottom: (4,) px."""
        low = np.minimum(self.start, self.end) - self.radius[:, None]
        high = np.maximum(self.start, self.end) + self.radius[:, None]
        return np.concatenate((low.min(axis=0), high.max(axis=0)))


def body_capsules(
    joints: Float64Array,
    height_px: float,
    toes: Float64Array,
    trunk: float,
    layers: Sequence[tuple[int, int]],
) -> Capsules:
    """Return capsules along a figure's limbs, trunk and head.

    Args:
        joints: (17, 2) px, the COCO keypoints.
        height_px: The figure's height.
        toes: (2, 2) body heights, from the left and the right ankle to the toes; y down.
        trunk: The trunk's radius in body heights.
        layers: Those of the arm and of the leg, for the left and the right side.
    """
    chest, hips, ears = (joints[pair].mean(axis=0) for pair in (SHOULDERS, HIPS, EARS))
    down = hips - chest
    up = (chest - hips) / max(float(np.hypot(*down)), 1e-9) * height_px
    starts = [chest + 0.15 * down, (chest + ears) / 2, ears]
    ends = [hips, ears, ears + up * _CROWN_HEIGHT]
    radii = [trunk, _NECK, _HEAD]
    capsule_layers = [TRUNK, TRUNK, TRUNK]
    for side, (arm_layer, leg_layer) in enumerate(layers):
        shoulder, elbow, wrist = joints[ARMS[side]]
        hip, knee, ankle = joints[LEGS[side]]
        forearm = wrist - elbow
        hand = wrist + forearm / max(float(np.hypot(*forearm)), 1e-9) * (_HAND_LENGTH * height_px)
        starts += [shoulder, elbow, hip, knee, ankle]
        ends += [elbow, hand, knee, ankle, ankle + toes[side] * height_px]
        radii += [_UPPER_ARM, _FOREARM, _THIGH, _SHANK, _FOOT]
        capsule_layers += [arm_layer, arm_layer, leg_layer, leg_layer, leg_layer]
    return Capsules(
        np.stack(starts),
        np.stack(ends),
        np.array(radii) * height_px,
        np.array(capsule_layers, np.intp),
    )
