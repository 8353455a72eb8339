"""What can be changed by hand in saved poses: points, sides, ids, people.

An edit is a record; it changes the poses of a frame without any memory, so that a list of edits,
applied in its order, is all that is needed: to undo one is to leave it out. As text, edits are
listed in the first line of the edited file:

    move:12:1:left_wrist:310.5,200.25    in frame 12, person 1
    swap_sides:10-20:1                   swap left and right of person 1 in frames 10 to 20
    swap_ids:0-30:1,2                    exchange persons 1 and 2
    delete:5-9:1                         delete person 1
    delete:5-9:all                       delete everybody
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.errors import OptionError
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton

_FRAMES = re.compile(r"(\d{1,15})(?:-(\d{1,15}))?")
_MAX_ID = (1 << 31) - 1
_MAX_PX = 1e6
EDIT_FORMS = (
    "move:FRAME:PERSON:KEYPOINT:X,Y, swap_sides:FRAMES:PERSON, swap_ids:FRAMES:PERSON,PERSON, "
    "delete:FRAMES:PERSON and delete:FRAMES:all"
)


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames by their index, the first and the last one included.

    >>> str(FrameRange(3, 3)), str(FrameRange(3, 9)), 9 in FrameRange(3, 9)
    ('3', '3-9', True)
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            raise OptionError(f"frames {self.first} to {self.last} are not a range")

    def __contains__(self, index: int) -> bool:
        return self.first <= index <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class PoseEdit(ABC):
    """One change of the poses in some frames."""

    frames: FrameRange

    @abstractmethod
    def apply(self, poses: Poses) -> Poses:
        """Return the poses of one of these frames, changed and marked.

        Where it has no such person, they are returned as they are.
        """

    def check(self, skeleton: Skeleton) -> None:
        """Check that the edit can be done with a skeleton.

        Raises:
            OptionError: If it cannot.
        """
        return


@dataclass(frozen=True, slots=True)
class MovePoint(PoseEdit):
    """Put a keypoint where it belongs; it is then certain: its score is 1.

    >>> xy, score = np.zeros((1, 17, 2), np.float32), np.zeros((1, 17), np.float32)
    >>> poses = Poses.from_keypoints(xy, score)
    >>> edit = MovePoint(FrameRange(3, 3), 0, "nose", 12.5, 3.0)
    >>> edit.apply(poses)["nose"].tolist(), str(edit)
    ([[12.5, 3.0, 1.0]], 'move:3:0:nose:12.5,3.0')
    """

    person: int
    keypoint: str
    x_px: float
    y_px: float

    def apply(self, poses: Poses) -> Poses:
        is_moved = np.zeros(poses.score.shape, np.bool_)
        is_moved[poses.track_id == self.person, poses.skeleton.index(self.keypoint)] = True
        if not is_moved.any():
            return poses
        place = np.array((self.x_px, self.y_px), np.float32)
        xy = np.where(is_moved[..., None], place, poses.xy)
        raw_xy = xy
        if poses.raw_xy is not poses.xy and not np.array_equal(poses.raw_xy, poses.xy):
            raw_xy = np.where(is_moved[..., None], place, poses.raw_xy)
        return replace(
            poses,
            xy=xy,
            raw_xy=raw_xy,
            score=np.where(is_moved, np.float32(1), poses.score),
            box=_boxes_of(poses, xy, np.asarray(is_moved.any(axis=1))),
            filled=poses.filled & ~is_moved,
            edited=poses.edited | is_moved,
        )

    def check(self, skeleton: Skeleton) -> None:
        """Check that there is the keypoint, and that its place can be read again.

        Raises:
            OptionError: If there is no such keypoint, or if the place is far outside of any frame.
        """
        if self.keypoint not in skeleton:
            raise OptionError(f"{self}: there is no keypoint {self.keypoint!r}")
        if not max(abs(self.x_px), abs(self.y_px)) <= _MAX_PX:
            raise OptionError(f"{self}: the place is outside of any frame")

    def __str__(self) -> str:
        place = f"{np.float32(self.x_px)!s},{np.float32(self.y_px)!s}"
        return f"move:{self.frames}:{self.person}:{self.keypoint}:{place}"


@dataclass(frozen=True, slots=True)
class SwapSides(PoseEdit):
    """Exchange the left and the right side of a person."""

    person: int

    def apply(self, poses: Poses) -> Poses:
        is_own = poses.track_id == self.person
        if not is_own.any():
            return poses
        order = poses.skeleton.mirrored_order()
        is_changed = is_own[:, None] & (order != np.arange(len(order)))
        xy = np.where(is_changed[..., None], poses.xy[:, order], poses.xy)
        raw_xy = xy
        if poses.raw_xy is not poses.xy and not np.array_equal(poses.raw_xy, poses.xy):
            raw_xy = np.where(is_changed[..., None], poses.raw_xy[:, order], poses.raw_xy)
        return replace(
            poses,
            xy=xy,
            raw_xy=raw_xy,
            score=np.where(is_changed, poses.score[:, order], poses.score),
            swapped=np.where(is_changed, poses.swapped[:, order], poses.swapped),
            filled=np.where(is_changed, poses.filled[:, order], poses.filled),
            edited=poses.edited | is_changed,
        )

    def __str__(self) -> str:
        return f"swap_sides:{self.frames}:{self.person}"


@dataclass(frozen=True, slots=True)
class SwapIds(PoseEdit):
    """Exchange the ids of two people; one who is there alone gets the other one's id."""

    first_person: int
    second_person: int

    def apply(self, poses: Poses) -> Poses:
        is_first, is_second = (
            poses.track_id == person for person in (self.first_person, self.second_person)
        )
        if not (is_first | is_second).any():
            return poses
        ids = np.where(is_second, self.first_person, poses.track_id)
        return replace(
            poses,
            track_id=np.where(is_first, self.second_person, ids).astype(np.int32),
            edited=poses.edited | (is_first | is_second)[:, None],
        )

    def check(self, skeleton: Skeleton) -> None:
        """Check that they are two.

        Raises:
            OptionError: If they are one.
        """
        if self.first_person == self.second_person:
            raise OptionError(f"{self}: ids are swapped between two people")

    def __str__(self) -> str:
        return f"swap_ids:{self.frames}:{self.first_person},{self.second_person}"


