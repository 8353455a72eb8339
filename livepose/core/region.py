"""Region and Plan: which part of a picture is handed to which network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from livepose.core.poses import Poses


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in pixels of the frame. What reaches beyond the picture is black."""

    left_px: float
    """x of the left edge; 0 is the left edge of the picture."""
    top_px: float
    """y of the top edge; 0 is the top edge of the picture."""
    width_px: float
    height_px: float
    quarter_turns: int = 0
    """How often the network's picture of it is turned by 90 degrees, anticlockwise: 0 to 3."""

    def __post_init__(self) -> None:
        if not (self.width_px > 0 and self.height_px > 0):
            raise ValueError(f"a region needs an area, got {self.width_px} x {self.height_px} px")
        if self.quarter_turns not in range(4):
            raise ValueError(f"a region has 0 to 3 quarter turns, got {self.quarter_turns}")

    @classmethod
    def square(cls, center_x_px: float, center_y_px: float, side_px: float) -> Region:
        """Make a square around a centre."""
        half_px = side_px / 2
        return cls(center_x_px - half_px, center_y_px - half_px, side_px, side_px)

    @classmethod
    def around(cls, width_px: int, height_px: int) -> Region:
        """Make the smallest square that holds a whole picture: the letterbox.

        >>> Region.around(1280, 720)
        Region(left_px=0.0, top_px=-280.0, width_px=1280, height_px=1280, quarter_turns=0)
        """
        return cls.square(width_px / 2, height_px / 2, max(width_px, height_px))


@dataclass(frozen=True, slots=True)
class Plan:
    """How to look at a frame."""

    region: Region
    is_survey: bool = False
    """Look for everybody, with a model that finds several people."""
    trial: Region | None = None
    """Another region to look at as well; the better one counts."""
    find: Callable[[], Poses] | None = field(default=None, compare=False, repr=False)
    """Finds people in the region, where that was prepared."""
    prepared_s: float = field(default=0.0, compare=False)
    """Seconds that it took to prepare that."""
