"""Which signals end a run, when they interrupt it, and that their handlers are restored."""

from __future__ import annotations

import os
import signal

import pytest

from livepose.system.interrupts import Interrupts
from tests.support.signals import default_hangup, signals_as_they_were

each_signal = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])


@each_signal
def test_during_set_up_a_signal_interrupts_at_once(number: signal.Signals) -> None:
    interrupts = Interrupts()
    with default_hangup(), signals_as_they_were():
        with pytest.raises(KeyboardInterrupt), interrupts.handled():
            os.kill(os.getpid(), number)
            pytest.fail("it went on")
        assert interrupts.received == number


@each_signal
def test_when_deferred_signals_are_recorded_and_none_interrupts(number: signal.Signals) -> None:
    interrupts = Interrupts()
    with default_hangup(), signals_as_they_were(), interrupts.handled():
        interrupts.defer()
        interrupts.check_repeated()
        os.kill(os.getpid(), number)
        assert interrupts.received == number and not interrupts.is_repeated
        interrupts.check_repeated()
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.received == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            interrupts.check_repeated()


def test_cleaning_up_after_an_interrupt_is_not_interrupted() -> None:
    interrupts = Interrupts()
    cleaned: list[int] = []
    with signals_as_they_were(), pytest.raises(KeyboardInterrupt), interrupts.handled():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            cleaned.append(1)
    assert cleaned == [1]


def test_what_is_held_is_done_before_the_interrupt() -> None:
    interrupts = Interrupts()
    done: list[int] = []
    with signals_as_they_were(), pytest.raises(KeyboardInterrupt), interrupts.handled():
        with interrupts.held():
            signal.raise_signal(signal.SIGTERM)
            done.append(1)
        done.append(2)
    assert (done, interrupts.received) == ([1], signal.SIGTERM)


def test_an_error_of_what_is_held_comes_before_the_interrupt() -> None:
    interrupts = Interrupts()
    with pytest.raises(ZeroDivisionError), interrupts.handled(), interrupts.held():
        signal.raise_signal(signal.SIGTERM)
        raise ZeroDivisionError


def test_what_is_closed_after_the_set_up_is_not_interrupted() -> None:
    interrupts = Interrupts()
    with interrupts.handled(), pytest.raises(ZeroDivisionError):
        try:
            with interrupts.deferred_at_exit():
                raise ZeroDivisionError
        finally:
            signal.raise_signal(signal.SIGINT)
    assert interrupts.received == signal.SIGINT


def test_under_nohup_a_closed_terminal_ends_nothing() -> None:
    interrupts = Interrupts()
    with default_hangup() as hangup:
        signal.signal(hangup, signal.SIG_IGN)
        with signals_as_they_were(), interrupts.handled():
            os.kill(os.getpid(), hangup)
    assert interrupts.received is None
