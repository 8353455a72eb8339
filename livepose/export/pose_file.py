"""PoseFile: a recording that is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.export.metadata import RecordingMetadata

if TYPE_CHECKING:
    from livepose.export.jsonl_reader import FrameRecord


@dataclass(frozen=True, slots=True)
class PoseFile:
    """A recording in JSON lines, whose description has been read."""

    path: Path
    metadata: RecordingMetadata

    def records(self) -> Iterator[FrameRecord]:
        """Yield the frames, which are read one by one.

        Raises:
            SourceError: If a line is damaged, or if the file cannot be read any more.
        """
        from livepose.export.jsonl_reader import read_records  # few runs read one

        return read_records(self.path, self.metadata)
