"""Affinity: how well each track explains each pose."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, IntpArray
from livepose.core.poses import Poses
from livepose.motion.tracking.appearance import Colors
from livepose.motion.tracking.assignment import assign
from livepose.motion.tracking.similarity import (
    MIN_COMMON_POINTS,
    displacement,
    iou,
    oks,
    shares_inside,
)
from livepose.motion.tracking.tracks import (
    CROWDED_SHARE,
    MIN_POINT_SCORE,
    OTHER_CLOTHES,
    SAME_CLOTHES,
    Tracks,
    sizes_px,
)

_OKS_WEIGHT, _IOU_WEIGHT, _DISTANCE_WEIGHT = 0.45, 0.25, 0.3
_ENOUGH_POINTS = 8
"""With fewer common keypoints, OKS is partly replaced by the IoU of the boxes."""
# The share of a square on a standing body's height that the body fills. The box itself is no
# measure of the body's area: it is as wide as the arms are held, and from the side it is a third as
# wide as from the front.
_BODY_FILL = 0.4
_AREA_GROWTH_PER_S = 4.0
_REACH, _REACH_PER_S, _MAX_REACH = 0.15, 3.0, 0.75
"""At which distance the likelihood is halved, over the body's size."""
_UNSEEN_LOSS_PER_S, _MAX_UNSEEN_LOSS = 0.3, 0.3
_USUAL_COLOR_DISTANCE, _USUAL_DEVIATIONS = 20.0, 3.0
_WRONG_COLOR_FACTOR, _WRONG_COLOR_FACTOR_IN_CROWD = 0.15, 0.6
_SURE_AFFINITY, _DOUBTED_AFFINITY = 0.9, 0.6
FOREIGN_FRAMES = 4
"""Fewer may be misread, or show somebody in front."""
_FAR_COLOR_DISTANCE = 3.0
"""From this many usual distances on, two colours are of different people."""
_SETTLED_S, _STEADY_DEVIATION = 1.0, 5.0
_HIDDEN_S, _RECOGNIZED_AFFINITY = 0.1, 0.3
_HIDDEN_REACH, _HIDDEN_REACH_PER_S, _HIDDEN_GROWTH = 0.6, 1.5, 1.5
"""How far somebody who was hidden may have gone, over their size, and how much they may grow."""
_BODY_GROWTH = 1.25
"""Nobody grows by more at once: from frame to frame, a body's box does by 6 % at most, mostly."""
_ELDER_FRAMES, _ELDER_AFFINITY, _YOUNGER_FACTOR = 15, 0.3, 0.3


def affinity(tracks: Tracks, poses: Poses, colors: Colors, time_s: float) -> FloatArray:
    """Compare the predictions of T tracks with N poses.

    It is the weighted mean of three similarities: OKS over the keypoints that are seen in both; the
    IoU of the boxes; and (1/2)^((d / r)^2), with the distance d and a reach r that grows with the
    time since the person was seen, so that a person is also found where nothing overlaps. It is
    lowered for a person who was not seen recently, and for another colour of clothes.

    Args:
        tracks: T people.
        poses: N poses.
        colors: Of the poses.
        time_s: Of the frame.

    Returns:
        (T, N), 0..1.
    """
    xy, box = tracks.predict(time_s)
    unseen_s = (time_s - tracks.seen_s).astype(np.float32)
    size_px = np.maximum((box[:, 2:] - box[:, :2]).max(axis=1), 1)
    common = np.minimum(tracks.score[:, None], poses.score) >= MIN_POINT_SCORE
    overlap = iou(box, poses.box)

    area_px = _BODY_FILL * size_px**2 * (1 + _AREA_GROWTH_PER_S * unseen_s)
    count = common.sum(axis=-1)
    trust = np.minimum(count / _ENOUGH_POINTS, 1) * (count >= MIN_COMMON_POINTS)
    by_points = oks(xy, common, area_px, poses.xy, poses.skeleton)
    by_points = trust * by_points + (1 - trust) * overlap

    moved_px = displacement(xy[:, None], box[:, None], poses.xy, poses.box, common)
    reach_px = size_px * np.minimum(_REACH + _REACH_PER_S * unseen_s, _MAX_REACH)
    by_distance = 0.5 ** ((moved_px**2).sum(axis=-1) / (reach_px**2)[:, None])

    similar = _OKS_WEIGHT * by_points + _IOU_WEIGHT * overlap + _DISTANCE_WEIGHT * by_distance
    unseen_loss = np.minimum(_UNSEEN_LOSS_PER_S * unseen_s, _MAX_UNSEEN_LOSS)
    similar = similar * (1 - unseen_loss)[:, None]
    is_same, color_doubt = _compare_colors(tracks, colors, time_s)
    similar = np.maximum(similar, _recognized(tracks, poses, is_same, box, unseen_s))
    is_back = _is_most_alike(tracks, colors) & (unseen_s > _HIDDEN_S)[:, None]
    claims = _claims(similar, is_same | is_back, color_doubt)
    is_claimed = claims.sum(axis=0) > claims
    is_elders = _is_claimed_by_elder(tracks, claims)
    # A pose that continues a track closely is of the same person, even if the light has changed.
    color_doubt = color_doubt * (is_claimed | _has_fair_color(poses, colors))
    continues = (similar - _DOUBTED_AFFINITY) / (_SURE_AFFINITY - _DOUBTED_AFFINITY)
    color_doubt = color_doubt * (similar < _SURE_AFFINITY)
    is_certain = is_claimed | (tracks.foreign_frames >= FOREIGN_FRAMES)[:, None]
    color_doubt = color_doubt * np.where(is_certain, 1, 1 - np.clip(continues, 0, 1))
    is_elders |= _is_elders_pose(tracks, similar, is_same, time_s)
    similar = np.where(is_elders, _YOUNGER_FACTOR, 1) * similar
    similar = similar * ~_is_in_front(tracks, poses, colors)
    # A half hidden person has the colour of whoever is in front.
    is_in_crowd = _is_in_crowd(box, poses) & ~is_claimed
    worst = np.where(is_in_crowd, _WRONG_COLOR_FACTOR_IN_CROWD, _WRONG_COLOR_FACTOR)
    return np.asarray(similar * (1 - (1 - worst) * color_doubt), np.float32)


