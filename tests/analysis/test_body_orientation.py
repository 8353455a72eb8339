"""Which way people face."""

from __future__ import annotations

import math

import numpy as np
import pytest

from livepose.analysis.body_orientation import Facing, Orientation, measure_orientation
from livepose.analysis.body_points import BodyPoints
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON
from livepose.core.skeleton import Keypoint as K
from tests.support.skeletons import UPPER_BODY_SKELETON, standing_person

NAN = math.nan


def measured(poses: Poses) -> list[float]:
    points = BodyPoints(poses.skeleton)
    xy, is_seen = points.locate(poses, min_score=0.3)
    (row,) = measure_orientation(points, xy, is_seen).tolist()
    return list(row)


def body(shoulder_width: float, nose_offset: float, turn_deg: float = 0.0) -> Poses:
    """A trunk of 100 px, turned in the picture, with all points of the face at the ears."""
    xy = np.zeros((17, 2), np.float32)
    xy[[K.LEFT_SHOULDER, K.RIGHT_SHOULDER], 0] = 50 * shoulder_width, -50 * shoulder_width
    xy[[K.LEFT_HIP, K.RIGHT_HIP], 1] = 100
    xy[:5, 1] = -50
    xy[K.NOSE, 0] = 100 * nose_offset
    turn = math.radians(turn_deg)
    rotation = np.array(((math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))))
    turned = (xy @ rotation.T).astype(np.float32)
    return Poses.from_keypoints(turned[None], np.ones((1, 17), np.float32))


@pytest.mark.parametrize("turn_deg", [0, 30, 90, 180])
def test_both_measures_are_taken_across_the_trunk_however_it_lies(turn_deg: float) -> None:
    assert measured(body(0.7, 0.25, turn_deg)) == pytest.approx([0.7, 0.25], abs=1e-5)
    assert measured(body(0.1, -0.25, turn_deg)) == pytest.approx([0.1, -0.25], abs=1e-5)


def test_what_is_not_seen_is_not_measured() -> None:
    no_hips = standing_person(UPPER_BODY_SKELETON)
    assert np.isnan(measured(no_hips)).all()
    score = np.ones((1, 17), np.float32)
    score[0, K.NOSE] = 0.1
    no_nose = Poses.from_keypoints(body(0.7, 0.2).xy, score)
    assert measured(no_nose) == pytest.approx([0.7, NAN], nan_ok=True)
    flat = Poses.from_keypoints(np.zeros((1, 17, 2), np.float32), np.ones((1, 17), np.float32))
    assert np.isnan(measured(flat)).all()


@pytest.mark.parametrize(
    ("shoulder_width", "nose_offset", "facing"),
    [
        (0.7, 0.25, Facing.FRONT),
        (0.41, 0.25, Facing.FRONT),
        (0.39, 0.25, Facing.RIGHT),
        (0.1, -0.25, Facing.LEFT),
        (0.1, 0.05, Facing.FRONT),
        (NAN, 0.25, Facing.FRONT),
        (0.1, NAN, Facing.FRONT),
    ],
)
def test_a_profile_has_narrow_shoulders_and_a_nose_before_the_ears(
    shoulder_width: float, nose_offset: float, facing: Facing
) -> None:
    assert Orientation().updated(shoulder_width, nose_offset, 0.0).facing is facing


def test_a_profile_ends_where_the_shoulders_are_clearly_wider_than_where_it_begins() -> None:
    profile = Orientation().updated(0.1, 0.25, 0.0)
    assert profile.updated(0.49, 0.25, 10.0).facing is Facing.FRONT  # begins anew, after a gap
    held = profile
    for index in range(1, 60):
        held = held.updated(0.49, 0.25, index / 30)
    assert held.facing is Facing.RIGHT
    for index in range(60, 90):
        held = held.updated(0.52, 0.25, index / 30)
    assert held.facing is Facing.FRONT


def test_measures_follow_with_a_time_constant_of_150_ms() -> None:
    after = Orientation().updated(0.0, 0.0, 0.0).updated(1.0, 1.0, 0.15)
    assert after.shoulder_width == pytest.approx(1 - math.exp(-1))
    assert after.nose_offset == pytest.approx(1 - math.exp(-1))


def test_what_is_not_seen_for_a_moment_is_kept() -> None:
    profile = Orientation().updated(0.1, 0.25, 0.0)
    hidden = profile.updated(NAN, NAN, 0.4)
    assert (hidden.shoulder_width, hidden.facing) == (0.1, Facing.RIGHT)
    assert Orientation().updated(0.1, 0.25, 0.0).updated(NAN, NAN, 0.6).facing is Facing.FRONT


def test_a_seek_back_begins_anew() -> None:
    profile = Orientation().updated(0.1, 0.25, 5.0)
    assert profile.updated(NAN, NAN, 4.0).facing is Facing.FRONT


def test_people_are_measured_row_by_row() -> None:
    both = Poses.from_keypoints(
        np.concatenate((body(0.7, 0.25).xy, body(0.1, -0.3).xy)), np.ones((2, 17), np.float32)
    )
    points = BodyPoints(COCO_SKELETON)
    found = measure_orientation(points, *points.locate(both, 0.3))
    np.testing.assert_allclose(found, [(0.7, 0.25), (0.1, -0.3)], atol=1e-5)
