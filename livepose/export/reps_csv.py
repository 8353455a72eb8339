"""Repetitions as comma-separated values: one row for each, written when it is over."""

from __future__ import annotations

from pathlib import Path

from livepose.core.frame import PosedFrame
from livepose.core.repetitions import Repetition
from livepose.export.csv_files import CommentedCsv, number_text
from livepose.export.metadata import ExportOptions, RecordingMetadata

_COLUMNS = (
    "number",
    "person",
    "rule",
    "threshold_deg",
    "start_s",
    "end_s",
    "time_over_threshold_s",
    "period_s",
    "turn_s",
    "turn_deg",
    "turn_speed_in_deg_s",
    "turn_speed_out_deg_s",
)


class RepetitionsCsv(CommentedCsv):
    """One row for each repetition, and two columns for each angle: `left_knee_min_deg`, `_max_deg`.

    `number` counts for each person and rule. `turn` is the turning point: when the angle was
    farthest, how far, and the greatest angular speeds on the way to it and back. A value that is
    not known, such as the period of the first repetition, is empty.
    """

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        super().__init__(path, recording, options)
        self._is_closed = False
        self._written: list[Repetition] = []
        self._current: tuple[Repetition, ...] = ()

    def header(self) -> bytes:
        names = self._recording.angle_names
        angles = [f"{name}_{part}_deg" for name in names for part in ("min", "max")]
        return self.comments() + (",".join((*_COLUMNS, *angles)) + "\n").encode()

    def lines_of(self, posed: PosedFrame) -> bytes:
        if posed.repetitions == self._current:
            return b""
        self._current = posed.repetitions
        # What is not complete yet would be written twice.
        new = [each for each in self._current if each.is_complete and each not in self._written]
        self._written += new
        return b"".join(map(self._line, new))

    def close(self) -> None:
        """Finish the file, without what was counted only until the range of the angle was known.

        Raises:
            SinkError: If it cannot be written.
        """
        final = sorted(self._current, key=lambda each: each.back_s)
        if not self._is_closed and final != self._written:
            with self._file.rewriting() as path:
                path.write_bytes(self.header() + b"".join(map(self._line, final)))
        self._is_closed = True
        super().close()

    def _line(self, repetition: Repetition) -> bytes:
        names = self._recording.angle_names
        column = {name: index for index, name in enumerate(repetition.angle_names)}
        extremes = [
            number_text(values[column[name]]) if name in column else ""
            for name in names
            for values in (repetition.low_deg, repetition.high_deg)
        ]
        fields = (
            repetition.number,
            repetition.track_id,
            repetition.rule,
            number_text(repetition.threshold_deg),
            number_text(repetition.start_s, 3),
            number_text(repetition.end_s, 3),
            number_text(repetition.time_over_threshold_s, 3),
            number_text(repetition.period_s, 3),
            number_text(repetition.peak_s, 3),
            number_text(repetition.peak_deg),
            number_text(repetition.speed_in_deg_s),
            number_text(repetition.speed_out_deg_s),
        )
        return (",".join((*map(str, fields), *extremes)) + "\n").encode()
