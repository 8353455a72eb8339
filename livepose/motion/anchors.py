"""Anchors: moments at which the region that the network sees depends little on what was before.

The network sees a region around what it found before. So a difference of a pixel between two runs
of the same video, of which one has begun later, lives on for many seconds. Every two seconds, for
as long as frames are in flight, the regions are therefore rounded so coarsely that both runs get
the same ones. From there on they find the same: a video can be worked on in pieces.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil, floor, inf, log2

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.region import Region

ANCHOR_S = 2.0
"""From one anchor to the next, by the time of the frames."""
_STEPS = 32
"""A region has 32 to 64 steps along its side: with 8, points tremble by up to a tenth more."""
_EARLY_S = 0.001
"""Times are not exact."""


class Anchors:
    """Notice the frames of anchors, in the order of frames.

    >>> anchors = Anchors(frames=2)
    >>> frames = []
    >>> for time_s in (3.8, 3.9, 4.0, 4.1, 4.2):
    ...     anchors.advance(time_s)
    ...     frames.append((anchors.is_anchored, anchors.is_first))
    >>> frames
    [(False, False), (False, False), (True, True), (True, False), (False, False)]
    """

    def __init__(self, frames: int) -> None:
        """Begin before the first frame, which is none of an anchor.

        Args:
            frames: How many frames an anchor lasts: as many as are in flight. Where frames are
                processed one by one, as they are live, there are no anchors.
        """
        self._frames = frames if frames > 1 else 0
        self._left = 0
        self._number = inf
        self.is_first = False
        """Whether the frame is the first one of an anchor."""

    @property
    def is_anchored(self) -> bool:
        """Whether the frame is one of an anchor."""
        return self._left > 0

    def advance(self, time_s: float) -> None:
        """Go on to the next frame."""
        number = (time_s + _EARLY_S) // ANCHOR_S
        self.is_first = self._frames > 0 and self._number < number
        self._left = self._frames if self.is_first else max(self._left - 1, 0)
        self._number = number


def rounded(region: Region) -> Region:
    """Return a square in coarse steps, which is as large or a little larger.

    >>> rounded(Region(101.0, 98.0, 250.0, 250.0))
    Region(left_px=100.0, top_px=96.0, width_px=252.0, height_px=252.0, quarter_turns=0)

    Args:
        region: A square.
    """
    step_px = 2.0 ** floor(log2(region.width_px / _STEPS))
    left_px, top_px = (round(each / step_px) * step_px for each in (region.left_px, region.top_px))
    side_px = ceil(region.width_px / step_px) * step_px
    return replace(region, left_px=left_px, top_px=top_px, width_px=side_px, height_px=side_px)


def rounded_outwards(box: FloatArray) -> FloatArray:
    """Return a box whose edges are on coarse steps, at the old ones or outside of them.

    >>> rounded_outwards(np.array((101, 98, 151, 298), np.float32)).tolist()
    [100.0, 96.0, 152.0, 300.0]

    Args:
        box: (4,) left, top, right, bottom in pixels.
    """
    longer_px = max(float(box[2] - box[0]), float(box[3] - box[1]), 1.0)
    step_px = 2.0 ** floor(log2(longer_px / _STEPS))
    low, high = np.floor(box[:2] / step_px), np.ceil(box[2:] / step_px)
    return np.concatenate((low, high), dtype=np.float32) * np.float32(step_px)
