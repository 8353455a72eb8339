"""What is printed: notes and progress to stderr, data to stdout."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from livepose.analysis.angle_ranges import AngleRange
from livepose.cli import progress, terminal
from livepose.cli.progress import ProgressReporter
from livepose.cli.results import print_keypoints, print_summary
from livepose.cli.terminal import print_note, show_log
from livepose.core.angles import Angles
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON
from livepose.models.catalog import MULTIPOSE
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import ModelRef, cache_key, litert_file
from livepose.models.progress import no_progress
from livepose.pipeline import Samples
from livepose.session.image import ImageResult
from livepose.session.summary import Summary
from tests.support.models import put_model


def samples(*seconds: float) -> Samples:
    made = Samples()
    for each in seconds:
        made.add(each)
    return made


def ranges(name: str, low: float, high: float, frames: int) -> AngleRange:
    return AngleRange((name,), np.array([low]), np.array([high]), np.array([frames], np.int32))


def test_a_note_goes_to_stderr_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_note("a [red]note[/red] of 5 files: " + "x" * 300, "green")
    assert capsys.readouterr() == ("", "a [red]note[/red] of 5 files: " + "x" * 300 + "\n")


def test_notes_and_bars_that_go_to_a_file_do_not_import_rich() -> None:
    program = (
        "import sys, livepose.cli.main, livepose.cli.watch, livepose.cli.execute\n"
        "from livepose.cli.progress import ProgressBar\n"
        "from livepose.cli.terminal import print_note\n"
        "ProgressBar().draw('a.mp4', 1, 2, '1 frame')\n"
        "print_note('done', 'green')\n"
        "print('rich' in sys.modules)\n"
    )
    unset = {"FORCE_COLOR", "TTY_COMPATIBLE"}
    env = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env
    )
    assert (done.stdout, done.stderr) == ("False\n", "done\n")


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\nb", "a\x9b1m", "a\u202eb", "a\x07", "a\r"])
def test_nothing_in_a_name_controls_the_terminal(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_note(f"wrote {name}.mp4")
    said = capsys.readouterr().err
    assert said == f"wrote {name.encode('unicode_escape').decode()}.mp4\n"


@pytest.mark.usefixtures("restored_log")
def test_livepose_s_own_log_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    show_log()
    show_log()
    logging.getLogger("livepose.models").info("loaded from %s", "the cache")
    logging.getLogger("livepose.models").debug("not for everybody")
    assert capsys.readouterr() == ("", "loaded from the cache\n")


@pytest.mark.usefixtures("restored_log")
def test_each_command_names_a_model_once_however_often_it_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = ModelCache(tmp_path)
    models = [ModelRef("multipose", MULTIPOSE, input_px=(side_px, 160)) for side_px in (256, 512)]
    files = [put_model(cache, cache_key(model), b"network " * 99) for model in models]
    for _ in range(2):
        show_log()
        for model in (*models, *models):
            litert_file(model, cache, no_progress)
        assert capsys.readouterr().err == f"model multipose: {files[0]}\n"


def test_a_summary_of_a_file_has_rates_stages_and_files(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_summary(
        Summary(
            "a.mp4",
            frames=60,
            seconds=1.5,
            dropped=3,
            stages_s={"inference": samples(0.004, 0.004, 0.006), "draw": samples()},
            lag_s=samples(0.5),
            rep_counts=["right_knee 4", "left_knee 0"],
            rep_hints=["left_knee:>90 counted nothing: left_knee was not seen"],
            saved=[Path("x.mp4"), Path("y.csv")],
        )
    )
    assert capsys.readouterr() == (
        "",
        "60 frames in 1.5 s, 40.0 fps\n"
        "inference p50 4.0 ms, p95 5.8 ms\n"
        "counted: right_knee 4, left_knee 0\n"
        "left_knee:>90 counted nothing: left_knee was not seen\n"
        "wrote x.mp4\n"
        "wrote y.csv\n",
    )


def test_a_summary_of_a_camera_has_drops_and_lag(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(
        Summary("camera 0", frames=1, seconds=0.0, dropped=3, is_live=True, lag_s=samples(0.02))
    )
    assert capsys.readouterr().err == (
        "1 frame in 0.0 s, 3 dropped\nlag p50 20.0 ms, p95 20.0 ms\n"
    )


def test_the_ranges_of_angles_are_those_of_people_who_were_seen_long_enough(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seen = {1: ranges("left_knee", 2.0, 91.0, 300), 2: ranges("left_knee", 50.0, 60.0, 1)}
    print_summary(Summary("a.mp4", frames=300, seconds=10.0, angle_ranges=seen))
    errors = capsys.readouterr().err
    assert "left knee" in errors.replace("_", " ")
    assert "91" in errors and "60" not in errors
    assert "person" not in errors, "one person needs no number"

    seen[2] = ranges("left_knee", 50.0, 60.0, 300)
    print_summary(Summary("a.mp4", frames=300, seconds=10.0, angle_ranges=seen))
    errors = capsys.readouterr().err
    assert "person 1" in errors and "person 2" in errors and "60" in errors


def test_a_narrow_terminal_shows_every_number_of_a_table(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {1: ranges("left_knee", 12.0, 134.0, 345)}
    monkeypatch.setattr(terminal.note_console(), "width", 30)
    print_summary(Summary("a.mp4", frames=345, seconds=10.0, angle_ranges=seen))
    line = "left knee: min 12°, max 134°, range 122°, frames 345"
    assert line in capsys.readouterr().err.splitlines()


def result(count: int, ids: Sequence[int] = ()) -> ImageResult:
    frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8))
    xy = np.zeros((count, 17, 2), np.float32)
    xy[:, 0] = (12.34, 5.0)
    poses = Poses.from_keypoints(xy, np.full((count, 17), 0.5, np.float32))
    poses = replace(poses, track_id=np.array(ids or range(1, count + 1), np.int32))
    posed = PosedFrame(frame, poses, Region.letterbox(64, 48), 0.0)
    return ImageResult(posed, frame, (Path("a_pose.png"),))


def test_the_keypoints_of_one_person_go_to_stdout_by_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_keypoints(result(1))
    output, errors = capsys.readouterr()
    lines = output.splitlines()
    assert len(lines) == 18
    assert lines[0] == "keypoint               x        y  score"
    assert lines[1] == "nose                12.3      5.0  0.500"
    assert [line.split()[0] for line in lines[1:18]] == list(COCO_SKELETON.names)
    assert errors == "wrote a_pose.png\n"


def test_the_tables_of_several_people_have_titles(capsys: pytest.CaptureFixture[str]) -> None:
    print_keypoints(result(2, ids=(3, 7)))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 * 19 + 1
    assert (lines[0], lines[19], lines[20]) == ("person 3", "", "person 7")
    assert lines[1] == lines[21] == "keypoint               x        y  score"


def test_angles_stand_below_the_keypoints(capsys: pytest.CaptureFixture[str]) -> None:
    degrees = np.array([(90.04, np.nan), (5, 6)], np.float32)
    measured = result(2)
    posed = replace(measured.posed, angles=Angles(("left_knee", "right_knee"), degrees))
    print_keypoints(replace(measured, posed=posed))
    lines = capsys.readouterr().out.splitlines()
    assert lines[19:22] == [
        "angle            degrees",
        "left_knee           90.0",
        "right_knee      not seen",
    ]
    assert lines[-2:] == ["left_knee            5.0", "right_knee           6.0"]


def test_it_is_said_that_nobody_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    print_keypoints(result(0))
    assert capsys.readouterr() == ("", "nobody was found in this image\nwrote a_pose.png\n")


INFO = StreamInfo(
    "clip.mp4", 640, 480, frame_rate=Fraction(30000, 1001), frame_count=90, is_live=False
)


def test_the_source_the_model_and_a_note_are_printed_at_the_beginning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with ProgressReporter("nothing is shown") as reporter:
        callbacks = reporter.callbacks()
        callbacks.on_download("lightning", 500_000, 1_000_000)
        callbacks.on_begin(INFO, "lightning on LiteRT", False)
        callbacks.on_frame(3)
    assert capsys.readouterr() == (
        "",
        "clip.mp4: 640 x 480 at 29.97 fps, lightning on LiteRT\nnothing is shown\n",
    )


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal shows; bars are drawn at every call."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=120, highlight=False)
    for module in (progress, terminal):
        monkeypatch.setattr(module, "note_console", lambda: console)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(progress, "_REFRESH_S", 0.0)
    return written


def test_a_terminal_shows_a_bar_for_a_download_and_another_for_the_frames(
    screen: io.StringIO,
) -> None:
    with ProgressReporter() as reporter:
        callbacks = reporter.callbacks()
        callbacks.on_download("lightning", 500_000, 1_000_000)
        assert "lightning" in screen.getvalue() and "0.5 MB" in screen.getvalue()
        callbacks.on_begin(INFO, "lightning on LiteRT", False)
        callbacks.on_frame(45)
        assert "45 frames" in screen.getvalue()


def test_each_of_two_passes_has_a_bar_that_says_which_one_it_is(screen: io.StringIO) -> None:
    with ProgressReporter() as reporter:
        callbacks = reporter.callbacks()
        callbacks.on_begin(INFO, "lightning on LiteRT", False)
        callbacks.on_first_pass(40)
        assert "clip.mp4, pass 1 of 2: finding people" in screen.getvalue()
        screen.truncate(0)
        callbacks.on_frame(7)
        assert "clip.mp4, pass 2 of 2: writing" in screen.getvalue()
        callbacks.on_begin(INFO, "lightning on LiteRT", False)
        screen.truncate(0)
        callbacks.on_frame(7)
    assert "clip.mp4 " in screen.getvalue() and "of 2" not in screen.getvalue()


def test_there_is_no_bar_beside_a_window(screen: io.StringIO) -> None:
    with ProgressReporter() as reporter:
        callbacks = reporter.callbacks()
        callbacks.on_begin(INFO, "lightning on LiteRT", True)
        callbacks.on_frame(45)
    assert "45 frames" not in screen.getvalue()


def test_a_terminal_that_cannot_move_its_cursor_gets_no_bar_and_no_empty_line(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    screen: io.StringIO = request.getfixturevalue("screen")
    with ProgressReporter() as reporter:
        reporter.callbacks().on_frame(45)
    assert screen.getvalue() == ""


def test_a_reporter_may_be_closed_twice(screen: io.StringIO) -> None:
    reporter = ProgressReporter()
    reporter.callbacks().on_download("lightning", 1, None)
    reporter.close()
    reporter.close()
