"""Which bone and which keypoint is drawn in which colour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from livepose.core.colors import LEFT_COLOR, RIGHT_COLOR, Bgr
from livepose.core.skeleton import Side, Skeleton


def _bgr(code: str) -> Bgr:
    """Return the colour of a code as RRGGBB."""
    red, green, blue = bytes.fromhex(code)
    return blue, green, red


# Found by a search among vivid colours of CIELAB lightness 45 to 97: any two are at least 21 apart
# in CIEDE2000 (1 can just be seen; https://doi.org/10.1002/col.20070), and at least 10 for sight
# without red, without green and without blue cones, as simulated by Machado et al.
# (https://doi.org/10.1109/TVCG.2009.113). The first few are the farthest apart.
PEOPLE_COLORS = tuple(
    _bgr(code)
    for code in (
        "FF9600", "78FFFF", "FF1E78", "0096FF", "FFB4B4", "D2B4FF",
        "FF0000", "EBEB1E", "5AD278", "B43CB4", "96783C", "009678",
    )
)  # fmt: skip
"""The colours of people, used in turn."""


def color_of_person(person: int) -> Bgr:
    """Return the colour of a track id, from 1: always the same one."""
    return PEOPLE_COLORS[(person - 1) % len(PEOPLE_COLORS)]


class Scheme(ABC):
    """A way to choose colours. A person is a track id, from 1."""

    @abstractmethod
    def keypoints(self, skeleton: Skeleton, person: int) -> Sequence[Bgr]:
        """Return the colour of each keypoint of a skeleton."""

    @abstractmethod
    def bones(self, skeleton: Skeleton, person: int) -> Sequence[Bgr]:
        """Return the colour of each bone of a skeleton."""

    def box(self, person: int) -> Bgr:
        """Return the colour of a person's box."""
        return color_of_person(person)


@dataclass(frozen=True, slots=True)
class BySide(Scheme):
    """The left and the right side of the body, and what lies in the middle, each in its colour.

    >>> from livepose.core.skeleton import COCO_SKELETON, Keypoint
    >>> colors = BySide().keypoints(COCO_SKELETON, person=1)
    >>> colors[Keypoint.LEFT_WRIST], colors[Keypoint.NOSE]
    ((40, 150, 255), (225, 235, 225))
    """

    left: Bgr = LEFT_COLOR
    right: Bgr = RIGHT_COLOR
    middle: Bgr = (225, 235, 225)

    def keypoints(self, skeleton: Skeleton, person: int) -> Sequence[Bgr]:
        return self._colors(_sides_of_keypoints(skeleton))

    def bones(self, skeleton: Skeleton, person: int) -> Sequence[Bgr]:
        return self._colors(_sides_of_bones(skeleton))

    def _colors(self, sides: Sequence[int]) -> list[Bgr]:
        colors = (self.left, self.right, self.middle)
        return [colors[side] for side in sides]


_SIDES = (Side.LEFT, Side.RIGHT, Side.MIDDLE)


@lru_cache(maxsize=8)
def _sides_of_keypoints(skeleton: Skeleton) -> list[int]:
    """Return for each keypoint the place of its side in `_SIDES`; a `Side` is slower to look up."""
    return [_SIDES.index(skeleton.side_of_keypoint(index)) for index in range(len(skeleton))]


@lru_cache(maxsize=8)
def _sides_of_bones(skeleton: Skeleton) -> list[int]:
    return [_SIDES.index(skeleton.side_of_bone(bone)) for bone in skeleton.bones]


@dataclass(frozen=True, slots=True)
class ByPerson(Scheme):
    """Each person in one colour, the same for as long as the person is tracked.

    >>> ByPerson().box(person=1) == ByPerson().box(person=2)
    False
    """

    def keypoints(self, skeleton: Skeleton, person: int) -> Sequence[Bgr]:
        return (color_of_person(person),) * len(skeleton)

    def bones(self, skeleton: Skeleton, person: int) -> Sequence[Bgr]:
        return (color_of_person(person),) * len(skeleton.bones)


@dataclass(frozen=True, slots=True)
class OneColor(Scheme):
    """Everything in one colour.

    >>> OneColor((0, 136, 255)).box(person=1)  # blue, green, red
    (0, 136, 255)
    """

    color: Bgr

    def keypoints(self, skeleton: Skeleton, person: int) -> Sequence[Bgr]:
        return (self.color,) * len(skeleton)

    def bones(self, skeleton: Skeleton, person: int) -> Sequence[Bgr]:
        return (self.color,) * len(skeleton.bones)

    def box(self, person: int) -> Bgr:
        return self.color
