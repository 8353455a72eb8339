"""The frames of the last seconds with their poses, as JPEG, in bounded memory."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, replace
from math import inf

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.frame import PosedFrame
from livepose.core.pixels import BgrPixels

_log = logging.getLogger(__name__)
_QUALITY, _LOW_QUALITY = 85, 55
_MAX_BYTES = 100_000_000
_MEASURED_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class KeptFrame:
    """A frame that is kept as JPEG, and what was found in it."""

    posed: PosedFrame
    """Without its pixels."""
    jpeg: UInt8Array
    """(n,) uint8: the frame as the source delivered it, nothing is painted on it."""

    def decoded(self) -> PosedFrame:
        """Return the frame with its pixels."""
        bgr = np.asarray(cv2.imdecode(self.jpeg, cv2.IMREAD_COLOR), np.uint8)
        return replace(self.posed, frame=replace(self.posed.frame, pixels=BgrPixels(bgr)))


class FrameRing:
    """Keeps the last frames, the oldest ones making room for new ones.

    Where they would take too much memory they are compressed more; where that is not enough, fewer
    seconds are kept, and a warning says so.

    >>> from livepose import Frame, Poses, Region
    >>> grey = Frame.from_bgr(np.full((48, 64, 3), 90, np.uint8), 0, 0.0)
    >>> posed = PosedFrame(grey, Poses.empty(), Region.letterbox(64, 48), 0.0)
    >>> ring = FrameRing(length_s=2.0)
    >>> for number in range(5):
    ...     ring.push(replace(posed, frame=replace(grey, index=number, time_s=float(number))))
    >>> [kept.posed.frame.time_s for kept in ring.frames()], ring.frames()[1].decoded().frame.index
    ([2.0, 3.0, 4.0], 3)
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
        self._quality = _QUALITY
        self._low_from_s = inf
        """From this frame on they are compressed more."""
        self._has_warned = False
        self._kept: deque[KeptFrame] = deque()

    def __len__(self) -> int:
        return len(self._kept)

    def push(self, posed: PosedFrame) -> None:
        """Keep a frame and its poses."""
        frame = posed.frame
        quality = [cv2.IMWRITE_JPEG_QUALITY, self._quality]
        jpeg = np.asarray(cv2.imencode(".jpg", frame.bgr, quality)[1], np.uint8)
        black = BgrPixels.black(frame.width_px, frame.height_px)
        self._kept.append(KeptFrame(replace(posed, frame=replace(frame, pixels=black)), jpeg))
        self._size_bytes += len(jpeg)
        while len(self._kept) > 1 and self._span_s() > self._length_s:
            self._size_bytes -= len(self._kept.popleft().jpeg)
        # After a second it is known how much memory the whole length is going to take.
        known_s = max(self._span_s(), _MEASURED_S)
        if self._size_bytes * self._length_s > self._max_bytes * known_s:
            self._quality = _LOW_QUALITY
            self._low_from_s = min(self._low_from_s, frame.time_s)
        while len(self._kept) > 1 and self._size_bytes > self._max_bytes:
            oldest = self._kept.popleft()
            self._size_bytes -= len(oldest.jpeg)
            if oldest.posed.frame.time_s > self._low_from_s:
                self._warn()

    def _span_s(self) -> float:
        """Return the time from the oldest frame to the newest one."""
        return self._kept[-1].posed.frame.time_s - self._kept[0].posed.frame.time_s

    def _warn(self) -> None:
        """Log once that there is not enough memory."""
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "the last %g s take more than %.0f MB: fewer are kept for the replay",
                self._length_s,
                self._max_bytes / 1e6,
            )

    def frames(self) -> tuple[KeptFrame, ...]:
        """Return what is kept now, the oldest frame first; later frames do not change it."""
        return tuple(self._kept)
