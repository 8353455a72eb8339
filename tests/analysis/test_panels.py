"""Panels: where they are, and what they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from livepose.analysis.curve_history import CurveHistory
from livepose.analysis.panels import Panels
from livepose.analysis.repetition_rules import parse_repetitions
from livepose.core.angles import Angles
from livepose.core.frame import Frame, PosedFrame
from livepose.core.panels import Corner, Rectangle
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.repetitions import Repetition

RULE = parse_repetitions("right_knee:>90")
SIZES = [(320, 240), (1280, 720), (720, 1280)]


def posed(
    time_s: float = 0.0,
    *,
    heads: Sequence[tuple[float, float]] = (),
    size_px: tuple[int, int] = (1280, 720),
    degrees: float = 10.0,
    ids: Sequence[int] = (),
) -> PosedFrame:
    """Return people whose heads are at places in shares of the frame; bodies hang below them."""
    people = len(heads)
    xy = np.zeros((people, 17, 2), np.float32)
    for person, (x, y) in enumerate(heads):
        xy[person, :, 0] = x * size_px[0]
        xy[person, :, 1] = y * size_px[1] + np.linspace(0, 0.4, 17) * size_px[1]
        xy[person, :5, 1] = y * size_px[1]
    plain = Poses.from_keypoints(xy, np.ones((people, 17), np.float32)) if people else Poses.empty()
    track_id = np.array(ids or range(1, people + 1), np.int32)
    return PosedFrame(
        Frame.from_bgr(np.zeros((size_px[1], size_px[0], 3), np.uint8), 0, time_s),
        replace(plain, track_id=track_id),
        Region.letterbox(*size_px),
        0.0,
        angles=Angles(("right_knee",), np.full((people, 1), degrees, np.float32)),
    )


def step() -> Panels:
    return Panels([RULE], CurveHistory(("right_knee",), clip_s=20.0))


def shown(frame: PosedFrame) -> tuple[Rectangle, Rectangle]:
    size_px = frame.frame.width_px, frame.frame.height_px
    counter, curves = frame.overlays.counter, frame.overlays.curves
    assert counter is not None and curves is not None
    return counter.rectangle(size_px), curves.rectangle(size_px)


def is_inside(rectangle: Rectangle, x: float, y: float) -> bool:
    left, top, right, bottom = rectangle
    return left <= x < right and top <= y < bottom


@pytest.mark.parametrize("size_px", SIZES)
@pytest.mark.parametrize("x", [0.1, 0.25, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("y", [0.15, 0.5, 0.85])
def test_no_panel_hides_a_face_or_another_panel(
    size_px: tuple[int, int], x: float, y: float
) -> None:
    panels = shown(step()(posed(heads=[(x, y)], size_px=size_px)))
    assert not any(is_inside(each, x * size_px[0], y * size_px[1]) for each in panels)
    (left, top, right, bottom), other = panels
    assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


def test_panels_stay_until_they_would_hide_a_face() -> None:
    panels = step()
    before = shown(panels(posed(0.0, heads=[(0.5, 0.4)])))
    assert shown(panels(posed(0.1, heads=[(0.4, 0.6)]))) == before
    x, y = (before[0][0] + before[0][2]) / 2, (before[0][1] + before[0][3]) / 2
    head = (x / 1280, y / 720)
    after = shown(panels(posed(0.2, heads=[head])))
    assert not any(is_inside(each, x, y) for each in after)
    assert shown(panels(posed(0.3, heads=[(0.5, 0.4)]))) == after


def test_where_nobody_is_panels_are_in_their_usual_corners() -> None:
    overlays = step()(posed()).overlays
    assert overlays.counter is not None and overlays.curves is not None
    assert (overlays.counter.corner, overlays.curves.corner) == (
        Corner.TOP_LEFT,
        Corner.BOTTOM_RIGHT,
    )


def test_the_counter_shows_the_count_and_the_last_three_repetitions() -> None:
    done = tuple(
        Repetition(1, n + 0.0, n + 0.9, 111.6, n + 0.2, n + 0.7, rule=str(RULE), number=n)
        for n in range(1, 6)
    )
    other = Repetition(1, 9.0, 9.5, 50.0, 9.1, 9.4, rule="left_elbow", number=1)
    frame = replace(posed(heads=[(0.5, 0.4)]), repetitions=(*done, other))
    counter = step()(frame).overlays.counter
    assert counter is not None
    assert counter.counts == (("right_knee", 5),)
    assert counter.rows == tuple((str(n), f"{n}.0 s", "0.50 s", "112°") for n in (3, 4, 5))


def test_two_rules_of_one_angle_are_told_apart() -> None:
    rules = [parse_repetitions(text) for text in ("right_knee:>90", "right_knee:>60", "trunk")]
    done = tuple(
        Repetition(1, start_s, start_s + 1, 100.0, start_s, start_s + 1, rule=str(rule), number=1)
        for start_s, rule in enumerate(rules)
    )
    counter = Panels(rules, None)(replace(posed(), repetitions=done)).overlays.counter
    assert counter is not None
    assert counter.counts == (("right_knee:>90", 1), ("right_knee:>60", 1), ("trunk", 1))
    assert [row[:3] for row in counter.rows] == [
        ("R knee >90", "1", "0.0 s"),
        ("R knee >60", "1", "1.0 s"),
        ("trunk", "1", "2.0 s"),
    ]
    assert len(counter.columns) == len(counter.rows[0])


def test_a_curve_has_the_last_ten_seconds_and_all_of_the_clip() -> None:
    history = CurveHistory(("right_knee",), clip_s=20.0)
    for number in range(450):
        peak = 100.0 if number == 100 else 10.0
        panel = history.panel(posed(number / 30, heads=[(0.5, 0.4)], degrees=peak))
    assert panel.time_s[[0, -1]] == pytest.approx([449 / 30 - 10, 449 / 30], abs=0.04)
    assert panel.end_s == 20
    assert len(panel.overview_s) <= 480
    assert panel.overview_s[[0, -1]] == pytest.approx([0, 449 / 30], abs=0.1)
    assert panel.overview[:, 1].max() == 100


def test_a_long_clip_of_unknown_length_is_bounded() -> None:
    history = CurveHistory(("right_knee",), clip_s=None)
    for number in range(3000):
        panel = history.panel(posed(number / 10, heads=[(0.5, 0.4)], size_px=(64, 64)))
    assert len(panel.overview_s) <= 480
    assert panel.end_s == pytest.approx(299.9)
    assert len(panel.time_s) <= 102


def test_a_curve_goes_on_after_a_jump_back_and_with_another_person() -> None:
    history = CurveHistory(("right_knee",), clip_s=20.0)
    for time_s in (0.0, 1.0, 2.0):
        history.panel(posed(time_s, heads=[(0.5, 0.4)], ids=[1]))
    back = history.panel(posed(0.5, heads=[(0.5, 0.4)], ids=[1]))
    assert back.time_s.tolist() == [0, 0.5]
    gone = history.panel(posed(0.8, heads=[(0.5, 0.4)], ids=[2]))
    assert np.isnan(gone.degrees[-1, 0])
    other = history.panel(posed(1.2, heads=[(0.5, 0.4)], ids=[2]))
    assert other.degrees[-1, 0] == 10


def test_a_clip_that_is_watched_in_any_order_has_its_curve_and_count_at_each_place() -> None:
    panels = step()
    panels.keep_all()
    frames = {}
    for number in (*range(300, 420), *range(300)):  # the end was seen first
        time_s = number / 30
        frame = posed(time_s, heads=[(0.5, 0.4)], degrees=float(number))
        frames[number] = panels(frame)
    one = Repetition(1, 2.0, 3.0, 100.0, 2.2, 2.8, rule=str(RULE), number=1)
    shown_frame = panels.at_position(replace(frames[200], repetitions=(one,)))
    counter, curves = shown_frame.overlays.counter, shown_frame.overlays.curves
    assert counter is not None and curves is not None
    assert counter.counts == (("right_knee", 1),)
    assert curves.degrees[:, 0].tolist() == list(range(201))
    assert (curves.overview.min(), curves.overview.max()) == (0, 419)
    assert curves.end_s == 20
    late = panels.at_position(frames[419]).overlays.curves
    assert late is not None
    assert late.degrees[[0, -1], 0].tolist() == [119, 419]
    panels.forget()
    empty = panels.at_position(frames[200]).overlays.curves
    assert empty is not None and len(empty.time_s) == 0
