"""Poses as comma-separated values, for spreadsheets, pandas and R.

x and y are pixels of the frame, from its top left corner; angles are degrees. A keypoint that
scores under the threshold has an empty x and y and keeps its score; an unknown angle is empty. A
frame without people has no row. `person` is the track id.

`frame` counts from 0 in each run; `source_frame` counts from the start of the file, also with
`--start`. A live source has a column `utc` behind `time_s`: when the frame arrived (ISO 8601).
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import suppress
from itertools import chain
from pathlib import Path

import numpy as np

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.export.angle_derivatives import AngleDerivatives, MovingAngles
from livepose.export.metadata import ExportOptions, RecordingMetadata, describe
from livepose.export.text_exporter import TextExporter, angles_of, whole_lines

_UNITS = "px (x, y), degrees (angles), s (times)"
# A precision of 0 prints nothing of a number, so that the same values fit both templates.
_WIDE_VISIBLE, _WIDE_HIDDEN = ",%.2f,%.2f,%.4f", ",%.0s,%.0s,%.4f"


class CommentedCsv(TextExporter):
    """What all tables have in common: comments before the columns, where they are asked for."""

    def comments(self) -> bytes:
        """Return a line for each item of `describe`, behind a `#`; nothing unless asked for."""
        if not self._options.csv_header:
            return b""
        items = describe(self._recording, _UNITS).items()
        return "".join([f"# {name}: {value}\n" for name, value in items]).encode()


class _Csv(CommentedCsv):
    """The tables of frames: their first columns say which frame a row belongs to."""

    def _first_columns(self) -> str:
        """Return the header of these columns, with a comma behind each."""
        return "frame,source_frame,time_s," + ("utc," if self._recording.has_utc else "")

    def _row_start(self, posed: PosedFrame) -> str:
        frame = posed.frame
        utc = f"{frame.utc}," if self._recording.has_utc else ""
        return f"{frame.index},{frame.source_frame},{frame.time_s:.6f},{utc}"


class TidyCsv(_Csv):
    """One row for each keypoint: `frame,source_frame,time_s,person,keypoint,x,y,score,swapped`.

    swapped is 1 where left and right were exchanged. Where gaps were filled (`--effort best`), a
    last column `filled` is 1 for what was placed between two sightings; where something was changed
    by hand (`livepose edit`), one more, `edited`, is 1 for that.
    """

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        names = recording.skeleton.names
        marks = (recording.has_filled, bool(recording.edits))
        end = "".join(",%d" if has_mark else "%.0s" for has_mark in marks)
        self._visible = [f"%s{name},%.2f,%.2f,%.4f,%d{end}\n" for name in names]
        self._hidden = [f"%s{name},%.0s,%.0s,%.4f,%d{end}\n" for name in names]
        self._all_visible = "".join(self._visible)
        super().__init__(path, recording, options)

    def header(self) -> bytes:
        filled = ",filled" if self._recording.has_filled else ""
        edited = ",edited" if self._recording.edits else ""
        columns = f"{self._first_columns()}person,keypoint,x,y,score,swapped{filled}{edited}\n"
        return self.comments() + columns.encode()

    def lines_of(self, posed: PosedFrame) -> bytes:
        poses = posed.poses
        start = self._row_start(posed)
        lines = []
        people = zip(
            poses.track_id.tolist(),
            poses.xy.tolist(),
            poses.score.tolist(),
            poses.swapped.tolist(),
            poses.filled.tolist(),
            poses.edited.tolist(),
            poses.visible(self._min_score).tolist(),
            strict=True,
        )
        for person, xy, scores, swapped, filled, edited, visible in people:
            row = f"{start}{person},"
            values = [
                value
                for (x, y), score, *marks in zip(xy, scores, swapped, filled, edited, strict=True)
                for value in (row, x, y, score, *marks)
            ]
            lines.append(self._template(visible) % tuple(values))
        return "".join(lines).encode()

    def _template(self, visible: list[bool]) -> str:
        if all(visible):
            return self._all_visible
        choices = zip(visible, self._visible, self._hidden, strict=True)
        return "".join([shown if is_visible else hidden for is_visible, shown, hidden in choices])


class _AnglesInCsv(_Csv):
    """The tables that hold angles, each with its velocity and acceleration where they are known.

    They are central differences (`core.derivatives`), so a frame is written when the next one is
    there. Behind a filter that lags, they would be those of an earlier moment: there are none then.
    """

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        self._derivatives = AngleDerivatives() if recording.has_derivatives else None
        super().__init__(path, recording, options)

    @abstractmethod
    def lines_with(self, posed: PosedFrame, moving: MovingAngles | None) -> bytes:
        """Return a frame's lines.

        Args:
            posed: The frame.
            moving: How fast its angles change; None in a file without that.
        """

    def lines_of(self, posed: PosedFrame) -> bytes:
        if self._derivatives is None:
            return self.lines_with(posed, None)
        finished = self._derivatives.push(posed)
        return b"".join([self.lines_with(each.posed, each) for each in finished])

    def close(self) -> None:
        """Write the last frame, and put the file in its place.

        Raises:
            SinkError: If it cannot be written.
        """
        self._write_last()
        super().close()

    def keep_parts(self) -> list[Path]:
        with suppress(SinkError):
            self._write_last()
        return super().keep_parts()

    def _write_last(self) -> None:
        if self._derivatives is not None:
            for each in self._derivatives.flush():
                lines = self.lines_with(each.posed, each)
                if lines:
                    self._file.append(lines)


class WideCsv(_AnglesInCsv):
    """One row for each person: `frame,source_frame,time_s,person,person_score,nose_x,nose_y,...`.

    The angles follow, as `left_knee_degrees`, and then, where they are known, the velocities
    `left_knee_velocity` and accelerations `left_knee_acceleration`, in degrees and seconds.
    """

    def header(self) -> bytes:
        names, angle_names = self._recording.skeleton.names, self._recording.angle_names
        columns = ["person", "person_score"]
        columns += [f"{name}_{part}" for name in names for part in ("x", "y", "score")]
        columns += [f"{name}_degrees" for name in angle_names]
        if self._recording.has_derivatives:
            columns += [f"{name}_velocity" for name in angle_names]
            columns += [f"{name}_acceleration" for name in angle_names]
        return self.comments() + (self._first_columns() + ",".join(columns) + "\n").encode()

    def lines_with(self, posed: PosedFrame, moving: MovingAngles | None) -> bytes:
        poses = posed.poses
        start = self._row_start(posed)
        people = zip(
            poses.track_id.tolist(),
            poses.person_score.tolist(),
            poses.xy.tolist(),
            poses.score.tolist(),
            poses.visible(self._min_score).tolist(),
            angles_of(posed, self._recording.angle_names),
            _changes_of(posed, moving),
            strict=True,
        )
        lines = []
        for person, person_score, xy, scores, visible, degrees, changes in people:
            points = [(x, y, score) for (x, y), score in zip(xy, scores, strict=True)]
            template = "".join([_WIDE_VISIBLE if shown else _WIDE_HIDDEN for shown in visible])
            lines.append(f"{start}{person},{person_score:.4f}")
            lines.append(template % tuple(chain.from_iterable(points)))
            lines.extend([f",{number_text(value)}" for value in (*degrees, *changes)])
            lines.append("\n")
        return "".join(lines).encode()


class AnglesCsv(_AnglesInCsv):
    """One row for each angle: `frame,source_frame,time_s,person,angle,degrees`.

    `velocity_deg_s` and `acceleration_deg_s2` follow where they are known.
    """

    def header(self) -> bytes:
        changes = ",velocity_deg_s,acceleration_deg_s2" if self._recording.has_derivatives else ""
        columns = f"{self._first_columns()}person,angle,degrees{changes}\n"
        return self.comments() + columns.encode()

    def lines_with(self, posed: PosedFrame, moving: MovingAngles | None) -> bytes:
        start, names = self._row_start(posed), self._recording.angle_names
        people = zip(
            posed.poses.track_id.tolist(),
            angles_of(posed, names),
            _changes_of(posed, moving),
            strict=True,
        )
        lines = []
        for person, degrees, changes in people:
            for column, (name, angle) in enumerate(zip(names, degrees, strict=True)):
                values = (angle, *changes[column :: len(names)])
                lines.append(f"{start}{person},{name},{','.join(map(number_text, values))}\n")
        return "".join(lines).encode()


def _changes_of(posed: PosedFrame, moving: MovingAngles | None) -> list[list[float]]:
    """Return each person's angular velocities, then accelerations; nothing if unknown."""
    if moving is None:
        return [[]] * len(posed.poses)
    changes: list[list[float]] = np.concatenate(
        (moving.velocity, moving.acceleration), axis=1
    ).tolist()
    return changes


def repair_csv(part: Path, target: Path) -> int:
    """Copy the rows of a part that are whole, and return how many there are."""
    columns, count = 0, -1
    with target.open("wb") as file:
        for line in whole_lines(part):
            if not columns and line.startswith(b"#"):
                file.write(line)
                continue
            columns = columns or line.count(b",")
            if line.count(b",") != columns:
                break
            file.write(line)
            count += 1
    return max(count, 0)


def number_text(number: float, digits: int = 2) -> str:
    """Return a number with some digits behind the point; nothing if it is unknown.

    >>> number_text(12.5), number_text(float("nan"))
    ('12.50', '')
    """
    return f"{number:.{digits}f}" if number == number else ""  # NaN is the only one unlike itself
