"""The bar at the foot of the window, as pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.frame import Frame
from livepose.draw.transport_bar import (
    BarLayout,
    Mark,
    MarkKind,
    TransportBar,
    clock,
    paint_transport_bar,
)

SIZES = ((320, 240), (1280, 720), (404, 720))
BAR = TransportBar(time_s=5.0, index=150, start_s=0.0, end_s=10.0)
ORANGE = (60, 170, 255)


def painted(bar: TransportBar, width_px: int = 640, height_px: int = 480) -> UInt8Array:
    grey = np.full((height_px, width_px, 3), 200, np.uint8)
    return paint_transport_bar(Frame.from_bgr(grey, 0, 0.0), bar).bgr


def knob_x(bgr: UInt8Array) -> float:
    """Return the middle of the orange knob on the track."""
    layout = BarLayout.of(bgr.shape[1], bgr.shape[0])
    columns = np.flatnonzero((bgr[layout.track_y] == ORANGE).all(axis=1))
    return float(columns.mean())


@pytest.mark.parametrize("size_px", SIZES)
def test_it_covers_the_foot_and_nothing_above(size_px: tuple[int, int]) -> None:
    bgr = painted(BAR, *size_px)
    layout = BarLayout.of(*size_px)
    assert (bgr[: layout.top] == 200).all()
    assert np.median(bgr[layout.top :]) < 60
    assert size_px[1] - layout.top < size_px[1] * (0.14 if size_px[1] < 480 else 0.09)
    text = bgr[layout.top : layout.track_y - layout.text_px // 2, : size_px[0] // 2]
    assert (text.min(axis=2) > 200).sum() > 50, "the time cannot be read"


@pytest.mark.parametrize("size_px", SIZES)
def test_the_knob_is_where_a_click_leads(size_px: tuple[int, int]) -> None:
    layout = BarLayout.of(*size_px)
    for share in (0.0, 0.25, 1.0):
        x = knob_x(painted(replace(BAR, time_s=10.0 * share), *size_px))
        assert layout.share_at(round(x)) == pytest.approx(share, abs=2 / size_px[0])
        assert layout.holds(round(x), layout.track_y)


def test_while_a_frame_is_sought_the_knob_is_there_and_the_time_is_that_of_the_frame() -> None:
    waiting = replace(BAR, target_s=9.0)
    assert knob_x(painted(waiting)) > knob_x(painted(BAR)) + 200
    top = BarLayout.of(640, 480).top
    text = np.s_[top : top + 18, 40:320]
    assert np.array_equal(painted(waiting)[text], painted(BAR)[text])


def test_each_kind_of_mark_has_a_shape_and_a_colour_of_its_own() -> None:
    plain = painted(BAR)
    layout = BarLayout.of(640, 480)
    seen = []
    for kind in MarkKind:
        marked = painted(replace(BAR, marks=[Mark(2.0, kind)]))
        rows, columns = np.nonzero((marked != plain).any(axis=2))
        assert abs(columns.mean() - layout.x_at(0.2)) < 2
        above, below = rows.min() < layout.track_y, rows.max() > layout.track_y
        seen.append((above, below, len(rows)))
    assert [each[:2] for each in seen] == [
        (True, True),
        (True, False),
        (False, True),
        (False, True),
    ]
    assert seen[2][2] != seen[3][2], "a triangle and a square"


def test_marks_at_one_place_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    circle = cv2.circle

    def counted(*arguments: Any) -> Any:
        drawn.append(arguments[1])
        return circle(*arguments)

    monkeypatch.setattr(cv2, "circle", counted)
    many = [Mark(10 * index / 9999, MarkKind.REPETITION) for index in range(10_000)]
    bgr = painted(replace(BAR, marks=many))
    assert len(drawn) == len(set(drawn)) < 640
    monkeypatch.undo()
    assert np.array_equal(bgr, painted(replace(BAR, marks=many[::2])))


def test_the_loop_is_marked_and_the_speed_written() -> None:
    looped = painted(replace(BAR, loop_s=(1.0, 3.0), is_looping=True))
    layout = BarLayout.of(640, 480)
    above = layout.track_y - 3
    orange = np.flatnonzero((looped[above, :300] == ORANGE).all(axis=1))
    assert (orange.min(), orange.max()) == (layout.x_at(0.1), layout.x_at(0.3))
    right = np.s_[layout.top : layout.top + 18, 320:]
    assert not np.array_equal(painted(replace(BAR, speed=0.25))[right], painted(BAR)[right])


def test_a_clip_of_one_frame_has_a_bar_too() -> None:
    one = TransportBar(time_s=0.0, index=0, start_s=0.0, end_s=0.0)
    assert knob_x(painted(one)) == pytest.approx(BarLayout.of(640, 480).left, abs=2)


def test_times_are_written_with_milliseconds() -> None:
    assert [clock(time_s) for time_s in (0.0, 59.9996, 12.345, 7200.0)] == [
        *("0:00.000", "1:00.000", "0:12.345", "2:00:00.000"),
    ]
