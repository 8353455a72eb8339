"""Marks: what is painted beside skeletons, and needs more than one frame to be known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from livepose.core.arrays import FloatArray


def _no_faces() -> FloatArray:
    return np.zeros((0, 3), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """Where a joint has been."""

    keypoint: int
    """Its index, 0..16."""
    track_id: int
    xy: FloatArray
    """(M, 2) float32, the oldest first; pixels of the frame. A row of NaN is a gap."""


@dataclass(frozen=True, slots=True)
class Label:
    """A word at a place."""

    text: str
    keypoint: int
    """The joint that it belongs to, 0..16."""
    x_px: float
    y_px: float
    note: str = ""
    """A smaller word below it."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlays:
    """What else is known of a frame, for the painter alone."""

    faces: FloatArray = field(default_factory=_no_faces)
    """(F, 3) float32: x, y and radius in pixels of what may hold a face."""
    trails: tuple[Trail, ...] = ()
    labels: tuple[Label, ...] = ()

    def __post_init__(self) -> None:
        if self.faces.ndim != 2 or self.faces.shape[1] != 3:
            raise ValueError(f"faces must be (F, 3), got {self.faces.shape}")
        self.faces.setflags(write=False)
