"""Whether a file is as long as its container declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from livepose.sources.truncation import is_truncated
from tests.support.media import make_clip

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
