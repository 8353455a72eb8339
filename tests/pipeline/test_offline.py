"""The offline pipeline: its threads do everything, in order and once, errors come last."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from livepose.core.errors import SourceCutShort
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import Source
from livepose.motion import Estimator, SmartCrop
from livepose.pipeline import OfflinePipeline, PaintedResult
from tests.support.fakes import CropDependentModel, Marked
from tests.support.pipelines import (
    FailingEstimator,
    exact_results,
    pipeline_threads,
    random_delay_s,
    run_sequentially,
)

PATIENCE_S = 60.0
IN_FLIGHT = [1, 2, 3]


def at_once(number: int) -> float:
    return 0.0


class Noting:
    """Notes what is written, when, and by which thread; takes its time, and fails where told."""

    def __init__(
        self,
        *,
        paint_s: Callable[[int], float] = at_once,
        write_s: Callable[[int], float] = at_once,
        failing: tuple[str, int] | None = None,
    ) -> None:
        self.written: list[PosedFrame] = []
        self.steps: list[tuple[str, int]] = []
        """In the order in which they were begun."""
        self.threads: set[str] = set()
        self.overlaps = 0
        self._paint_s, self._write_s = paint_s, write_s
        self._failing = failing
        self._writing = threading.Lock()
        self._begun = threading.Condition()

    @property
    def indices(self) -> list[int]:
        return [posed.frame.index for posed in self.written]

    def paint(self, posed: PosedFrame) -> Sequence[PaintedResult]:
        self._begin("paint", posed)
        time.sleep(self._paint_s(posed.frame.index))
        self._fail("paint", posed)
        return [PaintedResult(posed, None)]

    def write(self, results: Sequence[PaintedResult]) -> None:
        if not self._writing.acquire(blocking=False):
            self.overlaps += 1
            return
        try:
            for posed in (result.posed for result in results):
                self._begin("write", posed)
                time.sleep(self._write_s(posed.frame.index))
                self._fail("write", posed)
                self.written.append(posed)
        finally:
            self._writing.release()

    def wait_for(self, step: str, number: int) -> None:
        """Wait until a step of a frame has begun."""
        with self._begun:
            assert self._begun.wait_for(lambda: (step, number) in self.steps, PATIENCE_S)

    def _begin(self, step: str, posed: PosedFrame) -> None:
        with self._begun:
            self.threads.add(threading.current_thread().name)
            self.steps.append((step, posed.frame.index))
            self._begun.notify_all()

    def _fail(self, step: str, posed: PosedFrame) -> None:
        if (step, posed.frame.index) == self._failing:
            raise ZeroDivisionError(f"in {step} of {posed.frame.index}")


def pipeline_of(
    source: Source,
    consumer: Noting,
    threads: int,
    estimator: Estimator | None = None,
    at_a_time: int = 1,
) -> OfflinePipeline:
    in_flight = threads * at_a_time
    estimator = estimator or Estimator(
        CropDependentModel(random_delay_s),
        crop=SmartCrop(low_pass=1.0),
        steps=(),
        in_flight=in_flight,
    )
    return OfflinePipeline(source, estimator, consumer, threads=threads)


# What is written, in which order, and where.


@pytest.mark.parametrize("at_a_time", [1, 3])
@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_each_frame_is_painted_and_written_once_and_in_order(
    in_flight: int,
    at_a_time: int,
) -> None:
    consumer = Noting(
        paint_s=lambda number: 0.02 if number % in_flight == 0 else 0.001,
        write_s=lambda number: 0.001,
    )
    with pipeline_of(Marked(60), consumer, in_flight, at_a_time=at_a_time) as pipeline:
        assert pipeline.wait(PATIENCE_S)
    assert consumer.indices == list(range(60))
    assert consumer.overlaps == 0
    painted = [number for step, number in consumer.steps if step == "paint"]
    assert painted == list(range(60))


@pytest.mark.parametrize("at_a_time", [1, 3])
@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_what_is_written_is_what_one_thread_would_give(in_flight: int, at_a_time: int) -> None:
    consumer = Noting()
    with pipeline_of(Marked(120), consumer, in_flight, at_a_time=at_a_time) as pipeline:
        assert pipeline.wait(PATIENCE_S)
    assert exact_results(consumer.written) == exact_results(
        run_sequentially(Marked(120), in_flight * at_a_time)
    )


@pytest.mark.parametrize("in_flight", [2, 3])
def test_a_frame_is_painted_while_the_one_before_it_is_written(in_flight: int) -> None:
    class Meeting(Noting):
        def write(self, results: Sequence[PaintedResult]) -> None:
            if results[-1].posed.frame.index < 29:
                self.wait_for("paint", results[-1].posed.frame.index + 1)
            super().write(results)

    consumer = Meeting()
    with pipeline_of(Marked(30), consumer, in_flight) as pipeline:
        assert pipeline.wait(PATIENCE_S)
    assert consumer.indices == list(range(30))


@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_source_and_consumer_share_the_inference_threads_and_no_capture_thread_exists(
    in_flight: int,
) -> None:
    read_by: set[str] = set()

    class Telling(Marked):
        def __iter__(self) -> Iterator[Frame]:
            for frame in super().__iter__():
                read_by.add(threading.current_thread().name)
                yield frame

    consumer = Noting(paint_s=lambda number: 0.002)
    with pipeline_of(Telling(60), consumer, in_flight) as pipeline:
        running = sorted(pipeline_threads())
        assert pipeline.wait(PATIENCE_S)
    assert running == [f"livepose-inference-{n}" for n in range(1, in_flight + 1)]
    assert consumer.threads == read_by == set(running)
    assert len(pipeline.capture_s) == 60


@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_no_more_frames_are_read_than_are_in_flight(in_flight: int) -> None:
    source, going_on = Marked(30), threading.Event()

    class Holding(Noting):
        def write(self, results: Sequence[PaintedResult]) -> None:
            assert going_on.wait(PATIENCE_S)
            super().write(results)

    consumer = Holding()
    with pipeline_of(source, consumer, in_flight) as pipeline:
        consumer.wait_for("paint", in_flight - 1)
        time.sleep(0.1)
        assert source.produced == in_flight
        going_on.set()
        assert pipeline.wait(PATIENCE_S)
    assert consumer.indices == list(range(30))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("at_a_time", [1, 3])
@pytest.mark.parametrize("in_flight", [2, 3])
def test_a_file_of_fewer_frames_than_are_in_flight_is_written_too(
    in_flight: int, at_a_time: int, count: int
) -> None:
    consumer = Noting()
    with pipeline_of(Marked(count), consumer, in_flight, at_a_time=at_a_time) as pipeline:
        assert pipeline.wait(PATIENCE_S)
    assert consumer.indices == list(range(count))


def test_waiting_says_no_while_there_is_work_and_yes_ever_after() -> None:
    going_on = threading.Event()

    class Holding(Noting):
        def write(self, results: Sequence[PaintedResult]) -> None:
            assert going_on.wait(PATIENCE_S)
            super().write(results)

    consumer = Holding()
    with pipeline_of(Marked(3), consumer, 2) as pipeline:
        for _ in range(2):
            started_s = time.perf_counter()
            assert not pipeline.wait(0.05)
            assert 0.045 < time.perf_counter() - started_s < PATIENCE_S
        assert consumer.written == []
        going_on.set()
        assert pipeline.wait(PATIENCE_S)
        assert consumer.indices == [0, 1, 2]
        assert pipeline.wait(0.0)


# Errors.


@pytest.mark.parametrize("number", [0, 1, 2, 11])
@pytest.mark.parametrize("step", ["paint", "write"])
@pytest.mark.parametrize("at_a_time", [1, 3])
@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_an_error_of_the_consumer_comes_out_of_waiting_and_no_later_frame_is_written(
    in_flight: int, at_a_time: int, step: str, number: int
) -> None:
    consumer = Noting(
        # Those before it are slow, so that it comes too early.
        paint_s=lambda seen: 0.03 if number - 3 <= seen < number else 0.0,
        failing=(step, number),
    )
    with (
        pytest.raises(ZeroDivisionError, match=f"in {step} of {number}$") as caught,
        pipeline_of(Marked(30), consumer, in_flight, at_a_time=at_a_time) as pipeline,
    ):
        pipeline.wait(PATIENCE_S)
    assert consumer.indices == list(range(number))
    begun = [seen for which, seen in consumer.steps if which == "write"]
    assert begun == list(range(number + (step == "write")))
    assert step in [entry.name for entry in caught.traceback]
    assert not pipeline_threads()


@pytest.mark.parametrize("number", [0, 1, 11])
@pytest.mark.parametrize("step", ["preprocess", "infer", "update"])
@pytest.mark.parametrize("at_a_time", [1, 3])
@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_an_error_of_the_estimator_comes_when_the_frames_before_it_are_written(
    in_flight: int, at_a_time: int, step: str, number: int
) -> None:
    consumer = Noting()
    estimator = FailingEstimator(step, number, in_flight * at_a_time)
    with (
        pytest.raises(ZeroDivisionError, match=f"in {step} of {number}$"),
        pipeline_of(Marked(30), consumer, in_flight, estimator) as pipeline,
    ):
        pipeline.wait(PATIENCE_S)
    assert consumer.indices == list(range(number))


@pytest.mark.parametrize("count", [0, 1, 2, 30])
@pytest.mark.parametrize("at_a_time", [1, 3])
@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_an_error_of_the_source_comes_when_all_of_its_frames_are_written(
    in_flight: int, at_a_time: int, count: int
) -> None:
    source = Marked(count, error=SourceCutShort("the file ends here"))
    consumer = Noting(paint_s=lambda number: 0.03 if number >= count - 3 else 0.0)
    with (
        pytest.raises(SourceCutShort, match="ends here"),
        pipeline_of(source, consumer, in_flight, at_a_time=at_a_time) as pipeline,
    ):
        pipeline.wait(PATIENCE_S)
    assert consumer.indices == list(range(count))


@pytest.mark.parametrize("at_a_time", [1, 3])
@pytest.mark.parametrize("in_flight", [2, 3])
def test_of_two_errors_the_one_of_the_earlier_frame_comes(in_flight: int, at_a_time: int) -> None:
    class Twice(Noting):
        def paint(self, posed: PosedFrame) -> Sequence[PaintedResult]:
            number = posed.frame.index
            time.sleep(0.05 if number == 6 else 0.0)
            if number in (6, 7):
                raise ZeroDivisionError(f"in {number}")
            return super().paint(posed)

    consumer = Twice()
    with (
        pytest.raises(ZeroDivisionError, match="in 6"),
        pipeline_of(Marked(30), consumer, in_flight, at_a_time=at_a_time) as pipeline,
    ):
        pipeline.wait(PATIENCE_S)
    assert consumer.indices == list(range(6))


# Closeable midway.


@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_after_closing_midway_nothing_is_written_and_no_thread_is_left(in_flight: int) -> None:
    consumer = Noting(write_s=lambda number: 0.001)
    with pipeline_of(Marked(None), consumer, in_flight) as pipeline:
        consumer.wait_for("write", 5)
        pipeline.close()
        assert not pipeline_threads()
        at_close = list(consumer.steps)
    time.sleep(0.05)
    assert consumer.steps == at_close
    assert consumer.indices == list(range(len(consumer.indices)))
    assert len(consumer.indices) >= 6


@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_closing_waits_for_what_is_being_written(in_flight: int) -> None:
    consumer = Noting(write_s=lambda number: 0.3 if number == 5 else 0.0)
    with pipeline_of(Marked(None), consumer, in_flight):
        consumer.wait_for("write", 5)
    assert 5 in consumer.indices
    assert consumer.indices == list(range(len(consumer.indices)))


def test_closing_waits_however_long_a_frame_is_being_written(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # What a frame is written to must not be closed meanwhile, be the disk as slow as it may.
    monkeypatch.setattr("livepose.pipeline.worker_threads.JOIN_LIMIT_S", 0.05)
    consumer = Noting(write_s=lambda number: 0.4 if number == 3 else 0.0)
    with pipeline_of(Marked(None), consumer, 2):
        consumer.wait_for("write", 3)
    assert 3 in consumer.indices
    assert not pipeline_threads()
    assert "left behind" not in caplog.text


@pytest.mark.parametrize("at_a_time", [1, 3])
@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_what_is_painted_when_it_is_closed_is_written_too(in_flight: int, at_a_time: int) -> None:
    # A consumer may have kept frames of what it painted, which would be missing in the middle.
    consumer = Noting(
        paint_s=lambda number: 0.1 if number == 6 else 0.0,
        write_s=lambda number: 0.1 if number in (1, 4) else 0.0,
    )
    with pipeline_of(Marked(None), consumer, in_flight, at_a_time=at_a_time):
        consumer.wait_for("paint", 6)
    painted = [number for step, number in consumer.steps if step == "paint"]
    assert consumer.indices == painted == list(range(len(painted)))


@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_closing_at_the_first_frame_leaves_no_thread_that_waits_for_it(in_flight: int) -> None:
    consumer = Noting(paint_s=lambda number: 0.1 if number == 0 else 0.0)
    with pipeline_of(Marked(None), consumer, in_flight):
        consumer.wait_for("paint", 0)
    assert consumer.indices == [0]
    assert not pipeline_threads()


def test_an_error_of_the_caller_ends_all_threads() -> None:
    consumer = Noting()
    with pytest.raises(KeyboardInterrupt), pipeline_of(Marked(None), consumer, 2):
        consumer.wait_for("write", 3)
        raise KeyboardInterrupt
    assert not pipeline_threads()


def test_an_error_of_the_last_write_is_logged_if_nobody_waits_any_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    consumer = Noting(write_s=lambda number: 0.2 if number == 3 else 0.0, failing=("write", 3))
    with pipeline_of(Marked(None), consumer, 2):
        consumer.wait_for("write", 3)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.messages == ["in write of 3"]


def test_an_error_that_ended_the_pipeline_is_logged_if_nobody_waited_for_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    consumer = Noting(failing=("write", 3))
    with pipeline_of(Marked(None), consumer, 2):
        while pipeline_threads():
            time.sleep(0.01)
    assert caplog.messages == ["in write of 3"]


def test_an_error_that_was_raised_is_not_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    consumer = Noting(failing=("write", 3))
    with (
        pytest.raises(ZeroDivisionError),
        pipeline_of(Marked(None), consumer, 2) as pipeline,
    ):
        pipeline.wait(PATIENCE_S)
    assert caplog.messages == []
