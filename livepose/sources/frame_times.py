"""When each frame of a video is shown: learned bit by bit, from its packets or by decoding."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import islice
from typing import Any

import numpy as np

from livepose.core.arrays import Float64Array
from livepose.system.pyav import av, demux
from livepose.system.timestamps import TimestampRepair

_SAME_TIME_S = 1e-6


class FrameTimes:
    """The times of the frames of a video, in seconds, as far as they are known yet.

    >>> times = FrameTimes(iter([(0.0, True), (0.04, False), (0.08, True), (0.12, False)]))
    >>> times.learn(3), times.known_s.tolist()
    (True, [0.0, 0.04, 0.08])
    >>> times.index_of(0.04), times.index_of(0.05), times.key_frame_before(1)
    (1, None, 0)
    >>> times.learn(3), times.is_complete
    (False, True)
    """

    def __init__(self, times: Iterator[tuple[float, bool]]) -> None:
        """Know nothing yet.

        Args:
            times: Of each frame its time in seconds, rising, and whether it is a key frame.
        """
        self._rest = times
        self._times_s = array("d")
        self._key_frames: list[int] = []
        self._known_s: Float64Array = np.zeros(0)
        self.is_complete = False
        """Whether the times of all frames are known."""

    def __len__(self) -> int:
        return len(self._times_s)

    @property
    def known_s(self) -> Float64Array:
        """The times that are known: a read-only array, which does not grow by itself."""
        if len(self._known_s) != len(self._times_s):
            self._known_s = np.array(self._times_s)
            self._known_s.setflags(write=False)
        return self._known_s

    def learn(self, count: int) -> bool:
        """Learn the times of some more frames; return whether there may be more behind them."""
        learned = 0
        for time_s, is_key_frame in islice(self._rest, count):
            if is_key_frame:
                self._key_frames.append(len(self._times_s))
            self._times_s.append(time_s)
            learned += 1
        self.is_complete = self.is_complete or learned < count
        return not self.is_complete

    def learn_up_to(self, index: int) -> bool:
        """Learn the times up to that of a frame; return whether there is such a frame."""
        if index >= len(self):
            self.learn(index + 1 - len(self))
        return index < len(self)

    def index_of(self, time_s: float) -> int | None:
        """Return which frame has a time; None if no frame that is known has it."""
        while (not len(self) or self._times_s[-1] < time_s - _SAME_TIME_S) and self.learn(64):
            pass
        index = bisect_left(self._times_s, time_s - _SAME_TIME_S)
        is_same = index < len(self) and self._times_s[index] <= time_s + _SAME_TIME_S
        return index if is_same else None

    def time_s(self, index: int) -> float:
        """Return the time of a frame that is known, in seconds."""
        return self._times_s[index]

    def key_frame_before(self, index: int) -> int:
        """Return the last key frame that is not behind a frame; 0 if there is none."""
        place = bisect_right(self._key_frames, index)
        return self._key_frames[place - 1] if place else 0


def packets_as_shown(container: Any, stream: Any) -> Iterator[tuple[float, bool]]:
    """Yield when each of a stream's packets is shown, in seconds, and whether it is a key frame.

    Args:
        container: An `av` input container, which nobody else reads.
        stream: Its video stream.
    """
    repair = TimestampRepair(container, stream)
    waiting: list[tuple[int, bool]] = []
    tick_s = stream.time_base
    try:
        for packet in demux(container, stream):
            repair.move_video(packet)
            shown = packet.dts if packet.pts is None else packet.pts
            if not packet.size or packet.is_discard or shown is None:
                continue
            # What is decoded later is shown later, too.
            while packet.dts is not None and waiting and waiting[0][0] < packet.dts:
                pts, is_key_frame = heappop(waiting)
                yield float(pts * tick_s), is_key_frame
            heappush(waiting, (shown, bool(packet.is_keyframe)))
    except av.FFmpegError:  # damage, as whoever decodes the frames finds out
        pass
    while waiting:
        pts, is_key_frame = heappop(waiting)
        yield float(pts * tick_s), is_key_frame
