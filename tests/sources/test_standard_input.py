"""A video on standard input: streamed, or stored first if its index stands at its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.media import ffmpeg, make_clip
from tests.support.needs import needs_ffmpeg
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
