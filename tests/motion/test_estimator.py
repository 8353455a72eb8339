"""Smart crop and the estimator."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import KEYPOINT_NAMES
from livepose.motion import Estimator, SmartCrop, WholeFrame
from livepose.motion.tracking.subject import Select, SubjectSelector
from livepose.motion.tracking.tracker import Tracker
from tests.support.fakes import SlowModel

WIDTH_PX, HEIGHT_PX = 640, 480


def pose(scores: dict[str, float] | None = None, **places: tuple[float, float]) -> Poses:
    """A torso of 40 x 80 px around (320, 200), all else on the middle of the hips."""
    torso = {
        "left_shoulder": (340.0, 160.0),
        "right_shoulder": (300.0, 160.0),
        "left_hip": (340.0, 240.0),
        "right_hip": (300.0, 240.0),
    }
    xy = np.full((1, 17, 2), (320.0, 240.0), np.float32)
    score = np.full((1, 17), 0.9, np.float32)
    for name, place in (torso | places).items():
        xy[0, KEYPOINT_NAMES.index(name)] = place
    for name, value in (scores or {}).items():
        score[0, KEYPOINT_NAMES.index(name)] = value
    return Poses.from_keypoints(xy, score)


def posed(poses: Poses, subject_state: SubjectState = SubjectState.EVERYBODY) -> PosedFrame:
    whole = Region.letterbox(WIDTH_PX, HEIGHT_PX)
    return PosedFrame(frame(0), poses, whole, 0.0, subject_state=subject_state)


def next_region(poses: Poses) -> Region | None:
    return SmartCrop().next_region(posed(poses))


def test_the_crop_is_1_9_times_the_torso_around_the_hips() -> None:
    region = next_region(pose())
    assert region is not None
    side_px = 2 * 1.9 * 80  # the shoulders lie 80 px above the hips
    assert region.width_px == region.height_px == pytest.approx(side_px)
    assert region.left_px + side_px / 2 == pytest.approx(320)
    assert region.top_px + side_px / 2 == pytest.approx(240)


def test_a_raised_hand_widens_the_crop_to_1_2_times_the_body() -> None:
    region = next_region(pose(left_wrist=(320.0, 60.0)))
    assert region is not None
    assert region.width_px == pytest.approx(2 * 1.2 * 180)


def test_a_hand_that_is_not_seen_does_not_widen_the_crop() -> None:
    region = next_region(pose({"left_wrist": 0.19}, left_wrist=(320.0, 20.0)))
    assert region is not None
    assert region.width_px == pytest.approx(2 * 1.9 * 80)


def test_the_torso_counts_at_any_score_while_one_hip_and_one_shoulder_are_seen() -> None:
    region = next_region(
        pose({"left_shoulder": 0.05, "left_hip": 0.05}, left_shoulder=(420.0, 240.0))
    )
    assert region is not None
    assert region.width_px == pytest.approx(2 * 1.9 * 100)


@pytest.mark.parametrize("unseen", [("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")])
def test_without_a_hip_or_without_a_shoulder_the_whole_picture_is_looked_at(
    unseen: tuple[str, str],
) -> None:
    assert next_region(pose(dict.fromkeys(unseen, 0.1))) is None


def test_a_crop_larger_than_the_picture_is_no_crop() -> None:
    assert next_region(pose(left_ankle=(320.0, 700.0))) is None


def test_nobody_means_the_whole_picture() -> None:
    assert next_region(Poses.empty()) is None
    assert WholeFrame().next_region(posed(pose())) is None


def frame(index: int, width_px: int = WIDTH_PX) -> Frame:
    return Frame.from_bgr(np.zeros((HEIGHT_PX, width_px, 3), np.uint8), index, index / 30, 0.0)


def test_a_mean_score_under_a_quarter_is_nobody() -> None:
    assert len(Estimator(SlowModel(scores=(0.24,)))(frame(0)).poses) == 0
    assert len(Estimator(SlowModel(scores=(0.26,)))(frame(0)).poses) == 1


def test_the_second_frame_is_looked_at_through_the_first_ones_crop() -> None:
    model = SlowModel()
    estimator = Estimator(model)
    first, second = estimator(frame(0)), estimator(frame(1))
    assert first.region == model.asked[0] == Region.letterbox(WIDTH_PX, HEIGHT_PX)
    assert second.region == model.asked[1]
    assert second.region.width_px < first.region.width_px


def test_a_person_lost_in_the_crop_is_looked_for_in_the_whole_picture_at_once() -> None:
    model = SlowModel(scores=(0.9, 0.1, 0.9))
    estimator = Estimator(model)
    estimator(frame(0))
    found = estimator(frame(1))
    assert len(found.poses) == 1
    assert found.region == model.asked[2] == Region.letterbox(WIDTH_PX, HEIGHT_PX)


def test_a_picture_of_another_size_is_looked_at_whole() -> None:
    model = SlowModel()
    estimator = Estimator(model)
    estimator(frame(0))
    estimator(frame(1, width_px=320))
    assert model.asked[1] == Region.letterbox(320, HEIGHT_PX)


def test_two_estimators_on_one_model_know_nothing_of_each_other() -> None:
    model = SlowModel()
    Estimator(model)(frame(0))
    assert Estimator(model)(frame(1)).region == Region.letterbox(WIDTH_PX, HEIGHT_PX)


class Room:
    """Two models that look at one room: one finds one person, the other everybody."""

    def __init__(self) -> None:
        self.is_taken = False
        self.glances = self.surveys = 0
        steps = (Tracker(), SubjectSelector(Select.LEFTMOST))
        models = _Looking(self, is_multi_person=False), _Looking(self, is_multi_person=True)
        self.estimator = Estimator(models[0], crop=WholeFrame(), steps=steps, detector=models[1])


class _Looking(SlowModel):
    def __init__(self, room: Room, *, is_multi_person: bool) -> None:
        super().__init__()
        self._room, self._is_survey = room, is_multi_person

    @property
    def max_people(self) -> int:
        return 6 if self._is_survey else 1

    def find(self, pixels: Pixels, region: Region) -> Poses:
        self._room.surveys += self._is_survey
        self._room.glances += not self._is_survey
        poses = super().find(pixels, region)
        return poses if self._room.is_taken else Poses.empty()


def test_in_an_empty_room_everybody_is_looked_for_five_times_a_second() -> None:
    room = Room()
    for number in range(60):
        room.estimator(frame(number))
    assert 8 <= room.surveys <= 11
    assert room.glances == 60 - room.surveys


def test_when_somebody_comes_in_everybody_is_looked_for_in_the_next_frame() -> None:
    room = Room()
    for number in range(17):
        room.estimator(frame(number))
    room.is_taken = True
    came_in = room.estimator(frame(17))
    assert (len(came_in.poses), came_in.subject_state) == (0, SubjectState.CHOOSING)
    surveys = room.surveys
    chosen = room.estimator(frame(18))
    assert room.surveys == surveys + 1
    assert (len(chosen.poses), chosen.subject_state) == (1, SubjectState.LOCKED)
