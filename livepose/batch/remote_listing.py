"""What remote files were when a batch began: each folder is listed once, and no file asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.batch.file_identity import FileIdentity
from livepose.batch.inputs import InputFile
from livepose.batch.options import BatchOptions
from livepose.batch.remote_paths import is_remote_path, shown
from livepose.export import FORMATS
from livepose.export.person_files import first_person_path

if TYPE_CHECKING:
    from livepose.batch.remote import RemoteFile

_EACH_PERSON = {ending for ending, known in FORMATS.items() if known.is_for_each_person}
"""The endings of files of which each person has one."""


class RemoteListing:
    """What is at addresses, by the paths that stand for them in a plan.

    >>> RemoteListing([]).identity_of(Path("/livepose-remote/s3/bucket/a.mp4")) is None
    True
    """

    def __init__(self, files: Iterable[RemoteFile]) -> None:
        """Take what was found.

        Args:
            files: Inputs, and what is in the output folder.
        """
        self._files = {file.address.path: file.identity for file in files}
        self._folders: dict[Path, list[FileIdentity]] = defaultdict(list)
        self._further: dict[Path, list[Path]] = defaultdict(list)
        for path, identity in self._files.items():
            for folder in path.parents:
                self._folders[folder].append(identity)
            first = first_person_path(path) if path.suffix.lower() in _EACH_PERSON else None
            if first is not None:
                self._further[first].append(path)

    def identity_of(self, path: Path) -> FileIdentity | None:
        """Return what a file is, or all files in a folder; None if there is none."""
        if path in self._files:
            return self._files[path]
        below = self._folders.get(path)
        return None if below is None else FileIdentity.of_all(shown(path), below)

    def is_same(self, path: Path, identity: FileIdentity) -> bool:
        """Return whether a file, here or remote, is as it was."""
        if not is_remote_path(path):
            return identity.is_same(path)
        found = self.identity_of(path)
        return found is not None and found.matches(identity)

    def exists(self, path: Path) -> bool:
        """Return whether there is a file or a folder, here or remote."""
        return self.identity_of(path) is not None if is_remote_path(path) else path.exists()

    def further_files(self, path: Path) -> list[Path]:
        """Return the remote files of further people, for that of the first one."""
        return self._further.get(path, [])


def list_remote(inputs: Sequence[InputFile], options: BatchOptions) -> RemoteListing:
    """Return what is at the addresses of a batch: its inputs, and what is in its output folder.

    Args:
        inputs: As they were found.
        options: Of the batch.

    Raises:
        SourceError: If the output folder cannot be read.
    """
    files = [file.remote for file in inputs if file.remote is not None]
    if options.remote_out_dir is not None:
        from livepose.batch.remote import find

        files += find(options.remote_out_dir) or []
    return RemoteListing(files)
