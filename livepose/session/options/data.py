"""Options of the data: what is measured, and which files it is written to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from livepose.analysis.angle_definitions import parse_angles
from livepose.analysis.repetition_rules import RepetitionRule, parse_repetitions
from livepose.export import FORMATS
from livepose.session.option_fields import MOVING, SourceKind, option


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What is measured, and which files it is written to."""

    panel: ClassVar[str] = "Data"

    save: tuple[Path, ...] = option(
        (),
        f"Write poses; the name selects the format: {', '.join(FORMATS)}; "
        "- writes JSON lines to standard output. May be given more than once.",
        metavar="FILE",
        is_repeatable=True,
    )
    min_score: float = option(
        0.1,
        "In --save files, leave keypoints with a lower score empty.",
        flag="--save-threshold",
        metavar="X",
        minimum=0,
        maximum=1,
    )
    """`.jsonl` keeps everything."""
    resample_rate: float | None = option(
        None,
        "Write .csv, .parquet, .trc and .mot files at this constant rate, interpolated; gaps stay "
        "gaps.",
        flag="--resample",
        metavar="HZ",
        minimum=1,
        maximum=1000,
        sources=MOVING,
    )
    fill_frames: int | None = option(
        None,
        "Fill gaps of up to this many frames between two detections, and mark what is filled; for "
        "files.",
        flag="--fill",
        metavar="N",
        minimum=1,
        maximum=60,
        sources=(SourceKind.VIDEO, SourceKind.DEMO),
    )
    csv_header: bool = option(
        False,
        "Begin .csv files with comments: unit, rate, model, smoothing, version.",
    )
    height_m: float | None = option(
        None,
        "The person's height in metres (0.5 to 2.5), to write .trc in metres.",
        flag="--height",
        metavar="M",
    )
    angles: tuple[str, ...] = option(
        (),
        "Measure these angles: knee, elbow, left_hip, trunk, or all.",
        metavar="NAMES",
        parse=parse_angles,
    )
    """Full names, such as `left_knee`."""
    repetitions: tuple[RepetitionRule, ...] = option(
        (),
        "Count repetitions: how often an angle passes a threshold, as in 'right_knee:>90', or "
        "half of its range: right_knee. May be given more than once.",
        flag="--reps",
        metavar="RULE",
        parse=parse_repetitions,
        is_repeatable=True,
        sources=MOVING,
    )
    counter: bool = option(
        False,
        "Show the count of each of --reps, in digits an eighth as high as the picture.",
        sources=MOVING,
        panel="Style",
    )
    plot: tuple[str, ...] = option(
        (),
        "Draw curves of these angles in a corner: the last ten seconds, and a small overview of "
        "the whole clip.",
        metavar="NAMES",
        parse=parse_angles,
        sources=MOVING,
        panel="Style",
    )
    """Full names, such as `left_knee`."""
    sound: bool = option(
        False, "Make a sound at each repetition, in a window or live.", sources=MOVING
    )
    reports: tuple[Path, ...] = option(
        (),
        "Write a report on the angles as .html or .png. May be given more than once.",
        flag="--report",
        metavar="FILE",
        is_repeatable=True,
        sources=MOVING,
    )

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that are written."""
        return (*self.save, *self.reports)

    @property
    def measured_angles(self) -> tuple[str, ...]:
        """The angles that are measured: those asked for, counted or drawn as curves."""
        counted = (rule.angle for rule in self.repetitions)
        return tuple(dict.fromkeys((*self.angles, *counted, *self.plot)))
