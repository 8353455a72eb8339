"""Poses on standard output, as JSON lines: `livepose clip.mp4 --save - | jq .people`."""

from __future__ import annotations

import io
import os
import sys

from livepose.core.errors import ReaderLeft, SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.export.jsonl import frame_line, header_line
from livepose.export.metadata import RecordingMetadata


class StandardOutput(PoseSink):
    """The lines of a `.jsonl` file, each written at once."""

    def __init__(self, recording: RecordingMetadata) -> None:
        """Write the header.

        Raises:
            SinkError: If standard output is closed.
        """
        if sys.__stdout__ is None:  # as it was when the program started
            raise SinkError("nothing can be written to standard output: it is closed")
        try:
            # A file of its own, without a buffer: nothing is left to be written at the exit.
            self._file = io.FileIO(os.dup(sys.stdout.fileno()), "w")
        except (AttributeError, OSError, ValueError) as error:
            raise SinkError("nothing can be written to standard output: it is closed") from error
        try:
            self._write(header_line(recording))
        except SinkError:
            self._file.close()
            raise

    def write(self, posed: PosedFrame) -> None:
        """Write a frame's line.

        Raises:
            ReaderLeft: If the program that reads has ended.
            SinkError: If the line cannot be stored.
        """
        self._write(frame_line(posed))

    def close(self) -> None:
        self._file.close()

    def _write(self, line: bytes) -> None:
        left = memoryview(line + b"\n")
        try:
            while left:
                left = left[self._file.write(left) :]
        except BrokenPipeError as error:
            raise ReaderLeft("the program that reads standard output has ended") from error
        except OSError as error:
            raise SinkError(f"standard output cannot be written: {error.strerror}") from error
