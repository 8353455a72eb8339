"""The estimator: which region of a frame it shows to which model, and what it keeps."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from livepose.analysis.angle_meter import AngleMeter
from livepose.core.errors import ModelError, OptionError
from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.interfaces import MotionStep
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.models import load_model
from livepose.motion import Estimator, WholeFrame
from livepose.motion.tracking.subject import Select, SubjectSelector
from livepose.motion.tracking.tracker import Tracker
from livepose.sources import open_demo
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.fakes import SlowModel
from tests.support.models import warm_cache
from tests.support.needs import needs_shared

WIDTH_PX, HEIGHT_PX = 640, 480


def frame(index: int, width_px: int = WIDTH_PX) -> Frame:
    return Frame.from_bgr(np.zeros((HEIGHT_PX, width_px, 3), np.uint8), index, index / 30, 0.0)


def test_a_pose_with_a_mean_score_under_a_quarter_is_no_person() -> None:
    assert len(Estimator(SlowModel(scores=(0.24,)))(frame(0)).poses) == 0
    assert len(Estimator(SlowModel(scores=(0.26,)))(frame(0)).poses) == 1


def test_the_first_frame_is_seen_twice_and_the_second_one_is_cropped_by_its_result() -> None:
    model = SlowModel()
    estimator = Estimator(model)
    first, second = estimator(frame(0)), estimator(frame(1))
    assert model.asked == [Region.letterbox(WIDTH_PX, HEIGHT_PX), first.region, second.region]
    assert first.region == second.region
    assert first.region.width_px < WIDTH_PX / 2


def test_who_is_not_found_closer_was_found_in_the_whole_picture() -> None:
    first = Estimator(SlowModel(scores=(0.9, 0.1)))(frame(0))
    assert len(first.poses) == 1
    assert first.region == Region.letterbox(WIDTH_PX, HEIGHT_PX)


def test_who_comes_into_an_empty_picture_is_seen_twice() -> None:
    model = SlowModel(scores=(0.1, 0.9))
    estimator = Estimator(model)
    regions = [estimator(frame(number)).region for number in range(3)]
    whole = Region.letterbox(WIDTH_PX, HEIGHT_PX)
    assert regions[0] == whole
    assert model.asked == [whole, whole, *regions[1:]]


@needs_shared
@pytest.mark.parametrize("in_flight", [1, 6])
def test_angles_do_not_start_with_those_of_the_uncropped_picture(
    tmp_path_factory: pytest.TempPathFactory,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_flight: int,
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    meter, hips = AngleMeter(["left_hip"]), []
    with load_model("lightning", runtime="litert") as model:
        estimator = Estimator(model, in_flight=in_flight)
        for each in SyntheticSource(frame_count=20, scene="bends"):  # who stands at first
            hips.append(meter(estimator(each)).angles.degrees[0, 0].item())
    assert max(hips) - min(hips) < 3


def test_a_person_lost_in_the_crop_is_searched_in_the_whole_picture_at_once() -> None:
    model = SlowModel(scores=(0.9, 0.9, 0.1, 0.9))
    estimator = Estimator(model)
    estimator(frame(0))
    found = estimator(frame(1))
    assert len(found.poses) == 1
    assert found.region == model.asked[3] == Region.letterbox(WIDTH_PX, HEIGHT_PX)


def test_a_picture_of_another_size_is_not_cropped() -> None:
    model = SlowModel()
    estimator = Estimator(model)
    estimator(frame(0))
    estimator(frame(1, width_px=320))
    assert model.asked[2] == Region.letterbox(320, HEIGHT_PX)


def test_two_estimators_of_one_model_share_nothing() -> None:
    model = SlowModel()
    Estimator(model)(frame(0))
    Estimator(model)(frame(1))
    assert model.asked[2] == Region.letterbox(WIDTH_PX, HEIGHT_PX)


class Room:
    """One room seen by two models: one finds one person, the other is a detector."""

    def __init__(self) -> None:
        self.is_occupied = False
        self.model_calls = self.detector_calls = 0
        steps = (Tracker(), SubjectSelector(Select.LEFTMOST))
        models = _RoomModel(self, is_multi_person=False), _RoomModel(self, is_multi_person=True)
        self.estimator = Estimator(models[0], crop=WholeFrame(), steps=steps, detector=models[1])


class _RoomModel(SlowModel):
    def __init__(self, room: Room, *, is_multi_person: bool) -> None:
        super().__init__()
        self._room, self._is_detector = room, is_multi_person

    @property
    def max_people(self) -> int:
        return 6 if self._is_detector else 1

    def find(self, pixels: Pixels, region: Region) -> Poses:
        self._room.detector_calls += self._is_detector
        self._room.model_calls += not self._is_detector
        poses = super().find(pixels, region)
        return poses if self._room.is_occupied else Poses.empty()


def test_in_an_empty_room_the_detector_runs_five_times_a_second() -> None:
    room = Room()
    for number in range(60):
        room.estimator(frame(number))
    assert 8 <= room.detector_calls <= 11
    assert room.model_calls == 60 - room.detector_calls


def test_when_a_person_comes_in_the_detector_runs_on_the_next_frame() -> None:
    room = Room()
    for number in range(17):
        room.estimator(frame(number))
    room.is_occupied = True
    came_in = room.estimator(frame(17))
    assert (len(came_in.poses), came_in.subject_state) == (0, SubjectState.CHOOSING)
    detector_calls = room.detector_calls
    chosen = room.estimator(frame(18))
    assert room.detector_calls == detector_calls + 1
    assert (len(chosen.poses), chosen.subject_state) == (1, SubjectState.LOCKED)


class Log(MotionStep):
    """Notes when it is reset and when it is called."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        self.events.append(f"frame {posed.frame.index}")
        return posed

    def reset(self) -> None:
        self.events.append("reset")


