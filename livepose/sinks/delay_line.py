"""Painted frames that are kept until they are due to be shown."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels

_QUALITY = 90


class DelayLine:
    """Returns the frame of some seconds ago for each one that comes. Frames are kept as JPEG.

    >>> grey = Frame.from_bgr(np.full((48, 64, 3), 90, np.uint8), 0, 0.0)
    >>> line = DelayLine(delay_s=2.0)
    >>> [line.push(replace(grey, index=n), now_s=float(n)).index for n in range(5)]
    [0, 0, 0, 1, 2]
    """

    def __init__(self, delay_s: float) -> None:
        """Keep nothing yet.

        Args:
            delay_s: How many seconds later frames come out.
        """
        self.delay_s = delay_s
        self._kept: deque[tuple[float, Frame, UInt8Array]] = deque()

    @property
    def frames(self) -> int:
        """How many frames are kept."""
        return len(self._kept)

    def push(self, frame: Frame, now_s: float) -> Frame:
        """Keep a frame, and return the one that is due; at first, the first one.

        Args:
            frame: What is to be seen now.
            now_s: On any clock, in seconds.
        """
        _, jpeg = cv2.imencode(".jpg", frame.bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        # Its own pixels are let go.
        empty = replace(frame, pixels=BgrPixels.black(1, 1))
        self._kept.append((now_s, empty, np.asarray(jpeg, np.uint8)))
        while len(self._kept) > 1 and self._kept[1][0] <= now_s - self.delay_s:
            self._kept.popleft()
        _, due, data = self._kept[0]
        return replace(due, pixels=BgrPixels(np.asarray(cv2.imdecode(data, 1), np.uint8)))

    def wait_s(self, now_s: float) -> float:
        """Return how long it is until frames come out with the whole delay, in seconds."""
        return max(0.0, self._kept[0][0] + self.delay_s - now_s) if self._kept else self.delay_s
