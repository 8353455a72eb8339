"""Temporary folders for remote files: what a killed process has left is deleted by a later one."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from livepose.core.errors import SourceError
from livepose.system.part_names import is_locked, lock

LOCK = "in-use"
_PREFIX = "livepose-batch-"
_LOCKED_AFTER_S = 60.0


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder, which is deleted then with all that is in it.

    Raises:
        SourceError: If it cannot be created.
    """
    folder, handle = create_locked()
    try:
        yield folder
    finally:
        delete_locked(folder, handle)


def create_locked() -> tuple[Path, int]:
    """Return a new folder, and the open file in it that is locked as long as it is in use.

    Raises:
        SourceError: If it cannot be created.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT)
        lock(handle)
    except OSError as error:
        reason = error.strerror or error
        raise SourceError(f"a folder for remote files cannot be created: {reason}") from error
    if is_locked(folder / LOCK):  # some network drives have no locks
        _delete_abandoned()
    return folder, handle


def delete_locked(folder: Path, handle: int) -> None:
    """Delete a folder that `create_locked` has returned, with all that is in it."""
    os.close(handle)
    shutil.rmtree(folder, ignore_errors=True)


def _delete_abandoned() -> None:
    """Delete the folders of processes that were killed."""
    for lock_file in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{LOCK}"):
        with suppress(OSError):
            # One that is younger may be about to be locked.
            is_old = time.time() - lock_file.stat().st_mtime > _LOCKED_AFTER_S
            if is_old and not is_locked(lock_file):
                shutil.rmtree(lock_file.parent, ignore_errors=True)
