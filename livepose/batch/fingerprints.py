"""By what a batch knows again what it has done: hashes of inputs, options and outputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from livepose._version import __version__
from livepose.batch.plan import BatchItem
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


def options_hash(
    item: BatchItem, out_dir: Path, read_sha256: Sequence[str], piece_s: float | None = None
) -> str:
    """Return a hash of all that decides what is written of a file, but for the file itself.

    Args:
        item: Whose run it is.
        out_dir: Where the batch writes: a folder that is moved is the same.
        read_sha256: Of the files that are read for each input: the network's, and of --against.
        piece_s: The length of the pieces that videos are cut into.
    """
    options = item.options
    decisive = {
        "version": __version__,
        "read": list(read_sha256),
        "model": asdict(options.model),
        "people": asdict(options.people),
        "style": asdict(options.style),
        "data": asdict(replace(options.data, save=())),
        "part": [options.source.start_s, options.source.end_s],
        "piece_s": None if options.source.video is None else piece_s,
        "quality": options.output.quality,
        "targets": [path.relative_to(out_dir).as_posix() for path in item.targets],
    }
    text = json.dumps(decisive, default=_plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


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
    )


def _files_of(path: Path) -> list[Path]:
    return sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def _status_of(files: list[Path]) -> tuple[int, int]:
    found = [file.stat() for file in files]
    return sum(each.st_size for each in found), max((each.st_mtime_ns for each in found), default=0)


def _plain(value: object) -> object:
    """Return what JSON can hold; sets in one order, whatever the process."""
    return sorted(map(str, value)) if isinstance(value, (set, frozenset)) else str(value)
