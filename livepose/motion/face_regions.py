"""Faces: discs that hold the face of everybody who may be in the picture, to be hidden."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.skeleton import FACE

MIN_PERSON_SCORE = 0.07
"""Whoever scores more may be a person. Empty rooms, black and noise score up to 0.045."""
HOLD_S = 0.7
"""How long a face that is not found any more stays hidden."""

_MIN_SCORE = 0.2
"""Points that score more are where they are said to be, more or less."""
_SURE_SCORE = 0.4
"""With less than two points of the face above this, it is also looked for above the shoulders."""
# A disc of 14 cm reaches from the hairline to below the chin and beyond both ears. How often the
# distance between two points goes into it, for a grown-up, with the head turned as it makes the
# distance longest: ears 14 cm, eyes 6.3, eye to ear 9, nose to ear 12, shoulders 35, shoulder to
# hip 48 (after the means of NASA-STD-3000, volume 1, section 3). Turned away from that each of
# them says too little, so the largest counts.
_SPANS = (
    (3, 4, 1.0), (1, 2, 2.2), (1, 3, 1.55), (2, 4, 1.55), (0, 3, 1.2), (0, 4, 1.2),
    (5, 6, 0.4), (5, 11, 0.29), (6, 12, 0.29),
)  # fmt: skip
_FROM, _TO = (np.array([span[end] for span in _SPANS]) for end in (0, 1))
_SHARES = np.array([span[2] for span in _SPANS], np.float32)
_ABOVE_SHOULDERS = 1.4
"""The middle of the face is 20 cm above the line of the shoulders: so many radii."""
_UNSURE_GROWTH = 1.25
_GROWTH_PER_S = 0.6
_SHRINKING_PER_S = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class _Face:
    """A face that was found some time ago."""

    disc: FloatArray
    """(3,): x, y and radius."""
    velocity: FloatArray
    """(2,) pixels a second."""
    seen_s: float
    """When it was found last."""


class FaceRegions(MotionStep):
    """Finds where faces may be, rather too many than too few, and stays there for a while.

    It takes all whom the network found, also who is not shown, and all who are shown. A face that
    is lost is moved on as it last moved, and grows.
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
        before = [_moved(face, step_s) for face in self._faces]
        self._faces = [_continued(disc, before, self._faces, step_s, now_s) for disc in found]
        self._faces += [
            face
            for face in before
            if now_s - face.seen_s <= HOLD_S and not _is_near(found, face.disc).any()
        ]
        discs = np.array([face.disc for face in self._faces], np.float32).reshape(-1, 3)
        return replace(posed, overlays=replace(posed.overlays, faces=_merged(discs)))

    def reset(self) -> None:
        self._faces = []
        self._last_s = 0.0


def discs_of(poses: Poses) -> FloatArray:
    """Find where the faces of some people may be: (F, 3), one or two for each person."""
    poses = poses[poses.person_score >= MIN_PERSON_SCORE]
    if not len(poses):
        return np.zeros((0, 3), np.float32)
    radius_px = _radius_px(poses)
    is_sure = (poses.score[:, FACE] >= _SURE_SCORE).sum(axis=1) >= 2
    radius_px = np.where(is_sure, radius_px, _UNSURE_GROWTH * radius_px)
    by_face = np.column_stack((_middle_of_face(poses), radius_px))
    by_shoulders = np.column_stack((_above_shoulders(poses, radius_px), radius_px))
    return np.concatenate((by_face, by_shoulders[~is_sure])).astype(np.float32)


def _radius_px(poses: Poses) -> FloatArray:
    """Give each face's radius: (N,), the largest that two good points tell of."""
    told = _SHARES * np.linalg.norm(poses.xy[:, _FROM] - poses.xy[:, _TO], axis=2)
    is_good = (poses.score[:, _FROM] >= _MIN_SCORE) & (poses.score[:, _TO] >= _MIN_SCORE)
    largest = np.where(is_good, told, 0.0).max(axis=1)
    # With no good points at all the middle of what the bad ones say is still about right.
    told_px = np.where(is_good.any(axis=1), largest, np.median(told, axis=1))
    return np.asarray(np.maximum(told_px, 4.0), np.float32)


