"""TextExporter: the base of exporters that write a header and then some lines for each frame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.export.growing_file import GrowingFile
from livepose.export.metadata import ExportOptions, RecordingMetadata


class TextExporter(PoseSink):
    """Write each frame's lines at once, into a part beside the target: a killed run loses none."""

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        """Create the file with its header.

        Raises:
            TargetExists: If the file exists and may not be replaced.
            SinkError: If it cannot be written.
        """
        self._recording = recording
        self._options = options
        self._min_score = options.min_score
        self._file = GrowingFile(
            path, self.header(), overwrite=options.overwrite, is_sequential=True
        )

    @abstractmethod
    def header(self) -> bytes:
        """Return what the file starts with."""

    @abstractmethod
    def lines_of(self, posed: PosedFrame) -> bytes:
        """Return a frame's lines, each with its line end; nothing if the frame has none."""

    def write(self, posed: PosedFrame) -> None:
        self._recording.check_skeleton(posed.poses)
        lines = self.lines_of(posed)
        if lines:
            self._file.append(lines)

    def close(self) -> None:
        self._file.close()

    def keep_parts(self) -> list[Path]:
        return self._file.keep()


def angles_of(posed: PosedFrame, names: tuple[str, ...]) -> list[list[float]]:
    """Return each person's angles in degrees, NaN where unknown: one for each name.

    Raises:
        ValueError: If the frame has other angles than these.
    """
    if posed.angles.names == names and names:
        degrees: list[list[float]] = posed.angles.degrees.tolist()
        return degrees
    if posed.angles.names:
        raise ValueError(f"the recording has the angles {names}, and not {posed.angles.names}")
    return [[float("nan")] * len(names)] * len(posed.poses)


def whole_lines(part: Path) -> Iterator[bytes]:
    """Yield the lines of a file up to the first one that was not written to its end.

    A disk that lost its power leaves zeros in the place of what it had not stored.
    """
    with part.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n") or b"\0" in line:
                return
            yield line
