"""The countdown before a recording."""

from __future__ import annotations

import math
from collections.abc import Callable


class Countdown:
    """Counts seconds down, and then starts what it was set for.

    >>> started = []
    >>> countdown = Countdown(seconds=2.0)
    >>> countdown.set_for(lambda: started.append("recording"))
    >>> [countdown.advance(now_s) for now_s in (10.0, 10.9, 11.5, 12.0)], started
    ([2, 2, 1, None], ['recording'])
    """

    def __init__(self, seconds: float) -> None:
        """Wait until it is set.

        Args:
            seconds: How long it takes; with 0 what it is set for starts at once.
        """
        self._seconds = seconds
        self._start: Callable[[], None] | None = None
        self._end_s: float | None = None

    @property
    def is_set(self) -> bool:
        """Whether something is still to be started."""
        return self._start is not None

    def set_for(self, start: Callable[[], None]) -> None:
        """Count from the next `advance` on, and then call a function."""
        self._start, self._end_s = start, None

    def cancel(self) -> None:
        """Start nothing."""
        self._start = None

    def advance(self, now_s: float) -> int | None:
        """Return the number to show, or start what is due and return None."""
        if self._start is None:
            return None
        if self._end_s is None:
            self._end_s = now_s + self._seconds
        if now_s < self._end_s:
            return math.ceil(self._end_s - now_s)
        start, self._start = self._start, None
        start()
        return None
