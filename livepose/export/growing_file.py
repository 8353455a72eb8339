"""The place where poses will stand: may they be written there, and a file that grows in place."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from livepose.core.errors import OptionError, SinkError, TargetExists


def check_place(path: Path, source: Path | None) -> None:
    """Say no before any work is done.

    Raises:
        OptionError: the target is the source.
        SinkError: there is no such folder.
    """
    if not path.parent.is_dir():
        raise SinkError(f"there is no folder {path.parent} to write {path.name} in")
    if source is not None and path.exists() and source.exists() and path.samefile(source):
        raise OptionError(f"{path} is the input: writing onto it would destroy it")


def check_room(path: Path, *, is_folder: bool, overwrite: bool) -> None:
    """Say no to what stands in the way, before anything is touched.

    Raises:
        TargetExists: and `overwrite` is not set.
        SinkError: there is no folder to write it in, or a folder is there, or no folder, or it is
            not allowed.
    """
    check_place(path, None)
    if path.is_dir() and not is_folder:
        raise SinkError(f"{path} is a folder")
    if is_folder and path.exists() and not path.is_dir():
        raise SinkError(f"{path} is a file, and a folder is to be there")
    is_taken = path.exists() and not (path.is_dir() and not any(path.iterdir()))
    if is_taken and not overwrite:
        raise refused(path)
    # Asked of all before any is touched: what was there before is not lost for another's sake.
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise SinkError(f"{path} cannot be written: that is not allowed there")


def refused(path: Path) -> TargetExists:
    return TargetExists(f"{path} exists: --overwrite replaces it")


def failed(path: Path, error: OSError) -> SinkError:
    return SinkError(f"{path} cannot be written: {error.strerror or error}")


class GrowingFile:
    """A file that has everything as soon as it is written: nothing waits in a buffer of ours.

    What a killed process wrote is there all the same.
    """

    def __init__(self, path: Path, head: bytes = b"", *, overwrite: bool) -> None:
        """Make it, with what stands at its beginning.

        Raises:
            TargetExists: and `overwrite` is not set.
            SinkError: it cannot be made.
        """
        self.path = path
        self.size_bytes = 0
        if path.is_dir():
            raise SinkError(f"{path} is a folder")
        try:
            self._file = path.open("wb" if overwrite else "xb", buffering=0)
        except FileExistsError as error:
            raise refused(path) from error
        except OSError as error:
            raise failed(path, error) from error
        try:
            self.append(head)
        except SinkError:
            self._file.close()
            if not overwrite:
                path.unlink(missing_ok=True)
            raise

    def append(self, data: bytes) -> None:
        """Write at the end.

        Raises:
            SinkError: it cannot be written; what was there before stays.
        """
        try:
            self._write(data)
        except SinkError:
            with suppress(OSError):  # a part of a line is of no use
                self._file.truncate(self.size_bytes)
            raise
        self.size_bytes += len(data)

    def put(self, position: int, data: bytes) -> None:
        """Write over what stands at a place, and beyond the end if it is longer.

        Raises:
            SinkError: it cannot be written.
        """
        try:
            self._file.seek(position)
            self._write(data)
            self.size_bytes = self._file.seek(max(self.size_bytes, position + len(data)))
        except OSError as error:
            raise failed(self.path, error) from error

    def take_over(self, beside: Path) -> None:
        """Put another file in its place, and go on writing there.

        Raises:
            OSError: it cannot be put there, and the old one stays.
        """
        self._file.close()  # Windows replaces no open file
        try:
            beside.replace(self.path)
        finally:
            self._file = self.path.open("r+b", buffering=0)
            self.size_bytes = self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Let go of it.

        Raises:
            SinkError: the system could not keep what was written.
        """
        try:
            self._file.close()
        except OSError as error:
            raise failed(self.path, error) from error

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            # A disk that is nearly full takes a part first, and says so at the next write.
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise failed(self.path, error) from error
