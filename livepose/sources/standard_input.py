"""A video on standard input: any container, or raw YUV4MPEG2 frames."""

from __future__ import annotations

import io
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.sources.video import VideoSource

_log = logging.getLogger(__name__)

_NAME = Path("standard input")
_PEEKED_BYTES = 1 << 16
_BOX_HEADER_BYTES = 8


def open_standard_input(start_s: float = 0.0, end_s: float | None = None) -> Source:
    """Open the video that another program writes to standard input.

    It is read as it comes. Only an MP4 whose index stands at its end is stored first, in the
    system's folder of temporary files: it cannot be decoded before.

    Args:
        start_s: Skip what is shown earlier.
        end_s: Stop before what is shown from then on; None reads to the end.

    Raises:
        SourceError: If it is closed, a terminal, empty, or no video.
    """
    try:
        raw = io.FileIO(os.dup(sys.stdin.fileno()), "r")
    except (AttributeError, OSError, ValueError) as error:
        raise SourceError("standard input is closed: there is no video to read") from error
    pipe = _Pipe(raw)
    try:
        if raw.isatty():
            raise SourceError(
                "standard input is a terminal: pipe a video into it, as in livepose - < clip.mp4"
            )
        if not pipe.peek():
            raise SourceError("standard input is empty: there is no video to read")
        if _has_index_at_end(pipe.peek()):
            return _StoredSource(pipe, start_s, end_s)
        # PyAV needs no more of a file than `read`.
        source = VideoSource(_NAME, start_s, end_s, pipe=cast(io.BufferedReader, pipe))
        if source.has_sound:
            _log.info("standard input: its sound is not copied")
        return source
    except BaseException:
        raw.close()
        raise


class _Pipe:
    """Reads what is there, rather than waiting for all that was asked for."""

    def __init__(self, raw: io.FileIO) -> None:
        self._reader = io.BufferedReader(raw, _PEEKED_BYTES)
        self.name = str(_NAME)

    def peek(self) -> bytes:
        return self._reader.peek(1)

    def read(self, size: int = -1) -> bytes:
        return self._reader.read1(size)


class _StoredSource(Source):
    """A video that was stored in a temporary file, which is deleted at the end."""

    def __init__(self, pipe: _Pipe, start_s: float, end_s: float | None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="livepose-")
        path = Path(self._folder.name, _NAME)
        try:
            _store(pipe, path)
            with self._errors_without_folder():
                self._source = VideoSource(path, start_s, end_s)
        except BaseException:
            self._folder.cleanup()
            raise

    @property
    def info(self) -> StreamInfo:
        return self._source.info

    def __iter__(self) -> Iterator[Frame]:
        with self._errors_without_folder():
            yield from self._source

    def close(self) -> None:
        self._source.close()
        self._folder.cleanup()

    @contextmanager
    def _errors_without_folder(self) -> Iterator[None]:
        """Name standard input in messages, and not the file in which it is stored."""
        try:
            yield
        except SourceError as error:
            path = str(Path(self._folder.name, _NAME))
            raise type(error)(str(error).replace(path, str(_NAME))) from error


def _store(pipe: _Pipe, path: Path) -> None:
    try:
        with path.open("wb") as file:
            shutil.copyfileobj(pipe, file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"{_NAME} cannot be stored in {path.parent.parent}: {reason}") from error


def _has_index_at_end(head: bytes) -> bool:
    """Return whether an MP4 has its media data (`mdat`) before its index (`moov`).

    Args:
        head: How the file begins: boxes, each with four bytes of size and four of type.
    """
    if head[4:8] != b"ftyp":
        return False
    offset = 0
    while offset + _BOX_HEADER_BYTES <= len(head):
        kind = head[offset + 4 : offset + 8]
        if kind in (b"mdat", b"moov"):
            return kind == b"mdat"
        offset += max(int.from_bytes(head[offset : offset + 4], "big"), _BOX_HEADER_BYTES)
    return False
