"""Every motion step works with skeletons of another number of keypoints than COCO's 17."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from livepose.motion import SmartCrop, SubjectSelector, SwapGuard, Tracker
from livepose.motion.face_regions import FaceRegions, discs_of
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.smoothing.one_euro import OneEuro
from livepose.motion.smoothing.points import RestoreRaw
from livepose.motion.tracking.appearance import clothes_colors
from livepose.motion.tracking.similarity import oks
from livepose.motion.tracking.subject import Select
from livepose.motion.tracking.tracker import suppress_duplicates
from livepose.motion.trails import Trails
from tests.support.skeletons import (
    FULL_BODY_SKELETON,
    UPPER_BODY_SKELETON,
    standing_person,
)

SIZE_PX = (1280, 720)
SKELETONS = [
    pytest.param(COCO_SKELETON, id="17 keypoints"),
    pytest.param(FULL_BODY_SKELETON, id="33 keypoints"),
    pytest.param(UPPER_BODY_SKELETON, id="5 keypoints"),
]
POINTED_SKELETON = Skeleton(names=("tip", "tail"), bones=((0, 1),), oks_sigmas=(0.1, 0.1))
"""Of something that has neither a face nor shoulders."""


def posed(poses: Poses, index: int = 0) -> PosedFrame:
    frame = Frame.from_bgr(np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8), index, index / 30)
    return PosedFrame(frame, poses, Region.letterbox(*SIZE_PX), 0.0, detections=poses)


def together(*people: Poses) -> Poses:
    """Return several people, one of them each, as one record."""
    return Poses.from_keypoints(
        np.concatenate([each.xy for each in people]),
        np.concatenate([each.score for each in people]),
        people[0].skeleton,
    )


def with_left_and_right_exchanged(poses: Poses, joints: tuple[str, ...]) -> Poses:
    xy = poses.xy.copy()
    for joint in joints:
        left, right = (poses.skeleton.index(f"{side}_{joint}") for side in ("left", "right"))
        xy[:, [left, right]] = xy[:, [right, left]]
    return replace(poses, xy=xy, raw_xy=xy)


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_people_who_change_places_in_the_arrays_keep_their_ids(skeleton: Skeleton) -> None:
    tracker, ids = Tracker(), []
    for number in range(10):
        left = standing_person(skeleton, 300 + 3 * number)
        right = standing_person(skeleton, 900 - 3 * number)
        people = (left, right) if number % 2 == 0 else (right, left)
        ids.append(tracker(posed(together(*people), number)).poses.track_id.tolist())
    assert ids == [[1, 2], [2, 1]] * 5


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_one_person_keeps_their_id(skeleton: Skeleton) -> None:
    tracker = Tracker()
    for number in range(10):
        tracked = tracker(posed(standing_person(skeleton, 300 + 5 * number), number)).poses
        assert tracked.track_id.tolist() == [1]
        assert tracked.skeleton == skeleton


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_a_second_pose_of_the_same_body_is_dropped(skeleton: Skeleton) -> None:
    twice = together(standing_person(skeleton), standing_person(skeleton, 321, score=0.8))
    assert suppress_duplicates(twice).person_score.tolist() == pytest.approx([0.9])


def test_a_tracker_takes_poses_of_another_skeleton_for_other_people() -> None:
    tracker = Tracker()
    ids = [
        tracker(posed(standing_person(skeleton), number)).poses.track_id.tolist()
        for number, skeleton in enumerate((COCO_SKELETON, FULL_BODY_SKELETON, FULL_BODY_SKELETON))
    ]
    assert ids == [[1], [2], [2]]


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_oks_uses_the_sigmas_of_the_skeleton(skeleton: Skeleton) -> None:
    person = standing_person(skeleton)
    area_px = np.array([10_000.0], np.float32)
    for row, sigma in enumerate(skeleton.oks_sigmas):
        is_compared = np.arange(len(skeleton))[None] == row
        moved = person.xy.copy()
        moved[0, row, 0] += 2 * sigma * 100
        similar = oks(person.xy, is_compared, area_px, moved, skeleton)
        assert similar[0, 0] == pytest.approx(np.exp(-0.5), rel=1e-4)


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_the_color_of_a_torso_is_known_where_there_is_a_torso(skeleton: Skeleton) -> None:
    bgr = np.full((SIZE_PX[1], SIZE_PX[0], 3), (30, 60, 200), np.uint8)
    colors = clothes_colors(Frame.from_bgr(bgr).pixels, standing_person(skeleton))
    assert colors.is_known.any() == skeleton.has(("left_hip", "right_hip"))


def one_euro(frames: list[PosedFrame]) -> list[PosedFrame]:
    smoother = OneEuro()
    return [smoother(each) for each in frames]


def butterworth(frames: list[PosedFrame]) -> list[PosedFrame]:
    smoother = Butterworth()
    return [done for each in frames for done in smoother.push(each)] + smoother.flush()


@pytest.mark.parametrize("smooth", [one_euro, butterworth])
@pytest.mark.parametrize("skeleton", SKELETONS)
def test_jitter_is_smoothed(
    skeleton: Skeleton, smooth: Callable[[list[PosedFrame]], list[PosedFrame]]
) -> None:
    noise, person = np.random.default_rng(0), standing_person(skeleton)
    frames = [
        posed(
            Poses.from_keypoints(
                person.xy + noise.normal(0, 1, person.xy.shape).astype(np.float32),
                person.score,
                skeleton,
            ),
            number,
        )
        for number in range(60)
    ]
    before, after = (
        np.stack([each.poses.xy[0] for each in some])[20:] for some in (frames, smooth(frames))
    )
    assert np.diff(after, axis=0).std() < np.diff(before, axis=0).std() / 3
    assert np.abs(after - person.xy[0]).max() < 3


@pytest.mark.parametrize("smooth", [one_euro, butterworth])
def test_smoothing_starts_anew_with_another_skeleton(
    smooth: Callable[[list[PosedFrame]], list[PosedFrame]],
) -> None:
    skeletons = [COCO_SKELETON] * 8 + [FULL_BODY_SKELETON] * 8 + [UPPER_BODY_SKELETON] * 8
    frames = [posed(standing_person(each), number) for number, each in enumerate(skeletons)]
    for before, after in zip(frames, smooth(frames), strict=True):
        assert after.poses.xy == pytest.approx(before.poses.xy, abs=1e-3)


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_smoothing_can_be_undone(skeleton: Skeleton) -> None:
    person = standing_person(skeleton)
    smoothed = replace(person, xy=person.xy + 3, box=person.box + 3)
    restored = RestoreRaw()(replace(posed(person), poses=smoothed)).poses
    assert restored.xy == pytest.approx(person.xy)
    assert restored.box == pytest.approx(person.box)


LEG_JOINTS = {
    COCO_SKELETON.names: ("knee", "ankle"),
    FULL_BODY_SKELETON.names: ("knee", "ankle", "heel", "foot_index"),
}


@pytest.mark.parametrize("skeleton", [COCO_SKELETON, FULL_BODY_SKELETON], ids=["17", "33"])
def test_legs_that_were_mixed_up_are_put_right_with_their_feet(skeleton: Skeleton) -> None:
    guard, joints = SwapGuard(), LEG_JOINTS[skeleton.names]
    right = {skeleton.index(f"{side}_{joint}") for joint in joints for side in ("left", "right")}
    for number in range(40):
        truth = standing_person(skeleton, 300 + number)
        is_mixed_up = number in (20, 21, 22)
        given = with_left_and_right_exchanged(truth, joints) if is_mixed_up else truth
        found = guard(posed(given, number)).poses
        assert found.xy == pytest.approx(truth.xy)
        assert set(np.flatnonzero(found.swapped[0])) == (right if is_mixed_up else set())


def test_poses_without_limbs_pass_the_swap_guard_unchanged() -> None:
    guard = SwapGuard()
    for number in range(30):
        person = standing_person(UPPER_BODY_SKELETON)
        if number in (20, 21):
            person = with_left_and_right_exchanged(person, ("hand",))
        given = posed(person, number)
        assert guard(given) is given


@pytest.mark.parametrize("skeleton", [COCO_SKELETON, FULL_BODY_SKELETON], ids=["17", "33"])
def test_the_crop_is_around_the_hips(skeleton: Skeleton) -> None:
    region = SmartCrop().next_region(posed(standing_person(skeleton, 500, 200)))
    assert region is not None
    assert region.left_px + region.width_px / 2 == pytest.approx(500)
    assert region.top_px + region.height_px / 2 == pytest.approx(380)
    # 1.9 times the reach of the torso; the body reaches further down in the full skeleton.
    lowest_px = {17: 190.0, 33: 202.0}[len(skeleton)]
    assert region.width_px / 2 == pytest.approx(max(1.9 * 130, 1.2 * max(lowest_px, 188.0)))


def test_without_hips_the_whole_frame_is_used() -> None:
    assert SmartCrop().next_region(posed(standing_person(UPPER_BODY_SKELETON, 500, 200))) is None


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_a_disc_covers_the_head(skeleton: Skeleton) -> None:
    person = standing_person(skeleton, 500, 200)
    faces = FaceRegions()(posed(person)).overlays.faces
    head = [n for n, name in enumerate(skeleton.names) if name in ("nose", "head", "left_ear")]
    for row in head:
        away_px = np.hypot(*(faces[:, :2] - person.xy[0, row]).T)
        assert (away_px < faces[:, 2]).any(), skeleton.names[row]


def test_without_a_face_and_shoulders_the_whole_person_is_covered() -> None:
    xy = np.array([[(100, 100), (160, 180)]], np.float32)
    poses = Poses.from_keypoints(xy, np.full((1, 2), 0.9, np.float32), POINTED_SKELETON)
    assert discs_of(poses).tolist() == [[130.0, 140.0, 50.0]]


def test_trails_are_of_the_keypoints_that_the_skeleton_has() -> None:
    foot, left, right = map(
        FULL_BODY_SKELETON.index, ("left_foot_index", "left_shoulder", "right_shoulder")
    )
    trails, counts = Trails(["left_foot_index", "shoulders"]), []
    for number, skeleton in enumerate((FULL_BODY_SKELETON, UPPER_BODY_SKELETON)):
        tracked = replace(standing_person(skeleton), track_id=np.array([number + 1], np.int32))
        overlays = trails(posed(tracked, number)).overlays
        counts.append([(each.track_id, each.keypoint) for each in overlays.trails])
    assert counts[0] == [(1, left), (1, right), (1, foot)]
    assert [each for each in counts[1] if each[0] == 2] == [(2, 1), (2, 2)]


@pytest.mark.parametrize("skeleton", SKELETONS)
def test_a_subject_is_selected_and_an_empty_result_keeps_the_skeleton(skeleton: Skeleton) -> None:
    steps: list[MotionStep] = [Tracker(), SubjectSelector(Select.RIGHTMOST)]
    both = together(standing_person(skeleton, 300), standing_person(skeleton, 900))
    first = replace(posed(both), is_multi_person=True)
    nobody = posed(Poses.empty(skeleton), 40)
    for step in steps:
        first = step(first)
    assert first.poses.track_id.tolist() == [2]
    for step in steps:
        nobody = step(nobody)
    assert nobody.poses.skeleton == skeleton
