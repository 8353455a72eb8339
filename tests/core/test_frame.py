"""Frames: what they refuse, and that nobody can write into them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.frame_clock import FrameClock
from livepose.core.poses import Poses
from livepose.core.region import Region


def test_a_frame_knows_its_size() -> None:
    frame = Frame.from_bgr(np.zeros((120, 160, 3), np.uint8), 0, 0.0, 0.0)
    assert (frame.width_px, frame.height_px) == (160, 120)


def test_frames_are_shown_without_their_arrays() -> None:
    frame = Frame.from_bgr(np.zeros((120, 160, 3), np.uint8), 7, 0.25)
    assert repr(frame) == "<Frame 7 at 0.250 s, 160 x 120 px>"
    one = Poses.from_keypoints(np.zeros((1, 17, 2), np.float32), np.ones((1, 17), np.float32))
    posed = PosedFrame(frame, one, Region.letterbox(160, 120), 0.01)
    assert repr(posed) == "<PosedFrame 7 at 0.250 s, 160 x 120 px, 1 person>"


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((120, 160), np.uint8),
        np.zeros((120, 160, 4), np.uint8),
        np.zeros((120, 160, 1), np.uint8),
        np.zeros((1, 120, 160, 3), np.uint8),
        np.zeros((120, 160, 3), np.float32),
        np.zeros((120, 160, 3), np.int8),
    ],
    ids=["grey", "with alpha", "one channel", "a batch", "float", "signed"],
)
def test_a_frame_refuses_other_shapes_and_types(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        Frame.from_bgr(pixels, 0, 0.0, 0.0)


def test_nobody_can_write_into_a_frame() -> None:
    frame = Frame.from_bgr(np.zeros((4, 4, 3), np.uint8), 0, 0.0, 0.0)
    with pytest.raises(ValueError, match="read-only"):
        frame.bgr[0, 0] = 1
    with pytest.raises(FrozenInstanceError):
        frame.index = 1  # type: ignore[misc]


def test_the_caller_s_own_array_stays_writable_and_is_not_copied() -> None:
    own = np.zeros((48, 64, 3), np.uint8)
    frame = Frame.from_bgr(own)
    cv2.putText(own, "mine", (2, 30), cv2.FONT_HERSHEY_PLAIN, 1, (255, 255, 255))
    assert frame.bgr.any()
    assert np.shares_memory(frame.bgr, own)


def test_an_image_that_could_not_be_read_is_one_sentence() -> None:
    nothing: Any = None
    with pytest.raises(SourceError, match=r"there is no image \(None\).*cap\.read\(\)") as caught:
        Frame.from_bgr(nothing)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("image", "advice"),
    [
        (np.zeros((4, 6), np.uint8), "COLOR_GRAY2BGR"),
        (np.zeros((4, 6, 4), np.uint8), "COLOR_BGRA2BGR"),
        (np.zeros((4, 6, 3), np.float64), "astype"),
        (np.zeros((4, 6, 1), np.uint8), "COLOR_GRAY2BGR"),
        (np.zeros((3, 4, 6), np.uint8), r"transpose\(1, 2, 0\)"),
        (np.zeros((2, 4, 6, 3), np.uint8), r"images\[0\]"),
        (np.zeros((4, 6, 3), np.uint16), "// 256"),
        (np.zeros((0, 6, 3), np.uint8), r"got \(0, 6, 3\) uint8: it has no pixels$"),
    ],
    ids=[
        "grey",
        "with alpha",
        "float",
        "one channel",
        "channels first",
        "batch",
        "16 bits",
        "empty",
    ],
)
def test_an_image_of_another_kind_is_refused_with_the_way_to_convert_it(
    image: np.ndarray, advice: str
) -> None:
    with pytest.raises(ValueError, match=advice):
        Frame.from_bgr(image)


@pytest.mark.parametrize("image", ["photo.jpg", [[1, 2, 3]], 5])
def test_what_is_no_array_is_refused_in_one_sentence(image: Any) -> None:
    with pytest.raises(TypeError, match=r"must be a NumPy array, \(H, W, 3\) uint8, got \w+;"):
        Frame.from_bgr(image)


def untimed() -> Frame:
    return Frame.from_bgr(np.zeros((4, 4, 3), np.uint8))


def test_a_frame_made_without_index_and_time_gets_those_of_the_clock() -> None:
    clock = FrameClock()
    frames = [clock.stamp(untimed()) for _ in range(3)]
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert frames[0].time_s == 0
    assert frames[0].time_s < frames[1].time_s < frames[2].time_s < 60
    assert all(frame.is_timed and frame.is_numbered for frame in frames)


def test_with_a_frame_rate_times_are_counted() -> None:
    clock = FrameClock(frame_rate=10)
    assert [clock.stamp(untimed()).time_s for _ in range(3)] == [0, 0.1, 0.2]


def test_an_index_or_a_time_that_was_given_is_kept() -> None:
    clock, bgr = FrameClock(frame_rate=10), np.zeros((4, 4, 3), np.uint8)
    whole = Frame.from_bgr(bgr, 7, 3.5)
    assert clock.stamp(whole) is whole
    only_time, only_index = Frame.from_bgr(bgr, time_s=4.0), Frame.from_bgr(bgr, index=20)
    assert (clock.stamp(only_time).index, clock.stamp(only_index).index) == (1, 20)
    assert clock.stamp(only_time).time_s == 4.0


def test_frames_made_without_a_time_have_one_even_before_the_estimator() -> None:
    first, second = untimed(), untimed()
    assert 0 <= first.time_s < second.time_s
    assert not first.is_timed


@pytest.mark.parametrize(("rate", "interval_s"), [(Fraction(25), 0.04), (None, 1 / 30)])
def test_the_clock_of_a_file_counts_by_its_frame_rate(
    rate: Fraction | None, interval_s: float
) -> None:
    clock = FrameClock.of_stream(StreamInfo("mine", 4, 4, is_live=False, frame_rate=rate))
    assert [clock.stamp(untimed()).time_s for _ in range(2)] == [0, pytest.approx(interval_s)]


def test_the_clock_of_a_camera_runs_in_real_time() -> None:
    info = StreamInfo("mine", 4, 4, is_live=True, frame_rate=Fraction(1))
    clock = FrameClock.of_stream(info)
    assert [clock.stamp(untimed()).time_s < 0.5 for _ in range(2)] == [True, True]
