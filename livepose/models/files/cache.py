"""The cache of LiteRT files, which is safe for several processes at once.

A file is named `<key>.<origin>.<first 16 digits of its SHA-256>.tflite`, and is moved to its place
when it is complete. So there is no index to keep up to date, and no lock.
"""

from __future__ import annotations

import logging
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from livepose.core.errors import ModelError
from livepose.system.files import expand_home, sha256_of

_log = logging.getLogger(__name__)
_HASH_DIGITS = 16
_WORKSPACE_PREFIX = "fetching-"
_ABANDONED_AFTER_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One file of the cache."""

    path: Path

    @property
    def key(self) -> str:
        """Which model it is, and for which size of input: see `resolve.cache_key`."""
        return self.path.name.split(".")[0]

    @property
    def origin(self) -> str:
        """Where it came from: google, tfhub, npm, or file for the user's own."""
        return self.path.name.split(".")[1]

    def is_intact(self) -> bool:
        """Return whether the content has the hash that the name states.

        Raises:
            FileNotFoundError: If the file has been removed meanwhile.
        """
        return sha256_of(self.path).startswith(self.path.name.split(".")[2])


class ModelCache:
    """The cache folder: `LIVEPOSE_CACHE`, or livepose's folder where the system keeps caches.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache = ModelCache(Path(folder))
    ...     with cache.workspace() as workspace:
    ...         file = workspace / "finished.tflite"
    ...         _ = file.write_bytes(b"a network")
    ...         path = cache.put("lightning", "google", file)
    ...     path.name, cache.find("lightning") == path
    ('lightning.google.2f782beca6c497e0.tflite', True)
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def entries(self) -> list[CacheEntry]:
        """Return all files, sorted by name.

        Raises:
            ModelError: If the cache cannot be read.
        """
        try:
            return [CacheEntry(path) for path in sorted(self.folder.glob("*.*.*.tflite"))]
        except OSError as error:
            raise ModelError(
                f"the model cache {self.folder} cannot be read ({error.strerror or error}): "
                "set LIVEPOSE_CACHE to a folder of yours"
            ) from error

    def find(self, key: str) -> Path | None:
        """Return an intact file with this key, if there is one; a damaged file is removed."""
        for entry in self.entries():
            if entry.key != key:
                continue
            try:
                if entry.is_intact():
                    return entry.path
            except FileNotFoundError:  # Another process found it damaged, and has removed it.
                continue
            _log.warning("%s is damaged, and is downloaded again", entry.path)
            with self._write_errors():
                entry.path.unlink(missing_ok=True)
        return None

    def put(self, key: str, origin: str, file: Path) -> Path:
        """Move a finished file from a `workspace()` into the cache, and return its new path.

        Raises:
            ModelError: If the cache cannot be written to.
        """
        target = self.folder / f"{key}.{origin}.{sha256_of(file)[:_HASH_DIGITS]}.tflite"
        with self._write_errors():
            file.replace(target)
        return target

    def writable(self) -> ModelCache:
        """Return this cache, or a temporary one of this user if it cannot be written to.

        Raises:
            ModelError: If neither can be written to.
        """
        try:
            with self.workspace():
                return self
        except ModelError as error:
            temporary = ModelCache(_temporary_folder())
            _log.warning("%s; until then, models are kept in %s", error, temporary.folder)
            return temporary

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Make a temporary folder on the cache's own file system, for unfinished files.

        Raises:
            ModelError: If the cache cannot be written to.
        """
        with self._write_errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._remove_abandoned()
            folder = Path(tempfile.mkdtemp(prefix=_WORKSPACE_PREFIX, dir=self.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _write_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ModelError(
                f"the model cache {self.folder} cannot be written to ({error.strerror or error}): "
                "set LIVEPOSE_CACHE to a folder that you may write to"
            ) from error

    def _remove_abandoned(self) -> None:
        """Remove the workspaces of processes that were killed."""
        for folder in self.folder.glob(f"{_WORKSPACE_PREFIX}*"):
            with suppress(FileNotFoundError):  # Its owner has just removed it.
                if time.time() - folder.stat().st_mtime > _ABANDONED_AFTER_S:
                    shutil.rmtree(folder, ignore_errors=True)


def default_folder() -> Path:
    """Return the cache folder: `LIVEPOSE_CACHE`, or the system's place for caches.

    A user without a home that can be used has it in the folder for temporary files.

    Raises:
        ModelError: If that one belongs to another user.
    """
    chosen = os.environ.get("LIVEPOSE_CACHE")
    if chosen:
        return expand_home(chosen)
    try:
        folder = platformdirs.user_cache_path("livepose", appauthor=False)
    except RuntimeError:  # there is no home, neither in HOME nor in the list of users
        return _temporary_folder()
    return folder if _is_usable(folder) else _temporary_folder()


def _is_usable(folder: Path) -> bool:
    """Return whether models can be read from a folder, or written to where it is to be."""
    if not folder.is_absolute():  # "~", where there is no home
        return False
    if os.access(folder, os.R_OK | os.X_OK):
        return True
    existing = next(each for each in folder.parents if os.path.lexists(each))
    return not os.path.lexists(folder) and os.access(existing, os.W_OK | os.X_OK)


def _temporary_folder() -> Path:
    """Make a folder for this user alone, and return it."""
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    try:
        folder = Path(tempfile.gettempdir(), f"livepose-{user}")
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise ModelError(
            "there is no folder to keep models in, neither in a home nor for temporary files: "
            "set LIVEPOSE_CACHE to a folder of yours"
        ) from error
    # Another user could have put models there.
    is_shared = stat.S_ISLNK(status.st_mode) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or is_shared):
        raise ModelError(
            f"others can write to {folder}: set LIVEPOSE_CACHE to a folder of yours for the models"
        )
    return folder
