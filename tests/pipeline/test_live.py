"""The pipeline: every frame of a file, the newest of a camera, and errors by the same road."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from livepose.core.errors import SourceCutShort
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import PreparedInput, Region
from livepose.motion import Estimator
from livepose.pipeline import Pipeline, Rate, Samples
from tests.support.fakes import Numbered, SlowModel
from tests.support.pipelines import pipeline_threads
from tests.support.waiting import wait_for


def test_every_frame_of_a_file_comes_out_in_order() -> None:
    source = Numbered(200)
    with Pipeline(source, Estimator(SlowModel())) as posed_frames:
        indices = [posed.frame.index for posed in posed_frames]
    assert indices == list(range(200))


def test_a_pose_belongs_to_the_picture_it_comes_with() -> None:
    with Pipeline(Numbered(50), Estimator(SlowModel())) as posed_frames:
        for posed in posed_frames:
            assert posed.frame.bgr[0, 0, 0] == posed.frame.index


class Untimed(Numbered):
    """A source of one's own whose frames have neither an index nor a time."""

    def __iter__(self) -> Iterator[Frame]:
        return (Frame.from_bgr(frame.bgr) for frame in super().__iter__())


def test_frames_without_a_time_are_timed_by_the_rate_of_their_source() -> None:
    with Pipeline(Untimed(4, rate=25.0), Estimator(SlowModel())) as posed_frames:
        found = [(posed.frame.index, posed.frame.time_s) for posed in posed_frames]
    assert found == [(0, 0.0), (1, 0.04), (2, 0.08), (3, 0.12)]


def test_a_live_source_is_never_made_to_wait_for_the_model() -> None:
    class Waiting(SlowModel):
        def find(self, pixels: Pixels, region: Region) -> Poses:
            """Return somebody once the source has made its last frame."""
            wait_for(lambda: source.produced == 60, "the last frame")
            return super().find(pixels, region)

    source = Numbered(60, rate=200.0, is_live=True)
    with Pipeline(source, Estimator(Waiting())) as posed_frames:
        got = [posed.frame.index for posed in posed_frames]
    assert got == sorted(set(got))
    assert got[-1] == 59
    # The first one that was taken, and those that came as the model became free.
    assert len(got) <= 3


def test_with_a_slow_model_each_result_is_of_the_newest_frame_there_was() -> None:
    free_s: list[float] = []

    class Noting(SlowModel):
        def find(self, pixels: Pixels, region: Region) -> Poses:
            """Return somebody, and note from when on the next frame can be taken."""
            try:
                return super().find(pixels, region)
            finally:
                free_s.append(time.perf_counter())

    source = Numbered(90, rate=100.0, is_live=True)
    with Pipeline(source, Estimator(Noting(0.03))) as posed_frames:
        got = [posed.frame.index for posed in posed_frames]
    assert len(got) == len(free_s) < 60
    # Newer ones did not exist yet but for one, which may have been on its way: so lag cannot grow.
    for index, model_was_free_s in zip(got[1:], free_s, strict=False):
        assert all(later_s > model_was_free_s for later_s in source.grabbed_s[index + 2 :])


def test_after_a_pause_the_newest_frame_comes_within_two_results() -> None:
    source = Numbered(None, rate=100.0, is_live=True)
    with Pipeline(source, Estimator(SlowModel())) as posed_frames:
        results = iter(posed_frames)
        next(results)
        wait_for(lambda: source.produced > 50, "many frames")
        newest = source.produced - 1
        indices = [next(results).frame.index for _ in range(3)]
    assert indices[2] >= newest - 1, "but for one that was on its way"


def test_a_paused_file_waits_and_loses_nothing() -> None:
    source = Numbered(40)
    with Pipeline(source, Estimator(SlowModel())) as posed_frames:
        results = iter(posed_frames)
        first = [next(results).frame.index for _ in range(5)]
        time.sleep(0.2)
        assert source.produced < 20
        rest = [posed.frame.index for posed in results]
    assert first + rest == list(range(40))


def test_an_error_of_the_source_comes_behind_all_of_its_frames() -> None:
    source = Numbered(30, error=SourceCutShort("the file ends here"))
    seen = []
    with (
        pytest.raises(SourceCutShort, match="ends here"),
        Pipeline(source, Estimator(SlowModel())) as posed_frames,
    ):
        for posed in posed_frames:
            seen.append(posed.frame.index)
    assert seen == list(range(30))


def test_an_error_of_the_estimator_reaches_the_reader_with_its_traceback() -> None:
    class Failing(Estimator):
        def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
            if frame.index == 3:
                raise ZeroDivisionError("in the worker")
            return super().infer(frame, prepared)

    seen = []
    with (
        pytest.raises(ZeroDivisionError, match="in the worker") as caught,
        Pipeline(Numbered(10), Failing(SlowModel())) as posed_frames,
    ):
        for posed in posed_frames:
            seen.append(posed.frame.index)
    assert seen == [0, 1, 2]
    assert "infer" in [entry.name for entry in caught.traceback]


def test_leaving_early_ends_both_threads() -> None:
    source, threads = Numbered(None), threading.active_count()
    with Pipeline(source, Estimator(SlowModel())) as posed_frames:
        for posed in posed_frames:
            if posed.frame.index == 5:
                break
    assert not pipeline_threads()
    assert threading.active_count() == threads


def test_an_error_of_the_reader_ends_both_threads() -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        Pipeline(Numbered(None), Estimator(SlowModel())) as posed_frames,
    ):
        next(iter(posed_frames))
        raise KeyboardInterrupt
    assert not pipeline_threads()


def test_a_source_that_does_not_return_is_left_behind_and_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livepose.pipeline.worker_threads.JOIN_LIMIT_S", 0.2)
    release = threading.Event()

    class Stuck(Numbered):
        def __iter__(self):  # type: ignore[no-untyped-def]
            release.wait(10)
            return iter(())

    with Pipeline(Stuck(1), Estimator(SlowModel())):
        pass
    try:
        assert pipeline_threads()
        assert "livepose-capture is left behind" in caplog.text
        assert "numbered" in caplog.text
    finally:
        release.set()
        for thread in threading.enumerate():
            if thread.name in pipeline_threads():
                thread.join(5)


def test_n_ticks_are_n_minus_one_intervals() -> None:
    rate = Rate()
    for tick in range(11):
        rate.tick(100.0 + tick * 0.1)
    assert rate.per_second() == pytest.approx(10.0)


def test_the_rate_forgets_what_is_older_than_its_window() -> None:
    rate = Rate(window_s=1.0)
    for now_s in (0.0, 0.5, 10.0, 10.25, 10.5):
        rate.tick(now_s)
    assert rate.per_second() == pytest.approx(4.0)


def test_percentiles_are_those_of_the_latest_samples() -> None:
    samples = Samples(kept=101)
    for value in (*[1e9] * 50, *range(101)):
        samples.add(value)
    assert samples.percentile(50) == pytest.approx(50)
    assert samples.percentile(95) == pytest.approx(95)
    assert samples.mean() == pytest.approx(50)
