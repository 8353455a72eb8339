"""Decoded frames that are kept near one place of a video."""

from __future__ import annotations

from livepose.core.frame import Frame

_MIN_FRAMES, _MAX_FRAMES = 16, 512


class FrameCache:
    """The frames nearest to a position, by their numbers, in a bounded amount of memory.

    >>> from livepose.core.pixels import BgrPixels
    >>> cache = FrameCache(max_bytes=20 * 48 * 64 * 3)
    >>> for index in range(30):
    ...     cache.position = index
    ...     cache.add(Frame(BgrPixels.black(64, 48), index, index / 30, 0.0))
    >>> cache.capacity, cache.get(5) is None, cache.get(25).index, cache.missing_before(29)
    (20, True, 25, 9)
    """

    def __init__(self, max_bytes: int) -> None:
        """Start without a frame.

        Args:
            max_bytes: How much memory the frames may take; 16 of them are kept in any case.
        """
        self.position = 0
        """The frame near which others are kept."""
        self.capacity = _MIN_FRAMES
        """How many frames are kept."""
        self._max_bytes = max_bytes
        self._frames: dict[int, Frame] = {}

    @property
    def indices(self) -> set[int]:
        """The numbers of the frames that are kept."""
        return set(self._frames)

    def get(self, index: int) -> Frame | None:
        """Return a frame, or None if it is not kept."""
        return self._frames.get(index)

    def add(self, frame: Frame) -> None:
        """Keep a frame, in the place of the one that is farthest away, if it is nearer itself."""
        size_bytes = sum(plane.nbytes for plane in frame.pixels.planes)
        self.capacity = min(max(self._max_bytes // size_bytes, _MIN_FRAMES), _MAX_FRAMES)
        self._frames[frame.index] = frame
        while len(self._frames) > self.capacity:
            del self._frames[max(self._frames, key=lambda index: abs(index - self.position))]

    def missing_before(self, index: int) -> int:
        """Return the nearest frame before a frame that is not kept; -1 if there is none."""
        index -= 1
        while index in self._frames:
            index -= 1
        return index

    def clear(self) -> None:
        """Keep no frame any longer."""
        self._frames.clear()
