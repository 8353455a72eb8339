"""The names of files, what is said of those that cannot be written, and their hashes."""

from __future__ import annotations

import hashlib
import os
import re
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


def check_name(path: Path) -> None:
    """Check that there can be a file of this name, whether there is one or not.

    Raises:
        OptionError: If it is too long, leads round in a circle of links, or into a folder that
            must not be entered.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OptionError(f"{path} cannot be opened: {reason}") from error


def absolute_path(path: Path) -> Path:
    """Return a path from the root, without `..`; links are kept wherever that names the same file.

    >>> absolute_path(Path("films/../out")) == Path.cwd() / "out"
    True
    """
    plain = os.path.abspath(path)  # noqa: PTH100 - `resolve` does not keep links
    real = os.path.realpath(path)
    return Path(plain if os.path.realpath(plain) == real else real)


def expand_home(text: str) -> Path:
    """Return a path in which `~` is the home folder; as it is for a user who has no home."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def exists_error(path: Path) -> TargetExists:
    """Return the error for a file that exists and may not be replaced."""
    return TargetExists(f"{path} exists: --overwrite replaces it")


def not_a_folder(path: Path) -> SinkError:
    """Return the error for a file that is in the place of a folder."""
    return SinkError(f"{path} is a file, but this format writes a folder")


def write_error(path: Path, error: BaseException) -> SinkError:
    """Return the error for a file that the system could not write."""
    return SinkError(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}")


def sha256_of(*paths: Path) -> str:
    """Return the SHA-256 of files, read one after the other, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    return digest.hexdigest()
