"""AngleRange: extremes frame by frame, and of a whole series."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.analysis.angle_ranges import AngleRange
from livepose.analysis.moving_median import MovingMedian

NAMES = ("left_knee", "right_knee", "trunk")
SERIES = np.repeat(
    np.array([(10, np.nan, 90), (50, np.nan, np.nan), (30, 5, 80)], np.float32), 10, axis=0
)
TIMES_S = np.arange(len(SERIES)) / 30


def test_what_was_never_seen_has_no_extremes_and_no_frames() -> None:
    empty = AngleRange.empty(NAMES)
    assert np.isnan(empty.low_deg).all() and np.isnan(empty.range_deg).all()
    assert empty.frames.tolist() == [0, 0, 0]


def test_the_extremes_are_those_of_the_frames_in_which_an_angle_was_seen() -> None:
    found = AngleRange.from_series(NAMES, TIMES_S, SERIES)
    assert found.low_deg.tolist() == [10, 5, 80]
    assert found.high_deg.tolist() == [50, 5, 90]
    assert found.range_deg.tolist() == [40, 0, 10]
    assert found.frames.tolist() == [30, 10, 20]


@pytest.mark.parametrize("start", [0, 1, 40, 58])
@pytest.mark.parametrize("length", [1, 2])
def test_a_misread_frame_or_two_are_no_extremes(start: int, length: int) -> None:
    degrees = 40 - 20 * np.cos(np.arange(60) / 8)
    degrees[start : start + length] = 170
    found = AngleRange.from_series(("left_knee",), np.arange(60) / 30, degrees[:, None])
    if start > 1 or length == 1:  # at the very start there are not enough others
        assert found.high_deg[0] == pytest.approx(60, abs=2)
    assert found.low_deg[0] == pytest.approx(20, abs=2)
    assert found.frames.tolist() == [60]


@pytest.mark.parametrize("rate", [1, 5, 10])
def test_at_low_frame_rates_there_are_extremes_too(rate: int) -> None:
    degrees = np.repeat((10.0, 90.0, 40.0), 4)[:, None]
    found = AngleRange.from_series(("left_knee",), np.arange(12) / rate, degrees)
    assert (found.low_deg[0], found.high_deg[0]) == (10, 90)


def test_frame_by_frame_is_the_same_as_all_at_once() -> None:
    whole, found = AngleRange.from_series(NAMES, TIMES_S, SERIES), AngleRange.empty(NAMES)
    median = MovingMedian()
    for time_s, degrees in zip(TIMES_S.tolist(), SERIES.astype(np.float64), strict=True):
        before = found
        found = found.including(degrees, median.update(time_s, degrees))
        assert before is not found
    np.testing.assert_array_equal(found.low_deg, whole.low_deg)
    np.testing.assert_array_equal(found.high_deg, whole.high_deg)
    np.testing.assert_array_equal(found.frames, whole.frames)


@pytest.mark.parametrize("rate", [10, 25, 30])
def test_from_the_third_frame_on_each_one_has_a_median(rate: int) -> None:
    median = MovingMedian()
    medians = [median.update(index / rate, np.array([90.0])).item() for index in range(50)]
    assert np.flatnonzero(np.isnan(medians)).tolist() == [0, 1]
