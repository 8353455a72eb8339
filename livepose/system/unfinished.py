"""What this process has begun to write and not finished, for when it has to end at once."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_parts: dict[Path, bool] = {}
"""Each that was begun, and whether it is of use unfinished."""


def note_begun(path: Path, *, is_useful: bool = True) -> None:
    """Note that a file, or a folder of files, is begun beside its target.

    It need not be reported when it is finished: then it has another name, or is deleted.

    Args:
        path: Where it is.
        is_useful: Whether what is in it can be read before it is finished.
    """
    _parts[path.absolute()] = is_useful


def tidy_unfinished() -> list[Path]:
    """Delete the unfinished files that are empty or of no use, and return the others."""
    kept: list[Path] = []
    for path, is_useful in _parts.items():
        with suppress(OSError):
            is_empty = not any(path.iterdir()) if path.is_dir() else path.stat().st_size == 0
            if is_useful and not is_empty:
                kept.append(path)
            elif path.is_dir():
                path.rmdir()
            else:
                path.unlink()
    return kept
