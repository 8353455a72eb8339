"""The nouns: what they refuse, that nobody can write into them, and what they know of the body."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from livepose.core.errors import (
    LivePoseError,
    ModelError,
    OptionError,
    RuntimeMissing,
    SinkError,
    SourceCutShort,
    SourceError,
    SourceNotFound,
    TargetExists,
)
from livepose.core.frame import Frame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import (
    BONES,
    FACE,
    KEYPOINT_NAMES,
    Side,
    side_of_bone,
    side_of_keypoint,
)


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


def test_a_frame_knows_its_size() -> None:
    frame = Frame.from_bgr(np.zeros((120, 160, 3), np.uint8), 0, 0.0, 0.0)
    assert (frame.width_px, frame.height_px) == (160, 120)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((120, 160), np.uint8),
        np.zeros((120, 160, 4), np.uint8),
        np.zeros((120, 160, 1), np.uint8),
        np.zeros((1, 120, 160, 3), np.uint8),
        np.zeros((120, 160, 3), np.float32),
        np.zeros((120, 160, 3), np.int8),
    ],
    ids=["grey", "with alpha", "one channel", "a batch", "float", "signed"],
)
def test_a_frame_refuses_other_shapes_and_types(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        Frame.from_bgr(pixels, 0, 0.0, 0.0)


def test_nobody_can_write_into_a_frame() -> None:
    frame = Frame.from_bgr(np.zeros((4, 4, 3), np.uint8), 0, 0.0, 0.0)
    with pytest.raises(ValueError, match="read-only"):
        frame.bgr[0, 0] = 1
    with pytest.raises(FrozenInstanceError):
        frame.index = 1  # type: ignore[misc]


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


def test_nobody_is_a_pose_record_of_length_0() -> None:
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


def test_a_square_lies_around_its_centre() -> None:
    region = Region.square(30, 40, 10)
    assert region == Region(left_px=25, top_px=35, width_px=10, height_px=10)


@pytest.mark.parametrize(
    ("size_px", "wanted"),
    [
        ((160, 120), Region(0, -20, 160, 160)),
        ((120, 160), Region(-20, 0, 160, 160)),
        ((64, 64), Region(0, 0, 64, 64)),
    ],
)
def test_the_letterbox_is_the_smallest_square_around_a_picture(
    size_px: tuple[int, int], wanted: Region
) -> None:
    assert Region.letterbox(*size_px) == wanted


@pytest.mark.parametrize("size_px", [(0, 10), (10, 0), (-1, 10), (float("nan"), 10)])
def test_a_region_without_an_area_is_refused(size_px: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="area"):
        Region(0, 0, *size_px)


def test_every_keypoint_but_the_nose_has_a_side() -> None:
    assert side_of_keypoint(0) is Side.MIDDLE
    assert [side_of_keypoint(index) for index in range(1, 17)] == [Side.LEFT, Side.RIGHT] * 8


def test_bones_have_the_side_of_their_ends_and_the_torso_lies_in_the_middle() -> None:
    named = {tuple(KEYPOINT_NAMES[end] for end in bone): side_of_bone(bone) for bone in BONES}
    assert named["left_elbow", "left_wrist"] is Side.LEFT
    assert named["right_knee", "right_ankle"] is Side.RIGHT
    assert named["nose", "left_eye"] is Side.LEFT
    assert named["nose", "right_eye"] is Side.RIGHT
    assert named["left_shoulder", "right_shoulder"] is Side.MIDDLE
    assert named["left_hip", "right_hip"] is Side.MIDDLE


def test_the_skeleton_is_the_same_on_both_sides() -> None:
    def other(index: int) -> int:
        name = KEYPOINT_NAMES[index]
        if "left" in name:
            return KEYPOINT_NAMES.index(name.replace("left", "right"))
        return KEYPOINT_NAMES.index(name.replace("right", "left"))

    bones = {frozenset(bone) for bone in BONES}
    assert len(bones) == len(BONES)
    assert {frozenset(other(end) for end in bone) for bone in bones} == bones
    assert {end for bone in bones for end in bone} == set(range(17))


def test_the_face_is_nose_eyes_and_ears() -> None:
    assert list(KEYPOINT_NAMES[FACE]) == ["nose", "left_eye", "right_eye", "left_ear", "right_ear"]


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (SourceError, OSError),
        (SourceNotFound, FileNotFoundError),
        (SourceCutShort, SourceError),
        (RuntimeMissing, ImportError),
        (SinkError, OSError),
        (TargetExists, FileExistsError),
        (TargetExists, SinkError),
        (OptionError, ValueError),
        (ModelError, LivePoseError),
    ],
)
def test_an_error_is_also_the_builtin_that_fits(
    kind: type[LivePoseError], builtin: type[Exception]
) -> None:
    error = kind("what happened to what")
    assert isinstance(error, LivePoseError)
    assert isinstance(error, builtin)
    assert str(error) == "what happened to what"
