"""A video file whose frames are read in any order: forward, back, and from one place to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum, auto
from itertools import islice
from pathlib import Path

import numpy as np

from livepose.core.arrays import Float64Array
from livepose.core.clip_interfaces import SeekableSource
from livepose.core.errors import SourceCutShort, SourceError
from livepose.core.frame import Frame, StreamInfo
from livepose.sources.frame_cache import FrameCache
from livepose.sources.frame_times import FrameTimes
from livepose.sources.video import VideoSource

_CACHE_BYTES = 200_000_000
"""Of decoded frames: two seconds of 1080p."""
_NEAR_FRAMES = 12
"""A frame that is no further ahead is read up to: a new reader would take as long."""
_KEPT_FRAMES = 8
"""How many frames before one that was sought are kept for steps back."""
_LOW_FRAMES = 16
"""When fewer frames behind a place can be stepped to at once, more are decoded."""
_LEAD_IN_FRAMES = 2
_LEARNED_AT_ONCE = 500


class _Numbering(Enum):
    """How frames get their numbers."""

    BY_PACKETS = auto()
    """Each packet is a frame, and has its time."""
    BY_DECODING = auto()
    """By their times, for which all of them are decoded once."""
    FROM_FRONT = auto()
    """Counted from the first frame on, wherever one goes: their times cannot be relied on."""


class SeekableVideo(SeekableSource):
    """The frames of a file by their numbers, the same as `VideoSource` yields them.

    To read another frame than the next one, the file is opened anew at the key frame before it.
    Decoded frames near the place that was asked for last are kept.

    >>> import tempfile
    >>> from livepose.system.pyav import av
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "grey.mp4")
    ...     with av.open(str(path), "w") as output:
    ...         stream = output.add_stream("mpeg4", rate=25)
    ...         stream.width, stream.height = 64, 48
    ...         for number in range(20):
    ...             grey = np.full((48, 64, 3), 10 * number, np.uint8)
    ...             output.mux(stream.encode(av.VideoFrame.from_ndarray(grey, "bgr24")))
    ...         output.mux(stream.encode())
    ...     with SeekableVideo(path) as video:
    ...         frames = [video.frame(index) for index in (15, 3)]
    >>> [(frame.index, frame.time_s, round(frame.bgr.mean() / 10)) for frame in frames]
    [(15, 0.6, 15), (3, 0.12, 3)]
    """

    def __init__(
        self,
        path: Path,
        start_s: float = 0.0,
        end_s: float | None = None,
        *,
        max_frames: int | None = None,
        cache_bytes: int = _CACHE_BYTES,
    ) -> None:
        """Open a file and decode its first frame.

        Args:
            path: A file in any format that FFmpeg reads.
            start_s: Frames that are shown earlier do not count, in seconds from the file's start.
            end_s: Nor do those that are shown from then on.
            max_frames: Only this many frames, from `start_s` on, count.
            cache_bytes: How much memory decoded frames may take.

        Raises:
            SourceNotFound: If there is no such file.
            SourceError: If it is not a video, or nothing is shown between `start_s` and `end_s`.
        """
        self._front = VideoSource(path, start_s, end_s)
        self._start_s = start_s
        self._max_frames = max_frames
        self._reader = self._front
        self._frames: Iterator[Frame] = iter(self._front)
        self._next_index = self._first_index = 0
        self._numbering = _Numbering.BY_PACKETS
        self._numbering_changes = 0
        self._times = FrameTimes(islice(self._front.frame_times(), max_frames))
        self._cache = FrameCache(cache_bytes)
        self._problem: SourceError | None = None

    @property
    def info(self) -> StreamInfo:
        return self._front.info

    @property
    def times_s(self) -> Float64Array:
        return self._times.known_s

    @property
    def has_all_times(self) -> bool:
        return self._times.is_complete

    @property
    def numbering(self) -> int:
        return self._numbering_changes

    @property
    def problem(self) -> SourceError | None:
        return self._problem

    @property
    def kept_frames(self) -> set[int]:
        """The numbers of the decoded frames that are in memory."""
        return self._cache.indices

    def learn_times(self) -> bool:
        is_fast = self._numbering is _Numbering.BY_PACKETS
        return self._times.learn(_LEARNED_AT_ONCE if is_fast else 1)

    def frame(self, index: int, is_wanted: Callable[[], bool] = lambda: True) -> Frame | None:
        while True:
            if index < 0 or not self._times.learn_up_to(index):
                raise IndexError(f"{self.info.name} has no frame {index}")
            self._cache.position = index
            cached = self._cache.get(index)
            if cached is not None:
                return cached
            if not is_wanted():
                return None
            self._approach(index, keep_from=index - _KEPT_FRAMES)
            if not self._read_one(index):
                index = self._renumber(index)

    def prepare(self, index: int) -> bool:
        if self._numbering is _Numbering.FROM_FRONT:
            return False
        missing = self._cache.missing_before(index)
        if missing < 0 or index - missing > _LOW_FRAMES:
            return False
        self._cache.position = index
        self._approach(missing, keep_from=missing - self._cache.capacity // 2)
        return self._read_one(missing)

    def close(self) -> None:
        self._reader.close()
        self._front.close()

    def _approach(self, index: int, keep_from: int) -> None:
        """Let the next frame that is read be at or before a frame, and not far before it."""
        key_frame = self._times.key_frame_before(index)
        if not self._front.has_frame_in_each_packet:
            # Deinterlaced, the first frames of a reader would lack those before them.
            key_frame, keep_from = self._times.key_frame_before(index - _LEAD_IN_FRAMES), 0
        if self._next_index <= index and (
            index - self._next_index <= _NEAR_FRAMES
            or key_frame <= self._next_index
            or self._numbering is _Numbering.FROM_FRONT
        ):
            return
        self._reader.close()
        if self._numbering is _Numbering.FROM_FRONT:
            self._reader, self._next_index = self._front.reopened(self._start_s), 0
        else:
            first_s, whole_from_s = (
                self._times.time_s(max(place, 0)) - self.info.origin_s
                for place in (key_frame, keep_from)
            )
            self._reader = self._front.reopened(first_s, whole_from_s)
            self._next_index = key_frame
        self._first_index = self._next_index
        self._frames = iter(self._reader)

    def _read_one(self, index: int) -> bool:
        """Read the next frame; return whether a frame may still come that is to be read.

        Args:
            index: The frame that is to be read.
        """
        try:
            frame = next(self._frames, None)
        except SourceCutShort as error:
            self._problem, frame = error, None
        if frame is None:
            return False
        number: int | None = self._next_index
        if self._numbering is not _Numbering.FROM_FRONT:
            number = self._times.index_of(frame.time_s)
        if number is None or number > index:
            return False
        self._next_index = number + 1
        is_lead_in = self._first_index > 0 and number < self._first_index + _LEAD_IN_FRAMES
        if not is_lead_in or self._front.has_frame_in_each_packet:
            skipped = self._front.skipped_frames
            self._cache.add(replace(frame, index=number, skipped_frames=skipped))
        return True

    def _renumber(self, index: int) -> int:
        """Count the frames in a way that relies on less, and return the new number of a frame."""
        time_s = self._times.time_s(index)
        if self._numbering is _Numbering.BY_PACKETS:
            self._numbering = _Numbering.BY_DECODING
        elif self._numbering is _Numbering.BY_DECODING:
            self._numbering = _Numbering.FROM_FRONT
        else:
            raise IndexError(f"{self.info.name} has no frame {index}")
        self._numbering_changes += 1
        self._cache.clear()
        self._next_index = _BEYOND
        times = self._front.frame_times(by_decoding=True)
        self._times = FrameTimes(islice(times, self._max_frames))
        while not self._times.is_complete and (
            not len(self._times) or self._times.time_s(len(self._times) - 1) < time_s
        ):
            self._times.learn(1)
        return int(np.searchsorted(self._times.known_s, time_s).clip(max=len(self._times) - 1))


_BEYOND = 1 << 62
"""The number of no frame: a reader that stands there is opened anew."""