def test_steps_are_reset_at_the_start_of_each_scene() -> None:
    log = Log()
    estimator = Estimator(SlowModel(), steps=(log,))
    starts = [
        estimator(frame(index, width_px)).is_scene_start
        for index, width_px in enumerate((640, 640, 320))
    ]
    assert starts == [True, False, True]
    assert log.events == ["reset", "frame 0", "frame 1", "reset", "frame 2"]


class FailsOnce(SlowModel):
    def find(self, pixels: Pixels, region: Region) -> Poses:
        poses = super().find(pixels, region)
        if len(self.asked) == 1:
            raise ModelError("the network failed")
        return poses


def test_a_frame_that_failed_does_not_stop_the_next_one() -> None:
    estimator = Estimator(FailsOnce())
    with pytest.raises(ModelError):
        estimator(frame(0))
    assert [len(estimator(frame(index)).poses) for index in (1, 2)] == [1, 1]


def test_an_array_is_a_frame_and_is_numbered_and_timed_by_the_clock() -> None:
    estimator, array = Estimator(SlowModel()), np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    frames = [estimator(array).frame for _ in range(3)]
    assert [each.index for each in frames] == [0, 1, 2]
    assert frames[0].time_s < frames[1].time_s < frames[2].time_s
    assert array.flags.writeable


def test_an_array_is_timed_by_the_frame_rate_or_by_the_caller() -> None:
    array = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    by_rate = Estimator(SlowModel(), frame_rate=25)
    assert [by_rate(array).frame.time_s for _ in range(3)] == [0, 0.04, 0.08]
    assert Estimator(SlowModel())(array, time_s=4.5).frame.time_s == 4.5
    with pytest.raises(OptionError, match="frame rate must be above 0"):
        Estimator(SlowModel(), frame_rate=0)


def test_a_time_that_is_no_number_is_refused() -> None:
    array = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    for time_s in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"frame 0 has no time: time_s is {time_s}"):
            Estimator(SlowModel())(array, time_s=time_s)


def test_frames_made_beforehand_without_a_time_are_timed_when_they_are_used() -> None:
    array = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    frames = [Frame.from_bgr(array) for _ in range(3)]
    model = SlowModel(0.01)
    times_s = [posed.frame.time_s for posed in map(Estimator(model), frames)]
    assert min(np.diff(times_s)) >= 0.009


def test_time_that_does_not_rise_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    estimator, array = Estimator(SlowModel()), np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    with caplog.at_level(logging.WARNING, "livepose"):
        for _ in range(3):
            estimator(Frame.from_bgr(array, 0, 0.0))
    assert [record.getMessage() for record in caplog.records] == [
        "frame 0 (0.000 s) is not later than the frame before it (0.000 s), so smoothing and "
        "tracking start again: give each frame a later time_s, or none"
    ]


@needs_shared
def test_a_loop_over_arrays_is_smoothed(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    with open_demo(frame_count=90, scene="stand", camera_noise=8) as source:
        arrays = [frame.bgr for frame in source]
    tremble = {}
    with load_model("lightning") as model:
        for name, estimator in (
            ("timed", Estimator(model, frame_rate=30)),
            ("clock", Estimator(model)),
            ("raw", Estimator(model, steps=())),
        ):
            xy = np.stack([estimator(Frame.from_bgr(array)).poses.xy[0] for array in arrays])
            steps = np.linalg.norm(np.diff(xy[30:], axis=0), axis=-1)
            tremble[name] = float(np.sqrt((steps**2).mean()))
    assert tremble["timed"] < 0.3 * tremble["raw"]
    assert tremble["clock"] < 0.6 * tremble["raw"]  # more is left on a slow machine
