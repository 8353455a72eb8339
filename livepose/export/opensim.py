"""What OpenSim's two formats share: one file a person, one row a frame.

The first person's file has the name that was asked for, the next ones their number behind it:
`walk.trc`, `walk_person2.trc`. A file has every frame from its person's first to the last one; a
value that is not known is `nan`. (OpenSim 4.6 refuses a row that ends in an empty field; its older
`Storage` class takes neither.)
"""

from __future__ import annotations

import re
import time
from abc import abstractmethod
from array import array
from collections.abc import Callable
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.export.growing_file import GrowingFile
from livepose.export.metadata import RecordingMetadata
from livepose.system.files import exists_error, write_error

_FLUSH_S = 5.0


class PersonFiles(PoseSink):
    """Files of tab-separated values, which grow every few seconds, together with their headers."""

    def __init__(
        self,
        path: Path,
        recording: RecordingMetadata,
        column_count: int,
        *,
        overwrite: bool,
        flush_s: float = _FLUSH_S,
    ) -> None:
        """Make the first person's file.

        Args:
            path: of the first person.
            recording: whose frames.
            column_count: how many values a row has for a person.
            overwrite: replace the file if it exists, and delete the other people's beside it.
            flush_s: how often the files grow; a killed run loses that much.

        Raises:
            TargetExists: and `overwrite` is not set.
            SinkError: it cannot be made.
        """
        self._path = path
        self._recording = recording
        self._flush_s = flush_s
        self._unknown = "\tnan" * column_count
        self._indices = array("q")
        self._times_s = array("d")
        self._files: dict[int, _PersonFile] = {}
        self._flushed_s = time.monotonic()
        self._is_closed = False
        _make_way(path, overwrite)
        self._first = _PersonFile(path, self.header_of, overwrite=overwrite)

    @abstractmethod
    def header_of(self, path: Path, row_count: int) -> bytes:
        """Make what stands before the rows: as long for any number of them."""

    @abstractmethod
    def row_start(self, index: int, time_s: float) -> str:
        """Make what stands in a row before the first tab and a person's values."""

    @abstractmethod
    def values_of(self, posed: PosedFrame) -> list[str]:
        """Make each person's values, each with a tab before it."""

    def write(self, posed: PosedFrame) -> None:
        index, time_s = posed.frame.index, posed.frame.time_s
        self._indices.append(index)
        self._times_s.append(time_s)
        now = len(self._indices) - 1
        start = self.row_start(index, time_s)
        values = self.values_of(posed)
        for key, text in zip(keys_of(posed), values, strict=True):
            file = self._files.get(key) or self._begin(key, now)
            for missed in range(file.next_frame, now):
                gap = self.row_start(self._indices[missed], self._times_s[missed])
                file.add(f"{gap}{self._unknown}\n")
            file.add(f"{start}{text}\n")
            file.next_frame = now + 1
        if time.monotonic() - self._flushed_s >= self._flush_s:
            self.flush()

    def flush(self) -> None:
        """Let the files grow.

        Raises:
            SinkError: they cannot be written.
        """
        for file in self._files.values():
            file.flush()
        self._flushed_s = time.monotonic()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self.flush()

    @property
    def frame_rate(self) -> float:
        """Frames a second: the source's, else those that came; 1 for a single picture."""
        if self._recording.info.frame_rate is not None:
            return float(self._recording.info.frame_rate)
        lasted_s = self._times_s[-1] - self._times_s[0] if self._times_s else 0.0
        return (len(self._times_s) - 1) / lasted_s if lasted_s > 0 else 1.0

    @property
    def paths(self) -> dict[int, Path]:
        """The files by their people: the track's number, or under 0 where they are not tracked."""
        return {key: file.path for key, file in self._files.items()}

    def _begin(self, key: int, now: int) -> _PersonFile:
        file = self._first
        if self._files:
            number = key if key > 0 else 1 - key
            path = self._path.with_name(f"{self._path.stem}_person{number}{self._path.suffix}")
            file = _PersonFile(path, self.header_of, overwrite=False)
        file.next_frame = now
        self._files[key] = file
        return file


def keys_of(posed: PosedFrame) -> list[int]:
    """Tell people apart: by their track, or where there is none by their row, as 0, -1, -2."""
    return [track_id or -row for row, track_id in enumerate(posed.poses.track_id.tolist())]


def padded(text: str, mark: str, length: int) -> bytes:
    """Make a header as long as others by blanks in the place of a mark, where they say nothing."""
    return text.replace(mark, " " * (length - len(text) + len(mark))).encode()


class _PersonFile:
    """Rows that wait, and the file that they go to. It is not held open: there may be hundreds."""

    def __init__(
        self, path: Path, header_of: Callable[[Path, int], bytes], *, overwrite: bool
    ) -> None:
        self.path = path
        self.next_frame = 0
        self._header_of = header_of
        self._row_count = 0
        self._waiting: list[str] = []
        GrowingFile(path, header_of(path, 0), overwrite=overwrite).close()

    def add(self, row: str) -> None:
        self._waiting.append(row)
        self._row_count += 1

    def flush(self) -> None:
        if not self._waiting:
            return
        rows = "".join(self._waiting).encode()
        try:
            with self.path.open("ab") as file:
                file.write(rows)
            with self.path.open("r+b") as file:
                file.write(self._header_of(self.path, self._row_count))
        except OSError as error:
            raise write_error(self.path, error) from error
        self._waiting.clear()


def _make_way(path: Path, overwrite: bool) -> None:
    """See that the other people's files can be made, which nobody has counted yet."""
    other = re.compile(re.escape(path.stem) + r"_person\d+" + re.escape(path.suffix))
    try:
        for file in path.parent.iterdir():
            if other.fullmatch(file.name):
                if not overwrite:
                    raise exists_error(file)
                file.unlink()
    except OSError as error:
        raise error if isinstance(error, SinkError) else write_error(path, error) from error
