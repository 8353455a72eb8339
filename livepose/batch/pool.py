"""A pool of workers on this machine: gives them items, and goes on when one of them dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from livepose.batch.monitor import BatchMonitor
from livepose.batch.plan import BatchItem
from livepose.batch.remote_paths import shown
from livepose.batch.results import ItemResult, Status
from livepose.batch.work import FinishedItem
from livepose.batch.work_queue import Task, WorkQueue
from livepose.batch.worker import (
    Assignment,
    CannotStart,
    FramesDone,
    FromWorker,
    Note,
    Ready,
    Signal,
    ToWorker,
    WorkerSettings,
    work,
)
from livepose.core.errors import LivePoseError
from livepose.core.interfaces import Closeable
from livepose.system.interrupts import Interrupts, end_signals

MAX_ATTEMPTS = 2
"""A file whose worker died is tried once more: what kills workers may be the file itself."""
MAX_FAILED_STARTS = 3
"""So many processes in a row that die before they are ready: then no other one is started."""
_POLL_S = 0.1
_JOIN_S = 2.0

OnFinished = Callable[[BatchItem, FinishedItem], Sequence[BatchItem]]
"""Called with what came of each item, as soon as it is known; returns what is to be done then."""


class WorkerPool(Closeable):
    """Processes that work on items side by side."""

    def __init__(self, settings: WorkerSettings, jobs: int) -> None:
        """Prepare to start workers.

        Args:
            settings: Of each worker.
            jobs: How many there are.
        """
        self._settings = settings
        self.jobs = jobs
        self._workers: list[_Worker] = []
        self._signals = 0
        self._failed_starts = 0
        """In a row."""

    def close(self) -> None:
        """End all workers; those that still work are killed."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def run(
        self,
        items: Sequence[BatchItem],
        monitor: BatchMonitor,
        interrupts: Interrupts,
        on_finished: OnFinished,
    ) -> None:
        """Work on all items, the largest file first, so that none is begun last and waited for.

        Args:
            items: What is to be done.
            monitor: Hears how it goes on.
            interrupts: After a signal no item is begun any more, and those that are end early.
            on_finished: Called for each item that was begun.

        Raises:
            LivePoseError: If no worker can start.
        """
        waiting = WorkQueue[_Worker](items, self.jobs)
        while waiting or any(worker.assigned for worker in self._workers):
            if interrupts.received is not None:
                waiting.clear()
                self._pass_on(interrupts)
            while self._is_worker_wanted(waiting):
                self._workers.append(_Worker(self._settings))
            for worker in self._workers:
                if waiting and worker.is_ready and worker.assigned is None:
                    task = waiting.take(worker)
                    monitor.on_begin(task.item)
                    worker.assign(task, waiting.reserve(worker))
            heard = wait([worker.connection for worker in self._workers], _POLL_S)
            for worker in [each for each in self._workers if each.connection in heard]:
                message = worker.receive()
                if message is None:
                    self._workers.remove(worker)
                    waiting.release(worker)
                    further = self._take_leave(worker, monitor, interrupts, on_finished)
                else:
                    further = self._take(worker, message, monitor, on_finished)
                waiting.add(further)

    def _is_worker_wanted(self, waiting: WorkQueue[_Worker]) -> bool:
        idle = sum(worker.assigned is None for worker in self._workers)
        return (
            idle < len(waiting)
            and len(self._workers) < self.jobs
            and self._failed_starts < MAX_FAILED_STARTS
        )

    def _pass_on(self, interrupts: Interrupts) -> None:
        """Pass a signal on to the workers, and a second one."""
        wanted = 2 if interrupts.is_repeated else 1
        while self._signals < wanted:
            self._signals += 1
            for worker in self._workers:
                if worker.assigned is not None:
                    worker.send(Signal(interrupts.received or signal.SIGINT))

    def _take(
        self,
        worker: _Worker,
        message: FromWorker,
        monitor: BatchMonitor,
        on_finished: OnFinished,
    ) -> list[Task]:
        """Take a message of a worker, and return what is to be done next because of it.

        Raises:
            LivePoseError: If it cannot start.
        """
        assigned = worker.assigned
        if isinstance(message, CannotStart):
            raise LivePoseError(message.error)
        if isinstance(message, Ready):
            worker.is_ready = True
            self._failed_starts = 0
        elif isinstance(message, Note):
            name = "" if assigned is None else f"{assigned.item.name}: "
            monitor.on_note(f"{name}{message.text}")
        elif isinstance(message, FramesDone) and assigned is not None:
            monitor.on_frames(assigned.item, message.done, message.total)
        elif isinstance(message, FinishedItem) and assigned is not None:
            worker.assigned = None
            result = replace(message.result, attempts=assigned.attempt)
            further = on_finished(assigned.item, replace(message, result=result))
            return [Task(item) for item in further]
        return []

    def _take_leave(
        self,
        worker: _Worker,
        monitor: BatchMonitor,
        interrupts: Interrupts,
        on_finished: OnFinished,
    ) -> list[Task]:
        """Handle the death of a worker, and return what is to be done next because of it.

        Raises:
            LivePoseError: If no worker is left, and no other one can start.
        """
        cause = worker.end()
        assigned = worker.assigned
        if worker.is_ready:
            self._failed_starts = 0
        elif interrupts.received is None:
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS and not self._workers:
                raise LivePoseError(f"the worker processes do not start: {cause}")
        if assigned is None:
            return []
        if interrupts.received is not None:
            result = ItemResult(assigned.item.name, Status.INTERRUPTED, attempts=assigned.attempt)
        elif assigned.attempt < MAX_ATTEMPTS:
            monitor.on_note(f"{assigned.item.name}: its process {cause}; it is tried once more")
            return [Task(assigned.item.replacing(), assigned.attempt + 1)]
        else:
            path = shown(assigned.item.path)
            error = f"{path}: the process that worked on it {cause}, twice"
            result = ItemResult(
                assigned.item.name, Status.FAILED, errors=(error,), attempts=assigned.attempt
            )
        further = on_finished(assigned.item, FinishedItem(result, None))
        return [Task(item) for item in further]


