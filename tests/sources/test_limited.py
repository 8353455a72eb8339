"""The first frames of a source: no more, and none read in vain."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.core.pixels import BgrPixels
from livepose.sources.limited import LimitedSource


class CountingSource(Source):
    """Counts how many frames are read from it, and whether it is closed."""

    def __init__(self, length: int | None = None) -> None:
        self.length = length
        self.read = 0
        self.is_closed = False

    @property
    def info(self) -> StreamInfo:
        return StreamInfo("counted", 8, 8, is_live=False, frame_count=self.length)

    def __iter__(self) -> Iterator[Frame]:
        for index in count() if self.length is None else range(self.length):
            self.read += 1
            yield Frame(BgrPixels.black(8, 8), index, index / 30, 0.0)

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_it_ends_after_its_limit_and_reads_no_further_frame(limit: int) -> None:
    source = CountingSource()
    assert [frame.index for frame in LimitedSource(source, limit)] == list(range(limit))
    assert source.read == limit


def test_a_shorter_source_ends_by_itself() -> None:
    assert len(list(LimitedSource(CountingSource(3), 5))) == 3


def test_it_has_the_info_of_its_source_and_closes_it() -> None:
    source = CountingSource(3)
    with LimitedSource(source, 2) as limited:
        assert limited.info == source.info
    assert source.is_closed
