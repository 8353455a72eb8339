"""A step that several threads perform in the order of numbers."""

from __future__ import annotations

import threading

from livepose.pipeline.channel import MAX_WAIT_S


class Sequencer:
    """Lets one number pass at a time: 0 first, then 1, whichever thread has it.

    >>> sequencer = Sequencer()
    >>> sequencer.wait_for(0)
    True
    >>> sequencer.advance()
    >>> sequencer.wait_for(1)
    True
    >>> sequencer.stop()
    >>> sequencer.wait_for(2)
    False
    """

    def __init__(self) -> None:
        self._number = 0
        self._is_stopped = False
        self._changed = threading.Condition()

    def wait_for(self, number: int) -> bool:
        """Wait for the turn of a number.

        Returns:
            True when it has come; False once the sequencer is stopped.
        """
        with self._changed:
            while self._number != number and not self._is_stopped:
                self._changed.wait(MAX_WAIT_S)
            return not self._is_stopped

    def advance(self) -> None:
        """Let the next number pass."""
        with self._changed:
            self._number += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Let nobody pass any more: all who wait now or later return at once."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
