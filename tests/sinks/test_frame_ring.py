"""What a window showed in the last seconds."""

from __future__ import annotations

import numpy as np

from livepose.sinks.frame_ring import FrameRing
from tests.support.media import number_of
from tests.support.playback import numbered_pose


def test_the_last_seconds_are_kept_with_their_poses() -> None:
    ring = FrameRing(2.0)
    gone = sum(ring.push(one, one.frame) for one in map(numbered_pose, range(100)))
    assert (len(ring), gone) == (17, 83)
    assert np.allclose(ring.times_s, np.arange(83, 100) / 8)
    kept, painted = ring.frame(5)
    assert number_of(painted.bgr) == painted.index == kept.frame.index == 88
    assert np.array_equal(kept.poses.xy, numbered_pose(88).poses.xy)
    assert not kept.frame.bgr.any(), "its own pixels are let go"


def test_memory_is_bounded_however_large_the_frames_are() -> None:
    small, tight = FrameRing(60.0), FrameRing(60.0, max_bytes=20_000)
    for one in map(numbered_pose, range(100)):
        small.push(one, one.frame)
        tight.push(one, one.frame)
    assert len(small) == 100
    assert 1 <= len(tight) < 20
    assert tight.frame(len(tight) - 1)[1].index == 99
