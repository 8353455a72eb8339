"""The joints of a figure in side view: put together, bent at the knees, turned, and projected.

Lengths are body heights, angles degrees. A joint is (forward, up, to its own left). A heading is 0
where the figure faces the right of the frame, 90 where it turns its back to the camera, and 180
where it faces the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livepose.core.arrays import Float64Array
from livepose.core.skeleton import COCO_SKELETON
from livepose.sources.synthetic.limbs import ANKLES, ARMS, FACE, LEGS

LEG_SEGMENT = 0.235
"""Length of the thigh, and of the shank."""
ANKLE_HEIGHT = 0.050
"""Height of the ankle over the sole of a foot that stands flat."""
HEADING_RIGHT, HEADING_LEFT = -8.0, 188.0
"""Headings in side view: turned to the camera a little, so that some of the far side shows."""
STANDING_HIP_HEIGHT = ANKLE_HEIGHT + 2 * LEG_SEGMENT * 0.994
"""Nobody locks the knees."""
PERSPECTIVE = 0.3
"""How much larger a thing becomes when it comes nearer by a body height."""


@dataclass(frozen=True, slots=True, eq=False)
class Posture:
    """One body at one moment, in body heights."""

    joints: Float64Array
    """(17, 3): forward, up, to its own left."""
    toes_up: Float64Array
    """(2,) degrees: how far the left and the right foot are tilted."""
    feet_turned: Float64Array
    """(2,) degrees, to its own left: how far the feet are turned against the body."""
    travelled: float = 0.0
    """How far the body has come: the joints are relative to this place."""


def smoothstep(share: Float64Array | float) -> Float64Array:
    """Return 3 t^2 - 2 t^3: from 0 to 1 without a jerk at either end; constant beyond."""
    t = np.clip(share, 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def knee_bend(degrees: float) -> Posture:
    """Return a body with both knees bent by an angle; the arms go forward as the hips go back."""
    shank = np.deg2rad(0.32 * degrees)
    thigh = np.deg2rad(degrees) - shank
    ankle = np.array((0.0, ANKLE_HEIGHT))
    knee = ankle + LEG_SEGMENT * np.array((np.sin(shank), np.cos(shank)))
    hip = knee + LEG_SEGMENT * np.array((-np.sin(thigh), np.cos(thigh)))
    arms = np.full(2, 3.0 + 0.72 * degrees)
    joints = assemble_body(hip, np.stack((ankle, ankle)), 0.36 * degrees, (arms, np.full(2, 12.0)))
    return Posture(joints, np.zeros(2), np.zeros(2))


def turn_in_place(share: float, leftward: int) -> Posture:
    """Return a body that turns round on the spot, one foot after the other.

    Args:
        share: How much of the turn is done, 0..1.
        leftward: 1 to turn to its left, -1 to its right.
    """
    first = 0 if leftward > 0 else 1
    done = np.array((share / 0.6, (share - 0.4) / 0.6))
    done = done if first == 0 else done[::-1]
    ahead = (smoothstep(done) - smoothstep(share)) * (HEADING_LEFT - HEADING_RIGHT)
    heights = ANKLE_HEIGHT + 0.022 * np.sin(np.pi * np.clip(done, 0.0, 1.0))
    feet_turned = ahead * leftward
    across = np.array((0.050, -0.050))
    ankles = np.stack((-across * np.sin(np.deg2rad(feet_turned)), heights), axis=1)
    arms = np.zeros(2), np.full(2, 11.0)
    joints = assemble_body(np.array((0.0, STANDING_HIP_HEIGHT)), ankles, 1.5, arms)
    joints[ANKLES, 2] = across * np.cos(np.deg2rad(feet_turned))
    return Posture(joints, np.zeros(2), feet_turned)


def assemble_body(
    pelvis: Float64Array,
    ankles: Float64Array,
    lean: float,
    arms: tuple[Float64Array, Float64Array],
    twist: float = 0.0,
) -> Float64Array:
    """Return the joints of a body, from its pelvis and ankles: (17, 3).

    Args:
        pelvis: (2,) forward and up.
        ankles: (2, 2) left and right; forward and up.
        lean: How far the trunk leans forward, in degrees.
        arms: For left and right, in degrees: how far the upper arm is raised forward, and how far
            the forearm is bent.
        twist: How far the left hip is in front; the shoulders turn the other way.
    """
    joints = np.zeros((len(COCO_SKELETON), 3))
    chest = pelvis + 0.302 * _upward(lean)
    joints[FACE] = _head(chest, lean)
    for side, (leg, arm, sign) in enumerate(zip(LEGS, ARMS, (1.0, -1.0), strict=True)):
        hip = pelvis + np.array((twist * sign, 0.0))
        joints[leg, :2] = hip, _knee(hip, ankles[side]), ankles[side]
        joints[leg, 2] = np.array((0.054, 0.056, 0.050)) * sign
        shoulder = chest - np.array((1.6 * twist * sign, 0.0))
        elbow = shoulder - 0.166 * _upward(-arms[0][side])
        wrist = elbow - 0.150 * _upward(-arms[0][side] - arms[1][side])
        joints[arm, :2] = shoulder, elbow, wrist
        joints[arm, 2] = np.array((0.098, 0.112, 0.106)) * sign
    return joints


def _upward(degrees: float) -> Float64Array:
    """Return the direction that leans forward by an angle: (2,) forward and up."""
    angle = np.deg2rad(degrees)
    return np.array((np.sin(angle), np.cos(angle)))


def _knee(hip: Float64Array, ankle: Float64Array) -> Float64Array:
    """Return the knee, bent forward: thigh and shank have one length."""
    reach = ankle - hip
    length = max(float(np.hypot(*reach)), 1e-9)
    bulge = np.sqrt(max(0.0, LEG_SEGMENT**2 - (length / 2) ** 2))
    return np.asarray(hip + reach / 2 + np.array((-reach[1], reach[0])) / length * bulge)


def _head(chest: Float64Array, lean: float) -> Float64Array:
    """Return nose, eyes and ears, (5, 3); a figure that leans still looks ahead."""
    up = _upward(0.35 * lean)
    forward = np.array((up[1], -up[0]))
    middle = chest + 0.109 * _upward(0.6 * lean) + (0.014, 0.0)
    ahead = np.array((0.074, 0.045, 0.045, 0.0, 0.0))[:, None]
    above = np.array((-0.0205, 0.0075, 0.0075, 0.0, 0.0))[:, None]
    leftward = np.array((0.0, 0.020, -0.020, 0.054, -0.054))[:, None]
    return np.concatenate((middle + ahead * forward + above * up, leftward), axis=1)


def project(posture: Posture, heading: float) -> tuple[Float64Array, Float64Array]:
    """Project the joints onto the frame.

    Args:
        posture: The body.
        heading: In degrees.

    Returns:
        (17, 2) body heights, x to the right, y up; and (17,), how much nearer to the camera than
        the middle of the body they are.
    """
    forward, up, left = posture.joints.T
    c, s = np.cos(np.deg2rad(heading)), np.sin(np.deg2rad(heading))
    nearness = -forward * s - left * c
    # In side view what points forward has its full length, so that knee angles are true.
    x = forward * c / np.cos(np.deg2rad(HEADING_RIGHT)) - left * s
    return np.stack((x, up - PERSPECTIVE * nearness * (0.5 - up)), axis=1), nearness
