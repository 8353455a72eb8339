"""A report on the angles of a run: curves, ranges of motion, symmetry, repetitions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import FloatArray
from livepose.core.errors import OptionError, RuntimeMissing
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.export.target import check_room, failed

SUFFIXES = (".html", ".png")
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


class Report(PoseSink):
    """Collects angles, numbers only, and writes them down as one page or picture at the end."""

    def __init__(
        self, path: Path, title: str, *, counters: Sequence[Counter] = (), overwrite: bool = False
    ) -> None:
        """Say no before any work is done: `check_report`.

        Args:
            path: .html for a page that needs no other file, .png for a picture.
            title: what was looked at.
            counters: who counts repetitions; what they have done is read at the end.
            overwrite: replace an existing file.

        Raises:
            LivePoseError: it cannot be there, or matplotlib is not installed.
        """
        check_report(path, overwrite=overwrite)
        self._path = path
        self._title = title
        self._counters = tuple(counters)
        self._names: tuple[str, ...] = ()
        self._rows: dict[int, tuple[list[float], list[FloatArray]]] = {}
        self._is_closed = False

    def write(self, posed: PosedFrame) -> None:
        """Keep the angles of a frame.

        Raises:
            ValueError: the angles are others than before.
        """
        angles = posed.angles
        if angles.names and self._names and angles.names != self._names:
            raise ValueError(f"a report on {self._names} cannot go on with {angles.names}")
        self._names = angles.names or self._names
        for track_id, degrees in zip(posed.poses.track_id.tolist(), angles.degrees, strict=True):
            times, rows = self._rows.setdefault(track_id, ([], []))
            times.append(posed.frame.time_s)
            rows.append(degrees)

    def people(self) -> list[PersonSeries]:
        """Give who was seen for long enough, the longest first."""
        series = [
            PersonSeries(track_id, self._names, np.array(times), np.array(rows))
            for track_id, (times, rows) in self._rows.items()
            if len(times) >= MIN_FRAMES
        ]
        return sorted(series, key=lambda person: -len(person.time_s))

    def close(self) -> None:
        """Write the report. What it holds of a run that broke off is written too.

        Raises:
            SinkError: it cannot be written.
        """
        if self._is_closed:
            return
        self._is_closed = True
        from livepose.export.report_page import page
        from livepose.export.report_picture import picture

        make = page if self._path.suffix.lower() == ".html" else picture
        data = make(self._title, self.people(), self._counters)
        unfinished = self._path.with_name(f"{self._path.stem}.part{self._path.suffix}")
        try:
            unfinished.write_bytes(data)
            unfinished.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise failed(self._path, error) from error


def check_report(path: Path, *, overwrite: bool) -> None:
    """Say no before anything is touched.

    Raises:
        OptionError: the suffix is neither.
        TargetExists: and `overwrite` is not set.
        SinkError: there is no such folder, or it is one.
        RuntimeMissing: matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{path} must end in one of {', '.join(SUFFIXES)}")
    check_room(path, is_folder=False, overwrite=overwrite)
    if find_spec("matplotlib") is None:
        raise RuntimeMissing("the report needs matplotlib: pip install livepose[report]")
