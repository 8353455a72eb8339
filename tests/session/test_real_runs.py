"""The real network: from the first run to annotated files, and what becomes of broken runs."""

from __future__ import annotations

import contextlib
import csv
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from livepose import Estimator, PosedFrame, Style, load_model, open_source, paint
from livepose.core.frame import Frame
from livepose.core.interfaces import PoseModel
from livepose.core.skeleton import COCO_SKELETON
from livepose.sources.synthetic.dance import LOOP_S
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.clips import read_frames, video_properties
from tests.support.colors import LEFT_BGR, RIGHT_BGR, near_color
from tests.support.media import Picture, corners_of, make_clip, times_of
from tests.support.models import warm_cache
from tests.support.needs import DANCE, TFHUB, needs_shared
from tests.support.paths import CHECKOUT
from tests.support.programs import (
    LIMIT_S,
    LivePoseProcess,
    RunInProcess,
    child_environment,
    run_livepose,
    run_python,
)
from tests.support.video_files import part_beside

pytestmark = needs_shared

DANCE_FRAMES = 545
LOOK_AT = 9


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warm_cache(tmp_path_factory.getbasetemp())


@pytest.fixture
def cache(warm: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The compiled Lightning, for this process and its children."""
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm))
    return warm


@pytest.fixture
def lightning(cache: Path) -> Iterator[PoseModel]:
    with load_model(runtime="litert") as model:
        yield model


def around_the_dancer(bgr: Picture) -> npt.NDArray[np.bool_]:
    """Find the dancer without a network: the largest dark thing, and a hand's breadth around it."""
    dark = (bgr.max(axis=2) < 70).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(dark)
    dancer = (labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    return np.asarray(cv2.dilate(dancer, np.ones((71, 71), np.uint8)) > 0)


# The first start, and the next one.


def test_the_first_run_compiles_the_model_and_says_so_and_the_next_does_not(
    warm: Path, tmp_path: Path
) -> None:
    cold = tmp_path / "cold"
    words = ("--demo", "--no-show", "--max-frames", "5")
    places = {"LIVEPOSE_CACHE": cold, "TFHUB_CACHE_DIR": TFHUB}
    first = run_livepose(*words, cwd=tmp_path, **places)
    assert first.returncode == 0, first.stderr
    assert "compiling" in first.stderr
    made, expected = (
        [path.name for path in folder.glob("lightning.*.tflite")] for folder in (cold, warm)
    )
    assert made == expected
    assert len(made) == 1
    second = run_livepose(*words, cwd=tmp_path, **places)
    assert second.returncode == 0
    assert "compiling" not in second.stderr
    for run in (first, second):
        assert "5 frames in" in run.stderr
        assert run.stdout == ""
    assert run_livepose("models", "verify", cwd=tmp_path, **places).returncode == 0


START = """
import sys
from livepose.cli.main import main
code = main(sys.argv[1:])
print(code, sorted({name.split(".")[0] for name in sys.modules} & {"tensorflow", "keras", "jax"}))
"""


def test_a_second_start_imports_no_tensorflow(cache: Path, tmp_path: Path) -> None:
    for words in (["--demo", "--max-frames", "3"], ["--video", str(DANCE), "--max-frames", "3"]):
        words += ["--no-show", "--save", str(tmp_path / "x.csv"), "--overwrite"]
        told = run_python("-c", START, *words, cwd=tmp_path, TFHUB_CACHE_DIR=TFHUB)
        assert told.stdout == "0 []\n", told.stderr
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((99, 99, 3), 90, np.uint8))
    told = run_python("-c", START, "--image", "grey.png", cwd=tmp_path)
    assert told.stdout.splitlines()[-1] == "0 []", told.stderr


# A file in, an annotated file out.


@dataclass(frozen=True, slots=True)
class AnnotatedDance:
    """The whole dance, annotated, and its angles."""

    folder: Path
    said: str


@pytest.fixture(scope="module")
def dance(warm: Path, tmp_path_factory: pytest.TempPathFactory) -> AnnotatedDance:
    folder = tmp_path_factory.mktemp("dance")
    files = ("--out", "a.mp4", "--save", "d.angles.csv", "--report", "d.html")
    words = ("--video", DANCE, "--angles", "knee", *files)
    run = run_livepose(*words, cwd=folder, LIVEPOSE_CACHE=warm)
    assert run.returncode == 0, run.stderr
    return AnnotatedDance(folder, run.stderr)


def test_the_dancer_gets_a_skeleton_in_every_frame_at_its_own_time(dance: AnnotatedDance) -> None:
    assert f"{DANCE_FRAMES} frames in" in dance.said
    assert "wrote a.mp4" in dance.said
    assert [path.name for path in dance.folder.glob("*.mp4")] == ["a.mp4"]
    target = dance.folder / "a.mp4"
    assert video_properties(target) == ("h264", "yuv420p", DANCE_FRAMES)
    assert times_of(target) == times_of(DANCE)
    with_skeleton = 0
    changed_px = strayed_px = 0
    both = zip(read_frames(DANCE, LOOK_AT), read_frames(target, LOOK_AT), strict=True)
    for before, after in both:
        changed = np.abs(before.astype(int) - after).max(axis=2) > 70
        has_sides = (changed & near_color(after, LEFT_BGR)).sum() > 150
        has_sides &= (changed & near_color(after, RIGHT_BGR)).sum() > 150
        with_skeleton += bool(has_sides)
        changed_px += int(changed.sum())
        strayed_px += int((changed & ~around_the_dancer(before)).sum())
    looked_at = len(range(0, DANCE_FRAMES, LOOK_AT))
    assert with_skeleton > 0.95 * looked_at
    assert changed_px > 2000 * looked_at
    assert strayed_px < 0.02 * changed_px


def test_the_knees_of_the_dancer_bend_as_far_on_both_sides(dance: AnnotatedDance) -> None:
    page = (dance.folder / "d.html").read_text(encoding="utf-8")
    with (dance.folder / "d.angles.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["degrees"]]
    ranges = []
    for angle in ("left_knee", "right_knee"):
        degrees = [float(row["degrees"]) for row in rows if row["angle"] == angle]
        ranges.append(max(degrees) - min(degrees))
        name = angle.replace("_", " ")
        (shown,) = re.findall(rf"{name}\D+\d+°\D+\d+°\D+(\d+)°", dance.said)
        cells = rf">{name}</td><td>\d+°</td><td>\d+°</td><td>{shown}°</td>"
        assert re.search(cells, page)
        assert 45 <= int(shown) <= 60
        assert ranges[-1] == pytest.approx(int(shown), abs=3)
        assert 45 < ranges[-1] < 60, "misread frames do not widen it"
    assert ranges[0] == pytest.approx(ranges[1], rel=0.15)


def test_the_demo_is_300_frames_when_written(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    run = run_in_process("--demo", "--out", "demo.mp4", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert video_properties(tmp_path / "demo.mp4") == ("h264", "yuv420p", 300)
    assert times_of(tmp_path / "demo.mp4") == [Fraction(n, 30) for n in range(300)]
    truth = SyntheticSource().truth(1.0).xy[0]
    shown = next(itertools.islice(read_frames(tmp_path / "demo.mp4"), 30, None))
    for side, color in (("left", LEFT_BGR), ("right", RIGHT_BGR)):
        elbow, wrist = (
            truth[COCO_SKELETON.index(f"{side}_{joint}")] for joint in ("elbow", "wrist")
        )
        x, y = np.rint((elbow + wrist) / 2).astype(int)
        assert near_color(shown[y - 8 : y + 9, x - 8 : x + 9], color).any(), f"no {side} forearm"


def test_a_run_stops_after_as_many_frames_as_asked(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    run = run_in_process(
        "--demo", "--out", "x.mp4", "--max-frames", "7", "--fps", "25", cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    assert times_of(tmp_path / "x.mp4") == [Fraction(n, 25) for n in range(7)]
    run = run_in_process("--video", "x.mp4", "--out", "y.mkv", "--max-frames", "3", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert video_properties(tmp_path / "y.mkv")[2] == 3


def test_a_run_without_window_and_file_says_how_fast_it_was(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    run = run_in_process("--demo", "--no-show", "--max-frames", "5", cwd=tmp_path)
    assert run.returncode == 0
    lines = run.stderr.splitlines()
    assert lines[1] == "demo: 640 x 480 at 30 fps, lightning on LiteRT"
    assert lines[2].startswith("5 frames in ")
    assert "p50" in lines[3] and "p95" in lines[3]
    assert len(lines) == 4
    assert list(tmp_path.iterdir()) == []


def test_without_a_display_it_says_that_nothing_is_shown_and_goes_on(
    cache: Path, tmp_path: Path
) -> None:
    for changes in ({}, {"DISPLAY": ":987"}):
        run = run_livepose("--demo", "--max-frames", "3", cwd=tmp_path, **changes)
        assert run.returncode == 0, run.stderr
        assert "nothing is shown" in run.stderr
        assert "3 frames in" in run.stderr


def test_a_part_of_a_video_begins_and_ends_where_asked(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    run = run_in_process(
        *("--video", DANCE, "--start", "2", "--end", "3", "--out", "part.mp4"), cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    assert times_of(tmp_path / "part.mp4") == [Fraction(n, 30) for n in range(30)]
    source = itertools.islice(read_frames(DANCE, 10), 6, 9)
    for before, after in zip(source, read_frames(tmp_path / "part.mp4", 10), strict=True):
        away = ~around_the_dancer(before)
        assert np.abs(before.astype(int) - after)[away].mean() < 4


def test_at_threshold_1_nothing_is_drawn(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    words = ("--video", DANCE, "--end", "0.5", "--threshold", "1")
    assert run_in_process(*words, "--out", "x.mp4", cwd=tmp_path).returncode == 0
    for before, after in zip(read_frames(DANCE), read_frames(tmp_path / "x.mp4"), strict=False):
        difference = np.abs(before.astype(int) - after)
        assert difference.mean() < 3
        assert (difference.max(axis=2) > 70).sum() < 100


def test_mirror_turns_the_picture_and_left_keeps_its_colour(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    words = ("--demo", "--max-frames", "2")
    for name, more in (("plain", ()), ("mirrored", ("--mirror",))):
        assert run_in_process(*words, *more, "--out", f"{name}.mp4", cwd=tmp_path).returncode == 0
    plain, mirrored = (
        next(read_frames(tmp_path / f"{name}.mp4")) for name in ("plain", "mirrored")
    )
    assert np.abs(plain[:, ::-1].astype(int) - mirrored).mean() < 2
    # The figure faces us: its left, orange, is on the right of the picture, and of a mirror's left.
    lefts, rights = (
        [np.nonzero(near_color(bgr, color))[1].mean() for bgr in (plain, mirrored)]
        for color in (LEFT_BGR, RIGHT_BGR)
    )
    assert lefts[0] - rights[0] > 30
    assert lefts[1] - rights[1] < -30


def test_without_crop_and_as_an_overwrite_it_runs_too(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    words = ("--demo", "--max-frames", "3", "--no-crop", "--runtime", "litert", "--out", "x.mov")
    assert run_in_process(*words, cwd=tmp_path).returncode == 0
    first = (tmp_path / "x.mov").stat().st_mtime_ns
    refused = run_in_process(*words, cwd=tmp_path)
    assert refused.returncode == 1
    assert (tmp_path / "x.mov").stat().st_mtime_ns == first
    assert run_in_process(*words, "--overwrite", cwd=tmp_path).returncode == 0
    assert video_properties(tmp_path / "x.mov")[2] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["x.mov"]


def test_a_video_of_an_odd_size_keeps_its_every_pixel(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    clip = make_clip(
        tmp_path / "odd.mkv", width_px=161, height_px=121, codec="ffv1", pix_fmt="bgr0"
    )
    run = run_in_process("--video", clip, "--out", "x.mp4", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    shown = list(read_frames(tmp_path / "x.mp4"))
    assert len(shown) == 30
    assert shown[0].shape == (122, 162, 3)
    assert corners_of(shown[9][:121, :161]) == "rgbw"


def in_a_terminal(cwd: Path, *words: str | Path) -> tuple[int, str]:
    """Run livepose with a terminal for stderr; give its exit code and what it wrote there."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "livepose", *map(str, words)],
        cwd=cwd,
        env=child_environment(TERM="xterm", NO_COLOR="1"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    # On Linux a terminal that its last user has left is an error to read from.
    with contextlib.suppress(OSError), os.fdopen(ours, "rb", buffering=0) as terminal:
        while block := terminal.read(65536):
            written += block
    return process.wait(LIMIT_S), written.decode(errors="replace")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are a thing of Unix")
def test_a_terminal_gets_a_bar_with_rate_and_time_left(cache: Path, tmp_path: Path) -> None:
    # Square brackets are words of command to the one who draws the bar.
    clip = tmp_path / "a [b] [c].mp4"
    shutil.copy(DANCE, clip)
    code, written = in_a_terminal(tmp_path, "--video", clip, "--end", "8", "--out", "x.mp4")
    assert code == 0, written
    rates = re.findall(r"(\d+) frames, (\d+) fps", written)
    assert len(rates) >= 3, written
    counts = [int(count) for count, _ in rates]
    assert counts == sorted(counts) and 0 < counts[-1] <= 240
    assert re.search(r"\d:\d\d", written), "no time left is shown"
    assert "a [b] [c].mp4" in written.split(" frames, ")[1]
    assert video_properties(tmp_path / "x.mp4")[2] == 240


# As a library.


def test_the_loop_of_the_readme_runs_as_it_stands_there(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    loops = [block.split("```")[0] for block in readme.split("```python\n")[1:]]
    (loop,) = (block for block in loops if "open_source" in block)
    part = run_in_process("--video", DANCE, "--end", "0.5", "--out", "clip.mp4", cwd=tmp_path)
    assert part.returncode == 0, part.stderr
    run = run_python("-c", loop, cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, ""), run.stderr
    rows = [[float(word) for word in line.split()] for line in run.stdout.splitlines()]
    assert [row[0] for row in rows] == pytest.approx([n / 30 for n in range(15)])
    # A nose, for most of the time, in the upper half of the middle.
    assert all(130 < row[1] < 280 and 60 < row[2] < 200 and row[3] > 0.2 for row in rows)


def test_a_picture_is_painted_as_a_copy(lightning: PoseModel) -> None:
    with open_source(DANCE) as source:
        posed: PosedFrame = next(map(Estimator(lightning), source))
    picture = paint(posed).bgr
    assert picture.shape == (496, 384, 3)
    assert not np.array_equal(picture, posed.frame.bgr)
    assert len(posed.poses) == 1


def test_on_the_built_in_figure_the_mean_error_is_under_8_px(lightning: PoseModel) -> None:
    source = SyntheticSource(640, 480, frame_count=round(LOOP_S * 30))
    estimator = Estimator(lightning)
    errors_px, swapped_errors_px, scores = [], [], []
    others = [COCO_SKELETON.index(_other_side(name)) for name in COCO_SKELETON.names]
    for frame in source:
        if frame.index % 3:
            continue
        poses = estimator(frame).poses
        assert len(poses) == 1, f"nobody is seen in frame {frame.index}"
        truth = source.truth(frame.time_s).xy[0]
        away_px = np.linalg.norm(poses.xy[0] - truth, axis=1)
        errors_px.append(away_px)
        swapped_errors_px.append(np.linalg.norm(poses.xy[0] - truth[others], axis=1))
        scores.append(poses.person_score[0])
    assert np.mean(errors_px) < 8
    assert np.percentile(errors_px, 95) < 25
    assert np.mean(scores) > 0.5
    # Left is left: of each pair, in each frame, the true one is nearer than the other.
    pairs = [index for index, other in enumerate(others) if index != other]
    is_swapped = (np.array(errors_px) > np.array(swapped_errors_px))[:, pairs]
    assert is_swapped.mean() < 0.005


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return name.replace("left_", "right_")
    return name.replace("right_", "left_")


def test_a_mirror_changes_the_picture_and_not_the_data(lightning: PoseModel) -> None:
    source = SyntheticSource(640, 480)
    frame = Frame.from_bgr(source.paint(6.0), 0, 6.0, 0.0)
    posed = Estimator(lightning)(frame)
    before = (posed.poses.xy.copy(), posed.poses.score.copy(), frame.bgr.copy())
    plain, mirrored = paint(posed).bgr, paint(posed, Style(mirror=True)).bgr
    again = Estimator(lightning)(frame)
    for poses in (posed.poses, again.poses):
        assert np.array_equal(poses.xy, before[0])
        assert np.array_equal(poses.score, before[1])
    assert np.array_equal(frame.bgr, before[2])
    difference = np.abs(plain[:, ::-1].astype(int) - mirrored).max(axis=2)
    assert (difference > 40).mean() < 0.002
    assert np.abs(plain.astype(int) - mirrored).mean() > 5


def test_the_command_line_runs_tensorflow_when_asked(tmp_path: Path) -> None:
    run = run_livepose(
        *("--demo", "--runtime", "tensorflow", "--no-show", "--max-frames", "3"),
        cwd=tmp_path,
        TFHUB_CACHE_DIR=TFHUB,
    )
    assert run.returncode == 0, run.stderr
    assert "lightning on TensorFlow" in run.stderr


# Broken runs.


def test_of_a_truncated_video_what_could_be_read_is_written(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    whole = make_clip(tmp_path / "whole.mp4", pts=range(120), movflags="+faststart")
    content = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(content[: round(0.6 * len(content))])
    run = run_in_process("--video", cut, "--out", "x.mp4", cwd=tmp_path)
    assert run.returncode == 1
    last = run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr
    written = times_of(tmp_path / "x.mp4")
    assert 40 < len(written) < 110
    assert f"{len(written)} frames could be read" in last
    assert "cut.mp4" in last
    assert written == [Fraction(n, 30) for n in range(len(written))]
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == [
        "cut.mp4",
        "whole.mp4",
        "x.mp4",
    ]


ENDLESS = ("--demo", "--out", "x.mp4", "--max-frames", "100000")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_conversion_that_is_stopped_finishes_its_file(
    number: int, code: int, cache: Path, tmp_path: Path
) -> None:
    with LivePoseProcess(tmp_path, *ENDLESS) as run:
        run.wait_for_part(tmp_path / "x.mp4", 50_000)
        returned, said = run.stop(number)
    assert returned == code
    assert "Traceback" not in said
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["x.mp4"]
    frames = video_properties(tmp_path / "x.mp4")[2]
    assert frames > 10
    assert f"\n{frames} frames in " in said
    assert times_of(tmp_path / "x.mp4") == [Fraction(n, 30) for n in range(frames)]


def test_a_conversion_of_a_file_that_is_stopped_finishes_its_file(
    cache: Path, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "large.mp4", width_px=1280, height_px=720, pts=range(250))
    with LivePoseProcess(tmp_path, "--video", clip, "--out", "x.mp4") as run:
        run.wait_for_part(tmp_path / "x.mp4", 20_000)
        returned, _ = run.stop(signal.SIGINT)
    assert returned == 130
    frames = video_properties(tmp_path / "x.mp4")[2]
    assert 0 < frames < 250
    assert not list(tmp_path.glob("*part*"))


def test_a_conversion_that_is_killed_leaves_a_part_that_plays(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    with LivePoseProcess(tmp_path, *ENDLESS) as run:
        run.wait_for_part(tmp_path / "x.mp4", 200_000)
        returned, _ = run.stop(signal.SIGKILL)
    assert returned == -signal.SIGKILL
    part = part_beside(tmp_path / "x.mp4")
    assert list(tmp_path.glob("*.mp4")) == [part]
    assert video_properties(part)[2] > 20
    # The next run neither touches it nor stumbles over it.
    content = part.read_bytes()
    again = run_in_process("--demo", "--out", "x.mp4", "--max-frames", "3", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert part.read_bytes() == content
    assert "1 unfinished file of earlier runs (x.mp4): livepose recover makes it whole" in (
        again.stderr
    )
    recovered = run_in_process("recover", cwd=tmp_path)
    assert recovered.returncode == 0 and "wrote recovered-x.mp4 (" in recovered.stderr
    assert not part.exists()
    assert video_properties(tmp_path / "recovered-x.mp4")[2] > 20
    assert video_properties(tmp_path / "x.mp4")[2] == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_stop_while_the_model_is_loaded_leaves_nothing(
    number: int, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
    with LivePoseProcess(tmp_path, *ENDLESS) as run:
        run.wait_for_part(tmp_path / "x.mp4", 0)
        time.sleep(1.0)  # it is compiling now, which takes several seconds
        returned, said = run.stop(number)
    assert returned == 128 + number
    assert "Traceback" not in said
    assert list(tmp_path.glob("*.mp4")) == []
    assert not list(own_cache.rglob("*.tflite"))


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
from livepose.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are a thing of Unix")
@pytest.mark.parametrize("name", ["x.mp4", "x.mkv"])
def test_a_full_disk_is_one_line_and_the_target_stays_absent(
    name: str, cache: Path, tmp_path: Path
) -> None:
    run = run_python("-c", FULL, "--demo", "--out", name, "--max-frames", "2000", cwd=tmp_path)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    complaints = [line for line in run.stderr.splitlines() if line.startswith("livepose: ")]
    assert len(complaints) == 1
    assert f"{name} cannot be written" in complaints[0]
    assert "unexpected" not in complaints[0]
    assert not (tmp_path / name).exists()


def test_two_processes_that_write_one_target_leave_one_whole_file(
    cache: Path, tmp_path: Path
) -> None:
    words = ("--demo", "--out", "x.mp4", "--max-frames", "40")
    with LivePoseProcess(tmp_path, *words) as one, LivePoseProcess(tmp_path, *words) as other:
        results = [one.result(), other.result()]
    codes = sorted(code for code, _ in results)
    assert codes in ([0, 0], [0, 1])
    if codes == [0, 1]:
        loser = next(said for code, said in results if code == 1)
        assert "has appeared" in loser or "exists" in loser
    assert video_properties(tmp_path / "x.mp4") == ("h264", "yuv420p", 40)
    for part in tmp_path.glob("*part*"):
        assert video_properties(part)[2] == 40


def test_the_clip_that_is_converted_does_not_change(
    cache: Path, tmp_path: Path, run_in_process: RunInProcess
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(20))
    content = clip.read_bytes()
    assert run_in_process("--video", clip, "--out", "x.mp4", cwd=tmp_path).returncode == 0
    assert clip.read_bytes() == content
