"""A file of poses that grows in place."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.system.files import exists_error, write_error


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
            raise exists_error(path) from error
        except OSError as error:
            raise write_error(path, error) from error
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
            raise write_error(self.path, error) from error

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
            raise write_error(self.path, error) from error

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            # A disk that is nearly full takes a part first, and says so at the next write.
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise write_error(self.path, error) from error
