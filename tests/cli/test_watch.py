"""Each option of `livepose` does what it says: whole runs with real models."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest

from livepose.cli.main import main
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.clips import read_frames
from tests.support.colors import LEFT_BGR, near_color
from tests.support.media import Picture, make_clip
from tests.support.needs import needs_shared

pytestmark = pytest.mark.usefixtures("restored_log")

DEMO = ("--demo", "--no-show", "--max-frames", "8")
VIDEO = ("--video", "a.mp4", "--no-show")


def livepose(*words: str) -> None:
    assert main([*words, "--runtime", "litert"]) == 0


def painted(*words: str) -> list[Picture]:
    """Run the demo with these words, and give the pictures that are written."""
    livepose(*DEMO, *words, "--out", "painted.mp4", "--overwrite")
    return list(read_frames(Path("painted.mp4")))


def upside_down(number: int, width_px: int, height_px: int) -> Picture:
    return np.ascontiguousarray(SyntheticSource(width_px, height_px).paint(number / 30)[::-1, ::-1])


@needs_shared
def test_people_size_is_what_multipose_sees(here: Path) -> None:
    livepose(*DEMO, "--model", "multipose", "--people-size", "128", "--save", "x.jsonl")
    head, line = Path("x.jsonl").read_text(encoding="utf-8").splitlines()[:2]
    assert json.loads(head)["settings"]["people_px"] == 128
    assert len(json.loads(line)["people"]) == 1


@needs_shared
def test_select_leaves_one_of_several(here: Path) -> None:
    centers = {}
    for whom in ("leftmost", "rightmost"):
        words = ("--scene", "crossing", "--model", "multipose", "--select", whom)
        livepose(*DEMO, *words, "--save", f"{whom}.csv")
        table = pandas.read_csv(f"{whom}.csv")
        assert (table.groupby("frame").person.nunique() == 1).all()
        centers[whom] = table.x.mean()
    assert centers["leftmost"] + 100 < centers["rightmost"]


@needs_shared
def test_smoothing_calms_points_and_none_leaves_them(here: Path) -> None:
    shaking = {}
    for smooth in ("none", "one-euro", "butterworth"):
        words = ("--demo", "--no-show", "--max-frames", "45", "--no-crop")
        livepose(*words, "--smooth", smooth, "--save", f"{smooth}.csv")
        nose = pandas.read_csv(f"{smooth}.csv").query("keypoint == 'nose'")
        shaking[smooth] = nose[["x", "y"]].diff().diff().abs().sum().sum()
    assert shaking["none"] > 1.2 * max(shaking["one-euro"], shaking["butterworth"])


@needs_shared
def test_who_stands_on_their_hands_is_found_turned_over(here: Path) -> None:
    make_clip(here / "a.mp4", width_px=640, height_px=480, pts=range(12), painter=upside_down)
    scores = {}
    for degrees in ("0", "180"):
        livepose(*VIDEO, "--rotate", degrees, "--save", f"{degrees}.csv")
        scores[degrees] = pandas.read_csv(f"{degrees}.csv")
    turned = scores["180"]
    assert turned.score.mean() > scores["0"].score.mean() + 0.05
    assert (turned[turned.keypoint == "nose"].y.to_numpy() > 240).all()


@needs_shared
def test_style_colours_and_hide_and_background_take_away(here: Path) -> None:
    blue = painted("--style", "#0000ff,9px", "--background", "black")
    assert min(near_color(bgr, (255, 0, 0), 90).sum() for bgr in blue) > 500
    usual = painted("--background", "black")
    hidden = painted("--background", "black", "--hide", "arms,hands")
    sides = [sum(near_color(bgr, LEFT_BGR).sum() for bgr in each) for each in (usual, hidden)]
    assert 0 < sides[1] < 0.8 * sides[0]
    dim = painted("--background", "dim")
    assert np.mean(usual) < np.mean(dim) < np.mean(painted())


@needs_shared
@pytest.mark.parametrize(
    "words", [("--boxes",), ("--blur-faces",), ("--trail", "wrists"), ("--angles", "elbow")]
)
def test_marks_are_painted(words: tuple[str, ...], here: Path) -> None:
    plain, marked = painted()[-1], painted(*words)[-1]
    assert (np.abs(plain.astype(int) - marked).max(axis=2) > 50).sum() > 30


@needs_shared
def test_data_options_go_together(here: Path) -> None:
    livepose(
        *("--demo", "--scene", "bends", "--no-show", "--max-frames", "150"),
        *("--angles", "knee", "--reps", "right_knee:>60", "--report", "x.html"),
        *("--save", "x.trc", "--height", "1.8", "--save", "x.csv", "--save-threshold", "0.5"),
    )
    assert "right knee" in Path("x.html").read_text(encoding="utf-8")
    table = pandas.read_csv("x.csv")
    assert (table.x.isna() == (table.score < 0.5)).all()
    assert "\tm\t" in Path("x.trc").read_text(encoding="utf-8").splitlines()[2]


@needs_shared
def test_what_is_counted_is_said_at_the_end(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--demo", "--scene", "bends", "--no-show", "--max-frames", "150")
    livepose(*words, "--reps", "right_knee:>60")
    assert "right knee" in capsys.readouterr().err.replace("_", " ")


@needs_shared
def test_poses_are_sent_on(here: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        port = receiver.getsockname()[1]
        livepose(*DEMO, "--send", f"udp://127.0.0.1:{port}")
        said = [json.loads(receiver.recv(65536)) for _ in range(8)]
    assert [line["frame"] for line in said if "frame" in line][:3] == [0, 1, 2]


@needs_shared
def test_the_demo_has_scenes(here: Path) -> None:
    first = painted("--scene", "bends")[0]
    assert np.abs(first.astype(int) - painted("--scene", "walk")[0]).mean() > 1


@needs_shared
def test_a_virtual_camera_that_is_not_there_is_one_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    assert main([*DEMO, "--virtual-camera"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("livepose: ") and "pyvirtualcam" in last and "pip install" in last
    assert list(here.iterdir()) == []
