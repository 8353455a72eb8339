"""A report on the angles of a run: plots, ranges of motion, symmetry, repetitions."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from livepose.analysis.repetitions import Repetitions
from livepose.analysis.report.key_frames import KeyFrame, KeyFrames, PictureMaker
from livepose.analysis.tables import MIN_FRAMES, PersonSeries
from livepose.core.arrays import FloatArray
from livepose.core.errors import RuntimeMissing
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.system.parts import write_whole
from livepose.system.targets import check_location, check_suffix, check_target

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
        picture: PictureMaker | None = None,
        notes: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Check, before any work is done, that the file can be written.

        Args:
            path: .html for a page in one file, .png for an image.
            title: What was measured, such as the clip's name.
            counters: Those that count repetitions; they are read when the report is closed.
            overwrite: Whether an existing file may be replaced.
            picture: Makes the pictures of a page; None for a page without key frames.
            notes: Names and values that stand at the head of a page, such as the model.

        Raises:
            LivePoseError: If the file cannot be written, or if an image needs matplotlib, and that
                is not installed.
        """
        self._path = Path(path)
        check_report(self._path, overwrite=overwrite)
        self._title = title
        self._counters = tuple(counters)
        self._names: tuple[str, ...] = ()
        self._rows: dict[int, tuple[list[float], list[FloatArray]]] = {}
        self._notes = tuple(notes)
        self._key_frames = None if picture is None else KeyFrames(picture)
        if self._key_frames is not None:
            for counter in self._counters:
                rule = counter.rule
                self._key_frames.watch(str(rule), rule.angle, is_over=rule.is_over)
        self._is_closed = False

    @property
    def needs_pixels(self) -> bool:
        return self._key_frames is not None

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
        if self._key_frames is not None:
            self._key_frames.add(posed)

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
        if self._path.suffix.lower() == ".html":
            from livepose.analysis.report.html_page import html_page

            people = self.people()
            pictures: list[KeyFrame] = []
            if self._key_frames is not None:
                for person in people:
                    pictures += self._key_frames.finished(person.track_id, person.names)
            data = html_page(self._title, people, self._counters, pictures, self._notes)
        else:
            from livepose.analysis.report.png_image import png_image

            data = png_image(self._title, self.people(), self._counters)
        write_whole(self._path, data)

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
        RuntimeMissing: If an image needs matplotlib, and that is not installed.
    """
    check_suffix(path, SUFFIXES)
    check_location(path, None)
    check_target(path, overwrite=overwrite)
    if path.suffix.lower() == ".png" and find_spec("matplotlib") is None:
        raise RuntimeMissing(
            "a report as .png needs matplotlib: pip install matplotlib, or write it as .html"
        )
