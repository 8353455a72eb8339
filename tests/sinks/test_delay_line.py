"""The picture of some seconds ago."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.frame import Frame
from livepose.sinks.delay_line import DelayLine
from tests.support.media import number_of, numbered


def test_frames_come_out_as_long_after_as_the_delay_is() -> None:
    line = DelayLine(1.0)
    seen = []
    for number in range(40):
        frame = Frame.from_bgr(numbered(number, 160, 120), number, number / 8)
        seen.append(number_of(line.push(frame, number / 8).bgr))
    assert seen == [*[0] * 8, *range(32)]
    assert line.wait_s(5.0) == 0


def test_memory_is_that_of_the_frames_of_the_delay() -> None:
    line = DelayLine(0.5)
    grey = Frame.from_bgr(np.full((120, 160, 3), 90, np.uint8), 0, 0.0)
    for number in range(100):
        line.push(grey, number / 10)
    assert line.frames <= 7
    assert line.push(grey, 100.0) is not grey


def test_what_takes_too_much_memory_is_compressed_more_and_then_thinned_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # The frames of four seconds are 80 kB, 60 kB if they are compressed more.
    roomy, tight = DelayLine(4.0, max_bytes=75_000), DelayLine(4.0, max_bytes=25_000)
    shown = []
    for number in range(100):
        frame = Frame.from_bgr(numbered(number, 160, 120), number, number / 8)
        shown.append([number_of(line.push(frame, number / 8).bgr) for line in (roomy, tight)])
        assert roomy.size_bytes <= 75_000 and tight.size_bytes <= 25_000
    assert [all_of_them for all_of_them, _ in shown[32:]] == list(range(68))
    assert [some for _, some in shown[80:]] == [n // 4 * 4 for n in range(48, 68)]
    assert tight.frames >= 8
    assert caplog.messages == [
        f"the frames of 4 s take more than 0 MB: one frame in {step} is shown" for step in (2, 4)
    ]


def test_behind_a_pause_it_goes_on_with_what_is_old_enough() -> None:
    line = DelayLine(1.0)
    for number, now_s in ((1, 0.0), (2, 0.5), (3, 9.0)):
        frame = Frame.from_bgr(numbered(number, 160, 120), number, now_s)
        shown = number_of(line.push(frame, now_s).bgr)
    assert shown == 2
