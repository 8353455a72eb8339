"""Misread points: which are found, and how they and missing ones are bridged."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.motion.smoothing.outliers import (
    bridge_excursions,
    bridge_gaps,
    find_excursions,
    find_outliers,
)

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


def without_excursions(
    points: np.ndarray, unseen: tuple[int, ...] = (), rate: float = 30.0
) -> np.ndarray:
    is_seen = np.ones(points.shape[:2], np.bool_)
    is_seen[list(unseen)] = False
    times_s = np.arange(len(points)) / rate
    is_away = find_excursions(times_s, points, is_seen, SIZE_PX)
    return bridge_excursions(times_s, points, is_seen, is_away)[0][:, 0, 0]


@pytest.mark.parametrize("there", [range(6, 7), range(6, 14), range(1, 9), range(11, 19)])
@pytest.mark.parametrize("unseen", [(), (7, 12)])
def test_a_point_that_is_elsewhere_for_a_while_is_placed_on_its_way(
    there: range, unseen: tuple[int, ...]
) -> None:
    way = np.arange(20.0) * 2
    points = track(*way)
    points[there] += 150 + 10 * np.sin(np.arange(len(there)))[:, None, None]
    found = without_excursions(points, unseen=unseen)
    assert found == pytest.approx(way)


def test_a_point_that_jumps_to_and_fro_among_places_is_placed_on_its_way() -> None:
    points = track(*np.zeros(20))
    points[5:13, 0, 0] = 200, 0, 200, 100, 200, 320, 200, 200
    assert without_excursions(points) == pytest.approx(np.zeros(20))


@pytest.mark.parametrize(
    "x_px",
    [
        np.repeat((0.0, 200.0), 10),  # a jump to where the point stays
        200.0 * np.isin(np.arange(20), range(5, 16)),  # back after more than 0.3 s
        150.0 * (np.arange(20) >= 5) + 150.0 * (np.arange(20) >= 10),  # and it goes on
        45 * np.sin(2 * np.pi * 5 * np.arange(20) / 30),  # five punches a second, 0.3 of the body
        60.0 * np.isin(np.arange(20), range(5, 10)),  # less than a quarter of the body
    ],
)
def test_quick_movements_are_no_excursions(x_px: np.ndarray) -> None:
    assert without_excursions(track(*x_px)) == pytest.approx(x_px)


def test_what_is_a_jump_depends_on_the_frame_rate() -> None:
    kick = 80.0 * np.isin(np.arange(20), range(5, 9))  # 8 body sizes a second at 30 fps
    assert without_excursions(track(*kick)) == pytest.approx(kick)
    assert without_excursions(track(*kick), rate=60.0) == pytest.approx(np.zeros(20))


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