class _Worker:
    """One process, as the pool sees it."""

    def __init__(self, settings: WorkerSettings) -> None:
        # Spawned: a copy of a process in which FFmpeg or a network is in use would hang.
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.is_ready = False
        self.assigned: Task | None = None
        self._process: BaseProcess = context.Process(
            target=work, args=(theirs, settings), name="livepose-worker", daemon=True
        )
        with _end_signals_blocked():
            self._process.start()
        theirs.close()

    def assign(self, task: Task, upcoming: BatchItem | None) -> None:
        self.assigned = task
        self.send(Assignment(task.item, upcoming))

    def send(self, message: ToWorker) -> None:
        try:
            self.connection.send(message)
        except OSError:
            return  # it is dead, which is noticed when it is read from

    def receive(self) -> FromWorker | None:
        """Return the next message; None if the worker is dead."""
        try:
            message: FromWorker = self.connection.recv()
        except (EOFError, OSError):
            return None
        return message

    def end(self) -> str:
        """End the process, and return how it ended, for a sentence: `was killed by signal 9`."""
        if self.assigned is None:
            self.send(None)
            self._process.join(_JOIN_S)
        elif self._process.is_alive():
            self._process.join(_POLL_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self.connection.close()
        code = self._process.exitcode or 0
        self._process.close()
        return f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"


@contextmanager
def _end_signals_blocked() -> Iterator[None]:
    """Block the signals that end a run in processes that are started meanwhile.

    A terminal sends them to all processes, and so does whoever stops a service. A worker ignores
    them as soon as it can, and the process that started it tells it what to do.
    """
    if os.name == "nt":
        yield
        return
    from multiprocessing import resource_tracker

    # The first process starts it, which would lift the mask before the process itself is started.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, end_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
