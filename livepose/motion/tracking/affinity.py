"""Affinity: how well each person who is known explains each pose that was found."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.poses import Poses
from livepose.motion.tracking.appearance import Colors
from livepose.motion.tracking.similarity import MIN_POINTS, displacement, iou, oks
from livepose.motion.tracking.tracks import (
    CROWDED_IOU,
    MIN_POINT_SCORE,
    SETTLED_FRAMES,
    Tracks,
)

_POSE_SHARE, _BOX_SHARE, _PLACE_SHARE = 0.45, 0.25, 0.3
_ENOUGH_POINTS = 8
# A standing body fills so much of a square on its height. Its own box is no measure of its size: it
# is as wide as the arms are held, and from the side it is a third as wide as from the front.
_FILLED = 0.4
_AREA_GROWTH_PER_S = 4.0
_REACH, _REACH_PER_S, _MAX_REACH = 0.15, 3.0, 0.75
_STALE_PER_S = 0.3
_USUAL_COLOR, _USUAL_SPREADS = 20.0, 3.0
_WRONG_COLOR, _WRONG_COLOR_AMID_OTHERS = 0.15, 0.6
_SURE = 0.9
_SETTLED_S, _STEADY_COLOR = 1.0, 5.0
_ELDER_FRAMES, _RETURNS, _GIVES_WAY = 15, 0.3, 0.3


def affinity(tracks: Tracks, poses: Poses, colors: Colors, time_s: float) -> FloatArray:
    """Compare T people, where they should be by now, with N poses.

    It is the weighted mean of three likenesses: OKS on the points that are seen in both; the IoU of
    the boxes; and 1/2 to the power of (d / r)^2, with the distance d and a reach r that grows with
    the time since each person was seen, so that it is also found where nothing overlaps. It is less
    for who was not seen of late, and for who wears another colour.

    Args:
        tracks: T people.
        poses: N poses.
        colors: of the poses.
        time_s: of the frame.

    Returns:
        (T, N), 0..1.
    """
    xy, box = tracks.expected(time_s)
    unseen_s = (time_s - tracks.seen_s).astype(np.float32)
    size_px = np.maximum((box[:, 2:] - box[:, :2]).max(axis=1), 1)
    common = np.minimum(tracks.score[:, None], poses.score) >= MIN_POINT_SCORE
    overlap = iou(box, poses.box)

    area_px = _FILLED * size_px**2 * (1 + _AREA_GROWTH_PER_S * unseen_s)
    count = common.sum(axis=-1)
    trust = np.minimum(count / _ENOUGH_POINTS, 1) * (count >= MIN_POINTS)
    pose = trust * oks(xy, common, area_px, poses.xy) + (1 - trust) * overlap

    away_px = displacement(xy[:, None], box[:, None], poses.xy, poses.box, common)
    reach_px = size_px * np.minimum(_REACH + _REACH_PER_S * unseen_s, _MAX_REACH)
    place = 0.5 ** ((away_px**2).sum(axis=-1) / (reach_px**2)[:, None])

    alike = _POSE_SHARE * pose + _BOX_SHARE * overlap + _PLACE_SHARE * place
    alike = alike * (1 - _STALE_PER_S * unseen_s)[:, None]
    # A pose that goes on as it was is the same person's, though the light has changed.
    doubt = _color_doubt(tracks, colors, time_s) * _is_fair(poses, colors) * (alike < _SURE)
    alike = (
        np.where(_is_taken_for_new(tracks, alike, doubt, colors, unseen_s), _GIVES_WAY, 1) * alike
    )
    # The colour of someone who is half hidden is that of whoever is in front.
    worst = np.where(_amid_others(overlap, poses), _WRONG_COLOR_AMID_OTHERS, _WRONG_COLOR)
    return np.asarray(alike * (1 - (1 - worst) * doubt), np.float32)


def _is_taken_for_new(
    tracks: Tracks, alike: FloatArray, doubt: FloatArray, colors: Colors, unseen_s: FloatArray
) -> BoolArray:
    """Tell which of T people give way to an elder for each of N poses: (T, N).

    Who steps before somebody is somebody new; when the one behind appears again, the new one is the
    nearer. So whoever came while an elder was hidden gives way where a pose has the elder's colour.
    """
    is_elder = (tracks.frames >= _ELDER_FRAMES) & (unseen_s > 0)
    if not is_elder.any() or len(tracks) == 1:
        return np.zeros(alike.shape, np.bool_)
    returns = is_elder[:, None] & colors.is_known & (doubt == 0) & (alike > _RETURNS)
    is_younger = tracks.born_s > tracks.seen_s[:, None]
    return np.asarray((returns[:, None] & is_younger[..., None]).any(axis=0))


def _amid_others(overlap: FloatArray, poses: Poses) -> BoolArray:
    """Tell which of N poses are where others are: another pose, or another of T people: (T, N)."""
    if overlap.size == 1:
        return np.zeros((1, 1), np.bool_)
    is_near = overlap > CROWDED_IOU
    is_near_others = is_near.sum(axis=0) > is_near
    near_poses = (iou(poses.box, poses.box) > CROWDED_IOU).sum(axis=0)
    return np.asarray(is_near_others | (near_poses > 1))


def _is_fair(poses: Poses, colors: Colors) -> BoolArray:
    """Tell whose colour may count: (N,). Of two where one hides the other, both are known or none.

    The one whose colour is not known would else be the better for both people.
    """
    if len(poses) == 1:
        return np.ones(1, np.bool_)
    is_near = iou(poses.box, poses.box) > CROWDED_IOU
    return np.asarray(~(is_near & ~colors.is_known).any(axis=1))


def _color_doubt(tracks: Tracks, colors: Colors, time_s: float) -> FloatArray:
    """Tell, (T, N), from 0 for a usual colour to 1 for one that is twice as far as is usual."""
    if not colors.is_known.any():
        return np.zeros((len(tracks), len(colors.value)), np.float32)
    away = np.sqrt(((tracks.color[:, None] - colors.value) ** 2).sum(axis=-1))
    usual = np.maximum(_USUAL_SPREADS * tracks.color_spread, _USUAL_COLOR)[:, None]
    # Of who has just come in, hair before half a shirt may be all that was seen.
    is_settled = (time_s - tracks.born_s >= _SETTLED_S) | (tracks.color_spread <= _STEADY_COLOR)
    is_settled &= tracks.colored_frames >= SETTLED_FRAMES
    is_known = is_settled[:, None] & colors.is_known
    return np.asarray(np.minimum(np.maximum(away / usual - 1, 0), 1) * is_known, np.float32)
