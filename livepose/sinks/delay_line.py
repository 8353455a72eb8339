"""Painted frames that are kept until they are due to be shown."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import replace

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels

_log = logging.getLogger(__name__)
_QUALITY, _LOW_QUALITY = 90, 60
_MAX_BYTES = 200_000_000
_MEASURED_S = 1.0
"""After so long it is known how much memory the whole delay is going to take."""


class DelayLine:
    """Returns the frame of some seconds ago for each one that comes. Frames are kept as JPEG.

    Where they would take too much memory they are compressed more, and where that is not enough,
    only every second, fourth, ... of them is kept; a warning says so.

    >>> grey = Frame.from_bgr(np.full((48, 64, 3), 90, np.uint8), 0, 0.0)
    >>> line = DelayLine(delay_s=2.0)
    >>> [line.push(replace(grey, index=n), now_s=float(n)).index for n in range(5)]
    [0, 0, 0, 1, 2]
    """

    def __init__(self, delay_s: float, max_bytes: int = _MAX_BYTES) -> None:
        """Keep nothing yet.

        Args:
            delay_s: How many seconds later frames come out.
            max_bytes: How much memory the frames may take.
        """
        self.delay_s = delay_s
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._quality = _QUALITY
        self._step = 1
        """One of so many frames is kept."""
        self._pushed = 0
        self._kept: deque[tuple[float, Frame, UInt8Array]] = deque()

    @property
    def frames(self) -> int:
        """How many frames are kept."""
        return len(self._kept)

    @property
    def size_bytes(self) -> int:
        """How much memory they take."""
        return self._size_bytes

    def push(self, frame: Frame, now_s: float) -> Frame:
        """Keep a frame, and return the one that is due; at first, the first one.

        Args:
            frame: What is to be seen now.
            now_s: On any clock, in seconds.
        """
        if self._pushed % self._step == 0:
            self._keep(frame, now_s)
        self._pushed += 1
        while len(self._kept) > 1 and self._kept[1][0] <= now_s - self.delay_s:
            self._size_bytes -= len(self._kept.popleft()[2])
        _, due, data = self._kept[0]
        return replace(due, pixels=BgrPixels(np.asarray(cv2.imdecode(data, 1), np.uint8)))

    def _keep(self, frame: Frame, now_s: float) -> None:
        _, jpeg = cv2.imencode(".jpg", frame.bgr, [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        # Its own pixels are let go.
        empty = replace(frame, pixels=BgrPixels.black(1, 1))
        self._kept.append((now_s, empty, np.asarray(jpeg, np.uint8)))
        self._size_bytes += len(jpeg)
        passed_s = now_s - self._kept[0][0]
        if passed_s >= _MEASURED_S and self._size_bytes * self.delay_s > self._max_bytes * passed_s:
            self._quality = _LOW_QUALITY
        while self._size_bytes > self._max_bytes and len(self._kept) > 2:
            self._thin_out()

    def _thin_out(self) -> None:
        """Let every second frame go; the oldest one, which is shown, stays."""
        self._step *= 2
        self._kept = deque(list(self._kept)[::2])
        self._size_bytes = sum(len(jpeg) for _, _, jpeg in self._kept)
        _log.warning(
            "the frames of %g s take more than %.0f MB: one frame in %d is shown",
            self.delay_s,
            self._max_bytes / 1e6,
            self._step,
        )

    def wait_s(self, now_s: float) -> float:
        """Return how long it is until frames come out with the whole delay, in seconds."""
        return max(0.0, self._kept[0][0] + self.delay_s - now_s) if self._kept else self.delay_s
