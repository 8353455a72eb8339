"""The offline pipeline: its threads do everything, in order and once, errors come last."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import SinkError, SourceCutShort
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import Source
from livepose.motion import Estimator, SmartCrop
from livepose.pipeline import OfflinePipeline, PaintedResult
from livepose.session.options import Options, OutputOptions, SourceOptions, StyleOptions
from livepose.session.run import RunCallbacks, run
from livepose.session.summary import Summary
from livepose.sinks import Quality
from livepose.system.interrupts import Interrupts
from livepose.system.pyav import av
from tests.support.clips import read_frames, video_properties
from tests.support.fakes import CropDependentModel, Marked
from tests.support.media import make_clip, noise, shown, times_of
from tests.support.models import warm_cache
from tests.support.needs import DANCE, needs_shared
from tests.support.pipelines import (
    FailingEstimator,
    exact_results,
    pipeline_threads,
    random_delay_s,
    run_sequentially,
)

PATIENCE_S = 10.0
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

    def paint(self, posed: PosedFrame) -> PaintedResult:
        self._begin("paint", posed)
        time.sleep(self._paint_s(posed.frame.index))
        self._fail("paint", posed)
        return PaintedResult(posed, None)

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
            assert 0.045 < time.perf_counter() - started_s < 2.0
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
        def paint(self, posed: PosedFrame) -> PaintedResult:
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
    assert consumer.indices == [0, 1, 2, 3, 4, 5]


def test_closing_waits_however_long_a_frame_is_being_written(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # What a frame is written to must not be closed meanwhile, be the disk as slow as it may.
    monkeypatch.setattr("livepose.pipeline.worker_threads.JOIN_LIMIT_S", 0.05)
    consumer = Noting(write_s=lambda number: 0.4 if number == 3 else 0.0)
    with pipeline_of(Marked(None), consumer, 2):
        consumer.wait_for("write", 3)
    assert consumer.indices == [0, 1, 2, 3]
    assert not pipeline_threads()
    assert "left behind" not in caplog.text


@pytest.mark.parametrize("in_flight", IN_FLIGHT)
def test_what_is_only_painted_when_it_is_closed_is_not_written(in_flight: int) -> None:
    consumer = Noting(paint_s=lambda number: 0.3 if number == 5 else 0.0)
    with pipeline_of(Marked(None), consumer, in_flight):
        consumer.wait_for("paint", 5)
        consumer.wait_for("write", 4)
    assert consumer.indices == [0, 1, 2, 3, 4]


def test_an_error_of_the_caller_ends_all_threads() -> None:
    consumer = Noting()
    with pytest.raises(KeyboardInterrupt), pipeline_of(Marked(None), consumer, 2):
        consumer.wait_for("write", 3)
        raise KeyboardInterrupt
    assert not pipeline_threads()


# A whole run, from file to file.


@pytest.fixture
def here(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """An empty folder without a display, and the compiled Lightning."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    return folder


def numbers_of(clip: Path) -> list[int]:
    return [number for _, number in shown(clip)]


def unpainted(clip: Path, target: str = "x.mp4", max_frames: int | None = None) -> Options:
    """Ask for a copy in which the frames' numbers can be read."""
    return Options(
        SourceOptions(video=str(clip), max_frames=max_frames),
        OutputOptions(out=Path(target)),
        style=StyleOptions(min_score=1.0),
    )


CLIPS: dict[str, tuple[str, list[int], Fraction]] = {
    "29.97": (".mp4", [1001 * n for n in range(40)], Fraction(1, 30000)),
    "uneven": (".mp4", [0, 33, 100, 101, 350, 351, 352, 1000, 1500, 1533], Fraction(1, 1000)),
    "matroska": (".mkv", [0, 33, 67, 100, 500, 533], Fraction(1, 1000)),
    "one frame": (".mp4", [0], Fraction(1, 30)),
}


