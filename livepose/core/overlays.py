"""Overlays: what is painted in addition to skeletons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, read_only

# Few runs have panels.
if TYPE_CHECKING:
    from livepose.core.panels import CounterPanel, CurvePanel


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """Where a keypoint has been."""

    keypoint: int
    """Its index in the skeleton of the poses."""
    track_id: int
    xy: FloatArray
    """(M, 2) float32 pixels of the frame, the oldest first. A row of NaN is a gap."""


@dataclass(frozen=True, slots=True)
class Label:
    """A short text beside a keypoint."""

    text: str
    keypoint: int
    """The keypoint that it belongs to: its index in the skeleton of the poses."""
    x_px: float
    y_px: float
    note: str = ""
    """A smaller text below it."""
    angle: str = ""
    """The name of the angle that it shows, if it is one."""
    track_id: int = 0
    """Whose angle that is."""


@dataclass(frozen=True, slots=True, eq=False)
class Ghost:
    """The skeleton of somebody else, laid over a person to compare the two."""

    xy: FloatArray
    """(K, 2) float32 pixels of the frame."""
    is_seen: BoolArray
    """(K,): which keypoints are drawn."""
    difference_deg: FloatArray
    """(K,) float32: by how many degrees the angle at each keypoint differs from the person's, 0 or
    more; NaN where that is unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlays:
    """What is painted of a frame in addition to its poses.

    >>> label = Label("147°", keypoint=7, x_px=320.0, y_px=240.0)
    >>> Overlays(labels=(label,)).faces.shape
    (0, 3)
    """

    faces: FloatArray = field(default_factory=lambda: np.zeros((0, 3), np.float32))
    """(F, 3) float32: x, y and radius in pixels of discs that may hold a face."""
    trails: tuple[Trail, ...] = ()
    labels: tuple[Label, ...] = ()
    ghosts: tuple[Ghost, ...] = ()
    color_numbers: Mapping[int, int] = field(default_factory=dict)
    """By track id, of those who have the colour of another id: somebody else has theirs."""
    chosen_id: int | None = None
    """Whose box is wide, where boxes are drawn; None for nobody's."""

    counter: CounterPanel | None = None
    """How often something was done; None where that is not shown."""
    curves: CurvePanel | None = None
    """Angles over time; None where they are not shown."""

    def color_number(self, track_id: int) -> int:
        """Return the id whose colour a person has: mostly their own."""
        return self.color_numbers.get(track_id, track_id)

    def __post_init__(self) -> None:
        if self.faces.ndim != 2 or self.faces.shape[1] != 3:
            raise ValueError(f"faces must be (F, 3), got {self.faces.shape}")
        object.__setattr__(self, "faces", read_only(self.faces))

    def __reduce__(self) -> tuple[type[Overlays], tuple[object, ...]]:
        """Return how a copy is made: by the constructor, which makes the array read-only again."""
        arrays = (self.faces, self.trails, self.labels)
        panels = (self.counter, self.curves)
        return Overlays, (*arrays, self.ghosts, self.color_numbers, self.chosen_id, *panels)
