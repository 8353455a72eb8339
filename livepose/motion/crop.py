"""Smart crop: where the network should look next, given whom it has just found.

On a wide picture a person covers few of the network's pixels; looking only at where the person was
a moment ago gives it several times as many. The method and its constants are those of the TF Hub
MoveNet tutorial (`determine_crop_region`) and of tfjs-models `crop_utils.ts`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import Following, PosedFrame
from livepose.core.region import Region
from livepose.core.skeleton import KEYPOINT_NAMES

_MIN_SCORE = 0.2
_TORSO_REACH = 1.9
_BODY_REACH = 1.2
_HIPS = [KEYPOINT_NAMES.index(f"{side}_hip") for side in ("left", "right")]
_SHOULDERS = [KEYPOINT_NAMES.index(f"{side}_shoulder") for side in ("left", "right")]
_TORSO = [*_SHOULDERS, *_HIPS]
_LOW_PASS = 0.9
"""Share of the new in each edge (tfjs-models `CROP_FILTER_ALPHA`)."""
_DRIFT_LOW_PASS = 0.2
_DRIFT_KEPT = 0.93
"""How much of the speed of somebody hidden is left after each frame."""


class Crop(Protocol):
    """What chooses the next region. It is asked in the order of the frames."""

    def next_region(self, posed: PosedFrame) -> Region | None: ...

    def reset(self) -> None: ...


class WholeFrame:
    """No crop: the network always sees the whole picture."""

    def next_region(self, posed: PosedFrame) -> Region | None:
        """Give None: no narrower region than the whole."""
        return None

    def reset(self) -> None:
        """Nothing is remembered."""


class SmartCrop:
    """A square around the person, large enough for the next movement."""

    def __init__(self, low_pass: float = _LOW_PASS) -> None:
        """Begin with the whole picture.

        Args:
            low_pass: share of the new square in each step, over 0 to 1.
        """
        self._low_pass = low_pass
        self.reset()

    def reset(self) -> None:
        self._square: FloatArray | None = None
        self._drift_px = np.zeros(2, np.float32)

    def next_region(self, posed: PosedFrame) -> Region | None:
        """Tell where to look in the next picture.

        With the middle of the hips as centre, half a side is the largest of 1.9 times the torso's
        reach and 1.2 times the body's reach, along x and along y. The torso counts at any score,
        the body from 0.2. The square is low-passed. While the one who is followed is hidden it
        drifts on, ever slower.

        Args:
            posed: what was found in this picture; the first person counts.

        Returns:
            A square region, or None for the whole picture: when nobody is there, when no torso is
            seen (a hip and a shoulder), or when the square would be no smaller than the picture.
        """
        if len(posed.poses) == 0 and posed.following is Following.LOCKED:
            return self._drifted()
        square = _square_around(posed)
        if square is None:
            self.reset()
            return None
        if self._square is not None:
            step_px = square[:2] - self._square[:2]
            self._drift_px += _DRIFT_LOW_PASS * (step_px - self._drift_px)
            square = self._square + self._low_pass * (square - self._square)
        self._square = square
        return Region.square(*square.tolist())

    def _drifted(self) -> Region | None:
        if self._square is None:
            return None
        self._square[:2] += self._drift_px
        self._drift_px *= _DRIFT_KEPT
        return Region.square(*self._square.tolist())


def _square_around(posed: PosedFrame) -> FloatArray | None:
    """Give the middle's x and y, and the side, in pixels."""
    if len(posed.poses) == 0:
        return None
    width_px, height_px = posed.frame.width_px, posed.frame.height_px
    xy, is_seen = posed.poses.xy[0], posed.poses.seen(_MIN_SCORE)[0]
    if not (is_seen[_HIPS].any() and is_seen[_SHOULDERS].any()):
        return None
    center = xy[_HIPS].mean(axis=0)
    torso_reach = np.abs(xy[_TORSO] - center).max()
    body_reach = np.abs(xy[is_seen] - center).max()
    half_px = max(_TORSO_REACH * torso_reach, _BODY_REACH * body_reach)
    farthest_edge = max(center[0], width_px - center[0], center[1], height_px - center[1])
    half_px = float(min(half_px, farthest_edge))
    if half_px <= 1 or half_px >= max(width_px, height_px) / 2:
        return None
    return np.array((center[0], center[1], 2 * half_px), np.float32)
