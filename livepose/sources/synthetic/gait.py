"""How a person walks: footprints, feet, pelvis and arms.

Lengths are body heights, angles degrees. The walk is put together from footprints: while one foot
stands, the other swings; the pelvis glides above the middle of both, as high as the legs allow;
knees follow from hip and ankle. Phases and sizes are those of normal walking, e.g. in D. A. Winter,
Biomechanics and Motor Control of Human Movement: 62 % of a stride on the foot, a knee that bends
by 60 degrees in the swing, arms opposite to the legs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livepose.sources.synthetic.posture import ANKLE, LEG, STANDING, Array, Posture, body, rise

HEEL, BALL = -0.046, 0.085
"""Where a foot turns while it comes down and while it pushes off, forward of the ankle."""
SWING_SHARE = 0.76
"""How much of the time between two steps a foot is in the air."""
STRIKE, PUSH = 16.0, 44.0
"""How far the toes point up as the heel lands, and down as they leave the floor."""
FULL_STRIDE = 0.76
"""The distance from one print of a foot to its next at which it strikes and pushes like that."""
GRID = 51
"""Samples for the time of a step, an odd number: the pelvis is smoothed over them."""
REACH = (0.988, 0.9995)
"""How far from the hip an ankle is on the whole, and at the most, over the length of the leg."""


def smoothed(values: Array, samples: int) -> Array:
    """Take the mean over so many samples around each, along the first axis."""
    half = samples // 2
    padded = np.concatenate((values[:1].repeat(half, 0), values, values[-1:].repeat(half, 0)))
    total = np.cumsum(np.concatenate((np.zeros_like(padded[:1]), padded)), axis=0)
    width = 2 * half + 1
    return np.asarray((total[width:] - total[:-width]) / width)


class Walk:
    """A walk from standing to standing, straight on.

    Args:
        distance: in body heights.
        duration_s: from the first motion to the last.
    """

    def __init__(self, distance: float, duration_s: float) -> None:
        # People who walk faster take longer steps and more of them, both by the root of the speed.
        step = min(0.52, 0.47 * float(np.sqrt(distance / duration_s)))
        self._steps = max(2, round(distance / step) + 1)
        self._step_s = duration_s / (self._steps + SWING_SHARE)
        self._prints = np.minimum(np.arange(1, self._steps + 1), self._steps - 1) * (
            distance / (self._steps - 1)
        )
        self._times_s = np.arange(-GRID, (self._steps + 2) * GRID, dtype=np.float64) * (
            self._step_s / GRID
        )
        self._table = self._courses()

    def _courses(self) -> Array:
        """Note the whole walk, sample by sample: (M, 9).

        Its columns: how far and how high the pelvis is, by how much the left foot is in front,
        both ankles forward and up, and how far the toes point up.
        """
        ankles, toes_up = self._feet(self._times_s)
        along = smoothed(self._places(self._times_s).mean(axis=1), GRID)
        spread = ankles[:, 0, 0] - ankles[:, 1, 0]
        apart = smoothed(spread, GRID // 3)
        hips = along[:, None] + _twist(apart)[:, None] * (1, -1)
        across = np.minimum(np.abs(ankles[..., 0] - hips), 1.8 * LEG)
        limits = [ankles[..., 1] + np.sqrt((2 * LEG * s) ** 2 - across**2) for s in REACH]
        most = np.minimum(STANDING, limits[1].min(axis=1))
        stands = 1 - rise(np.abs(spread) / 0.2)
        wished = limits[0].min(axis=1) * (1 - stands) + most * stands
        up = np.minimum(smoothed(wished, GRID // 2), most)
        return np.column_stack((along, up, apart, ankles.reshape(-1, 4), toes_up))

    def posture(self, time_s: float) -> Posture:
        """Give the body at a time since the start; before and after it stands."""
        place = np.clip(time_s * GRID / self._step_s + GRID, 0, len(self._table) - 1.001)
        row, share = int(place), place % 1
        now = self._table[row] + (self._table[row + 1] - self._table[row]) * share
        along, up, apart = now[:3].tolist()
        ankles = now[3:7].reshape(2, 2) - (along, 0.0)
        arms = np.array((-1.0, 1.0)) * 24.0 * apart / 0.38
        elbows = 11.0 + 0.5 * np.maximum(arms, 0.0)
        twist = float(_twist(np.array(apart)))
        joints = body(np.array((0.0, up)), ankles, 1.5, (arms, elbows), twist)
        return Posture(joints, now[7:], np.zeros(2), along)

    def _swings(self, foot: int) -> tuple[Array, Array]:
        """Give the times at which a foot (0 is left) leaves the floor, and all of its prints."""
        lifts_s = (np.arange(foot, self._steps, 2, dtype=np.float64) + 0.5) * self._step_s
        return lifts_s, np.concatenate(([0.0], self._prints[foot::2]))

    def _progress(self, times_s: Array, foot: int) -> tuple[npt.NDArray[np.intp], Array]:
        """Say at which print a foot is or was last, and how far it has swung from there, 0..1."""
        lifts_s, _ = self._swings(foot)
        begun = np.searchsorted(lifts_s, times_s, side="right")
        since_s = times_s - lifts_s[np.maximum(begun - 1, 0)]
        swung = np.where(begun > 0, since_s / (SWING_SHARE * self._step_s), 1.0)
        is_down = swung >= 1.0
        return np.where(is_down, begun, begun - 1), np.where(is_down, 0.0, swung)

    def _places(self, times_s: Array) -> Array:
        """Give both feet's places on the floor, which move on while they swing: (M, 2)."""
        columns = []
        for foot in (0, 1):
            last, swung = self._progress(times_s, foot)
            prints = self._swings(foot)[1]
            there = prints[np.minimum(last + 1, len(prints) - 1)]
            columns.append(prints[last] + (there - prints[last]) * rise(swung))
        return np.stack(columns, axis=1)

    def _feet(self, times_s: Array) -> tuple[Array, Array]:
        """Give both ankles (M, 2, 2: forward, up) and how far the toes point up (M, 2)."""
        both = [self._foot(times_s, foot) for foot in (0, 1)]
        ankles, toes_up = zip(*both, strict=True)
        return np.stack(ankles, axis=1), np.stack(toes_up, axis=1)

    def _foot(self, times_s: Array, foot: int) -> tuple[Array, Array]:
        lifts_s, prints = self._swings(foot)
        vigour = np.minimum(1.0, np.diff(prints) / FULL_STRIDE)
        # Nothing before the first print and nothing after the last.
        strike = STRIKE * np.concatenate(([0.0], vigour, [0.0]))
        push = PUSH * np.concatenate((vigour, [0.0, 0.0]))
        last, swung = self._progress(times_s, foot)
        there = np.minimum(last + 1, len(prints) - 1)
        landed_s = np.concatenate(([0.0], lifts_s + SWING_SHARE * self._step_s))
        lands = 1 - rise((times_s - landed_s[last]) / (0.22 * self._step_s))
        leaves_s = np.concatenate((lifts_s, [np.inf]))[last] - times_s
        leaves = np.clip(1 - leaves_s / (0.5 * self._step_s), 0.0, 1.0) ** 1.7
        toes_up = strike[last] * lands - push[last] * leaves
        standing = _ankle_of(prints[last], toes_up)
        start, end = _ankle_of(prints[last], -push[last]), _ankle_of(prints[there], strike[there])
        swinging = start + (end - start) * np.stack((_stride(swung), rise(swung)), axis=1)
        swinging[:, 1] += 0.022 * vigour[np.minimum(last, len(vigour) - 1)] * np.sin(np.pi * swung)
        turning = -push[last] * (1 - rise(swung / 0.75)) + strike[there] * rise(swung * 2 - 1)
        is_up = swung > 0
        return np.where(is_up[:, None], swinging, standing), np.where(is_up, turning, toes_up)


def _stride(swung: Array) -> Array:
    """Swing forward: the foot is on its way already as it leaves, and comes down at rest."""
    return np.asarray(rise(swung) + 0.4 * swung * (1 - swung) ** 2)


def _twist(apart: Array) -> Array:
    """Turn the pelvis with the legs: how far the left hip is in front of the middle."""
    return np.asarray(0.012 * np.clip(apart / 0.38, -1.0, 1.0))


def _ankle_of(place: Array, toes_up: Array) -> Array:
    """Place the ankle over a print, as the foot turns on its heel or on its ball: (M, 2)."""
    pivot = np.where(toes_up > 0, HEEL, BALL)
    turn = np.deg2rad(toes_up)
    forward = place + pivot - pivot * np.cos(turn) - ANKLE * np.sin(turn)
    return np.stack((forward, ANKLE * np.cos(turn) - pivot * np.sin(turn)), axis=1)
