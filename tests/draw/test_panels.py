"""Counters and curves over the frame: large enough, in their corner, of the right colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.colors import LEFT_COLOR, RIGHT_COLOR
from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Overlays
from livepose.core.panels import Corner, CounterPanel, CurvePanel
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.draw import Style, paint
from livepose.draw.transport_bar import BarLayout

SIZES = [(320, 240), (1280, 720), (720, 1280)]
YELLOW = np.array((80, 225, 255))


def painted(overlays: Overlays, size_px: tuple[int, int], *, mirror: bool = False) -> np.ndarray:
    frame = Frame.from_bgr(np.full((size_px[1], size_px[0], 3), 120, np.uint8))
    posed = PosedFrame(frame, Poses.empty(), Region.letterbox(*size_px), 0.0, overlays=overlays)
    return paint(posed, Style(mirror=mirror)).bgr


def counter(count: int, corner: Corner = Corner.TOP_LEFT) -> CounterPanel:
    rows = (("1", "2.3 s", "0.75 s", "112°"), ("2", "4.4 s", "0.75 s", "110°"))
    return CounterPanel((("right_knee", count),), rows, corner)


def curves(corner: Corner = Corner.BOTTOM_RIGHT) -> CurvePanel:
    time_s = np.arange(0, 10, 1 / 30)
    degrees = np.stack((60 + 50 * np.sin(time_s), 60 - 50 * np.sin(time_s)), axis=1)
    degrees = degrees.astype(np.float32)
    bins = np.stack((degrees[::10], degrees[::10]), axis=1)
    names = ("left_knee", "right_knee")
    return CurvePanel(names, time_s, degrees, time_s[::10], bins, 20.0, corner)


def is_color(bgr: np.ndarray, color: tuple[int, int, int] | np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(bgr.astype(int) - np.array(color)).max(axis=2) < 25)


@pytest.mark.parametrize("size_px", SIZES)
@pytest.mark.parametrize("count", [0, 12, 888])
def test_the_count_is_an_eighth_of_the_picture_s_height(
    size_px: tuple[int, int], count: int
) -> None:
    bgr = painted(Overlays(counter=counter(count)), size_px)
    rows, columns = np.nonzero(is_color(bgr, YELLOW))
    assert np.ptp(rows) + 1 >= size_px[1] / 8
    left, top, right, bottom = counter(count).rectangle(size_px)
    assert left <= columns.min() and columns.max() < right
    assert top <= rows.min() and rows.max() < bottom


@pytest.mark.parametrize("size_px", SIZES)
@pytest.mark.parametrize("corner", Corner)
def test_panels_are_in_their_corner_and_nowhere_else(
    size_px: tuple[int, int], corner: Corner
) -> None:
    for panel, overlays in (
        (counter(7, corner), Overlays(counter=counter(7, corner))),
        (curves(corner), Overlays(curves=curves(corner))),
    ):
        left, top, right, bottom = panel.rectangle(size_px)
        assert 0 <= left < right <= size_px[0]
        assert 0 <= top < bottom <= size_px[1]
        rows, columns = np.nonzero((painted(overlays, size_px) != 120).any(axis=2))
        found = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert found == pytest.approx((left, top, right, bottom), abs=1)
        assert (found[0] < size_px[0] / 5) == corner.is_left


@pytest.mark.parametrize("size_px", [*SIZES, (480, 360), (480, 640)])
def test_four_counters_are_all_in_the_picture(size_px: tuple[int, int]) -> None:
    names = ("right_shoulder:>120", "right_shoulder:>60", "left_knee", "trunk")
    rows = (("R shoulder >120", "11", "12.3 s", "0.75 s", "112°"),) * 3
    four = CounterPanel(tuple((name, 88) for name in names), rows, Corner.BOTTOM_LEFT)
    left, top, right, bottom = four.rectangle(size_px)
    assert 0 <= left < right <= size_px[0]
    assert 0 <= top < bottom <= size_px[1]
    yellow = is_color(painted(Overlays(counter=four), size_px), YELLOW)
    one = is_color(
        painted(Overlays(counter=replace(four, counts=(("trunk", 88),), rows=())), size_px), YELLOW
    )
    assert yellow.sum() == pytest.approx(4 * one.sum(), rel=0.02)


@pytest.mark.parametrize("size_px", [(160, 120), (124, 160), (320, 240), (240, 426)])
def test_a_counter_leaves_out_its_table_before_it_covers_half_of_a_small_picture(
    size_px: tuple[int, int],
) -> None:
    left, top, right, bottom = counter(88).rectangle(size_px)
    assert right - left <= 0.54 * size_px[0]
    assert bottom - top <= 0.54 * size_px[1]
    plain = replace(counter(88), rows=()).rectangle(size_px)
    assert (plain == (left, top, right, bottom)) == (size_px[0] < 240)
    curve_top = curves().rectangle(size_px)[1]
    assert bottom <= curve_top or right <= curves().rectangle(size_px)[0]


def test_a_label_that_is_cut_keeps_its_threshold() -> None:
    tight = CounterPanel((("right_shoulder_and_more:>120", 8), ("right_shoulder_and_more:>60", 8)))
    other = CounterPanel((("right_shoulder_and_more:>120", 8), ("right_shoulder_and_more:>90", 8)))
    pictures = [painted(Overlays(counter=each), (1280, 720)) for each in (tight, other)]
    assert (pictures[0] != pictures[1]).any()


@pytest.mark.parametrize("size_px", [*SIZES, (480, 360), (640, 480), (1920, 1080)])
def test_panels_at_the_foot_are_above_the_bar(size_px: tuple[int, int]) -> None:
    bar_top = BarLayout.of(*size_px).top
    for panel in (counter(7, Corner.BOTTOM_LEFT), curves(Corner.BOTTOM_RIGHT)):
        assert panel.rectangle(size_px)[3] <= bar_top


def test_a_table_takes_no_room_before_the_first_repetition() -> None:
    empty = replace(counter(0), rows=())
    heights = [each.rectangle((1280, 720))[3] for each in (empty, counter(0))]
    assert heights[1] - heights[0] == pytest.approx(4 * 1.75 * empty.label_px((1280, 720)), abs=1)


def test_left_is_a_line_and_right_is_dashed() -> None:
    bgr = painted(Overlays(curves=curves()), (1280, 720))
    left, right = is_color(bgr, LEFT_COLOR), is_color(bgr, RIGHT_COLOR)
    assert left.sum() > 1.2 * right.sum() > 100
    columns = np.flatnonzero(left.any(axis=0))
    assert (np.diff(columns) == 1).mean() > 0.98


def test_a_mirror_moves_panels_to_the_other_side_and_keeps_them_readable() -> None:
    overlays = Overlays(counter=counter(3), curves=curves())
    other = Overlays(counter=counter(3, Corner.TOP_RIGHT), curves=curves(Corner.BOTTOM_LEFT))
    np.testing.assert_array_equal(
        painted(overlays, (640, 480), mirror=True), painted(other, (640, 480))
    )


def test_curves_without_a_value_are_painted_empty() -> None:
    nothing = replace(
        curves(),
        time_s=np.zeros(1),
        degrees=np.full((1, 2), np.nan, np.float32),
        overview_s=np.zeros(1),
        overview=np.full((1, 2, 2), np.nan, np.float32),
    )
    assert not is_color(painted(Overlays(curves=nothing), (640, 480)), (255, 255, 255)).all()
