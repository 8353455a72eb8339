"""Face regions: discs that cover the faces of everybody who may be in the frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, IntpArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton

_MIN_PERSON_SCORE = 0.07
"""A pose that scores more may be a person. Empty rooms, black and noise score up to 0.045."""
HOLD_S = 0.7
"""How long a face stays covered after it was last found."""

_MIN_SCORE = 0.2
"""Keypoints that score more are roughly where they are said to be."""
_SURE_SCORE = 0.4
"""With fewer than two face keypoints above this, a second disc is put above the shoulders."""
# A disc with a radius of 14 cm reaches from the hairline to below the chin and beyond both ears.
# The factors are 14 cm over the distance between two keypoints of a grown-up, with the head turned
# so that the distance is longest: ears 14 cm, eyes 6.3, eye to ear 9, nose to ear 12, shoulders 35,
# shoulder to hip 48 (after the means of NASA-STD-3000, volume 1, section 3). In any other view the
# distance is shorter, so the largest of all results counts.
_RADIUS_PER_DISTANCE = (
    ("left_ear", "right_ear", 1.0),
    ("left_eye", "right_eye", 2.2),
    ("left_eye", "left_ear", 1.55),
    ("right_eye", "right_ear", 1.55),
    ("nose", "left_ear", 1.2),
    ("nose", "right_ear", 1.2),
    ("left_shoulder", "right_shoulder", 0.4),
    ("left_shoulder", "left_hip", 0.29),
    ("right_shoulder", "right_hip", 0.29),
)
# The same for the parts of the body, of which limbs are 31, 26 and 41 cm. They only bound a radius:
# a single keypoint of the face that is far off would cover a third of the picture.
_RADIUS_PER_BODY_LENGTH = (
    *_RADIUS_PER_DISTANCE[-3:],
    ("left_shoulder", "left_elbow", 0.45),
    ("right_shoulder", "right_elbow", 0.45),
    ("left_elbow", "left_wrist", 0.54),
    ("right_elbow", "right_wrist", 0.54),
    ("left_hip", "left_knee", 0.34),
    ("right_hip", "right_knee", 0.34),
    ("left_knee", "left_ankle", 0.34),
    ("right_knee", "right_ankle", 0.34),
)
_MAX_RADII_OF_BODY = 1.75
"""The radius is at most so many times what the longest part of the body results in."""
_MIN_BODY_LENGTHS = 2
"""With fewer good ones the body bounds nothing: from the side, shoulders are close together."""
_RADII_ABOVE_SHOULDERS = 1.4
"""The middle of the face is 20 cm above the line of the shoulders."""
_MIN_RADIUS_PX = 4.0
_UNSURE_GROWTH = 1.25
_GROWTH_PER_S = 0.6
_MAX_GROWTH_PER_S = 20.0
"""How much the radius of a face that was found before may grow: in a frame, by two thirds."""
_SHRINKING_PER_S = 0.8
_MAX_REACH_OF_MERGED = 1.15
"""A disc is merged into a larger one if it reaches no farther than so many of that one's radii."""


@dataclass(frozen=True, slots=True, eq=False)
class _HeadJoints:
    """Rows of the keypoint arrays that tell where a head is and how large."""

    starts: IntpArray
    """(D,) one end of each distance that a radius is made of."""
    ends: IntpArray
    """(D,) the other end."""
    factors: FloatArray
    """(D,) the radius over that distance."""
    body_starts: IntpArray
    """(B,) one end of each part of the body that bounds the radius."""
    body_ends: IntpArray
    """(B,) the other end."""
    body_factors: FloatArray
    """(B,) the radius over the length of that part."""
    face: IntpArray
    """(F,) the keypoints of the face; empty where the skeleton has none."""
    shoulders: IntpArray
    """(2,) or empty."""
    hips: IntpArray
    """(2,) or empty."""


