"""Estimators for pipelines, and the results that a pipeline must give."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseEstimator, PoseModel, Source
from livepose.core.region import PreparedInput, Region
from livepose.motion import Estimator, SmartCrop
from livepose.pipeline import OfflinePipeline, PaintedResult
from tests.support.fakes import CropDependentModel, Numbered

LIMIT_S = 30.0


def pipeline_threads() -> list[str]:
    """Return the names of the threads that the package has started."""
    return [t.name for t in threading.enumerate() if t.name.startswith("livepose-")]


def random_delay_s(number: int) -> float:
    """Return a random delay of up to 4 ms, so that frames overtake each other."""
    return 0.004 * float(np.random.default_rng().random())


class Collector:
    """A consumer that keeps all results, and paints nothing."""

    def __init__(self) -> None:
        self.results: list[PosedFrame] = []

    @property
    def indices(self) -> list[int]:
        return [posed.frame.index for posed in self.results]

    def paint(self, posed: PosedFrame) -> Sequence[PaintedResult]:
        return [PaintedResult(posed, None)]

    def write(self, results: Sequence[PaintedResult]) -> None:
        self.results += [result.posed for result in results]


def run_offline(source: Source, estimator: PoseEstimator) -> list[PosedFrame]:
    """Return the results of as many threads as the estimator may have frames in flight."""
    collector = Collector()
    with OfflinePipeline(source, estimator, collector) as pipeline:
        assert pipeline.wait(LIMIT_S)
    return collector.results


def crop_only_estimator(model: PoseModel, in_flight: int) -> Estimator:
    """Return an estimator whose only state is the crop region."""
    return Estimator(model, crop=SmartCrop(low_pass=1.0), steps=(), in_flight=in_flight)


def run_sequentially(
    source: Numbered, in_flight: int, model: PoseModel | None = None
) -> list[PosedFrame]:
    """Return what a pipeline must yield: frame n is prepared once frame n - in_flight is done.

    The first frame is done before the second one is prepared.
    """
    estimator = crop_only_estimator(model or CropDependentModel(), in_flight)
    planned: list[tuple[Frame, PreparedInput]] = []
    results = []

    def settle() -> None:
        results.append(estimator.update(estimator.infer(*planned.pop(0))))

    for frame in source:
        if len(planned) == (in_flight if results else 1):
            settle()
        planned.append((frame, estimator.preprocess(frame)))
    while planned:
        settle()
    return results


def exact_results(results: list[PosedFrame]) -> list[tuple[int, Region, list[float]]]:
    """Return all that was found in each frame, to compare exactly."""
    return [(p.frame.index, p.region, p.poses.xy.ravel().tolist()) for p in results]


class FailingEstimator(Estimator):
    """Fails in one step of one frame; the three frames before that one are slow."""

    def __init__(self, step: str, number: int, in_flight: int) -> None:
        super().__init__(
            CropDependentModel(lambda seen: 0.03 if number - 3 <= seen < number else 0.0),
            in_flight=in_flight,
        )
        self._failing = (step, number)

    def preprocess(self, frame: Frame) -> PreparedInput:
        self._fail("preprocess", frame)
        return super().preprocess(frame)

    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        self._fail("infer", frame)
        return super().infer(frame, prepared)

    def update(self, posed: PosedFrame) -> PosedFrame:
        self._fail("update", posed.frame)
        return super().update(posed)

    def _fail(self, step: str, frame: Frame) -> None:
        if (step, frame.index) == self._failing:
            raise ZeroDivisionError(f"in {step} of {frame.index}")
