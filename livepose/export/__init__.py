"""Where poses are written down: one file a format, chosen by its name."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from livepose.core.errors import OptionError
from livepose.core.interfaces import PoseSink
from livepose.export.coco import CocoFile
from livepose.export.csvfile import AnglesCsv, TidyCsv, WideCsv
from livepose.export.jsonl import JsonLines, header_of, line_of
from livepose.export.mot import MotFile
from livepose.export.openpose import OpenPoseFolder
from livepose.export.parquet import ParquetFile
from livepose.export.reading import Line, read_jsonl
from livepose.export.recording import Recording
from livepose.export.target import check_place
from livepose.export.trc import TrcFile

FORMATS = {
    ".wide.csv": "a row a person and frame, a column a number",
    ".angles.csv": "a row an angle",
    ".csv": "a row a keypoint",
    ".jsonl": "everything, exactly, a line a frame; livepose reads it again",
    ".coco.json": "COCO, for pycocotools and annotation tools",
    ".parquet": "the rows of .csv, typed and small; needs pyarrow",
    ".trc": "OpenSim's markers, in pixels or in metres",
    ".mot": "OpenSim's angles over time",
    "openpose": "a folder with OpenPose's file a frame",
    "_json": "the same, as Pose2Sim calls its folders: cam01_json",
}
"""What a name ends in, and what is written there."""


def open_exporter(
    path: Path,
    recording: Recording,
    *,
    min_score: float = 0.1,
    overwrite: bool = False,
    height_m: float | None = None,
) -> PoseSink:
    """Make the file that a name stands for. All that can be checked is checked here.

    Args:
        path: ends in one of `FORMATS`.
        recording: whose poses.
        min_score: a point that scores less is left empty; .jsonl and .coco.json keep all.
        overwrite: replace what is there.
        height_m: of the body, for a .trc in metres.

    Raises:
        OptionError: no format has such a name, it would replace the source, it holds angles and
            none are measured, or a number makes no sense.
        TargetExists: and `overwrite` is not set.
        SinkError: it cannot be made.
        RuntimeMissing: its format needs a package that is not installed.
    """
    if not 0 <= min_score <= 1:
        raise OptionError(f"a score lies between 0 and 1, got {min_score}")
    if height_m is not None and not (math.isfinite(height_m) and height_m > 0):
        raise OptionError(f"a body's height is more than 0 metres, got {height_m}")

    def folder() -> PoseSink:
        return OpenPoseFolder(path, recording, min_score=min_score, overwrite=overwrite)

    makers: dict[str, Callable[[], PoseSink]] = {
        ".wide.csv": lambda: WideCsv(path, recording, min_score=min_score, overwrite=overwrite),
        ".angles.csv": lambda: AnglesCsv(path, recording, overwrite=overwrite),
        ".csv": lambda: TidyCsv(path, min_score=min_score, overwrite=overwrite),
        ".jsonl": lambda: JsonLines(path, recording, overwrite=overwrite),
        ".coco.json": lambda: CocoFile(path, recording, min_score=min_score, overwrite=overwrite),
        ".parquet": lambda: ParquetFile(path, recording, min_score=min_score, overwrite=overwrite),
        ".trc": lambda: TrcFile(
            path, recording, min_score=min_score, overwrite=overwrite, height_m=height_m
        ),
        ".mot": lambda: MotFile(path, recording, overwrite=overwrite),
        "openpose": folder,
        "_json": folder,
    }
    name = path.name.lower()
    for ending, make in makers.items():
        if name.endswith(ending):
            check_place(path, recording.info.path)
            return make()
    raise OptionError(
        f"no format is known for {path}: poses go to names that end in "
        f"{', '.join(FORMATS)} (the last two are folders)"
    )


__all__ = [
    "FORMATS",
    "Line",
    "Recording",
    "header_of",
    "line_of",
    "open_exporter",
    "read_jsonl",
]
