"""FrameClock: an index and a time for frames that have none."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import count

from livepose.core.errors import OptionError
from livepose.core.frame import USUAL_RATE, Frame, StreamInfo


class FrameClock:
    """Number and time frames that were made without an index or a time, in the order they come.

    >>> import numpy as np
    >>> clock = FrameClock(frame_rate=25)
    >>> frames = [Frame.from_bgr(np.zeros((48, 64, 3), np.uint8)) for _ in range(3)]
    >>> [(frame.index, frame.time_s) for frame in map(clock.stamp, frames)]
    [(0, 0.0), (1, 0.04), (2, 0.08)]
    """

    def __init__(self, frame_rate: float | None = None) -> None:
        """Choose where times come from.

        Args:
            frame_rate: Frames per second; unless given, time is that of the monotonic clock.

        Raises:
            OptionError: If the rate is not above 0.
        """
        if frame_rate is not None and not 0 < frame_rate < float("inf"):
            raise OptionError(f"a frame rate must be above 0, got {frame_rate}")
        self._frame_rate = frame_rate
        self._numbers = count()
        self._start_s: float | None = None

    @classmethod
    def of_stream(cls, info: StreamInfo) -> FrameClock:
        """Return the clock of a source: by its frame rate, or 30 per second, unless it is live."""
        return cls(None if info.is_live else float(info.frame_rate or USUAL_RATE))

    def stamp(self, frame: Frame) -> Frame:
        """Return the frame with its index and its time; what it has already is kept."""
        number = next(self._numbers)
        if frame.is_numbered and frame.is_timed:
            return frame
        return replace(
            frame,
            index=frame.index if frame.is_numbered else number,
            time_s=frame.time_s if frame.is_timed else self._time_s(number),
            is_numbered=True,
            is_timed=True,
        )

    def _time_s(self, number: int) -> float:
        if self._frame_rate is not None:
            return number / self._frame_rate
        now_s = time.perf_counter()
        if self._start_s is None:
            self._start_s = now_s
        return now_s - self._start_s
