"""Body extents: the part of the frame that each tracked person takes up, and the square around it.

The square follows the points that are seen. Where somebody steps behind a table these become few,
and a square around them alone would shrink to a face, in which no network finds a person. So each
edge of an extent goes out at once, and comes in slowly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.anchors import Anchors, rounded_outwards
from livepose.motion.tracking.tracks import Tracks

_MARGIN = 1.25
"""The side of the square over the longer side of the extent."""
_MIN_SIDE_PX = 16.0
_MIN_POINT_SCORE = 0.2
_SHRINK_S = 0.7
"""The time constant with which an edge comes in."""
_INF = np.float32(np.inf)
_INWARDS = np.array((1, 1, -1, -1), np.float32)
"""The way from each edge of a box to its inside."""


def seen_boxes(poses: Poses) -> FloatArray:
    """Return the boxes around the keypoints that each of N people shows: (N, 4) pixels.

    Of somebody who shows none, it is the box around all of them.
    """
    is_seen = poses.score >= _MIN_POINT_SCORE
    is_seen |= ~np.logical_or.reduce(is_seen, axis=1, keepdims=True)
    is_seen = is_seen[..., None]
    low = np.minimum.reduce(np.where(is_seen, poses.xy, _INF), axis=1)
    high = np.maximum.reduce(np.where(is_seen, poses.xy, -_INF), axis=1)
    return np.concatenate((low, high), axis=1)


def squares_around(boxes: FloatArray, quarter_turns: int = 0) -> list[Region]:
    """Return a square around each of N boxes, with a margin.

    >>> squares_around(np.array(((100, 100, 140, 180),), np.float32))
    [Region(left_px=70.0, top_px=90.0, width_px=100.0, height_px=100.0, quarter_turns=0)]

    Args:
        boxes: (N, 4) pixels.
        quarter_turns: How the network is to see them, turned anticlockwise.
    """
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    sides_px = np.maximum(_MARGIN * (boxes[:, 2:] - boxes[:, :2]).max(axis=1), _MIN_SIDE_PX)
    lows = centers - sides_px[:, None] / 2
    return [
        Region(left_px, top_px, side_px, side_px, quarter_turns)
        for (left_px, top_px), side_px in zip(lows.tolist(), sides_px.tolist(), strict=True)
    ]


def areas_of(regions: Sequence[Region]) -> FloatArray:
    """Return left, top, right and bottom of N regions: (N, 4) pixels."""
    corners = np.array([(r.left_px, r.top_px) for r in regions], np.float32).reshape(-1, 2)
    sides_px = np.array([(r.width_px, r.height_px) for r in regions], np.float32).reshape(-1, 2)
    return np.concatenate((corners, corners + sides_px), axis=1)


def _overlap(first: FloatArray, second: FloatArray) -> bool:
    """Return whether two boxes have a part in common: otherwise an id has moved to another body."""
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    return bool((high > low).all())


class BodyExtents:
    """Keep the extent of each tracked person."""

    def __init__(self, *, in_flight: int = 1) -> None:
        """Start with nobody.

        Args:
            in_flight: How many frames are processed at once. With several, extents are rounded
                now and then, so that they do not depend for long on where a video was begun (see
                `anchors`).
        """
        self._anchors = Anchors(in_flight)
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._extents: dict[int, FloatArray] = {}
        self._time_s = 0.0

    def __call__(self, tracks: Tracks, poses: Poses, time_s: float) -> Tracks:
        """Return the tracks with the extents of people in place of their boxes.

        Args:
            tracks: Of everybody who is known.
            poses: Those of them who are seen in this frame.
            time_s: Of the frame.
        """
        seen = dict(zip(poses.track_id.tolist(), seen_boxes(poses), strict=True))
        kept = np.float32(np.exp(-(time_s - self._time_s) / _SHRINK_S))
        moved_px = tracks.velocity * np.float32(time_s - self._time_s)
        moved_px = np.concatenate((moved_px, moved_px), axis=1)
        self._time_s = time_s
        self._anchors.advance(time_s)
        extents = tracks.box.copy()
        for row, track_id in enumerate(tracks.ids.tolist()):
            before, now = self._extents.get(track_id), seen.get(track_id)
            if now is not None and before is not None and _overlap(before, now):
                inwards_px = (now - before - moved_px[row]) * _INWARDS
                extents[row] = now - _INWARDS * np.maximum(inwards_px, 0) * kept
            elif now is not None:
                extents[row] = now
            elif before is not None:
                extents[row] = before
            if self._anchors.is_anchored:
                extents[row] = rounded_outwards(extents[row])
        self._extents = dict(zip(tracks.ids.tolist(), extents, strict=True))
        return replace(tracks, box=extents)
