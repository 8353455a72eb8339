"""By what a batch knows a file again: its size, its time, and a hash of what is in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from livepose.system.files import sha256_of


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What a file was when it was read or written; of a folder, all files in it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_bytes(b"1,2")
    ...     identity = FileIdentity.of(path)
    ...     is_same = identity.is_same(path)
    ...     _ = path.write_bytes(b"1,3")
    ...     is_same, identity.is_same(path)
    (True, False)
    """

    path: str
    size_bytes: int
    modified_ns: int
    sha256: str
    version: str = ""
    """What the storage knows a version of a file by, if it is at an address: such as its ETag."""

    @classmethod
    def of_all(cls, path: str, files: Sequence[FileIdentity]) -> FileIdentity:
        """Return what a folder at an address is, of all files in it."""
        versions = json.dumps(sorted([each.path, each.version] for each in files))
        digest = hashlib.sha256(versions.encode()).hexdigest()
        return cls(path, sum(each.size_bytes for each in files), 0, "", digest)

    @classmethod
    def of(cls, path: Path, *, reads: bool = True) -> FileIdentity:
        """Return what a file is, or all files in a folder.

        Args:
            path: The file or folder.
            reads: Whether it is read; else it is known by its size and its time alone.

        Raises:
            OSError: If that cannot be done.
        """
        files = _files_of(path)
        size_bytes, modified_ns = _status_of(files)
        return cls(str(path), size_bytes, modified_ns, sha256_of(*files) if reads else "")

    def matches(self, other: FileIdentity) -> bool:
        """Return whether a file at an address is the same one as it was."""
        return (self.size_bytes, self.version) == (other.size_bytes, other.version)

    def is_same(self, path: Path) -> bool:
        """Return whether a file is as it was; it is read only if it seems to be newer."""
        try:
            files = _files_of(path)
            size_bytes, modified_ns = _status_of(files)
            if size_bytes != self.size_bytes:
                return False
            if modified_ns == self.modified_ns or not self.sha256:
                return modified_ns == self.modified_ns
            return sha256_of(*files) == self.sha256
        except OSError:
            return False

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def identity_from_json(values: Mapping[str, Any]) -> FileIdentity:
    """Return the identity that `to_json` was called on.

    Raises:
        KeyError: If something is missing.
    """
    return FileIdentity(
        str(values["path"]),
        int(values["size_bytes"]),
        int(values["modified_ns"]),
        str(values["sha256"]),
        str(values.get("version", "")),
    )


def _files_of(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def _status_of(files: list[Path]) -> tuple[int, int]:
    found = [file.stat() for file in files]
    return sum(each.st_size for each in found), max((each.st_mtime_ns for each in found), default=0)