def _middle_of_face(poses: Poses) -> FloatArray:
    """Give the mean of nose, eyes and ears, each as far as it is seen: (N, 2)."""
    weight = np.maximum(poses.score[:, FACE, None], 0.01) ** 2
    return np.asarray((poses.xy[:, FACE] * weight).sum(axis=1) / weight.sum(axis=1))


def _above_shoulders(poses: Poses, radius_px: FloatArray) -> FloatArray:
    """Give where a head is that is held straight: (N, 2)."""
    neck = poses.xy[:, 5:7].mean(axis=1)
    spine = neck - poses.xy[:, 11:13].mean(axis=1)
    length = np.linalg.norm(spine, axis=1, keepdims=True)
    has_spine = (poses.score[:, (5, 6, 11, 12)] >= _MIN_SCORE).all(axis=1) & (length[:, 0] > 1)
    up = np.where(has_spine[:, None], spine / np.maximum(length, 1.0), (0.0, -1.0))
    away_px = _ABOVE_SHOULDERS * radius_px / _UNSURE_GROWTH
    return np.asarray(neck + up * away_px[:, None])


def _moved(face: _Face, step_s: float) -> _Face:
    """Let a face go on as it went, and grow, for nobody knows where it really is."""
    x_y = face.disc[:2] + face.velocity * step_s
    radius_px = face.disc[2] * (1 + _GROWTH_PER_S * step_s)
    return replace(face, disc=np.append(x_y, radius_px))


def _continued(
    disc: FloatArray, moved: list[_Face], before: list[_Face], step_s: float, now_s: float
) -> _Face:
    """Make a face of what was found, with the motion of the one that was there before."""
    if moved:
        places = np.array([face.disc for face in moved])
        nearest = int(np.argmin(np.linalg.norm(places[:, :2] - disc[:2], axis=1)))
        if _is_near(disc[None], moved[nearest].disc).any():
            last = before[nearest]
            velocity = last.velocity
            if step_s > 0:
                gone = (disc[:2] - last.disc[:2]) / step_s
                velocity = np.asarray((velocity + gone) / 2, np.float32)
            # It shrinks slowly: a turn of the head makes what is measured smaller, not the head.
            least_px = last.disc[2] * (1 - _SHRINKING_PER_S * min(step_s, 1.0))
            return _Face(np.append(disc[:2], max(disc[2], least_px)), velocity, now_s)
    return _Face(disc, np.zeros(2, np.float32), now_s)


def _is_near(discs: FloatArray, disc: FloatArray) -> BoolArray:
    """Tell which discs are about where another is: (F,)."""
    away_px = np.linalg.norm(discs[:, :2] - disc[:2], axis=1)
    return np.asarray(away_px < np.maximum(discs[:, 2], disc[2]))


def _merged(discs: FloatArray) -> FloatArray:
    """Put discs together that largely cover each other, each pair into one that holds both."""
    kept: list[FloatArray] = []
    for disc in discs[np.argsort(-discs[:, 2])]:
        for place, other in enumerate(kept):
            away_px = float(np.linalg.norm(other[:2] - disc[:2]))
            if away_px < 0.6 * other[2]:
                kept[place] = _around(other, disc, away_px)
                break
        else:
            kept.append(disc)
    return np.array(kept, np.float32).reshape(-1, 3)


def _around(larger: FloatArray, smaller: FloatArray, away_px: float) -> FloatArray:
    """Give the smallest disc that holds two, whose middles are so far apart."""
    if away_px + smaller[2] <= larger[2]:
        return larger
    radius_px = (away_px + larger[2] + smaller[2]) / 2
    middle = larger[:2] + (smaller[:2] - larger[:2]) * ((radius_px - larger[2]) / away_px)
    return np.append(middle, radius_px)
