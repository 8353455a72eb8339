"""Ctrl-C, SIGTERM and a closed terminal end a run.

While a run is being set up they end it at once, by a KeyboardInterrupt. Once its threads run, that
would be dangerous: an exception in the middle of a wait for a thread lets files be closed that the
thread still writes to, which is a crash inside FFmpeg. So from `defer` on a signal is only noted.
The first one ends the run after the current frame, and its files are finished. A second one is for
whoever does not want to wait for that: what takes long asks `check_repeated` and is left out.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_UNWINDING_S = 1.0
"""So soon after a KeyboardInterrupt no other one is raised: it would break off the cleaning up."""


class Interrupts:
    """Records the signals that asked a run to end.

    >>> interrupts = Interrupts()
    >>> with interrupts.handled():
    ...     interrupts.defer()
    ...     signal.raise_signal(signal.SIGINT)
    ...     interrupts.received == signal.SIGINT, interrupts.is_repeated
    (True, False)
    """

    def __init__(self) -> None:
        self.received: int | None = None
        """The number of the last signal."""
        self._count = 0
        self._is_deferred = False
        self._raised_s = 0.0

    @property
    def is_repeated(self) -> bool:
        """Whether there was more than one signal: what is left to do is to be short."""
        return self._count > 1

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals, in the main thread, and restore the former handlers afterwards."""
        before = {number: signal.signal(number, self._handle) for number in end_signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def note(self, number: int) -> None:
        """Record a signal that another process has received."""
        self.received = number
        self._count += 1

    def defer(self) -> None:
        """From now on only record signals, until `handled` is left."""
        self._is_deferred = True

    @contextmanager
    def deferred_at_exit(self) -> Iterator[None]:
        """Defer signals as soon as the block is left, with or without an error.

        What is closed behind it is closed without being interrupted.
        """
        try:
            yield
        finally:
            self.defer()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold back a signal's KeyboardInterrupt until the block is left without an error.

        For what must not be broken off half-way, such as the creation of a file and the note of who
        deletes it.
        """
        was_deferred, self._is_deferred = self._is_deferred, True
        before = self._count
        try:
            yield
        finally:
            self._is_deferred = was_deferred
        if self._count > before and not was_deferred:
            raise KeyboardInterrupt

    def check_repeated(self) -> None:
        """Break off what takes long, if there was more than one signal.

        Raises:
            KeyboardInterrupt: If there was.
        """
        if self.is_repeated:
            raise KeyboardInterrupt

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.note(number)
        now_s = time.monotonic()
        if not self._is_deferred and now_s - self._raised_s > _UNWINDING_S:
            self._raised_s = now_s
            raise KeyboardInterrupt


def end_signals() -> list[signal.Signals]:
    """Return the signals that ask a run to end; under nohup a closed terminal does not."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        numbers.append(hangup)
    return numbers
