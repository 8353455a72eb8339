"""Checks of the files that a run is to write, made before any work is done."""

from __future__ import annotations

import os
from pathlib import Path

from livepose.core.errors import OptionError, SinkError, TargetExists


def check_location(path: Path, source: Path | None) -> None:
    """Check that a file's folder exists, and that the file is not the input.

    Args:
        path: the file or folder to write.
        source: the input file; None where there is none.

    Raises:
        OptionError: If the file is the input.
        SinkError: If its folder does not exist.
    """
    if not path.parent.is_dir():
        raise SinkError(f"there is no folder {path.parent} to write {path.name} in")
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise OptionError(f"{path} is the input: writing onto it would destroy it")


def check_vacant(path: Path, *, is_folder: bool, overwrite: bool) -> None:
    """Check that a file, or a folder of files, can be written, without touching anything.

    Args:
        path: the file or folder to write.
        is_folder: whether a folder is written there. An empty one may exist already.
        overwrite: whether an existing file may be replaced.

    Raises:
        TargetExists: If it exists and `overwrite` is not set.
        SinkError: If the folder that it belongs in does not exist, if a folder is in the place of
            a file or a file in that of a folder, or if writing is not permitted.
    """
    check_location(path, None)
    if path.is_dir() and not is_folder:
        raise SinkError(f"{path} is a folder")
    if is_folder and path.exists() and not path.is_dir():
        raise not_a_folder(path)
    is_taken = path.exists() and not (path.is_dir() and not any(path.iterdir()))
    if is_taken and not overwrite:
        raise exists_error(path)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise SinkError(f"{path} cannot be written: permission denied")


def exists_error(path: Path) -> TargetExists:
    """Return the error for a file that exists and may not be replaced."""
    return TargetExists(f"{path} exists: --overwrite replaces it")


def not_a_folder(path: Path) -> SinkError:
    """Return the error for a file that is in the place of a folder."""
    return SinkError(f"{path} is a file, but this format writes a folder")


def write_error(path: Path, error: OSError) -> SinkError:
    """Return the error for a file that the system could not write."""
    return SinkError(f"{path} cannot be written: {error.strerror or error}")
