"""The swap guard: where the network has mixed up left and right, they are put right again.

In a view from the side one leg hides the other, and for some frames the network calls the left one
right. The guard knows for each pair of joints where the left one lies from the right one, and how
fast that changes; a swap turns it round. Two stories are followed of the arms, and two of the legs:
what the network says is right now, or it is swapped now. Thus a frame that cannot be decided, as
when the legs pass one another, is decided by those after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livepose.core.arrays import BoolArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.skeleton import KEYPOINT_COUNT, OKS_SIGMAS
from livepose.motion.smoothing.points import tracked_rows
from livepose.motion.swap_hypotheses import LimbHypotheses

LONGEST_STEP_S = 1 / 12
"""After a longer gap all begins anew: legs may have passed one another unseen."""

_SETTLE_S = 0.3
_LEFT = range(5, KEYPOINT_COUNT, 2)
"""Shoulders, elbows, wrists, hips, knees, ankles: the right one follows the left one."""
_SIGMAS = OKS_SIGMAS[5::2]


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
        self._people: dict[int, _Person] = {}

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Give a frame with left and right put right, and marked so in `poses.swapped`."""
        poses, now_s = posed.poses, posed.frame.time_s
        self._people = {
            track_id: person
            for track_id, person in self._people.items()
            if 0 < now_s - person.seen_s <= LONGEST_STEP_S
        }
        rows = tracked_rows(poses).tolist()
        swaps = {row: self._swaps_of(poses, row, now_s) for row in rows}
        if not any(map(any, swaps.values())):
            return posed
        everybody = np.zeros((len(poses), 6), np.bool_)
        everybody[list(swaps)] = list(swaps.values())
        return replace(posed, poses=exchange(poses, everybody))

    def _swaps_of(self, poses: Poses, row: int, now_s: float) -> list[bool]:
        """Tell which pairs are swapped: shoulders, elbows, wrists, hips, knees, ankles."""
        xy, score = poses.xy[row].tolist(), poses.score[row].tolist()
        places = [complex(*point) for point in xy]
        length_px = _length_px(places, poses.box[row].tolist())
        ways_px = [places[left] - places[left + 1] for left in _LEFT]
        scores = [min(score[left], score[left + 1]) for left in _LEFT]
        track_id = int(poses.track_id[row])
        person = self._people.get(track_id)
        if person is None:
            person = self._people[track_id] = _Person(now_s, length_px, ways_px)
        return person.go_on(now_s, length_px, ways_px, scores)


def exchange(poses: Poses, is_swapped: BoolArray) -> Poses:
    """Exchange left and right, place and score.

    Args:
        poses: of N people.
        is_swapped: (N, 6): shoulders, elbows, wrists, hips, knees, ankles.
    """
    source = np.tile(np.arange(KEYPOINT_COUNT), (len(poses), 1))
    rows, pairs = np.nonzero(is_swapped)
    left = _LEFT.start + 2 * pairs
    source[rows, left], source[rows, left + 1] = left + 1, left
    everybody = np.arange(len(poses))[:, None]
    return replace(
        poses,
        xy=poses.xy[everybody, source],
        raw_xy=poses.raw_xy[everybody, source],
        score=poses.score[everybody, source],
        swapped=poses.swapped ^ (source != np.arange(KEYPOINT_COUNT)),
    )


def _length_px(places: Sequence[complex], box: Sequence[float]) -> float:
    """Measure a torso, or what it must be at least where it is seen from its end."""
    torso = (places[5] + places[6] - places[11] - places[12]) / 2
    left, top, right, bottom = box
    return max(abs(torso), (right - left) / 4, (bottom - top) / 4, 1.0)


class _Person:
    """Somebody's arms and legs."""

    def __init__(self, now_s: float, length_px: float, ways_px: Sequence[complex]) -> None:
        self.seen_s = now_s
        self._length_px = length_px
        """Of the torso, low-passed: the unit of the stories."""
        apart = [way / length_px for way in ways_px]
        self._arms, self._legs = (
            LimbHypotheses(_SIGMAS[:3], apart[:3]),
            LimbHypotheses(_SIGMAS[3:], apart[3:]),
        )

    def go_on(
        self, now_s: float, length_px: float, ways_px: Sequence[complex], score: Sequence[float]
    ) -> list[bool]:
        """Take in the next frame, and tell which pairs are swapped."""
        step_s = now_s - self.seen_s
        self.seen_s = now_s
        self._length_px += (length_px - self._length_px) * min(step_s / _SETTLE_S, 1.0)
        apart = [way / self._length_px for way in ways_px]
        return [
            *self._arms.go_on(step_s, apart[:3], score[:3]),
            *self._legs.go_on(step_s, apart[3:], score[3:]),
        ]
