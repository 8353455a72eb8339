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
def test_when_deferred_the_first_signal_is_recorded_and_the_second_interrupts(
    number: signal.Signals,
) -> None:
    interrupts = Interrupts()
    with default_hangup(), signals_as_they_were(), interrupts.handled():
        interrupts.defer()
        assert interrupts.received is None
        os.kill(os.getpid(), number)
        assert interrupts.received == number
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        assert interrupts.received == signal.SIGINT


def test_under_nohup_a_closed_terminal_ends_nothing() -> None:
    interrupts = Interrupts()
    with default_hangup() as hangup:
        signal.signal(hangup, signal.SIG_IGN)
        with signals_as_they_were(), interrupts.handled():
            os.kill(os.getpid(), hangup)
    assert interrupts.received is None
