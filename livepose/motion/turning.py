"""Turning: which way up people are, for a network that knows them upright."""

from __future__ import annotations

from math import inf
from typing import Protocol

from livepose.core.frame import PosedFrame

_POOR_SCORE = 0.4
_PATIENCE_S = 0.7
_REST_S = 2.0
_GAIN = 0.1
"""By how much another turn must score better."""
_TURNS = range(4)


class Turning(Protocol):
    """What chooses how the next picture is turned. It is asked in the order of the frames."""

    @property
    def quarter_turns(self) -> int:
        """Anticlockwise, for the first picture."""

    def next_turns(self, posed: PosedFrame) -> int:
        """Give the quarter turns for the next picture, given what was found in this one."""

    def reset(self) -> None: ...


class FixedTurn:
    """Always so many quarter turns, anticlockwise."""

    def __init__(self, quarter_turns: int = 0) -> None:
        self.quarter_turns = quarter_turns

    def next_turns(self, posed: PosedFrame) -> int:
        return self.quarter_turns

    def reset(self) -> None:
        """Nothing is remembered."""


class AutoTurn:
    """Tries the other turns when the score has been poor for a while, and keeps the best.

    For somebody who stands on their hands or lies on the floor: MoveNet was trained on people who
    are upright, and scores others poorly.
    """

    def __init__(self) -> None:
        self.quarter_turns = 0
        self.reset()

    def reset(self) -> None:
        self._well_s = -inf
        self._scores: dict[int, float] = {}
        self._untried: list[int] = []

    def next_turns(self, posed: PosedFrame) -> int:
        """Give the turns for the next picture; each trial takes a picture."""
        time_s, turns = posed.frame.time_s, posed.region.quarter_turns
        score = float(posed.found.person_score.max(initial=0.0))
        if self._scores:
            self._scores[turns] = max(score, self._scores.get(turns, 0.0))
            return self._next_trial(time_s)
        if score >= _POOR_SCORE or self._well_s == -inf:
            self._well_s = max(self._well_s, time_s)
        if time_s - self._well_s > _PATIENCE_S:
            self._scores = {self.quarter_turns: score}
            self._untried = [other for other in _TURNS if other != self.quarter_turns]
            return self._next_trial(time_s)
        return self.quarter_turns

    def _next_trial(self, time_s: float) -> int:
        if self._untried:
            return self._untried.pop()
        if len(self._scores) < len(_TURNS):  # the last ones are still being looked at
            return self.quarter_turns
        best = max(self._scores, key=lambda turns: self._scores[turns])
        if self._scores[best] > self._scores[self.quarter_turns] + _GAIN:
            self.quarter_turns = best
        self._scores = {}
        self._well_s = time_s + _REST_S
        return self.quarter_turns
