"""What was measured of people: their angles over time, ranges of motion, symmetry, repetitions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import FloatArray

MIN_FRAMES = 10
"""Who was seen in fewer has no part in the report."""
MIN_RANGE_DEG = 5.0
"""Under this mean range of motion a difference of left and right is noise."""
TABLE_HEAD = ("angle", "min", "max", "range", "symmetry", "frames")

Numbers = npt.NDArray[np.float64]


class Extremes(Protocol):
    """What an AngleMeter holds of one person, and a `PersonSeries` knows too."""

    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def low_deg(self) -> Numbers: ...
    @property
    def high_deg(self) -> Numbers: ...
    @property
    def frames(self) -> npt.NDArray[np.int32]: ...


class Bend(Protocol):
    """One counted repetition."""

    @property
    def track_id(self) -> int: ...
    @property
    def start_s(self) -> float: ...
    @property
    def end_s(self) -> float: ...
    @property
    def peak_deg(self) -> float: ...


class Rule(Protocol):
    """What was counted; as text, `right_knee:>90`."""

    @property
    def angle(self) -> str: ...
    @property
    def is_over(self) -> bool: ...
    @property
    def threshold_deg(self) -> float: ...


class Counter(Protocol):
    """Who counts repetitions. It is read when the report is written."""

    @property
    def rule(self) -> Rule: ...
    @property
    def done(self) -> Sequence[Bend]: ...


@dataclass(frozen=True, slots=True, eq=False)
class PersonSeries:
    """The angles of one person over time."""

    track_id: int
    names: tuple[str, ...]
    time_s: Numbers
    """(T,)"""
    degrees: FloatArray
    """(T, A); NaN where not seen."""

    @property
    def low_deg(self) -> Numbers:
        return self._over_time(np.fmin)

    @property
    def high_deg(self) -> Numbers:
        return self._over_time(np.fmax)

    @property
    def frames(self) -> npt.NDArray[np.int32]:
        return np.asarray(np.isfinite(self.degrees).sum(axis=0), np.int32)

    def _over_time(self, least: np.ufunc) -> Numbers:
        return np.asarray(least.reduce(self.degrees, axis=0), np.float64)


def symmetry_percent(left_deg: float, right_deg: float) -> float:
    """Compare two ranges of motion: 0 is alike, positive is more on the right, +-200 at most.

    It is (R - L) / (0.5 (R + L)) * 100 %, the symmetry index of Robinson, Herzog and Nigg ("Use of
    force platform variables to quantify the effects of chiropractic manipulation on gait
    symmetry", J. Manipulative Physiol. Ther. 10(4), 1987). NaN where hardly anything moved.
    """
    mean_deg = 0.5 * (right_deg + left_deg)
    return 100 * (right_deg - left_deg) / mean_deg if mean_deg >= MIN_RANGE_DEG else math.nan


def table_rows(extremes: Extremes) -> list[tuple[str, ...]]:
    """Write what was measured of one person as rows of text, under `TABLE_HEAD`.

    The symmetry of a pair stands in the row of its left one.
    """
    range_deg = dict(
        zip(extremes.names, (extremes.high_deg - extremes.low_deg).tolist(), strict=True)
    )
    rows: list[tuple[str, ...]] = []
    for column, name in enumerate(extremes.names):
        other = range_deg.get(name.replace("left_", "right_"), math.nan)
        symmetry = symmetry_percent(range_deg[name], other) if "left_" in name else math.nan
        rows.append(
            (
                name.replace("_", " "),
                _degrees(float(extremes.low_deg[column])),
                _degrees(float(extremes.high_deg[column])),
                _degrees(range_deg[name]),
                _percent(symmetry),
                str(extremes.frames[column]),
            )
        )
    return rows


def _degrees(value: float) -> str:
    return "not seen" if math.isnan(value) else f"{round(value)}°"


def _percent(value: float) -> str:
    return "" if math.isnan(value) else f"{round(value):+d} %".replace("+0 ", "0 ")


def repetition_rows(counter: Counter, track_id: int) -> list[tuple[str, ...]]:
    """Write one person's repetitions as rows: number, start, end, seconds, peak."""
    bends = [bend for bend in counter.done if bend.track_id == track_id]
    return [
        (
            str(number),
            f"{bend.start_s:.2f} s",
            f"{bend.end_s:.2f} s",
            f"{bend.end_s - bend.start_s:.2f} s",
            f"{round(bend.peak_deg)}°",
        )
        for number, bend in enumerate(bends, 1)
    ]
