"""Presence: which of the poses that a network returns are of somebody who is there.

The network of one person returns a pose wherever it looks. Its mean score separates people from
furniture well while most of a body is seen; a person behind a table or behind another one scores no
higher than a chair. So a pose with a lower score counts only where something else speaks for it:

- somebody who appears: the detector sees the same body there, and the two scores are high together;
- somebody who was there a moment ago: the pose is where they should be by now, and not long ago the
  score was high, or the detector saw them there. It does not hold for somebody who was last
  seen at the edge of the frame: they may have left.
"""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.poses import Poses
from livepose.motion.body_extents import seen_boxes
from livepose.motion.tracking.similarity import oks, shares_inside
from livepose.motion.tracking.tracks import Tracks

SURE_SCORE = 0.25
"""A pose with this mean score is of a person (tfjs-models `MIN_POSE_SCORE`)."""
MIN_SCORE = 0.12
"""A pose with a lower mean score is of nobody, whatever speaks for it."""
_SURE_SUM = 0.36
"""Of the scores of a pose and of the detector, where the two see the same body."""
_CLEAR_POINTS, MIN_CLEAR_SCORE = 5, 0.44
"""Somebody new has a few points that are clear, if only of the face. Of furniture, the mean score
of the clearest five was 0.33 to 0.42 for seconds, and seldom more."""
_SEEN_BY_BOTH_OKS = 0.3
_CONTINUED_OKS = 0.5
_PATIENCE_S = 0.6
"""For how long a person is believed to be there whom nothing but their past speaks for."""
_PART_SHARE = 0.5
"""Of the box around a pose that lies in somebody else's box."""
_FAR_BETTER = 1.4
_EDGE_SHARE = 0.1
"""How close to an edge of the frame somebody is who may leave, over their size."""
_LEFT_S = 0.25
"""Who was close to an edge and is unseen for longer has left."""
_MIN_POINT_SCORE = 0.2
_BODY_FILL = 0.4
"""The share of a square on a standing body's height that the body fills."""


def same_body_oks(poses: Poses, xy: FloatArray) -> FloatArray:
    """Return the OKS of each of N poses with each of M others, over what the N poses see.

    Args:
        poses: N people.
        xy: (M, K, 2) pixels.

    Returns:
        (N, M), 0..1.
    """
    sides_px = (poses.box[:, 2:] - poses.box[:, :2]).max(axis=1, initial=0)
    is_seen = poses.score >= _MIN_POINT_SCORE
    return oks(poses.xy, is_seen, _BODY_FILL * sides_px**2, xy, poses.skeleton)


def clear_scores(poses: Poses) -> FloatArray:
    """Return the mean score of the clearest five points of each of N poses: (N,)."""
    return np.asarray(np.sort(poses.score, axis=1)[:, -_CLEAR_POINTS:].mean(axis=1))


def _is_part_of_others(poses: Poses) -> BoolArray:
    """Return which of N poses lie on the body of somebody who scores far better: (N,)."""
    boxes = seen_boxes(poses)
    is_part = shares_inside(boxes, boxes) > _PART_SHARE
    is_better = poses.person_score > _FAR_BETTER * poses.person_score[:, None]
    return np.asarray((is_part & is_better).any(axis=1))


def _may_have_left(tracks: Tracks, time_s: float, width_px: int) -> BoolArray:
    """Return who of T people was last seen at the left or right edge, a while ago: (T,)."""
    sizes_px = (tracks.box[:, 2:] - tracks.box[:, :2]).max(axis=1, initial=1)
    margin_px = _EDGE_SHARE * sizes_px
    is_at_edge = (tracks.box[:, 0] < margin_px) | (tracks.box[:, 2] > width_px - margin_px)
    return np.asarray(is_at_edge & (time_s - tracks.seen_s > _LEFT_S))


class Presence:
    """Decide frame by frame which poses are of somebody, and remember what speaks for each id."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self._supported_s: dict[int, float] = {}

    def is_there(
        self, poses: Poses, found: Poses, tracks: Tracks, time_s: float, width_px: int
    ) -> BoolArray:
        """Return which of N poses are of somebody: (N,).

        Args:
            poses: Of the network of one person.
            found: By the detector in the same frame; nobody if it did not run.
            tracks: Of the people known before.
            time_s: Of the frame.
            width_px: Of the frame.
        """
        is_sure = poses.person_score >= SURE_SCORE
        if len(poses) == 0 or (len(poses) == 1 and is_sure[0]):
            return is_sure  # nobody whose part it could be: the most frequent case
        is_part = _is_part_of_others(poses)
        if is_sure.all() and not is_part.any():
            return is_sure
        since_s = [time_s - self._supported_s.get(n, -np.inf) for n in tracks.ids.tolist()]
        is_known = (np.array(since_s) <= _PATIENCE_S) & ~_may_have_left(tracks, time_s, width_px)
        known = tracks if is_known.all() else tracks[is_known]
        similar = same_body_oks(poses, known.predict(time_s)[0])
        is_continued = (similar >= _CONTINUED_OKS).any(axis=1)
        if is_sure.all() and is_continued.all():
            return is_sure
        similar = same_body_oks(found, poses.xy)
        is_same = similar >= _SEEN_BY_BOTH_OKS
        # What the detector finds speaks for one person: who was known there, if anybody was.
        is_of_known = (is_same & is_continued).any(axis=1, keepdims=True)
        is_most_similar = similar == similar.max(axis=1, keepdims=True, initial=0)
        is_same &= np.where(is_of_known, is_continued, is_most_similar)
        total = found.person_score[:, None] + poses.person_score
        is_found = (is_same & (total >= _SURE_SUM)).any(axis=0)
        is_found &= clear_scores(poses) >= MIN_CLEAR_SCORE
        is_there = is_sure | is_continued | is_found
        is_there &= poses.person_score >= MIN_SCORE
        return np.asarray(is_there & ~(is_part & ~(is_sure & is_continued)))

    def support(self, poses: Poses, found: Poses, time_s: float) -> None:
        """Remember what speaks for the people of a frame.

        Args:
            poses: Of N people, with their ids.
            found: By the detector in the same frame.
            time_s: Of the frame.
        """
        is_sure = poses.person_score >= SURE_SCORE
        if len(found) and not is_sure.all():
            is_sure = is_sure | (same_body_oks(found, poses.xy) >= _SEEN_BY_BOTH_OKS).any(axis=0)
        for track_id in poses.track_id[is_sure].tolist():
            self._supported_s[track_id] = time_s
        self._supported_s = {
            track_id: supported_s
            for track_id, supported_s in self._supported_s.items()
            if 0 <= time_s - supported_s <= _PATIENCE_S
        }
