"""Poses as they were before they were smoothed."""

from __future__ import annotations

from dataclasses import replace

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep


class Unsmoothed(MotionStep):
    """Takes points back to where they were before they were smoothed."""

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        return replace(posed, poses=replace(posed.poses, xy=posed.poses.raw_xy))

    def reset(self) -> None:
        """Nothing is remembered."""
