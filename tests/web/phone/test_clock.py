"""The clock of a phone, on this machine's clock and in the recording."""

from __future__ import annotations

import pytest

from livepose.web.phone.clock import PhoneClock, PhoneTimes

OFFSET_S = 1000.0


def answers(clock: PhoneClock, start_s: float, *trips_s: float, offset_s: float = OFFSET_S) -> None:
    """Answer once a second; half of each trip is the way there."""
    for second, trip_s in enumerate(trips_s):
        asked_s = start_s + second
        clock.note_answer(asked_s, asked_s + trip_s / 2 - offset_s, asked_s + trip_s)


def test_before_the_first_answer_a_picture_is_as_old_as_its_arrival() -> None:
    assert PhoneClock().local_s(phone_s=5.0, arrived_s=70.0) == 70.0


def test_the_fastest_answer_counts_and_no_picture_is_taken_after_it_arrived() -> None:
    clock = PhoneClock()
    clock.note_answer(2000.0, 1000.2, 2000.25)  # slow on its way there
    answers(clock, 2001.0, 0.01, 0.3)
    assert clock.local_s(1005.0, 2006.0) == pytest.approx(2005.0, abs=1e-9)
    assert clock.local_s(1005.0, 2004.9) == 2004.9


def test_clocks_that_drift_apart_are_followed() -> None:
    clock = PhoneClock()
    for second in range(600):
        phone_s = 2000 + second - OFFSET_S + 1e-4 * second
        clock.note_answer(2000.0 + second - 0.005, phone_s, 2000.0 + second + 0.005)
    assert clock.local_s(1599 + 0.0599, 2600.0) == pytest.approx(2599.0, abs=0.005)


def test_a_clock_that_stood_still_during_a_sleep_is_measured_anew() -> None:
    clock = PhoneClock()
    answers(clock, 2000.0, 0.01, 0.01)
    answers(clock, 2010.0, 0.02, offset_s=OFFSET_S + 6)
    assert clock.local_s(1005.0, 2020.0) == pytest.approx(2011.0)


def test_steps_are_those_of_the_phones_clock_whatever_the_network_does() -> None:
    times = PhoneTimes()
    stamps_s = [7.0, 7.033, 7.066, 7.2]
    locals_s = [100.0, 100.05, 100.066, 100.24]
    found = [times.next_s(*pair) for pair in zip(stamps_s, locals_s, strict=True)]
    assert found == pytest.approx([0.0, 0.033, 0.066, 0.2])


@pytest.mark.parametrize("is_told", [True, False])
def test_over_a_sleep_this_machines_clock_counts(is_told: bool) -> None:
    times = PhoneTimes()
    times.next_s(7.0, 100.0)
    if is_told:
        times.restart()
    assert times.next_s(7.5, 130.0) == pytest.approx(30.0)
    assert times.next_s(7.6, 130.2) == pytest.approx(30.1)


def test_times_rise_strictly_though_a_page_sends_none_that_do() -> None:
    times = PhoneTimes()
    found = [times.next_s(stamp_s, 100.0) for stamp_s in (7.0, 7.0, 6.9, 7.0)]
    assert found == sorted(set(found))
