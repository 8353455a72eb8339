"""Smart crop: the region for the next frame, given the person found in this one.

In a wide frame a person covers few of the network's pixels; a crop around where the person was a
frame ago gives it several times as many. The method and its constants are those of the TF Hub
MoveNet tutorial (`determine_crop_region`) and of tfjs-models `crop_utils.ts`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame, SubjectState
from livepose.core.region import Region
from livepose.core.skeleton import Skeleton
from livepose.motion.anchors import Anchors, rounded

_MIN_SCORE = 0.2
_TORSO_REACH = 1.9
_BODY_REACH = 1.2
_LOW_PASS = 0.9
"""The weight of the new value of each edge (tfjs-models `CROP_FILTER_ALPHA`)."""
_DRIFT_LOW_PASS = 0.2
_DRIFT_KEPT = 0.93
"""How much of a hidden person's speed is left after each frame."""


class Crop(Protocol):
    """Choose the region of the next frame. It is called in the order of the frames."""

    def next_region(self, posed: PosedFrame) -> Region | None:
        """Return the region for the next frame; None for the full frame."""

    def region_around(self, posed: PosedFrame) -> Region | None:
        """Return the region for a second look at the same frame; None if there is none.

        It is called in any order, and changes nothing.
        """

    def reset(self) -> None:
        """Forget the frames before."""


class WholeFrame:
    """No crop: the network always sees the full frame.

    >>> from livepose import Frame, Poses, Region
    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    >>> posed = PosedFrame(frame, Poses.empty(), Region.letterbox(640, 480), 0.0)
    >>> print(WholeFrame().next_region(posed))
    None
    """

    def next_region(self, posed: PosedFrame) -> Region | None:
        """Return None: the full frame."""
        return None

    def region_around(self, posed: PosedFrame) -> Region | None:
        """Return None: the full frame has been seen."""
        return None

    def reset(self) -> None:
        """Do nothing: no state is kept."""


class SmartCrop:
    """Crop to a square around the person, large enough for the next movement.

    The centre is the middle of the hips, and half a side is the largest of

        1.9 * max(|x - centre x|, |y - centre y|)   over both shoulders and hips, at any score
        1.2 * max(|x - centre x|, |y - centre y|)   over all keypoints with a score of 0.2 or more

    up to the farthest edge of the frame. The square is low-passed. The full frame is used when
    nobody is found, when the torso is not visible (one hip and one shoulder at 0.2 or more), or
    when the square would be no smaller than the frame; always, for a skeleton without hips or
    shoulders. While a locked subject is hidden the square drifts on, ever more slowly.

    >>> from livepose import Frame, Poses, Region
    >>> frame = Frame.from_bgr(np.zeros((720, 1280, 3), np.uint8))
    >>> xy = np.full((1, 17, 2), 360, np.float32)
    >>> xy[0, :, 1] = np.linspace(300, 400, 17)
    >>> poses = Poses.from_keypoints(xy, np.full((1, 17), 0.9, np.float32))
    >>> region = SmartCrop().next_region(PosedFrame(frame, poses, Region.letterbox(1280, 720), 0.0))
    >>> round(region.left_px + region.width_px / 2), round(region.width_px)
    (360, 172)
    """

    def __init__(self, low_pass: float = _LOW_PASS, *, in_flight: int = 1) -> None:
        """Start with the full frame.

        Args:
            low_pass: The weight of the new square in each step, over 0 to 1.
            in_flight: How many frames are processed at once. With several, the square is rounded
                now and then, so that it does not depend for long on where a video was begun (see
                `anchors`).
        """
        self._low_pass = low_pass
        self._anchors = Anchors(in_flight)
        self.reset()

    def reset(self) -> None:
        self._square: FloatArray | None = None
        self._drift_px = np.zeros(2, np.float32)
        self._anchored: Region | None = None
        """The square of the last anchor, while it is held."""

    def next_region(self, posed: PosedFrame) -> Region | None:
        """Return a square region for the next frame; None for the full frame.

        Args:
            posed: What was found in this frame; the first person counts.
        """
        self._anchors.advance(posed.frame.time_s)
        if len(posed.poses) == 0 and posed.subject_state is SubjectState.LOCKED:
            if self._square is None:
                return None
            self._square[:2] += self._drift_px
            self._drift_px *= _DRIFT_KEPT
            return Region.square(*self._square.tolist())
        square = _square_around(posed)
        if square is None:
            self.reset()
            return None
        if self._square is not None:
            step_px = square[:2] - self._square[:2]
            self._drift_px += _DRIFT_LOW_PASS * (step_px - self._drift_px)
            square = self._square + self._low_pass * (square - self._square)
        self._square = square
        region = Region.square(*square.tolist())
        if not self._anchors.is_anchored:
            self._anchored = None
        elif self._anchored is None or self._anchors.is_first:
            self._anchored = rounded(region)
        return self._anchored or region

    def region_around(self, posed: PosedFrame) -> Region | None:
        """Return the square around the first person, without regard to the frames before."""
        square = _square_around(posed)
        return None if square is None else Region.square(*square.tolist())


@lru_cache(maxsize=16)
def _shoulders_and_hips(skeleton: Skeleton) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return the rows of both shoulders and of both hips; None where one is missing."""
    if not skeleton.has(("left_shoulder", "right_shoulder", "left_hip", "right_hip")):
        return None
    return (
        (skeleton.index("left_shoulder"), skeleton.index("right_shoulder")),
        (skeleton.index("left_hip"), skeleton.index("right_hip")),
    )


def _square_around(posed: PosedFrame) -> FloatArray | None:
    """Return the centre's x and y and the side of the first person's square: (3,) pixels."""
    torso = _shoulders_and_hips(posed.poses.skeleton)
    if len(posed.poses) == 0 or torso is None:
        return None
    shoulders, hips = torso
    width_px, height_px = posed.frame.width_px, posed.frame.height_px
    xy, score = posed.poses.xy[0].tolist(), posed.poses.score[0].tolist()
    is_torso_visible = all(any(score[joint] >= _MIN_SCORE for joint in pair) for pair in torso)
    if not is_torso_visible:
        return None
    x_px, y_px = ((xy[hips[0]][axis] + xy[hips[1]][axis]) / 2 for axis in (0, 1))
    reach_px = [max(abs(x - x_px), abs(y - y_px)) for x, y in xy]
    half_px = max(
        _TORSO_REACH * max(reach_px[joint] for joint in (*shoulders, *hips)),
        _BODY_REACH
        * max(px for px, seen in zip(reach_px, score, strict=True) if seen >= _MIN_SCORE),
    )
    half_px = min(half_px, max(x_px, width_px - x_px, y_px, height_px - y_px))
    if half_px <= 1 or half_px >= max(width_px, height_px) / 2:
        return None
    return np.array((x_px, y_px, 2 * half_px), np.float32)
