"""OpenSimExporter: what OpenSim's two formats share, one file for each person, one row a frame.

The file of the first person has the name that was asked for, those of other people have their track
id behind it: `walk.trc`, `walk_person2.trc`. A file has every frame from its person's first to the
last one.
"""

from __future__ import annotations

from abc import abstractmethod
from array import array
from contextlib import ExitStack, suppress
from itertools import takewhile
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.export.growing_file import GrowingFile
from livepose.export.metadata import ExportOptions, RecordingMetadata
from livepose.export.person_files import (
    check_further_files,
    delete_files,
    further_files,
    person_path,
)

PADDING = "\0"
"""Stands in a header where `pad_header` inserts blanks."""
_OPEN_FILES = 64
"""There may be hundreds of people, and a process may not have so many files open."""


class OpenSimExporter(PoseSink):
    """Write tab-separated files that grow, with their headers, every half second of the film."""

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        """Create the first person's file.

        Raises:
            TargetExists: If a file exists and may not be replaced.
            SinkError: If it cannot be written.
        """
        self._path = path
        self._recording = recording
        self._options = options
        self._indices = array("q")
        self._times_s = array("d")
        self._files: dict[int, _PersonFile] = {}
        self._flushed_s = float("-inf")
        self._is_closed = False
        check_further_files(path, overwrite=options.overwrite)
        self._first = self._create(path)

    @property
    @abstractmethod
    def unknown(self) -> str:
        """What stands in a row in the place of unknown values, with a tab before each."""

    @abstractmethod
    def header(self, path: Path, row_count: int) -> bytes:
        """Return what stands before the rows; its length does not depend on their number."""

    @abstractmethod
    def row_start(self, index: int, time_s: float) -> str:
        """Return what stands in a row before the first tab and the values."""

    @abstractmethod
    def values_of(self, posed: PosedFrame) -> list[str]:
        """Return each person's values as text, with a tab before each value."""

    def write(self, posed: PosedFrame) -> None:
        self._recording.check_skeleton(posed.poses)
        index, time_s = posed.frame.index, posed.frame.time_s
        self._indices.append(index)
        self._times_s.append(time_s)
        now = len(self._indices) - 1
        start = self.row_start(index, time_s)
        values = self.values_of(posed)
        for key, text in zip(person_keys(posed), values, strict=True):
            file = self._files.get(key) or self._begin(key, now)
            for missed in range(file.next_frame, now):
                gap = self.row_start(self._indices[missed], self._times_s[missed])
                file.add(f"{gap}{self.unknown}\n")
            file.add(f"{start}{text}\n")
            file.next_frame = now + 1
        # By the film's time: a conversion is faster, and would lose more of it. A source may jump.
        if not 0 <= time_s - self._flushed_s < self._options.flush_s:
            self._flush(time_s)

    def close(self) -> None:
        """Finish the files; those of further people that an earlier run left are deleted.

        Raises:
            SinkError: If a file cannot be finished; the others are.
        """
        if self._is_closed:
            return
        self._flush(0.0)
        self.finish()
        self._is_closed = True
        ours = [self._path, *self.paths]
        with ExitStack() as stack:
            stack.callback(
                lambda: delete_files(
                    [file for file in further_files(self._path) if file not in ours]
                )
            )
            for file in reversed(self._growing_files()):
                stack.callback(file.close)

    def finish(self) -> None:
        """Make the last changes to the parts, before they are put in place."""

    def keep_parts(self) -> list[Path]:
        if self._is_closed:
            return []
        self._is_closed = True
        with suppress(SinkError):
            self._flush(0.0)
        return [path for file in self._growing_files() for path in file.keep()]

    @property
    def frame_rate(self) -> float:
        """Frames per second: the source's, else that of the written frames; 1 for one frame."""
        if self._recording.info.frame_rate is not None:
            return float(self._recording.info.frame_rate)
        duration_s = self._times_s[-1] - self._times_s[0] if self._times_s else 0.0
        return (len(self._times_s) - 1) / duration_s if duration_s > 0 else 1.0

    @property
    def paths(self) -> list[Path]:
        """The files that were written: one for each person, or an empty one."""
        return [file.path for file in self._growing_files()]

    def _begin(self, key: int, now: int) -> _PersonFile:
        if not self._files:
            growing = self._first
        else:
            number = key if key > 0 else 1 - key
            growing = self._create(person_path(self._path, number))
        stays_open = len(self._files) < _OPEN_FILES
        file = self._files[key] = _PersonFile(growing, now, stays_open=stays_open)
        return file

    def _create(self, path: Path) -> GrowingFile:
        return GrowingFile(path, self.header(path, 0), overwrite=self._options.overwrite)

    def _growing_files(self) -> list[GrowingFile]:
        return [file.growing for file in self._files.values()] or [self._first]

    def _flush(self, time_s: float) -> None:
        for file in self._files.values():
            file.flush(self.header(file.growing.path, file.row_count))
        self._flushed_s = time_s


def person_keys(posed: PosedFrame) -> list[int]:
    """Return each person's key: the track id, or for people without one 0, -1, -2 by their row."""
    return [track_id or -row for row, track_id in enumerate(posed.poses.track_id.tolist())]


def pad_header(text: str, length: int) -> bytes:
    """Bring a header to a length, with blanks in the place of `PADDING`."""
    return text.replace(PADDING, " " * (length - len(text) + len(PADDING))).encode()


def rows_of_width(rows: list[bytes], tabs: int) -> list[bytes]:
    """Return the rows of a part up to the first one that has another number of fields."""
    return list(takewhile(lambda row: row.count(b"\t") == tabs, rows))


class _PersonFile:
    """The rows of one person that wait to be written."""

    def __init__(self, growing: GrowingFile, first_frame: int, *, stays_open: bool) -> None:
        self.growing = growing
        self.next_frame = first_frame
        """How many frames of the recording came before the next row."""
        self.row_count = 0
        self._waiting: list[str] = []
        self._stays_open = stays_open

    def add(self, row: str) -> None:
        self._waiting.append(row)
        self.row_count += 1

    def flush(self, header: bytes) -> None:
        """Append the rows that wait, and write the header anew.

        Raises:
            SinkError: If that cannot be written.
        """
        if not self._waiting:
            return
        rows, self._waiting = "".join(self._waiting).encode(), []
        self.growing.append(rows)
        self.growing.put(0, header)
        if not self._stays_open:
            self.growing.close_until_used()
