"""The frames of the last seconds, with their poses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.frame import PosedFrame
from livepose.core.pixels import BgrPixels
from livepose.sinks.frame_ring import FrameRing
from tests.support.media import number_of
from tests.support.playback import numbered_pose


def test_the_last_seconds_are_kept_with_their_poses() -> None:
    ring = FrameRing(2.0)
    for number in range(100):
        ring.push(numbered_pose(number))
    kept = ring.frames()
    assert len(ring) == len(kept) == 17
    assert [each.posed.frame.index for each in kept] == list(range(83, 100))
    posed = kept[5].decoded()
    assert number_of(posed.frame.bgr) == posed.frame.index == 88
    assert np.array_equal(posed.poses.xy, numbered_pose(88).poses.xy)
    assert not kept[5].posed.frame.bgr.any(), "its own pixels are let go"


def test_what_was_taken_out_stays_while_the_ring_goes_on() -> None:
    ring = FrameRing(1.0)
    for number in range(20):
        ring.push(numbered_pose(number))
    kept = ring.frames()
    for number in range(20, 40):
        ring.push(numbered_pose(number))
    assert [number_of(each.decoded().frame.bgr) for each in kept] == list(range(11, 20))


def test_frames_that_would_not_fit_are_compressed_more_before_time_is_lost(
    caplog: pytest.LogCaptureFixture,
) -> None:
    noise = np.random.default_rng(0).integers(0, 60, (120, 160, 3), np.uint8)

    def noisy(number: int) -> PosedFrame:
        one = numbered_pose(number)
        return replace(one, frame=replace(one.frame, pixels=BgrPixels(noise)))

    large = FrameRing(4.0, max_bytes=1_000_000)
    large.push(noisy(0))
    size_bytes = len(large.frames()[0].jpeg)
    fits = FrameRing(4.0, max_bytes=size_bytes * 26)  # of 33 frames
    for number in range(80):
        fits.push(noisy(number))
    assert len(fits) == 33 and len(fits.frames()[-1].jpeg) < 0.8 * size_bytes
    assert caplog.text == ""
    tight = FrameRing(4.0, max_bytes=size_bytes * 5)
    for number in range(80):
        tight.push(noisy(number))
    assert 5 <= len(tight) < 33
    assert caplog.text.count("fewer are kept") == 1


def test_memory_is_bounded_however_large_the_frames_are() -> None:
    small, tight = FrameRing(60.0), FrameRing(60.0, max_bytes=20_000)
    for one in map(numbered_pose, range(100)):
        small.push(one)
        tight.push(one)
    assert len(small) == 100
    assert 1 <= len(tight) < 20
    assert tight.frames()[-1].posed.frame.index == 99
