"""The options for people, looks and data: each once right, with what it does, and once wrong."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas
import pytest

from livepose.cli.main import main
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.clips import read_frames
from tests.support.colors import LEFT_BGR, near_color
from tests.support.media import Picture, make_clip
from tests.support.models import warm_cache
from tests.support.needs import TFHUB, needs_shared
from tests.support.programs import CLEARED_VARIABLES, error_line

pytestmark = pytest.mark.usefixtures("restored_log")

DEMO = ("--demo", "--no-show", "--max-frames", "8")
VIDEO = ("--video", "a.mp4", "--no-show")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, without a display; the models of a cache that is empty."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in (*CLEARED_VARIABLES, "TFHUB_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture
def here(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The same with the compiled models."""
    cache = warm_cache(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("LIVEPOSE_CACHE", str(cache))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
    return folder


def livepose(*words: str) -> None:
    assert main([*words, "--runtime", "litert"]) == 0


def painted(*words: str) -> list[Picture]:
    """Run the demo with these words, and give the pictures that are written."""
    livepose(*DEMO, *words, "--out", "painted.mp4", "--overwrite")
    return list(read_frames(Path("painted.mp4")))


def upside_down(number: int, width_px: int, height_px: int) -> Picture:
    return np.ascontiguousarray(SyntheticSource(width_px, height_px).paint(number / 30)[::-1, ::-1])


# Right.


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


# Wrong: one line, 2, and nothing is written.

PEOPLE: dict[str, Sequence[str]] = {
    "a size between": (*DEMO, "--model", "multipose", "--people-size", "250"),
    "a size too small": (*DEMO, "--model", "multipose", "--people-size", "32"),
    "a size too large": (*DEMO, "--model", "multipose", "--people-size", "4096"),
    "a size in words": (*DEMO, "--model", "multipose", "--people-size", "large"),
    "a size for one person": (*DEMO, "--people-size", "320"),
    "a size for one person in a file": ("--video", "a.mp4", "--out", "x.mp4", "--people-size",
                                        "320"),
    "an unknown choice": (*DEMO, "--select", "tallest"),
    "who moves in a picture": ("--image", "a.png", "--select", "moving"),
    "an unknown smoothing": (*DEMO, "--smooth", "very"),
    "keep, with nothing to keep": (*DEMO, "--smooth", "keep"),
    "zero lag in a window": ("--demo", "--show", "--smooth", "butterworth"),
    "zero lag for a camera": ("--camera", "0", "--smooth", "butterworth"),
    "zero lag for a picture": ("--image", "a.png", "--smooth", "butterworth"),
    "keep for a picture": ("--image", "a.png", "--smooth", "keep"),
    "a turn between": (*DEMO, "--rotate", "45"),
}  # fmt: skip
LOOKS: dict[str, Sequence[str]] = {
    "an unknown colour": (*DEMO, "--style", "blueish"),
    "a colour of five digits": (*DEMO, "--style", "#12345"),
    "two colours": (*DEMO, "--style", "people,#ff0000"),
    "no style": (*DEMO, "--style"),
    "an unknown background": (*DEMO, "--background", "beach"),
    "boxes with a value": (*DEMO, "--boxes", "large"),
    "an unknown part to hide": (*DEMO, "--hide", "tail"),
    "faces with a value": (*DEMO, "--blur-faces", "much"),
    "a trail of nothing known": (*DEMO, "--trail", "wings"),
    "a trail in a picture": ("--image", "a.png", "--trail", "wrists"),
}
DATA: dict[str, Sequence[str]] = {
    "an unknown format": (*DEMO, "--save", "x.xyz"),
    "a format without a name": (*DEMO, "--save", "x"),
    "one file twice": (*DEMO, "--save", "x.csv", "--save", "./x.csv"),
    "the clip itself": (*VIDEO, "--save", "a.csv", "--overwrite"),
    "a file of no angles": (*DEMO, "--save", "x.mot"),
    "a threshold without a file": (*DEMO, "--save-threshold", "0.4"),
    "a threshold for what keeps all": (*DEMO, "--save-threshold", "0.4", "--save", "x.jsonl"),
    "a threshold above 1": (*DEMO, "--save", "x.csv", "--save-threshold", "1.5"),
    "a threshold that is nan": (*DEMO, "--save", "x.csv", "--save-threshold", "nan"),
    "a height without a .trc": (*DEMO, "--save", "x.csv", "--height", "1.8"),
    "a height in a picture without a .trc": ("--image", "a.png", "--height", "1.8"),
    "a height of nothing": (*DEMO, "--save", "x.trc", "--height", "0"),
    "a height under the ground": (*DEMO, "--save", "x.trc", "--height", "-1.8"),
    "a height that is nan": (*DEMO, "--save", "x.trc", "--height", "nan"),
    "an unknown angle": (*DEMO, "--angles", "nose"),
    "no angle": (*DEMO, "--angles", ","),
    "a rule without degrees": (*DEMO, "--reps", "right_knee"),
    "a rule of an unknown angle": (*DEMO, "--reps", "nose:>90"),
    "a rule for a picture": ("--image", "a.png", "--reps", "right_knee:>90"),
    "a report of no angles": (*DEMO, "--report", "x.html"),
    "a report of another kind": (*DEMO, "--angles", "knee", "--report", "x.pdf"),
    "a report on a picture": ("--image", "a.png", "--angles", "knee", "--report", "x.html"),
    "an unknown address": (*DEMO, "--send", "http://localhost:9"),
    "an address without a port": (*DEMO, "--send", "osc://localhost"),
    "a picture sent on": ("--image", "a.png", "--send", "osc://localhost:9000"),
    "a picture as a camera": ("--image", "a.png", "--virtual-camera"),
    "an unknown scene": (*DEMO, "--scene", "nowhere"),
    "a scene of a video": (*VIDEO, "--scene", "walk"),
    "a scene of a camera": ("--camera", "0", "--scene", "walk"),
}


@pytest.mark.parametrize(
    "words",
    [*PEOPLE.values(), *LOOKS.values(), *DATA.values()],
    ids=[*PEOPLE.keys(), *LOOKS.keys(), *DATA.keys()],
)
def test_what_makes_no_sense_is_one_line_and_2_before_any_model_is_looked_for(
    words: Sequence[str], folder: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_clip(folder / "a.mp4", pts=range(3))
    Path("a.csv").symlink_to("a.mp4")
    cv2.imwrite("a.png", np.zeros((20, 30, 3), np.uint8))
    content = Path("a.mp4").read_bytes()
    error_line(capsys, 2, *words)
    assert Path("a.mp4").read_bytes() == content
    assert not own_cache.exists()


def test_the_line_names_the_option_and_what_would_be_right(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {
        ("--people-size", "320"): "--model multipose",
        ("--height", "1.8"): ".trc",
        ("--save-threshold", "0.4"): "--save",
        ("--smooth", "keep"): "livepose render",
        ("--report", "x.html"): "--angles",
        ("--reps", "right_knee"): "right_knee:>90",
        ("--save", "x.xyz"): ".wide.csv",
        ("--send", "http://x"): "osc://HOST:PORT",
        ("--scene", "nowhere"): "crossing",
        ("--hide", "tail"): "legs",
        ("--style", "blueish"): "#FF8800",
    }
    for words, right in said.items():
        assert right in error_line(capsys, 2, *DEMO, *words), words


@needs_shared
def test_a_size_for_one_person_in_a_picture_is_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite("a.png", SyntheticSource().paint(1.0))
    assert main(["--image", "a.png", "--people-size", "320"]) == 2
    assert "--people-size is for --model multipose" in capsys.readouterr().err
    assert [path.name for path in here.iterdir()] == ["a.png"]


@needs_shared
def test_a_virtual_camera_that_is_not_there_is_one_sentence(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    assert main([*DEMO, "--virtual-camera"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("livepose: ") and "pyvirtualcam" in last and "pip install" in last
    assert list(here.iterdir()) == []
