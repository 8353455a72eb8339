"""People who are away: lost, and known again by their clothes when they come back.

Who comes back is somebody new at first, or joins the track of somebody who goes out where they come
in. Either way they get their id back, once it is known what they wear.
"""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, FloatArray, IntpArray
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton
from livepose.motion.tracking.affinity import FOREIGN_FRAMES
from livepose.motion.tracking.appearance import Colors
from livepose.motion.tracking.tracks import OTHER_CLOTHES, SAME_CLOTHES, Tracks

_MAX_AWAY_S = 10.0
"""For how long a person who was lost is remembered."""
_NEWCOMER_S = 2.0
"""Whoever has been there for longer is nobody who has just come back."""
_UNSEEN_S = 1.0
"""Whoever is found after longer, in unknown clothes, may be somebody else."""
_REACH, _REACH_PER_S, _MAX_GROWTH = 1.0, 1.0, 1.5
"""How far people may have gone meanwhile, over their size, and how much they may have grown."""


class Away:
    """Remember people who were lost and whose clothes are known, for a while."""

    def __init__(self, skeleton: Skeleton) -> None:
        """Start with nobody.

        Args:
            skeleton: Of everybody.
        """
        self._people = Tracks.empty(skeleton)

    def __len__(self) -> int:
        return len(self._people)

    def add(self, lost: Tracks, time_s: float) -> None:
        """Remember some people who were lost.

        Where one of them appeared later than somebody who is away, and in the same clothes, it is
        taken for the same person, who was not recognized.
        """
        lost = lost[np.flatnonzero(lost.known_clothes().any(axis=1))]
        is_again = (lost.born_s > self._people.seen_s[:, None]) & _wear_the_same(self._people, lost)
        earlier = self._people[np.flatnonzero(~is_again.any(axis=1))]
        people = Tracks.concatenate(earlier, lost)
        away_s = time_s - people.seen_s
        self._people = people[np.flatnonzero((away_s >= 0) & (away_s <= _MAX_AWAY_S))]

    def doubt(self, tracks: Tracks, rows: IntpArray, time_s: float) -> None:
        """Take those for newcomers who are found after a while, and whose clothes are unknown.

        It may be somebody who is back, and who came in where another person was lost.

        Args:
            tracks: Of everybody, changed in place.
            rows: (M,) of those who are found.
            time_s: Of the frame.
        """
        if len(self):
            is_doubted = time_s - tracks.seen_s[rows] > _UNSEEN_S
            is_doubted &= ~tracks.known_clothes()[rows].any(axis=1)
            tracks.born_s[rows[is_doubted]] = time_s

    def recognize(self, tracks: Tracks, time_s: float) -> tuple[tuple[int, int], ...]:
        """Return their ids to people who are back, and somebody new by now.

        It waits until the clothes of whoever appeared are known as well.

        Args:
            tracks: Of everybody, changed in place.
            time_s: Of the frame.

        Returns:
            For each of them, the id that they had as somebody new, and the one they have again.
        """
        away = self._people
        if not len(away):
            return ()
        is_back = tracks.born_s > away.seen_s[:, None]
        is_back &= time_s - tracks.born_s <= _NEWCOMER_S
        is_back &= self._may_be_back(tracks.box, tracks.born_s, time_s)
        is_back &= _wear_the_same(away, tracks)
        away_rows, rows = np.nonzero(_only_pairs(is_back))
        if not len(rows):
            return ()
        new_ids, ids = tracks.ids[rows].tolist(), away.ids[away_rows].tolist()
        tracks.ids[rows], tracks.born_s[rows] = ids, away.born_s[away_rows]
        self._people = away[np.delete(np.arange(len(away)), away_rows)]
        return tuple(zip(new_ids, ids, strict=True))

    def take_over(
        self, tracks: Tracks, rows: IntpArray, poses: Poses, colors: Colors, time_s: float
    ) -> list[int]:
        """Return their ids to people who are back, and came in where somebody else went out.

        The poses of whoever comes in join the track of whoever goes out there. It shows when they
        have been in other clothes for a few frames, and somebody who was lost wore those.

        Args:
            tracks: Of everybody, changed in place.
            rows: (M,) of the tracks that the poses have joined.
            poses: Of M people.
            colors: Of M people.
            time_s: Of the frame.

        Returns:
            The ids of those who went out.
        """
        away = self._people
        is_foreign = tracks.foreign_frames[rows] >= FOREIGN_FRAMES
        if not len(away) or not is_foreign.any():
            return []
        is_compared = away.known_clothes()[:, None] & colors.is_known
        distance = np.linalg.norm(away.color[:, None] - colors.value, axis=-1)
        is_back = is_compared.any(axis=-1) & ~(is_compared & (distance > SAME_CLOTHES)).any(axis=-1)
        is_back &= is_foreign & self._may_be_back(poses.box, np.full(len(rows), time_s), time_s)
        left: list[int] = []
        for away_row, pose in np.argwhere(_only_pairs(is_back)).tolist():
            # From now on it is the row of who went out, at the place of who came in.
            away.seen_s[away_row], away.box[away_row] = time_s, poses.box[pose]
            tracks.exchange_identities(rows[pose], away_row, away)
            left.append(int(away.ids[away_row]))
        return left

    def _may_be_back(self, box: FloatArray, times_s: Float64Array, time_s: float) -> BoolArray:
        """Return which of S people who are away may have come to where T people are: (S, T).

        Args:
            box: (T, 4) where the T people are.
            times_s: (T,) when they came there.
            time_s: Of the frame.
        """
        away = self._people
        sizes_px = [(each[:, 2:] - each[:, :2]).max(axis=1) for each in (away.box, box)]
        ratio = sizes_px[1] / np.maximum(sizes_px[0][:, None], 1)
        away_s = times_s - away.seen_s[:, None]
        centers = [(each[:, :2] + each[:, 2:]) / 2 for each in (away.box, box)]
        distance_px = np.linalg.norm(centers[0][:, None] - centers[1], axis=-1)
        is_near = distance_px <= sizes_px[0][:, None] * (_REACH + _REACH_PER_S * away_s)
        is_remembered = (time_s - away.seen_s <= _MAX_AWAY_S)[:, None]
        is_alike = (ratio > 1 / _MAX_GROWTH) & (ratio < _MAX_GROWTH)
        return np.asarray(is_remembered & is_near & is_alike)


def _wear_the_same(first: Tracks, second: Tracks) -> BoolArray:
    """Return which of S people seem to wear the same clothes as which of T: (S, T).

    One part is the same, and no part is another. Of somebody who is just coming in, or close to
    others, the other part may have been misread.
    """
    distance = np.linalg.norm(first.color[:, None] - second.color, axis=-1)
    is_known = first.known_clothes()[:, None] & second.known_clothes()
    is_same = (is_known & (distance <= SAME_CLOTHES)).any(axis=-1)
    return np.asarray(is_same & ~(is_known & (distance > OTHER_CLOTHES)).any(axis=-1))


def _only_pairs(is_pair: BoolArray) -> BoolArray:
    """Return the pairs whose two members are in no other pair: (S, T).

    Where two people are in the same clothes, it is not known which of them it is.
    """
    is_only_one = (is_pair.sum(axis=0) == 1) & (is_pair.sum(axis=1) == 1)[:, None]
    return np.asarray(is_pair & is_only_one)
