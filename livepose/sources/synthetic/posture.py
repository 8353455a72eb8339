"""A body in the joints that a side view needs: put together, bent at the knees, projected.

Lengths are body heights, angles degrees. A joint is (forward, up, to its own left). A heading is 0
where the figure faces the right of the picture, 90 where it turns its back to the camera, and 180
where it faces the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from livepose.core.skeleton import KEYPOINT_COUNT
from livepose.sources.synthetic.shading import Points

Array: TypeAlias = npt.NDArray[np.float64]

LEG = 0.235
"""Length of the thigh, and of the shank."""
ANKLE = 0.050
"""Height of the ankle over the sole of a foot that stands flat."""
RIGHT, LEFT = -8.0, 188.0
"""Headings in side view: turned to the camera a little, so that some of the far side shows."""
STANDING = ANKLE + 2 * LEG * 0.994
"""Height of the hips: nobody locks the knees."""
PERSPECTIVE = 0.3
"""How much larger a thing becomes when it comes nearer by a body height."""


@dataclass(frozen=True, slots=True, eq=False)
class Posture:
    """One body at one moment, in body heights."""

    joints: Array
    """(17, 3): forward, up, to its own left."""
    toes_up: Array
    """(2,) degrees: how far the left and the right foot are tilted."""
    feet_turned: Array
    """(2,) degrees, to its own left: how far the feet are turned against the body."""
    along: float = 0.0
    """How far the body has come: the joints are around this place."""


def rise(share: Array | float) -> Array:
    """Go from 0 to 1 with no jerk at either end; flat beyond."""
    t = np.clip(share, 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t))


def bent(knee_degrees: float) -> Posture:
    """Bend both knees by an angle, 0 straight; the arms go forward as the hips go back."""
    shank = np.deg2rad(0.32 * knee_degrees)
    thigh = np.deg2rad(knee_degrees) - shank
    ankle = np.array((0.0, ANKLE))
    knee = ankle + LEG * np.array((np.sin(shank), np.cos(shank)))
    hip = knee + LEG * np.array((-np.sin(thigh), np.cos(thigh)))
    arms = np.full(2, 3.0 + 0.72 * knee_degrees)
    joints = body(hip, np.stack((ankle, ankle)), 0.36 * knee_degrees, (arms, np.full(2, 12.0)))
    return Posture(joints, np.zeros(2), np.zeros(2))


def turning(share: float, leftward: int) -> Posture:
    """Turn round on the spot, one foot after the other.

    Args:
        share: how much of it is done, 0..1.
        leftward: 1 or -1, the way that it turns.
    """
    first = 0 if leftward > 0 else 1
    done = np.array((share / 0.6, (share - 0.4) / 0.6))
    done = done if first == 0 else done[::-1]
    ahead = (rise(done) - rise(share)) * (LEFT - RIGHT)
    lifts = ANKLE + 0.022 * np.sin(np.pi * np.clip(done, 0.0, 1.0))
    feet_turned = ahead * leftward
    across = np.array((0.050, -0.050))
    ankles = np.stack((-across * np.sin(np.deg2rad(feet_turned)), lifts), axis=1)
    arms = np.zeros(2), np.full(2, 11.0)
    joints = body(np.array((0.0, STANDING)), ankles, 1.5, arms)
    joints[15:17, 2] = across * np.cos(np.deg2rad(feet_turned))
    return Posture(joints, np.zeros(2), feet_turned)


def body(
    pelvis: Array, ankles: Array, lean: float, arms: tuple[Array, Array], twist: float = 0.0
) -> Array:
    """Join a body from its pelvis and ankles: (17, 3).

    Args:
        pelvis: (2,) forward and up.
        ankles: (2, 2) left and right; forward and up.
        lean: of the trunk, forward.
        arms: for left and right: how far the upper arm is raised forward, and the forearm bent.
        twist: how far the left hip is in front; the shoulders turn the other way.
    """
    joints = np.zeros((KEYPOINT_COUNT, 3))
    chest = pelvis + 0.302 * _upward(lean)
    joints[:5] = _head(chest, lean)
    for foot, side in ((0, 1.0), (1, -1.0)):
        hip = pelvis + np.array((twist * side, 0.0))
        joints[11 + foot :: 2, :2] = hip, _knee(hip, ankles[foot]), ankles[foot]
        joints[11 + foot :: 2, 2] = np.array((0.054, 0.056, 0.050)) * side
        shoulder = chest - np.array((1.6 * twist * side, 0.0))
        elbow = shoulder - 0.166 * _upward(-arms[0][foot])
        wrist = elbow - 0.150 * _upward(-arms[0][foot] - arms[1][foot])
        joints[5 + foot : 11 : 2, :2] = shoulder, elbow, wrist
        joints[5 + foot : 11 : 2, 2] = np.array((0.098, 0.112, 0.106)) * side
    return joints


def _upward(degrees: float) -> Array:
    """Give the direction that leans so far forward."""
    angle = np.deg2rad(degrees)
    return np.array((np.sin(angle), np.cos(angle)))


def _knee(hip: Array, ankle: Array) -> Array:
    """Bend the knee forward: thigh and shank have one length."""
    reach = ankle - hip
    length = max(float(np.hypot(*reach)), 1e-9)
    bulge = np.sqrt(max(0.0, LEG**2 - (length / 2) ** 2))
    return np.asarray(hip + reach / 2 + np.array((-reach[1], reach[0])) / length * bulge)


def _head(chest: Array, lean: float) -> Array:
    """Place nose, eyes and ears; who leans looks ahead still."""
    up = _upward(0.35 * lean)
    forward = np.array((up[1], -up[0]))
    middle = chest + 0.109 * _upward(0.6 * lean) + (0.014, 0.0)
    ahead = np.array((0.074, 0.045, 0.045, 0.0, 0.0))[:, None]
    above = np.array((-0.0205, 0.0075, 0.0075, 0.0, 0.0))[:, None]
    side = np.array((0.0, 0.020, -0.020, 0.054, -0.054))[:, None]
    return np.concatenate((middle + ahead * forward + above * up, side), axis=1)


def seen(posture: Posture, heading: float) -> tuple[Points, Array]:
    """Project the joints.

    Args:
        posture: of the body.
        heading: in degrees.

    Returns:
        (17, 2) body heights, x to the right, y up; and (17,): how much nearer to the camera than
        the middle of the body they are.
    """
    forward, up, left = posture.joints.T
    c, s = np.cos(np.deg2rad(heading)), np.sin(np.deg2rad(heading))
    nearer = -forward * s - left * c
    # In side view what is forward has its full length, so that angles of knees are what they are.
    x = forward * c / np.cos(np.deg2rad(RIGHT)) - left * s
    return np.stack((x, up - PERSPECTIVE * nearer * (0.5 - up)), axis=1), nearer
