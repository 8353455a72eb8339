"""Smart crop: where the network should look next, given whom it has just found.

On a wide picture a person covers few of the network's pixels; looking only at where the person was
a moment ago gives it several times as many. The method and its constants are those of the TF Hub
MoveNet tutorial (`determine_crop_region`) and of tfjs-models `crop_utils.ts`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame, SubjectState
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
        if len(posed.poses) == 0 and posed.subject_state is SubjectState.LOCKED:
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
    xy, score = posed.poses.xy[0].tolist(), posed.poses.score[0].tolist()
    if not all(any(score[n] >= _MIN_SCORE for n in pair) for pair in (_HIPS, _SHOULDERS)):
        return None
    x_px, y_px = ((xy[_HIPS[0]][axis] + xy[_HIPS[1]][axis]) / 2 for axis in (0, 1))
    reach_px = [max(abs(x - x_px), abs(y - y_px)) for x, y in xy]
    half_px = max(
        _TORSO_REACH * max(reach_px[joint] for joint in _TORSO),
        _BODY_REACH
        * max(px for px, seen in zip(reach_px, score, strict=True) if seen >= _MIN_SCORE),
    )
    half_px = min(half_px, max(x_px, width_px - x_px, y_px, height_px - y_px))
    if half_px <= 1 or half_px >= max(width_px, height_px) / 2:
        return None
    return np.array((x_px, y_px, 2 * half_px), np.float32)
