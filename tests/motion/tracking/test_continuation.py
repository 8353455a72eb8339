"""Poses that are so close to where people should be that nothing else is compared."""

from __future__ import annotations

import pytest

from livepose.core.poses import Poses
from livepose.core.skeleton import Keypoint
from livepose.motion.tracking.continuation import continue_single, continued_rows
from tests.support.people import poses_of, standing
from tests.support.tracks import see, tracks_of


def test_a_single_match_updates_as_the_general_path_does() -> None:
    single, general = tracks_of(100), tracks_of(100)
    for number in range(1, 20):
        x, time_s = 100 + 3 * number + (number % 3), number / 30
        assert continue_single(single, poses_of(standing(x)), time_s)
        see(general, time_s, x)
    for name in ("velocity", "xy", "box", "seen_s", "frames"):
        assert getattr(single, name) == pytest.approx(getattr(general, name), rel=1e-5), name


def test_a_pose_off_the_prediction_is_no_single_match_and_changes_nothing() -> None:
    tracks = tracks_of(100)
    # More than 5 % of the body's size, later than 0.11 s, or at the same time.
    for x, time_s in ((100 + 0.06 * 200, 1 / 30), (100, 0.2), (100, 0.0)):
        assert not continue_single(tracks, poses_of(standing(x)), time_s)
    assert tracks.frames.tolist() == [1]
    assert tracks.xy[0] == pytest.approx(standing(100), abs=1e-3)


def test_all_poses_close_to_their_predictions_are_matched() -> None:
    tracks = tracks_of(100, 300, 500)
    found = poses_of(standing(501), standing(102), standing(299))
    rows = continued_rows(tracks, found, 1 / 30)
    assert rows is not None
    assert rows.tolist() == [2, 0, 1]


def test_poses_are_not_matched_at_once_if_one_is_missing_off_or_crowded() -> None:
    assert continued_rows(tracks_of(100, 300), poses_of(standing(100)), 1 / 30) is None
    assert (
        continued_rows(tracks_of(100, 300), poses_of(standing(100), standing(330)), 1 / 30) is None
    )
    crowded = tracks_of(100, 120)
    assert continued_rows(crowded, poses_of(standing(100), standing(120)), 1 / 30) is None


def test_a_keypoint_that_is_hardly_seen_does_not_move_a_person() -> None:
    tracks = tracks_of(100)
    body = standing(103)
    body[Keypoint.LEFT_WRIST] += 500
    poses = poses_of(body)
    score = poses.score.copy()
    score[0, Keypoint.LEFT_WRIST] = 0.29
    assert continue_single(tracks, Poses.from_keypoints(poses.xy, score), 1 / 30)
    assert tracks.velocity[0] == pytest.approx([3 * 30 / 2, 0], rel=1e-3)
