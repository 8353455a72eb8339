"""Joint angles over time as OpenSim's motion file, in degrees.

An angle that is not known is `nan`, which OpenSim's tables and pandas read. OpenSim's older
`Storage` class stops at it: mend gaps before.
"""

from __future__ import annotations

from pathlib import Path

from livepose.core.frame import PosedFrame
from livepose.export.csv_files import check_angles
from livepose.export.metadata import RecordingMetadata
from livepose.export.opensim import PersonFiles, padded
from livepose.export.text_exporter import angles_of

_MARK = "\0"
_DIGITS = 12


class MotFile(PersonFiles):
    """`time`, then an angle a column; one file a person."""

    def __init__(
        self, path: Path, recording: RecordingMetadata, *, overwrite: bool, flush_s: float = 5.0
    ) -> None:
        """Make the file.

        Raises:
            OptionError: no angles are measured.
            TargetExists: and `overwrite` is not set.
            SinkError: it cannot be made.
        """
        check_angles(path, recording.angle_names)
        self._names = recording.angle_names
        super().__init__(path, recording, len(self._names), overwrite=overwrite, flush_s=flush_s)

    def header_of(self, path: Path, row_count: int) -> bytes:
        """Make the header; the number of columns has the time in it, as OpenSim counts."""
        lines = (
            "Coordinates",
            "version=1",
            f"nRows={row_count}",
            f"nColumns={len(self._names) + 1}",
            "inDegrees=yes",
            "",
            f"Angles of {self._recording.clip} by livepose{_MARK}",
            "",
            "endheader",
            "\t".join(("time", *self._names)),
            "",
        )
        text = "\n".join(lines)
        return padded(text, _MARK, len(text) - len(str(row_count)) + _DIGITS)

    def row_start(self, index: int, time_s: float) -> str:
        return f"{time_s:.6f}"

    def values_of(self, posed: PosedFrame) -> list[str]:
        template = "\t%.3f" * len(self._names)
        return [template % tuple(degrees) for degrees in angles_of(posed, self._names)]
