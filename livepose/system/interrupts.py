"""Ctrl-C, SIGTERM and a closed terminal end a run.

At once while things are set up, after the frame in hand while they run.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


def _signals() -> list[signal.Signals]:
    """List what asks a run to end; under nohup a closed terminal does not."""
    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        numbers.append(hangup)
    return numbers


class Interrupts:
    """Remembers the signal that asked a run to end."""

    def __init__(self) -> None:
        self.received: int | None = None
        self._is_deferred = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Take the signals over, in the main thread; give them back afterwards."""
        before = {number: signal.signal(number, self._handle) for number in _signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def defer(self) -> None:
        """From now on the first signal is only noted, in `received`; a second one breaks in.

        Also while files are finished after the loop: until `handled` is left.
        """
        self._is_deferred = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        is_first = self.received is None
        self.received = number
        if not (self._is_deferred and is_first):
            raise KeyboardInterrupt
