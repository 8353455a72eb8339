"""How a person walks: footprints, feet, pelvis and arms.

Lengths are body heights, angles degrees. The walk is put together from footprints: while one foot
stands, the other swings; the pelvis glides above the middle of both, as high as the legs allow;
knees follow from hip and ankle. Phases and sizes are those of normal walking, e.g. in D. A. Winter,
Biomechanics and Motor Control of Human Movement: 62 % of a stride on the foot, a knee that bends
by 60 degrees in the swing, arms opposite to the legs.
"""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import Float64Array, IntpArray
from livepose.sources.synthetic.posture import (
    ANKLE_HEIGHT,
    LEG_SEGMENT,
    STANDING_HIP_HEIGHT,
    Posture,
    assemble_body,
    smoothstep,
)

HEEL, BALL = -0.046, 0.085
"""The points a foot pivots on as it lands and as it pushes off, forward of the ankle."""
SWING_SHARE = 0.76
"""How much of the time between two steps a foot is in the air."""
STRIKE_DEGREES, PUSH_OFF_DEGREES = 16.0, 44.0
"""How far the toes point up as the heel lands, and down as they leave the floor."""
FULL_STRIDE = 0.76
"""The distance between two prints of one foot at which it lands and pushes off like that."""
SAMPLES_PER_STEP = 51
"""An odd number: the pelvis is smoothed over them."""
USUAL_REACH, MAX_REACH = 0.988, 0.9995
"""How far from the hip an ankle is on average, and at most, over the length of the leg."""


