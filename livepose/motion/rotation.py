"""RotationPolicy: which way up people are, for a network that knows them upright."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Protocol

from livepose.core.frame import PosedFrame

_GOOD_SCORE = 0.62
"""Somebody upright scores about 0.7; turned by a quarter or a half, 0.5 to 0.6."""
_PATIENCE_S = 0.7
_REST_S = 2.0


@dataclass(frozen=True, slots=True)
class Rotation:
    """How a picture is turned for the network, in quarters anticlockwise."""

    now: int = 0
    alternative: int = 0
    """Looked at as well, where it is another: it counts if it is clearly better."""


class RotationPolicy(Protocol):
    """What chooses how the next picture is turned. It is asked in the order of the frames."""

    @property
    def initial(self) -> Rotation: ...

    def next_rotation(self, posed: PosedFrame) -> Rotation:
        """Choose for the next picture, given what was found in this one."""

    def reset(self) -> None: ...


class FixedRotation:
    """Always so many quarter turns, anticlockwise."""

    def __init__(self, quarter_turns: int = 0) -> None:
        self.initial = Rotation(quarter_turns, quarter_turns)

    def next_rotation(self, posed: PosedFrame) -> Rotation:
        return self.initial

    def reset(self) -> None:
        """Nothing is remembered."""


class AutoRotation:
    """Tries the other turns when the score has been less than good for a while.

    For somebody who stands on their hands or lies on the floor: MoveNet was trained on people who
    are upright. A trial is one more look at one picture, and three of them are made every other
    second at most.
    """

    initial = Rotation()

    def __init__(self) -> None:
        self._now = 0
        self.reset()

    def reset(self) -> None:
        self._well_s = -inf
        self._untried: list[int] = []
        self._on_trial: set[int] = set()

    def next_rotation(self, posed: PosedFrame) -> Rotation:
        time_s, seen = posed.frame.time_s, posed.region.quarter_turns
        score = float(posed.detections.person_score.max(initial=0.0))
        # A trial that won comes as the result. Results that were under way before it do not count.
        if seen in self._on_trial:
            self._now = seen
            self.reset()
        if score >= _GOOD_SCORE or self._well_s == -inf:
            self._well_s = max(self._well_s, time_s)
            self._untried = []
        elif not self._untried and time_s - self._well_s > _PATIENCE_S:
            self._untried = [(self._now + by) % 4 for by in (1, 3, 2)]
            self._well_s = time_s + _REST_S
        if not self._untried:
            return Rotation(self._now, self._now)
        trial = self._untried.pop()
        self._on_trial.add(trial)
        return Rotation(self._now, trial)
