"""Which keypoints a figure hides: capsules with known distances."""

from __future__ import annotations

import numpy as np

from livepose.core.skeleton import Keypoint
from livepose.sources.synthetic.dance import joints_at
from livepose.sources.synthetic.limbs import FACE
from livepose.sources.synthetic.occlusion import (
    FAR_ARM,
    NEAR_ARM,
    TRUNK,
    Capsules,
    body_capsules,
)

BAR = Capsules(
    start=np.array([[10.0, 10.0]]),
    end=np.array([[30.0, 10.0]]),
    radius=np.array([5.0]),
    layer=np.array([TRUNK], np.intp),
)


def test_points_within_the_radius_of_the_line_are_hidden() -> None:
    points = np.array([(20, 10), (20, 14.9), (20, 15.1), (5.1, 10), (4.9, 10), (34, 13), (34, 14)])
    assert BAR.hides(points).tolist() == [True, True, False, True, False, False, False]


def test_a_point_of_the_same_or_a_nearer_layer_is_not_hidden() -> None:
    points = np.array([(20.0, 10.0)] * 3)
    layers = np.array([FAR_ARM, TRUNK, NEAR_ARM], np.intp)
    assert BAR.hides(points, layers).tolist() == [True, False, False]
    assert BAR.hides(points, FAR_ARM).all() and not BAR.hides(points, TRUNK).any()


def test_the_box_is_around_all_capsules_with_their_ends() -> None:
    assert BAR.bounding_box().tolist() == [5.0, 5.0, 35.0, 15.0]


def test_a_dot_is_a_capsule_too() -> None:
    dot = Capsules(BAR.start, BAR.start, BAR.radius, BAR.layer)
    assert dot.hides(np.array([(10.0, 14.0), (16.0, 10.0)])).tolist() == [True, False]


def test_a_body_covers_all_its_own_keypoints_but_the_face() -> None:
    joints = np.array((200.0, 400.0)) + joints_at(0.0) * (300, -300)
    toes = np.array(((0.01, 0.035), (-0.01, 0.035)))
    capsules = body_capsules(joints, 300.0, toes, 0.095, ((TRUNK, TRUNK), (TRUNK, TRUNK)))
    assert len(capsules.radius) == 3 + 2 * 5
    body = np.setdiff1d(np.arange(len(joints)), FACE)
    assert capsules.hides(joints[body]).all()
    left, top, right, bottom = capsules.bounding_box()
    assert top < joints[Keypoint.LEFT_EYE, 1] and bottom > joints[Keypoint.LEFT_ANKLE, 1]
    assert left < joints[:, 0].min() and right > joints[:, 0].max()
