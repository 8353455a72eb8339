"""When frames of a recording are due."""

from __future__ import annotations

import pytest

from livepose.core.pacing import Pacer


def test_the_first_frame_is_due_at_once_and_the_others_after_their_times() -> None:
    pacer = Pacer()
    assert pacer.due_s(5.0, 100.0) == 100.0
    assert pacer.due_s(5.5, 100.01) == pytest.approx(100.5)
    assert pacer.due_s(6.0, 100.49) == pytest.approx(101.0)


def test_a_little_lateness_is_caught_up_with() -> None:
    pacer = Pacer()
    pacer.due_s(0.0, 100.0)
    assert pacer.due_s(1.0, 101.09) == pytest.approx(101.0)
    assert pacer.due_s(2.0, 101.5) == pytest.approx(102.0)


def test_a_machine_that_is_too_slow_plays_slowly_and_does_not_rush_afterwards() -> None:
    pacer = Pacer()
    pacer.due_s(0.0, 100.0)
    assert pacer.due_s(1.0, 103.0) == pytest.approx(103.0)
    assert pacer.due_s(2.0, 103.1) == pytest.approx(104.0)


def test_after_a_restart_the_next_frame_is_due_at_once() -> None:
    pacer = Pacer()
    pacer.due_s(0.0, 100.0)
    pacer.restart()
    assert pacer.due_s(1.0, 100.2) == pytest.approx(100.2)
    assert pacer.due_s(1.5, 100.3) == pytest.approx(100.7)
