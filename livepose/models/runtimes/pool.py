"""Things of which each caller needs one for itself while it works: an interpreter, a request."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """As many as there are callers at once; an idle one is used again."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        # Its pop and its append each happen at once, also when several threads call them.
        self._idle: deque[T] = deque()

    @contextmanager
    def one(self) -> Iterator[T]:
        """Lend an idle one, or a new one. After an error it is not used again."""
        try:
            lane = self._idle.pop()
        except IndexError:
            lane = self._make()
        yield lane
        self._idle.append(lane)

    def add(self, lane: T) -> None:
        """Keep one that is there already."""
        self._idle.append(lane)

    def close(self) -> None:
        """Let go of the idle ones."""
        self._idle.clear()
