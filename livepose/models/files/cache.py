"""livepose's own cache of LiteRT files: whole, verified, and safe for two processes at once.

A file's name carries what it must hash to, `<key>.<origin>.<first 16 digits of its
SHA-256>.tflite`, and it comes into being by a rename. So there is no second file to keep in step,
and no lock.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from livepose.core.errors import ModelError
from livepose.system.files import sha256_of

_log = logging.getLogger(__name__)
_DIGITS = 16
_WORK_PREFIX = "fetching-"
_ABANDONED_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the cache."""

    path: Path

    @property
    def key(self) -> str:
        return self.path.name.split(".")[0]

    @property
    def origin(self) -> str:
        """Where it came from: google, tfhub, npm, or file for the user's own."""
        return self.path.name.split(".")[1]

    def is_whole(self) -> bool:
        """Tell whether the content is what the name says."""
        return sha256_of(self.path).startswith(self.path.name.split(".")[2])


class Store:
    """The cache folder: `LIVEPOSE_CACHE`, or the system's place for caches."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def entries(self) -> list[Entry]:
        """List what is there, by name."""
        return [Entry(path) for path in sorted(self.folder.glob("*.*.*.tflite"))]

    def find(self, key: str) -> Path | None:
        """Look up a file that is whole; a damaged one is put away, with a word in the log."""
        for entry in self.entries():
            if entry.key != key:
                continue
            if _is_whole_still(entry):
                return entry.path
            _log.warning("%s is damaged, and is fetched again", entry.path)
            with self._writing():
                entry.path.unlink(missing_ok=True)
        return None

    def put(self, key: str, origin: str, file: Path) -> Path:
        """Move a finished file in, from within `workspace()`.

        Raises:
            ModelError: the cache cannot be written to.
        """
        target = self.folder / f"{key}.{origin}.{sha256_of(file)[:_DIGITS]}.tflite"
        with self._writing():
            file.replace(target)
        return target

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Lend a folder beside the files, where unfinished things lie; it is gone afterwards."""
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            folder = Path(tempfile.mkdtemp(prefix=_WORK_PREFIX, dir=self.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ModelError(
                f"the model cache {self.folder} cannot be written to ({error.strerror or error}): "
                "set LIVEPOSE_CACHE to a folder of yours"
            ) from error

    def _sweep(self) -> None:
        """Remove what killed processes left behind."""
        for folder in self.folder.glob(f"{_WORK_PREFIX}*"):
            with suppress(FileNotFoundError):  # its owner was faster
                if time.time() - folder.stat().st_mtime > _ABANDONED_S:
                    shutil.rmtree(folder, ignore_errors=True)


def _is_whole_still(entry: Entry) -> bool:
    """Another process may put a damaged file away while this one reads it."""
    try:
        return entry.is_whole()
    except FileNotFoundError:
        return False


def default_folder() -> Path:
    """Tell where the cache is."""
    chosen = os.environ.get("LIVEPOSE_CACHE")
    return (
        Path(chosen).expanduser()
        if chosen
        else platformdirs.user_cache_path("livepose", appauthor=False)
    )
