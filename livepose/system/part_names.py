"""The names of files that are being written, by which they are found again after a crash.

Every file that livepose writes grows beside its target, and is renamed when it is whole:

    dance.mp4             the target: the old file, if there is one, until the new one is whole
    dance.livepose-3fa9c1.part.mp4     its part: what has been written so far
    dance.livepose-3fa9c1.whole.mp4    for a moment at the end: the part, written anew for its place
    walk_json.livepose-3fa9c1.part     the part of a folder

The six digits are drawn anew for each run. A part is created, never opened: no file of the user's
is ever taken for one, and no link is followed. Where the target is a link, the part lies beside
what the link points to. While a run goes on, it holds a lock on its parts.

For what is left of a run that was killed: `abandoned_parts_in` finds it, `Leftover.is_in_use` says
of one part whether a run still writes it, and `Leftover.target` is where it was meant to go. A
`WHOLE` file is a copy that was not finished: its `PART` has everything, and it can be deleted. How
the part of a data file is made whole is known to `livepose.export.repair`.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.system.files import write_error
from livepose.system.unfinished import note_begun

_NEW_FILE = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NAME = re.compile(
    r"(?P<stem>.+)\.livepose-(?P<run>[0-9a-f]{6})\.(?P<kind>part|whole)(?P<suffix>(\.[^.]+)?)",
    re.DOTALL,
)
_MARK = ".livepose-"
"""In the names of all parts."""
_NAME_BYTES = 255
_run = os.urandom(3).hex()


class Kind(Enum):
    """What a file beside a target is."""

    PART = "part"
    """It grows."""
    WHOLE = "whole"
    """A part that is written anew; it replaces the part."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file, or a folder, that has the name of a part.

    >>> left = leftover(Path("videos/dance.livepose-3fa9c1.part.mp4"))
    >>> left.target.name, left.kind.value, left.run
    ('dance.mp4', 'part', '3fa9c1')
    >>> leftover(Path("dance.part.mp4")) is None
    True
    """

    path: Path
    target: Path
    """Where it was to go, in the same folder."""
    kind: Kind
    run: str
    """The same for all parts of one run."""

    def is_in_use(self) -> bool:
        """Return whether the run that writes it still goes on, on this machine."""
        same_run = [each for each in parts_in(self.path.parent) if each.run == self.run]
        return any(is_locked(each.path) for each in same_run)

    def nothing_to_keep(self) -> SinkError:
        """Return the error for a part in which there is nothing to be made whole."""
        return SinkError(f"{self.path} has nothing that can be kept: --discard deletes it")


def parts_in(folder: Path) -> list[Leftover]:
    """Return what has the name of a part in a folder, those of runs that go on included.

    Raises:
        OSError: If the folder cannot be read.
    """
    # There may be a hundred thousand other files: their names are all that is looked at.
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if _MARK in entry.name)
    found = (leftover(folder / name) for name in names)
    return [each for each in found if each is not None and not each.path.is_symlink()]


def abandoned_parts_in(folder: Path) -> list[Leftover]:
    """Return the parts in a folder that no run on this machine writes any more.

    Raises:
        OSError: If the folder cannot be read.
    """
    parts = parts_in(folder)
    going_on = {each.run for each in parts if is_locked(each.path)}
    return [each for each in parts if each.run not in going_on]


def leftover(path: Path) -> Leftover | None:
    """Return what the name of a part says; None for any other name."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    target = path.with_name(match["stem"] + match["suffix"])
    return Leftover(path, target, Kind(match["kind"]), match["run"])


def create_beside(target: Path, place: Path, kind: Kind) -> tuple[int, Path]:
    """Create an empty file beside a target, and lock it.

    Args:
        target: As it was given, for messages.
        place: The target with its links followed.
        kind: What the file is for.

    Returns:
        The open file, for reading and writing, and its path.

    Raises:
        SinkError: If no file can be created there.
    """
    run = _run
    while True:
        path = _named(place, kind, run)
        try:
            handle = os.open(path, _NEW_FILE, 0o666)
        except FileExistsError:
            run = os.urandom(3).hex()
        except (OSError, ValueError) as error:
            raise refused(target, path, error) from error
        else:
            note_begun(path, is_useful=kind is Kind.PART)
            lock(handle)
            return handle, path


def create_folder_beside(target: Path, place: Path) -> Path:
    """Create an empty folder beside a target that is a folder, and return its path.

    Raises:
        SinkError: If no folder can be created there.
    """
    run = _run
    while True:
        path = _named(place, Kind.PART, run)
        try:
            path.mkdir()
        except FileExistsError:
            run = os.urandom(3).hex()
        except (OSError, ValueError) as error:
            raise refused(target, path, error) from error
        else:
            note_begun(path)
            return path


def lock_folder(path: Path) -> int:
    """Lock a folder until it is closed, and return it, opened; -1 where folders are not opened."""
    if os.name == "nt":
        return -1
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    lock(handle)
    return handle


def refused(target: Path, tried: Path, error: OSError | ValueError) -> SinkError:
    """Return the error for a target of which the system refused a file.

    Args:
        target: What is to be written.
        tried: The file that could not be created.
        error: What the system said.
    """
    if getattr(error, "errno", None) != errno.ENAMETOOLONG:
        return write_error(target, error)
    try:
        check_room(target, tried)
    except SinkError as too_long:
        return too_long
    return SinkError(f"{target} cannot be written: the names of its folders are too long")


def check_room(target: Path, longest: Path) -> None:
    """Check that the name of a target leaves room for the names of what is written beside it.

    Args:
        target: What is to be written.
        longest: The file with the longest name beside it, but for its own part; or the target.

    Raises:
        SinkError: If it does not.
    """
    part = longest if leftover(longest) else _named(longest, Kind.WHOLE, _run)
    size_bytes = len(os.fsencode(target.name))
    limit_bytes = _name_limit(target.parent) - (len(os.fsencode(part.name)) - size_bytes)
    if size_bytes > limit_bytes:
        raise SinkError(
            f"{target} cannot be written: its name has {size_bytes} bytes, and at most "
            f"{limit_bytes} leave room for what is written beside it"
        )


def lock(handle: int) -> bool:
    """Lock a file until it is closed, or the process ends.

    Returns:
        Whether nobody else has locked it.
    """
    if os.name == "nt":
        return True  # there, an open file cannot be renamed, which says as much
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # some network drives have no locks
    return True


def _named(place: Path, kind: Kind, run: str) -> Path:
    return place.with_name(f"{place.stem}.livepose-{run}.{kind.value}{place.suffix}")


def _name_limit(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows has no pathconf
        return _NAME_BYTES


def is_locked(path: Path) -> bool:
    if os.name == "nt":
        try:
            path.rename(path)
        except OSError:
            return True
        return False
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False
