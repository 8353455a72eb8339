"""The built-in figure: known keypoints, exact times, a picture that shows it where it says."""

from __future__ import annotations

import itertools
import time
from fractions import Fraction

import numpy as np
import pytest

from livepose.core.errors import OptionError
from livepose.core.skeleton import COCO_SKELETON
from livepose.sources.synthetic.dance import LOOP_S, joints_at
from livepose.sources.synthetic.front_figure import FrontFigure
from livepose.sources.synthetic.room import paint_room
from livepose.sources.synthetic.source import SyntheticSource

SIZES = [(640, 480), (1280, 720), (384, 496), (320, 240), (161, 121), (120, 160), (480, 853)]
MOMENTS_S = np.arange(0.0, LOOP_S, 0.1)


def point(name: str) -> int:
    return COCO_SKELETON.index(name)


def test_info_has_the_values_that_were_asked_for() -> None:
    info = SyntheticSource(321, 241, frame_rate=Fraction(30000, 1001), frame_count=7).info
    assert (info.name, info.width_px, info.height_px, info.is_live) == ("demo", 321, 241, False)
    assert (info.frame_rate, info.frame_count) == (Fraction(30000, 1001), 7)
    assert info.time_base == Fraction(1001, 30000)


def test_it_yields_as_many_frames_as_asked_with_exact_times() -> None:
    frames = list(SyntheticSource(160, 120, frame_rate=Fraction(30000, 1001), frame_count=5))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.time_s for frame in frames] == [i * 1001 / 30000 for i in range(5)]
    assert all(frame.bgr.shape == (120, 160, 3) for frame in frames)


def test_a_frame_count_of_0_yields_no_frames() -> None:
    assert list(SyntheticSource(160, 120, frame_count=0)) == []


def test_without_a_count_it_goes_on_past_its_loop() -> None:
    source = SyntheticSource(160, 120, frame_rate=Fraction(2))
    frames = list(itertools.islice(source, 20))
    assert frames[-1].time_s > LOOP_S
    assert np.array_equal(frames[0].bgr, frames[16].bgr)


def test_the_same_index_has_the_same_pixels() -> None:
    one, other = (list(SyntheticSource(161, 121, frame_count=4)) for _ in range(2))
    assert all(np.array_equal(a.bgr, b.bgr) for a, b in zip(one, other, strict=True))
    assert not np.array_equal(one[0].bgr, one[3].bgr)


def test_the_truth_is_one_person_with_every_point_certain() -> None:
    poses = SyntheticSource().truth(1.25)
    assert poses.xy.shape == (1, 17, 2)
    assert poses.visible(1.0).all()
    assert poses.track_id.tolist() == [1]


@pytest.mark.parametrize(("width_px", "height_px"), SIZES)
def test_every_true_keypoint_of_the_dancer_lies_within_the_frame(
    width_px: int, height_px: int
) -> None:
    source = SyntheticSource(width_px, height_px)
    xy = np.concatenate([source.truth(time_s).xy for time_s in MOMENTS_S])
    assert xy.min() >= 1
    assert (xy <= np.array((width_px, height_px)) - 1).all()


@pytest.mark.parametrize(("width_px", "height_px"), SIZES)
def test_the_dancer_is_painted_at_its_true_keypoints(width_px: int, height_px: int) -> None:
    source = SyntheticSource(width_px, height_px)
    room = paint_room(width_px, height_px)
    for time_s in (0.0, 1.0, 3.5, 4.5, 6.0):
        xy = source.truth(time_s).xy[0].astype(int)
        change = np.abs(source.paint(time_s).astype(int) - room).sum(axis=2)
        assert change[xy[:, 1], xy[:, 0]].min() > 15


def test_the_room_beside_the_figure_stays_as_it_was() -> None:
    bgr = SyntheticSource(640, 480).paint(2.0)
    assert np.array_equal(bgr[:, :60], paint_room(640, 480)[:, :60])
    assert np.array_equal(bgr[:, -60:], paint_room(640, 480)[:, -60:])


@pytest.mark.parametrize(
    "joint", ["eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"]
)
def test_its_own_left_is_on_the_right_of_the_picture(joint: str) -> None:
    source = SyntheticSource()
    for time_s in MOMENTS_S:
        xy = source.truth(time_s).xy[0]
        assert xy[point(f"left_{joint}"), 0] > xy[point(f"right_{joint}"), 0] + 5


def test_at_six_seconds_it_waves_with_its_left_hand_alone() -> None:
    xy = SyntheticSource().truth(6.0).xy[0]
    assert xy[point("left_wrist"), 1] < xy[point("left_eye"), 1]
    assert xy[point("right_wrist"), 1] > xy[point("right_elbow"), 1]


def test_at_four_and_a_half_seconds_both_hands_are_above_its_head() -> None:
    xy = SyntheticSource().truth(4.5).xy[0]
    wrists_y_px = xy[[point("left_wrist"), point("right_wrist")], 1]
    assert (wrists_y_px < xy[: point("left_shoulder"), 1].min()).all()


def test_a_figure_may_be_partly_or_wholly_outside_the_frame() -> None:
    room = paint_room(160, 120)
    joints = np.array((0.0, 110.0)) + joints_at(0.0) * (90, -90)
    half, none = room.copy(), room.copy()
    FrontFigure(90).paint(half, joints, 110.0)
    FrontFigure(90).paint(none, joints - (400, 0), 110.0)
    assert not np.array_equal(half, room)
    assert np.array_equal(none, room)


def test_closing_ends_the_iteration_and_may_be_repeated() -> None:
    with SyntheticSource(160, 120) as source:
        frames = iter(source)
        next(frames)
        source.close()
        source.close()
        assert list(frames) == []


def test_a_live_source_keeps_to_the_clock_and_skips_nothing() -> None:
    source = SyntheticSource(160, 120, frame_rate=Fraction(50), frame_count=6, is_live=True)
    start_s = time.monotonic()
    frames = list(source)
    took_s = time.monotonic() - start_s
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert 0.1 <= took_s < 10
    assert frames[0].time_s == 0.0
    assert all(frame.time_s >= frame.index / 50 for frame in frames)


@pytest.mark.parametrize(
    ("width_px", "height_px"), [(0, 480), (640, -1), (63, 480), (640, 100_000)]
)
def test_a_size_that_cannot_be_painted_is_refused(width_px: int, height_px: int) -> None:
    with pytest.raises(OptionError, match="each side must be from"):
        SyntheticSource(width_px, height_px)


@pytest.mark.parametrize("frame_rate", [Fraction(0), Fraction(-30)])
def test_a_frame_rate_that_is_not_above_zero_is_refused(frame_rate: Fraction) -> None:
    with pytest.raises(OptionError, match="frame rate must be above 0"):
        SyntheticSource(frame_rate=frame_rate)


def test_a_negative_frame_count_is_refused() -> None:
    with pytest.raises(OptionError, match="frame count must be 0 or more"):
        SyntheticSource(frame_count=-1)
