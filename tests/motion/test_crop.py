"""Smart crop: the square around a person, when there is none, and how it moves."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON
from livepose.motion import SmartCrop, WholeFrame

WIDTH_PX, HEIGHT_PX = 640, 480


def pose(scores: dict[str, float] | None = None, **places: tuple[float, float]) -> Poses:
    """Make a torso of 40 x 80 px around (320, 200), with all else on the middle of the hips."""
    torso = {
        "left_shoulder": (340.0, 160.0),
        "right_shoulder": (300.0, 160.0),
        "left_hip": (340.0, 240.0),
        "right_hip": (300.0, 240.0),
    }
    xy = np.full((1, 17, 2), (320.0, 240.0), np.float32)
    score = np.full((1, 17), 0.9, np.float32)
    for name, place in (torso | places).items():
        xy[0, COCO_SKELETON.index(name)] = place
    for name, value in (scores or {}).items():
        score[0, COCO_SKELETON.index(name)] = value
    return Poses.from_keypoints(xy, score)


def posed(
    poses: Poses,
    subject_state: SubjectState = SubjectState.EVERYBODY,
    time_s: float = 0.0,
) -> PosedFrame:
    frame = Frame.from_bgr(np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8), time_s=time_s)
    whole = Region.letterbox(WIDTH_PX, HEIGHT_PX)
    return PosedFrame(frame, poses, whole, 0.0, subject_state=subject_state)


def next_region(poses: Poses) -> Region | None:
    return SmartCrop().next_region(posed(poses))


def test_the_crop_is_1_9_times_the_torso_around_the_hips() -> None:
    region = next_region(pose())
    assert region is not None
    side_px = 2 * 1.9 * 80  # the shoulders lie 80 px above the hips
    assert region.width_px == region.height_px == pytest.approx(side_px)
    assert region.left_px + side_px / 2 == pytest.approx(320)
    assert region.top_px + side_px / 2 == pytest.approx(240)


def test_at_an_anchor_two_crops_become_the_same_whatever_was_before() -> None:
    crops = [SmartCrop(in_flight=6) for _ in range(2)]
    regions = []
    for number in range(40):
        time_s = 1 + number / 30
        # Before two seconds, one of them has seen the person half a pixel farther down.
        off_px = 0.4 if time_s < 1.99 else 0.0
        people = [pose(left_wrist=(320.0, 421.0 + off)) for off in (0.0, off_px)]
        regions.append(
            [
                crop.next_region(posed(poses, time_s=time_s))
                for crop, poses in zip(crops, people, strict=True)
            ]
        )
    assert all(first != second for first, second in regions[:30])
    assert all(first == second for first, second in regions[30:36])
    first, second = regions[36]
    assert first is not None and second is not None and first != regions[30][0]
    assert first.width_px == pytest.approx(second.width_px, abs=1e-4)


def test_a_raised_hand_widens_the_crop_to_1_2_times_the_body() -> None:
    region = next_region(pose(left_wrist=(320.0, 60.0)))
    assert region is not None
    assert region.width_px == pytest.approx(2 * 1.2 * 180)


def test_a_hand_that_is_not_seen_does_not_widen_the_crop() -> None:
    region = next_region(pose({"left_wrist": 0.19}, left_wrist=(320.0, 20.0)))
    assert region is not None
    assert region.width_px == pytest.approx(2 * 1.9 * 80)


def test_the_torso_counts_at_any_score_if_one_hip_and_one_shoulder_are_seen() -> None:
    region = next_region(
        pose({"left_shoulder": 0.05, "left_hip": 0.05}, left_shoulder=(420.0, 240.0))
    )
    assert region is not None
    assert region.width_px == pytest.approx(2 * 1.9 * 100)


@pytest.mark.parametrize("unseen", [("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")])
def test_without_a_hip_or_a_shoulder_there_is_no_crop(
    unseen: tuple[str, str],
) -> None:
    assert next_region(pose(dict.fromkeys(unseen, 0.1))) is None


def test_there_is_no_crop_larger_than_the_picture() -> None:
    assert next_region(pose(left_ankle=(320.0, 700.0))) is None


def test_without_a_person_there_is_no_crop() -> None:
    assert next_region(Poses.empty()) is None
    assert WholeFrame().next_region(posed(pose())) is None


def center(region: Region | None) -> tuple[float, float]:
    assert region is not None
    return region.left_px + region.width_px / 2, region.top_px + region.height_px / 2


def moved(by_px: float) -> Poses:
    poses = pose()
    return Poses.from_keypoints(poses.xy + np.array((by_px, 0), np.float32), poses.score)


def test_the_square_is_low_passed() -> None:
    crop = SmartCrop(low_pass=0.5)
    assert center(crop.next_region(posed(moved(0)))) == pytest.approx((320, 240))
    assert center(crop.next_region(posed(moved(20)))) == pytest.approx((330, 240))
    assert center(crop.next_region(posed(moved(20)))) == pytest.approx((335, 240))


def test_the_square_of_a_hidden_subject_drifts_on_and_slows_down() -> None:
    crop = SmartCrop(low_pass=1.0)
    for number in range(20):
        crop.next_region(posed(moved(5.0 * number)))
    hidden = posed(Poses.empty(), SubjectState.LOCKED)
    xs = [center(crop.next_region(hidden))[0] for _ in range(30)]
    steps_px = np.diff([320 + 5.0 * 19, *xs])
    assert steps_px[0] == pytest.approx(5, abs=0.2)
    assert steps_px[1:] / steps_px[:-1] == pytest.approx(np.full(29, 0.93), rel=1e-3)


def test_a_subject_who_is_lost_ends_the_crop() -> None:
    crop = SmartCrop()
    assert crop.next_region(posed(pose())) is not None
    assert crop.next_region(posed(Poses.empty(), SubjectState.LOST)) is None
    # Nothing is left of the square: the next one is not low-passed.
    assert center(crop.next_region(posed(moved(100)))) == pytest.approx((420, 240))


def test_a_hidden_subject_who_was_never_cropped_is_searched_everywhere() -> None:
    assert SmartCrop().next_region(posed(Poses.empty(), SubjectState.LOCKED)) is None
