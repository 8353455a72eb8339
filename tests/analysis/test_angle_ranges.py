"""AngleRange: extremes frame by frame, and of a whole series."""

from __future__ import annotations

import numpy as np

from livepose.analysis.angle_ranges import AngleRange

NAMES = ("left_knee", "right_knee", "trunk")
SERIES = np.array([(10, np.nan, 90), (50, np.nan, np.nan), (30, 5, 80)], np.float32)


def test_what_was_never_seen_has_no_extremes_and_no_frames() -> None:
    empty = AngleRange.empty(NAMES)
    assert np.isnan(empty.low_deg).all() and np.isnan(empty.range_deg).all()
    assert empty.frames.tolist() == [0, 0, 0]


def test_the_extremes_are_those_of_the_frames_in_which_an_angle_was_seen() -> None:
    found = AngleRange.from_series(NAMES, SERIES)
    assert found.low_deg.tolist() == [10, 5, 80]
    assert found.high_deg.tolist() == [50, 5, 90]
    assert found.range_deg.tolist() == [40, 0, 10]
    assert found.frames.tolist() == [3, 1, 2]


def test_frame_by_frame_is_the_same_as_all_at_once() -> None:
    whole, found = AngleRange.from_series(NAMES, SERIES), AngleRange.empty(NAMES)
    for degrees in SERIES.astype(np.float64):
        before = found
        found = found.including(degrees)
        assert before is not found
    np.testing.assert_array_equal(found.low_deg, whole.low_deg)
    np.testing.assert_array_equal(found.high_deg, whole.high_deg)
    np.testing.assert_array_equal(found.frames, whole.frames)
