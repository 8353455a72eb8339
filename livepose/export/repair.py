"""Make the parts of data files whole that a killed run has left.

>>> import tempfile
>>> from livepose.system.part_names import parts_in
>>> with tempfile.TemporaryDirectory() as folder:
...     part = Path(folder, "dance.livepose-3fa9c1.part.csv")
...     _ = part.write_text("frame,x\\n0,1.5\\n1,")
...     (left,) = parts_in(Path(folder))
...     finish(left, overwrite=False), Path(folder, "dance.csv").read_text()
(1, 'frame,x\\n0,1.5\\n')

What is done to a format is in the module of its exporter: a function that reads the part, writes a
new file of it, and returns how many rows, lines or frames that has. `FORMATS` names it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from livepose.core.errors import OptionError, SinkError
from livepose.export import FORMATS, format_of
from livepose.system.files import write_error
from livepose.system.part_names import Leftover
from livepose.system.parts import Part
from livepose.system.targets import check_vacant


def is_data(left: Leftover) -> bool:
    """Return whether a part is one of poses: a file or a folder of one of `FORMATS`."""
    try:
        return FORMATS[format_of(left.target)].is_folder == left.path.is_dir()
    except OptionError:
        return False


def finish(left: Leftover, *, overwrite: bool) -> int:
    """Make a part of poses whole, and put it in its target's place.

    Args:
        left: A part that is not in use, and for which `is_data` is true.
        overwrite: Whether an existing target is replaced.

    Returns:
        How many rows, lines or frames it has.

    Raises:
        TargetExists: If the target exists and `overwrite` is not set.
        SinkError: If nothing of the part can be kept, or the file cannot be written; the part stays
            as it is.
    """
    file_format = FORMATS[format_of(left.target)]
    check_vacant(left.target, overwrite=overwrite, is_folder=file_format.is_folder)
    if file_format.is_folder:
        return _finish_folder(left, overwrite=overwrite)
    module, _, name = file_format.repair.partition(".")
    repair: Callable[[Path, Path], int]
    repair = getattr(import_module(f"livepose.export.{module}"), name)
    part = Part.resume(left, overwrite=overwrite)
    try:
        with part.rewriting() as path:
            count = repair(left.path, path)
            if not count:
                raise left.nothing_to_keep()
    except SinkError:
        part.close_file()
        raise
    part.put_in_place()
    return count


def _finish_folder(left: Leftover, *, overwrite: bool) -> int:
    from livepose.export.openpose import move_frames, repair_folder

    try:
        count = repair_folder(left.path)
    except OSError as error:
        raise write_error(left.path, error) from error
    if not count:
        raise left.nothing_to_keep()
    move_frames(left.path, left.target, overwrite=overwrite)
    return count
