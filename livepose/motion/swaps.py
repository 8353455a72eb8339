"""The swap guard: where the network has mixed up left and right, they are put right again.

In a view from the side one leg hides the other, and for some frames the network calls the left one
right. The guard knows for each pair of joints where the left one lies from the right one, and how
fast that changes; a swap turns it round. Two stories are followed of the arms, and two of the legs:
what the network says is right now, or it is swapped now. Thus a frame that cannot be decided, as
when the legs pass one another, is decided by those after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot

import numpy as np

from livepose.core.arrays import BoolArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.skeleton import KEYPOINT_COUNT, PAIRS
from livepose.motion.stories import Limb

LONGEST_STEP_S = 1 / 12
"""After a longer gap all begins anew: legs may have passed one another unseen."""

_PAIRS = np.array(PAIRS[2:])
"""(6, 2): of arms and then legs, the pair at the root, the middle and the end."""
_ARMS, _LEGS = slice(0, 3), slice(3, 6)
_SETTLE_S = 0.3


class SwapGuard(MotionStep):
    """Exchanges left and right of arms or legs, where that is clearly what was meant.

    It needs tracks: among several people, the untracked are let through as they are. Shoulders and
    hips follow arms and legs only if they were swapped as well. The first frames of a track are
    believed, and so is all that comes in steps of more than `LONGEST_STEP_S`.
    """

    def __init__(self) -> None:
        self._people: dict[int, _Person] = {}

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Give a frame with left and right put right, and marked so in `poses.swapped`."""
        poses, now_s = posed.poses, posed.frame.time_s
        self._people = {
            track_id: person
            for track_id, person in self._people.items()
            if 0 < now_s - person.time_s <= LONGEST_STEP_S
        }
        is_swapped = np.zeros((len(poses), len(_PAIRS)), np.bool_)
        for row, track_id in enumerate(poses.track_id.tolist()):
            if track_id or len(poses) == 1:
                is_swapped[row] = self._judge(track_id, now_s, poses, row)
        return replace(posed, poses=exchange(poses, is_swapped)) if is_swapped.any() else posed

    def reset(self) -> None:
        self._people.clear()

    def _judge(self, track_id: int, now_s: float, poses: Poses, row: int) -> list[bool]:
        sides = poses.xy[row, _PAIRS]
        apart_px = [complex(x, y) for x, y in (sides[:, 0] - sides[:, 1]).tolist()]
        scores = poses.score[row, _PAIRS].min(axis=1).tolist()
        length_px = _length_px(poses, row)
        person = self._people.get(track_id)
        if person is not None:
            return person.go_on(now_s, apart_px, length_px, scores)
        self._people[track_id] = _Person.begin(now_s, apart_px, length_px, scores)
        return [False] * len(_PAIRS)


def exchange(poses: Poses, is_swapped: BoolArray) -> Poses:
    """Exchange left and right, place and score.

    Args:
        poses: of N people.
        is_swapped: (N, 6): shoulders, elbows, wrists, hips, knees, ankles.
    """
    source = np.tile(np.arange(KEYPOINT_COUNT), (len(poses), 1))
    rows, pairs = np.nonzero(is_swapped)
    left, right = _PAIRS[pairs].T
    source[rows, left], source[rows, right] = right, left
    everybody = np.arange(len(poses))[:, None]
    return replace(
        poses,
        xy=poses.xy[everybody, source],
        raw_xy=poses.raw_xy[everybody, source],
        score=poses.score[everybody, source],
        swapped=poses.swapped ^ (source != np.arange(KEYPOINT_COUNT)),
    )


def _length_px(poses: Poses, row: int) -> float:
    """Measure a torso, or what it must be at least where it is seen from its end."""
    shoulders_and_hips = poses.xy[row, [5, 6, 11, 12]].tolist()
    xs, ys = zip(*shoulders_and_hips, strict=True)
    torso_px = hypot(xs[0] + xs[1] - xs[2] - xs[3], ys[0] + ys[1] - ys[2] - ys[3]) / 2
    left, top, right, bottom = poses.box[row].tolist()
    return max(torso_px, float(right - left) / 4, float(bottom - top) / 4, 1.0)


@dataclass(slots=True, eq=False)
class _Person:
    time_s: float
    length_px: float
    """Of the torso, low-passed: the unit of the stories."""
    arms: Limb
    legs: Limb

    @classmethod
    def begin(
        cls, now_s: float, apart_px: list[complex], length_px: float, scores: list[float]
    ) -> _Person:
        left = _PAIRS[:, 0].tolist()
        made = cls(now_s, length_px, Limb(left[_ARMS]), Limb(left[_LEGS]))
        apart = [way / length_px for way in apart_px]
        made.arms.believe(apart[_ARMS], scores[_ARMS])
        made.legs.believe(apart[_LEGS], scores[_LEGS])
        return made

    def go_on(
        self, now_s: float, apart_px: list[complex], length_px: float, scores: list[float]
    ) -> list[bool]:
        step_s, self.time_s = now_s - self.time_s, now_s
        self.length_px += (length_px - self.length_px) * min(1.0, step_s / _SETTLE_S)
        apart = [way / self.length_px for way in apart_px]
        arms = self.arms.go_on(step_s, apart[_ARMS], scores[_ARMS])
        return arms + self.legs.go_on(step_s, apart[_LEGS], scores[_LEGS])
