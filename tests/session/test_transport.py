"""The transport of a clip: known answers, and what holds after anything a user may do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from livepose.session.transport import SPEEDS, Transport

RATE = 25


def transport_of(frames: int = 100, *, is_complete: bool = True) -> Transport:
    transport = Transport()
    transport.update_times(np.arange(frames) / RATE, is_complete=is_complete)
    return transport


def played(transport: Transport, until_s: float, every_s: float = 0.004) -> list[tuple[float, int]]:
    """Play by a clock that begins at 0, and return when which frames came."""
    transport.play(0.0)
    seen = [(0.0, transport.position)]
    for tick in range(1, round(until_s / every_s) + 1):
        if transport.advance(tick * every_s):
            seen.append((tick * every_s, transport.position))
    return seen


def test_each_frame_is_shown_at_its_own_time_at_any_speed() -> None:
    for speed in (0.5, 1.0, 2.0):
        transport = transport_of()
        transport.speed = speed
        for now_s, index in played(transport, 1.5):
            assert now_s == pytest.approx(index / RATE / speed, abs=0.005)


def test_frames_of_uneven_length_are_shown_for_as_long_as_they_last() -> None:
    transport = Transport()
    transport.update_times(np.array((0.0, 0.1, 0.5, 0.52, 1.0)), is_complete=True)
    times_s = [now_s for now_s, _ in played(transport, 1.2)]
    assert times_s == pytest.approx([0.0, 0.1, 0.5, 0.52, 1.0], abs=0.005)


def test_at_the_end_it_stays_on_the_last_frame_and_plays_again_from_the_first() -> None:
    transport = transport_of(10)
    assert [index for _, index in played(transport, 2.0)] == list(range(10))
    assert (transport.position, transport.is_playing, transport.has_ended) == (9, False, True)
    transport.play(5.0)
    assert (transport.position, transport.is_playing, transport.has_ended) == (0, True, False)


def test_a_slow_machine_plays_slowly_and_does_not_rush_afterwards() -> None:
    transport = transport_of()
    transport.play(0.0)
    moves = [transport.advance(now_s) for now_s in (0.5, 0.51, 0.53, 0.55, 0.6)]
    assert moves == [True, False, False, True, True]
    assert transport.position == 3, "at normal speed no frame is left out"


def test_above_normal_speed_only_frames_that_are_ready_are_left_out() -> None:
    for ready, position in ((range(100), 8), (range(2), 1)):
        transport = transport_of()
        transport.speed = 4.0
        transport.play(0.0)
        transport.advance(0.085, ready.__contains__)
        assert transport.position == position


def test_a_step_pauses_and_a_leap_does_not() -> None:
    transport = transport_of()
    transport.play(0.0)
    transport.leap(1.0)
    assert (transport.position, transport.is_playing) == (25, True)
    transport.step(-1)
    assert (transport.position, transport.is_playing) == (24, False)
    transport.leap(-1.0)
    assert transport.position == 0
    transport.go_to_end()
    transport.leap(0.001)
    assert transport.position == 99
    transport.go_to_start()
    assert transport.position == 0


def test_a_leap_goes_by_one_frame_at_least() -> None:
    transport = Transport()
    transport.update_times(np.array((0.0, 5.0, 10.0)), is_complete=True)
    transport.leap(1.0)
    assert transport.position == 1
    transport.leap(-1.0)
    assert transport.position == 0


def test_a_time_shows_the_last_frame_that_is_not_behind_it() -> None:
    transport = transport_of()
    for time_s, position in ((0.0, 0), (0.039, 0), (0.04, 1), (3.5, 87), (-1.0, 0), (99.0, 99)):
        transport.seek_s(time_s)
        assert transport.position == position


def test_a_time_that_is_not_known_yet_is_reached_once_it_is() -> None:
    transport = transport_of(50, is_complete=False)
    transport.seek_s(3.0)
    assert transport.position == 49
    transport.update_times(np.arange(80) / RATE, is_complete=False)
    assert transport.position == 75
    transport.update_times(np.arange(100) / RATE, is_complete=True)
    assert transport.position == 75
    waiting = transport_of(50, is_complete=False)
    waiting.go_to_end()
    waiting.update_times(np.arange(80) / RATE, is_complete=True)
    assert waiting.position == 79


def test_it_is_seeking_until_the_time_is_known() -> None:
    transport = Transport()
    transport.update_times(np.arange(10) / 10, is_complete=False)
    transport.go_to_end()
    assert transport.is_seeking
    transport.update_times(np.arange(20) / 10, is_complete=False)
    assert transport.is_seeking
    transport.update_times(np.arange(30) / 10, is_complete=True)
    assert (transport.is_seeking, transport.position) == (False, 29)


def test_it_does_not_end_where_only_the_times_that_are_known_end() -> None:
    transport = transport_of(3, is_complete=False)
    assert [index for _, index in played(transport, 1.0)] == [0, 1, 2]
    assert (transport.is_playing, transport.has_ended) == (True, False)


def test_a_loop_goes_from_its_last_frame_to_its_first() -> None:
    transport = transport_of()
    transport.seek_s(0.4)
    transport.mark_loop_start()
    transport.step(3)
    transport.mark_loop_end()
    transport.toggle_loop(0.0)
    assert transport.upcoming(6) == [11, 12, 13, 10, 11, 12]
    assert [index for _, index in played(transport, 0.25)] == [10, 11, 12, 13, 10, 11, 12]
    transport.toggle_loop(0.3)
    assert transport.upcoming(3)[-1] == transport.position + 3, "it goes on without the loop"


def test_a_loop_without_marks_is_the_whole_clip_and_marks_keep_their_order() -> None:
    transport = transport_of(4)
    transport.toggle_loop(0.0)
    assert transport.upcoming(6) == [1, 2, 3, 0, 1, 2]
    transport.step(2)
    transport.mark_loop_end()
    transport.step(1)
    transport.mark_loop_start()
    assert transport.loop == (3, 3), "the end was before the start"
    transport.step(-2)
    transport.mark_loop_end()
    assert transport.loop == (0, 1)


def test_a_loop_is_gone_to_when_it_is_played_from_elsewhere() -> None:
    transport = transport_of()
    transport.loop_start, transport.loop_end = 20, 30
    transport.go_to_end()
    transport.toggle_loop(0.0)
    assert (transport.position, transport.is_playing) == (20, True)


def test_speeds_go_from_a_tenth_to_four_times() -> None:
    transport = transport_of()
    transport.change_speed(100)
    assert transport.speed == 4.0
    transport.change_speed(-100)
    assert transport.speed == 0.1
    transport.change_speed(SPEEDS.index(1.0))
    assert transport.speed == 1.0


class AnyUser(RuleBasedStateMachine):
    """A user who does anything, on a clip whose times become known bit by bit."""

    @initialize(frames=st.integers(1, 60), known=st.integers(1, 60))
    def open(self, frames: int, known: int) -> None:
        steps_s = np.random.default_rng(frames).choice((0.01, 0.04, 0.4), frames)
        self.all_s = np.cumsum(steps_s)
        self.now_s = 0.0
        self.transport = Transport()
        self.know(min(known, frames))

    def know(self, count: int) -> None:
        is_complete = count == len(self.all_s)
        self.transport.update_times(self.all_s[:count], is_complete=is_complete)
        self.known = count

    @rule(more=st.integers(1, 60))
    def learn(self, more: int) -> None:
        self.know(min(self.known + more, len(self.all_s)))

    @rule()
    def toggle(self) -> None:
        if self.transport.is_playing:
            self.transport.pause()
            assert not self.transport.advance(self.now_s + 100.0)
        else:
            self.transport.play(self.now_s)

    @rule(frames=st.integers(-3, 3))
    def step(self, frames: int) -> None:
        expected = min(max(self.transport.position + frames, 0), self.known - 1)
        self.transport.step(frames)
        assert (self.transport.position, self.transport.is_playing) == (expected, False)

    @rule(time_s=st.floats(-1, 30))
    def seek(self, time_s: float) -> None:
        self.transport.seek_s(time_s)
        known_s = self.all_s[: self.known]
        before = np.flatnonzero(known_s <= time_s + 1e-6)
        assert self.transport.position == (before[-1] if len(before) else 0)

    @rule(seconds=st.sampled_from((-1.0, 1.0)))
    def leap(self, seconds: float) -> None:
        before_s = self.transport.time_s
        self.transport.leap(seconds)
        assert (self.transport.time_s - before_s) * seconds >= 0

    @rule(steps=st.integers(-2, 2))
    def change_speed(self, steps: int) -> None:
        self.transport.change_speed(steps)

    @rule(what=st.sampled_from(("start", "end", "loop")))
    def loop(self, what: str) -> None:
        if what == "start":
            self.transport.mark_loop_start()
        elif what == "end":
            self.transport.mark_loop_end()
        else:
            self.transport.toggle_loop(self.now_s)

    @rule(passed_s=st.floats(0, 1), is_ready=st.booleans())
    def wait(self, passed_s: float, is_ready: bool) -> None:
        transport, before = self.transport, self.transport.position
        self.now_s += passed_s
        upcoming = transport.upcoming(200)
        has_moved = transport.advance(self.now_s, lambda index: is_ready)
        assert has_moved or transport.position == before
        if has_moved:
            assert transport.position in upcoming
        if has_moved and (transport.speed <= 1 or not is_ready):
            assert transport.position == upcoming[0], "a frame was left out"
        if transport.has_ended:
            assert transport.position == len(self.all_s) - 1
            assert not transport.is_playing

    @invariant()
    def is_somewhere(self) -> None:
        transport = self.transport
        first, last = transport.loop
        assert 0 <= transport.position < self.known
        assert 0 <= first <= last < self.known
        assert transport.time_s == self.all_s[transport.position]
        assert transport.speed in SPEEDS
        assert transport.wait_s(self.now_s) >= 0


AnyUser.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestAnyUser = AnyUser.TestCase
