"""The table of angles: its names, and the keypoints that they need."""

from __future__ import annotations

import pytest

from livepose.analysis.angle_definitions import (
    ANGLE_DEFINITIONS,
    AngleKind,
    check_measurable,
    find_definitions,
    parse_angles,
)
from livepose.core.errors import OptionError
from livepose.core.skeleton import COCO_SKELETON
from tests.support.skeletons import FULL_BODY_SKELETON, UPPER_BODY_SKELETON


def test_a_name_without_its_side_means_both() -> None:
    assert parse_angles("knee") == ("left_knee", "right_knee")
    assert parse_angles("trunk, left_elbow,knee,left_knee") == (
        "left_knee", "right_knee", "left_elbow", "trunk",
    )  # fmt: skip
    assert set(parse_angles("all")) == set(ANGLE_DEFINITIONS)


@pytest.mark.parametrize("text", ["wrist", "", "knee,", "left_trunk", "KNEE"])
def test_a_name_that_is_not_known_is_answered_with_those_that_are(text: str) -> None:
    with pytest.raises(OptionError, match=r"knee, hip, elbow.*trunk.*or all"):
        parse_angles(text)


@pytest.mark.parametrize("text", ["ankle", "left_ankle", "foot"])
def test_an_ankle_is_refused_because_there_is_no_toe(text: str) -> None:
    with pytest.raises(OptionError, match=r"needs a toe.*shank"):
        parse_angles(text)


def test_the_two_angles_of_a_pair_differ_in_their_side_alone() -> None:
    left, right = find_definitions(["left_hip", "right_hip"])
    assert left.line == ("left_hip", "left_knee")
    assert right.line == ("right_hip", "right_knee")
    assert left.base == right.base
    assert (left.kind, left.title, left.first_low_deg) == (right.kind, right.title, -120.0)


@pytest.mark.parametrize(
    ("name", "keypoint"),
    [
        ("left_knee", "left_knee"),
        ("right_shoulder", "right_shoulder"),
        ("left_thigh", "left_knee"),
        ("right_forearm", "right_wrist"),
        ("trunk", "nose"),
        ("pelvis", "nose"),
    ],
)
def test_a_label_belongs_to_the_joint_or_to_the_far_end_of_the_segment(
    name: str, keypoint: str
) -> None:
    assert ANGLE_DEFINITIONS[name].keypoint == keypoint


def test_only_lines_without_a_direction_look_the_same_after_half_a_turn() -> None:
    half = {name for name, each in ANGLE_DEFINITIONS.items() if each.period_deg == 180}
    assert half == {"shoulders", "pelvis"}
    assert {ANGLE_DEFINITIONS[name].kind for name in half} == {AngleKind.TILT}


def test_a_derived_point_needs_the_keypoints_that_it_is_made_of() -> None:
    shoulders, hips = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")
    assert ANGLE_DEFINITIONS["trunk"].keypoints == (*shoulders, *hips)
    assert ANGLE_DEFINITIONS["head"].keypoints == (*shoulders, "left_ear", "right_ear")


def test_skeletons_with_the_keypoints_allow_every_angle() -> None:
    check_measurable(parse_angles("all"), COCO_SKELETON)
    check_measurable(parse_angles("all"), FULL_BODY_SKELETON)


def test_a_skeleton_that_lacks_keypoints_is_refused_with_the_angles_that_it_allows() -> None:
    check_measurable([], UPPER_BODY_SKELETON)
    check_measurable(["shoulders"], UPPER_BODY_SKELETON)
    with pytest.raises(
        OptionError,
        match=r"left_elbow cannot be measured: it needs left_elbow, left_wrist, .*allows shoulders",
    ):
        check_measurable(["shoulders", "left_elbow"], UPPER_BODY_SKELETON)
