"""Lines that are stored one by one, each before the next step of a batch is begun."""

from __future__ import annotations

import os
from abc import abstractmethod
from contextlib import suppress
from pathlib import Path

from livepose.batch.remote_paths import RemoteAddress
from livepose.core.errors import SinkError
from livepose.core.interfaces import Closeable
from livepose.system.files import write_error
from livepose.system.part_names import is_locked, lock

MAX_SEGMENT_BYTES = 1 << 16


class Journal(Closeable):
    """Lines of an earlier time, and new ones behind them."""

    content: bytes
    """What was there when it was opened."""

    @abstractmethod
    def append(self, line: bytes) -> None:
        """Store a line, without its line break.

        Raises:
            SinkError: If it cannot be stored.
        """


class FileJournal(Journal):
    """A file; while it is open, no other batch can open it."""

    def __init__(self, path: Path) -> None:
        """Open the file, which is created with its folder if there is none, and read it.

        Raises:
            SinkError: If it cannot be written, or if another batch has it open.
        """
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._is_new = not path.exists()
            # Only Windows knows by the name that somebody has the file open.
            is_free = self._is_new or not is_locked(path)
            self._file = path.open("a+b")
        except OSError as error:
            if path.parent.is_file():
                message = f"{path.parent} is a file, and not a folder to write to"
                raise SinkError(message) from error
            raise write_error(path, error) from error
        # Not only looked at before: two batches may begin at the same moment.
        if not (lock(self._file.fileno()) and is_free):
            self._file.close()
            raise SinkError(f"another batch is writing to {path.parent}")
        self._file.seek(0)
        self.content = self._file.read()
        if self.content and not self.content.endswith(b"\n"):
            self._file.write(b"\n")

    def close(self) -> None:
        if self._is_new and not self._file.closed and not os.fstat(self._file.fileno()).st_size:
            # Nothing was begun. It is deleted while no other batch can open it; on Windows, where
            # an open file cannot be deleted, it stays.
            with suppress(OSError):
                self._path.unlink()
        self._file.close()

    def append(self, line: bytes) -> None:
        try:
            self._file.write(line + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise write_error(self._path, error) from error


class RemoteJournal(Journal):
    """A remote folder of segments: objects cannot grow, so that the last one is stored anew.

    Each batch begins a segment of its own, and another one when that is full: so a step costs no
    more however many files there are, and two batches do not write to one object.
    """

    def __init__(self, folder: RemoteAddress) -> None:
        """Read all segments.

        Raises:
            SourceError: If they cannot be read.
        """
        from livepose.batch import remote

        self._folder = folder
        segments = [file.address for file in remote.find(folder) or []]
        self.content = b"\n".join(map(remote.read_bytes, segments))
        self._number = 1 + max(map(_number_of, segments), default=0)
        self._batch = os.urandom(3).hex()
        self._segment = b""

    def close(self) -> None:
        """Nothing is open."""

    def append(self, line: bytes) -> None:
        from livepose.batch import remote

        if len(self._segment) > MAX_SEGMENT_BYTES:
            self._number, self._segment = self._number + 1, b""
        self._segment += line + b"\n"
        name = f"{self._number:06d}-{self._batch}.jsonl"
        remote.store_bytes(self._segment, self._folder / name)


def _number_of(segment: RemoteAddress) -> int:
    number = segment.path.name.partition("-")[0]
    return int(number) if number.isdecimal() else 0
