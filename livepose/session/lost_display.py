"""What a run does when the display of its window dies: it finishes its files, and says so."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Protocol

from livepose.core.errors import SinkError
from livepose.sinks.display_loss import DisplayLossHandler

_log = logging.getLogger(__name__)


class _Files(Protocol):
    """What writes files: the recorder, or the outputs of poses."""

    saved: list[Path]
    errors: list[str]

    def close(self) -> None: ...


class LostDisplay(DisplayLossHandler):
    """Finishes a run's files if the display of its window dies; the process ends with code 1."""

    def __init__(self, *files: _Files) -> None:
        """Take what writes files; more can be added to `files`."""
        self.files = list(files)
        super().__init__(self._finish_files)

    def _finish_files(self) -> None:
        """Close the files, and log which of them were saved, and where the others are."""
        saved: list[Path] = []
        errors: list[str] = []
        for each in self.files:
            try:
                each.close()
            except SinkError as error:
                errors.append(str(error))
            saved += each.saved
            errors += each.errors
        for problem in errors:
            _log.error("%s", problem)
        written = f"; wrote {', '.join(map(str, saved))}" if saved else ""
        _log.error("the display is gone, and the run with it%s", written)