@needs_shared
@pytest.mark.parametrize("clip", CLIPS)
def test_every_frame_of_a_file_is_written_at_its_own_time(clip: str, here: Path) -> None:
    suffix, pts, time_base = CLIPS[clip]
    made = make_clip(here / f"in{suffix}", pts=pts, time_base=time_base)
    summary = run(unpainted(made, f"x{suffix}"))
    wanted = [(stamp * time_base, number) for number, stamp in enumerate(pts)]
    assert shown(here / f"x{suffix}") == wanted
    assert (summary.frames, summary.dropped, summary.errors) == (len(pts), 0, [])
    assert summary.saved == [Path(f"x{suffix}")]
    assert {len(samples) for samples in summary.stages_s.values()} == {len(pts)}
    assert len(summary.lag_s) == len(pts)


@needs_shared
@pytest.mark.parametrize("wanted", [1, 2, 3, 17, 39, 40, 41])
def test_a_run_ends_after_exactly_as_many_frames_as_asked(wanted: int, here: Path) -> None:
    made = make_clip(here / "in.mp4", pts=range(40))
    summary = run(unpainted(made, max_frames=wanted))
    written = min(wanted, 40)
    assert summary.frames == written
    assert numbers_of(here / "x.mp4") == list(range(written))


@needs_shared
def test_progress_is_told_up_to_the_last_frame_from_the_pipeline_s_own_threads(here: Path) -> None:
    told_of: list[int] = []
    threads: set[str] = set()

    def on_frame(done: int) -> None:
        told_of.append(done)
        threads.update(pipeline_threads())

    run(
        Options(SourceOptions(demo=True, max_frames=150), OutputOptions(out=Path("x.mp4"))),
        RunCallbacks(on_frame=on_frame),
    )
    assert told_of == sorted(told_of)
    assert told_of[-1] == 150
    assert threads
    assert all(name.startswith("livepose-inference-") for name in threads)


