"""The countdown before a recording, and the picture of some seconds ago."""

from __future__ import annotations

from livepose.session.countdown import Countdown


def test_it_counts_from_when_it_is_first_looked_at_and_starts_once() -> None:
    started: list[str] = []
    countdown = Countdown(3.0)
    assert countdown.advance(0.0) is None
    countdown.set_for(lambda: started.append("now"))
    assert [countdown.advance(now_s) for now_s in (100.0, 100.5, 101.01, 102.9)] == [3, 3, 2, 1]
    assert countdown.is_set
    assert not started
    assert countdown.advance(103.0) is None
    assert countdown.advance(104.0) is None
    assert started == ["now"]
    assert not countdown.is_set


def test_without_seconds_it_starts_at_once_and_cancelled_it_starts_nothing() -> None:
    started: list[str] = []
    countdown = Countdown(0.0)
    countdown.set_for(lambda: started.append("now"))
    countdown.cancel()
    assert countdown.advance(0.0) is None
    countdown.set_for(lambda: started.append("now"))
    assert countdown.advance(0.0) is None
    assert started == ["now"]
