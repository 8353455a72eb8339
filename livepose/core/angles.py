"""Angles: the joint angles of the people in one frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from livepose.core.arrays import FloatArray, read_only

LEAP_DEG = 90.0
"""An angle that changes by more between two frames is another one: nothing lies between."""


def degrees_text(degrees: float) -> str:
    """Return an angle as it stands in a frame, in whole degrees.

    >>> degrees_text(92.46), degrees_text(-0.3)
    ('92°', '0°')
    """
    return f"{round(degrees)}°"


@dataclass(frozen=True, slots=True, eq=False)
class Angles:
    """Joint angles of N people, A of each, in the order of their Poses: a read-only view.

    >>> angles = Angles(("left_knee", "trunk"), np.array([[12.5, 90.0]], np.float32))
    >>> angles.degrees[:, angles.names.index("trunk")].tolist()
    [90.0]
    """

    names: tuple[str, ...] = ()
    """A names, such as `left_knee`."""
    degrees: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """(N, A) float32; NaN where a keypoint that the angle needs is not seen."""
    shown: FloatArray | None = None
    """(N, A) float32: as they are shown in a frame, where that is steadier; None for `degrees`."""

    def __post_init__(self) -> None:
        shape = self.degrees.shape
        if len(shape) != 2 or shape[1] != len(self.names):
            raise ValueError(f"degrees must be (N, {len(self.names)}), got {shape}")
        object.__setattr__(self, "degrees", read_only(self.degrees))
        if self.shown is not None:
            if self.shown.shape != shape:
                raise ValueError(f"shown must be {shape}, got {self.shown.shape}")
            object.__setattr__(self, "shown", read_only(self.shown))

    @property
    def figures(self) -> FloatArray:
        """(N, A) float32: what is written beside a joint, at a curve and on a page."""
        return self.degrees if self.shown is None else self.shown

    def __reduce__(self) -> tuple[type[Angles], tuple[object, ...]]:
        """Return how a copy is made: by the constructor, which makes the arrays read-only again."""
        return Angles, (self.names, self.degrees, self.shown)
