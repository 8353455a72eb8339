"""Rotation: which way up the frame is shown to a network that was trained on upright people."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Protocol

from livepose.core.frame import PosedFrame

_GOOD_SCORE = 0.62
"""An upright person scores about 0.7; turned by a quarter or a half, 0.5 to 0.6."""
_PATIENCE_S = 0.7
_REST_S = 2.0


@dataclass(frozen=True, slots=True)
class Rotation:
    """How the frame is rotated for the network, in quarter turns anticlockwise."""

    quarter_turns: int = 0
    alternative: int = 0
    """Another rotation to try as well, if it differs: it counts if it is clearly better."""


class RotationPolicy(Protocol):
    """Choose the rotation of the next frame. It is called in the order of the frames."""

    @property
    def initial(self) -> Rotation:
        """The rotation of the first frame."""

    def next_rotation(self, posed: PosedFrame) -> Rotation:
        """Return the rotation of the next frame, given what was found in this one."""

    def reset(self) -> None:
        """Forget the frames before."""


class FixedRotation:
    """Rotate every frame by the same number of quarter turns, anticlockwise.

    >>> FixedRotation(1).initial
    Rotation(quarter_turns=1, alternative=1)
    """

    def __init__(self, quarter_turns: int = 0) -> None:
        self.initial = Rotation(quarter_turns, quarter_turns)

    def next_rotation(self, posed: PosedFrame) -> Rotation:
        return self.initial

    def reset(self) -> None:
        """Do nothing: no state is kept."""


class AutoRotation:
    """Try the other rotations when the score has been less than good for a while.

    This is for people who do a handstand or lie on the floor: MoveNet was trained on upright
    people. A trial costs one more run of the network on one frame; there are at most three of them
    in 2.7 seconds.

    >>> import numpy as np
    >>> from livepose import Frame, Poses, Region
    >>> policy, poses = AutoRotation(), Poses.empty()  # nobody is found for a second
    >>> for number in range(30):
    ...     frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8), number, number / 30)
    ...     posed = PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0)
    ...     if (tried := policy.next_rotation(posed).alternative):
    ...         print(f"frame {number}: {tried} quarter turns")
    frame 22: 2 quarter turns
    frame 23: 3 quarter turns
    frame 24: 1 quarter turns
    """

    initial = Rotation()

    def __init__(self) -> None:
        self._quarter_turns = 0
        self.reset()

    def reset(self) -> None:
        self._good_s = -inf
        self._untried: list[int] = []
        self._on_trial: set[int] = set()

    def next_rotation(self, posed: PosedFrame) -> Rotation:
        time_s, quarter_turns = posed.frame.time_s, posed.region.quarter_turns
        score = float(posed.detections.person_score.max(initial=0.0))
        # A trial that won is the result. Frames that were in flight before it do not count.
        if quarter_turns in self._on_trial:
            self._quarter_turns = quarter_turns
            self.reset()
        if score >= _GOOD_SCORE or self._good_s == -inf:
            self._good_s = max(self._good_s, time_s)
            self._untried = []
        elif not self._untried and time_s - self._good_s > _PATIENCE_S:
            self._untried = [(self._quarter_turns + by) % 4 for by in (1, 3, 2)]
            self._good_s = time_s + _REST_S
        if not self._untried:
            return Rotation(self._quarter_turns, self._quarter_turns)
        trial = self._untried.pop()
        self._on_trial.add(trial)
        return Rotation(self._quarter_turns, trial)
