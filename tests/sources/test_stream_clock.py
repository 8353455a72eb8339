"""Time stamps of a stream on the clock of this machine."""

from __future__ import annotations

import pytest

from livepose.sources.stream_clock import StreamClock


def arrivals(clock: StreamClock, *, until_s: float, delay_s: float, rate: float = 1.0) -> None:
    """Let packets arrive every 0.1 s on the sender's clock, from its second 5 on."""
    for number in range(round(until_s / 0.1)):
        clock.note_arrival(5 + 0.1 * number * rate, 100 + 0.1 * number + delay_s)


def test_what_is_delayed_was_sent_before_it_arrived() -> None:
    clock = StreamClock()
    arrivals(clock, until_s=3, delay_s=0.02)
    clock.note_arrival(8.0, 103.52)
    assert clock.sent_s(8.0, 103.52) == pytest.approx(103.02)


def test_nothing_was_sent_after_it_arrived() -> None:
    clock = StreamClock()
    arrivals(clock, until_s=3, delay_s=0.02)
    assert clock.sent_s(9.5, 103.1) == 103.1


def test_without_time_stamps_a_picture_was_sent_when_it_arrived() -> None:
    clock = StreamClock()
    assert clock.sent_s(3.0, 7.0) == clock.sent_s(None, 7.0) == 7.0


def test_a_burst_at_the_beginning_does_not_count() -> None:
    clock = StreamClock()
    for number in range(30):  # a second at once
        clock.note_arrival(number / 30, 50.0)
    for number in range(60):
        clock.note_arrival(1 + number / 30, 51 + number / 30)
    assert clock.sent_s(3.0, 53.0) == pytest.approx(53.0)


def test_clocks_may_drift_for_days() -> None:
    clock = StreamClock()
    arrivals(clock, until_s=3600, delay_s=0.0, rate=1 - 1e-4)
    last = 35999
    arrived_s = 100 + 0.1 * last
    assert arrived_s - clock.sent_s(5 + 0.1 * last * (1 - 1e-4), arrived_s) < 0.0065


def test_time_stamps_that_begin_anew_are_mapped_anew() -> None:
    clock = StreamClock()
    arrivals(clock, until_s=3, delay_s=0.0)
    clock.note_arrival(0.0, 103.0)
    clock.note_arrival(0.1, 103.3)
    assert clock.sent_s(0.1, 103.3) == pytest.approx(103.1)
