"""Meetings: whose a pose is where two people meet and the network finds one of them.

It then sees the nearer of the two, or a mixture of both, and from frame to frame a little more of
the other one: the track of whoever is found would go along. So the pose is not compared with where
that person was a frame ago, but with where both were when both were last found.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.poses import Poses
from livepose.motion.tracking.appearance import Colors
from livepose.motion.tracking.similarity import oks, shares_inside
from livepose.motion.tracking.tracks import MIN_POINT_SCORE, OTHER_CLOTHES, Tracks, sizes_px

_MAX_MEETING_S = 0.35
"""Where somebody was longer ago says little of where they are."""
_MAX_FRAMES = 24
_MET_SHARE = 0.3
"""Of the box of a pose that lies in that of somebody hidden, or of theirs in the pose's."""
_MIN_AFFINITY = 0.2
_MAX_GROWTH = 1.25
"""A pose that is larger than a person is, or smaller, by more than this is not theirs."""
_CLOTHES_WEIGHT = 0.15
"""What it counts, as OKS, that a pose is in the clothes of whoever is hidden."""
_MARGIN = 0.1
"""By how much, as OKS, a pose continues the other one's past better."""
_OTHERS_FACTOR = 0.25
_BODY_FILL = 0.4
"""The share of a square on a standing body's height that the body fills."""


class Meetings:
    """Remember where everybody was in the last frames, and decide whose a doubtful pose is."""

    def __init__(self) -> None:
        self._past: deque[Tracks] = deque(maxlen=_MAX_FRAMES)

    def reset(self) -> None:
        """Forget everybody."""
        self._past.clear()

    def add_frame(self, tracks: Tracks) -> None:
        """Remember where everybody was after a frame.

        Args:
            tracks: Of everybody; kept as they are, and not to be changed any more.
        """
        self._past.append(tracks)

    def settle(
        self, affinities: FloatArray, tracks: Tracks, poses: Poses, colors: Colors, time_s: float
    ) -> None:
        """Lower the affinity of people to poses that continue the past of somebody hidden better.

        It is so for poses alone that show nothing of the clothes of the person who was found.

        Args:
            affinities: (T, N), changed in place.
            tracks: Of T people.
            poses: Of N people.
            colors: Of the poses.
            time_s: Of the frame.
        """
        is_found = tracks.seen_s == tracks.seen_s.max()
        is_hidden = ~is_found & (time_s - tracks.present_s <= _MAX_MEETING_S)
        if not is_hidden.any():
            return
        distance = np.linalg.norm(tracks.color[:, None] - colors.value, axis=-1)
        is_compared = tracks.known_clothes()[:, None] & colors.is_known
        is_known = is_compared.any(axis=-1)
        is_other = is_known & ~(is_compared & (distance <= OTHER_CLOTHES)).any(axis=-1)
        # Where no clothes are seen, what was seen of them last still holds.
        is_other |= ~is_known & (tracks.foreign_frames > 0)[:, None]
        is_own = is_known & ~(is_compared & (distance > OTHER_CLOTHES)).any(axis=-1)
        box = tracks.predict(time_s)[1]
        shares = np.maximum(shares_inside(box, poses.box), shares_inside(poses.box, box).T)
        is_possible = affinities >= _MIN_AFFINITY
        is_best = affinities == affinities.max(axis=1, keepdims=True)
        ratio = sizes_px(poses.box) / tracks.size_px[:, None]
        is_alike = (ratio > 1 / _MAX_GROWTH) & (ratio < _MAX_GROWTH)
        is_wanted = is_hidden[:, None] & is_possible & is_best & is_alike & (shares >= _MET_SHARE)
        is_doubted = is_found[:, None] & is_possible & is_other & is_wanted.any(axis=0)
        for row, pose in np.argwhere(is_doubted).tolist():
            for hidden in np.flatnonzero(is_wanted[:, pose]).tolist():
                both = self._when_both_were_found(tracks, row, hidden)
                if both is None:
                    continue
                own, others = _continuations(both, poses[np.array([pose])], time_s)
                if others + _CLOTHES_WEIGHT * is_own[hidden, pose] > own + _MARGIN:
                    affinities[row, pose] *= _OTHERS_FACTOR
                    break

    def _when_both_were_found(self, tracks: Tracks, row: int, hidden: int) -> Tracks | None:
        """Return the tracks of two people after the last frame in which both were found."""
        ids = tracks.ids[[row, hidden]]
        for before in reversed(self._past):
            rows = np.flatnonzero(np.isin(before.ids, ids) & (before.seen_s == before.seen_s.max()))
            if len(rows) == len(ids):
                return before[rows if before.ids[rows[0]] == ids[0] else rows[::-1]]
        return None


def _continuations(tracks: Tracks, pose: Poses, time_s: float) -> tuple[float, float]:
    """Return the OKS of a pose with where each of two people should be by now."""
    common = np.minimum(tracks.score, pose.score) >= MIN_POINT_SCORE
    area_px = _BODY_FILL * tracks.size_px**2
    similar = oks(tracks.predict(time_s)[0], common, area_px, pose.xy, pose.skeleton)
    return float(similar[0, 0]), float(similar[1, 0])
