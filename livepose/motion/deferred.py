"""Steps that wait for later frames: gaps filled, smoothing without lag, and what is behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.step_chain import StepChain


class DeferredFilter(Protocol):
    """Returns each frame some frames later, when it knows what comes after."""

    def push(self, posed: PosedFrame) -> list[PosedFrame]:
        """Take the next frame, and return those that are finished, in order."""

    def flush(self) -> list[PosedFrame]:
        """Return all frames that are held, in order, and forget them."""


class DeferredSteps:
    """Filters that return each frame some frames later, and the steps behind them.

    >>> deferred = DeferredSteps(Butterworth(), steps=())
    >>> deferred.flush()
    []
    """

    def __init__(
        self,
        smoother: Butterworth | None,
        steps: Iterable[MotionStep],
        *,
        before: Sequence[DeferredFilter] = (),
    ) -> None:
        """Join the filters to the steps that take their results.

        Args:
            smoother: Holds frames until those after them are known; None leaves points as they are.
            steps: Applied to each smoothed frame, in this order.
            before: Filters that come before the smoother, in this order.
        """
        self._filters = [*before, *([] if smoother is None else [smoother])]
        self._chain = StepChain(steps)

    def push(self, posed: PosedFrame) -> list[PosedFrame]:
        """Take the next frame, and return those that are finished, in order."""
        finished = self.flush() if posed.is_scene_start else []
        ready = [posed]
        for each in self._filters:
            ready = [result for given in ready for result in each.push(given)]
        return [*finished, *map(self._chain, ready)]

    def flush(self) -> list[PosedFrame]:
        """Return all frames that are still held, in order."""
        ready: list[PosedFrame] = []
        for each in self._filters:
            ready = [*(result for given in ready for result in each.push(given)), *each.flush()]
        return list(map(self._chain, ready))


def smooth_zero_lag(
    posed_frames: Iterable[PosedFrame],
    steps: Iterable[MotionStep] = (),
    *,
    smoother: Butterworth | None = None,
    before: Sequence[DeferredFilter] = (),
) -> Iterator[PosedFrame]:
    """Yield frames smoothed without lag, each some frames after it was read.

    The frames must be tracked and not smoothed yet: `default_steps(max_people, one_euro=False)`.

    Args:
        posed_frames: In order, with times that rise.
        steps: What comes behind smoothing, such as an `AngleMeter`, in this order.
        smoother: The filter; one with its default cutoff unless given.
        before: Filters that come before it, such as a `GapFiller`, in this order.

    >>> from livepose import Estimator, default_steps, load_model, open_source
    >>> with open_source("synthetic:dance") as source, load_model("lightning") as model:
    ...     estimator = Estimator(model, steps=default_steps(1, one_euro=False))
    ...     smooth = next(smooth_zero_lag(map(estimator, source)))
    >>> smooth.frame.index, smooth.poses.xy.shape
    (0, (1, 17, 2))
    """
    deferred = DeferredSteps(smoother or Butterworth(), steps, before=before)
    for posed in posed_frames:
        yield from deferred.push(posed)
    yield from deferred.flush()
