"""Poses: aligned arrays that are checked, read-only and selected by rows."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from livepose.core.poses import Poses
from livepose.core.skeleton import Keypoint


def three_people() -> Poses:
    rng = np.random.default_rng(1)
    return Poses(
        xy=rng.uniform(0, 100, (3, 17, 2)).astype(np.float32),
        raw_xy=rng.uniform(0, 100, (3, 17, 2)).astype(np.float32),
        score=np.linspace(0, 1, 51, dtype=np.float32).reshape(3, 17),
        box=rng.uniform(0, 100, (3, 4)).astype(np.float32),
        person_score=np.array([0.1, 0.5, 0.9], np.float32),
        track_id=np.array([4, 0, 7], np.int32),
        swapped=np.zeros((3, 17), np.bool_),
    )


def test_poses_are_shown_without_their_arrays() -> None:
    assert repr(three_people()) == "<Poses of 3 people, 17 keypoints each, ids 4, 0, 7>"
    assert repr(Poses.empty()) == "<Poses of 0 people, 17 keypoints each>"


def test_nobody_can_write_into_poses() -> None:
    poses = three_people()
    for name in ("xy", "score", "box", "person_score", "track_id"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(poses, name)[0] = 0
    with pytest.raises(FrozenInstanceError):
        poses.xy = poses.xy  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("xy", np.zeros((2, 17, 2), np.float32)),
        ("xy", np.zeros((3, 16, 2), np.float32)),
        ("xy", np.zeros((3, 17, 3), np.float32)),
        ("xy", np.zeros((3, 17, 2), np.float64)),
        ("score", np.zeros((3, 17, 1), np.float32)),
        ("score", np.zeros((3, 17), np.int32)),
        ("box", np.zeros((3, 2, 2), np.float32)),
        ("person_score", np.zeros(2, np.float32)),
        ("track_id", np.zeros(3, np.int64)),
        ("track_id", np.zeros((3, 1), np.int32)),
    ],
)
def test_poses_refuse_arrays_that_do_not_fit(name: str, array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must be"):
        replace(three_people(), **{name: array})  # type: ignore[arg-type]


def test_poses_of_nobody_have_length_0() -> None:
    nobody = Poses.empty()
    assert len(nobody) == 0
    assert nobody.xy.shape == (0, 17, 2)
    assert nobody.visible(0.3).shape == (0, 17)


def test_a_mask_keeps_the_same_people_in_every_array() -> None:
    poses = three_people()
    kept = poses[np.array([True, False, True])]
    assert len(kept) == 2
    assert kept.track_id.tolist() == [4, 7]
    assert np.array_equal(kept.xy, poses.xy[[0, 2]])
    assert np.array_equal(kept.score, poses.score[[0, 2]])
    assert np.array_equal(kept.box, poses.box[[0, 2]])
    assert np.array_equal(kept.person_score, poses.person_score[[0, 2]])


def test_a_mask_of_nobody_gives_nobody() -> None:
    assert len(three_people()[np.zeros(3, bool)]) == 0


def test_a_point_is_seen_from_the_threshold_on() -> None:
    score = np.array([[0.29, 0.3, 0.31] + [0.0] * 14], np.float32)
    poses = Poses.from_keypoints(np.zeros((1, 17, 2), np.float32), score)
    assert poses.visible(float(np.float32(0.3)))[0, :4].tolist() == [False, True, True, False]


def test_points_alone_make_a_pose_with_their_box_and_mean_score() -> None:
    xy = np.full((1, 17, 2), 50, np.float32)
    xy[0, 0], xy[0, 16] = (10, 20), (-5, 90)
    score = np.full((1, 17), 0.5, np.float32)
    score[0, 0] = 1
    poses = Poses.from_keypoints(xy, score)
    assert poses.box.tolist() == [[-5, 20, 50, 90]]
    assert poses.person_score[0] == pytest.approx(9 / 17)
    assert poses.track_id.tolist() == [0]


def test_the_caller_s_own_arrays_stay_writable() -> None:
    xy, score = np.zeros((1, 17, 2), np.float32), np.zeros((1, 17), np.float32)
    poses = Poses.from_keypoints(xy, score)
    xy[0, 0], score[0, 0] = 5, 1
    assert poses.xy[0, 0].tolist() == [5, 5]
    assert poses.raw_xy is poses.xy


def test_a_keypoint_by_its_name_is_x_y_and_score_of_everybody() -> None:
    poses = three_people()
    wrist = poses["left_wrist"]
    assert wrist.shape == (3, 3)
    assert np.array_equal(wrist[:, :2], poses.xy[:, Keypoint.LEFT_WRIST])
    assert np.array_equal(wrist[:, 2], poses.score[:, Keypoint.LEFT_WRIST])
    assert np.array_equal(poses[Keypoint.LEFT_WRIST], wrist)
    assert Poses.empty()["nose"].shape == (0, 3)


def test_an_unknown_keypoint_names_those_that_there_are() -> None:
    with pytest.raises(KeyError, match=r"no keypoint 'wrist'.*left_wrist, right_wrist"):
        three_people()["wrist"]


def test_poses_can_be_taken_one_person_at_a_time() -> None:
    poses = three_people()
    assert [person.track_id.tolist() for person in poses] == [[4], [0], [7]]
    assert poses[2].track_id.tolist() == poses[-1].track_id.tolist() == [7]
    assert poses[poses.person_score.argmax()].track_id.tolist() == [7]
    assert poses[1:].track_id.tolist() == [0, 7]
    with pytest.raises(IndexError):
        poses[3]
