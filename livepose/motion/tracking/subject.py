"""The subject: the one person, out of several, that the result is about."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from math import inf

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.frame import PosedFrame, SubjectState
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.motion.tracking.requested_person import RequestedPerson
from livepose.motion.tracking.similarity import iou

PATIENCE_S = 1.0
"""How long the subject may be hidden: as long as a track is kept. It is never longer than they were
seen before, so that a false detection in one frame does not hold the place of a person.
"""
_WATCH_S = 1.0
_ANSWER_LIMIT_S = 1.0
_MAX_MISSING = 9
_NEAR_HEIGHTS = 2.0
"""A person who appears this close to where the subject was lost is taken for the same person."""


class Select(str, Enum):
    """How the subject is chosen out of several people.

    >>> Select("largest")
    <Select.LARGEST: 'largest'>
    """

    ANY = "any"
    """The first person that the network returns."""
    CENTER = "center"
    LARGEST = "largest"
    LEFTMOST = "leftmost"
    RIGHTMOST = "rightmost"
    MOVING = "moving"
    """The person who moves most, relative to their size, within a second."""


@dataclass(frozen=True, slots=True)
class AtPoint:
    """Select the person at a place in the frame."""

    x_px: float
    y_px: float

    def hits(self, posed: PosedFrame) -> bool:
        """Return whether anybody who was detected in a frame is at the place."""
        return bool(_boxes_around(posed.detections, self).any())


@dataclass(frozen=True, slots=True)
class PersonNumber:
    """Select the person with this number, counted from 1 at the left of the frame."""

    number: int


@dataclass(frozen=True, slots=True)
class TrackId:
    """Select the person with this id."""

    track_id: int


@dataclass(frozen=True, slots=True)
class InBox:
    """Select the person whose box has most in common with this one."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom in pixels."""


class SelectCommand(Enum):
    """Requests without a parameter."""

    NEXT = "next"
    """Select the next person to the right; after the last one, the first."""
    EVERYBODY = "everybody"
    """Select no single person: everybody is kept."""


SelectRequest = AtPoint | PersonNumber | TrackId | InBox | SelectCommand
"""What a user can ask for while the program runs."""


