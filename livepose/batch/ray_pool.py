"""A pool of workers on a Ray cluster: the same plan, on many machines.

Each worker is an actor that keeps its models loaded, and does one item at a time. An item is given
to an actor only once that is ready, so that no item waits for a machine that is not there. If an
actor dies, with its machine or alone, its item is done by another one.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from livepose.batch.monitor import BatchMonitor
from livepose.batch.plan import BatchItem
from livepose.batch.pool import OnFinished
from livepose.batch.ray_worker import RayWorker
from livepose.batch.remote_paths import shown
from livepose.batch.results import ItemResult, Status
from livepose.batch.work import FinishedItem
from livepose.batch.work_queue import Task, WorkQueue
from livepose.batch.worker import WorkerSettings
from livepose.core.errors import LivePoseError
from livepose.core.interfaces import Closeable
from livepose.system.interrupts import Interrupts
from livepose.system.optional_imports import optional_import

MAX_ATTEMPTS = 4
"""A machine that goes away is not the fault of the file: it is tried more often than on one."""
MAX_FAILED_STARTS = 8
"""So many in a row: then no other worker is started."""
_POLL_S = 0.2
_END_S = 2.0
_CONNECT_S = 10.0
_PATIENCE_S = 30.0
"""For so long nothing is said of a cluster on which no worker has started."""


def check_reachable(address: str) -> None:
    """Check that somebody answers at an address of a cluster: Ray would wait for minutes.

    Raises:
        LivePoseError: If nobody does.
    """
    host, separator, port = address.removeprefix("ray://").rpartition(":")
    if not (separator and port.isdecimal()):
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise LivePoseError(f"there is no Ray cluster at {address}: {reason}") from error


@dataclass(slots=True, eq=False)
class _Actor:
    """An actor, as the pool sees it."""

    handle: Any
    pending: Any
    """The future result of what it does now: of `load`, and then of `work`."""
    item: BatchItem | None = None
    attempt: int = 1
    is_ready: bool = False


def waiting_note(cores: int) -> str:
    """Return what is said where no worker has started for long.

    >>> waiting_note(2)
    'no worker has started on the cluster yet: each waits for a machine with 2 free cores'
    """
    free = "1 free core" if cores == 1 else f"{cores} free cores"
    return f"no worker has started on the cluster yet: each waits for a machine with {free}"


class RayPool(Closeable):
    """Actors on a cluster that work on items side by side."""

    def __init__(self, address: str, settings: WorkerSettings, jobs: int | None) -> None:
        """Connect to a cluster.

        Args:
            address: `auto` for a cluster that this machine belongs to, `local` for one that is
                started on this machine, or `ray://HOST:PORT`.
            settings: Of each worker.
            jobs: How many there are; by default as many as the cluster has cores for.

        Raises:
            RuntimeMissing: If Ray is not installed.
            LivePoseError: If there is no cluster at the address.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        with optional_import("Ray", extra="ray"):
            import ray
        self._ray: Any = ray
        is_auto = address == "auto"
        check_reachable(os.environ.get("RAY_ADDRESS", address) if is_auto else address)
        try:
            ray.init(
                address=address,
                logging_level="ERROR",
                log_to_driver=False,
                **({"include_dashboard": False} if address == "local" else {}),
            )
        except (ConnectionError, RuntimeError, ValueError) as error:
            if is_auto:
                raise LivePoseError(
                    "this machine belongs to no Ray cluster: start one with ray start --head, or "
                    "give --ray local or --ray ray://HOST:PORT"
                ) from error
            reason = str(error).strip().splitlines()[0]
            raise LivePoseError(f"there is no Ray cluster at {address}: {reason}") from error
        cores = int(ray.cluster_resources().get("CPU", 1))
        self.jobs = jobs or max(1, cores // settings.threads)
        self._class = ray.remote(num_cpus=settings.threads, max_restarts=0)(RayWorker)
        self._settings = settings
        self._actors: list[_Actor] = []
        self._failed_starts = 0

    def close(self) -> None:
        """End all workers, and leave the cluster."""
        idle = [
            actor.handle.end.remote()
            for actor in self._actors
            if actor.is_ready and actor.item is None
        ]
        if idle:
            self._ray.wait(idle, num_returns=len(idle), timeout=_END_S)
        for actor in self._actors:
            self._ray.kill(actor.handle)
        self._actors.clear()
        self._ray.shutdown()

    def run(
        self,
        items: Sequence[BatchItem],
        monitor: BatchMonitor,
        interrupts: Interrupts,
        on_finished: OnFinished,
    ) -> None:
        """Work on all items, the largest first.

        Args:
            items: What is to be done.
            monitor: Hears how it goes on.
            interrupts: After a signal the items in work are broken off.
            on_finished: Called for each item that was begun.

        Raises:
            LivePoseError: If the model cannot be loaded, or if no worker can start.
        """
        waiting = WorkQueue[_Actor](items, self.jobs)
        patient_until_s = time.monotonic() + _PATIENCE_S
        while waiting or any(actor.item for actor in self._actors):
            if interrupts.received is not None:
                self._break_off(on_finished)
                return
            self._start_actors(len(waiting))
            if any(actor.is_ready for actor in self._actors):
                patient_until_s = inf
            elif time.monotonic() > patient_until_s:
                monitor.on_note(waiting_note(self._settings.cores))
                patient_until_s = inf
            for actor in self._actors:
                if waiting and actor.is_ready and actor.item is None:
                    task = waiting.take(actor)
                    actor.item, actor.attempt = task.item, task.attempt
                    monitor.on_begin(actor.item)
                    actor.pending = actor.handle.work.remote(actor.item, waiting.reserve(actor))
            busy = {actor.pending: actor for actor in self._actors if actor.pending is not None}
            done, _ = self._ray.wait(list(busy), num_returns=1, timeout=_POLL_S)
            for reference in done:
                actor = busy[reference]
                further = self._take(actor, monitor, on_finished)
                if actor not in self._actors:
                    waiting.release(actor)
                waiting.add(further)

    def _start_actors(self, waiting: int) -> None:
        if self._failed_starts >= MAX_FAILED_STARTS:
            return
        idle = sum(actor.item is None for actor in self._actors)
        for _ in range(min(self.jobs - len(self._actors), waiting - idle)):
            handle = self._class.remote(self._settings)
            self._actors.append(_Actor(handle, handle.load.remote()))

    def _take(self, actor: _Actor, monitor: BatchMonitor, on_finished: OnFinished) -> list[Task]:
        """Take what an actor returned, and return what is to be done next because of it.

        Raises:
            LivePoseError: If it cannot load the model, or if no worker can start.
        """
        item, attempt = actor.item, actor.attempt
        try:
            returned = self._ray.get(actor.pending)
        except self._ray.exceptions.RayError as error:
            self._actors.remove(actor)
            self._ray.kill(actor.handle)
            if actor.is_ready:
                self._failed_starts = 0
            else:
                self._note_failed_start(error)
            return self._try_again(item, attempt, error, monitor, on_finished)
        actor.pending = None
        if item is None:
            if returned:
                raise LivePoseError(returned)
            actor.is_ready = True
            self._failed_starts = 0
            return []
        actor.item = None
        for text in returned.notes:
            monitor.on_note(f"{item.name}: {text}")
        result = replace(returned.finished.result, attempts=attempt)
        further = on_finished(item, replace(returned.finished, result=result))
        return [Task(each) for each in further]

    def _note_failed_start(self, error: Exception) -> None:
        """Note that an actor has not become ready.

        Raises:
            LivePoseError: If no other one is left, and none is started any more.
        """
        self._failed_starts += 1
        if self._failed_starts >= MAX_FAILED_STARTS and not self._actors:
            # What happened stands below Ray's account of where it did.
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1].strip()
            raise LivePoseError(f"the workers on the cluster do not start: {reason}") from error

    def _try_again(
        self,
        item: BatchItem | None,
        attempt: int,
        error: Exception,
        monitor: BatchMonitor,
        on_finished: OnFinished,
    ) -> list[Task]:
        """Return what has to be done again, as the actor is gone that was to do it."""
        if item is None:
            return []
        if attempt < MAX_ATTEMPTS:
            monitor.on_note(f"{item.name}: its worker is gone; it is tried again")
            return [Task(item.replacing(), attempt + 1)]
        reason = str(error).strip().splitlines()[0]
        message = (
            f"{shown(item.path)}: the worker that worked on it is gone, {attempt} times: {reason}"
        )
        result = ItemResult(item.name, Status.FAILED, errors=(message,), attempts=attempt)
        return [Task(each) for each in on_finished(item, FinishedItem(result, None))]

    def _break_off(self, on_finished: OnFinished) -> None:
        for actor in self._actors:
            if actor.item is not None:
                result = ItemResult(actor.item.name, Status.INTERRUPTED, attempts=actor.attempt)
                on_finished(actor.item, FinishedItem(result, None))
                actor.item = None
