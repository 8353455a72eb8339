"""A video on standard input: streamed, or stored first if its index stands at its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.media import ffmpeg, make_clip
from tests.support.needs import SHARED, needs_ffmpeg, needs_shared
from tests.support.programs import LIMIT_S, child_environment

READ = """
from livepose.core.errors import LivePoseError
from livepose.sources import open_source
try:
    with open_source("-") as source:
        times = [round(frame.time_s, 2) for frame in source]
    print(source.info.width_px, source.info.is_live, len(times), times[-1])
except LivePoseError as error:
    print(error)
"""


def read(content: bytes) -> str:
    """Read a video from a pipe, in a child process."""
    done = subprocess.run(
        [sys.executable, "-c", READ],
        input=content,
        env=child_environment(),
        capture_output=True,
        timeout=LIMIT_S,
        check=True,
    )
    return done.stdout.decode()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "clip.mp4", pts=range(12))


@needs_ffmpeg
@pytest.mark.parametrize(
    "words",
    [
        ("clip.mkv", "-c", "copy"),
        ("clip.ts", "-c:v", "mpeg2video"),
        ("clip.y4m", "-pix_fmt", "yuv420p"),
        ("fast.mp4", "-c", "copy", "-movflags", "faststart"),
        ("pieces.mp4", "-c", "copy", "-movflags", "frag_keyframe+empty_moov"),
        ("late.mp4", "-c", "copy"),
    ],
    ids=lambda words: words[0],
)
def test_every_container_is_read_from_a_pipe(
    words: tuple[str, ...], clip: Path, tmp_path: Path
) -> None:
    target = tmp_path / words[0]
    ffmpeg("-i", clip, *words[1:], target)
    width, is_live, count, _ = read(target.read_bytes()).split()
    assert (is_live, count) == ("False", "12")
    assert int(width) > 0


def test_what_is_no_video_is_one_sentence() -> None:
    assert read(b"no video at all").startswith("standard input is not a video")
    assert read(b"") == "standard input is empty: there is no video to read\n"


@needs_ffmpeg
@pytest.mark.parametrize("name", ["cut.mkv", "cut.mp4", "cut.avi"])
def test_a_pipe_that_ends_early_is_said(name: str, tmp_path: Path) -> None:
    long = make_clip(tmp_path / "long.mp4", pts=range(60))
    target = tmp_path / name
    ffmpeg("-i", long, "-c", "copy", "-movflags", "faststart", target)
    content = target.read_bytes()
    assert read(content).split()[2] == "60"
    said = read(content[: len(content) * 2 // 3])
    assert "is cut short" in said


@needs_ffmpeg
def test_a_last_frame_that_lasts_for_long_does_not_cut_a_pipe_short(tmp_path: Path) -> None:
    slow = make_clip(tmp_path / "slow.mp4", pts=[0, 1, 2, 3, 4, 40])
    target = tmp_path / "slow.mkv"
    ffmpeg("-i", slow, "-c", "copy", target)
    assert read(target.read_bytes()).split()[2] == "6"


@needs_shared
def test_a_video_that_is_stored_first_is_called_standard_input() -> None:
    protected = SHARED / "cases" / "codec_drmi.mp4"
    assert read(protected.read_bytes()).startswith("standard input is not a video that can be read")


@needs_ffmpeg
def test_a_stream_without_times_says_how_a_pipe_is_put_in_a_container(
    clip: Path, tmp_path: Path
) -> None:
    ffmpeg("-i", clip, "-c", "copy", tmp_path / "raw.h264")
    said = read((tmp_path / "raw.h264").read_bytes())
    assert "with ffmpeg -i - -c copy FILE.mp4" in said
