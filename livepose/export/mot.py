"""Joint angles over time as OpenSim's motion file, in degrees.

An unknown angle is `nan`, which OpenSim's tables and pandas read. OpenSim's older `Storage` class
rejects it: fill the gaps before.
"""

from __future__ import annotations

from pathlib import Path

from livepose.core.frame import PosedFrame
from livepose.export.opensim import PADDING, OpenSimExporter, pad_header, rows_of_width
from livepose.export.text_exporter import angles_of, whole_lines

_MAX_DIGITS = 12
_HEAD_END = b"endheader\n"


class MotFile(OpenSimExporter):
    """`time`, then one column for each angle; one file for each person."""

    @property
    def unknown(self) -> str:
        return "\tnan" * len(self._recording.angle_names)

    def header(self, path: Path, row_count: int) -> bytes:
        names = self._recording.angle_names
        lines = (
            "Coordinates",
            "version=1",
            f"nRows={row_count}",
            f"nColumns={len(names) + 1}",  # OpenSim counts the time, too
            "inDegrees=yes",
            "",
            f"Angles of {self._recording.clip} by livepose{PADDING}",
            "",
            "endheader",
            "\t".join(("time", *names)),
            "",
        )
        text = "\n".join(lines)
        return pad_header(text, len(text) - len(str(row_count)) + _MAX_DIGITS)

    def row_start(self, index: int, time_s: float) -> str:
        return f"{time_s:.6f}"

    def values_of(self, posed: PosedFrame) -> list[str]:
        names = self._recording.angle_names
        template = "\t%.3f" * len(names)
        return [template % tuple(degrees) for degrees in angles_of(posed, names)]


def repair_mot(part: Path, target: Path) -> int:
    """Copy the rows of a part that are whole, with their number; return how many there are."""
    lines = list(whole_lines(part))
    start = lines.index(_HEAD_END) + 2 if _HEAD_END in lines else len(lines)
    head, rows = lines[:start], lines[start:]
    if not rows:
        return 0
    rows = rows_of_width(rows, head[-1].count(b"\t"))
    head = [b"nRows=%d\n" % len(rows) if line.startswith(b"nRows=") else line for line in head]
    target.write_bytes(b"".join(head + rows))
    return len(rows)
