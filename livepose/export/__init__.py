"""Where poses are written down: one module for each format, chosen by the file's name.

To add a format, write a PoseSink in a module of its own, and add a row to `FORMATS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from livepose.core.errors import OptionError, RuntimeMissing
from livepose.core.interfaces import PoseSink
from livepose.export.metadata import ExportOptions, RecordingMetadata
from livepose.system.optional_imports import install_command
from livepose.system.part_names import check_room
from livepose.system.targets import check_location, check_target

STANDARD_OUTPUT = Path("-")
"""Not a file: JSON lines are written to standard output."""


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """One way to write poses down."""

    exporter: str
    """Module and class of its PoseSink, such as `trc.TrcFile`: imported when a file is opened."""
    description: str
    repair: str = ""
    """Module and function that make the part of a killed run whole; a folder needs none."""
    has_angles: bool = False
    """Whether it holds joint angles, and nothing else."""
    has_repetitions: bool = False
    """Whether it holds the repetitions that were counted, and no frames."""
    has_own_rate: bool = False
    """Whether it holds numbers over time, which may be at another rate than the source's frames."""
    is_folder: bool = False
    is_for_each_person: bool = False
    """Whether each person has a file, all but the first with a number in its name."""
    package: str = ""
    """A package that it needs, and that not every install has."""
    extra: str = ""
    """What installs that package: `livepose[extra]`."""

    def check_installed(self) -> None:
        """Check that its package is there, without importing it.

        Raises:
            RuntimeMissing: If it is not installed.
        """
        if self.package and find_spec(self.package) is None:
            raise RuntimeMissing(
                f"{self.extra.title()} files need {self.package}: {install_command(self.extra)}"
            )

    def open(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> PoseSink:
        """Open a file in this format.

        Raises:
            SinkError: If it cannot be written.
            RuntimeMissing: If it needs a package that is not installed.
        """
        self.check_installed()
        module, _, name = self.exporter.partition(".")
        exporter: Callable[[Path, RecordingMetadata, ExportOptions], PoseSink]
        exporter = getattr(import_module(f"livepose.export.{module}"), name)
        return exporter(path, recording, options)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".wide.csv": Format(
            "csv_files.WideCsv",
            "one row for each person and frame",
            "csv_files.repair_csv",
            has_own_rate=True,
        ),
        ".angles.csv": Format(
            "csv_files.AnglesCsv",
            "one row for each angle",
            "csv_files.repair_csv",
            has_angles=True,
            has_own_rate=True,
        ),
        ".reps.csv": Format(
            "reps_csv.RepetitionsCsv",
            "one row for each repetition",
            "csv_files.repair_csv",
            has_repetitions=True,
        ),
        ".csv": Format(
            "csv_files.TidyCsv",
            "one row for each keypoint",
            "csv_files.repair_csv",
            has_own_rate=True,
        ),
        ".jsonl": Format(
            "jsonl.JsonLines",
            "everything, one line for each frame; livepose reads it back",
            "jsonl.repair_jsonl",
        ),
        ".coco.json": Format(
            "coco.CocoFile", "COCO, for pycocotools and annotation tools", "coco.repair_coco"
        ),
        ".parquet": Format(
            "parquet.ParquetFile",
            "the rows of .csv, typed and small; needs pyarrow",
            "parquet.convert_journal",
            package="pyarrow",
            extra="parquet",
            has_own_rate=True,
        ),
        ".trc": Format(
            "trc.TrcFile",
            "OpenSim's markers, in pixels or in metres",
            "trc.repair_trc",
            is_for_each_person=True,
            has_own_rate=True,
        ),
        ".mot": Format(
            "mot.MotFile",
            "OpenSim's angles over time",
            "mot.repair_mot",
            has_angles=True,
            is_for_each_person=True,
            has_own_rate=True,
        ),
        "openpose": Format(
            "openpose.OpenPoseFolder",
            "a folder with OpenPose's file for each frame",
            is_folder=True,
        ),
        "_json": Format(
            "openpose.OpenPoseFolder",
            "the same, as Pose2Sim names its folders: cam01_json",
            is_folder=True,
        ),
    }
)
"""Formats by what a file's name ends in. An ending stands before shorter ones that it ends in."""


