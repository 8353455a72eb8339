"""Turns: whom the network sees in a frame that has no time for everybody.

The next to be seen are those who have waited longest, and the waiting counts for more the more
somebody moves. So whoever moves is seen more often, and everybody is seen in the end. In between
they are predicted by their motion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, Int32Array
from livepose.core.poses import Poses
from livepose.motion.tracking.tracks import MIN_POINT_SCORE, Tracks

_STILL = 0.5
"""The weight of somebody's waiting who does not move; in body lengths per second, as motion."""
_MOTION_GAIN = 0.3


@dataclass(slots=True, eq=False)
class _Turn:
    """When somebody was last looked for, and how much they moved."""

    time_s: float
    xy: FloatArray
    """(K, 2) pixels, when they were last seen."""
    motion: float = 1.0
    """Mean speed of the keypoints, in body lengths per second."""


class Turns:
    """Remembers when each person was last looked for, and chooses who is next.

    >>> from livepose.core.skeleton import COCO_SKELETON
    >>> Turns().chosen(Tracks.empty(COCO_SKELETON), 0.0, places=3)
    array([], dtype=bool)
    """

    def __init__(self) -> None:
        self._turns: dict[int, _Turn] = {}

    def chosen(self, tracks: Tracks, time_s: float, places: int) -> BoolArray:
        """Return whom the network is to see: (T,).

        Args:
            tracks: T people.
            time_s: Of the frame.
            places: How many people there is time for.
        """
        if len(tracks) <= places:
            return np.ones(len(tracks), np.bool_)
        turns = [self._turns.get(track_id) for track_id in tracks.ids.tolist()]
        priority = np.array(
            [
                np.inf if turn is None else (time_s - turn.time_s) * (_STILL + turn.motion)
                for turn in turns
            ]
        )
        chosen = np.zeros(len(tracks), np.bool_)
        chosen[np.argsort(-priority, kind="stable")[:places]] = True
        return chosen

    def update(self, tracks: Tracks, waiting: Int32Array, time_s: float) -> None:
        """Remember who had a turn.

        Args:
            tracks: Of everybody, updated with the frame.
            waiting: (W,) ids of those who had none.
            time_s: Of the frame.
        """
        turns: dict[int, _Turn] = {}
        had_turn = ~np.isin(tracks.ids, waiting)
        for row, track_id in enumerate(tracks.ids.tolist()):
            turn = self._turns.get(track_id)
            if turn is None:
                turn = _Turn(time_s, tracks.xy[row].copy())
            elif had_turn[row]:
                if tracks.seen_s[row] == time_s > turn.time_s:
                    speed = _speed(turn.xy, tracks, row) / (time_s - turn.time_s)
                    turn.motion += _MOTION_GAIN * (speed - turn.motion)
                    turn.xy = tracks.xy[row].copy()
                turn.time_s = time_s
            turns[track_id] = turn
        self._turns = turns

    def were_seen(self, tracks: Tracks) -> BoolArray:
        """Return who was there at their last turn: (T,)."""
        last_s = [
            turn.time_s if (turn := self._turns.get(track_id)) else np.inf
            for track_id in tracks.ids.tolist()
        ]
        return np.asarray(tracks.seen_s >= last_s)

    def predicted(self, tracks: Tracks, waiting: Int32Array, time_s: float) -> Poses:
        """Return where those who wait should be by now, if they were there at their last turn.

        Args:
            tracks: Of everybody.
            waiting: (W,) ids of those who had no turn in this frame.
            time_s: Of the frame.
        """
        tracks = tracks[np.isin(tracks.ids, waiting) & self.were_seen(tracks)]
        return tracks.predicted_poses(time_s)


def _speed(before_xy: FloatArray, tracks: Tracks, row: int) -> float:
    """Return how far somebody's keypoints have moved on average, in body lengths."""
    is_seen = tracks.score[row] >= MIN_POINT_SCORE
    if not is_seen.any():
        return 0.0
    moved_px = np.sqrt(((tracks.xy[row] - before_xy)[is_seen] ** 2).sum(axis=1)).mean()
    return float(moved_px / max((tracks.box[row, 2:] - tracks.box[row, :2]).max(), 1.0))
