"""Outputs: several files at once, of which one may fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import SinkError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.outputs import Outputs


class Numbers(PoseSink):
    """Notes which frames it got, and fails where it is told to."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.numbers: list[int] = []
        self.is_closed = False
        self._fails_at = fails_at

    def write(self, posed: PosedFrame) -> None:
        if posed.frame.index == self._fails_at:
            raise SinkError("the disk is full")
        self.numbers.append(posed.frame.index)

    def close(self) -> None:
        self.is_closed = True


def posed(number: int) -> PosedFrame:
    frame = Frame.of_bgr(np.zeros((4, 6, 3), np.uint8), number, number / 30)
    return PosedFrame(frame, Poses.empty(), Region.around(6, 4), 0.0)


Open = Callable[..., Outputs]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Outputs whose files wait until the end, however long this takes."""
    monkeypatch.setattr("livepose.outputs._GATHER_S", 3600.0)
    return lambda *sinks, gathers=True: Outputs([], sinks, [Path("x")], gathers=gathers)


def test_frames_that_waited_are_written_at_the_end(opened: Open) -> None:
    sink = Numbers()
    with opened(sink) as outputs:
        for number in range(5):
            outputs.write(posed(number))
        assert sink.numbers == []
    assert sink.numbers == [0, 1, 2, 3, 4]
    assert sink.is_closed


def test_where_somebody_watches_no_frame_waits(opened: Open) -> None:
    sink = Numbers()
    with opened(sink, gathers=False) as outputs:
        outputs.write(posed(0))
        assert sink.numbers == [0]


def test_a_file_that_fails_at_the_end_is_told_and_the_others_get_all(opened: Open) -> None:
    failing, other = Numbers(fails_at=3), Numbers()
    with opened(failing, other) as outputs:
        for number in range(5):
            outputs.write(posed(number))
    assert (failing.numbers, other.numbers) == ([0, 1, 2], [0, 1, 2, 3, 4])
    assert failing.is_closed
    assert other.is_closed
    assert outputs.complaint == "the disk is full"
    with pytest.raises(SinkError, match="the disk is full"):
        outputs.check()


def test_a_file_that_fails_on_the_way_ends_the_run_behind_the_others(opened: Open) -> None:
    failing, other = Numbers(fails_at=1), Numbers()
    outputs = opened(failing, other, gathers=False)
    outputs.write(posed(0))
    with pytest.raises(SinkError, match="the disk is full"):
        outputs.write(posed(1))
    outputs.close()
    assert (failing.numbers, other.numbers) == ([0], [0, 1])