def _is_in_front(tracks: Tracks, poses: Poses, colors: Colors) -> BoolArray:
    """Return which of N poses are surely of somebody in front of each of T people: (T, N).

    It is so where somebody seems to have grown and to wear other clothes, at once.
    """
    if not colors.is_known.any():
        return np.zeros((len(tracks), len(poses)), np.bool_)
    distance = np.linalg.norm(tracks.color[:, None] - colors.value, axis=-1)
    is_compared = tracks.known_clothes()[:, None] & colors.is_known
    is_other = ~(is_compared & (distance <= OTHER_CLOTHES)).any(axis=-1)
    has_grown = sizes_px(poses.box) > _BODY_GROWTH * tracks.size_px[:, None]
    return np.asarray(is_compared.any(axis=-1) & is_other & has_grown)


def _is_elders_pose(
    tracks: Tracks, similar: FloatArray, is_same: BoolArray, time_s: float
) -> BoolArray:
    """Return which of T tracks leave each of N poses to an older track: (T, N).

    A person who steps in front of another starts a new track; when the hidden person appears again,
    the new track is the closer one. So a track that started while an older one was hidden leaves it
    the poses that are in the older one's clothes.
    """
    is_elder = (tracks.frames >= _ELDER_FRAMES) & (time_s > tracks.present_s)
    if not is_elder.any() or len(tracks) == 1:
        return np.zeros(similar.shape, np.bool_)
    fits_elder = is_elder[:, None] & is_same & (similar > _ELDER_AFFINITY)
    is_younger = tracks.born_s > tracks.present_s[:, None]
    return np.asarray((fits_elder[:, None] & is_younger[..., None]).any(axis=0))


def _is_in_crowd(box: FloatArray, poses: Poses) -> BoolArray:
    """Return which of N poses lie partly in another pose, or a track other than each of T: (T, N).

    Args:
        box: (T, 4) of the tracks.
        poses: N poses.
    """
    if len(box) == len(poses) == 1:
        return np.zeros((1, 1), np.bool_)
    is_near = shares_inside(poses.box, box).T > CROWDED_SHARE
    is_near_other_track = is_near.sum(axis=0) > is_near
    return np.asarray(is_near_other_track | (_is_near_pose(poses).sum(axis=1) > 1))


def _is_near_pose(poses: Poses) -> BoolArray:
    """Return which of N poses lie partly in which of them: (N, N)."""
    return np.asarray(shares_inside(poses.box, poses.box) > CROWDED_SHARE)


def _has_fair_color(poses: Poses, colors: Colors) -> BoolArray:
    """Return which poses may be compared by colour: (N,).

    Where one of two overlapping poses has no known colour, neither is: the one without a colour
    would otherwise be the better match for both people.
    """
    if len(poses) == 1:
        return np.ones(1, np.bool_)
    is_near = _is_near_pose(poses)
    return np.asarray(~((is_near | is_near.T) & ~colors.is_known.any(axis=1)).any(axis=1))


def match_after_shape_change(
    tracks: Tracks, poses: Poses, colors: Colors
) -> tuple[IntpArray, IntpArray]:
    """Pair T tracks with N poses after the frame has changed its shape, and places do not compare.

    What speaks for a pair is the colour of the clothes and the same place in the order from left to
    right.

    Args:
        tracks: T people.
        poses: N poses.
        colors: Of the poses.

    Returns:
        (M,) rows of tracks and (M,) rows of poses; no pair is in different clothes.
    """
    is_compared = (tracks.colored_frames[:, None] > 0) & colors.is_known
    distance = np.linalg.norm(tracks.color[:, None] - colors.value, axis=-1) * is_compared
    distance = distance.max(axis=-1) / _USUAL_COLOR_DISTANCE
    is_known = np.asarray(is_compared.any(axis=-1))
    ranks = [_order_from_left(box) for box in (tracks.box, poses.box)]
    cost = np.where(is_known, distance, 1) + np.abs(ranks[0][:, None] - ranks[1])
    rows, pose_rows = assign(-cost)
    is_possible = ~(is_known & (distance > _FAR_COLOR_DISTANCE))[rows, pose_rows]
    return rows[is_possible], pose_rows[is_possible]


