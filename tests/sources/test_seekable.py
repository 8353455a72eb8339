"""Frames of a video in any order: they are those that reading from the front yields."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.core.errors import SourceCutShort
from livepose.core.frame import Frame
from livepose.sources import open_seekable, open_video
from livepose.sources.seekable import SeekableVideo
from livepose.system.pyav import av
from tests.support.media import make_clip, number_of, numbered, turn
from tests.support.needs import SHARED, needs_shared

FRAMES = 48
UNEVEN = np.cumsum(np.random.default_rng(0).choice((20, 33, 70, 100), FRAMES)).tolist()
SMALL_CACHE_BYTES = 20 * 160 * 120 * 3 // 2


def copied(source: Path, target: Path, start_s: float = 0.0) -> Path:
    """Copy the packets of a clip into another container, from a key frame on."""
    with av.open(str(source)) as reading, av.open(str(target), "w") as writing:
        stream = reading.streams.video[0]
        output = writing.add_stream_from_template(stream)
        reading.seek(round(start_s * av.time_base))
        for packet in reading.demux(stream):
            if packet.dts is not None:
                packet.stream = output
                writing.mux(packet)
    return target


@needs_shared
def test_time_stamps_that_jump_are_reported_once_however_often_the_file_is_opened_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        SeekableVideo(SHARED / "cases" / "twice.ts", cache_bytes=8 * 384 * 496 * 3 // 2) as video,
        caplog.at_level(logging.INFO, "livepose.sources"),
    ):
        for index in (100, 0, 100, 0, 100):
            video.frame(index)
    assert caplog.messages == ["the time stamps of twice.ts jump: time goes on by one frame there"]


CLIPS: dict[str, Callable[[Path], Path]] = {
    "frames that refer to later ones": lambda folder: make_clip(
        folder / "a.mp4", pts=range(FRAMES), keyframe_every=16
    ),
    "a variable frame rate": lambda folder: make_clip(
        folder / "a.mkv", pts=UNEVEN, time_base=Fraction(1, 1000), keyframe_every=16
    ),
    "a rotated film": lambda folder: turn(
        make_clip(folder / "a.mp4", pts=range(FRAMES), keyframe_every=16), 90
    ),
    "a film that was cut": lambda folder: copied(
        make_clip(folder / "b.mp4", pts=range(FRAMES + 16), keyframe_every=16),
        folder / "a.mp4",
        0.6,
    ),
    "a transport stream": lambda folder: copied(
        make_clip(folder / "b.mp4", pts=range(FRAMES), keyframe_every=16), folder / "a.ts"
    ),
    "a codec with packets that show nothing": lambda folder: make_clip(
        folder / "a.webm", codec="libvpx", pts=range(FRAMES), keyframe_every=16
    ),
    "a container without times of presentation": lambda folder: make_clip(
        folder / "a.avi", codec="mpeg4", pts=range(FRAMES), keyframe_every=16
    ),
    "images in sequence": lambda folder: write_images(folder),
}


def write_images(folder: Path) -> Path:
    for number in range(8):
        cv2.imwrite(str(folder / f"img_{number:02}.png"), numbered(number, 160, 120))
    return folder / "img_%02d.png"


def in_order(path: Path, start_s: float = 0.0, end_s: float | None = None) -> list[Frame]:
    with open_video(path, start_s, end_s) as source:
        return [*source]


def assert_same(frame: Frame | None, expected: Frame) -> None:
    assert frame is not None
    assert frame.time_s == pytest.approx(expected.time_s)
    assert (frame.index, frame.source_frame) == (expected.index, expected.source_frame)
    assert np.array_equal(frame.bgr, expected.bgr), f"frame {frame.index} has other pixels"


@pytest.mark.parametrize("make", CLIPS.values(), ids=CLIPS)
def test_in_any_order_frames_are_the_same_as_from_the_front(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    path = make(tmp_path)
    frames = in_order(path)
    chance = random.Random(1)
    last = len(frames) - 1
    order = [
        last,
        *chance.choices(range(last + 1), k=8),
        *range(last // 2, max(last // 2 - 6, -1), -1),
    ]
    with open_seekable(path) as source:
        for index in order:
            assert_same(source.frame(index), frames[index])
            while chance.random() < 0.8 and source.prepare(index):
                pass
        assert source.numbering == 0
        while source.learn_times():
            pass
        assert source.times_s == pytest.approx([frame.time_s for frame in frames])
        with pytest.raises(IndexError):
            source.frame(last + 1)


def test_of_a_part_only_its_frames_count(tmp_path: Path) -> None:
    path = CLIPS["frames that refer to later ones"](tmp_path)
    frames = in_order(path, 0.5, 1.2)
    with open_seekable(path, 0.5, 1.2, max_frames=12) as source:
        for index in (11, 0, 5):
            assert_same(source.frame(index), frames[index])
        assert number_of(frames[0].bgr) == frames[0].source_frame == 15
        with pytest.raises(IndexError):
            source.frame(12)


def test_memory_is_bounded_and_steps_back_are_made_ready(tmp_path: Path) -> None:
    path = CLIPS["frames that refer to later ones"](tmp_path)
    frames = in_order(path)
    with SeekableVideo(path, cache_bytes=SMALL_CACHE_BYTES) as source:
        for index in range(40):
            source.frame(index)
        assert len(source.kept_frames) <= 20
        while source.prepare(39):
            pass
        assert {*range(30, 40)} <= source.kept_frames
        for index in range(39, -1, -1):
            assert_same(source.frame(index), frames[index])


def test_what_is_no_longer_wanted_is_given_up(tmp_path: Path) -> None:
    path = CLIPS["frames that refer to later ones"](tmp_path)
    answers = iter((True, True, False))
    with open_seekable(path) as source:
        assert source.frame(40, lambda: next(answers)) is None
        frame = source.frame(40)
        assert frame is not None and frame.index == 40


def test_where_a_frame_cannot_be_decoded_the_others_keep_their_times(tmp_path: Path) -> None:
    path = CLIPS["frames that refer to later ones"](tmp_path)
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][20]
        assert packet.pos is not None
        content[packet.pos + 4 : packet.pos + packet.size] = bytes(packet.size - 4)
    path.write_bytes(content)
    times_s: list[float] = []
    with open_video(path) as source, pytest.raises(SourceCutShort):
        times_s.extend(frame.time_s for frame in source)
    with open_seekable(path) as video:
        seen = []
        index = 0
        while index < len(times_s):
            frame = video.frame(index)
            assert frame is not None
            seen.append(frame.time_s)
            index = frame.index + 1
        assert video.numbering == (len(times_s) < FRAMES)
        assert seen == pytest.approx(times_s)
        back = video.frame(5)
        assert back is not None and number_of(back.bgr) == 5


def test_images_that_cannot_be_read_do_not_count(tmp_path: Path) -> None:
    pattern = write_images(tmp_path)
    (tmp_path / "img_03.png").write_bytes(b"no image")
    with open_seekable(pattern, frame_rate=10) as images:
        frame = images.frame(3)
        assert frame is not None
        assert frame.time_s == pytest.approx(0.4)
        assert (frame.index, number_of(frame.bgr)) == (3, 4)
        assert images.numbering == 1
        assert "1 of 8 images were left out" in str(images.problem)