@lru_cache(maxsize=16)
def _joints_of(skeleton: Skeleton) -> _HeadJoints:
    distances = [each for each in _RADIUS_PER_DISTANCE if skeleton.has(each[:2])]
    lengths = [each for each in _RADIUS_PER_BODY_LENGTH if skeleton.has(each[:2])]

    def rows(*names: str) -> IntpArray:
        known = names if skeleton.has(names) else ()
        return np.array([skeleton.index(name) for name in known], np.intp)

    return _HeadJoints(
        starts=np.array([skeleton.index(start) for start, _, _ in distances], np.intp),
        ends=np.array([skeleton.index(end) for _, end, _ in distances], np.intp),
        factors=np.array([factor for _, _, factor in distances], np.float32),
        body_starts=np.array([skeleton.index(start) for start, _, _ in lengths], np.intp),
        body_ends=np.array([skeleton.index(end) for _, end, _ in lengths], np.intp),
        body_factors=np.array([factor for _, _, factor in lengths], np.float32),
        face=np.array(skeleton.groups.get("face", ()), np.intp),
        shoulders=rows("left_shoulder", "right_shoulder"),
        hips=rows("left_hip", "right_hip"),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """A face that was found some time ago."""

    disc: FloatArray
    """(3,): x, y and radius."""
    velocity: FloatArray
    """(2,) pixels per second."""
    seen_s: float
    """When it was last found."""


class FaceRegions(MotionStep):
    """Find where faces may be, rather too many than too few, so that they can be hidden.

    All detections count, also of people who are not shown, and all people who are shown. A face
    that is not found any more stays covered for 0.7 s; its disc moves on as it last moved, and
    grows.

    >>> from livepose import Frame, Region
    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    >>> xy = np.random.default_rng(0).uniform(100, 200, (1, 17, 2)).astype(np.float32)
    >>> poses = Poses.from_keypoints(xy, np.full((1, 17), 0.9, np.float32))
    >>> posed = PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0)
    >>> FaceRegions()(posed).overlays.faces.shape  # x, y and radius of one disc
    (1, 3)
    """

    def __init__(self) -> None:
        self._faces: list[_Face] = []
        self._last_s = 0.0

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        now_s = posed.frame.time_s
        if now_s < self._last_s:
            self.reset()
        step_s, self._last_s = now_s - self._last_s, now_s
        found = _merged(np.concatenate([discs_of(posed.detections), discs_of(posed.poses)]))
        predicted = [_predict(face, step_s) for face in self._faces]
        self._faces = [_update(disc, predicted, self._faces, step_s, now_s) for disc in found]
        self._faces += [
            face
            for face in predicted
            if now_s - face.seen_s <= HOLD_S and not _is_near(found, face.disc).any()
        ]
        discs = np.array([face.disc for face in self._faces], np.float32).reshape(-1, 3)
        return replace(posed, overlays=replace(posed.overlays, faces=_merged(discs)))

    def reset(self) -> None:
        self._faces = []
        self._last_s = 0.0


def discs_of(poses: Poses) -> FloatArray:
    """Return where the faces of N people may be: (F, 3), one or two discs for each person.

    Where the skeleton has neither a face nor shoulders, the disc covers the whole person.
    """
    poses = poses[poses.person_score >= _MIN_PERSON_SCORE]
    if not len(poses):
        return np.zeros((0, 3), np.float32)
    joints = _joints_of(poses.skeleton)
    has_face, has_shoulders = bool(len(joints.face)), bool(len(joints.shoulders))
    if not len(joints.factors) or not (has_face or has_shoulders):
        return _discs_around(poses.box)
    radius_px = _radius_px(poses, joints)
    is_sure = (poses.score[:, joints.face] >= _SURE_SCORE).sum(axis=1) >= 2
    radius_px = np.where(is_sure, radius_px, _UNSURE_GROWTH * radius_px)
    discs = []
    if has_face:
        # The mean of the keypoints of the face, weighted by their squared scores.
        weight = np.maximum(poses.score[:, joints.face, None], 0.01) ** 2
        center = (poses.xy[:, joints.face] * weight).sum(axis=1) / weight.sum(axis=1)
        discs.append(np.column_stack((center, radius_px)))
    if has_shoulders:
        above = np.column_stack((_center_above_shoulders(poses, joints, radius_px), radius_px))
        discs.append(above[~is_sure])
    return np.concatenate(discs).astype(np.float32)


def _discs_around(box: FloatArray) -> FloatArray:
    """Return the discs through the corners of (N, 4) boxes: (N, 3)."""
    center, half = (box[:, :2] + box[:, 2:]) / 2, (box[:, 2:] - box[:, :2]) / 2
    radius_px = np.maximum(np.hypot(half[:, 0], half[:, 1]), _MIN_RADIUS_PX)
    return np.column_stack((center, radius_px)).astype(np.float32)


def _radius_px(poses: Poses, joints: _HeadJoints) -> FloatArray:
    """Return the radius of each face: (N,), the largest that two good keypoints result in.

    It is no larger than the size of the body allows, where that is seen.
    """
    radii_px = joints.factors * _distances_px(poses, joints.starts, joints.ends)
    is_good = _are_good(poses, joints.starts, joints.ends)
    largest_px = np.where(is_good, radii_px, 0.0).max(axis=1)
    # With no good keypoints at all, the median of what the bad ones result in is about right.
    radius_px = np.where(is_good.any(axis=1), largest_px, np.median(radii_px, axis=1))
    radius_px = np.minimum(radius_px, _max_radius_px(poses, joints))
    return np.asarray(np.maximum(radius_px, _MIN_RADIUS_PX), np.float32)


def _max_radius_px(poses: Poses, joints: _HeadJoints) -> FloatArray:
    """Return the largest radius for each body: (N,), infinite where too little of it is seen."""
    radii_px = joints.body_factors * _distances_px(poses, joints.body_starts, joints.body_ends)
    is_good = _are_good(poses, joints.body_starts, joints.body_ends)
    largest_px = np.where(is_good, radii_px, 0.0).max(axis=1, initial=0.0)
    is_seen = is_good.sum(axis=1) >= _MIN_BODY_LENGTHS
    return np.asarray(np.where(is_seen, _MAX_RADII_OF_BODY * largest_px, np.inf), np.float32)


def _distances_px(poses: Poses, starts: IntpArray, ends: IntpArray) -> FloatArray:
    """Return how far D pairs of keypoints are apart: (N, D)."""
    return np.asarray(np.linalg.norm(poses.xy[:, starts] - poses.xy[:, ends], axis=2))


def _are_good(poses: Poses, starts: IntpArray, ends: IntpArray) -> BoolArray:
    """Return whether both of D pairs of keypoints are roughly where they are said to be: (N, D)."""
    return (poses.score[:, starts] >= _MIN_SCORE) & (poses.score[:, ends] >= _MIN_SCORE)


def _center_above_shoulders(poses: Poses, joints: _HeadJoints, radius_px: FloatArray) -> FloatArray:
    """Return where a head is that is held straight: (N, 2)."""
    neck = poses.xy[:, joints.shoulders].mean(axis=1)
    up = np.array((0.0, -1.0))
    if len(joints.hips):
        spine = neck - poses.xy[:, joints.hips].mean(axis=1)
        length = np.linalg.norm(spine, axis=1, keepdims=True)
        ends = np.concatenate((joints.shoulders, joints.hips))
        is_seen = (poses.score[:, ends] >= _MIN_SCORE).all(axis=1) & (length[:, 0] > 1)
        up = np.where(is_seen[:, None], spine / np.maximum(length, 1.0), up)
    away_px = _RADII_ABOVE_SHOULDERS * radius_px / _UNSURE_GROWTH
    return np.asarray(neck + up * away_px[:, None])


def _predict(face: _Face, step_s: float) -> _Face:
    """Return a face as it moves on; it grows, as its place becomes uncertain."""
    xy = face.disc[:2] + face.velocity * step_s
    radius_px = face.disc[2] * (1 + _GROWTH_PER_S * step_s)
    return replace(face, disc=np.append(xy, radius_px))


def _update(
    disc: FloatArray, predicted: list[_Face], before: list[_Face], step_s: float, now_s: float
) -> _Face:
    """Return the face of a disc, with the velocity of the one that was there before.

    Args:
        disc: (3,) what was found.
        predicted: The known faces, moved on to this frame.
        before: The same faces, as they were in the frame before.
        step_s: Time since that frame.
        now_s: Time of this frame.
    """
    if predicted:
        discs = np.array([face.disc for face in predicted])
        nearest = int(np.argmin(np.linalg.norm(discs[:, :2] - disc[:2], axis=1)))
        if _is_near(disc[None], predicted[nearest].disc).any():
            last = before[nearest]
            velocity, max_radius_px = last.velocity, np.inf
            if step_s > 0:
                max_radius_px = last.disc[2] * (1 + _MAX_GROWTH_PER_S * step_s)
                measured = (disc[:2] - last.disc[:2]) / step_s
                velocity = np.asarray((velocity + measured) / 2, np.float32)
            # It shrinks slowly: in a turn, the measured distances become shorter, not the head.
            min_radius_px = last.disc[2] * (1 - _SHRINKING_PER_S * min(step_s, 1.0))
            radius_px = min(max(disc[2], min_radius_px), max_radius_px)
            return _Face(np.append(disc[:2], radius_px), velocity, now_s)
    return _Face(disc, np.zeros(2, np.float32), now_s)


def _is_near(discs: FloatArray, disc: FloatArray) -> BoolArray:
    """Return which of (F, 3) discs are at about the same place as another disc: (F,)."""
    away_px = np.linalg.norm(discs[:, :2] - disc[:2], axis=1)
    return np.asarray(away_px < np.maximum(discs[:, 2], disc[2]))


def _merged(discs: FloatArray) -> FloatArray:
    """Return discs in which those that largely overlap have been merged, two into one around."""
    kept: list[FloatArray] = []
    for disc in discs[np.argsort(-discs[:, 2])]:
        for row, other in enumerate(kept):
            away_px = float(np.linalg.norm(other[:2] - disc[:2]))
            if away_px + disc[2] <= _MAX_REACH_OF_MERGED * other[2]:
                kept[row] = _around_both(other, disc, away_px)
                break
        else:
            kept.append(disc)
    return np.array(kept, np.float32).reshape(-1, 3)


def _around_both(larger: FloatArray, smaller: FloatArray, away_px: float) -> FloatArray:
    """Return the smallest disc that covers two whose centres are `away_px` apart."""
    if away_px + smaller[2] <= larger[2]:
        return larger
    radius_px = (away_px + larger[2] + smaller[2]) / 2
    center = larger[:2] + (smaller[:2] - larger[:2]) * ((radius_px - larger[2]) / away_px)
    return np.append(center, radius_px)
