"""Following: the one person that all is about, out of those who are there."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from enum import Enum
from math import inf

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame, SubjectState
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses

PATIENCE_S = 1.0
"""How long somebody may be hidden; it is as long as a track is kept. Nobody is waited for longer
than they were seen before: a ghost of one frame must not hold the place of a person.
"""
_WATCH_S = 1.0
_ANSWER_LIMIT_S = 1.0
_NEAR = 2.0
"""Whoever appears within so many heights of where somebody was lost is taken for the same."""


class Select(str, Enum):
    """Who is followed, out of several."""

    ANY = "any"
    """Whoever the network gives first."""
    CENTER = "center"
    LARGEST = "largest"
    LEFTMOST = "leftmost"
    RIGHTMOST = "rightmost"
    MOVING = "moving"
    """Who has moved most, for their size, within a second."""


@dataclass(frozen=True, slots=True)
class AtPoint:
    """Follow whoever is at a place."""

    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True)
class PersonNumber:
    """Follow the person with this number, counted from the left of the picture, from 1."""

    number: int


class SelectCommand(Enum):
    """Two more wishes."""

    NEXT = "next"
    """The next person to the right; after the last the first."""
    EVERYBODY = "everybody"


SelectRequest = AtPoint | PersonNumber | SelectCommand


class SubjectSelector(MotionStep):
    """Keeps to one person: once chosen, nobody else gets into the result.

    The choice is of a track, so it needs a `Tracker` before it. While the one who is followed is
    not seen there is nobody in the result, and after a second they are lost; then whoever appears
    near that place is taken, or who `select` says. Out of whom it says so must be known: it waits
    up to a second for a frame in which everybody was looked for.
    """

    def __init__(self, select: Select | None = None) -> None:
        """Begin to choose.

        Args:
            select: who is followed at first; None for everybody, until one is wished for.
        """
        self._select = select
        # Wishes come from another thread: nothing but ends of this is touched by both.
        self._wishes: deque[SelectRequest] = deque()
        self._id = 0
        self._is_following = select is not None
        self.reset()

    def reset(self) -> None:
        self._id = 0
        self._state = SubjectState.CHOOSING
        self._seen_s = self._since_s = 0.0
        self._asked_s = inf
        self._last_id = 0
        self._last_box: FloatArray | None = None
        self._wish: SelectRequest | None = None
        self._wished_s = 0.0
        self._first_seen: dict[int, tuple[float, FloatArray]] = {}

    def request(self, request: SelectRequest) -> None:
        """Ask for somebody else. May be called from any thread."""
        self._wishes.append(request)

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        self._hear(posed)
        if not self._is_following:
            return replace(posed, needs_detection=self._wish is not None)
        poses, time_s = posed.poses, posed.frame.time_s
        ids = poses.track_id.tolist()
        if self._id and self._id not in ids:
            if time_s - self._seen_s <= min(PATIENCE_S, self._seen_s - self._since_s):
                return self._about(posed, SubjectState.LOCKED)
            self._id, self._state = 0, SubjectState.LOST
        if not self._id and len(poses) and self._may_choose(posed):
            self._id, self._since_s = self._chosen(posed), time_s
        if not self._id:
            return self._about(posed, self._state)
        self._seen_s, self._last_id = time_s, self._id
        self._last_box = poses.box[ids.index(self._id)]
        self._asked_s = inf
        self._first_seen.clear()
        return self._about(posed, SubjectState.LOCKED)

    def _about(self, posed: PosedFrame, state: SubjectState) -> PosedFrame:
        self._state = state
        poses = _of(posed.poses, self._id) if self._id else Poses.empty()
        is_open = state is not SubjectState.LOCKED and self._select not in (None, Select.ANY)
        return replace(
            posed,
            poses=poses,
            subject_state=state,
            needs_detection=is_open or self._wish is not None,
        )

    def _hear(self, posed: PosedFrame) -> None:
        """Take the newest wish, and do it once everybody is seen, or will not be."""
        time_s = posed.frame.time_s
        while self._wishes:
            self._wish, self._wished_s = self._wishes.popleft(), time_s
        if self._wish is SelectCommand.EVERYBODY:
            # A model that sees one person goes on to follow one: whoever it finds now.
            self._is_following = not posed.is_multi_person and self._select is not None
            self._id, self._wish, self._state = 0, None, SubjectState.CHOOSING
            self._last_id, self._last_box = 0, None
        elif self._wish is not None:
            is_late = time_s - self._wished_s > _ANSWER_LIMIT_S
            if len(posed.poses) and (posed.is_multi_person or is_late):
                wished = self._wished(self._wish, posed.poses)
                if wished not in (0, self._id):
                    self._id, self._since_s = wished, time_s
                self._is_following = self._is_following or self._id != 0
                self._wish = None
            elif is_late:
                self._wish = None

    def _wished(self, wish: SelectRequest, poses: Poses) -> int:
        """Give the id of whom a wish means; 0 for nobody."""
        ids: list[int] = poses.track_id[np.argsort(_middles(poses)[:, 0])].tolist()
        if isinstance(wish, AtPoint):
            return _id_at(poses, np.array((wish.x_px, wish.y_px), np.float32))
        if isinstance(wish, PersonNumber):
            return ids[wish.number - 1] if wish.number <= len(ids) else 0
        return ids[(ids.index(self._id) + 1) % len(ids)] if self._id in ids else ids[0]

    def _may_choose(self, posed: PosedFrame) -> bool:
        """Tell whether everybody is seen, as a rule needs it, or will not be."""
        if self._select in (None, Select.ANY) or posed.is_multi_person:
            return True
        self._asked_s = min(self._asked_s, posed.frame.time_s)
        return posed.frame.time_s - self._asked_s > _ANSWER_LIMIT_S

    def _chosen(self, posed: PosedFrame) -> int:
        poses, time_s = posed.poses, posed.frame.time_s
        if self._last_id and (poses.track_id == self._last_id).any():
            return self._last_id
        middles = _middles(poses)
        if self._last_box is not None:
            last = self._last_box[None]
            away = np.hypot(*(middles - (last[0, :2] + last[0, 2:]) / 2).T)
            if away.min() < _NEAR * (last[0, 3] - last[0, 1]):
                return int(poses.track_id[away.argmin()])
        if self._select is Select.MOVING:
            return self._most_moving(poses, middles, time_s)
        size_px = (posed.frame.width_px, posed.frame.height_px)
        return int(poses.track_id[_merit(self._select, poses, middles, size_px).argmax()])

    def _most_moving(self, poses: Poses, middles: FloatArray, time_s: float) -> int:
        """Watch for a second, then give who has moved most; 0 until then."""
        for track_id, middle in zip(poses.track_id.tolist(), middles, strict=True):
            self._first_seen.setdefault(track_id, (time_s, middle))
        if time_s - min(first_s for first_s, _ in self._first_seen.values()) < _WATCH_S:
            return 0
        firsts = np.array([self._first_seen[n][1] for n in poses.track_id.tolist()])
        moved = np.hypot(*(middles - firsts).T) / np.maximum(_heights(poses), 1.0)
        return int(poses.track_id[moved.argmax()])


def _of(poses: Poses, track_id: int) -> Poses:
    is_it = poses.track_id == track_id
    return poses if is_it.all() else poses[is_it]


def _merit(
    select: Select | None, poses: Poses, middles: FloatArray, size_px: tuple[int, int]
) -> FloatArray:
    """Say how much each person is whom `select` means: (N,), the largest wins."""
    if select is Select.CENTER:
        return np.asarray(-np.hypot(*(middles - np.array(size_px, np.float32) / 2).T))
    if select is Select.LARGEST:
        return _heights(poses) * (poses.box[:, 2] - poses.box[:, 0])
    if select is Select.LEFTMOST:
        return -middles[:, 0]
    if select is Select.RIGHTMOST:
        return middles[:, 0]
    return -np.arange(len(poses), dtype=np.float32)


def _middles(poses: Poses) -> FloatArray:
    return np.asarray((poses.box[:, :2] + poses.box[:, 2:]) / 2, np.float32)


def _heights(poses: Poses) -> FloatArray:
    return poses.box[:, 3] - poses.box[:, 1]


def _id_at(poses: Poses, point: FloatArray) -> int:
    """Give the id of the smallest box around a point; 0 where there is none."""
    is_in = (poses.box[:, :2] <= point).all(axis=1) & (point <= poses.box[:, 2:]).all(axis=1)
    area = np.where(is_in, np.prod(poses.box[:, 2:] - poses.box[:, :2], axis=1), np.inf)
    return int(poses.track_id[area.argmin()]) if is_in.any() else 0
