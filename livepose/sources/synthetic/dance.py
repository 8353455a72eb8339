"""The dance of the built-in figure: a table of beats, and the joints between them."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import Float64Array
from livepose.core.skeleton import COCO_SKELETON
from livepose.sources.synthetic.limbs import ARMS, FACE, LEGS

BEAT_S = 0.5
# One row per beat. Lengths in body heights, angles in degrees, left is the figure's own.
# raise: 0 hangs down, 90 is level, 180 points up. bend: added to it for the forearm.
# pelvis x, dip | left foot x, lift | right foot x, lift | left arm raise, bend | right arm raise,
# bend | lean, turn of the head
BEATS = (
    (0.000, 0.000, 0.075, 0.00, -0.075, 0.00, 16, -4, 16, -4, 0, 0.0),
    (0.030, 0.010, 0.125, 0.03, -0.075, 0.00, 38, 40, 38, 40, 2, 0.5),
    (0.085, 0.020, 0.180, 0.00, -0.060, 0.01, 60, 75, 60, 75, 3, 0.6),
    (0.100, 0.000, 0.180, 0.00, 0.010, 0.03, 36, 45, 36, 45, 2, 0.4),
    (0.070, 0.015, 0.180, 0.00, 0.030, 0.00, 18, -4, 18, -4, 0, 0.0),
    (0.010, 0.010, 0.160, 0.01, -0.060, 0.03, 50, 5, 50, 5, -2, -0.5),
    (0.000, 0.015, 0.105, 0.02, -0.105, 0.00, 88, 2, 88, 2, 0, -0.2),
    (0.000, 0.090, 0.105, 0.00, -0.105, 0.00, 92, 6, 92, 6, 0, 0.0),
    (0.000, 0.060, 0.105, 0.00, -0.105, 0.00, 118, 14, 118, 14, 0, 0.0),
    (0.000, 0.000, 0.105, 0.00, -0.105, 0.00, 136, 12, 136, 12, 0, 0.0),
    (-0.010, 0.010, 0.105, 0.00, -0.105, 0.00, 120, 24, 100, 10, -1, 0.2),
    (-0.030, 0.008, 0.105, 0.00, -0.105, 0.00, 102, 48, 58, -44, -3, 0.5),
    (-0.040, 0.012, 0.105, 0.00, -0.105, 0.00, 104, 86, 44, -74, -4, 0.5),
    (-0.040, 0.008, 0.105, 0.00, -0.105, 0.00, 102, 46, 44, -76, -3, 0.4),
    (-0.035, 0.012, 0.105, 0.00, -0.100, 0.01, 100, 84, 44, -74, -3, 0.3),
    (-0.015, 0.008, 0.090, 0.02, -0.075, 0.00, 58, 38, 28, -36, -1, 0.1),
)
LOOP_S = BEAT_S * len(BEATS)


def _slopes(values: Float64Array) -> Float64Array:
    """Return a slope for each row, 0 at turning points: a foot that stands must not slide."""
    step = np.roll(values, -1, axis=0) - values
    before = np.roll(step, 1, axis=0)
    product = before * step
    total = np.where(product > 0, before + step, 1.0)
    return np.asarray(np.where(product > 0, 2 * product / total, 0.0))


_ROWS = np.array(BEATS, np.float64)
_SLOPES = _slopes(_ROWS)


def beat_at(time_s: float) -> Float64Array:
    """Return the table's values at a time, interpolated by cubic Hermite curves; endless."""
    row, t = divmod(time_s / BEAT_S, 1.0)
    here, there = int(row) % len(_ROWS), (int(row) + 1) % len(_ROWS)
    smoothstep = t * t * (3 - 2 * t)
    curve = _ROWS[here] + (_ROWS[there] - _ROWS[here]) * smoothstep
    return np.asarray(curve + t * (1 - t) * ((1 - t) * _SLOPES[here] - t * _SLOPES[there]))


def _direction(degrees: float) -> Float64Array:
    """Return the direction at an angle from hanging down, outward to +x; y up."""
    angle = np.deg2rad(degrees)
    return np.array((np.sin(angle), -np.cos(angle)))


def joints_at(time_s: float) -> Float64Array:
    """Return the keypoints: (17, 2) body heights, x to the subject's left, y up from the floor."""
    beat = beat_at(time_s)
    pelvis_x, dip, lean = beat[0], beat[1], beat[10]
    pelvis = np.array((pelvis_x, 0.517 - dip))
    spine = -_direction(-lean)
    chest = pelvis + spine * 0.302
    joints = np.zeros((len(COCO_SKELETON), 2))
    joints[FACE] = _face(chest, lean, beat[11])
    for side, sign in ((0, 1), (1, -1)):
        mirror = np.array((sign, 1.0))
        hip = pelvis + np.array((0.054 * sign, 0.0))
        foot_x, lift = beat[2 + 2 * side : 4 + 2 * side]
        ankle = np.array((foot_x, 0.056 + lift))
        joints[LEGS[side]] = hip, _knee(hip, ankle, sign), ankle
        raised, bend = beat[6 + 2 * side : 8 + 2 * side]
        joints[ARMS[side]] = _arm(chest, spine, mirror, raised, bend)
    return joints


def _arm(
    chest: Float64Array, spine: Float64Array, mirror: Float64Array, raised: float, bend: float
) -> Float64Array:
    """Return shoulder, elbow and wrist; a raised arm takes its shoulder up and in."""
    across = np.array((spine[1], -spine[0])) * mirror[0]
    shrug = max(0.0, raised - 60) / 120
    shoulder = chest + across * (0.101 - 0.020 * shrug) + spine * 0.040 * shrug
    elbow = shoulder + _direction(raised) * mirror * 0.166
    return np.stack((shoulder, elbow, elbow + _direction(raised + bend) * mirror * 0.150))


def _knee(hip: Float64Array, ankle: Float64Array, outward_sign: int) -> Float64Array:
    """Return the bent knee: most of the bend is towards the camera, a part goes outward."""
    reach = ankle - hip
    length = float(np.hypot(*reach))
    bulge = np.sqrt(max(0.0, 0.240**2 - (length / 2) ** 2))
    # In a squat the hips go back: the thigh tilts more than the shank, and looks shorter.
    thigh_share = 0.470 - 0.45 * max(0.0, 1 - length / 0.480)
    outward = np.array((-reach[1], reach[0])) / length * outward_sign
    return np.asarray(hip + reach * thigh_share + outward * (0.30 * bulge))


def _face(chest: Float64Array, lean: float, turn: float) -> Float64Array:
    """Return nose, eyes and ears; `turn` is -1..1, to the subject's left when positive."""
    up = -_direction(-lean * 0.5)
    across = np.array((up[1], -up[0]))
    middle = chest + up * 0.109
    x = np.array((0.015, 0.0065, 0.0065, 0, 0)) * turn + (0, 0.020, -0.020, 0.054, -0.054)
    y = np.array((-0.0205, 0.0075, 0.0075, 0.0, 0.0))
    return np.asarray(middle + x[:, None] * across + y[:, None] * up)
