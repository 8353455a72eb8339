"""AngleRange: the minimum and maximum angles of one person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from livepose.analysis.moving_median import trailing_medians
from livepose.core.arrays import Float64Array, FloatArray, Int32Array


@dataclass(frozen=True, slots=True, eq=False)
class AngleRange:
    """The extremes of one person's A angles so far.

    They are those of moving medians (`moving_median`), so that no misread frame is one.

    >>> knees = AngleRange.empty(("left_knee", "right_knee"))
    >>> for degrees in ((10, 20), (90, np.nan), (40, 50)):
    ...     knees = knees.including(np.array(degrees), medians=np.array(degrees))
    >>> knees.low_deg.tolist(), knees.high_deg.tolist(), knees.frames.tolist()
    ([10.0, 20.0], [90.0, 50.0], [3, 2])
    """

    names: tuple[str, ...]
    low_deg: Float64Array
    """(A,) degrees; NaN where the angle was never seen."""
    high_deg: Float64Array
    """(A,) degrees; NaN where the angle was never seen."""
    frames: Int32Array
    """(A,) in how many frames the angle was seen."""

    @classmethod
    def empty(cls, names: tuple[str, ...]) -> AngleRange:
        """Make the range of angles that were never seen."""
        unknown = np.full(len(names), np.nan)
        return cls(names, unknown, unknown, np.zeros(len(names), np.int32))

    @classmethod
    def from_series(
        cls, names: tuple[str, ...], time_s: Float64Array, degrees: FloatArray
    ) -> AngleRange:
        """Make the range of one person's angles over time, of their moving medians.

        Args:
            names: Of A angles.
            time_s: (T,) rising.
            degrees: (T, A), NaN where an angle was not seen.
        """
        series = trailing_medians(time_s, degrees.astype(np.float64))
        return cls(
            names,
            np.asarray(np.fmin.reduce(series, axis=0, initial=np.nan), np.float64),
            np.asarray(np.fmax.reduce(series, axis=0, initial=np.nan), np.float64),
            np.asarray(np.isfinite(degrees).sum(axis=0), np.int32),
        )

    @property
    def range_deg(self) -> Float64Array:
        """(A,) degrees: the range of motion."""
        return self.high_deg - self.low_deg

    def including(self, degrees: Float64Array, medians: Float64Array) -> AngleRange:
        """Return the range after one more frame.

        Args:
            degrees: (A,) its angles, NaN where unseen.
            medians: (A,) their moving medians, NaN where unknown: these may be extremes.
        """
        return replace(
            self,
            low_deg=np.fmin(self.low_deg, medians),
            high_deg=np.fmax(self.high_deg, medians),
            frames=self.frames + np.isfinite(degrees).astype(np.int32),
        )

    def joined(self, other: AngleRange) -> AngleRange:
        """Return the range of this one and another one of the same angles and person."""
        return replace(
            self,
            low_deg=np.fmin(self.low_deg, other.low_deg),
            high_deg=np.fmax(self.high_deg, other.high_deg),
            frames=self.frames + other.frames,
        )


def joined_ranges(
    ranges: Mapping[int, AngleRange], id_of: Callable[[int], int]
) -> dict[int, AngleRange]:
    """Return ranges by other ids, joined where several are of one person.

    >>> left = AngleRange(("left_knee",), np.zeros(1), np.ones(1), np.ones(1, np.int32))
    >>> both = joined_ranges({1: left, 2: left, 3: left}, lambda track_id: min(track_id, 2))
    >>> {track_id: each.frames.tolist() for track_id, each in both.items()}
    {1: [1], 2: [2]}

    Args:
        ranges: By track id.
        id_of: Returns another id of the same person, for each of these.
    """
    joined: dict[int, AngleRange] = {}
    for track_id, each in ranges.items():
        other = joined.get(id_of(track_id))
        joined[id_of(track_id)] = each if other is None else other.joined(each)
    return joined
