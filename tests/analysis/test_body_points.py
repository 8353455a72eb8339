"""The points that angles are measured between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livepose.analysis.body_points import BodyPoints, keypoints_of
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from tests.support.skeletons import FULL_BODY_SKELETON, UPPER_BODY_SKELETON, standing_person


def hide(poses: Poses, *names: str) -> Poses:
    score = poses.score.copy()
    score[:, [poses.skeleton.index(name) for name in names]] = 0.1
    return replace(poses, score=score)


def place_of(poses: Poses, name: str) -> list[float] | None:
    """Return where a point is; None where it is not seen."""
    points = BodyPoints(poses.skeleton)
    xy, is_seen = points.locate(poses, min_score=0.3)
    assert xy.shape == (len(poses), len(points), 2)
    row = points.index(name)
    place: list[float] = xy[0, row].tolist()
    return place if is_seen[0, row] else None


@pytest.mark.parametrize("skeleton", [COCO_SKELETON, FULL_BODY_SKELETON])
def test_derived_points_lie_in_the_middle_of_their_keypoints(skeleton: Skeleton) -> None:
    poses = standing_person(skeleton, nose_x_px=0, nose_y_px=0)
    assert place_of(poses, "left_hip") == [30, 180]
    assert place_of(poses, "trunk_top") == place_of(poses, "mid_shoulders") == [0, 50]
    assert place_of(poses, "trunk_bottom") == [0, 180]
    assert place_of(poses, "mid_ears") == [0, -4]


def test_the_trunk_is_the_side_that_is_seen() -> None:
    poses = hide(standing_person(COCO_SKELETON, 0, 0), "right_hip")
    assert place_of(poses, "trunk_top") == [50, 50]
    assert place_of(poses, "trunk_bottom") == [30, 180]
    assert place_of(poses, "mid_shoulders") == [0, 50]
    both = hide(poses, "left_shoulder")
    assert place_of(both, "trunk_top") is place_of(both, "trunk_bottom") is None


def test_one_ear_is_enough_and_one_shoulder_is_not() -> None:
    poses = hide(standing_person(COCO_SKELETON, 0, 0), "left_ear", "left_shoulder")
    assert place_of(poses, "mid_ears") == [-20, -4]
    assert place_of(poses, "mid_shoulders") is None


def test_a_keypoint_that_the_skeleton_lacks_is_never_seen() -> None:
    poses = standing_person(UPPER_BODY_SKELETON, 0, 0)
    assert place_of(poses, "left_hip") is place_of(poses, "trunk_top") is None
    assert place_of(poses, "mid_ears") is None
    assert place_of(poses, "mid_shoulders") == [0, 50]


def test_nobody_has_no_points() -> None:
    xy, is_seen = BodyPoints(COCO_SKELETON).locate(Poses.empty(UPPER_BODY_SKELETON), 0.3)
    assert (xy.shape[0], is_seen.shape[0]) == (0, 0)


def test_each_keypoint_is_needed_once() -> None:
    assert keypoints_of(["left_ear", "mid_ears", "origin"]) == ("left_ear", "right_ear")
