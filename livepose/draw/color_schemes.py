"""Which bone has which colour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from livepose.core.colors import Bgr
from livepose.core.skeleton import (
    BONES,
    KEYPOINT_COUNT,
    KEYPOINT_NAMES,
    Side,
    side_of_bone,
    side_of_keypoint,
)

_SIDES = (Side.LEFT, Side.RIGHT, Side.MIDDLE)
_SIDES_OF_JOINTS = [_SIDES.index(side_of_keypoint(n)) for n in range(len(KEYPOINT_NAMES))]
_SIDES_OF_BONES = [_SIDES.index(side_of_bone(bone)) for bone in BONES]


def _bgr(code: str) -> Bgr:
    """Read RRGGBB."""
    red, green, blue = bytes.fromhex(code)
    return blue, green, red


# Chosen by search among those of CIELAB lightness 52 to 94: any two are at least 23 apart in
# CIELAB (2 can just be seen), for the usual eye and, as Machado et al. simulate them
# (https://doi.org/10.1109/TVCG.2009.113), without red, without green and without blue cones.
# The first few are the farthest apart.
PEOPLE_COLORS = tuple(
    _bgr(code)
    for code in (
        "FF9600", "78FFFF", "B496FF", "B4FF78", "CD00FF",
        "00B45A", "E63C1E", "FFE6B4", "967878", "E61EB4",
    )
)  # fmt: skip
"""One for each person in turn."""


def color_of_person(person: int) -> Bgr:
    """Give the colour of a track's id, from 1: the same at each call."""
    return PEOPLE_COLORS[(person - 1) % len(PEOPLE_COLORS)]


class Scheme(ABC):
    """A way to choose colours. A person is the id of a track, from 1."""

    @abstractmethod
    def joints(self, person: int) -> Sequence[Bgr]:
        """Give the colour of each keypoint."""

    @abstractmethod
    def bones(self, person: int) -> Sequence[Bgr]:
        """Give the colour of each of `BONES`."""

    def box(self, person: int) -> Bgr:
        """Give the colour of the box."""
        return color_of_person(person)


@dataclass(frozen=True, slots=True)
class BySide(Scheme):
    """Left, right and middle of the body."""

    # Orange and blue are told apart with every kind of colour blindness.
    left: Bgr = (40, 150, 255)
    right: Bgr = (255, 180, 50)
    middle: Bgr = (225, 235, 225)

    def joints(self, person: int) -> Sequence[Bgr]:
        return self._colors(_SIDES_OF_JOINTS)

    def bones(self, person: int) -> Sequence[Bgr]:
        return self._colors(_SIDES_OF_BONES)

    def _colors(self, sides: Sequence[int]) -> list[Bgr]:
        of = self.left, self.right, self.middle  # in the order of `_SIDES`
        return [of[side] for side in sides]


@dataclass(frozen=True, slots=True)
class ByPerson(Scheme):
    """Each person in one colour, the same for as long as the person is followed."""

    def joints(self, person: int) -> Sequence[Bgr]:
        return (color_of_person(person),) * KEYPOINT_COUNT

    def bones(self, person: int) -> Sequence[Bgr]:
        return (color_of_person(person),) * len(BONES)


@dataclass(frozen=True, slots=True)
class OneColor(Scheme):
    """Everything in one colour."""

    color: Bgr

    def joints(self, person: int) -> Sequence[Bgr]:
        return (self.color,) * KEYPOINT_COUNT

    def bones(self, person: int) -> Sequence[Bgr]:
        return (self.color,) * len(BONES)

    def box(self, person: int) -> Bgr:
        return self.color
