"""What the exporters share whose file is lines of text: a header, then some lines a frame."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.export.growing_file import GrowingFile


class TextExporter(PoseSink):
    """Writes each frame's lines at once, so that a killed run loses none."""

    def __init__(self, path: Path, header: bytes, *, overwrite: bool) -> None:
        """Make the file, with its header.

        Raises:
            TargetExists: and `overwrite` is not set.
            SinkError: it cannot be made.
        """
        self._file = GrowingFile(path, header, overwrite=overwrite)

    @abstractmethod
    def lines_of(self, posed: PosedFrame) -> bytes:
        """Make a frame's lines, each with its end; none where there is nothing to say."""

    def write(self, posed: PosedFrame) -> None:
        lines = self.lines_of(posed)
        if lines:
            self._file.append(lines)

    def close(self) -> None:
        self._file.close()


def angles_of(posed: PosedFrame, names: tuple[str, ...]) -> list[list[float]]:
    """Give each person's angles in degrees, NaN where unknown: as many as names for each.

    Raises:
        ValueError: the frame has other angles than those that were announced.
    """
    if posed.angles.names == names and names:
        degrees: list[list[float]] = posed.angles.degrees.tolist()
        return degrees
    if posed.angles.names:
        raise ValueError(f"angles {posed.angles.names} came where {names} were announced")
    return [[float("nan")] * len(names)] * len(posed.poses)
