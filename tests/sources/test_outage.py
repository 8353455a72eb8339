"""A camera that is away: pauses grow, the log stays short, and it may be given up."""

from __future__ import annotations

import time

import pytest

from livepose.core.errors import SourceError
from livepose.sources.outage import RETRY_DELAYS_S, Outages


def test_pauses_grow_to_five_seconds_and_there_is_no_end() -> None:
    outages = Outages("camera")
    outages.note_picture(0.0)
    delays_s = [outages.note_failure("gone", 5.0 * n) for n in range(2000)]
    assert delays_s[:6] == list(RETRY_DELAYS_S) and set(delays_s[5:]) == {5.0}
    assert delays_s == sorted(delays_s)


def test_after_a_while_with_pictures_pauses_are_short_again() -> None:
    outages = Outages("camera")
    for now_s in range(4):
        outages.note_failure("gone", float(now_s))
    outages.note_picture(20.0)
    assert outages.note_failure("gone again", 21.0) == RETRY_DELAYS_S[4]
    outages.note_picture(30.0)
    outages.note_picture(41.0)
    assert outages.note_failure("gone again", 42.0) == RETRY_DELAYS_S[0]


def test_each_reason_is_logged_once_a_minute_and_so_is_the_return(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outages = Outages("camera")
    outages.note_picture(0.0)
    for number in range(200):
        outages.note_failure(("refused", "no answer")[number % 2], 0.5 * number)
    outages.note_picture(101.0)
    lines = [record.getMessage() for record in caplog.records]
    assert lines.count("camera: refused; reconnecting") == 2
    assert lines.count("camera: no answer; reconnecting") == 2
    assert lines[-1] == "camera is back: there was no picture for 101 s"
    assert len(lines) == 5


def test_it_is_given_up_when_there_was_no_picture_for_long_enough() -> None:
    outages = Outages("camera", give_up_s=3.0)
    outages.note_picture(10.0)
    assert outages.note_failure("gone", 12.9) == pytest.approx(0.1)
    with pytest.raises(SourceError, match=r"camera is gone: there was no picture for 3 s \(gone\)"):
        outages.note_failure("gone", 13.0)


def test_to_give_up_after_zero_seconds_is_not_to_try_at_all() -> None:
    outages = Outages("camera", give_up_s=0.0)
    with pytest.raises(SourceError):
        outages.note_failure("gone", time.perf_counter())
