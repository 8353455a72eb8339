"""Region: the part of a frame that the network gets, and the input that is made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from livepose.core.arrays import UInt8Array


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle in pixels of the frame. It may reach beyond the frame: the rest is black.

    >>> Region.square(320, 240, side_px=200)
    Region(left_px=220.0, top_px=140.0, width_px=200, height_px=200, quarter_turns=0)
    """

    left_px: float
    """x of the left edge; 0 is the left edge of the frame."""
    top_px: float
    """y of the top edge; 0 is the top edge of the frame."""
    width_px: float
    height_px: float
    quarter_turns: int = 0
    """How often it is rotated by 90 degrees anticlockwise for the network: 0 to 3."""

    def __post_init__(self) -> None:
        if not (self.width_px > 0 and self.height_px > 0):
            raise ValueError(f"a region needs an area, got {self.width_px} x {self.height_px} px")
        if self.quarter_turns not in range(4):
            raise ValueError(f"a region must have 0 to 3 quarter turns, got {self.quarter_turns}")

    @classmethod
    def square(cls, center_x_px: float, center_y_px: float, side_px: float) -> Region:
        """Return a square around a centre."""
        half_px = side_px / 2
        return cls(center_x_px - half_px, center_y_px - half_px, side_px, side_px)

    @classmethod
    def letterbox(cls, width_px: int, height_px: int) -> Region:
        """Return the smallest square that holds a whole frame.

        >>> Region.letterbox(1280, 720)
        Region(left_px=0.0, top_px=-280.0, width_px=1280, height_px=1280, quarter_turns=0)
        """
        return cls.square(width_px / 2, height_px / 2, max(width_px, height_px))

    def turned(self, quarter_turns: int) -> Region:
        """Return the same region with this many quarter turns."""
        if quarter_turns == self.quarter_turns:
            return self
        return replace(self, quarter_turns=quarter_turns)


@dataclass(frozen=True, slots=True, eq=False)
class ModelInput:
    """A region of a frame, cropped and scaled to the input of one network."""

    rgb: UInt8Array
    """(1, H, W, 3) uint8, red first."""
    region: Region
    """The part of the frame that it shows."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedInput:
    """What is prepared of a frame before the network runs."""

    region: Region
    """The part of the frame that the network gets."""
    inputs: tuple[ModelInput, ...]
    """What the network gets, one after the other: one for each person who is looked at."""
    is_multi_person: bool = False
    """Whether it is for the network that finds several people."""
    alternative: Region | None = None
    """Another region to try as well; the one with the better score is kept."""
    looks_twice: bool = False
    """Whether a person found in it is to be looked at again, closer: no crop is known yet."""
    levels: UInt8Array | None = None
    """The table that has stretched the levels of `inputs`, (256,): for other looks at the frame.
    None where nothing was to be stretched."""
    prepared_s: float = 0.0
    """Seconds that the preparation took."""
