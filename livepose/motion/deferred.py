"""Steps that wait for later frames: gaps filled, smoothing without lag, and what is behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.smoothing.gap_filler import GapFiller
from livepose.motion.step_chain import StepChain


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
        gap_filler: GapFiller | None = None,
    ) -> None:
        """Join the filters to the steps that take their results.

        Args:
            smoother: Holds frames until those after them are known; None leaves points as they are.
            steps: Applied to each smoothed frame, in this order.
            gap_filler: Comes before the smoother.
        """
        self._filters = [each for each in (gap_filler, smoother) if each is not None]
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
    gap_filler: GapFiller | None = None,
) -> Iterator[PosedFrame]:
    """Yield frames smoothed without lag, each some frames after it was read.

    The frames must be tracked and not smoothed yet: `default_steps(max_people, one_euro=False)`.

    Args:
        posed_frames: In order, with times that rise.
        steps: What comes behind smoothing, such as an `AngleMeter`, in this order.
        smoother: The filter; one with its default cutoff unless given.
        gap_filler: Fills short gaps first, if it is given.

    >>> from livepose import Estimator, default_steps, load_model, open_source
    >>> with open_source("synthetic:dance") as source, load_model("lightning") as model:
    ...     estimator = Estimator(model, steps=default_steps(1, one_euro=False))
    ...     smooth = next(smooth_zero_lag(map(estimator, source)))
    >>> smooth.frame.index, smooth.poses.xy.shape
    (0, (1, 17, 2))
    """
    deferred = DeferredSteps(smoother or Butterworth(), steps, gap_filler=gap_filler)
    for posed in posed_frames:
        yield from deferred.push(posed)
    yield from deferred.flush()