class SubjectSelector(MotionStep):
    """Keep one person, the subject, and drop all others from the result.

    The subject is a track, so a `Tracker` must come before this step. While the subject is hidden
    the result is empty, and after a second they are lost; then the next person to appear near that
    place is selected, or whoever `select` chooses. If they were requested, nobody who was seen
    beside them takes their place, and they are the subject again as soon as they are back.
    Choosing needs everybody to be detected: it waits up to a second for a frame of a multi-person
    model.

    >>> from livepose import Frame, PosedFrame, Region
    >>> xy = np.random.default_rng(0).uniform(0, 80, (2, 17, 2)).astype(np.float32)
    >>> xy[1] += 400
    >>> poses = Poses.from_keypoints(xy, np.full((2, 17), 0.9, np.float32))
    >>> poses = replace(poses, track_id=np.array((1, 2), np.int32))
    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    >>> posed = PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0, is_multi_person=True)
    >>> SubjectSelector(Select.RIGHTMOST)(posed).poses.track_id.tolist()
    [2]
    """

    def __init__(self, select: Select | None = None) -> None:
        """Start without a subject.

        Args:
            select: How the first subject is chosen; None keeps everybody, until one person is
                requested.
        """
        self._select = select
        # Requests come from another thread: the two threads share nothing but this deque's ends.
        self._requests: deque[SelectRequest] = deque()
        self._has_subject = select is not None
        self._id = self._id_before_reset = 0
        self._requested: RequestedPerson | None = None
        """Whom a request has selected; None if the subject was chosen without one."""
        self._requested_before_reset: RequestedPerson | None = None
        self._shape_changes = 0
        self.is_answered = False
        """Whether somebody, or everybody, was selected by the request that was made last."""
        self.missing_numbers: deque[int] = deque(maxlen=_MAX_MISSING)
        """Numbers that were requested and that nobody has; whoever reads them takes them out."""
        self.reset()

    def reset(self) -> None:
        self._id_before_reset, self._requested_before_reset = self._id, self._requested
        self._id, self._requested = 0, None
        self._state = SubjectState.CHOOSING
        self._seen_s = self._selected_s = 0.0
        self._waiting_since_s = inf
        self._last_id = 0
        self._last_box: FloatArray | None = None
        self._request: SelectRequest | None = None
        self._requested_s = 0.0
        self._first_seen: dict[int, tuple[float, FloatArray]] = {}

    def request(self, request: SelectRequest) -> None:
        """Request another subject. May be called from any thread."""
        self._requests.append(request)

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        if posed.frame.shape_changes != self._shape_changes:
            self._shape_changes = posed.frame.shape_changes
            self._undo_reset(posed.poses)
        self._follow_recognized(dict(posed.recognized))
        self._handle_requests(posed)
        if not self._has_subject:
            return replace(posed, needs_detection=self._request is not None)
        poses, time_s = posed.poses, posed.frame.time_s
        ids = poses.track_id.tolist()
        if self._requested is not None and self._requested.track_id in ids:
            self._selected_s = self._selected_s if self._id == self._requested.track_id else time_s
            self._id = self._requested.track_id
        if self._id and self._id not in ids:
            if time_s - self._seen_s <= min(PATIENCE_S, self._seen_s - self._selected_s):
                return self._result(posed, SubjectState.LOCKED)
            self._id, self._state = 0, SubjectState.LOST
        if not self._id and len(poses) and self._may_choose(posed):
            self._id, self._selected_s = self._choose(posed), time_s
        if not self._id:
            return self._result(posed, self._state)
        self._seen_s, self._last_id = time_s, self._id
        self._last_box = poses.box[ids.index(self._id)]
        self._waiting_since_s = inf
        self._first_seen.clear()
        if self._requested is not None:
            self._requested.add_companions(ids, followed_id=self._id)
        return self._result(posed, SubjectState.LOCKED)

    def _undo_reset(self, poses: Poses) -> None:
        """Follow on, as the frame has changed its shape, and the people have kept their ids."""
        if self._id_before_reset in poses.track_id:
            self._id = self._id or self._id_before_reset
        if self._requested is None and self._requested_before_reset is not None:
            self._requested = self._requested_before_reset
            self._state = SubjectState.LOST  # unless they are seen

    def _follow_recognized(self, old_ids: Mapping[int, int]) -> None:
        """Follow on whoever has been somebody new, unless they were seen beside the requested."""
        self._id = old_ids.get(self._id, self._id)
        if self._requested is None or not old_ids:
            return
        self._requested.rename(old_ids)
        if self._id and not self._requested.may_be(np.array([self._id], np.int32)).all():
            self._id, self._state = 0, SubjectState.LOST

    def _result(self, posed: PosedFrame, state: SubjectState) -> PosedFrame:
        """Return the frame with the subject alone, or without people."""
        self._state = state
        poses = posed.poses
        if not self._id:
            poses = Poses.empty(poses.skeleton)
        elif not (is_subject := poses.track_id == self._id).all():
            poses = poses[is_subject]
        is_open = state is not SubjectState.LOCKED and self._select not in (None, Select.ANY)
        return replace(
            posed,
            poses=poses,
            subject_state=state,
            needs_detection=is_open or self._request is not None,
        )

    def _handle_requests(self, posed: PosedFrame) -> None:
        """Take the newest request, and carry it out once everybody is detected, or time is up."""
        time_s = posed.frame.time_s
        while self._requests:
            self._request, self._requested_s = self._requests.popleft(), time_s
            self.is_answered = False
        if self._request is SelectCommand.EVERYBODY:
            # A single-person model always has one subject: the person it finds.
            self._has_subject = not posed.is_multi_person and self._select is not None
            self._id, self._request, self._state = 0, None, SubjectState.CHOOSING
            self._requested = None
            self._last_id, self._last_box = 0, None
            self.is_answered = True
        elif self._request is not None:
            is_late = time_s - self._requested_s > _ANSWER_LIMIT_S
            if len(posed.poses) and (posed.is_multi_person or is_late):
                track_id = self._requested_id(self._request, posed.poses)
                if track_id not in (0, self._id):
                    self._id, self._selected_s = track_id, time_s
                if track_id:
                    self._requested = RequestedPerson(track_id)
                else:
                    self._note_missing(self._request)
                self._has_subject = self._has_subject or self._id != 0
                self.is_answered = track_id != 0
                self._request = None
            elif is_late:
                self._note_missing(self._request)
                self._request = None

    def _note_missing(self, request: SelectRequest) -> None:
        """Keep the number of a person who is not there."""
        if isinstance(request, PersonNumber):
            self.missing_numbers.append(request.number)

    def _requested_id(self, request: SelectRequest, poses: Poses) -> int:
        """Return the id of the requested person; 0 for nobody."""
        if isinstance(request, AtPoint):
            return _id_at(poses, request)
        if isinstance(request, TrackId):
            return request.track_id if request.track_id in poses.track_id else 0
        if isinstance(request, InBox):
            return _id_in(poses, request)
        from_left: list[int] = poses.track_id[np.argsort(_centers(poses)[:, 0])].tolist()
        if isinstance(request, PersonNumber):
            is_there = 1 <= request.number <= len(from_left)
            return from_left[request.number - 1] if is_there else 0
        if self._id not in from_left:
            return from_left[0]
        return from_left[(from_left.index(self._id) + 1) % len(from_left)]

    def _may_choose(self, posed: PosedFrame) -> bool:
        """Return whether everybody is detected, as a rule needs it, or time is up."""
        if self._select in (None, Select.ANY) or posed.is_multi_person:
            return True
        self._waiting_since_s = min(self._waiting_since_s, posed.frame.time_s)
        return posed.frame.time_s - self._waiting_since_s > _ANSWER_LIMIT_S

    def _choose(self, posed: PosedFrame) -> int:
        """Return the id of the new subject; 0 while that is not decided."""
        poses, time_s = posed.poses, posed.frame.time_s
        if self._requested is not None:
            poses = poses[self._requested.may_be(poses.track_id)]
            if not len(poses):
                return 0
        if self._last_id and (poses.track_id == self._last_id).any():
            return self._last_id
        centers = _centers(poses)
        if self._last_box is not None:
            last = self._last_box[None]
            away_px = np.hypot(*(centers - (last[0, :2] + last[0, 2:]) / 2).T)
            if away_px.min() < _NEAR_HEIGHTS * (last[0, 3] - last[0, 1]):
                return int(poses.track_id[away_px.argmin()])
        if self._select is Select.MOVING:
            return self._most_moving(poses, centers, time_s)
        size_px = (posed.frame.width_px, posed.frame.height_px)
        return int(poses.track_id[_rank(self._select, poses, centers, size_px).argmax()])

    def _most_moving(self, poses: Poses, centers: FloatArray, time_s: float) -> int:
        """Return the id of the person who moved most in the last second; 0 until it is over."""
        for track_id, center in zip(poses.track_id.tolist(), centers, strict=True):
            self._first_seen.setdefault(track_id, (time_s, center))
        if time_s - min(first_s for first_s, _ in self._first_seen.values()) < _WATCH_S:
            return 0
        firsts = np.array([self._first_seen[n][1] for n in poses.track_id.tolist()])
        moved = np.hypot(*(centers - firsts).T) / np.maximum(_heights(poses), 1.0)
        return int(poses.track_id[moved.argmax()])


