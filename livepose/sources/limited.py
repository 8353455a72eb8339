"""The beginning of a source: its first frames."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source


class LimitedSource(Source):
    """Ends after so many frames, so that nothing is learned from one that is not wanted."""

    def __init__(self, source: Source, frame_count: int) -> None:
        """Shorten a source, and own it."""
        self._source = source
        self._frame_count = frame_count

    @property
    def info(self) -> StreamInfo:
        return self._source.info

    def __iter__(self) -> Iterator[Frame]:
        return islice(iter(self._source), self._frame_count)

    def close(self) -> None:
        self._source.close()
