"""What somebody in side view does when: walks a way, turns round, bends the knees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from livepose.sources.synthetic.gait import Walk
from livepose.sources.synthetic.posture import LEFT, RIGHT, Posture, bent, rise, turning

FIGURE_SHARE = 0.79
"""Height of the dancer over the shorter side; its hands reach 1.16 up and 0.55 out."""
FLOOR_SHARE = 0.945
"""Where the dancer stands, over the height of the picture."""
HORIZON_SHARE = 0.52
"""Where the planks of the floor run together: how tall a figure is goes by its feet below it."""
TURN_S = 0.8
"""How long it takes to turn round, where there is time."""
MARGIN = 0.32
"""Who stands so far outside of the picture, in body heights, is not seen, nor the shadow."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The picture that a scene is played in."""

    width_px: int
    height_px: int

    def tall_px(self, floor_share: float) -> float:
        """Give the height of a figure that stands there."""
        nearness = (floor_share - HORIZON_SHARE) / (FLOOR_SHARE - HORIZON_SHARE)
        return FIGURE_SHARE * nearness * min(self.width_px, self.height_px)


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What somebody in side view does at a moment."""

    x_px: float
    """Where the middle of the body is."""
    heading: float
    posture: Posture

    @property
    def facing(self) -> int:
        """1 to the right of the picture, -1 to the left."""
        return 1 if -90 < self.heading < 90 else -1


Act: TypeAlias = Callable[[float], Moment]
"""From seconds to what is done."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a way: from standing to standing."""

    start_s: float
    end_s: float
    start: float
    """0 is just outside of the picture on the left, 1 on the right."""
    end: float


class Route:
    """A way in stretches, which begins anew after a time.

    Where the next stretch leads back it turns round before it, with its back to the camera.

    Args:
        stage: the picture.
        floor_share: where it is walked, over the height of the picture.
        stretches: in the order of time; between them the figure stands, for a while at least.
        loop_s: when it begins anew.
        begin_s: how much of it is over when the scene begins.
    """

    def __init__(
        self,
        stage: Stage,
        floor_share: float,
        stretches: Sequence[Stretch],
        loop_s: float,
        begin_s: float = 0.0,
    ) -> None:
        self._body_px = stage.tall_px(floor_share)
        self._left_px = -MARGIN * self._body_px
        self._way_px = stage.width_px - 2 * self._left_px
        self._loop_s, self._begin_s = loop_s, begin_s
        self._stretches = stretches
        self._walks = [self._walk(stretch) for stretch in stretches]

    def _walk(self, stretch: Stretch) -> Walk:
        way_px = abs(stretch.end - stretch.start) * self._way_px
        return Walk(way_px / self._body_px, stretch.end_s - stretch.start_s)

    def __call__(self, time_s: float) -> Moment:
        now_s = (time_s + self._begin_s) % self._loop_s
        begun = sum(stretch.start_s <= now_s for stretch in self._stretches)
        index = max(0, begun - 1)
        stretch, walk = self._stretches[index], self._walks[index]
        facing, heading = (1, RIGHT) if stretch.end > stretch.start else (-1, LEFT)
        posture = walk.posture(now_s - stretch.start_s)
        turned = self._turned(index, now_s)
        if turned > 0:
            posture = replace(turning(turned, facing), along=posture.along)
            heading += facing * (LEFT - RIGHT) * float(rise(turned))
        x_px = self._left_px + stretch.start * self._way_px
        return Moment(x_px + facing * posture.along * self._body_px, heading, posture)

    def _turned(self, index: int, now_s: float) -> float:
        """Say how much of the turn after a stretch is done, 0..1."""
        here, *after = self._stretches[index : index + 2]
        if not after or (after[0].end > after[0].start) == (here.end > here.start):
            return 0.0
        begin_s = max(here.end_s, after[0].start_s - TURN_S)
        return float(np.clip((now_s - begin_s) / (after[0].start_s - begin_s), 0.0, 1.0))


class KneeBends:
    """Knee bends in the middle of the picture, then standing, and anew.

    Args:
        stage: the picture.
        count: how many.
        bend_s: the time of each, down and up.
        loop_s: when they begin anew; what is left is stood still, before the first and after.
    """

    STRAIGHT, DEEPEST = 8.0, 108.0
    """Degrees of the knee; 0 is a straight leg."""

    def __init__(self, stage: Stage, count: int, bend_s: float, loop_s: float) -> None:
        self._x_px = stage.width_px / 2
        self._count, self._bend_s, self._loop_s = count, bend_s, loop_s
        self._start_s = (loop_s - count * bend_s) * 0.4

    def __call__(self, time_s: float) -> Moment:
        bends = np.clip((time_s % self._loop_s - self._start_s) / self._bend_s, 0, self._count)
        depth = (1 - np.cos(2 * np.pi * bends)) / 2
        knee = self.STRAIGHT + (self.DEEPEST - self.STRAIGHT) * depth
        return Moment(self._x_px, RIGHT, bent(float(knee)))
