"""Steps that wait for later frames: smoothing without lag, and whatever is measured behind it."""

from __future__ import annotations

from collections.abc import Iterable

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.step_chain import StepChain


class DeferredSteps:
    """A `Butterworth` filter, which returns each frame some frames later, and the steps behind it.

    >>> deferred = DeferredSteps(Butterworth(), steps=())
    >>> deferred.flush()
    []
    """

    def __init__(self, smoother: Butterworth, steps: Iterable[MotionStep]) -> None:
        """Join a smoother to the steps that take its results.

        Args:
            smoother: holds frames until those after them are known.
            steps: applied to each smoothed frame, in this order.
        """
        self._smoother = smoother
        self._chain = StepChain(steps)

    def push(self, posed: PosedFrame) -> list[PosedFrame]:
        """Take the next frame, and return those that are finished, in order."""
        finished = self._smoother.flush() if posed.is_scene_start else []
        return [self._chain(ready) for ready in (*finished, *self._smoother.push(posed))]

    def flush(self) -> list[PosedFrame]:
        """Return all frames that are still held, in order."""
        return [self._chain(ready) for ready in self._smoother.flush()]
