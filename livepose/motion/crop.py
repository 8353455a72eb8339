"""Smart crop: where the network should look next, given whom it has just found.

On a wide picture a person covers few of the network's pixels; looking only at where the person was
a moment ago gives it several times as many. The method and its constants are those of the TF Hub
MoveNet tutorial (`determine_crop_region`) and of tfjs-models `crop_utils.ts`.
"""

from __future__ import annotations

import numpy as np

from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import KEYPOINT_NAMES

_MIN_SCORE = 0.2
_TORSO_REACH = 1.9
_BODY_REACH = 1.2
_HIPS = [KEYPOINT_NAMES.index(f"{side}_hip") for side in ("left", "right")]
_SHOULDERS = [KEYPOINT_NAMES.index(f"{side}_shoulder") for side in ("left", "right")]
_TORSO = [*_SHOULDERS, *_HIPS]


class WholeFrame:
    """No crop: the network always sees the whole picture."""

    def next_region(self, poses: Poses, width_px: int, height_px: int) -> Region | None:
        """Give None: no narrower region than the whole."""
        return None


class SmartCrop:
    """A square around the person, large enough for the next movement."""

    def next_region(self, poses: Poses, width_px: int, height_px: int) -> Region | None:
        """Tell where to look in the next picture.

        With the middle of the hips as centre, half a side is the largest of 1.9 times the torso's
        reach and 1.2 times the body's reach, along x and along y. The torso counts at any score,
        the body from 0.2.

        Args:
            poses: found in this picture; the first person counts.
            width_px: of the picture.
            height_px: of the picture.

        Returns:
            A square region, or None for the whole picture: when nobody is there, when no torso is
            seen (a hip and a shoulder), or when the square would be no smaller than the picture.
        """
        if len(poses) == 0:
            return None
        xy, is_seen = poses.xy[0], poses.seen(_MIN_SCORE)[0]
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
        return Region.square(float(center[0]), float(center[1]), 2 * half_px)
