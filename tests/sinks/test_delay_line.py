"""The picture of some seconds ago."""

from __future__ import annotations

import numpy as np

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


def test_behind_a_pause_it_goes_on_with_what_is_old_enough() -> None:
    line = DelayLine(1.0)
    for number, now_s in ((1, 0.0), (2, 0.5), (3, 9.0)):
        frame = Frame.from_bgr(numbered(number, 160, 120), number, now_s)
        shown = number_of(line.push(frame, now_s).bgr)
    assert shown == 2
