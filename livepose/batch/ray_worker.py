"""What runs on the machines of a Ray cluster: an actor that does one item after the other."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from livepose.batch.plan import BatchItem
from livepose.batch.results import ItemResult, Status
from livepose.batch.staging import Stage, unseen
from livepose.batch.work import FinishedItem
from livepose.batch.worker import WorkerSettings
from livepose.core.errors import LivePoseError
from livepose.session.kept_models import KeptModels
from livepose.system.cpu import limit_cores
from livepose.system.interrupts import Interrupts


@dataclass(frozen=True, slots=True)
class RayResult:
    """What an actor returns of an item."""

    finished: FinishedItem
    notes: tuple[str, ...] = ()
    """What its log has for people."""


class RayWorker:
    """What an actor does: it loads the models once, and works on one item after the other."""

    def __init__(self, settings: WorkerSettings) -> None:
        # Ray's own handler of SIGTERM stays: there is nobody to press Ctrl-C.
        limit_cores(settings.cores)
        self._kept = KeptModels(settings.model, settings.threads)
        self._stage = Stage()
        self._model = settings.model.name
        self._notes = _NoteHandler()
        log = logging.getLogger("livepose")
        log.addHandler(self._notes)
        log.propagate = False

    def load(self) -> str:
        """Load the model, and return why that cannot be done; nothing if it is done."""
        try:
            self._kept.load(self._model)
        except LivePoseError as error:
            return str(error)
        return ""

    def work(self, item: BatchItem, upcoming: BatchItem | None) -> RayResult:
        """Work on an item, and fetch meanwhile what is probably the next one."""
        if problem := unseen(item):
            failed = ItemResult(item.name, Status.FAILED, errors=(problem,))
            return RayResult(FinishedItem(failed, None))
        self._notes.texts.clear()
        interrupts = Interrupts()
        interrupts.defer()
        finished = self._stage.work_on(item, upcoming, self._kept, interrupts)
        return RayResult(finished, tuple(map(self._stage.readable, self._notes.texts)))

    def end(self) -> None:
        """Delete what is left of remote files."""
        self._stage.close()


class _NoteHandler(logging.Handler):
    """Keeps warnings for whoever can print them."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())