def open_exporter(
    path: Path | str,
    recording: RecordingMetadata,
    *,
    min_score: float = 0.1,
    overwrite: bool = False,
    height_m: float | None = None,
    csv_header: bool = False,
) -> PoseSink:
    """Open a file for poses, in the format that its name ends in. Everything is checked here.

    Args:
        path: Ends in one of `FORMATS`; or `-` for JSON lines on standard output.
        recording: Describes what is written.
        min_score: Keypoints that score less are left empty; .jsonl and .coco.json keep all.
        overwrite: Whether an existing file may be replaced.
        height_m: The height of the body, for a .trc in metres.
        csv_header: Whether a .csv begins with comments: unit, rate, model, smoothing, version.

    Raises:
        OptionError: If the name ends in no format, if the file is the source, if it would hold
            angles and none are measured, or if a number is out of range.
        TargetExists: If the file exists and `overwrite` is not set.
        SinkError: If it cannot be written.
        RuntimeMissing: If its format needs a package that is not installed.

    >>> import tempfile
    >>> import numpy as np
    >>> from livepose import Frame, Poses, PosedFrame, Region, StreamInfo
    >>> poses = Poses.from_keypoints(np.full((1, 17, 2), 8.0, "f4"), np.full((1, 17), 0.5, "f4"))
    >>> frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8), 0, 0.0)
    >>> recording = RecordingMetadata(StreamInfo("mine", 64, 48, is_live=False), "lightning")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open_exporter(f"{folder}/poses.csv", recording) as exporter:
    ...         exporter.write(PosedFrame(frame, poses, Region.letterbox(64, 48), 0.0))
    ...     print(*Path(folder, "poses.csv").read_text().split()[:2], sep="\\n")
    frame,source_frame,time_s,person,keypoint,x,y,score,swapped
    0,0,0.000000,0,nose,8.00,8.00,0.5000,0
    """
    path = Path(path)
    if not 0 <= min_score <= 1:
        raise OptionError(f"a score lies between 0 and 1, got {min_score}")
    if height_m is not None and not (math.isfinite(height_m) and height_m > 0):
        raise OptionError(f"the height of a body is more than 0 metres, got {height_m}")
    if path == STANDARD_OUTPUT:
        from livepose.export.standard_output import StandardOutput

        return StandardOutput(recording)
    check_angles(path, recording.angle_names)
    check_name_length(path)
    check_location(path, recording.info.path)
    options = ExportOptions(min_score, overwrite, height_m, csv_header)
    return FORMATS[format_of(path)].open(path, recording, options)


def check_path(path: Path, *, overwrite: bool) -> None:
    """Check that a file or folder of poses can be written, without touching anything.

    Raises:
        OptionError: If its name ends in no format.
        TargetExists: If it exists and `overwrite` is not set.
        SinkError: If it cannot be written.
        RuntimeMissing: If its format needs a package that is not installed.
    """
    if path == STANDARD_OUTPUT:
        return
    file_format = FORMATS[format_of(path)]
    check_name_length(path)
    check_location(path, None)
    check_target(path, overwrite=overwrite, is_folder=file_format.is_folder)
    if file_format.is_for_each_person:
        from livepose.export.person_files import check_further_files

        check_further_files(path, overwrite=overwrite)
    file_format.check_installed()


def check_name_length(path: Path) -> None:
    """Check that a file's name leaves room for the names of all that is written beside it.

    Raises:
        OptionError: If its name ends in no format.
        SinkError: If it does not.
    """
    longest = path
    if path != STANDARD_OUTPUT and FORMATS[format_of(path)].is_for_each_person:
        from livepose.export.person_files import LARGEST_NUMBER, person_path

        longest = person_path(path, LARGEST_NUMBER)
    check_room(path, longest)


def check_angles(path: Path, angle_names: tuple[str, ...]) -> None:
    """Check that angles are measured if a file is to hold them.

    Raises:
        OptionError: If none are measured, or if the name ends in no format.
    """
    if FORMATS[format_of(path)].has_angles and not angle_names:
        raise OptionError(f"{path} stores joint angles, but none are measured: add --angles")


def format_of(path: Path) -> str:
    """Return which of `FORMATS` a name ends in.

    Raises:
        OptionError: If it ends in none of them, or is nothing but an ending.

    >>> format_of(Path("dance.wide.csv"))
    '.wide.csv'
    """
    if path == STANDARD_OUTPUT:
        return ".jsonl"
    name = path.name.lower()
    if name.startswith(".") and name in FORMATS:
        raise OptionError(f"{path} is a suffix without a name: use a name such as pose{name}")
    for ending in FORMATS:
        if name.endswith(ending):
            return ending
    if path.suffix.lower() in (".json", ".ndjson"):
        raise OptionError(f"cannot tell the format of {path}; did you mean .coco.json or .jsonl?")
    raise OptionError(
        f"cannot tell the format of {path}; its name must end in one of {', '.join(FORMATS)} "
        "(the last two are folders)"
    )


__all__ = [
    "FORMATS",
    "STANDARD_OUTPUT",
    "ExportOptions",
    "Format",
    "RecordingMetadata",
    "check_angles",
    "check_path",
    "format_of",
    "open_exporter",
]
