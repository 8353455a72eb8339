"""Check where a run is to write, before any work, by one rule for every kind of file.

- A link is followed: what it points to is replaced, or created if nothing is there.
- A file that is marked read-only, or belongs to somebody else in a shared folder, is refused.
- A pipe or a device is written to as it is; other special files are refused.
- The name has to leave room for that of the part (`livepose.system.part_names`), and a part can be
  created in the folder: that is tried, as permissions alone do not tell.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from livepose.core.errors import OptionError, SinkError
from livepose.system.files import exists_error, not_a_folder, write_error
from livepose.system.part_names import Kind, create_beside, refused


def check_suffix(path: Path, suffixes: Sequence[str]) -> None:
    """Check that a file's name has one of some suffixes, and more than that.

    Raises:
        OptionError: If it has none of them, or is nothing but a suffix.

    >>> check_suffix(Path("films/dance.MP4"), (".mp4", ".mkv"))
    """
    name = path.name.lower()
    if name in suffixes:
        raise OptionError(f"{path} is a suffix without a name: use a name such as pose{name}")
    if path.suffix.lower() not in suffixes:
        one_of = "one of " if len(suffixes) > 1 else ""
        raise OptionError(f"{path} must end in {one_of}{', '.join(suffixes)}")


def check_location(path: Path, source: Path | None) -> None:
    """Check that a file's folder exists, and that the file is not the input.

    Args:
        path: The file or folder to write.
        source: The input file; None where there is none.

    Raises:
        OptionError: If the file is the input.
        SinkError: If its folder does not exist, or nothing can be there.
    """
    folder = status_of(path.parent)
    if folder is None or not stat.S_ISDIR(folder.st_mode):
        raise SinkError(f"there is no folder {path.parent} to write {path.name} in")
    status = status_of(path)
    if source is None or status is None:
        return
    try:
        is_input = os.path.samestat(status, source.stat())
    except (OSError, ValueError):
        return  # there is no such input: that is said where it is opened
    if is_input:
        raise OptionError(f"{path} is the input: writing onto it would destroy it")


def check_target(
    path: Path,
    *,
    overwrite: bool,
    is_folder: bool = False,
) -> None:
    """Check that a file, or a folder of files, can be written from its part to its last step.

    Args:
        path: The file or folder to write; its folder exists.
        overwrite: Whether an existing file may be replaced.
        is_folder: Whether a folder is written there. An empty one may exist already.

    Raises:
        TargetExists: If it exists and `overwrite` is not set.
        SinkError: If it cannot be written, or if a folder is in the place of a file, or a file in
            that of a folder.
    """
    check_vacant(path, overwrite=overwrite, is_folder=is_folder)
    status = status_of(path)
    if status is not None:
        _check_replaceable(path, status)
        if is_special(status):
            return
    _check_creatable(path, part_stem(path))


def check_vacant(path: Path, *, overwrite: bool, is_folder: bool = False) -> None:
    """Check that nothing stands in the way of a file, or a folder of files.

    Nothing is lost in a pipe or a device, which `overwrite` does not concern.

    Args:
        path: The file or folder to write.
        overwrite: Whether an existing file may be replaced.
        is_folder: Whether a folder is written there. An empty one may exist already.

    Raises:
        TargetExists: If it exists and `overwrite` is not set.
        SinkError: If a folder is in the place of a file, or a file in that of a folder.
    """
    status = status_of(path)
    if status is None:
        return
    is_there = stat.S_ISDIR(status.st_mode)
    if is_there and not is_folder:
        raise SinkError(f"{path} is a folder")
    if is_folder and not is_there:
        raise not_a_folder(path)
    if overwrite or is_special(status):
        return
    try:
        is_empty = is_there and not any(path.iterdir())
    except OSError as error:
        raise write_error(path, error) from error
    if not is_empty:
        raise exists_error(path)


def place_of(path: Path) -> Path:
    """Return which file is replaced if a target is written: the target, or what it links to."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def part_stem(path: Path) -> Path:
    """Return what the part of a target is named after: the file that is replaced.

    A link may point to a name with another ending; then it is the target's own name, in the folder
    of that file, as the ending says which format it is.
    """
    place = place_of(path)
    return place if place.suffix.lower() == path.suffix.lower() else place.with_name(path.name)


def status_of(path: Path) -> os.stat_result | None:
    """Return what the system knows of a file, links followed; None if nothing is there.

    Raises:
        SinkError: If nothing can be there: the name is too long, or a link leads to itself.
    """
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise refused(path, path, error) from error
    except ValueError as error:  # a zero byte in a name
        raise write_error(path, error) from error


def is_special(status: os.stat_result) -> bool:
    """Return whether something is a pipe or a device: it is written to, and never replaced."""
    return not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))


def _check_replaceable(path: Path, status: os.stat_result) -> None:
    """Raise SinkError if what is there may not be written, although another could take its place.

    A file that is marked read-only is meant to stay, also where root could write it.
    """
    mode = status.st_mode
    if stat.S_ISSOCK(mode) or stat.S_ISBLK(mode):
        raise SinkError(f"{path} is a {'socket' if stat.S_ISSOCK(mode) else 'disk'}, and no file")
    if not mode & 0o222 or not os.access(path, os.W_OK):
        raise SinkError(f"{path} cannot be written: it is read-only")
    if not stat.S_ISREG(mode) or os.name == "nt":
        return
    folder = place_of(path).parent.stat()
    owners = (status.st_uid, folder.st_uid, 0)
    if folder.st_mode & stat.S_ISVTX and os.geteuid() not in owners:
        raise SinkError(f"{path} cannot be written: it belongs to another user")


def _check_creatable(path: Path, place: Path) -> None:
    """Raise SinkError if the part of a file cannot be created: it is tried, and deleted again."""
    folder = status_of(place.parent)
    if folder is None or not stat.S_ISDIR(folder.st_mode):
        raise SinkError(f"{path} is a link into a folder that does not exist: {place.parent}")
    handle, probe = create_beside(path, place, Kind.WHOLE)
    os.close(handle)
    try:
        probe.unlink()
    except OSError as error:
        raise write_error(path, error) from error
