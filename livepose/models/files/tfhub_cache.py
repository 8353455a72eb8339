"""TF Hub's own cache of SavedModels, as its users know it: `TFHUB_CACHE_DIR`."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import time
from pathlib import Path

_LOCK_LIMIT_S = 60.0


def folder(default: Path) -> Path:
    """Tell where TF Hub keeps its models: TFHUB_CACHE_DIR, else ours; never in /tmp."""
    chosen = os.environ.get("TFHUB_CACHE_DIR")
    return Path(chosen).expanduser() if chosen else default


def find(cache: Path, url: str) -> Path | None:
    """Look up a SavedModel by its URL; an incomplete one does not count."""
    path = cache / _entry_name(url)
    return path if (path / "saved_model.pb").is_file() else None


def clear_leftovers(cache: Path, url: str) -> list[Path]:
    """Remove what a killed download left behind: TF Hub would wait 20 minutes for its lock.

    Also removes an entry without a model in it, which TF Hub would take for a whole one.

    Returns:
        What was removed.
    """
    removed = []
    for lock in cache.glob(f"{_entry_name(url)}.lock"):
        leftover = cache / f"{_entry_name(url)}.{_owner(lock)[-1]}.tmp"
        if _is_abandoned(lock, leftover):
            shutil.rmtree(leftover, ignore_errors=True)
            lock.unlink(missing_ok=True)
            removed.append(lock)
    entry = cache / _entry_name(url)
    if entry.is_dir() and find(cache, url) is None:
        shutil.rmtree(entry, ignore_errors=True)
        removed.append(entry)
    return removed


def _entry_name(url: str) -> str:
    return hashlib.sha1(url.encode()).hexdigest()


def _owner(lock: Path) -> list[str]:
    """Read host, process id and task out of a lock."""
    return lock.read_text(encoding="utf-8", errors="replace").rsplit(".", 2)


def _is_abandoned(lock: Path, leftover: Path) -> bool:
    touched = [path for path in (lock, *leftover.rglob("*")) if path.exists()]
    idle_s = time.time() - max(path.stat().st_mtime for path in touched)
    return idle_s > _LOCK_LIMIT_S or _owner_is_dead(_owner(lock))


def _owner_is_dead(owner: list[str]) -> bool:
    # On Windows os.kill(pid, 0) is no question, it sends Ctrl-C: there the age alone decides.
    if os.name != "posix" or len(owner) != 3 or owner[0] != socket.gethostname():
        return False
    try:
        os.kill(int(owner[1]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, ValueError, OverflowError):
        return False
    return False
