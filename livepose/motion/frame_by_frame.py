"""Estimators that are called with one frame after the other."""

from __future__ import annotations

import logging
from abc import abstractmethod
from dataclasses import replace
from math import inf, isfinite

from livepose.core.arrays import ImageArray
from livepose.core.frame import Frame, PosedFrame
from livepose.core.frame_clock import FrameClock
from livepose.core.interfaces import PoseEstimator

_log = logging.getLogger(__name__)


class FrameByFrameEstimator(PoseEstimator):
    """An estimator that can be called: the three steps of a frame, one after the other."""

    def __init__(self, *, in_flight: int, frame_rate: float | None) -> None:
        """Start the clock of frames that have no time.

        Args:
            in_flight: How many frames may be processed at once.
            frame_rate: Frames per second of arrays and frames that are given without a time; unless
                given, their time is that at which the estimator is called.

        Raises:
            OptionError: If the frame rate is not above 0.
        """
        self._in_flight = in_flight
        self._clock = FrameClock(frame_rate)
        self._last_time_s = -inf
        self._has_warned = False

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def __call__(self, frame: Frame | ImageArray, *, time_s: float | None = None) -> PosedFrame:
        """Find the people in the next frame.

        Args:
            frame: A frame, or an (H, W, 3) uint8 array as cv2 uses it.
            time_s: When an array or a frame without a time was seen, in seconds since the start; by
                default now, or by the estimator's `frame_rate`. Smoothing and tracking need times
                that rise.

        Raises:
            ValueError: If the array has another shape or type of pixels.
            TypeError: If it is not an array.
            SourceError: If there is no array: cv2 returns None if it cannot read an image.
        """
        if not isinstance(frame, Frame):
            frame = Frame.from_bgr(frame)
        if time_s is not None:
            frame = replace(frame, time_s=time_s, is_timed=True)
        frame = self._clock.stamp(frame)
        self._check_time(frame)
        try:
            posed = self.infer(frame, self.preprocess(frame))
        except BaseException:
            self._abandon()
            raise
        return self.update(posed)

    @abstractmethod
    def _abandon(self) -> None:
        """Go on as if nobody had been found in the frame that failed: the next one may be tried."""

    def _check_time(self, frame: Frame) -> None:
        """Warn once if time does not rise: such a frame is taken for the first of a video.

        Raises:
            ValueError: If the time is infinite or not a number.
        """
        if not isfinite(frame.time_s):
            raise ValueError(f"frame {frame.index} has no time: time_s is {frame.time_s}")
        if frame.time_s <= self._last_time_s and not self._has_warned:
            self._has_warned = True
            _log.warning(
                "frame %d (%.3f s) is not later than the frame before it (%.3f s), so smoothing "
                "and tracking start again: give each frame a later time_s, or none",
                frame.index,
                frame.time_s,
                self._last_time_s,
            )
        self._last_time_s = frame.time_s
