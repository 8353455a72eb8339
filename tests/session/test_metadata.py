"""What files of poses say of the run that wrote them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from livepose.core.frame import StreamInfo
from livepose.core.skeleton import COCO_SKELETON
from livepose.motion import Select
from livepose.session.metadata import recording_metadata, replay_metadata
from livepose.session.options import (
    DataOptions,
    ModelOptions,
    Options,
    PeopleOptions,
    Rotate,
    Smooth,
    SourceOptions,
)
from tests.support.fakes import SlowModel
from tests.support.recordings import ANGLES, RECORDING

INFO = StreamInfo("clip.mp4", 320, 240, is_live=False)
OPTIONS = Options(
    SourceOptions(video="clip.mp4", start_s=1.5, end_s=3.0, max_frames=20),
    model=ModelOptions(crop=False, people_px=320),
    people=PeopleOptions(
        select=Select.LARGEST, smooth=Smooth.NONE, swap_guard=False, rotate=Rotate.AUTO
    ),
    data=DataOptions(save=(Path("a.csv"),), angles=("left_knee",)),
)


class HashedModel(SlowModel):
    def sha256(self) -> str:
        return "cd" * 32


class ModelOfSix(SlowModel):
    @property
    def max_people(self) -> int:
        return 6


def test_it_names_the_source_the_model_the_settings_and_the_angles() -> None:
    metadata = recording_metadata(OPTIONS, INFO, HashedModel())
    assert (metadata.model, metadata.skeleton) == ("slow", COCO_SKELETON)
    assert metadata.info == replace(INFO, frame_count=20)
    assert metadata.angle_names == ("left_knee",)
    assert metadata.settings == {
        "smooth": "none",
        "swap_guard": False,
        "rotate": "auto",
        "select": "largest",
        "crop": False,
        "people_px": 320,
        "start_s": 1.5,
        "end_s": 3.0,
        "max_frames": 20,
    }


def test_where_a_model_of_several_people_misses_some_they_may_be_predicted_and_marked() -> None:
    assert recording_metadata(OPTIONS, INFO, ModelOfSix()).has_filled
    assert not recording_metadata(OPTIONS, INFO, SlowModel()).has_filled
    image = replace(OPTIONS, source=SourceOptions(image=Path("x.jpg")))
    assert not recording_metadata(image, INFO, ModelOfSix()).has_filled


@pytest.mark.parametrize(("frames", "noted"), [(60, 60), (20, None), (9, None), (None, None)])
def test_of_a_clip_that_was_not_read_to_its_end_the_length_is_noted(
    frames: int | None, noted: int | None
) -> None:
    metadata = recording_metadata(OPTIONS, replace(INFO, frame_count=frames), SlowModel())
    assert metadata.settings.get("clip_frames") == noted
    assert metadata.info.frame_count == (9 if frames == 9 else 20)


def test_what_was_not_asked_for_is_empty_or_zero() -> None:
    settings = recording_metadata(Options(SourceOptions(demo=True)), INFO, SlowModel()).settings
    unset = {key: settings[key] for key in ("select", "start_s", "end_s", "max_frames")}
    assert unset == {"select": "", "start_s": 0.0, "end_s": 0.0, "max_frames": 0}


@pytest.mark.parametrize(
    ("name", "sha256"), [("a.csv", ""), ("a.jsonl", "cd" * 32), ("A.JSONL", "cd" * 32)]
)
def test_the_model_is_hashed_only_for_the_format_that_keeps_the_hash(
    name: str, sha256: str
) -> None:
    options = replace(OPTIONS, data=DataOptions(save=(Path(name),)))
    assert recording_metadata(options, INFO, HashedModel()).model_sha256 == sha256


def test_a_replay_keeps_all_but_the_source_the_smoothing_and_new_angles() -> None:
    keep = replace(OPTIONS, people=PeopleOptions(smooth=Smooth.KEEP), data=DataOptions())
    assert replay_metadata(keep, INFO, RECORDING) == replace(RECORDING, info=INFO)
    metadata = replay_metadata(OPTIONS, INFO, RECORDING)
    assert metadata.settings == {**RECORDING.settings, "smooth": "none"}
    assert RECORDING.angle_names == ANGLES
    assert metadata.angle_names == ("left_knee",)