@needs_shared
def test_two_runs_give_the_same_pictures_to_the_bit(here: Path) -> None:
    for target in ("one.mp4", "two.mp4"):
        run(
            Options(SourceOptions(video=str(DANCE), max_frames=60), OutputOptions(out=Path(target)))
        )
    one, two = (list(read_frames(here / target)) for target in ("one.mp4", "two.mp4"))
    assert len(one) == len(two) == 60
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@needs_shared
def test_of_a_file_that_breaks_off_all_that_can_be_read_is_written(here: Path) -> None:
    whole = make_clip(here / "whole.mp4", pts=range(120), movflags="+faststart").read_bytes()
    (here / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    summary = run(unpainted(Path("cut.mp4")))
    assert 20 < summary.frames < 100
    assert numbers_of(here / "x.mp4") == list(range(summary.frames))
    assert f"{summary.frames} frames could be read" in summary.errors[0]
    assert summary.saved == [Path("x.mp4")]


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    """Let this process write no larger file, as if the disk were full."""
    if sys.platform == "win32":
        pytest.skip("needs a system where the size of files can be limited")
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@needs_shared
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_full_disk_ends_the_run_with_an_error_that_names_the_part(
    suffix: str, here: Path
) -> None:
    made = make_clip(here / "in.mp4", pts=range(150), painter=noise)
    target, part = here / f"x{suffix}", here / f"x.part{suffix}"
    with pytest.raises(SinkError) as caught, files_of_at_most(900_000):
        run(
            Options(SourceOptions(video=str(made)), OutputOptions(out=target, quality=Quality.FAST))
        )
    assert "too large" in str(caught.value) and len(str(caught.value).splitlines()) == 1
    assert str(target) in str(caught.value) and str(part) in str(caught.value)
    assert sorted(path.name for path in here.iterdir()) == ["in.mp4", part.name]
    assert part.stat().st_size <= 900_000
    assert len(playable_times(part)) >= 20
    assert not pipeline_threads()


def playable_times(part: Path) -> list[Fraction]:
    """Read when the pictures of a file are shown that has no end."""
    times: list[Fraction] = []
    with av.open(str(part)) as container, suppress(av.FFmpegError):
        for frame in container.decode(video=0):
            assert frame.pts is not None and frame.time_base is not None
            times.append(frame.pts * frame.time_base)
    return times


class Midway:
    """Does something once when so many frames are done."""

    def __init__(self, number: int, act: Callable[[], object]) -> None:
        self.done_then: int | None = None
        self._number, self._act = number, act

    def callbacks(self) -> RunCallbacks:
        return RunCallbacks(on_frame=self._on_frame)

    def _on_frame(self, done: int) -> None:
        if done >= self._number and self.done_then is None:
            self.done_then = done
            self._act()


@needs_shared
@pytest.mark.skipif(sys.platform == "win32", reason="needs a system where open files can be moved")
def test_where_the_target_s_folder_is_moved_midway_the_part_is_kept_in_it(here: Path) -> None:
    (here / "to").mkdir()
    moved = Midway(5, lambda: shutil.move(here / "to", here / "elsewhere"))
    options = Options(SourceOptions(demo=True, max_frames=90), OutputOptions(out=Path("to/x.mp4")))
    with pytest.raises(SinkError, match=r"to/x.*cannot be written: No such file") as caught:
        run(options, moved.callbacks())
    assert len(str(caught.value).splitlines()) == 1
    assert moved.done_then is not None and moved.done_then < 90
    assert [path.relative_to(here).as_posix() for path in here.rglob("*.mp4")] == [
        "elsewhere/x.part.mp4"
    ]
    assert times_of(here / "elsewhere" / "x.part.mp4") == [Fraction(n, 30) for n in range(90)]
    assert not pipeline_threads()


@needs_shared
def test_a_target_that_appears_midway_is_kept_and_the_part_beside_it_is_whole(here: Path) -> None:
    appearing = Midway(5, lambda: (here / "x.mp4").write_bytes(b"precious"))
    with pytest.raises(SinkError, match=r"has appeared.*x\.part\.mp4"):
        run(
            Options(SourceOptions(demo=True, max_frames=60), OutputOptions(out=Path("x.mp4"))),
            appearing.callbacks(),
        )
    assert (here / "x.mp4").read_bytes() == b"precious"
    assert video_properties(here / "x.part.mp4") == ("h264", "yuv420p", 60)


@needs_shared
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_midway_finishes_the_file_with_what_was_counted(
    number: signal.Signals, here: Path
) -> None:
    interrupts = Interrupts()
    stopped = Midway(20, lambda: os.kill(os.getpid(), number))
    options = Options(SourceOptions(demo=True, max_frames=20000), OutputOptions(out=Path("x.mp4")))
    started_s = time.monotonic()
    with interrupts.handled():
        summary: Summary = run(options, stopped.callbacks(), interrupts)
    assert time.monotonic() - started_s < 20
    assert interrupts.received == number
    assert stopped.done_then is not None
    assert stopped.done_then <= summary.frames < 20_000
    assert times_of(here / "x.mp4") == [Fraction(n, 30) for n in range(summary.frames)]
    assert summary.saved == [Path("x.mp4")]
    assert [path.name for path in here.iterdir()] == ["x.mp4"]
    assert not pipeline_threads()


@needs_shared
def test_a_second_signal_keeps_the_part_and_leaves_no_thread(here: Path) -> None:
    interrupts = Interrupts()

    def twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    stopped = Midway(60, twice)
    options = Options(SourceOptions(demo=True, max_frames=20000), OutputOptions(out=Path("x.mp4")))
    with pytest.raises(KeyboardInterrupt), interrupts.handled():
        run(options, stopped.callbacks(), interrupts)
    assert [path.name for path in here.iterdir()] == ["x.part.mp4"]
    times = times_of(here / "x.part.mp4")
    assert stopped.done_then is not None and len(times) >= stopped.done_then
    assert times == [Fraction(n, 30) for n in range(len(times))]
    assert not pipeline_threads()
