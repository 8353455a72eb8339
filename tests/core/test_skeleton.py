"""Skeletons: names, sides, pairs, bones and groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from livepose.core.skeleton import (
    COCO_SKELETON,
    Keypoint,
    Side,
    Skeleton,
    keypoint_indices,
    keypoint_names,
)
from tests.support.skeletons import FULL_BODY_SKELETON, UPPER_BODY_SKELETON

SIDES = ("left", "right")


def test_every_keypoint_but_the_nose_has_a_side() -> None:
    assert COCO_SKELETON.side_of_keypoint(0) is Side.MIDDLE
    assert [COCO_SKELETON.side_of_keypoint(index) for index in range(1, 17)] == [
        Side.LEFT,
        Side.RIGHT,
    ] * 8


def test_bones_have_the_side_of_their_ends_and_the_torso_lies_in_the_middle() -> None:
    named = {
        tuple(COCO_SKELETON.names[end] for end in bone): COCO_SKELETON.side_of_bone(bone)
        for bone in COCO_SKELETON.bones
    }
    assert named["left_elbow", "left_wrist"] is Side.LEFT
    assert named["right_knee", "right_ankle"] is Side.RIGHT
    assert named["nose", "left_eye"] is Side.LEFT
    assert named["nose", "right_eye"] is Side.RIGHT
    assert named["left_shoulder", "right_shoulder"] is Side.MIDDLE
    assert named["left_hip", "right_hip"] is Side.MIDDLE


def test_the_skeleton_is_the_same_on_both_sides() -> None:
    def other(index: int) -> int:
        name = COCO_SKELETON.names[index]
        if "left" in name:
            return COCO_SKELETON.index(name.replace("left", "right"))
        return COCO_SKELETON.index(name.replace("right", "left"))

    bones = {frozenset(bone) for bone in COCO_SKELETON.bones}
    assert len(bones) == len(COCO_SKELETON.bones)
    assert {frozenset(other(end) for end in bone) for bone in bones} == bones
    assert {end for bone in bones for end in bone} == set(range(17))


def test_the_face_is_nose_eyes_and_ears() -> None:
    assert [COCO_SKELETON.names[index] for index in COCO_SKELETON.groups["face"]] == [
        "nose",
        "left_eye",
        "right_eye",
        "left_ear",
        "right_ear",
    ]


def test_coco_s_keypoints_are_in_the_order_of_the_model_card() -> None:
    assert COCO_SKELETON.names[:3] == ("nose", "left_eye", "right_eye")
    assert COCO_SKELETON.names[Keypoint.RIGHT_ANKLE] == "right_ankle"
    assert [COCO_SKELETON.index(keypoint.name.lower()) for keypoint in Keypoint] == list(range(17))


def test_pairs_are_left_and_right_of_each_joint() -> None:
    assert len(COCO_SKELETON.pairs) == 8
    for left, right in COCO_SKELETON.pairs:
        assert COCO_SKELETON.names[left].replace("left", "right") == COCO_SKELETON.names[right]
    assert len(FULL_BODY_SKELETON.pairs) == 15  # the mouth's corners are named mouth_left ...


def test_the_mirrored_order_exchanges_left_and_right_and_twice_is_the_order() -> None:
    order = FULL_BODY_SKELETON.mirrored_order()
    names = [FULL_BODY_SKELETON.names[index] for index in order]
    assert names[:5] == [
        "nose",
        "right_eye_inner",
        "right_eye",
        "right_eye_outer",
        "left_eye_inner",
    ]
    assert order[order].tolist() == list(range(33))


def test_a_skeleton_knows_which_names_it_has() -> None:
    assert "left_heel" in FULL_BODY_SKELETON
    assert "left_heel" not in COCO_SKELETON
    assert COCO_SKELETON.has(("left_knee", "right_knee"))
    assert not COCO_SKELETON.has(("left_knee", "left_heel"))
    with pytest.raises(KeyError, match="left_heel"):
        COCO_SKELETON.index("left_heel")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"names": ()}, "distinct keypoint names"),
        ({"names": ("a", "a")}, "distinct keypoint names"),
        ({"oks_sigmas": (0.1,)}, "2 keypoints need 2 sigmas, got 1"),
        ({"bones": ((0, 2),)}, "from 0 to 1"),
        ({"groups": {"face": (-1,)}}, "from 0 to 1"),
    ],
)
def test_a_skeleton_that_does_not_fit_together_is_refused(
    change: dict[str, Any], complaint: str
) -> None:
    parts = {"names": ("a", "b"), "bones": (), "oks_sigmas": (0.1, 0.1), "groups": {}}
    with pytest.raises(ValueError, match=complaint):
        Skeleton(**{**parts, **change})


def test_equal_skeletons_are_equal_and_hash_alike() -> None:
    copy = Skeleton(COCO_SKELETON.names, COCO_SKELETON.bones, COCO_SKELETON.oks_sigmas)
    copy = replace(copy, groups=COCO_SKELETON.groups)
    assert copy == COCO_SKELETON
    assert hash(copy) == hash(COCO_SKELETON)
    assert copy != FULL_BODY_SKELETON


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nose", ["nose"]),
        ("hands", ["left_wrist", "right_wrist"]),
        ("Wrists , feet", ["left_wrist", "right_wrist", "left_ankle", "right_ankle"]),
        ("face", COCO_SKELETON.names[:5]),
        ("face,arms,legs,torso", COCO_SKELETON.names),
        ("left_knee,left_knee", ["left_knee"]),
    ],
)
def test_keypoints_are_named_one_by_one_or_by_parts_of_the_body(
    text: str, names: Sequence[str]
) -> None:
    found = keypoint_indices(COCO_SKELETON, keypoint_names(text))
    assert found == tuple(sorted(COCO_SKELETON.index(name) for name in names))


def test_each_pair_of_a_skeleton_is_a_word_too() -> None:
    parts = COCO_SKELETON.body_parts()
    joints = ("eyes", "ears", "shoulders", "elbows", "wrists", "hips", "knees", "ankles")
    assert list(parts) == [*COCO_SKELETON.groups, *joints]
    assert parts["hands"] == parts["wrists"] and parts["feet"] == parts["ankles"]


@pytest.mark.parametrize(
    ("skeleton", "names"),
    [
        (COCO_SKELETON, ["left_wrist", "right_wrist"]),
        (
            FULL_BODY_SKELETON,
            [f"{side}_{each}" for each in ("wrist", "pinky", "index", "thumb") for side in SIDES],
        ),
        (UPPER_BODY_SKELETON, ["left_hand", "right_hand"]),
    ],
    ids=len,
)
def test_hands_are_those_of_the_skeleton(skeleton: Skeleton, names: Sequence[str]) -> None:
    found = keypoint_indices(skeleton, frozenset({"hands"}))
    assert [skeleton.names[index] for index in found] == names


def test_names_that_a_skeleton_lacks_are_left_out() -> None:
    assert keypoint_indices(UPPER_BODY_SKELETON, keypoint_names("face,left_wrist,head")) == (0,)


def test_a_keypoint_is_named_by_its_name_or_as_a_member() -> None:
    assert keypoint_names([Keypoint.LEFT_HIP, "left_heel"]) == {"left_hip", "left_heel"}
    numbers: Any = [9, 10]
    with pytest.raises(TypeError, match=r"keypoints are named, .* got 9"):
        keypoint_names(numbers)
