"""The frame loop: what is painted, recorded, shown and counted of each result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livepose.analysis.repetition_rules import parse_repetitions
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.interfaces import FrameSink, PoseSink
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.repetitions import Repetition
from livepose.draw import Style, paint
from livepose.motion import Estimator
from livepose.motion.deferred import DeferredSteps
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.pipeline import Pipeline
from livepose.session.frame_loop import FrameLoop
from livepose.session.motion_steps import motion_steps
from livepose.session.options import DataOptions, Options, SourceOptions
from livepose.session.recorder import Recorder
from livepose.session.summary import Summary
from livepose.session.viewer import Viewer
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.input_events import Action
from livepose.system.interrupts import Interrupts
from tests.support.fakes import Numbered, SlowModel, one_person
from tests.support.media import number_of, numbered, shown
from tests.support.pipelines import LIMIT_S
from tests.support.windows import ScriptedWindow

WIDTH_PX, HEIGHT_PX = 160, 120
INFO = StreamInfo("test", WIDTH_PX, HEIGHT_PX, is_live=False, frame_rate=Fraction(30))


class FrameList(FrameSink):
    """Keeps the frames that are written to it."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def write(self, frame: Frame) -> None:
        self.frames.append(frame)

    def close(self) -> None:
        """Nothing is held."""


class PoseList(PoseSink):
    """Keeps the results that are written to it."""

    def __init__(self) -> None:
        self.results: list[PosedFrame] = []

    def write(self, posed: PosedFrame) -> None:
        self.results.append(posed)

    def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder(INFO) as recorder:
        yield recorder


def posed(index: int, *, is_empty: bool = False) -> PosedFrame:
    frame = Frame.from_bgr(
        numbered(index, WIDTH_PX, HEIGHT_PX), index, index / 30, time.perf_counter()
    )
    poses = Poses.empty() if is_empty else one_person((80, 60))
    return PosedFrame(frame, poses, Region.letterbox(WIDTH_PX, HEIGHT_PX), 0.004)


def take(loop: FrameLoop, *results: PosedFrame) -> None:
    """Pass results on one by one, as a live run does."""
    for one in results:
        loop.write(loop.paint(one))


def test_nothing_is_painted_if_nobody_looks(recorder: Recorder) -> None:
    outputs = PoseList()
    loop = FrameLoop(Summary(), Style(), recorder=recorder, pose_outputs=outputs)
    one = posed(0)
    assert [result.painted for result in loop.paint(one)] == [None]
    take(loop, one)
    assert outputs.results == [one]
    assert len(loop.stages_s["draw"]) == len(loop.stages_s["write"]) == 0


def test_whoever_takes_frames_gets_them_painted_in_the_style_that_was_asked_for(
    recorder: Recorder,
) -> None:
    camera, style = FrameList(), Style(mirror=True)
    loop = FrameLoop(Summary(), style, recorder=recorder, virtual_camera=camera)
    one = posed(3)
    take(loop, one)
    (frame,) = camera.frames
    assert np.array_equal(frame.bgr, paint(one, style).bgr)
    assert len(loop.stages_s["draw"]) == 1


def test_a_batch_is_recorded_and_written_in_order(recorder: Recorder, tmp_path: Path) -> None:
    outputs, camera, summary = PoseList(), FrameList(), Summary()
    loop = FrameLoop(
        summary,
        Style(min_score=1.0),
        recorder=recorder,
        pose_outputs=outputs,
        virtual_camera=camera,
    )
    recorder.start(tmp_path / "x.mp4", from_beginning=True)
    loop.write([result for index in range(3) for result in loop.paint(posed(index))])
    loop.write([result for index in range(3, 5) for result in loop.paint(posed(index))])
    recorder.stop()
    assert [result.frame.index for result in outputs.results] == list(range(5))
    assert [number_of(frame.bgr) for frame in camera.frames] == list(range(5))
    assert [number for _, number in shown(tmp_path / "x.mp4")] == list(range(5))
    assert {name: len(samples) for name, samples in loop.stages_s.items()} == {
        "inference": 5,
        "draw": 5,
        "write": 5,
    }
    assert len(summary.lag_s) == 5


