"""Threads that work side by side, and hand on what they did in order."""

from __future__ import annotations

import threading

_NAP_S = 0.5


class Turns:
    """A step that is done by number: 0 first, then 1, whichever thread has it."""

    def __init__(self) -> None:
        self._number = 0
        self._is_over = False
        self._changed = threading.Condition()

    def wait_for(self, number: int) -> bool:
        """Wait for a number's turn; False when there will be none any more."""
        with self._changed:
            while self._number != number and not self._is_over:
                self._changed.wait(_NAP_S)
            return not self._is_over

    def pass_on(self) -> None:
        """Let the next number come."""
        with self._changed:
            self._number += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Send everybody away who waits, now and later."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
