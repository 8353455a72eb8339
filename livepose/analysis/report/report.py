"""A report on the angles of a run: curves, ranges of motion, symmetry, repetitions."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from livepose.analysis.tables import MIN_FRAMES, Counter, PersonSeries
from livepose.core.arrays import FloatArray
from livepose.core.errors import OptionError, RuntimeMissing
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.system.files import check_location, check_vacant, check_writable, write_atomically

SUFFIXES = (".html", ".png")


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
        from livepose.analysis.report.html_page import page
        from livepose.analysis.report.png_image import picture

        make = page if self._path.suffix.lower() == ".html" else picture
        data = make(self._title, self.people(), self._counters)
        write_atomically(self._path, data)


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
    check_location(path, None)
    check_vacant(path, overwrite=overwrite)
    check_writable(path)
    if find_spec("matplotlib") is None:
        raise RuntimeMissing("the report needs matplotlib: pip install livepose[report]")