def _rank(
    select: Select | None, poses: Poses, centers: FloatArray, size_px: tuple[int, int]
) -> FloatArray:
    """Return how well each person fits `select`: (N,), the largest value wins."""
    if select is Select.CENTER:
        return np.asarray(-np.hypot(*(centers - np.array(size_px, np.float32) / 2).T))
    if select is Select.LARGEST:
        return _heights(poses) * (poses.box[:, 2] - poses.box[:, 0])
    if select is Select.LEFTMOST:
        return -centers[:, 0]
    if select is Select.RIGHTMOST:
        return centers[:, 0]
    return -np.arange(len(poses), dtype=np.float32)


def _centers(poses: Poses) -> FloatArray:
    """Return the centres of the boxes: (N, 2)."""
    return np.asarray((poses.box[:, :2] + poses.box[:, 2:]) / 2, np.float32)


def _heights(poses: Poses) -> FloatArray:
    """Return the heights of the boxes: (N,)."""
    return poses.box[:, 3] - poses.box[:, 1]


def _id_at(poses: Poses, place: AtPoint) -> int:
    """Return the id of the smallest box around a place; 0 where there is none."""
    is_in = _boxes_around(poses, place)
    area = np.where(is_in, np.prod(poses.box[:, 2:] - poses.box[:, :2], axis=1), np.inf)
    return int(poses.track_id[area.argmin()]) if is_in.any() else 0


def _boxes_around(poses: Poses, place: AtPoint) -> BoolArray:
    """Return whose boxes a place is in: (N,)."""
    point = np.array((place.x_px, place.y_px), np.float32)
    is_in = (poses.box[:, :2] <= point) & (point <= poses.box[:, 2:])
    return np.asarray(is_in.all(axis=1), np.bool_)


def _id_in(poses: Poses, request: InBox) -> int:
    """Return the id of the box with the largest intersection over union; 0 where none overlaps."""
    overlap = iou(np.array([request.box], np.float32), poses.box)[0]
    return int(poses.track_id[overlap.argmax()]) if overlap.max() > 0 else 0
