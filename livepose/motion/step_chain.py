"""A chain of motion steps: each takes the result of the one before it."""

from __future__ import annotations

from collections.abc import Iterable

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep


class StepChain(MotionStep):
    """Apply several steps in order, and reset all of them at the start of a scene.

    >>> import numpy as np
    >>> from livepose import Frame, OneEuro, Poses, Region, Tracker
    >>> chain = StepChain([Tracker(), OneEuro()])
    >>> poses = Poses.from_keypoints(
    ...     np.ones((1, 17, 2), np.float32), np.full((1, 17), 0.9, np.float32)
    ... )
    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    >>> chain(PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0)).poses.track_id.tolist()
    [1]
    """

    def __init__(self, steps: Iterable[MotionStep]) -> None:
        self._steps = tuple(steps)

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        if posed.is_scene_start:
            self.reset()
        for step in self._steps:
            posed = step(posed)
        return posed

    def reset(self) -> None:
        for step in self._steps:
            step.reset()
