"""The painted frames of the last seconds, as JPEG, in bounded memory."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import cv2
import numpy as np

from livepose.core.arrays import Float64Array, UInt8Array
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import BgrPixels

_QUALITY = 85
_MAX_BYTES = 200_000_000


class FrameRing:
    """Keeps what a window showed, the oldest frames making room for new ones.

    >>> from livepose import Poses, Region
    >>> grey = Frame.from_bgr(np.full((48, 64, 3), 90, np.uint8), 0, 0.0)
    >>> posed = PosedFrame(grey, Poses.empty(), Region.letterbox(64, 48), 0.0)
    >>> ring = FrameRing(length_s=2.0)
    >>> for number in range(5):
    ...     frame = replace(grey, index=number, time_s=float(number))
    ...     _ = ring.push(replace(posed, frame=frame), frame)
    >>> ring.times_s.tolist(), ring.frame(1)[1].bgr.shape
    ([2.0, 3.0, 4.0], (48, 64, 3))
    """

    def __init__(self, length_s: float, max_bytes: int = _MAX_BYTES) -> None:
        """Start empty.

        Args:
            length_s: How many seconds are kept.
            max_bytes: How much memory the frames may take.
        """
        self._length_s = length_s
        self._max_bytes = max_bytes
        self._size_bytes = 0
        self._kept: deque[tuple[PosedFrame, UInt8Array]] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def times_s(self) -> Float64Array:
        """When the frames were, in seconds, the oldest first."""
        return np.array([posed.frame.time_s for posed, _ in self._kept])

    def push(self, posed: PosedFrame, painted: Frame) -> int:
        """Keep a frame, and return how many of the oldest had to go for it.

        Args:
            posed: The frame and its poses; its pixels are let go.
            painted: As it is shown.
        """
        _, jpeg = cv2.imencode(".jpg", painted.bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        frame = posed.frame
        black = BgrPixels.black(frame.width_px, frame.height_px)
        self._kept.append((replace(posed, frame=replace(frame, pixels=black)), np.asarray(jpeg)))
        self._size_bytes += len(jpeg)
        before = len(self._kept)
        first_s = frame.time_s - self._length_s
        while len(self._kept) > 1 and (
            self._size_bytes > self._max_bytes or self._kept[0][0].frame.time_s < first_s
        ):
            self._size_bytes -= len(self._kept.popleft()[1])
        return before - len(self._kept)

    def posed(self, number: int) -> PosedFrame:
        """Return the poses of a frame, without its pixels.

        Args:
            number: Counted from the oldest one that is kept.
        """
        return self._kept[number][0]

    def frame(self, number: int) -> tuple[PosedFrame, Frame]:
        """Return a frame with its poses, without its own pixels, and as it was painted.

        Args:
            number: Counted from the oldest one that is kept.
        """
        posed, jpeg = self._kept[number]
        bgr = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
        return posed, replace(posed.frame, pixels=BgrPixels(bgr))
