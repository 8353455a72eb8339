"""Trails: where keypoints have been in the last moments, for each person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from livepose.core.arrays import FloatArray
from livepose.core.errors import OptionError
from livepose.core.poses import Poses
from livepose.core.skeleton import Keypoint
from livepose.motion.trails import Trails
from tests.support.fakes import demo_keypoints
from tests.support.painting import (
    grey_pixels,
    people,
    posed,
)


def test_a_trail_has_the_points_of_the_last_second() -> None:
    step = Trails([Keypoint.LEFT_WRIST], length_s=1.0)
    for number in range(60):
        xy = (demo_keypoints(320, 240) + np.array((number, 0))).astype(np.float32)
        after = step(posed(grey_pixels(), people(xy, ids=(5,)), time_s=number / 30))
    (trail,) = after.overlays.trails
    assert (trail.keypoint, trail.track_id) == (Keypoint.LEFT_WRIST, 5)
    assert len(trail.xy) == 31
    assert trail.xy[-1] == pytest.approx(xy[Keypoint.LEFT_WRIST])
    assert trail.xy[0] == pytest.approx(xy[Keypoint.LEFT_WRIST] - (30, 0))


def test_each_person_has_their_own_trails_of_the_chosen_keypoints() -> None:
    xy = demo_keypoints(320, 240)
    step = Trails([Keypoint.LEFT_WRIST, Keypoint.RIGHT_WRIST])
    both = people(xy, (xy + 30).astype(np.float32), ids=(1, 2))
    for number in range(3):
        after = step(posed(grey_pixels(), both, time_s=number / 30))
    assert [(t.track_id, t.keypoint) for t in after.overlays.trails] == [
        (1, Keypoint.LEFT_WRIST),
        (1, Keypoint.RIGHT_WRIST),
        (2, Keypoint.LEFT_WRIST),
        (2, Keypoint.RIGHT_WRIST),
    ]
    swapped = both[np.array((1, 0))]
    after = step(posed(grey_pixels(), swapped, time_s=0.1))
    for trail in after.overlays.trails:
        assert np.ptp(trail.xy, axis=0).max() == 0


def test_a_trail_has_a_gap_where_its_keypoint_was_not_seen_or_jumped() -> None:
    def walk(spoil: Callable[[int, FloatArray, FloatArray], None]) -> FloatArray:
        step = Trails([Keypoint.LEFT_WRIST])
        for number in range(9):
            xy, score = demo_keypoints(320, 240)[None].copy(), np.ones((1, 17), np.float32)
            spoil(number, xy, score)
            poses = replace(Poses.from_keypoints(xy, score), track_id=np.array([1], np.int32))
            after = step(posed(grey_pixels(), poses, time_s=number / 30))
        (trail,) = after.overlays.trails
        return trail.xy

    def unseen(number: int, xy: FloatArray, score: FloatArray) -> None:
        score[0, Keypoint.LEFT_WRIST] = 0.1 if number in (4, 5) else 1.0

    def jumps(number: int, xy: FloatArray, score: FloatArray) -> None:
        xy[0, Keypoint.LEFT_WRIST] += 120 * (number >= 4)

    assert np.isnan(walk(unseen)[:, 0]).tolist() == [False] * 4 + [True] * 2 + [False] * 3
    assert np.isnan(walk(jumps)[:, 0]).tolist() == [False] * 4 + [True] + [False] * 5
    assert not np.isnan(walk(lambda number, xy, score: None)).any()


def test_the_trail_of_a_person_who_left_gets_shorter_and_ends() -> None:
    step = Trails([Keypoint.LEFT_WRIST], length_s=0.5)
    person = people(demo_keypoints(320, 240), ids=(1,))
    for number in range(10):
        step(posed(grey_pixels(), person, time_s=number / 30))
    left = [
        len(step(posed(grey_pixels(), time_s=(10 + n) / 30)).overlays.trails) for n in range(20)
    ]
    assert left == sorted(left, reverse=True)
    assert (left[0], left[-1]) == (1, 0)


def test_an_untracked_person_leaves_a_trail_only_if_alone() -> None:
    step, xy = Trails([Keypoint.LEFT_WRIST]), demo_keypoints(320, 240)
    assert len(step(posed(grey_pixels(), people(xy))).overlays.trails) == 1
    step.reset()
    assert len(step(posed(grey_pixels(), people(xy, xy), time_s=0.1)).overlays.trails) == 0


def test_a_reset_and_an_earlier_time_forget_all_trails() -> None:
    step, person = Trails([Keypoint.LEFT_WRIST]), people(demo_keypoints(320, 240), ids=(1,))
    step(posed(grey_pixels(), person, time_s=1.0))
    (trail,) = step(posed(grey_pixels(), person, time_s=0.5)).overlays.trails
    assert len(trail.xy) == 1
    step.reset()
    assert not step(posed(grey_pixels(), time_s=0.6)).overlays.trails


@pytest.mark.parametrize("length_s", [0.0, -1.0, float("nan"), float("inf")])
def test_an_invalid_length_is_refused(length_s: float) -> None:
    with pytest.raises(OptionError, match="above 0 seconds"):
        Trails([Keypoint.LEFT_WRIST], length_s)
