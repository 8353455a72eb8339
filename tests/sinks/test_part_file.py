"""Where a video may be written, and the part file that it grows in."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import OptionError, SinkError, TargetExists
from livepose.core.frame import Frame, StreamInfo
from livepose.sinks.part_file import check_whole
from livepose.sinks.video import VideoSink
from livepose.sources.video import VideoSource
from tests.support.media import (
    make_clip,
)
from tests.support.video_files import (
    FILE,
    frame_at,
    names_in,
    numbers_in,
    part_beside,
    write_numbered,
)

on_unix = pytest.mark.skipif(os.name != "posix", reason="needs signals and resource limits")


def test_a_target_that_exists_is_refused_and_untouched(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"precious")
    with pytest.raises(TargetExists, match="--overwrite") as caught:
        VideoSink(target, FILE)
    assert str(target) in str(caught.value)
    assert target.read_bytes() == b"precious"
    assert names_in(tmp_path) == ["out.mp4"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_the_input_is_never_written_onto(tmp_path: Path, overwrite: bool) -> None:
    path = make_clip(tmp_path / "in.mp4", pts=range(3))
    link = tmp_path / "link.mp4"
    link.symlink_to(path)
    before = path.read_bytes()
    (tmp_path / "cache").mkdir(exist_ok=True)
    with VideoSource(path) as source:
        for target in (path, link, tmp_path / "cache" / ".." / "in.mp4"):
            with pytest.raises(OptionError, match="is the input"):
                VideoSink(target, source.info, overwrite=overwrite)
    assert path.read_bytes() == before
    assert names_in(tmp_path) == ["in.mp4", "link.mp4"]


@pytest.mark.parametrize("name", ["out.webm", "out.avi", "out", "out.mp4.txt"])
def test_an_unknown_suffix_is_refused_and_the_known_ones_are_named(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(OptionError, match=r"\.mp4, \.m4v, \.mov, \.mkv"):
        VideoSink(tmp_path / name, FILE)
    assert names_in(tmp_path) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="there is no folder") as caught:
        VideoSink(tmp_path / "no" / "out.mp4", FILE)
    assert str(tmp_path / "no") in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_in_the_targets_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").mkdir()
    for overwrite in (False, True):
        with pytest.raises(SinkError, match="is a folder"):
            VideoSink(tmp_path / "out.mp4", FILE, overwrite=overwrite)


@pytest.mark.parametrize("count", [1, 2])
def test_a_frame_larger_than_h264_allows_is_refused_and_nothing_is_left(
    count: int, tmp_path: Path
) -> None:
    info = StreamInfo("long", 16_386, 2, is_live=False, frame_rate=Fraction(30))
    long = np.zeros((2, 16_386, 3), np.uint8)
    with (
        pytest.raises(SinkError, match="cannot hold 16386 x 2 pixels"),
        VideoSink(tmp_path / "x.mp4", info) as sink,
    ):
        sink.write_all([Frame.from_bgr(long, n, n / 30) for n in range(count)])
    assert names_in(tmp_path) == []


def test_the_part_of_a_killed_run_is_not_touched(tmp_path: Path) -> None:
    left = tmp_path / "out.livepose-012345.part.mp4"
    left.write_bytes(b"of a run that was killed")
    write_numbered(tmp_path / "out.mp4", [0.0, 0.1])
    assert left.read_bytes() == b"of a run that was killed"
    assert numbers_in(tmp_path / "out.mp4") == [0, 1]
    assert names_in(tmp_path) == [left.name, "out.mp4"]


def test_of_two_sinks_with_one_target_the_later_keeps_its_part(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    first, second = VideoSink(target, FILE), VideoSink(target, FILE)
    first.write(frame_at(1, 0.0))
    second.write(frame_at(2, 0.0))
    first.close()
    with pytest.raises(SinkError, match="meantime"):
        second.close()
    assert numbers_in(target) == [1]
    assert numbers_in(part_beside(target)) == [2]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_file_whose_end_is_missing_is_not_whole(suffix: str, tmp_path: Path) -> None:
    path = write_numbered(tmp_path / f"out{suffix}", [n / 30 for n in range(30)])
    check_whole(path, 30)
    with pytest.raises(SinkError, match="30 of 31 frames"):
        check_whole(path, 31)
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(SinkError, match=r"of 30 frames|its end is missing"):
        check_whole(path, 30)
