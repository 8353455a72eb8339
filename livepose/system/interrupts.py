"""Ctrl-C, SIGTERM and a closed terminal end a run.

While it is being set up they end it at once; while it runs, after the current frame.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """Records the signal that asked a run to end.

    >>> interrupts = Interrupts()
    >>> with interrupts.handled():
    ...     interrupts.defer()
    ...     signal.raise_signal(signal.SIGINT)
    ...     interrupts.received == signal.SIGINT
    True
    """

    def __init__(self) -> None:
        self.received: int | None = None
        """The number of the last signal."""
        self._is_deferred = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals, in the main thread, and restore the former handlers afterwards."""
        before = {number: signal.signal(number, self._handle) for number in _end_signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def defer(self) -> None:
        """From now on only record the first signal in `received`; a second one interrupts.

        This also holds while files are finished after the loop, until `handled` is left.
        """
        self._is_deferred = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        is_first = self.received is None
        self.received = number
        if not (self._is_deferred and is_first):
            raise KeyboardInterrupt


def _end_signals() -> list[signal.Signals]:
    """Return the signals that ask a run to end; under nohup a closed terminal does not."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        numbers.append(hangup)
    return numbers
