"""OpenSimExporter: what OpenSim's two formats share, one file for each person, one row a frame.

The file of the first person has the name that was asked for, those of other people have their track
id behind it: `walk.trc`, `walk_person2.trc`. A file has every frame from its person's first to the
last one.
"""

from __future__ import annotations

import re
import time
from abc import abstractmethod
from array import array
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.export.growing_file import GrowingFile
from livepose.export.metadata import ExportOptions, RecordingMetadata, person_path
from livepose.system.files import exists_error, write_error

PADDING = "\0"
"""Stands in a header where `pad_header` inserts blanks."""


class OpenSimExporter(PoseSink):
    """Write tab-separated files that grow every few seconds, together with their headers."""

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        """Create the first person's file, and delete those of other people if it may be replaced.

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
        self._flushed_s = time.monotonic()
        self._is_closed = False
        _clear_other_people(path, options.overwrite)
        self._create(path, overwrite=options.overwrite)

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
        if time.monotonic() - self._flushed_s >= self._options.flush_s:
            self._flush()

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._flush()

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
        return [file.path for file in self._files.values()] or [self._path]

    def _begin(self, key: int, now: int) -> _PersonFile:
        path = self._path
        if self._files:
            number = key if key > 0 else 1 - key
            path = person_path(self._path, number)
            self._create(path, overwrite=False)
        file = self._files[key] = _PersonFile(path, now)
        return file

    def _create(self, path: Path, *, overwrite: bool) -> None:
        GrowingFile(path, self.header(path, 0), overwrite=overwrite).close()

    def _flush(self) -> None:
        for file in self._files.values():
            file.flush(self.header(file.path, file.row_count))
        self._flushed_s = time.monotonic()


def person_keys(posed: PosedFrame) -> list[int]:
    """Return each person's key: the track id, or for people without one 0, -1, -2 by their row."""
    return [track_id or -row for row, track_id in enumerate(posed.poses.track_id.tolist())]


def pad_header(text: str, length: int) -> bytes:
    """Bring a header to a length, with blanks in the place of `PADDING`."""
    return text.replace(PADDING, " " * (length - len(text) + len(PADDING))).encode()


class _PersonFile:
    """The rows of one person that wait to be written.

    The file is not kept open, as there may be hundreds of people.
    """

    def __init__(self, path: Path, first_frame: int) -> None:
        self.path = path
        self.next_frame = first_frame
        """How many frames of the recording came before the next row."""
        self.row_count = 0
        self._waiting: list[str] = []

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
        rows = "".join(self._waiting).encode()
        try:
            with self.path.open("ab") as file:
                file.write(rows)
            with self.path.open("r+b") as file:
                file.write(header)
        except OSError as error:
            raise write_error(self.path, error) from error
        self._waiting.clear()


def _clear_other_people(path: Path, overwrite: bool) -> None:
    """Delete the files of other people, or refuse to: who will come is not known yet.

    Raises:
        TargetExists: If there is one and it may not be replaced.
        SinkError: If one cannot be deleted.
    """
    other = re.compile(re.escape(path.stem) + r"_person\d+" + re.escape(path.suffix))
    try:
        for file in path.parent.iterdir():
            if other.fullmatch(file.name):
                if not overwrite:
                    raise exists_error(file)
                file.unlink()
    except OSError as error:
        raise error if isinstance(error, SinkError) else write_error(path, error) from error
