"""TF Hub's own cache of SavedModels, in the folder `TFHUB_CACHE_DIR`."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import time
from pathlib import Path

from livepose.core.errors import ModelError, ModelUnavailable, UntrustedModel
from livepose.models.catalog import ModelSpec
from livepose.system.files import expand_home, sha256_of

_LOCK_LIMIT_S = 60.0


def folder(default: Path) -> Path:
    """Return the cache folder: `TFHUB_CACHE_DIR`, or `default`.

    TF Hub's own default is in the folder for temporary files, where the system deletes old files
    one by one, and TF Hub takes what is left for a whole model.
    """
    chosen = os.environ.get("TFHUB_CACHE_DIR")
    return expand_home(chosen) if chosen else default


def find(cache: Path, url: str) -> Path | None:
    """Return the folder of a complete SavedModel, if there is one for this URL."""
    path = cache / _entry_name(url)
    return path if (path / "saved_model.pb").is_file() else None


def check_saved_model(folder: Path, spec: ModelSpec) -> None:
    """Check that a SavedModel is the one of the catalog. One that is not pinned there passes.

    Raises:
        UntrustedModel: If a file is another one.
        ModelUnavailable: If a file is missing.
    """
    for name, sha256 in spec.hub_files:
        file = folder / name
        try:
            actual = sha256_of(file)
        except FileNotFoundError as error:
            raise ModelUnavailable(f"{folder} is incomplete: it has no {name}") from error
        except OSError as error:
            raise ModelError(f"{file} cannot be read: {error.strerror or error}") from error
        if actual != sha256:
            raise UntrustedModel(
                f"{file} is not the file of the model {spec.name} (its SHA-256 is "
                f"{actual[:12]}..., not {sha256[:12]}...): remove {folder}, or use another "
                "TFHUB_CACHE_DIR"
            )


def remove_leftovers(cache: Path, url: str) -> list[Path]:
    """Remove what a killed download left behind, and return the paths of what was removed.

    TF Hub would wait 20 minutes for the lock of a killed process, and would take a folder without
    a model in it for a complete one.
    """
    removed = []
    lock = cache / f"{_entry_name(url)}.lock"
    if lock.exists():
        # A lock holds "host.process id.task".
        owner = lock.read_text(encoding="utf-8", errors="replace").rsplit(".", 2)
        partial = cache / f"{_entry_name(url)}.{owner[-1]}.tmp"
        if _is_idle(lock, partial) or _owner_is_dead(owner):
            shutil.rmtree(partial, ignore_errors=True)
            lock.unlink(missing_ok=True)
            removed.append(lock)
    entry = cache / _entry_name(url)
    if entry.is_dir() and find(cache, url) is None:
        shutil.rmtree(entry, ignore_errors=True)
        removed.append(entry)
    return removed


def _entry_name(url: str) -> str:
    return hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()


def _is_idle(lock: Path, partial: Path) -> bool:
    """Return whether neither the lock nor the partial download has changed for a while."""
    existing = [path for path in (lock, *partial.rglob("*")) if path.exists()]
    idle_s = time.time() - max(path.stat().st_mtime for path in existing)
    return idle_s > _LOCK_LIMIT_S


def _owner_is_dead(owner: list[str]) -> bool:
    # On Windows os.kill(pid, 0) would send Ctrl-C: there the age alone decides.
    if os.name != "posix" or len(owner) != 3 or owner[0] != socket.gethostname():
        return False
    try:
        os.kill(int(owner[1]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError, OverflowError):
        return False
    return False