class Walk:
    """A straight walk, from standing to standing."""

    def __init__(self, distance: float, duration_s: float) -> None:
        """Plan the steps.

        Args:
            distance: In body heights.
            duration_s: From the first motion to the last.
        """
        # People who walk faster take longer and more steps, both by the square root of the speed.
        step = min(0.52, 0.47 * float(np.sqrt(distance / duration_s)))
        self._steps = max(2, round(distance / step) + 1)
        self._step_s = duration_s / (self._steps + SWING_SHARE)
        self._prints = np.minimum(np.arange(1, self._steps + 1), self._steps - 1) * (
            distance / (self._steps - 1)
        )
        samples = np.arange(
            -SAMPLES_PER_STEP, (self._steps + 2) * SAMPLES_PER_STEP, dtype=np.float64
        )
        self._table = self._sample(samples * (self._step_s / SAMPLES_PER_STEP))

    def posture(self, time_s: float) -> Posture:
        """Return the body at a time since the start; before and after the walk it stands."""
        place = np.clip(
            time_s * SAMPLES_PER_STEP / self._step_s + SAMPLES_PER_STEP, 0, len(self._table) - 1.001
        )
        row, share = int(place), place % 1
        now = self._table[row] + (self._table[row + 1] - self._table[row]) * share
        travelled, up, apart = now[:3].tolist()
        ankles = now[3:7].reshape(2, 2) - (travelled, 0.0)
        arms = np.array((-1.0, 1.0)) * 24.0 * apart / 0.38
        elbows = 11.0 + 0.5 * np.maximum(arms, 0.0)
        twist = float(_pelvis_twist(np.array(apart)))
        joints = assemble_body(np.array((0.0, up)), ankles, 1.5, (arms, elbows), twist)
        return Posture(joints, now[7:], np.zeros(2), travelled)

    def _sample(self, times_s: Float64Array) -> Float64Array:
        """Return the whole walk, sample by sample: (M, 9).

        Its columns: how far and how high the pelvis is, by how much the left foot is in front,
        both ankles forward and up, and how far the toes point up.
        """
        (left, left_up), (right, right_up) = (self._foot(times_s, foot) for foot in (0, 1))
        ankles, toes_up = np.stack((left, right), axis=1), np.stack((left_up, right_up), axis=1)
        travelled = _moving_average(self._foot_places(times_s).mean(axis=1), SAMPLES_PER_STEP)
        spread = ankles[:, 0, 0] - ankles[:, 1, 0]
        apart = _moving_average(spread, SAMPLES_PER_STEP // 3)
        hips = travelled[:, None] + _pelvis_twist(apart)[:, None] * (1, -1)
        across = np.minimum(np.abs(ankles[..., 0] - hips), 1.8 * LEG_SEGMENT)
        usual_height, max_height = (
            ankles[..., 1] + np.sqrt((2 * LEG_SEGMENT * reach) ** 2 - across**2)
            for reach in (USUAL_REACH, MAX_REACH)
        )
        highest = np.minimum(STANDING_HIP_HEIGHT, max_height.min(axis=1))
        stands = 1 - smoothstep(np.abs(spread) / 0.2)
        wanted = usual_height.min(axis=1) * (1 - stands) + highest * stands
        up = np.minimum(_moving_average(wanted, SAMPLES_PER_STEP // 2), highest)
        return np.column_stack((travelled, up, apart, ankles.reshape(-1, 4), toes_up))

    def _foot(self, times_s: Float64Array, foot: int) -> tuple[Float64Array, Float64Array]:
        """Return one ankle, (M, 2: forward, up), and how far its toes point up, (M,)."""
        lift_times_s, prints = self._footprints(foot)
        vigour = np.minimum(1.0, np.diff(prints) / FULL_STRIDE)
        # The foot neither lands on its first print nor pushes off from its last.
        strike = STRIKE_DEGREES * np.concatenate(([0.0], vigour, [0.0]))
        push = PUSH_OFF_DEGREES * np.concatenate((vigour, [0.0, 0.0]))
        last, swung = self._swing_progress(times_s, foot)
        target = np.minimum(last + 1, len(prints) - 1)
        landed_s = np.concatenate(([0.0], lift_times_s + SWING_SHARE * self._step_s))
        landing = 1 - smoothstep((times_s - landed_s[last]) / (0.22 * self._step_s))
        lifts_in_s = np.concatenate((lift_times_s, [np.inf]))[last] - times_s
        lifting = np.clip(1 - lifts_in_s / (0.5 * self._step_s), 0.0, 1.0) ** 1.7
        toes_up = strike[last] * landing - push[last] * lifting
        standing = _ankle(prints[last], toes_up)
        start = _ankle(prints[last], -push[last])
        end = _ankle(prints[target], strike[target])
        swinging = start + (end - start) * np.stack(
            (_swing_forward(swung), smoothstep(swung)), axis=1
        )
        swinging[:, 1] += 0.022 * vigour[np.minimum(last, len(vigour) - 1)] * np.sin(np.pi * swung)
        tilting = -push[last] * (1 - smoothstep(swung / 0.75)) + strike[target] * smoothstep(
            swung * 2 - 1
        )
        is_in_air = swung > 0
        return (
            np.where(is_in_air[:, None], swinging, standing),
            np.where(is_in_air, tilting, toes_up),
        )

    def _foot_places(self, times_s: Float64Array) -> Float64Array:
        """Return both feet's places on the floor, which move on while they swing: (M, 2)."""
        columns = []
        for foot in (0, 1):
            last, swung = self._swing_progress(times_s, foot)
            _, prints = self._footprints(foot)
            target = prints[np.minimum(last + 1, len(prints) - 1)]
            columns.append(prints[last] + (target - prints[last]) * smoothstep(swung))
        return np.stack(columns, axis=1)

    def _swing_progress(self, times_s: Float64Array, foot: int) -> tuple[IntpArray, Float64Array]:
        """Return the print a foot is on or was on last, and how far it has swung on, 0..1."""
        lift_times_s, _ = self._footprints(foot)
        begun = np.searchsorted(lift_times_s, times_s, side="right")
        since_s = times_s - lift_times_s[np.maximum(begun - 1, 0)]
        swung = np.where(begun > 0, since_s / (SWING_SHARE * self._step_s), 1.0)
        is_down = swung >= 1.0
        return np.where(is_down, begun, begun - 1), np.where(is_down, 0.0, swung)

    def _footprints(self, foot: int) -> tuple[Float64Array, Float64Array]:
        """Return the times at which a foot (0 is left) leaves the floor, and all of its prints."""
        lift_times_s = (np.arange(foot, self._steps, 2, dtype=np.float64) + 0.5) * self._step_s
        return lift_times_s, np.concatenate(([0.0], self._prints[foot::2]))


def _moving_average(values: Float64Array, samples: int) -> Float64Array:
    """Return the mean over a number of samples around each, along the first axis."""
    half = samples // 2
    padded = np.concatenate((values[:1].repeat(half, 0), values, values[-1:].repeat(half, 0)))
    total = np.cumsum(np.concatenate((np.zeros_like(padded[:1]), padded)), axis=0)
    width = 2 * half + 1
    return np.asarray((total[width:] - total[:-width]) / width)


def _swing_forward(swung: Float64Array) -> Float64Array:
    """Return how far a foot has come: it is moving already as it lifts, and lands at rest."""
    return np.asarray(smoothstep(swung) + 0.4 * swung * (1 - swung) ** 2)


def _pelvis_twist(apart: Float64Array) -> Float64Array:
    """Return how far the left hip is in front of the middle, as the pelvis turns with the legs."""
    return np.asarray(0.012 * np.clip(apart / 0.38, -1.0, 1.0))


def _ankle(place: Float64Array, toes_up: Float64Array) -> Float64Array:
    """Return the ankle over a print, as the foot pivots on its heel or on its ball: (M, 2)."""
    pivot = np.where(toes_up > 0, HEEL, BALL)
    angle = np.deg2rad(toes_up)
    forward = place + pivot - pivot * np.cos(angle) - ANKLE_HEIGHT * np.sin(angle)
    return np.stack((forward, ANKLE_HEIGHT * np.cos(angle) - pivot * np.sin(angle)), axis=1)