def test_of_frames_that_were_in_flight_at_the_end_nothing_is_measured(recorder: Recorder) -> None:
    data = DataOptions(angles=("left_knee",), repetitions=(parse_repetitions("left_knee:>90"),))
    steps = motion_steps(Options(SourceOptions(demo=True), data=data), max_people=1)
    assert steps.angle_meter is not None
    loop = FrameLoop(Summary(), Style(), recorder=recorder, max_frames=5)
    measured = [steps.angle_meter(posed(index)) for index in range(8)]
    steps.repetitions[0].done = tuple(Repetition(1, 0.0, end, 95.0, 0.0, end) for end in (0.1, 0.2))
    take(loop, *measured)
    loop.summary.add_measurements(steps, loop.last_index, loop.last_time_s)
    (ranges,) = loop.summary.angle_ranges.values()
    assert (loop.summary.frames, ranges.frames.tolist()) == (5, [5])
    assert [each.end_s for each in loop.summary.repetitions] == [0.1]
    assert loop.summary.rep_counts == ["left_knee 1"]


def test_frames_people_gaps_and_seconds_are_counted(recorder: Recorder) -> None:
    summary = Summary()
    loop = FrameLoop(summary, Style(), recorder=recorder)
    take(loop, posed(0), posed(1, is_empty=True))
    time.sleep(0.05)
    take(loop, posed(4), posed(5))
    assert (summary.frames, summary.frames_with_people, summary.dropped) == (4, 3, 2)
    assert 0.05 <= summary.seconds < 5
    assert loop.stages_s["inference"].mean() == pytest.approx(0.004)


def test_after_the_last_frame_that_was_asked_for_nothing_is_written(recorder: Recorder) -> None:
    outputs, summary = PoseList(), Summary()
    loop = FrameLoop(summary, Style(), recorder=recorder, pose_outputs=outputs, max_frames=2)
    take(loop, posed(0))
    assert not loop.is_over
    take(loop, posed(1), posed(2))
    assert loop.is_over
    assert summary.frames == len(outputs.results) == 2


def test_without_results_nothing_is_counted(recorder: Recorder) -> None:
    summary = Summary()
    loop = FrameLoop(summary, Style(), recorder=recorder)
    loop.write([])
    loop.flush()
    assert (summary.frames, summary.seconds) == (0, 0.0)


def test_deferred_frames_are_painted_late_and_none_is_lost(recorder: Recorder) -> None:
    outputs, camera, summary = PoseList(), FrameList(), Summary()
    loop = FrameLoop(
        summary,
        Style(),
        recorder=recorder,
        pose_outputs=outputs,
        virtual_camera=camera,
        deferred_steps=DeferredSteps(Butterworth(), ()),
    )
    results = [replace(posed(index), is_scene_start=index == 0) for index in range(20)]
    results = [
        replace(one, poses=replace(one.poses, track_id=np.array([1], np.int32))) for one in results
    ]
    assert not any(loop.paint(one) for one in results[:9])
    take(loop, *results[9:])
    assert 0 < summary.frames < 20
    loop.flush()
    assert summary.frames == len(camera.frames) == 20
    assert [result.frame.index for result in outputs.results] == list(range(20))
    assert [number_of(frame.bgr) for frame in camera.frames] == list(range(20))


def test_the_seconds_begin_with_the_first_result_also_if_it_is_deferred(recorder: Recorder) -> None:
    summary, steps = Summary(), DeferredSteps(Butterworth(), ())
    loop = FrameLoop(summary, Style(), recorder=recorder, deferred_steps=steps)
    take(loop, replace(posed(0), is_scene_start=True))
    time.sleep(0.05)
    loop.flush()
    assert summary.frames == 1
    assert 0.05 <= summary.seconds < 5


# With a viewer.


class Show:
    """A loop with a viewer of a live source, whose user follows a script."""

    def __init__(self, recorder: Recorder, *script: Action | None) -> None:
        self.window = ScriptedWindow(*script)
        self.summary = Summary()
        setup = ViewerSetup(
            self.window,
            replace(INFO, is_live=True),
            Style(),
            recorder,
            Interrupts(),
            motion_steps(Options(SourceOptions(camera="0")), 1),
        )
        self.viewer = Viewer(setup)
        self.loop = FrameLoop(self.summary, Style(), recorder=recorder, viewer=self.viewer)

    @property
    def numbers(self) -> list[int]:
        return [number_of(frame.bgr) for frame in self.window.seen]


