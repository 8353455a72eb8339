"""Angles: the joint angles of the people in one picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from livepose.core.arrays import FloatArray


def _none() -> FloatArray:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Angles:
    """A angles of N people, row by row as in their Poses."""

    names: tuple[str, ...] = ()
    """A names, such as `left_knee`."""
    degrees: FloatArray = field(default_factory=_none)
    """(N, A) float32; NaN where a point that it needs is not seen."""

    def __post_init__(self) -> None:
        if self.degrees.ndim != 2 or self.degrees.shape[1] != len(self.names):
            raise ValueError(f"degrees must be (N, {len(self.names)}), got {self.degrees.shape}")
        self.degrees.setflags(write=False)
