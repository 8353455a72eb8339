"""GrowingFile: a file that is written without a buffer."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.system.files import exists_error, write_error
from livepose.system.targets import check_vacant


class GrowingFile:
    """A file that holds everything as soon as it is written, even if the process is killed then.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "poses.csv")
    ...     file = GrowingFile(path, b"x,y\\n", overwrite=False)
    ...     file.append(b"1,2\\n")
    ...     content = path.read_bytes()
    ...     file.close()
    >>> content
    b'x,y\\n1,2\\n'
    """

    def __init__(self, path: Path, head: bytes = b"", *, overwrite: bool) -> None:
        """Create the file, with what stands at its beginning.

        Raises:
            TargetExists: If it exists and `overwrite` is not set.
            SinkError: If it cannot be written.
        """
        self.path = path
        self.size_bytes = 0
        check_vacant(path, overwrite=overwrite)
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
            SinkError: If it cannot be written; what was there before stays.
        """
        try:
            self._write(data)
        except SinkError:
            with suppress(OSError):  # part of a line is of no use
                self._file.truncate(self.size_bytes)
            raise
        self.size_bytes += len(data)

    def put(self, position: int, data: bytes) -> None:
        """Write at a position, over what stands there, and beyond the end if it is longer.

        Raises:
            SinkError: If it cannot be written.
        """
        try:
            self._file.seek(position)
            self._write(data)
            self.size_bytes = self._file.seek(max(self.size_bytes, position + len(data)))
        except OSError as error:
            raise write_error(self.path, error) from error

    def replace_with(self, other: Path) -> None:
        """Move another file into its place, and continue at the end of that.

        Raises:
            OSError: If it cannot be moved; the old file stays.
        """
        self._file.close()  # Windows cannot replace an open file
        try:
            other.replace(self.path)
        finally:
            self._file = self.path.open("r+b", buffering=0)
            self.size_bytes = self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        """Close the file.

        Raises:
            SinkError: If the system could not store what was written.
        """
        try:
            self._file.close()
        except OSError as error:
            raise write_error(self.path, error) from error

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            # A disk that is nearly full takes a part, and reports that at the next write.
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise write_error(self.path, error) from error
