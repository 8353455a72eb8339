"""What is left to do, and which worker is probably to do it: for files that are fetched early."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from livepose.batch.plan import BatchItem

W = TypeVar("W", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Task:
    """An item, and how many workers have tried it with this one."""

    item: BatchItem
    attempt: int = 1


class WorkQueue(Generic[W]):
    """Tasks, the largest first, one after the other for each worker that asks.

    Of remote files each worker is told which one is probably its next. Another worker gets it if
    nothing else is left: no task waits for a busy worker while another one is idle.
    """

    def __init__(self, items: Iterable[BatchItem], workers: int) -> None:
        """Take all items, to be done the largest first: so none is begun last and waited for.

        Args:
            items: What is to be done.
            workers: How many there will be.
        """
        self._workers = workers
        largest_first = sorted(items, key=lambda item: -item.size_bytes)
        self._tasks = deque(Task(item) for item in largest_first)
        self._reserved: dict[W, Task] = {}

    def __len__(self) -> int:
        return len(self._tasks) + len(self._reserved)

    def add(self, tasks: Iterable[Task]) -> None:
        """Put tasks before all others. A video in one piece takes the place of its pieces."""
        added = list(tasks)
        whole = {each.item.name for each in added if not (each.item.part_of or each.item.pieces)}
        self._tasks = deque(each for each in self._tasks if each.item.part_of not in whole)
        self._reserved = {
            worker: each
            for worker, each in self._reserved.items()
            if each.item.part_of not in whole
        }
        self._tasks.extendleft(added)

    def clear(self) -> None:
        """Forget all tasks."""
        self._tasks.clear()
        self._reserved.clear()

    def take(self, worker: W) -> Task:
        """Return what a worker is to do; there must be something left.

        Raises:
            IndexError: If there is nothing left.
        """
        if worker in self._reserved:
            return self._reserved.pop(worker)
        if not self._tasks and self._reserved:
            return self._reserved.popitem()[1]
        return self._tasks.popleft()

    def reserve(self, worker: W) -> BatchItem | None:
        """Return what a worker is probably to do next, if that has to be fetched.

        Nothing is reserved of what is so little that any worker may be the first to be free for it.
        """
        is_much = len(self._tasks) >= self._workers
        if worker not in self._reserved and is_much and self._tasks[0].item.source is not None:
            self._reserved[worker] = self._tasks.popleft()
        task = self._reserved.get(worker)
        return None if task is None else task.item

    def release(self, worker: W) -> None:
        """Free what was reserved for a worker that is gone."""
        if worker in self._reserved:
            self._tasks.appendleft(self._reserved.pop(worker))
