"""The channel: order, bounds, ends, errors and cancelling; and sequencer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest

from livepose.pipeline import Channel, EndOfChannel
from livepose.pipeline.sequencer import Sequencer

LIMIT_S = 30.0


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)  # one that hangs fails its test alone
    thread.start()
    return thread


def test_items_come_out_in_the_order_in_which_they_went_in_and_none_is_lost() -> None:
    channel: Channel[int] = Channel(3)

    def write() -> None:
        for number in range(500):
            channel.put(number)
        channel.end()

    writer = in_thread(write)
    assert list(channel) == list(range(500))
    writer.join(LIMIT_S)


def test_a_full_channel_makes_its_writer_wait() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    done = threading.Event()
    writer = in_thread(lambda: done.set() if channel.put(2) else None)
    assert not done.wait(0.1)
    assert channel.get() == 1
    assert done.wait(LIMIT_S)
    writer.join(LIMIT_S)


def test_a_channel_that_drops_keeps_the_newest_and_never_waits() -> None:
    channel: Channel[int] = Channel(1, drop_oldest=True)
    for number in range(100):
        assert channel.put(number)
    channel.end()
    assert list(channel) == [99]


def test_an_error_stands_behind_the_last_item() -> None:
    channel: Channel[int] = Channel(4)
    channel.put(1)
    channel.put(2)
    channel.end(ValueError("broken"))
    assert [channel.get(), channel.get()] == [1, 2]
    with pytest.raises(ValueError, match="broken"):
        channel.get()


def test_the_first_end_counts() -> None:
    channel: Channel[int] = Channel(1)
    channel.end(ValueError("first"))
    channel.end()
    with pytest.raises(ValueError, match="first"):
        channel.get()


def test_get_gives_up_after_its_limit() -> None:
    channel: Channel[int] = Channel(1)
    started_s = time.monotonic()
    with pytest.raises(TimeoutError):
        channel.get(timeout_s=0.05)
    assert 0.04 < time.monotonic() - started_s < LIMIT_S


def test_cancelling_wakes_a_waiting_writer_and_tells_it() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    told: list[bool] = []
    writer = in_thread(lambda: told.append(channel.put(2)))
    time.sleep(0.05)
    channel.cancel()
    writer.join(LIMIT_S)
    assert told == [False]
    assert channel.put(3) is False
    assert channel.wait_for_room() is False


def test_a_cancelled_channel_gives_nothing_more() -> None:
    channel: Channel[int] = Channel(2)
    channel.put(1)
    channel.cancel()
    with pytest.raises(EndOfChannel):
        channel.get()


def test_waiting_for_room_ends_when_there_is_room() -> None:
    channel: Channel[int] = Channel(1)
    channel.put(1)
    has_room: list[bool] = []
    writer = in_thread(lambda: has_room.append(channel.wait_for_room()))
    time.sleep(0.05)
    assert has_room == []
    channel.get()
    writer.join(LIMIT_S)
    assert has_room == [True]


def test_sequencer_are_taken_by_number_whoever_comes_first() -> None:
    sequencer = Sequencer()
    taken: list[int] = []

    def take(number: int) -> None:
        time.sleep(0.02 * (4 - number))
        assert sequencer.wait_for(number)
        taken.append(number)
        sequencer.advance()

    threads = [in_thread(partial(take, number)) for number in range(5)]
    for thread in threads:
        thread.join(LIMIT_S)
    assert taken == [0, 1, 2, 3, 4]


def test_a_turn_is_there_until_it_is_passed_on() -> None:
    sequencer = Sequencer()
    assert sequencer.wait_for(0)
    assert sequencer.wait_for(0)
    sequencer.advance()
    assert sequencer.wait_for(1)


def test_when_sequencer_stop_whoever_waits_is_sent_away_and_so_is_who_comes_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("livepose.pipeline.sequencer.MAX_WAIT_S", 60.0)
    sequencer = Sequencer()
    answers: list[bool] = []
    threads = [in_thread(lambda: answers.append(sequencer.wait_for(7))) for _ in range(3)]
    time.sleep(0.05)
    assert answers == []
    sequencer.stop()
    for thread in threads:
        thread.join(LIMIT_S)  # woken, and not by the next look at the clock
    assert answers == [False] * 3
    assert not sequencer.wait_for(0)
    sequencer.advance()
    assert not sequencer.wait_for(1)
