"""Where poses are written down: one file a format, chosen by its name.

A format's module is imported with its first file: all of them would make every start longer.
"""

from __future__ import annotations

import math
from pathlib import Path

from livepose.core.errors import OptionError
from livepose.core.interfaces import PoseSink
from livepose.export.jsonl import JsonLines, header_of, line_of
from livepose.export.jsonl_reader import FrameRecord, read_jsonl
from livepose.export.metadata import RecordingMetadata
from livepose.system.files import check_location, check_vacant, check_writable

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
"""What a name ends in, and what is written there; a longer ending stands before its own end."""
_OF_ANGLES = (".angles.csv", ".mot")


def open_exporter(
    path: Path | str,
    recording: RecordingMetadata,
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

    >>> import tempfile
    >>> import numpy as np
    >>> from livepose import Frame, Poses, PosedFrame, Region, StreamInfo
    >>> poses = Poses.from_keypoints(np.full((1, 17, 2), 8.0, "f4"), np.full((1, 17), 0.5, "f4"))
    >>> frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8))
    >>> recording = RecordingMetadata(StreamInfo("mine", 64, 48, is_live=False), "lightning")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open_exporter(f"{folder}/poses.csv", recording) as exporter:
    ...         exporter.write(PosedFrame(frame, poses, Region.letterbox(64, 48), 0.0))
    ...     print(*Path(folder, "poses.csv").read_text().split()[:2], sep="\\n")
    frame,time_s,person,keypoint,x,y,score,swapped
    0,0.000000,0,nose,8.00,8.00,0.5000,0
    """
    path = Path(path)
    if not 0 <= min_score <= 1:
        raise OptionError(f"a score lies between 0 and 1, got {min_score}")
    if height_m is not None and not (math.isfinite(height_m) and height_m > 0):
        raise OptionError(f"a body's height is more than 0 metres, got {height_m}")

    ending = format_of(path)
    check_location(path, recording.info.path)
    if ending == ".trc":
        from livepose.export.trc import TrcFile

        return TrcFile(path, recording, min_score=min_score, overwrite=overwrite, height_m=height_m)
    if ending == ".jsonl":
        return JsonLines(path, recording, overwrite=overwrite)
    if ending in _OF_ANGLES:
        return _open_angles(ending, path, recording, overwrite)
    return _open_points(ending, path, recording, min_score, overwrite)


def _open_angles(
    ending: str, path: Path, recording: RecordingMetadata, overwrite: bool
) -> PoseSink:
    if ending == ".mot":
        from livepose.export.mot import MotFile

        return MotFile(path, recording, overwrite=overwrite)
    from livepose.export.csv_files import AnglesCsv

    return AnglesCsv(path, recording, overwrite=overwrite)


def _open_points(
    ending: str, path: Path, recording: RecordingMetadata, min_score: float, overwrite: bool
) -> PoseSink:
    match ending:
        case ".csv":
            from livepose.export.csv_files import TidyCsv

            return TidyCsv(path, min_score=min_score, overwrite=overwrite)
        case ".wide.csv":
            from livepose.export.csv_files import WideCsv

            return WideCsv(path, recording, min_score=min_score, overwrite=overwrite)
        case ".coco.json":
            from livepose.export.coco import CocoFile

            return CocoFile(path, recording, min_score=min_score, overwrite=overwrite)
        case ".parquet":
            from livepose.export.parquet import ParquetFile

            return ParquetFile(path, recording, min_score=min_score, overwrite=overwrite)
        case _:
            from livepose.export.openpose import OpenPoseFolder

            return OpenPoseFolder(path, recording, min_score=min_score, overwrite=overwrite)


def check_name(path: Path, *, overwrite: bool) -> None:
    """Say no to a file, or to a folder of files, before any of them is touched.

    Raises:
        OptionError: no format has such a name.
        TargetExists: and `overwrite` is not set.
        SinkError: it cannot be there.
    """
    is_folder = not format_of(path).startswith(".")
    check_location(path, None)
    check_vacant(path, overwrite=overwrite, is_folder=is_folder)
    check_writable(path)


def check_measured(path: Path, angle_names: tuple[str, ...]) -> None:
    """Say no to a file of angles where none are measured.

    Raises:
        OptionError: so it is.
    """
    if format_of(path) in _OF_ANGLES:
        from livepose.export.csv_files import check_angles

        check_angles(path, angle_names)


def format_of(path: Path) -> str:
    """Tell which of `FORMATS` a name stands for.

    Raises:
        OptionError: none.
    """
    name = path.name.lower()
    for ending in FORMATS:
        if name.endswith(ending):
            return ending
    raise OptionError(
        f"no format is known for {path}: poses go to names that end in "
        f"{', '.join(FORMATS)} (the last two are folders)"
    )


__all__ = [
    "FORMATS",
    "FrameRecord",
    "RecordingMetadata",
    "header_of",
    "line_of",
    "open_exporter",
    "read_jsonl",
]
