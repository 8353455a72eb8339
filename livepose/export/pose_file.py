"""PoseFile: a recording that can be read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from livepose.export.metadata import RecordingMetadata


@dataclass(frozen=True, slots=True)
class PoseFile:
    """A recording in JSON lines, whose description has been read."""

    path: Path
    metadata: RecordingMetadata
