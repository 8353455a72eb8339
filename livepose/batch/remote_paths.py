"""Addresses such as `s3://bucket/films/a.mp4`, and the paths that stand for them in a plan.

The plan of a batch, and the options of its runs, are made of paths. What is at an address has one
below `REMOTE_ROOT`, a folder that does not exist:

    s3://bucket/films/a.mp4   <->   /livepose-remote/s3/bucket/films/a.mp4

Whoever works on it has it in a temporary folder of the same shape (`staging`). No path holds a user
or a password: those are in `RemoteAddress` alone, which shows none.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from livepose.core.errors import OptionError
from livepose.session.parsing import check_no_field
from livepose.system.addresses import local_path
from livepose.system.files import absolute_path

REMOTE_ROOT = Path(os.path.abspath(os.sep), "livepose-remote")  # noqa: PTH100 - with a drive
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>.*)", re.DOTALL)
_SAME_SCHEMES = {"s3a": "s3", "gcs": "gs", "ssh": "sftp"}
_WITH_CONTAINERS = ("abfs", "abfss")
"""Here a container stands before the @, and no user."""
_ODD_PARTS = ("", ".", "..")
"""Parts of a key that no path has."""


def is_remote(text: str) -> bool:
    """Return whether a word is an address, and no name of a local file.

    >>> is_remote("s3://bucket/films"), is_remote("films"), is_remote("file:///films")
    (True, False, False)
    """
    match = _ADDRESS.match(text)
    return match is not None and match["scheme"].lower() not in ("file", "local")


@dataclass(frozen=True, slots=True)
class RemoteAddress:
    """The address of a file or a folder, as it was given.

    >>> address = RemoteAddress("sftp://me:secret@host/films")
    >>> str(address), repr(address), str(address / "a.mp4")
    ('sftp://host/films', 'RemoteAddress()', 'sftp://host/films/a.mp4')
    """

    url: str = field(repr=False)
    """With user and password, if it has some: not to be shown."""

    def __post_init__(self) -> None:
        """Check that it names something.

        Raises:
            OptionError: If there is no host or bucket in it, or if it is several in one.
        """
        if not is_remote(self.url) or not self._rest.strip("/") or "::" in self.url:
            raise OptionError(
                f"{self} is not the address of a file or folder, such as s3://bucket/name"
            )

    def __str__(self) -> str:
        return f"{self.scheme}://{self._rest}"

    def __truediv__(self, name: str) -> RemoteAddress:
        return RemoteAddress(f"{self.url.rstrip('/')}/{name}")

    def below(self, path: Path) -> RemoteAddress:
        """Return the address of a file in this folder, of its path in a plan."""
        return self / path.relative_to(self.path).as_posix()

    @property
    def scheme(self) -> str:
        """Of the kind of storage, in its usual spelling."""
        scheme = self.url.partition("://")[0].lower()
        return _SAME_SCHEMES.get(scheme, scheme)

    @property
    def _rest(self) -> str:
        """What follows the scheme, without user and password."""
        host, slash, key = self.url.partition("://")[2].partition("/")
        if self.scheme in _WITH_CONTAINERS:
            return host + slash + key
        return host.rpartition("@")[2] + slash + key

    @property
    def path(self) -> Path:
        """What stands for it in a plan."""
        parts = [part for part in self._rest.split("/") if part not in _ODD_PARTS]
        return Path(REMOTE_ROOT, self.scheme, *parts)

    @property
    def suffix(self) -> str:
        """The suffix of its name, as a path has it."""
        return self.path.suffix


Place: TypeAlias = Path | RemoteAddress
"""Where a file or folder is."""


def parse_output_place(text: str) -> Place:
    """Return the file or folder to write to that a word names.

    Raises:
        OptionError: If it is an address without a name, or if a word in braces is in the name.
    """
    check_no_field(text)
    return RemoteAddress(text) if is_remote(text) else Path(local_path(text))


def path_of(place: Place) -> Path:
    """Return the absolute path that a plan has for a place."""
    return place.path if isinstance(place, RemoteAddress) else absolute_path(place)


def is_remote_path(path: Path) -> bool:
    """Return whether a path of a plan stands for an address."""
    return path.is_relative_to(REMOTE_ROOT)


def shown(path: Path) -> str:
    """Return the address that a path of a plan stands for, without secrets; else the path.

    >>> shown(RemoteAddress("s3://bucket/films/a.mp4").path)
    's3://bucket/films/a.mp4'
    """
    if not is_remote_path(path):
        return str(path)
    scheme, *parts = path.relative_to(REMOTE_ROOT).parts
    return f"{scheme}://{'/'.join(parts)}"


def path_shown_as(text: str) -> Path:
    """Return the path of a plan that `shown` was called on."""
    return RemoteAddress(text).path if is_remote(text) else Path(text)


def is_plain_key(key: str) -> bool:
    """Return whether a path can stand for a key: none of its parts is empty, `.` or `..`."""
    return not any(part in _ODD_PARTS for part in key.split("/"))
