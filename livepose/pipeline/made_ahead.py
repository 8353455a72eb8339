"""Make items in a thread while those before them are used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from livepose.pipeline.channel import Channel
from livepose.pipeline.worker_threads import ThreadedPipeline, WorkerThreads

T = TypeVar("T")

_AHEAD = 2


class MadeAhead(ThreadedPipeline, Generic[T]):
    """Yields what a thread makes, which is a few items ahead; an error comes behind them.

    >>> with MadeAhead(map(abs, (-1, -2, -3))) as made:
    ...     list(made)
    [1, 2, 3]
    """

    def __init__(self, items: Iterable[T]) -> None:
        """Take the items to be made; the thread starts with `with`.

        Args:
            items: Iterated in the thread.
        """
        self._items = items
        self._made: Channel[T] = Channel(_AHEAD)
        self._threads = WorkerThreads({"ahead": self._make})

    def __iter__(self) -> Iterator[T]:
        return iter(self._made)

    def close(self) -> None:
        """Let the thread make no further item, and wait for it."""
        self._made.cancel()
        self._threads.join_all()

    def _make(self) -> None:
        try:
            for item in self._items:
                if not self._made.put(item):
                    break
        except BaseException as error:
            self._made.end(error)
        finally:
            self._made.end()
