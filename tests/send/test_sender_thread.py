"""The thread that sends: order, dropping, closing, errors."""

from __future__ import annotations

import threading

import pytest

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.send import sender_thread
from livepose.send.address import CAPACITY
from livepose.send.sender_thread import SenderThread
from tests.support.sending import PATIENCE_S, posed_with


class Receiver:
    """Keeps what is sent; the first frame waits until it is let go."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()

    def send(self, posed: PosedFrame) -> None:
        self.has_begun.set()
        assert self.may_go_on.wait(PATIENCE_S)
        self.sent.append(posed.frame.index)

    def say_goodbye(self) -> None:
        self.sent.append(-1)


def test_frames_are_sent_in_order_and_then_the_end_in_a_thread_of_its_own() -> None:
    threads: list[str] = []
    sent: list[int] = []

    def send(posed: PosedFrame) -> None:
        threads.append(threading.current_thread().name)
        sent.append(posed.frame.index)

    thread = SenderThread("osc://here:1", send, lambda: sent.append(-1))
    for index in range(CAPACITY):
        thread.submit(posed_with(index))
    assert thread.close()
    assert sent == [*range(CAPACITY), -1]
    assert set(threads) == {"livepose-send-osc://here:1"}


def test_a_thread_that_falls_behind_drops_the_oldest_frames_and_holds_nobody_up() -> None:
    receiver = Receiver()
    thread = SenderThread("slow", receiver.send, receiver.say_goodbye)
    thread.submit(posed_with(0))
    assert receiver.has_begun.wait(PATIENCE_S)
    for index in range(1, 100):
        thread.submit(posed_with(index))
    receiver.may_go_on.set()
    assert thread.close()
    assert receiver.sent == [0, *range(100 - CAPACITY, 100), -1]


def test_an_error_ends_it_and_is_raised_at_the_next_frame() -> None:
    has_failed = threading.Event()

    def send(posed: PosedFrame) -> None:
        has_failed.set()
        raise OSError("the cable is cut")

    thread = SenderThread("broken", send, lambda: None)
    thread.submit(posed_with(0))
    assert has_failed.wait(PATIENCE_S)
    assert thread.close()
    with pytest.raises(SinkError, match="broken gets no more poses: the cable is cut") as caught:
        thread.submit(posed_with(1))
    assert isinstance(caught.value.__cause__, OSError)


def test_nothing_can_be_submitted_after_the_end() -> None:
    thread = SenderThread("here", lambda _: None, lambda: None)
    assert thread.close() and thread.close()
    with pytest.raises(SinkError, match="here is closed"):
        thread.submit(posed_with(0))


def test_a_thread_that_does_not_end_is_left_behind_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sender_thread, "STOP_LIMIT_S", 0.05)
    receiver = Receiver()
    thread = SenderThread("stuck", receiver.send, receiver.say_goodbye)
    thread.submit(posed_with(0))
    assert not thread.close()
    assert "stuck did not stop in 0.05 s" in caplog.text
    receiver.may_go_on.set()
    monkeypatch.undo()
    assert thread.close()
