"""GrowingFile: a file that grows beside its target, and is written without a buffer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.system.files import write_error
from livepose.system.parts import Part


class GrowingFile:
    """A part that holds everything as soon as it is written, even if the process is killed then.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "poses.csv")
    ...     file = GrowingFile(path, b"x,y\\n", overwrite=False)
    ...     file.append(b"1,2\\n")
    ...     part = file.part_path.read_bytes()
    ...     file.close()
    ...     part == path.read_bytes() == b'x,y\\n1,2\\n'
    True
    """

    def __init__(
        self, path: Path, head: bytes = b"", *, overwrite: bool, is_sequential: bool = False
    ) -> None:
        """Create the part, with what stands at the beginning.

        Args:
            path: Where the file will be.
            head: What stands at the beginning. A file with nothing more is of no use unfinished.
            overwrite: Whether an existing file is replaced.
            is_sequential: Whether there is only appended to it, so that it may be a pipe.

        Raises:
            TargetExists: If it exists and `overwrite` is not set.
            SinkError: If it cannot be written.
        """
        self.path = path
        self.size_bytes = 0
        self._part = Part(path, overwrite=overwrite, is_sequential=is_sequential)
        self._is_closed = False
        self._has_rows = False
        try:
            self.append(head)
        except SinkError:
            self._part.discard()
            raise
        self._has_rows = False

    @property
    def part_path(self) -> Path:
        """Where it grows."""
        return self._part.path

    def append(self, data: bytes) -> None:
        """Write at the end.

        Raises:
            SinkError: If it cannot be written; what was there before stays.
        """
        if not self._part.is_direct:
            self._seek(self.size_bytes)
        try:
            self._part.write(data)
        except SinkError:
            with suppress(OSError):  # part of a line is of no use
                os.ftruncate(self._part.fileno(), self.size_bytes)
            raise
        self.size_bytes += len(data)
        self._has_rows = True

    def put(self, position: int, data: bytes) -> None:
        """Write at a position, over what stands there, and beyond the end if it is longer.

        Raises:
            SinkError: If it cannot be written; what was there at the end stays.
        """
        self._seek(position)
        overwritten = os.read(self._part.fileno(), min(len(data), self.size_bytes - position))
        self._seek(position)
        try:
            self._part.write(data)
        except SinkError:
            with suppress(OSError):
                os.ftruncate(self._part.fileno(), self.size_bytes)
                self._seek(position)
                self._part.write(overwritten)
            raise
        self.size_bytes = max(self.size_bytes, position + len(data))
        self._has_rows = True

    @contextmanager
    def rewriting(self) -> Iterator[Path]:
        """Yield a new file that takes the place of this one when the block ends without an error.

        Raises:
            SinkError: If it cannot be written; then this one stays as it is.
        """
        with self._part.rewriting() as path:
            yield path
        self.size_bytes = os.fstat(self._part.fileno()).st_size

    def close_until_used(self) -> None:
        """Close the file until there is more to write: there may be hundreds of files."""
        self._part.close_file()

    def close(self) -> None:
        """Put the file in its place.

        Raises:
            SinkError: If the system cannot store it; the message says where it is.
        """
        if not self._is_closed:
            self._is_closed = True
            self._part.put_in_place()

    def keep(self) -> list[Path]:
        """Close the part and leave it where it is, if there is more in it than the head.

        Returns:
            The part; nothing if it was deleted, or is closed already.
        """
        if self._is_closed:
            return []
        self._is_closed = True
        if not self._has_rows:
            self._part.discard()
            return []
        path = self._part.keep()
        return [] if path is None else [path]

    def _seek(self, position: int) -> None:
        try:
            os.lseek(self._part.fileno(), position, os.SEEK_SET)
        except SinkError:
            raise
        except OSError as error:
            raise write_error(self.path, error) from error
