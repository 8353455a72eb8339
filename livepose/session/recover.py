"""What runs that were killed have left: find it, and make it whole."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from livepose.core.errors import OptionError, SinkError
from livepose.session.options import Options
from livepose.system.part_names import Kind, Leftover, abandoned_parts_in, leftover


@dataclass(frozen=True, slots=True, eq=False)
class Recovered:
    """A file that was made whole."""

    path: Path
    amount: str
    """How much of it there is, such as `152 frames, 5.1 s`."""


def left_in(folder: Path) -> list[Leftover]:
    """Return what runs have left in a folder, without the files that a run still writes.

    Raises:
        SinkError: If the folder cannot be read.
    """
    try:
        return abandoned_parts_in(folder)
    except OSError as error:
        reason = error.strerror or error
        raise SinkError(f"{folder} cannot be read: {reason}") from error


def left_at(path: Path) -> list[Leftover]:
    """Return what is left in a folder, or a part that is named.

    Raises:
        OptionError: If it is neither a folder nor a part.
        SinkError: If it cannot be read, or if a run still writes the part.
    """
    left = leftover(path.absolute())
    if left is not None and path.exists():
        if left.is_in_use():
            raise SinkError(f"{path} is still being written")
        return [left]
    if not path.is_dir():
        what = "is not a part that a run has left" if path.exists() else "does not exist"
        raise OptionError(f"{path} {what}")
    return left_in(path)


def note_of(folders: Iterable[Path]) -> str:
    """Return a sentence on what killed runs have left in folders; an empty one if nothing is."""
    names: list[str] = []
    commands: list[str] = []
    for folder in dict.fromkeys(folder.absolute() for folder in folders):
        try:
            parts = [each for each in left_in(folder) if each.kind is Kind.PART]
        except SinkError:
            continue  # that is said by whoever has to write there
        names += [each.target.name for each in parts]
        if parts:
            place = "" if folder == Path.cwd() else f" {_quoted(folder)}"
            commands.append(f"livepose recover{place}")
    if not names:
        return ""
    files = "1 unfinished file" if len(names) == 1 else f"{len(names)} unfinished files"
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    keep = "it" if len(names) == 1 else "them"
    makes = "makes" if len(commands) == 1 else "make"
    return f"{files} of earlier runs ({shown}): {' and '.join(commands)} {makes} {keep} whole"


def folders_of(options: Options) -> list[Path]:
    """Return the folders in which a run may write files."""
    out = options.output.out
    targets = [*([] if out is None else [out]), *options.data.files]
    return [Path(), *(target.parent for target in targets)]


def recover(left: Leftover) -> Recovered | None:
    """Make a part whole and put it in its place, or beside the file that is there.

    Args:
        left: What is not in use any more. A copy that was being made of a part is deleted.

    Returns:
        What was written; None if a copy was deleted.

    Raises:
        SinkError: If that cannot be done; the part stays.
    """
    if left.kind is Kind.WHOLE:
        discard(left)
        return None
    from livepose.export.repair import finish, is_data  # for what few runs leave

    left = replace(left, target=_free(left.target))
    if is_data(left):
        rows = finish(left, overwrite=False)
        amount = "1 record" if rows == 1 else f"{rows} records"
    else:
        from livepose.sinks.repair import finish_video, is_video  # with PyAV

        if not is_video(left):
            raise SinkError(f"{left.path} cannot be made whole: --discard deletes it")
        rows, seconds = finish_video(left)
        amount = f"{rows} {'frame' if rows == 1 else 'frames'}, {seconds:.1f} s"
    return Recovered(left.target, amount)


def discard(left: Leftover) -> None:
    """Delete what a run has left.

    Raises:
        SinkError: If it cannot be deleted.
    """
    try:
        if left.path.is_dir():
            import shutil

            shutil.rmtree(left.path)
        else:
            left.path.unlink()
    except OSError as error:
        raise SinkError(f"{left.path} cannot be deleted: {error.strerror or error}") from error


def _quoted(path: Path) -> str:
    """Return a path as a shell takes it."""
    if os.name == "nt":
        return f'"{path}"'
    import shlex  # for few runs

    return shlex.quote(str(path))


def _free(target: Path) -> Path:
    """Return the target, or another name if a file or a folder is there."""
    numbered = (f"recovered-{number}-{target.name}" for number in count(2))
    names = chain((target.name, f"recovered-{target.name}"), numbered)
    return next(path for name in names if not (path := target.with_name(name)).exists())
