"""The files of formats that have one for each person: `walk.trc`, `walk_person2.trc`."""

from __future__ import annotations

import re
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.system.files import write_error
from livepose.system.targets import check_target

LARGEST_NUMBER = 999_999
"""So many digits there is room for in the names of people's files."""


def person_path(path: Path, number: int) -> Path:
    """Return the file of a further person.

    >>> person_path(Path("walk.trc"), 2).name
    'walk_person2.trc'
    """
    return path.with_name(f"{path.stem}_person{number}{path.suffix}")


def first_person_path(path: Path) -> Path | None:
    """Return the file of the first person, for that of a further one; None if it is not one.

    >>> str(first_person_path(Path("walk_person2.trc"))), first_person_path(Path("walk.trc"))
    ('walk.trc', None)
    """
    found = re.fullmatch(r"(.+)_person\d+", path.stem)
    return None if found is None else path.with_name(f"{found[1]}{path.suffix}")


def further_files(path: Path) -> list[Path]:
    """Return the files of further people that exist.

    Raises:
        SinkError: If the folder cannot be read.
    """
    other = re.compile(re.escape(path.stem) + r"_person\d+" + re.escape(path.suffix))
    try:
        return [file for file in sorted(path.parent.iterdir()) if other.fullmatch(file.name)]
    except OSError as error:
        raise write_error(path, error) from error


def check_further_files(path: Path, *, overwrite: bool) -> None:
    """Check that the files of further people can be written: who will come is not known yet.

    Raises:
        TargetExists: If one exists and `overwrite` is not set.
        SinkError: If one cannot be replaced.
    """
    for file in further_files(path):
        check_target(file, overwrite=overwrite)


def delete_files(paths: list[Path]) -> None:
    """Delete the files of people whom an earlier run saw.

    Raises:
        SinkError: If one cannot be deleted.
    """
    for path in paths:
        try:
            path.unlink()
        except OSError as error:
            raise SinkError(
                f"{path}, of an earlier run, cannot be deleted: {error.strerror}"
            ) from error
