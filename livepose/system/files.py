"""Check the files that a run is to write, write them whole, and hash them."""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path

from livepose.core.errors import OptionError, SinkError, TargetExists

_BLOCK_BYTES = 1 << 20
_UNDECODED = re.compile(r"[\udc80-\udcff]+")


def readable_name(path: Path | str) -> str:
    r"""Return a file name, or text with file names in it, as text that can be shown and written.

    Python keeps bytes of a name that it cannot decode as single surrogates, which no file and no
    window takes. Such bytes are read as UTF-8, or else as Latin-1.

    >>> readable_name("caf\udce9.mp4")
    'café.mp4'
    """
    text = _UNDECODED.sub(lambda match: _decoded(match[0]), str(path))
    return text.encode("utf-8", "replace").decode("utf-8")


def _decoded(undecoded: str) -> str:
    raw = undecoded.encode("ascii", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def expand_home(text: str) -> Path:
    """Return a path in which `~` is the home folder; as it is for a user who has no home."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def check_location(path: Path, source: Path | None) -> None:
    """Check that a file's folder exists, and that the file is not the input.

    Args:
        path: The file or folder to write.
        source: The input file; None where there is none.

    Raises:
        OptionError: If the file is the input.
        SinkError: If its folder does not exist.
    """
    if not path.parent.is_dir():
        raise SinkError(f"there is no folder {path.parent} to write {path.name} in")
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise OptionError(f"{path} is the input: writing onto it would destroy it")


def check_vacant(path: Path, *, overwrite: bool, is_folder: bool = False) -> None:
    """Check that nothing stands in the way of a file, or a folder of files.

    Args:
        path: The file or folder to write.
        overwrite: Whether an existing file may be replaced.
        is_folder: Whether a folder is written there. An empty one may exist already.

    Raises:
        TargetExists: If it exists and `overwrite` is not set.
        SinkError: If a folder is in the place of a file, or a file in that of a folder.
    """
    if path.is_dir() and not is_folder:
        raise SinkError(f"{path} is a folder")
    if is_folder and path.exists() and not path.is_dir():
        raise not_a_folder(path)
    is_taken = path.exists() and not (path.is_dir() and not any(path.iterdir()))
    if is_taken and not overwrite:
        raise exists_error(path)


def check_writable(path: Path) -> None:
    """Check that the permissions allow a file to be created, or an existing one to be changed.

    Raises:
        SinkError: If they do not.
    """
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise SinkError(f"{path} cannot be written: permission denied")


def exists_error(path: Path) -> TargetExists:
    """Return the error for a file that exists and may not be replaced."""
    return TargetExists(f"{path} exists: --overwrite replaces it")


def not_a_folder(path: Path) -> SinkError:
    """Return the error for a file that is in the place of a folder."""
    return SinkError(f"{path} is a file, but this format writes a folder")


def write_error(path: Path, error: BaseException) -> SinkError:
    """Return the error for a file that the system could not write."""
    return SinkError(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file as `NAME.part.SUFFIX` beside its target, and rename it into place.

    Raises:
        SinkError: If it cannot be written. No part is left behind.
    """
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise write_error(path, error) from error


def sha256_of(*paths: Path) -> str:
    """Return the SHA-256 of files, read one after the other, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()
