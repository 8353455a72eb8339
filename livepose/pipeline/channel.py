"""A bounded queue between two threads, which also carries the end or the error."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

MAX_WAIT_S = 0.5
"""No wait is longer: on Windows before Python 3.14 Ctrl-C waits until a wait is over."""


class EndOfChannel(Exception):
    """The writer has ended and everything it wrote has been read.

    >>> channel = Channel(1)
    >>> channel.end()
    >>> try:
    ...     channel.get(timeout_s=1)
    ... except EndOfChannel:
    ...     print("the end")
    the end
    """


class Channel(Generic[T]):
    """Items, then the end or an error, in the order in which they were put in.

    When full, it either makes its writer wait, or drops its oldest item. One Condition guards
    everything.

    >>> channel = Channel(2)
    >>> channel.put("first"), channel.put("second")
    (True, True)
    >>> channel.end()
    >>> list(channel)
    ['first', 'second']
    """

    def __init__(self, capacity: int, *, drop_oldest: bool = False) -> None:
        """Create an empty channel.

        Args:
            capacity: The most items it holds, at least 1.
            drop_oldest: Whether to drop the oldest item when full, rather than make the writer
                wait.
        """
        self._items: deque[T] = deque()
        self._capacity = capacity
        self._drop_oldest = drop_oldest
        self._changed = threading.Condition()
        self._ended = False
        self._error: BaseException | None = None
        self._cancelled = False

    def put(self, item: T) -> bool:
        """Append an item, waiting for room.

        Returns:
            Whether the reader still reads: False once it has cancelled.
        """
        with self._changed:
            if self._drop_oldest and len(self._items) == self._capacity:
                self._items.popleft()
            self._wait(lambda: self._has_room() or self._cancelled)
            if self._cancelled:
                return False
            self._items.append(item)
            self._changed.notify_all()
            return True

    def wait_for_room(self) -> bool:
        """Wait until an item can be put at once.

        Returns:
            Whether the reader still reads: False once it has cancelled.
        """
        with self._changed:
            self._wait(lambda: self._has_room() or self._cancelled)
            return not self._cancelled

    def get(self, timeout_s: float | None = None) -> T:
        """Remove and return the oldest item, waiting for one.

        Raises:
            TimeoutError: If nothing came in time.
            EndOfChannel: If everything has been read.
            BaseException: If the writer failed: its error, behind everything it had written.
        """
        with self._changed:
            if not self._wait(lambda: bool(self._items) or self._is_over(), timeout_s):
                raise TimeoutError
            if self._items and not self._cancelled:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if self._error is not None:
                raise self._error
            raise EndOfChannel

    def end(self, error: BaseException | None = None) -> None:
        """End the channel for its writer: the reader finds the error behind the last item."""
        with self._changed:
            if not self._ended:
                self._ended = True
                self._error = error
            self._changed.notify_all()

    def cancel(self) -> None:
        """End the channel for its reader: a waiting writer wakes, and `put` returns False."""
        with self._changed:
            self._cancelled = True
            self._items.clear()
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        while True:
            try:
                yield self.get()
            except EndOfChannel:
                return

    def _has_room(self) -> bool:
        return len(self._items) < self._capacity

    def _is_over(self) -> bool:
        return self._ended or self._cancelled

    def _wait(self, is_met: Callable[[], bool], timeout_s: float | None = None) -> bool:
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        while not is_met():
            left_s = MAX_WAIT_S if deadline_s is None else deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            self._changed.wait(min(left_s, MAX_WAIT_S))
        return True
