"""The pipeline: every frame of a file, the newest of a camera, and errors by the same road."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from livepose.core.errors import SourceCutShort
from livepose.core.frame import Frame, PosedFrame
from livepose.core.region import PreparedInput
from livepose.motion import Estimator
from livepose.pipeline import Pipeline, Rate, Samples
from tests.support.fakes import Numbered, SlowModel
from tests.support.pipelines import pipeline_threads


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


def test_a_live_source_is_never_made_to_wait_and_what_is_dropped_is_counted() -> None:
    source = Numbered(60, rate=200.0, is_live=True)
    with Pipeline(source, Estimator(SlowModel(0.02))) as posed_frames:
        started_s = time.perf_counter()
        got = [posed.frame.index for posed in posed_frames]
        took_s = time.perf_counter() - started_s
    assert source.produced == 60
    assert got == sorted(set(got))
    assert got[-1] == 59
    dropped = 59 + 1 - len(got)
    assert len(got) + dropped == source.produced
    assert 20 < dropped < 59
    assert took_s < 1.0  # 0.3 s of frames at 200 a second: the slow model did not hold them up


def test_lag_with_a_slow_model_stays_under_two_and_a_half_inferences() -> None:
    lags_s = []
    source = Numbered(90, rate=30.0, is_live=True)
    with Pipeline(source, Estimator(SlowModel(0.1))) as posed_frames:
        for posed in posed_frames:
            lags_s.append(time.perf_counter() - posed.frame.grabbed_s)
    assert max(lags_s) < 0.25
    assert len(lags_s) >= 20


def test_after_a_pause_the_newest_frame_comes_within_two_results() -> None:
    source = Numbered(None, rate=100.0, is_live=True)
    with Pipeline(source, Estimator(SlowModel())) as posed_frames:
        results = iter(posed_frames)
        next(results)
        time.sleep(0.5)
        resumed_s = time.perf_counter()
        ages_s = [resumed_s - next(results).frame.grabbed_s for _ in range(3)]
    assert ages_s[2] < 0.1


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
    source = Numbered(None)
    with Pipeline(source, Estimator(SlowModel())) as posed_frames:
        for posed in posed_frames:
            if posed.frame.index == 5:
                break
    assert not pipeline_threads()
    assert threading.active_count() == 1


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
            if thread is not threading.main_thread():
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
