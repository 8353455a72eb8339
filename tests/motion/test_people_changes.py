"""When people come and are lost: once each, in whatever order frames were analysed."""

from __future__ import annotations

import pytest

from livepose.motion.people_changes import PeopleChanges

RATE = 30


def changes_of(*seen: tuple[int, set[int]]) -> PeopleChanges:
    """Return the changes of a clip: the frame from which on people are seen, and their ids."""
    changes, before = PeopleChanges(), seen[0][1]
    for index, after in seen[1:]:
        changes.add(index, time_s=index / RATE, before=before, after=after)
        before = after
    return changes


def test_people_come_and_are_lost() -> None:
    changes = changes_of((0, {1}), (60, {1, 2}), (120, {1}), (180, set()), (240, {3}))
    assert changes.times_s() == pytest.approx((2, 4, 6, 8))


def test_who_is_away_for_a_moment_was_not_lost() -> None:
    assert changes_of((0, {1}), (60, set()), (70, {1})).times_s() == ()


def test_what_happens_within_a_moment_is_one_change() -> None:
    assert changes_of((0, {1}), (60, set()), (66, {2}), (70, {2, 3})).times_s() == (2.0,)


def test_the_order_of_the_analysis_and_joined_ids_change_nothing() -> None:
    changes = PeopleChanges()
    changes.add(120, time_s=4.0, before=[7, 8], after=[7])
    changes.add(60, time_s=2.0, before=[1], after=[1, 2])
    changes.add(90, time_s=3.0, before=[1, 2], after=[7, 8])
    assert changes.times_s() == (2, 3, 4)
    assert changes.times_s(lambda each: {7: 1, 8: 2}.get(each, each)) == (2, 4)
