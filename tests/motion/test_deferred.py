"""Steps that wait for later frames: their order, and what a scene start does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from livepose.core.frame import PosedFrame
from livepose.motion.deferred import DeferredSteps, smooth_zero_lag
from livepose.motion.smoothing.butterworth import Butterworth
from tests.support.motion_steps import Step, posed
from tests.support.smoothing import butterworth, film, keypoints_of, trembling


def test_deferred_steps_see_smoothed_frames_in_order() -> None:
    events: list[str] = []
    deferred = DeferredSteps(Butterworth(), [Step("a", events)])
    finished = [done for index in range(30) for done in deferred.push(posed(index))]
    assert 0 < len(finished) < 30
    finished += deferred.flush()
    assert [each.frame.index for each in finished] == list(range(30))
    assert events == [f"a {index} after 0" for index in range(30)]


def test_a_scene_start_finishes_the_scene_before_it_and_then_resets_the_deferred_steps() -> None:
    events: list[str] = []
    deferred = DeferredSteps(Butterworth(), [Step("a", events)])
    assert deferred.push(posed(0)) == []
    # Time goes on, so that only the scene start can end what is held.
    finished = deferred.push(posed(1, is_scene_start=True))
    assert [each.frame.index for each in finished] == [0]
    assert events == ["a 0 after 0"]
    assert [each.frame.index for each in deferred.flush()] == [1]
    assert events == ["a 0 after 0", "a reset", "a 1 after 0"]


def test_smoothing_without_lag_is_that_of_the_filter_and_the_steps_come_behind_it() -> None:
    events: list[str] = []
    frames = film(trembling(60))
    smooth = list(smooth_zero_lag(frames, [Step("a", events)]))
    assert [each.frame.index for each in smooth] == list(range(60))
    assert np.array_equal(keypoints_of(smooth), keypoints_of(butterworth(frames)))
    assert events == [f"a {index} after 0" for index in range(60)]


def test_another_filter_may_be_given() -> None:
    frames = film(trembling(60))
    strong = list(smooth_zero_lag(frames, smoother=Butterworth(cutoff_hz=2.0)))
    usual = list(smooth_zero_lag(frames))
    assert keypoints_of(strong).std(axis=0).mean() < 0.8 * keypoints_of(usual).std(axis=0).mean()


def test_frames_are_read_only_as_far_as_the_filter_looks_ahead() -> None:
    read: list[int] = []

    def noted() -> Iterator[PosedFrame]:
        for frame in film(trembling(60)):
            read.append(frame.frame.index)
            yield frame

    first = next(smooth_zero_lag(noted()))
    assert first.frame.index == 0
    assert len(read) < 20


def test_of_no_frames_none_come() -> None:
    assert list(smooth_zero_lag([])) == []
