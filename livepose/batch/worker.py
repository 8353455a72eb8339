"""A worker: a process that keeps its models loaded, and works on one file after the other.

Starting Python and loading a network take as long as a hundred frames: a worker does that once. It
ends when the process that started it is gone, and leaves the signals that end a batch to that one.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TypeAlias

from livepose.batch.plan import BatchItem
from livepose.batch.staging import Stage
from livepose.batch.work import FinishedItem
from livepose.core.errors import LivePoseError
from livepose.session.kept_models import KeptModels
from livepose.session.options import ModelOptions
from livepose.system.cpu import limit_cores
from livepose.system.interrupts import Interrupts, end_signals

PROGRESS_INTERVAL_S = 0.2
_ORPHANED = 1


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker is told when it starts."""

    model: ModelOptions
    threads: int
    """That take frames side by side."""
    cores: int
    """The share of this worker."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """To a worker: what it is to do."""

    item: BatchItem
    upcoming: BatchItem | None
    """What it is probably to do next, if that is to be fetched meanwhile."""


@dataclass(frozen=True, slots=True)
class Signal:
    """To a worker: the batch was asked to end by this signal."""

    number: int


@dataclass(frozen=True, slots=True)
class Ready:
    """From a worker: its models are loaded."""


@dataclass(frozen=True, slots=True)
class CannotStart:
    """From a worker: it cannot do anything."""

    error: str


@dataclass(frozen=True, slots=True)
class FramesDone:
    """From a worker: how far it is."""

    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """From a worker: what its log has for people."""

    text: str


ToWorker: TypeAlias = Assignment | Signal | None
"""None: there is no more to do."""
FromWorker: TypeAlias = Ready | CannotStart | FramesDone | Note | FinishedItem


def work(connection: Connection, settings: WorkerSettings) -> None:
    """Work on items until there are no more; the whole of a worker's process.

    Args:
        connection: Where items come from, and results go to.
        settings: How to work.
    """
    for number in end_signals():
        signal.signal(number, signal.SIG_IGN)
    limit_cores(settings.cores)
    log = logging.getLogger("livepose")
    stage = Stage()
    log.addHandler(_LogToConnection(connection, stage))
    log.propagate = False
    try:
        with stage, KeptModels(settings.model, settings.threads) as kept:
            try:
                kept.load(settings.model.name)
            except LivePoseError as error:
                connection.send(CannotStart(str(error)))
                return
            connection.send(Ready())
            while (message := connection.recv()) is not None:
                if isinstance(message, Assignment):
                    connection.send(_Working(connection, message).finish(kept, stage))
    except (EOFError, OSError):
        # Nobody is there any more to whom a result would mean anything.
        os._exit(_ORPHANED)


class _Working:
    """The work on one item, during which messages are sent and received."""

    def __init__(self, connection: Connection, assignment: Assignment) -> None:
        self._connection, self._assignment = connection, assignment
        self._interrupts = Interrupts()
        self._interrupts.defer()
        self._sent_s = 0.0

    def finish(self, kept: KeptModels, stage: Stage) -> FinishedItem:
        given = self._assignment
        return stage.work_on(given.item, given.upcoming, kept, self._interrupts, self._on_frames)

    def _on_frames(self, done: int, total: int | None) -> None:
        try:
            while self._connection.poll():
                message = self._connection.recv()
                if isinstance(message, Signal):
                    self._interrupts.note(message.number)
            now_s = time.monotonic()
            if now_s - self._sent_s >= PROGRESS_INTERVAL_S:
                self._sent_s = now_s
                self._connection.send(FramesDone(done, total))
        except (EOFError, OSError):
            # At once, as if the worker had been killed too: the part that it writes is left.
            os._exit(_ORPHANED)


class _LogToConnection(logging.Handler):
    """Passes warnings on to the process that can print them."""

    def __init__(self, connection: Connection, stage: Stage) -> None:
        super().__init__(logging.WARNING)
        self._connection, self._stage = connection, stage

    def emit(self, record: logging.LogRecord) -> None:
        self._connection.send(Note(self._stage.readable(record.getMessage())))
