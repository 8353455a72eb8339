"""The swap guard: where the network has mixed up left and right, they are put right again.

In a view from the side one leg hides the other, and for some frames the network calls the left one
right. The guard knows for each pair of joints where the left one lies from the right one, and how
fast that changes; a swap turns it round. Two stories are followed of the arms, and two of the legs:
what the network says is right now, or it is swapped now. Thus a frame that cannot be decided, as
when the legs pass one another, is decided by those after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, Int32Array, IntpArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.skeleton import KEYPOINT_COUNT
from livepose.motion.smoothing import followed_rows
from livepose.motion.stories import Floats, Stories, Ways

LONGEST_STEP_S = 1 / 12
"""After a longer gap all begins anew: legs may have passed one another unseen."""

_SETTLE_S = 0.3
_LIMBS = slice(5, KEYPOINT_COUNT)
"""Shoulders, elbows, wrists, hips, knees, ankles, of each the left one first."""


class SwapGuard(MotionStep):
    """Exchanges left and right of arms or legs, where that is clearly what was meant.

    It needs tracks: among several people, the untracked are let through as they are. Shoulders and
    hips follow arms and legs only if they were swapped as well. The first frames of a track are
    believed unless what follows speaks clearly against them, and so is all that comes in steps of
    more than `LONGEST_STEP_S`.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._people = _People.begin(
            np.zeros(0, np.int32), np.zeros(0), np.zeros((0, 2, 3), np.complex128), 0.0
        )

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Give a frame with left and right put right, and marked so in `poses.swapped`."""
        poses, now_s = posed.poses, posed.frame.time_s
        rows = followed_rows(poses)
        xy, ids = poses.xy[rows], poses.track_id[rows]
        length_px, ways_px = _length_px(xy, poses.box[rows]), _ways_px(xy)
        here, hidden = self._here(ids, length_px, ways_px, now_s)
        is_swapped = here.go_on(now_s, length_px, ways_px, _scores(poses.score[rows]))
        self._people = here if hidden is None else here + hidden
        if not is_swapped.any():
            return posed
        everybody = np.zeros((len(poses), 6), np.bool_)
        everybody[rows] = is_swapped.reshape(-1, 6)
        return replace(posed, poses=exchange(poses, everybody))

    def _here(
        self, ids: Int32Array, length_px: Floats, ways_px: Ways, now_s: float
    ) -> tuple[_People, _People | None]:
        """Give those who are in the frame, in its order, and those who were there just before."""
        known, since_s = self._people, now_s - self._people.seen_s
        is_recent = (since_s > 0) & (since_s <= LONGEST_STEP_S)
        if not is_recent.all():
            known = known[np.flatnonzero(is_recent)]
        if np.array_equal(ids, known.ids):  # as nearly always
            return known, None
        is_new = ~np.isin(ids, known.ids)
        known += _People.begin(ids[is_new], length_px[is_new], ways_px[is_new], now_s)
        row_of = {track_id: row for row, track_id in enumerate(known.ids.tolist())}
        order = [row_of.pop(track_id) for track_id in ids.tolist()]
        return known[np.array(order, np.intp)], known[np.array(list(row_of.values()), np.intp)]


def exchange(poses: Poses, is_swapped: BoolArray) -> Poses:
    """Exchange left and right, place and score.

    Args:
        poses: of N people.
        is_swapped: (N, 6): shoulders, elbows, wrists, hips, knees, ankles.
    """
    source = np.tile(np.arange(KEYPOINT_COUNT), (len(poses), 1))
    rows, pairs = np.nonzero(is_swapped)
    left = _LIMBS.start + 2 * pairs
    source[rows, left], source[rows, left + 1] = left + 1, left
    everybody = np.arange(len(poses))[:, None]
    return replace(
        poses,
        xy=poses.xy[everybody, source],
        raw_xy=poses.raw_xy[everybody, source],
        score=poses.score[everybody, source],
        swapped=poses.swapped ^ (source != np.arange(KEYPOINT_COUNT)),
    )


def _ways_px(xy: FloatArray) -> Ways:
    """Give the way from each right joint to the left one: (M, 2, 3), x + iy."""
    sides = xy[:, _LIMBS].reshape(-1, 2, 3, 2, 2)
    way = np.subtract(sides[..., 0, :], sides[..., 1, :], dtype=np.float64)
    return way.view(np.complex128)[..., 0]


def _scores(score: FloatArray) -> Floats:
    """Give the score of each pair, that of the one that is seen less: (M, 2, 3)."""
    sides = score[:, _LIMBS].reshape(-1, 2, 3, 2)
    return np.minimum(sides[..., 0], sides[..., 1], dtype=np.float64)


def _length_px(xy: FloatArray, box: FloatArray) -> Floats:
    """Measure torsos, or what they must be at least where they are seen from their end: (M,)."""
    torso = (xy[:, 5] + xy[:, 6] - xy[:, 11] - xy[:, 12]) / 2
    sides = (box[:, 2:] - box[:, :2]).max(axis=1) / 4
    length_px = np.maximum(np.hypot(torso[:, 0], torso[:, 1]), sides)
    return np.asarray(np.maximum(length_px, 1.0, dtype=np.float64))


@dataclass(slots=True, eq=False)
class _People:
    """P people, row by row."""

    ids: Int32Array
    seen_s: Floats
    length_px: Floats
    """Of each torso, low-passed: the unit of the stories."""
    stories: Stories

    @classmethod
    def begin(cls, ids: Int32Array, length_px: Floats, ways_px: Ways, now_s: float) -> _People:
        stories = Stories.begin(ways_px / length_px[:, None, None])
        return cls(ids, np.full(len(ids), now_s), length_px.copy(), stories)

    def __getitem__(self, rows: IntpArray) -> _People:
        return _People(self.ids[rows], self.seen_s[rows], self.length_px[rows], self.stories[rows])

    def __add__(self, more: _People) -> _People:
        return _People(
            np.concatenate((self.ids, more.ids)),
            np.concatenate((self.seen_s, more.seen_s)),
            np.concatenate((self.length_px, more.length_px)),
            self.stories + more.stories,
        )

    def go_on(self, now_s: float, length_px: Floats, ways_px: Ways, score: Floats) -> BoolArray:
        """Take in all of them, and tell which pairs are swapped: (P, 2, 3)."""
        step_s = now_s - self.seen_s
        self.seen_s = np.full(len(self.ids), now_s)
        self.length_px += (length_px - self.length_px) * np.minimum(step_s / _SETTLE_S, 1.0)
        return self.stories.go_on(step_s, ways_px / self.length_px[:, None, None], score)