@dataclass(frozen=True, slots=True)
class DeletePeople(PoseEdit):
    """Delete a person, or everybody."""

    person: int | None
    """None for everybody."""

    def apply(self, poses: Poses) -> Poses:
        is_kept = np.zeros(len(poses), np.bool_)
        if self.person is not None:
            is_kept = poses.track_id != self.person
        return poses if is_kept.all() else poses[is_kept]

    def __str__(self) -> str:
        return f"delete:{self.frames}:{'all' if self.person is None else self.person}"


def _boxes_of(poses: Poses, xy: FloatArray, is_changed: BoolArray) -> FloatArray:
    """Return boxes that hold the keypoints of the people who were changed."""
    low, high = xy.min(axis=1), xy.max(axis=1)
    was_tight = (poses.box[:, :2] == poses.xy.min(axis=1)).all(axis=1)
    was_tight &= (poses.box[:, 2:] == poses.xy.max(axis=1)).all(axis=1)
    grown = np.concatenate(
        (np.minimum(poses.box[:, :2], low), np.maximum(poses.box[:, 2:], high)), axis=1
    )
    tight = np.concatenate((low, high), axis=1)
    boxes = np.where(was_tight[:, None], tight, grown)
    return np.where(is_changed[:, None], boxes, poses.box)


def parse_edit(text: str) -> PoseEdit:
    """Return the edit that a text stands for; `str` returns the text.

    Raises:
        OptionError: If it is none.

    >>> str(parse_edit("swap_sides:10-20:1"))
    'swap_sides:10-20:1'
    """
    name, *words = text.split(":")
    parse = _PARSERS.get(name)
    if parse is None or len(words) < 2:
        raise OptionError(f"{text!r} is not an edit: those are {EDIT_FORMS}")
    try:
        return parse(_frames(words[0]), words[1:])
    except (ValueError, IndexError) as error:
        if isinstance(error, OptionError):
            raise
        raise OptionError(f"{text!r} is not an edit: those are {EDIT_FORMS}") from error


def _frames(text: str) -> FrameRange:
    match = _FRAMES.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return FrameRange(int(match[1]), int(match[2] or match[1]))


def _person(text: str) -> int:
    if not text.isdecimal() or int(text) > _MAX_ID:
        raise ValueError(text)
    return int(text)


def _move(frames: FrameRange, words: list[str]) -> PoseEdit:
    person, keypoint, place = words
    x_px, y_px = map(float, place.split(","))
    if not max(abs(x_px), abs(y_px)) <= _MAX_PX:
        raise ValueError(place)
    return MovePoint(frames, _person(person), keypoint, x_px, y_px)


def _swap_sides(frames: FrameRange, words: list[str]) -> PoseEdit:
    (person,) = words
    return SwapSides(frames, _person(person))


def _swap_ids(frames: FrameRange, words: list[str]) -> PoseEdit:
    (people,) = words
    first, second = people.split(",")
    return SwapIds(frames, _person(first), _person(second))


def _delete(frames: FrameRange, words: list[str]) -> PoseEdit:
    (person,) = words
    return DeletePeople(frames, None if person == "all" else _person(person))


_PARSERS: dict[str, Callable[[FrameRange, list[str]], PoseEdit]] = {
    "move": _move,
    "swap_sides": _swap_sides,
    "swap_ids": _swap_ids,
    "delete": _delete,
}


class EditList:
    """Edits that can be undone and done again.

    >>> edits = EditList()
    >>> edits.add(parse_edit("delete:5-9:1"))
    >>> edits.undo(), edits.undo(), edits.redo(), len(edits.done)
    (True, False, True, 1)
    """

    def __init__(self, edits: Iterable[PoseEdit] = ()) -> None:
        self._done = list(edits)
        self._undone: list[PoseEdit] = []

    @property
    def done(self) -> tuple[PoseEdit, ...]:
        """The edits that hold, in their order."""
        return tuple(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether an edit was undone that can be done again."""
        return bool(self._undone)

    def add(self, edit: PoseEdit) -> None:
        """Do one more edit; what was undone before cannot be done again any more."""
        self._done.append(edit)
        self._undone.clear()

    def undo(self) -> bool:
        """Undo the last edit, and return whether there was one."""
        if not self._done:
            return False
        self._undone.append(self._done.pop())
        return True

    def redo(self) -> bool:
        """Do again what was undone last, and return whether there was something."""
        if not self._undone:
            return False
        self._done.append(self._undone.pop())
        return True

    def apply(self, index: int, poses: Poses) -> Poses:
        """Return the poses of a frame after all edits.

        Args:
            index: Of the frame.
            poses: As they were saved.
        """
        for edit in self._done:
            if index in edit.frames:
                poses = edit.apply(poses)
        return poses
