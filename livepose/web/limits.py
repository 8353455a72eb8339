"""Limits on what clients of a WebSocket may ask of a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.responses import PlainTextResponse

MAX_CLIENTS = 32
TOO_MANY = PlainTextResponse("Too many pages are open.\n", 503, {"Connection": "close"})


class RateLimit:
    """Allows a number of events a second, and a burst of some more.

    >>> limit = RateLimit(per_second=10, burst=2)
    >>> [limit.allows(now_s=0.0) for _ in range(3)], limit.allows(now_s=0.1)
    ([True, True, False], True)
    """

    def __init__(self, per_second: float, burst: int) -> None:
        """Allow a burst at first."""
        self._per_second, self._burst = per_second, burst
        self._left = float(burst)
        self._counted_s: float | None = None

    def allows(self, now_s: float) -> bool:
        """Return whether an event is within the limit, and count it if it is.

        Args:
            now_s: On any clock, in seconds.
        """
        passed_s = 0.0 if self._counted_s is None else now_s - self._counted_s
        self._counted_s = now_s
        self._left = min(self._burst, self._left + passed_s * self._per_second)
        if self._left < 1 - 1e-9:
            return False
        self._left -= 1
        return True


class ClientLimit:
    """Counts the clients that are connected."""

    def __init__(self, max_clients: int = MAX_CLIENTS) -> None:
        """Start with none."""
        self._max_clients = max_clients
        self.clients = 0

    @property
    def is_reached(self) -> bool:
        """Whether no more clients may connect: a WebSocket is then answered with `TOO_MANY`."""
        return self.clients >= self._max_clients

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a client for as long as the block lasts."""
        self.clients += 1
        try:
            yield
        finally:
            self.clients -= 1
