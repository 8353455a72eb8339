"""`livepose cameras`, and cameras by their names."""

from __future__ import annotations

import json

import pytest

from livepose.cli.cameras import as_record, sizes_of
from livepose.cli.main import main
from livepose.sources.camera_list import Camera

pytestmark = pytest.mark.usefixtures("restored_log")

RATES = {(160 * n, 90 * n): 30.0 for n in range(1, 9)}


def test_the_list_is_json_if_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cameras", "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), list)


def test_of_many_sizes_the_largest_are_shown_and_json_has_all() -> None:
    camera = Camera(0, "HD Webcam", "V4L2", rates=RATES | {(1920, 1080): 0.0})
    assert sizes_of(camera).startswith("3 smaller ones, 640x360 at 30, 800x450 at 30")
    assert sizes_of(camera).endswith("1280x720 at 30, 1920x1080")
    sizes = as_record(camera)["sizes"]
    assert isinstance(sizes, list) and len(sizes) == 9
    assert sizes[-1] == {"width": 1920, "height": 1080, "frames_per_second": None}


def test_a_mistyped_name_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--camera", "no such camera"]) == 2
    error = capsys.readouterr().err
    assert "'no such camera' is not a camera (cameras here: " in error
    assert error.count("\n") == 1
