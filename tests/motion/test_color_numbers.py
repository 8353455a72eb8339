"""Colours of people: no two in a frame have the same, and each keeps theirs."""

from __future__ import annotations

from livepose.core.frame import PosedFrame
from livepose.motion.color_numbers import ColorNumbers
from tests.support.painting import all_at, grey_pixels, people, posed


def frame_with(*ids: int, time_s: float) -> PosedFrame:
    bodies = people(*(all_at(20 * n, 50) for n in range(len(ids))), ids=ids)
    return posed(grey_pixels(), bodies, time_s=time_s)


def numbers(step: ColorNumbers, *ids: int, time_s: float) -> list[int]:
    overlays = step(frame_with(*ids, time_s=time_s)).overlays
    return [overlays.color_number(track_id) for track_id in ids]


def test_people_have_the_colours_of_their_ids_while_there_are_enough() -> None:
    step = ColorNumbers(12)
    given = frame_with(3, 1, 12, time_s=0.0)
    assert step(given) is given


def test_who_comes_in_gets_a_colour_that_nobody_has_and_keeps_it() -> None:
    step = ColorNumbers(12)
    assert numbers(step, 1, 2, 5, time_s=0.0) == [1, 2, 5]
    assert numbers(step, 1, 2, 5, 13, 14, time_s=0.1) == [1, 2, 5, 3, 4]
    assert numbers(step, 14, 13, time_s=0.2) == [4, 3]
    assert numbers(step, 13, 14, time_s=5.0) == [3, 4]


def test_a_colour_is_kept_for_somebody_who_is_missing_for_a_moment_only() -> None:
    step = ColorNumbers(12)
    assert numbers(step, 1, 2, time_s=0.0) == [1, 2]
    assert numbers(step, 2, 13, time_s=0.5) == [2, 3]
    assert numbers(step, 2, time_s=1.0) == [2]
    assert numbers(step, 1, 2, 13, time_s=1.4) == [1, 2, 3]
    assert numbers(step, 2, 13, 25, time_s=3.0) == [2, 3, 1]
    assert numbers(step, 1, 2, 13, 25, time_s=3.1) == [4, 2, 3, 1]


def test_with_more_people_than_colours_the_one_seen_longest_ago_is_used_again() -> None:
    step = ColorNumbers(2)
    assert numbers(step, 1, 2, time_s=0.0) == [1, 2]
    assert numbers(step, 2, time_s=0.5) == [2]
    assert numbers(step, 2, 4, time_s=0.6) == [2, 1]


def test_untracked_people_and_a_new_scene_are_taken_as_they_are() -> None:
    step = ColorNumbers(2)
    assert numbers(step, 0, time_s=0.0) == [0]
    assert numbers(step, 1, 3, time_s=0.0) == [1, 2]
    step.reset()
    assert numbers(step, 2, 3, time_s=0.0) == [2, 1]
