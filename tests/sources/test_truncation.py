"""Whether a file is as long as its container declares."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import SourceCutShort
from livepose.sources.truncation import is_truncated, trailing_bytes
from tests.support.media import make_clip, noise
from tests.support.needs import SHARED, needs_shared
from tests.support.video_files import frames_of

MP4, MATROSKA = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"
CONTAINERS = [(".mp4", MP4), (".mov", MP4), (".mkv", MATROSKA), (".avi", "avi")]


@pytest.mark.parametrize(("suffix", "format_name"), CONTAINERS)
@pytest.mark.parametrize("cut_bytes", [1, 1000])
def test_a_whole_file_is_whole_and_a_cut_one_is_not(
    cut_bytes: int, suffix: str, format_name: str, tmp_path: Path
) -> None:
    codec = "mpeg4" if suffix == ".avi" else "libx264"
    path = make_clip(tmp_path / f"clip{suffix}", codec=codec, pts=range(30))
    assert not is_truncated(path, format_name)
    path.write_bytes(path.read_bytes()[:-cut_bytes])
    assert is_truncated(path, format_name)


def boxes(*sizes: int) -> bytes:
    """Return MP4 boxes of these sizes in bytes, filled with zeros."""
    return b"".join(size.to_bytes(4, "big") + b"free" + bytes(size - 8) for size in sizes)


LARGE = (1).to_bytes(4, "big") + b"mdat" + (40).to_bytes(8, "big") + bytes(24)
ENDLESS = bytes(4) + b"mdat" + bytes(50)
HANDMADE = {
    "whole boxes": (boxes(16, 100), False),
    "a box that is cut": (boxes(16, 100)[:-1], True),
    "a box with a size of 64 bits": (boxes(16) + LARGE, False),
    "such a box that is cut": (boxes(16) + LARGE[:-1], True),
    "a box up to the end of the file": (boxes(16) + ENDLESS, False),
    "nothing": (b"", False),
}


@pytest.mark.parametrize("name", HANDMADE)
def test_mp4_boxes_are_followed_by_their_sizes(name: str, tmp_path: Path) -> None:
    content, is_cut = HANDMADE[name]
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    assert is_truncated(path, MP4) is is_cut


SEGMENTS = {
    "a size of one byte": (b"\x8c", 12, False),
    "one that is cut": (b"\x8d", 12, True),
    "a size of two bytes": (b"\x41\x00", 256, False),
    "two bytes, cut": (b"\x41\x01", 256, True),
    "a size of eight bytes": (b"\x01" + bytes(6) + b"\x20", 32, False),
    "eight bytes, cut": (b"\x01" + bytes(6) + b"\x21", 32, True),
    "an unknown size": (b"\x01" + b"\xff" * 7, 3, False),
}


@pytest.mark.parametrize("name", SEGMENTS)
def test_a_matroska_segment_declares_its_size(name: str, tmp_path: Path) -> None:
    size, content_bytes, is_cut = SEGMENTS[name]
    path = tmp_path / "x.mkv"
    path.write_bytes(b"\x1a\x45\xdf\xa3\x80" + b"\x18\x53\x80\x67" + size + bytes(content_bytes))
    assert is_truncated(path, MATROSKA) is is_cut


def test_other_containers_do_not_declare_a_length(tmp_path: Path) -> None:
    path = tmp_path / "x.ts"
    path.write_bytes(b"G" * 188)
    assert not is_truncated(path, "mpegts")


def junk(length_bytes: int) -> bytes:
    return np.random.default_rng(length_bytes).integers(0, 256, length_bytes, np.uint8).tobytes()


@pytest.mark.parametrize("length_bytes", [1, 3, 4, 7, 8, 15, 16, 100, 5032, 200_000])
@pytest.mark.parametrize(("suffix", "format_name"), CONTAINERS)
@pytest.mark.parametrize("movflags", ["", "+faststart", "+frag_keyframe+empty_moov"])
def test_bytes_behind_the_end_are_not_a_cut(
    movflags: str, suffix: str, format_name: str, length_bytes: int, tmp_path: Path
) -> None:
    if movflags and format_name != MP4:
        return
    codec = "mpeg4" if suffix == ".avi" else "libx264"
    path = make_clip(tmp_path / f"clip{suffix}", codec=codec, pts=range(10), movflags=movflags)
    assert trailing_bytes(path, format_name) == 0
    with path.open("ab") as file:
        file.write(junk(length_bytes))
    assert not is_truncated(path, format_name)
    assert trailing_bytes(path, format_name) == length_bytes
    assert len(frames_of(path)) == 10


@pytest.mark.parametrize("tail", [bytes(5000), b"\0\0\1\0sefd" + junk(248), b"\xff" * 999])
def test_other_bytes_behind_the_end_are_no_cut_either(tail: bytes, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", pts=range(10))
    with path.open("ab") as file:
        file.write(tail)
    assert not is_truncated(path, MP4)
    assert trailing_bytes(path, MP4) == len(tail)


def test_an_avi_may_have_several_parts(tmp_path: Path) -> None:
    path = tmp_path / "x.avi"
    part = b"RIFF" + (20).to_bytes(4, "little") + bytes(20)
    path.write_bytes(part + part)
    assert (is_truncated(path, "avi"), trailing_bytes(path, "avi")) == (False, 0)
    path.write_bytes(part + part[:-1])
    assert is_truncated(path, "avi")
    path.write_bytes(b"RIFF" + bytes(100))
    assert (is_truncated(path, "avi"), trailing_bytes(path, "avi")) == (False, 0)


@pytest.mark.parametrize("movflags", ["+faststart", "+frag_keyframe+empty_moov"])
def test_a_cut_file_with_bytes_behind_the_cut_is_still_cut(movflags: str, tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", painter=noise, pts=range(40), movflags=movflags)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3] + junk(100))
    with pytest.raises(SourceCutShort):
        frames_of(path)


def test_the_bytes_behind_the_end_are_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_clip(tmp_path / "clip.mp4", pts=range(10))
    with path.open("ab") as file:
        file.write(junk(77))
    with caplog.at_level("INFO", "livepose"):
        frames_of(path)
    (record,) = caplog.records
    assert record.getMessage() == (
        "the last 77 bytes of clip.mp4 are behind the end of its video, and are not read"
    )


@needs_shared
def test_an_action_cameras_trailer_is_no_cut() -> None:
    assert len(frames_of(SHARED / "cases" / "insta.mp4")) == 60
