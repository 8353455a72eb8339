"""Misread points: which are found, and how they and missing ones are bridged."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.motion.smoothing.outliers import bridge_gaps, find_outliers

SIZE_PX = 300.0


def track(*x_px: float) -> np.ndarray:
    """Return the way of one point along x: (T, 1, 2)."""
    return np.stack((x_px, np.zeros(len(x_px))), axis=1)[:, None]


def outliers_of(points: np.ndarray, unseen: tuple[int, ...] = ()) -> list[int]:
    is_seen = np.ones(points.shape[:2], np.bool_)
    is_seen[list(unseen)] = False
    return np.flatnonzero(find_outliers(points, is_seen, SIZE_PX)[:, 0]).tolist()


@pytest.mark.parametrize("misread", [(6,), (6, 7), (1, 9), (10,)])
def test_points_that_are_far_away_for_a_frame_or_two_are_found(misread: tuple[int, ...]) -> None:
    points = track(*np.arange(12.0))
    points[list(misread)] += 100
    assert outliers_of(points) == list(misread)


@pytest.mark.parametrize(
    "x_px",
    [
        np.arange(0.0, 600, 50),  # a quick movement
        np.repeat((0.0, 200.0), 6),  # a jump to where the point stays
        150 * np.sin(np.arange(12)),  # to and fro
        17 * (np.arange(12) == 6),  # less than 6 % of the body
        100.0 * (np.arange(12) == 0),  # the first frame, and
        100.0 * (np.arange(12) == 11),  # the last one: it may have moved
    ],
)
def test_movements_are_no_outliers(x_px: np.ndarray) -> None:
    assert outliers_of(track(*x_px)) == []


def test_guesses_are_neither_outliers_nor_compared_with() -> None:
    points = track(*np.zeros(12))
    points[[4, 5, 6, 7]] += 100
    assert outliers_of(points, unseen=(4, 5, 6)) == [7]
    assert outliers_of(track(*np.zeros(12)), unseen=tuple(range(12))) == []


def test_short_gaps_are_bridged_and_long_ones_left() -> None:
    times_s = np.arange(12) / 30
    points = track(*np.arange(12.0))
    is_good = np.ones((12, 1), np.bool_)
    is_good[[2, 3, 11]] = False
    points[[2, 3, 11]] = 99
    bridged, is_good_after = bridge_gaps(times_s, points, is_good, 0.2)
    assert bridged[:11, 0, 0] == pytest.approx(np.arange(11.0))
    assert bridged[11, 0, 0] == 99  # there is nothing behind it
    assert np.flatnonzero(~is_good_after[:, 0]).tolist() == [11]
    assert points[2, 0, 0] == 99
    assert np.array_equal(bridge_gaps(times_s, points, is_good, 0.09)[1], is_good)
