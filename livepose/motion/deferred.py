"""Steps that wait for later frames: smoothing without lag, and whatever is measured behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
            smoother: Holds frames until those after them are known.
            steps: Applied to each smoothed frame, in this order.
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


def smooth_zero_lag(
    posed_frames: Iterable[PosedFrame],
    steps: Iterable[MotionStep] = (),
    *,
    smoother: Butterworth | None = None,
) -> Iterator[PosedFrame]:
    """Yield frames smoothed without lag, each some frames after it was read.

    The frames must be tracked and not smoothed yet: `default_steps(max_people, one_euro=False)`.

    Args:
        posed_frames: In order, with times that rise.
        steps: What comes behind smoothing, such as an `AngleMeter`, in this order.
        smoother: The filter; one with its default cutoff unless given.

    >>> from livepose import Estimator, default_steps, load_model, open_source
    >>> with open_source("synthetic:dance") as source, load_model("lightning") as model:
    ...     estimator = Estimator(model, steps=default_steps(1, one_euro=False))
    ...     smooth = next(smooth_zero_lag(map(estimator, source)))
    >>> smooth.frame.index, smooth.poses.xy.shape
    (0, (1, 17, 2))
    """
    deferred = DeferredSteps(smoother or Butterworth(), steps)
    for posed in posed_frames:
        yield from deferred.push(posed)
    yield from deferred.flush()