def test_with_a_viewer_its_own_lag_is_the_summary_s(recorder: Recorder) -> None:
    show = Show(recorder)
    take(show.loop, posed(0), posed(1))
    assert show.numbers == [0, 1]
    assert show.summary.lag_s is show.viewer.figures.lag_s
    assert len(show.summary.lag_s) == 2


def test_a_key_changes_the_style_of_the_next_frame_that_is_recorded(
    recorder: Recorder, tmp_path: Path
) -> None:
    show = Show(recorder, Action.MIRROR)
    take(show.loop, posed(0))
    recorder.start(tmp_path / "out.mp4")
    one = posed(1)
    (painted,) = [result.painted for result in show.loop.paint(one)]
    assert painted is not None
    assert np.array_equal(painted.bgr, paint(one, Style(mirror=True)).bgr)


def test_nothing_is_painted_in_full_size_while_only_a_window_shows_it(recorder: Recorder) -> None:
    show = Show(recorder)
    assert [result.painted for result in show.loop.paint(posed(0))] == [None]
    show.window.area_px = (posed(0).frame.width_px // 2, 1000)
    take(show.loop, posed(0), posed(1))
    assert [frame.width_px for frame in show.window.seen] == [posed(0).frame.width_px // 2] * 2
    assert len(show.loop.stages_s["draw"]) == 2


def test_quitting_ends_the_loop(recorder: Recorder) -> None:
    show = Show(recorder, Action.QUIT)
    take(show.loop, posed(0), posed(1))
    assert show.loop.is_over
    assert (show.summary.frames, show.numbers) == (1, [0])


def test_what_was_in_flight_during_a_pause_is_neither_shown_nor_counted(
    recorder: Recorder,
) -> None:
    show = Show(recorder, Action.PAUSE, None, Action.PAUSE)
    start_s = time.perf_counter()
    in_flight = posed(1)
    take(show.loop, posed(0))
    assert [result.painted for result in show.loop.paint(in_flight)] == [None]
    take(show.loop, in_flight)
    # Those of the pause were not wanted, one behind it was dropped.
    take(show.loop, posed(40), posed(42))
    assert show.numbers[-2:] == [40, 42]
    assert 1 not in show.numbers
    assert (show.summary.frames, show.summary.dropped) == (3, 1)
    assert show.summary.seconds + show.viewer.paused_s <= time.perf_counter() - start_s


def test_after_a_pause_a_live_run_goes_on_with_its_newest_frame(recorder: Recorder) -> None:
    show = Show(recorder)
    source = Numbered(None, rate=200.0, is_live=True)
    produced: list[int] = []

    def pause(polls: int) -> None:
        """Pause with the first frame, and go on once the source has made many more."""
        is_over = not produced and source.produced > 60
        if is_over:
            produced.append(source.produced)
        show.window.script = [Action.PAUSE] if polls == 1 or is_over else []

    show.window.on_poll = pause
    with Pipeline(source, Estimator(SlowModel())) as posed_frames:
        while show.summary.frames < 4:
            take(show.loop, posed_frames.get(LIMIT_S))
    shown_indices = [frame.index for frame in show.window.seen]
    first = shown_indices[0]
    after = next(index for index in shown_indices if index > first)
    assert after >= produced[0] - 1, "it comes from before the end of the pause"


def test_each_new_repetition_is_reported_once(recorder: Recorder) -> None:
    heard: list[int] = []
    loop = FrameLoop(
        Summary("test"),
        Style(),
        recorder=recorder,
        on_repetition=lambda: heard.append(loop.summary.frames),
    )
    one, two = (Repetition(1, n + 0.0, n + 0.5, 100.0, n + 0.1, n + 0.4, number=n) for n in (1, 2))
    counted = ((), (one,), (one,), (one, two), (one,), (one, two))
    take(loop, *(replace(posed(n), repetitions=each) for n, each in enumerate(counted)))
    assert heard == [1, 3, 5]
