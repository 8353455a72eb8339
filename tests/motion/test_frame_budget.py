"""How many people, and whether a search, fit into the time of a frame."""

from __future__ import annotations

import pytest

from livepose.motion.frame_budget import FrameBudget

FRAME_S = 0.040  # 30 ms of it are for people, searches and the rest


def test_there_is_time_for_everybody_before_anything_is_measured() -> None:
    budget = FrameBudget(FRAME_S)
    assert budget.places(searches=False) is None
    assert budget.has_time_for_search(0.0, people=50)


def test_a_frame_has_places_for_as_many_as_its_time_allows() -> None:
    budget = FrameBudget(FRAME_S)
    budget.add_frame(seen=4, seen_s=0.016, rest_s=0.006)
    assert budget.places(searches=False) == 6


def test_a_search_takes_the_place_of_people() -> None:
    budget = FrameBudget(FRAME_S)
    budget.add_frame(seen=4, seen_s=0.016, rest_s=0.006)
    budget.add_search(0.0, 0.012)
    assert budget.places(searches=True) == 3


def test_somebody_is_seen_however_slow_the_machine_is_and_nobody_in_a_frame_that_is_searched() -> (
    None
):
    budget = FrameBudget(FRAME_S)
    budget.add_frame(seen=1, seen_s=0.5, rest_s=0.0)
    budget.add_search(0.0, 0.5)
    assert (budget.places(searches=False), budget.places(searches=True)) == (1, 0)


def test_searches_take_a_quarter_of_the_time_where_people_wait_for_their_turns() -> None:
    budget = FrameBudget(FRAME_S)
    budget.add_frame(seen=4, seen_s=0.016, rest_s=0.006)
    budget.add_search(10.0, 0.012)
    assert [budget.has_time_for_search(10 + s, people=8) for s in (0.04, 0.05)] == [False, True]
    assert budget.has_time_for_search(10.01, people=3)


def test_a_search_that_takes_longer_than_a_frame_is_rare() -> None:
    budget = FrameBudget(FRAME_S)
    budget.add_frame(seen=1, seen_s=0.004, rest_s=0.006)
    budget.add_search(10.0, 0.050)
    assert [budget.has_time_for_search(10 + s, people=1) for s in (0.9, 1.1)] == [False, True]


def test_one_frame_that_takes_far_too_long_changes_little() -> None:
    budget = FrameBudget(FRAME_S)
    for seen_s in (0.016, 0.016, 1.0):
        budget.add_frame(seen=4, seen_s=seen_s, rest_s=0.0)
    assert budget.places(searches=False) == 6


@pytest.mark.parametrize(("seen_s", "places"), [(0.008, 14), (0.032, 3)])
def test_the_places_follow_the_speed_of_the_machine(seen_s: float, places: int) -> None:
    budget = FrameBudget(FRAME_S)
    for measured_s in (0.016, *[seen_s] * 60):
        budget.add_frame(seen=4, seen_s=measured_s, rest_s=0.0)
    assert budget.places(searches=False) == pytest.approx(places, abs=1)