def _order_from_left(box: FloatArray) -> FloatArray:
    """Return the place of each of N boxes from left to right, 0..1."""
    order = np.argsort(np.argsort(box[:, 0] + box[:, 2]))
    return np.asarray(order / max(len(box) - 1, 1), np.float32)


def _compare_colors(tracks: Tracks, colors: Colors, time_s: float) -> tuple[BoolArray, FloatArray]:
    """Compare what T people wear with the colours of N poses.

    Returns:
        (T, N), whether they are the same in all parts that are known; and (T, N), from 0 for a
        usual colour in one of them to 1 where all are twice as far as is usual.
    """
    if not colors.is_known.any():
        shape = len(tracks), len(colors.value)
        return np.zeros(shape, np.bool_), np.zeros(shape, np.float32)
    distance = np.sqrt(((tracks.color[:, None] - colors.value) ** 2).sum(axis=-1))
    usual = np.maximum(_USUAL_DEVIATIONS * tracks.color_deviation, _USUAL_COLOR_DISTANCE)[:, None]
    # Of a person who is just coming in, only hair and half of a shirt may have been measured.
    is_settled = (time_s - tracks.born_s >= _SETTLED_S)[:, None] | (
        tracks.color_deviation <= _STEADY_DEVIATION
    )
    is_settled &= tracks.known_clothes()
    is_known = is_settled[:, None] & colors.is_known
    doubt = np.where(is_known, np.clip(distance / usual - 1, 0, 1), np.inf).min(axis=-1)
    is_same = is_known.any(axis=-1) & ~(is_known & (distance > SAME_CLOTHES)).any(axis=-1)
    return is_same, np.where(np.isfinite(doubt), doubt, 0).astype(np.float32)


def _is_most_alike(tracks: Tracks, colors: Colors) -> BoolArray:
    """Return whose clothes those of each of N poses are most like, of several people: (T, N).

    Beside somebody in front, or in another posture, a person's own clothes may differ a little. It
    says who is back of those who were hidden; of two who cross in sight, it would be too little.
    """
    distance = np.linalg.norm(tracks.color[:, None] - colors.value, axis=-1)
    is_compared = tracks.known_clothes()[:, None] & colors.is_known
    farthest = np.where(is_compared, distance, 0).max(axis=-1)
    farthest = np.where(is_compared.any(axis=-1), farthest, np.inf)
    is_most_alike = (farthest <= OTHER_CLOTHES) & (farthest == farthest.min(axis=0))
    return np.asarray(is_most_alike & (np.isfinite(farthest).sum(axis=0) > 1))


def _claims(similar: FloatArray, is_same: BoolArray, color_doubt: FloatArray) -> BoolArray:
    """Return which of N poses are surely of which of T tracks: (T, N).

    Those that are in a track's clothes, where it has no better pose: of two people, one in front of
    the other, it is the one in front. A pose in clothes that are surely others is no better.
    """
    possible = similar * (color_doubt < 1)
    is_best = similar >= possible.max(axis=1, keepdims=True, initial=0)
    return np.asarray(is_same & is_best & (similar > _ELDER_AFFINITY))


def _is_claimed_by_elder(tracks: Tracks, claims: BoolArray) -> BoolArray:
    """Return which of N poses an older track claims, of a track without known clothes: (T, N)."""
    has_color = np.asarray(tracks.known_clothes().any(axis=1))
    is_younger = tracks.born_s[:, None] > tracks.born_s
    is_claimed = (is_younger[..., None] & claims).any(axis=1)
    return np.asarray(is_claimed & ~has_color[:, None])


def _recognized(
    tracks: Tracks, poses: Poses, is_same: BoolArray, box: FloatArray, unseen_s: FloatArray
) -> FloatArray:
    """Return the affinity of T hidden people to N poses in their clothes, near where they were.

    A hidden person may have turned round or stopped.
    """
    is_hidden = (unseen_s > _HIDDEN_S)[:, None]
    if not (is_same & is_hidden).any():
        return np.zeros(is_same.shape, np.float32)
    centers = [(each[:, :2] + each[:, 2:]) / 2 for each in (box, poses.box)]
    sizes_px = [np.maximum((each[:, 2:] - each[:, :2]).max(axis=1), 1) for each in (box, poses.box)]
    ratio = sizes_px[1] / sizes_px[0][:, None]
    reach_px = sizes_px[0] * (_HIDDEN_REACH + _HIDDEN_REACH_PER_S * unseen_s)
    is_near = np.linalg.norm(centers[0][:, None] - centers[1], axis=-1) < reach_px[:, None]
    is_alike = (ratio > 1 / _HIDDEN_GROWTH) & (ratio < _HIDDEN_GROWTH)
    return np.asarray(_RECOGNIZED_AFFINITY * (is_same & is_hidden & is_near & is_alike), np.float32)
