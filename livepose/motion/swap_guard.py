"""The swap guard: it exchanges left and right again where the network has mixed them up.

In a view from the side one leg hides the other, and for some frames the network calls the left leg
the right one. The guard follows the position of each left joint relative to the right one, and its
velocity; a swap turns it around. Two hypotheses are followed for the arms, and two for the legs:
the network is correct in this frame, or it has swapped left and right (see `swap_hypotheses`). Thus
a frame that cannot be decided, as when the legs pass each other, is decided by those after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from livepose.core.arrays import BoolArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton
from livepose.motion.smoothing.points import tracked_rows
from livepose.motion.swap_hypotheses import LimbHypotheses

MAX_STEP_S = 1 / 12
"""After a longer gap the guard starts anew: legs may have passed each other unseen."""

_SETTLE_S = 0.3
_LIMBS = (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
"""The root, middle and end of each limb, without their sides."""

Pair = tuple[int, int]
"""The rows of the left and the right joint in the keypoint arrays."""


@dataclass(frozen=True, slots=True, eq=False)
class _Limb:
    """Both arms, or both legs, of a skeleton."""

    joints: tuple[Pair, Pair, Pair]
    """The pairs of the root, the middle and the end."""
    sigmas: tuple[float, float, float]
    """Their OKS sigmas."""
    beyond_end: tuple[Pair, ...]
    """The pairs of fingers or toes, which are swapped together with the end."""


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """The limbs of a skeleton, and where its torso is."""

    limbs: tuple[_Limb, ...]
    shoulders: Pair
    hips: Pair


@lru_cache(maxsize=16)
def _layout_of(skeleton: Skeleton) -> _Layout | None:
    """Return what the guard can follow; None for a skeleton without a torso or limbs."""

    def pair(joint: str) -> Pair:
        return skeleton.index(f"left_{joint}"), skeleton.index(f"right_{joint}")

    known = {name.removeprefix("left_") for name in skeleton.names if name.startswith("left_")}
    known = {joint for joint in known if f"right_{joint}" in skeleton}
    limbs = []
    for root, middle, end in _LIMBS:
        if not {root, middle, end} <= known:
            continue
        joints = pair(root), pair(middle), pair(end)
        sigmas = tuple(skeleton.oks_sigmas[left] for left, _ in joints)
        limbs.append(_Limb(joints, (sigmas[0], sigmas[1], sigmas[2]), _beyond(skeleton, joints)))
    if not limbs or not {"shoulder", "hip"} <= known:
        return None
    return _Layout(tuple(limbs), pair("shoulder"), pair("hip"))


def _beyond(skeleton: Skeleton, joints: tuple[Pair, Pair, Pair]) -> tuple[Pair, ...]:
    """Return the pairs that hang on the end of a limb, by the bones of the left side."""
    _, (middle, _), (end, _) = joints
    reached, last = {middle, end}, [end]
    while last:
        joint = last.pop()
        for bone in skeleton.bones:
            if joint in bone:
                other = bone[1] if bone[0] == joint else bone[0]
                if other not in reached:
                    reached.add(other)
                    last.append(other)
    return tuple(pair for pair in skeleton.pairs if pair[0] in reached - {middle, end})


class SwapGuard(MotionStep):
    """Exchange left and right of arms or legs where the network has clearly mixed them up.

    It needs tracks: among several people, untracked ones are returned as they are. Shoulders and
    hips are exchanged with arms and legs only if they were mixed up as well. The first frames of a
    track are believed unless what follows speaks clearly against them, and so are frames more than
    `MAX_STEP_S` apart. Poses of a skeleton without shoulders and hips are returned as they are.

    >>> from livepose import Frame, Region
    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    >>> posed = PosedFrame(frame, Poses.empty(), Region.letterbox(640, 480), 0.0)
    >>> len(SwapGuard()(posed).poses)
    0
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._people: dict[int, _PersonLimbs] = {}

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Return a frame whose swaps are corrected, and marked in `poses.swapped`."""
        poses, now_s = posed.poses, posed.frame.time_s
        layout = _layout_of(poses.skeleton)
        if layout is None:
            return posed
        self._people = {
            track_id: person
            for track_id, person in self._people.items()
            if 0 < now_s - person.seen_s <= MAX_STEP_S and person.layout is layout
        }
        swaps = {
            row: self._update_person(poses, row, layout, now_s)
            for row in tracked_rows(poses).tolist()
        }
        if not any(swaps.values()):
            return posed
        is_swapped = np.zeros(poses.score.shape, np.bool_)
        for row, pairs in swaps.items():
            is_swapped[row, [joint for pair in pairs for joint in pair]] = True
        return replace(posed, poses=_exchange_sides(poses, is_swapped))

    def _update_person(self, poses: Poses, row: int, layout: _Layout, now_s: float) -> list[Pair]:
        """Update the hypotheses about one person, and return which pairs are swapped."""
        xy, score = poses.xy[row].tolist(), poses.score[row].tolist()
        joints = [complex(*point) for point in xy]
        torso_px = _torso_px(joints, layout, poses.box[row].tolist())
        relative_px = [
            [joints[left] - joints[right] for left, right in limb.joints] for limb in layout.limbs
        ]
        scores = [
            [min(score[left], score[right]) for left, right in limb.joints] for limb in layout.limbs
        ]
        track_id = int(poses.track_id[row])
        person = self._people.get(track_id)
        if person is None:
            person = _PersonLimbs(layout, now_s, torso_px, relative_px)
            self._people[track_id] = person
        return person.update(now_s, torso_px, relative_px, scores)


def _exchange_sides(poses: Poses, is_swapped: BoolArray) -> Poses:
    """Exchange left and right, position and score, of (N, K) keypoints and mark them as swapped.

    Args:
        poses: Of N people.
        is_swapped: (N, K), true for both joints of each pair that is to be exchanged.
    """
    order = np.arange(len(poses.skeleton))
    source = np.where(is_swapped, poses.skeleton.mirrored_order(), order)
    rows = np.arange(len(poses))[:, None]
    return replace(
        poses,
        xy=poses.xy[rows, source],
        raw_xy=poses.raw_xy[rows, source],
        score=poses.score[rows, source],
        swapped=poses.swapped ^ is_swapped,
    )


def _torso_px(joints: Sequence[complex], layout: _Layout, box: Sequence[float]) -> float:
    """Return the length of the torso, or its least length where it points to the camera."""
    (left_shoulder, right_shoulder), (left_hip, right_hip) = layout.shoulders, layout.hips
    torso = (
        joints[left_shoulder] + joints[right_shoulder] - joints[left_hip] - joints[right_hip]
    ) / 2
    left, top, right, bottom = box
    return max(abs(torso), (right - left) / 4, (bottom - top) / 4, 1.0)


class _PersonLimbs:
    """The hypotheses about one person's arms and legs."""

    def __init__(
        self,
        layout: _Layout,
        now_s: float,
        torso_px: float,
        relative_px: Sequence[Sequence[complex]],
    ) -> None:
        """Start with the first frame; arguments as in `update`."""
        self.layout = layout
        self.seen_s = now_s
        self._torso_px = torso_px
        """Low-passed: the hypotheses' unit of length."""
        self._limbs = [
            LimbHypotheses(limb.sigmas, [relative / torso_px for relative in measured_px])
            for limb, measured_px in zip(layout.limbs, relative_px, strict=True)
        ]

    def update(
        self,
        now_s: float,
        torso_px: float,
        relative_px: Sequence[Sequence[complex]],
        scores: Sequence[Sequence[float]],
    ) -> list[Pair]:
        """Update the hypotheses with the next frame, and return which pairs are swapped.

        Args:
            now_s: Time of the frame.
            torso_px: The length of the torso.
            relative_px: By limb, the left joints' positions relative to the right ones'.
            scores: By limb, the lower score of each pair.
        """
        step_s = now_s - self.seen_s
        self.seen_s = now_s
        self._torso_px += (torso_px - self._torso_px) * min(step_s / _SETTLE_S, 1.0)
        swapped: list[Pair] = []
        for hypotheses, limb, measured_px, score in zip(
            self._limbs, self.layout.limbs, relative_px, scores, strict=True
        ):
            measured = [relative / self._torso_px for relative in measured_px]
            swaps = hypotheses.update(step_s, measured, score)
            if any(swaps):
                pairs = zip(limb.joints, swaps, strict=True)
                swapped += [pair for pair, is_swapped in pairs if is_swapped]
                swapped += limb.beyond_end if swaps[-1] else ()
        return swapped
