"""The style of a run: when people, and when sides, are told apart by colour."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from livepose.core.errors import OptionError
from livepose.draw import ByPerson, BySide
from livepose.draw.color_schemes import Scheme
from livepose.draw.style import StyleWords
from livepose.export.jsonl_reader import open_pose_file
from livepose.motion.tracking.subject import Select
from livepose.session.options import (
    ModelOptions,
    Options,
    PeopleOptions,
    SourceOptions,
    StyleOptions,
)
from livepose.session.style import style_of
from tests.support.recordings import RECORDING, posed_frame, write_recording


def test_several_people_are_told_apart_by_colour_and_one_persons_sides_are() -> None:
    demo, several = SourceOptions(demo=True), ModelOptions("multipose")
    assert style_of(Options(demo)).colors == BySide()
    assert style_of(Options(demo, model=several)).colors == ByPerson()
    one = PeopleOptions(select=Select.LARGEST)
    assert style_of(Options(demo, model=several, people=one)).colors == BySide()
    sides = StyleOptions(words=StyleWords(colors=BySide()))
    assert style_of(Options(demo, model=several, style=sides)).colors == BySide()


def test_the_style_of_an_unknown_model_is_an_error() -> None:
    with pytest.raises(OptionError, match="did you mean lightning"):
        style_of(Options(SourceOptions(demo=True), model=ModelOptions("lightening")))


@pytest.mark.parametrize(
    ("model", "select", "colors"),
    [
        ("lightning on LiteRT", "", BySide()),
        ("multipose on LiteRT", "", ByPerson()),
        ("multipose on LiteRT", "largest", BySide()),
    ],
)
def test_saved_poses_are_coloured_as_in_the_run_that_saved_them(
    model: str, select: str, colors: Scheme, tmp_path: Path
) -> None:
    recording = replace(RECORDING, model=model, settings={"select": select} if select else {})
    path = write_recording(tmp_path / "poses.jsonl", posed_frame(0), recording=recording)
    options = Options(SourceOptions(video="clip.mp4"), poses=open_pose_file(path))
    assert style_of(options).colors == colors
