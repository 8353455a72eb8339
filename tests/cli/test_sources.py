"""`livepose SOURCE...`: files, images in sequence and standard input, with real models."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pandas
import pytest

from livepose.cli.main import main
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.media import make_clip
from tests.support.needs import needs_shared
from tests.support.programs import LIMIT_S, child_environment, run_livepose
from tests.support.sending import udp_receiver, udp_url

pytestmark = [needs_shared, pytest.mark.usefixtures("restored_log")]


def livepose(*words: str) -> int:
    return main([*words, "--runtime", "litert"])


def write_photos(*names: str) -> None:
    for number, name in enumerate(names):
        Path(name).parent.mkdir(exist_ok=True)
        assert cv2.imwrite(name, SyntheticSource(320, 240).paint(number / 30))


def frames_of(name: str) -> int:
    return pandas.read_csv(name).frame.nunique()


def demo_clip(path: Path, frames: int) -> Path:
    return make_clip(
        path,
        width_px=320,
        height_px=240,
        pts=range(frames),
        painter=lambda number, width_px, height_px: SyntheticSource(width_px, height_px).paint(
            number / 30
        ),
    )


def test_a_file_is_named_without_an_option_before_or_behind_the_options(here: Path) -> None:
    demo_clip(here / "a.mp4", 8)
    assert livepose("a.mp4", "-o", "x.mp4", "--save", "1.csv") == 0
    assert livepose("--save", "2.csv", "--start", "0:00.1", "a.mp4", "--end", "0:00:00.2") == 0
    assert Path("x.mp4").exists()
    assert (frames_of("1.csv"), frames_of("2.csv")) == (8, 3)


def test_several_sources_are_run_in_turn_and_one_that_fails_stops_none(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo_clip(here / "a.mp4", 4)
    write_photos("seq/7.png", "seq/8.png", "seq/9.png", "photo.png")
    words = ("a.mp4", "gone.mp4", "seq", "photo.png", "--save", "{name}.csv")
    assert livepose(*words) == 1
    assert [frames_of(f"{name}.csv") for name in ("a", "seq", "photo")] == [4, 3, 1]
    errors = capsys.readouterr().err
    assert "livepose: there is no file gone.mp4" in errors
    assert "3 of 4: seq" in errors


def test_a_camera_that_is_not_there_is_skipped_before_a_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_photos("photo.png")
    assert livepose("/dev/video99", "photo.png", "--save", "{name}.csv") == 1
    assert frames_of("photo.csv") == 1
    errors = capsys.readouterr().err
    assert "/dev/video99" in errors
    assert "--keep-open" not in errors


def test_images_in_sequence_are_a_video_of_their_rate(here: Path) -> None:
    write_photos(*(f"seq/img_{number:04d}.png" for number in range(5, 11)))
    for pattern in ("seq/img_%04d.png", "seq/img*.png", "seq"):
        words = (pattern, "--fps", "10", "--save", "x.csv", "-o", "x.mp4", "--overwrite")
        assert livepose(*words) == 0
        times = pandas.read_csv("x.csv").time_s.unique()
        assert np.allclose(times, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_saved_poses_of_a_sequence_are_rendered_again(here: Path) -> None:
    write_photos(*(f"seq/{number}.png" for number in range(4)))
    assert livepose("seq", "--fps", "12", "--save", "x.jsonl") == 0
    assert main(["render", "seq", "x.jsonl", "-o", "x.mp4"]) == 0
    assert Path("x.mp4").exists()


def test_a_photo_is_named_without_an_option_and_shows_no_window(here: Path) -> None:
    write_photos("photo.png")
    assert livepose("photo.png") == 0
    assert Path("photo_pose.png").exists()


def test_every_report_is_written(here: Path) -> None:
    demo_clip(here / "a.mp4", 12)
    words = ("--angles", "knee", "--report", "a.html", "--report", "b.png")
    assert livepose("a.mp4", *words) == 0
    assert Path("a.html").exists() and Path("b.png").exists()


def test_json_lines_go_to_standard_output_and_messages_to_standard_error(here: Path) -> None:
    demo_clip(here / "a.mp4", 6)
    done = run_livepose("a.mp4", "--save", "-", "--runtime", "litert", cwd=here)
    assert done.returncode == 0
    head, *lines = map(json.loads, done.stdout.splitlines())
    assert head["source"]["name"] == "a.mp4"
    assert [line["frame"] for line in lines] == [0, 1, 2, 3, 4, 5]
    assert "6 frames" in done.stderr and "wrote" not in done.stderr


def test_an_image_prints_json_lines_in_the_place_of_its_table(here: Path) -> None:
    write_photos("photo.png")
    done = run_livepose("photo.png", "--save", "-", "--runtime", "litert", cwd=here)
    assert done.returncode == 0
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 2


def test_a_video_from_standard_input_goes_to_standard_output(here: Path) -> None:
    content = demo_clip(here / "a.mp4", 6).read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "livepose", "-", "--save", "-", "--runtime", "litert"],
        input=content,
        cwd=here,
        env=child_environment(),
        capture_output=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 7


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_reader_of_standard_output_that_ends_early_is_no_failure(here: Path) -> None:
    demo_clip(here / "a.mp4", 30)
    program = f"{sys.executable} -m livepose a.mp4 --save - --runtime litert"
    done = subprocess.run(
        f"{program} 2>errors.txt | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=here,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.stdout.splitlines()[-1] == "0", Path("errors.txt").read_text()
    assert "livepose:" not in Path("errors.txt").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="needs /dev/full")
def test_standard_output_that_is_full_or_closed_is_one_line_and_1(here: Path) -> None:
    demo_clip(here / "a.mp4", 6)
    program = f"{sys.executable} -m livepose a.mp4 --save - --runtime litert"
    for where, says in ((">/dev/full", "No space left on device"), (">&-", "it is closed")):
        done = subprocess.run(
            f"{program} {where}",
            shell=True,
            cwd=here,
            env=child_environment(),
            stderr=subprocess.PIPE,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 1
        assert says in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("source", [("a.mp4",), ("--demo", "--max-frames", "24")])
@pytest.mark.parametrize("output", [("--no-show",), ("-o", "x.mp4")])
def test_poses_are_sent_in_real_time(
    source: tuple[str, ...], output: tuple[str, ...], here: Path
) -> None:
    """A second of frames, at 24 or 30 frames per second, takes most of a second."""
    demo_clip(here / "a.mp4", 24)
    with udp_receiver() as receiver:
        began_s = time.perf_counter()
        assert livepose(*source, *output, "--send", udp_url(receiver)) == 0
        passed_s = time.perf_counter() - began_s
    assert passed_s > 23 / 30
