"""The first frames of another source."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source


class LimitedSource(Source):
    """Ends after a number of frames, without reading any further one.

    >>> from livepose.sources import open_demo
    >>> with LimitedSource(open_demo(), frame_count=3) as source:
    ...     [frame.index for frame in source]
    [0, 1, 2]
    """

    def __init__(self, source: Source, frame_count: int) -> None:
        """Limit a source, and own it: closing this closes that one.

        Args:
            source: The source to limit.
            frame_count: How many frames to read at most.
        """
        self._source = source
        self._frame_count = frame_count

    @property
    def info(self) -> StreamInfo:
        return self._source.info

    def __iter__(self) -> Iterator[Frame]:
        return islice(iter(self._source), self._frame_count)

    def close(self) -> None:
        self._source.close()
