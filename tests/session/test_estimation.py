"""Estimation: which models are loaded for the options, and what the estimator makes of frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame, StreamInfo
from livepose.core.interfaces import PoseModel
from livepose.core.region import Region
from livepose.core.skeleton import Skeleton
from livepose.export import open_exporter
from livepose.export.jsonl_reader import open_pose_file
from livepose.motion import Select
from livepose.session.estimation import Estimation, expected_images, open_estimation
from livepose.session.options import (
    DataOptions,
    ModelOptions,
    Options,
    PeopleOptions,
    Rotate,
    Smooth,
    SourceOptions,
    StyleOptions,
)
from tests.support.fakes import CropDependentModel, Marked
from tests.support.recordings import RECORDING, posed_frame
from tests.support.skeletons import UPPER_BODY_SKELETON

INFO = StreamInfo("clip.mp4", 320, 240, is_live=False, frame_rate=Fraction(30), frame_count=90)
VIDEO = Options(SourceOptions(video="clip.mp4"))
WHOLE = Region.letterbox(320, 240)


class NamedModel(CropDependentModel):
    """A model that knows its name, and notes that it is closed."""

    def __init__(self, name: str, max_people: int = 1, skeleton: Skeleton | None = None) -> None:
        super().__init__()
        self.is_closed = False
        self._name, self._max_people = name, max_people
        self._skeleton = skeleton or super().skeleton

    @property
    def name(self) -> str:
        return self._name

    @property
    def max_people(self) -> int:
        return self._max_people

    @property
    def skeleton(self) -> Skeleton:
        return self._skeleton

    def close(self) -> None:
        self.is_closed = True


class Loader:
    """Loads named models, and keeps them."""

    def __init__(self, make: Callable[[str], NamedModel] = NamedModel) -> None:
        self.loaded: list[NamedModel] = []
        self._make = make

    @property
    def names(self) -> list[str]:
        return [model.name for model in self.loaded]

    def __call__(self, name: str) -> PoseModel:
        self.loaded.append(self._make(name))
        return self.loaded[-1]


def of_six(name: str) -> NamedModel:
    return NamedModel(name, max_people=6)


def run_frames(estimation: Estimation, count: int) -> list[PosedFrame]:
    """Take frames through the estimator, one after the other."""
    estimator = estimation.estimator
    return [
        estimator.update(estimator.infer(frame, estimator.preprocess(frame)))
        for frame in Marked(count)
    ]


@pytest.mark.parametrize(
    ("model", "make", "crop", "is_cropped"),
    [
        ("one person", NamedModel, True, True),
        ("one person", NamedModel, False, False),
        ("six people", of_six, True, False),
        ("six people", of_six, False, False),
    ],
)
def test_one_person_is_cropped_to_unless_that_is_switched_off(
    model: str, make: Callable[[str], NamedModel], crop: bool, is_cropped: bool
) -> None:
    options = replace(VIDEO, model=ModelOptions(name=model, crop=crop))
    with open_estimation(options, INFO, is_realtime=True, load=Loader(make)) as estimation:
        first, second = run_frames(estimation, 2)
    assert (first.region != WHOLE, second.region != WHOLE) == (is_cropped, is_cropped)


@pytest.mark.parametrize(
    ("rotate", "quarter_turns"),
    [(Rotate.NONE, 0), (Rotate.LEFT, 1), (Rotate.OVER, 2), (Rotate.RIGHT, 3)],
)
def test_frames_are_rotated_for_the_network_as_asked(rotate: Rotate, quarter_turns: int) -> None:
    options = replace(VIDEO, people=PeopleOptions(rotate=rotate))
    with open_estimation(options, INFO, is_realtime=False, load=Loader()) as estimation:
        posed = run_frames(estimation, 1)[0]
    assert posed.region.quarter_turns == quarter_turns


@pytest.mark.parametrize(
    ("select", "is_realtime", "make", "names"),
    [
        (None, False, NamedModel, ["lightning"]),
        (Select.ANY, False, NamedModel, ["lightning"]),
        (Select.LARGEST, False, NamedModel, ["lightning", "multipose"]),
        (Select.LARGEST, True, NamedModel, ["lightning", "multipose"]),
        (Select.LARGEST, False, of_six, ["lightning"]),
        (None, True, NamedModel, ["lightning"]),
        (None, True, of_six, ["lightning"]),
    ],
)
def test_a_detector_is_loaded_if_one_of_several_is_selected_for_a_model_of_one(
    select: Select | None,
    is_realtime: bool,
    make: Callable[[str], NamedModel],
    names: list[str],
) -> None:
    load = Loader(make)
    options = replace(VIDEO, people=PeopleOptions(select=select))
    with open_estimation(options, INFO, is_realtime=is_realtime, load=load):
        assert load.names == names
        assert not any(model.is_closed for model in load.loaded)
    assert all(model.is_closed for model in load.loaded)


def test_in_real_time_one_frame_is_in_flight_and_offline_several_are() -> None:
    with open_estimation(VIDEO, INFO, is_realtime=True, load=Loader()) as estimation:
        assert (estimation.threads, estimation.estimator.in_flight) == (1, 1)
    with open_estimation(VIDEO, INFO, is_realtime=False, load=Loader()) as estimation:
        assert estimation.estimator.in_flight >= estimation.threads >= 1
        assert estimation.estimator.in_flight % estimation.threads == 0


@pytest.mark.parametrize(
    ("name", "max_people", "frames", "expected"),
    [
        ("lightning", 1, 400, 400),
        ("lightning", 2, 400, 800),
        ("lightning", 10, 400, 1200),  # nobody knows how many there are
        ("lightning", None, 400, 1200),
        ("lightning", None, None, None),
        ("multipose", None, 400, 400),
    ],
)
def test_a_model_of_one_person_is_expected_to_see_each_of_several(
    name: str, max_people: int | None, frames: int | None, expected: int | None
) -> None:
    options = replace(VIDEO, people=PeopleOptions(max_people=max_people))
    assert expected_images(options, name, frames) == expected


def test_an_error_closes_the_models_too() -> None:
    load = Loader()
    options = replace(VIDEO, people=PeopleOptions(select=Select.LARGEST))
    with (
        pytest.raises(ZeroDivisionError),
        open_estimation(options, INFO, is_realtime=False, load=load),
    ):
        raise ZeroDivisionError
    assert [model.is_closed for model in load.loaded] == [True, True]


def test_an_angle_that_the_model_s_keypoints_do_not_allow_is_refused() -> None:
    load = Loader(lambda name: NamedModel(name, skeleton=UPPER_BODY_SKELETON))
    options = replace(VIDEO, data=DataOptions(angles=("left_knee",)))
    with (
        pytest.raises(OptionError, match="left_knee"),
        open_estimation(options, INFO, is_realtime=False, load=load),
    ):
        pytest.fail("it went on")
    assert [model.is_closed for model in load.loaded] == [True]


@pytest.mark.parametrize(
    ("make", "max_people", "warning"),
    [
        (NamedModel, 1, "1 person is followed, so that only 1 face is blurred: --people all"),
        (NamedModel, 2, "2 people are followed, so that only 2 faces are blurred: --people all"),
        (NamedModel, None, ""),
        (of_six, 1, "finds at most 6 people, so that only 6 faces are blurred: --people all"),
    ],
)
def test_it_warns_where_the_faces_of_others_stay_visible(
    make: Callable[[str], NamedModel],
    max_people: int | None,
    warning: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    people = PeopleOptions(max_people=max_people)
    options = replace(VIDEO, people=people, style=StyleOptions(blur_faces=True))
    with open_estimation(options, INFO, is_realtime=False, load=Loader(make)):
        assert warning in caplog.text
        assert bool(caplog.text) is bool(warning)


def test_poses_of_a_recording_need_no_model(tmp_path: Path) -> None:
    recording = tmp_path / "poses.jsonl"
    with open_exporter(recording, RECORDING) as exporter:
        for number in range(3):
            exporter.write(posed_frame(number))
    load = Loader()
    people = PeopleOptions(smooth=Smooth.KEEP)
    options = replace(VIDEO, people=people, poses=open_pose_file(recording))
    with open_estimation(options, INFO, is_realtime=False, load=load) as estimation:
        assert load.names == []
        assert estimation.metadata == replace(RECORDING, info=INFO)
        assert estimation.steps.following == ()
    again = replace(options, people=PeopleOptions(smooth=Smooth.NONE))
    with open_estimation(again, INFO, is_realtime=False, load=load) as estimation:
        assert estimation.metadata.settings == {**RECORDING.settings, "smooth": "none"}
