"""Checks of signal handlers, and a SIGHUP that is heard also under nohup."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def signals_as_they_were() -> Iterator[None]:
    """Assert that the handlers of SIGINT, SIGTERM and SIGHUP are restored."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    assert [signal.getsignal(number) for number in numbers] == before


@contextmanager
def default_hangup() -> Iterator[signal.Signals]:
    """Yield SIGHUP, handled by default, also where the tests run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        yield signal.SIGHUP
    finally:
        signal.signal(signal.SIGHUP, before)
