"""What a figure in side view does when: walks a route, turns round, bends the knees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from livepose.sources.synthetic.gait import Walk
from livepose.sources.synthetic.posture import (
    HEADING_LEFT,
    HEADING_RIGHT,
    Posture,
    knee_bend,
    smoothstep,
    turn_in_place,
)

FIGURE_SHARE = 0.79
"""Height of the dancer over the frame's shorter side; its hands reach 1.16 up and 0.55 out."""
FLOOR_SHARE = 0.945
"""Where the dancer stands, over the height of the frame."""
HORIZON_SHARE = 0.52
"""Where the planks of the floor meet: a figure's height is proportional to its feet below it."""
TURN_S = 0.8
"""How long it takes to turn round, if there is time."""
MARGIN = 0.32
"""A figure so far outside the frame, in body heights, is out of sight, with its shadow."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The frame that a scene is played in."""

    width_px: int
    height_px: int
    figure_scale: float = 1.0
    """The height of a figure over that of the others at its place: a child's is less than 1."""

    def figure_height_px(self, floor_share: float) -> float:
        """Return the height of a figure by where it stands, over the height of the frame."""
        nearness = (floor_share - HORIZON_SHARE) / (FLOOR_SHARE - HORIZON_SHARE)
        shorter_px = min(self.width_px, self.height_px)
        return self.figure_scale * FIGURE_SHARE * nearness * shorter_px


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A figure in side view at a moment."""

    x_px: float
    """Where the middle of the body is."""
    heading: float
    """Degrees; see `livepose.sources.synthetic.posture`."""
    posture: Posture

    @property
    def facing(self) -> int:
        """1 to the right of the frame, -1 to the left."""
        return 1 if -90 < self.heading < 90 else -1


Action: TypeAlias = Callable[[float], Moment]
"""From a time in seconds to what a figure does."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a route: from standing to standing."""

    start_s: float
    end_s: float
    start: float
    """0 is just outside the frame on the left, 1 on the right."""
    end: float


class Route:
    """An action: walks along segments, stands between them, and repeats after a time.

    Where the next segment leads back, the figure turns round before it, with its back to the
    camera.
    """

    def __init__(
        self,
        stage: Stage,
        floor_share: float,
        segments: Sequence[Segment],
        loop_s: float,
        begin_s: float = 0.0,
    ) -> None:
        """Plan the walks.

        Args:
            stage: The frame.
            floor_share: Where the figure walks, over the height of the frame.
            segments: In the order of time, with a pause between them.
            loop_s: After how long they repeat.
            begin_s: How much is over when the scene begins.
        """
        self._body_px = stage.figure_height_px(floor_share)
        self._left_px = -MARGIN * self._body_px
        self._width_px = stage.width_px - 2 * self._left_px
        self._loop_s, self._begin_s = loop_s, begin_s
        self._segments = segments
        self._walks = [
            Walk(
                distance=abs(segment.end - segment.start) * self._width_px / self._body_px,
                duration_s=segment.end_s - segment.start_s,
            )
            for segment in segments
        ]

    def __call__(self, time_s: float) -> Moment:
        now_s = (time_s + self._begin_s) % self._loop_s
        begun = sum(segment.start_s <= now_s for segment in self._segments)
        index = max(0, begun - 1)
        segment, walk = self._segments[index], self._walks[index]
        goes_right = segment.end > segment.start
        facing, heading = (1, HEADING_RIGHT) if goes_right else (-1, HEADING_LEFT)
        posture = walk.posture(now_s - segment.start_s)
        turned = self._turned_share(index, now_s)
        if turned > 0:
            posture = replace(turn_in_place(turned, facing), travelled=posture.travelled)
            heading += facing * (HEADING_LEFT - HEADING_RIGHT) * float(smoothstep(turned))
        x_px = self._left_px + segment.start * self._width_px
        return Moment(x_px + facing * posture.travelled * self._body_px, heading, posture)

    def _turned_share(self, index: int, now_s: float) -> float:
        """Return how much of the turn after a segment is done, 0..1."""
        segment = self._segments[index]
        if index + 1 == len(self._segments):
            return 0.0
        next_segment = self._segments[index + 1]
        if (next_segment.end > next_segment.start) == (segment.end > segment.start):
            return 0.0
        begin_s = max(segment.end_s, next_segment.start_s - TURN_S)
        return float(np.clip((now_s - begin_s) / (next_segment.start_s - begin_s), 0.0, 1.0))


class KneeBends:
    """An action: bends the knees in the middle of the frame, then stands, and repeats."""

    _STRAIGHT, _DEEPEST = 8.0, 108.0
    """Degrees of the knee; 0 is a straight leg."""

    def __init__(self, stage: Stage, count: int, bend_s: float, loop_s: float) -> None:
        """Plan the knee bends.

        Args:
            stage: The frame.
            count: How many.
            bend_s: How long each takes, down and up.
            loop_s: After how long they repeat; the figure stands before the first and after the
                last.
        """
        self._x_px = stage.width_px / 2
        self._count, self._bend_s, self._loop_s = count, bend_s, loop_s
        self._start_s = (loop_s - count * bend_s) * 0.4

    def __call__(self, time_s: float) -> Moment:
        bends = np.clip((time_s % self._loop_s - self._start_s) / self._bend_s, 0, self._count)
        depth = (1 - np.cos(2 * np.pi * bends)) / 2
        degrees = self._STRAIGHT + (self._DEEPEST - self._STRAIGHT) * depth
        return Moment(self._x_px, HEADING_RIGHT, knee_bend(float(degrees)))
