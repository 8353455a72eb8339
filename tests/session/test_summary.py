"""The summary of a run."""

from __future__ import annotations

from livepose.session.summary import Summary


def test_the_rate_is_frames_over_seconds() -> None:
    assert Summary(frames=90, seconds=1.5).frames_per_second == 60.0


def test_a_run_of_nothing_has_no_rate() -> None:
    assert Summary().frames_per_second == 0.0


def test_two_summaries_share_nothing() -> None:
    one, other = Summary(), Summary()
    one.errors.append("the disk is full")
    one.lag_s.add(1.0)
    assert (other.errors, len(other.lag_s)) == ([], 0)
