"""A pool of things that only one thread may use at a time: interpreters, inference requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Pool(Generic[T]):
    """Holds the idle items, and makes a new one when all are in use.

    >>> pool = Pool(list)
    >>> with pool.borrow() as first, pool.borrow() as second:
    ...     first is second
    False
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        # A deque's pop and append are atomic, so no lock is needed.
        self._idle: deque[T] = deque()

    @contextmanager
    def borrow(self) -> Iterator[T]:
        """Lend an idle item, or a new one. An item whose user raised an error is not used again."""
        try:
            item = self._idle.pop()
        except IndexError:
            item = self._make()
        yield item
        self._idle.append(item)

    def add(self, item: T) -> None:
        """Add an item that exists already."""
        self._idle.append(item)

    def clear(self) -> None:
        """Drop the idle items."""
        self._idle.clear()
