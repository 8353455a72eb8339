"""Slides: a pose of somebody in front that was taken for that of a person behind them.

Who passes in front of a person is in the square around that person, where the network sees the
nearer of the two. Over a few frames the person behind seems to grow, and to be in other clothes.
Once it is sure that it is somebody else, the person behind is where they were before that.
"""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import BoolArray, IntpArray
from livepose.core.poses import Poses
from livepose.motion.tracking.tracks import Tracks, sizes_px

_GROWTH = 1.2
"""A pose that is larger than a person is, or smaller, by more than this may be somebody else's."""
_MAX_SLIDE_S = 1.0
"""Where somebody was longer ago says nothing of where they are."""


class Slides:
    """Remember where people were before a pose that may be of somebody else."""

    def __init__(self) -> None:
        self._before: dict[int, Tracks] = {}

    def reset(self) -> None:
        """Forget everybody."""
        self._before.clear()

    def forget(self, *ids: int) -> None:
        """Forget where some people were: it has turned out who is where."""
        for track_id in ids:
            self._before.pop(track_id, None)

    def add_frame(self, before: Tracks, tracks: Tracks, rows: IntpArray, poses: Poses) -> None:
        """Compare the poses of M people with what they were like.

        Args:
            before: Everybody, before the frame.
            tracks: The same rows, updated with it.
            rows: (M,) whose the poses are.
            poses: Of M people.
        """
        ratio = sizes_px(poses.box) / before.size_px[rows]
        is_doubted = (tracks.foreign_frames[rows] > 0) | (ratio > _GROWTH) | (ratio < 1 / _GROWTH)
        ids = tracks.ids[rows].tolist()
        for row, track_id, is_doubtful in zip(rows.tolist(), ids, is_doubted.tolist(), strict=True):
            if not is_doubtful:
                self._before.pop(track_id, None)
            elif track_id not in self._before:
                self._before[track_id] = before[np.array([row])]

    def undo(self, tracks: Tracks, is_unseen: BoolArray) -> None:
        """Place those of T people whom no pose fits now as they were before it was doubtful.

        Args:
            tracks: T people; changed in place.
            is_unseen: (T,)
        """
        for row in np.flatnonzero(is_unseen).tolist() if self._before else ():
            self.undo_one(tracks, row)

    def undo_one(self, tracks: Tracks, row: int) -> bool:
        """Place one of T people as they were before their poses were doubtful.

        Args:
            tracks: T people; changed in place.
            row: Whose.

        Returns:
            Whether they were, not long ago.
        """
        before = self._before.pop(int(tracks.ids[row]), None)
        if before is None or tracks.seen_s[row] - before.seen_s[0] > _MAX_SLIDE_S:
            return False
        tracks.place_as_before(row, before)
        return True
