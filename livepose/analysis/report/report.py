"""A report on the angles of a run: plots, ranges of motion, symmetry, repetitions."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from livepose.analysis.repetitions import Repetitions
from livepose.analysis.tables import MIN_FRAMES, PersonSeries
from livepose.core.arrays import FloatArray
from livepose.core.errors import OptionError, RuntimeMissing
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.system.parts import write_whole
from livepose.system.targets import check_location, check_target

SUFFIXES = (".html", ".png")


class Report(PoseSink):
    """Collect the angles of a run, and write them as one page or image at the end.

    >>> import tempfile
    >>> from livepose import Frame, Poses, PosedFrame, Region
    >>> from livepose.core.angles import Angles
    >>> poses = Poses.from_keypoints(np.ones((1, 17, 2), np.float32), np.ones((1, 17), np.float32))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Report(Path(folder, "report.html"), "clip.mp4") as report:
    ...         for index in range(20):
    ...             frame = Frame.from_bgr(np.zeros((8, 8, 3), np.uint8), index, index / 30)
    ...             angles = Angles(("left_knee",), np.array([[4.5 * index]], np.float32))
    ...             region = Region.letterbox(8, 8)
    ...             report.write(PosedFrame(frame, poses, region, 0.0, angles=angles))
    ...     "left knee" in Path(folder, "report.html").read_text("utf-8")
    True
    """

    def __init__(
        self,
        path: str | Path,
        title: str,
        *,
        counters: Sequence[Repetitions] = (),
        overwrite: bool = False,
    ) -> None:
        """Check, before any work is done, that the file can be written.

        Args:
            path: .html for a page in one file, .png for an image.
            title: What was measured, such as the clip's name.
            counters: Those that count repetitions; they are read when the report is closed.
            overwrite: Whether an existing file may be replaced.

        Raises:
            LivePoseError: If the file cannot be written, or if matplotlib is not installed.
        """
        self._path = Path(path)
        check_report(self._path, overwrite=overwrite)
        self._title = title
        self._counters = tuple(counters)
        self._names: tuple[str, ...] = ()
        self._rows: dict[int, tuple[list[float], list[FloatArray]]] = {}
        self._is_closed = False

    def write(self, posed: PosedFrame) -> None:
        """Keep the angles of a frame.

        Raises:
            ValueError: If they are not the angles of the frames before.
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
        """Return the people who were seen in ten frames or more, those with most frames first."""
        series = [
            PersonSeries(track_id, self._names, np.array(times), np.array(rows))
            for track_id, (times, rows) in self._rows.items()
            if len(times) >= MIN_FRAMES
        ]
        return sorted(series, key=lambda person: -len(person.time_s))

    def close(self) -> None:
        """Write the report.

        Raises:
            SinkError: If it cannot be written.
        """
        if self._is_closed:
            return
        self._is_closed = True
        from livepose.analysis.report.html_page import html_page
        from livepose.analysis.report.png_image import png_image

        make = html_page if self._path.suffix.lower() == ".html" else png_image
        write_whole(self._path, make(self._title, self.people(), self._counters))

    def keep_parts(self) -> tuple[Path, ...]:
        """Write nothing: a report on half a run would stand for the whole."""
        self._is_closed = True
        return ()


def check_report(path: Path, *, overwrite: bool) -> None:
    """Check that a report can be written, without touching anything.

    Raises:
        OptionError: If the suffix is not one of `SUFFIXES`.
        TargetExists: If the file exists and `overwrite` is not set.
        SinkError: If it cannot be written there.
        RuntimeMissing: If matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{path} must end in one of {', '.join(SUFFIXES)}")
    check_location(path, None)
    check_target(path, overwrite=overwrite)
    if find_spec("matplotlib") is None:
        raise RuntimeMissing("the report needs matplotlib: pip install matplotlib")
