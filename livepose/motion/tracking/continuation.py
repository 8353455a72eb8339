"""Continuation: poses that are so close to where people should be that they can only be theirs.

Most frames are of this kind, and take a fraction of the time that comparing everything does.
"""

from __future__ import annotations

from math import expm1, hypot

import numpy as np

from livepose.core.arrays import IntpArray
from livepose.core.poses import Poses
from livepose.motion.tracking.tracks import (
    MIN_POINT_SCORE,
    SIZE_MEMORY_S,
    VELOCITY_MEMORY_S,
    Tracks,
)

_MAX_FRAME_INTERVAL_S = 0.11
# A pose is surely of a person if at least so many common keypoints are, on average, within this
# share of the body's size of where they were predicted.
_SURE_POINTS, _SURE_SHARE = 8, 0.05


def continue_single(tracks: Tracks, poses: Poses, time_s: float) -> bool:
    """Update the only track with the only pose, if that is very close to the prediction.

    It is `predict`, a comparison and `update` in plain Python, which for one person is ten
    times as fast as with arrays.

    Args:
        tracks: One person, updated in place.
        poses: One person.
        time_s: Of the frame.

    Returns:
        Whether the pose was surely the same person's; nothing is updated otherwise.
    """
    gap_s = float(time_s - tracks.seen_s[0])
    moved_px = _displacements(tracks, poses)
    if not 0 < gap_s <= _MAX_FRAME_INTERVAL_S or len(moved_px) < _SURE_POINTS:
        return False
    x_px, y_px = (tracks.velocity[0] * gap_s).tolist()
    error_px = sum(hypot(x - x_px, y - y_px) for x, y in moved_px) / len(moved_px)
    left, top, right, bottom = tracks.box[0].tolist()
    if error_px > _SURE_SHARE * max(right - left, bottom - top):
        return False
    gain = max(-expm1(-gap_s / VELOCITY_MEMORY_S), 1 / (float(tracks.frames[0]) + 1))
    velocity = [sum(along) / len(along) / gap_s for along in zip(*moved_px, strict=True)]
    tracks.velocity[0] += gain * (velocity - tracks.velocity[0])
    tracks.xy[0], tracks.score[0], tracks.box[0] = poses.xy[0], poses.score[0], poses.box[0]
    tracks.seen_s[0] = tracks.present_s[0] = time_s
    tracks.frames[0] += 1
    left, top, right, bottom = poses.box[0].tolist()
    gain = max(-expm1(-gap_s / SIZE_MEMORY_S), 1 / (float(tracks.frames[0]) + 1))
    tracks.size_px[0] += gain * (max(right - left, bottom - top, 1) - tracks.size_px[0])
    return True


def _displacements(tracks: Tracks, poses: Poses) -> list[tuple[float, float]]:
    """Return how far each keypoint of the only person moved that is seen now and was before."""
    before = zip(tracks.xy[0].tolist(), tracks.score[0].tolist(), strict=True)
    now = zip(poses.xy[0].tolist(), poses.score[0].tolist(), strict=True)
    return [
        (x - x_before, y - y_before)
        for ((x_before, y_before), score_before), ((x, y), score) in zip(before, now, strict=True)
        if score_before >= MIN_POINT_SCORE and score >= MIN_POINT_SCORE
    ]


def continued_rows(tracks: Tracks, poses: Poses, time_s: float) -> IntpArray | None:
    """Match every pose with a track, if all are very close to the predictions and far apart.

    Returns:
        (N,) rows, whose track each of N poses belongs to; None where that is not sure.
    """
    gap_s = time_s - tracks.seen_s
    if len(poses) != len(tracks) or gap_s.min() <= 0 or gap_s.max() > _MAX_FRAME_INTERVAL_S:
        return None
    if tracks.is_crowded(time_s).any():
        return None
    xy, box = tracks.predict(time_s)
    common = np.minimum(tracks.score[:, None], poses.score) >= MIN_POINT_SCORE
    error_px = np.sqrt(((poses.xy - xy[:, None]) ** 2).sum(axis=-1))
    count = common.sum(axis=-1)
    limit_px = _SURE_SHARE * (box[:, 2:] - box[:, :2]).max(axis=1)[:, None]
    is_same = (count >= _SURE_POINTS) & ((error_px * common).sum(axis=-1) <= limit_px * count)
    is_sure = (is_same.sum(axis=0) == 1).all() and (is_same.sum(axis=1) == 1).all()
    return is_same.argmax(axis=0) if is_sure else None
