"""`livepose render`: paint, smooth and save again what an earlier run has found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from livepose.analysis.angle_definitions import parse_angles
from livepose.cli.arguments import command
from livepose.cli.execute import run_stream
from livepose.session.named_source import check_has_pictures, check_is_no_address, with_names
from livepose.session.option_fields import option
from livepose.session.options import (
    DataOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    Smooth,
    SourceOptions,
    StyleOptions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderOptions:
    """What can be decided anew about saved poses."""

    panel: ClassVar[str] = "People"

    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The video.")]
    poses: Annotated[
        Path, typer.Argument(metavar="POSES.jsonl", help="The file that --save has written of it.")
    ]
    output: OutputOptions
    smooth: Smooth = option(
        Smooth.KEEP, "Smooth the raw keypoints again; keep leaves them as they were saved."
    )
    cutoff_hz: float | None = option(
        None,
        "The cut-off frequency of --smooth butterworth (6).",
        flag="--cutoff",
        metavar="HZ",
        minimum=1,
        maximum=500,
    )
    style: StyleOptions
    data: DataOptions


def _render(rendering: RenderOptions) -> int:
    """Paint a clip again with saved poses: without a network, in seconds.

    livepose render clip.mp4 poses.jsonl --out again.mp4 --style people --angles knee
    """
    return run_stream(run_options(rendering))


def run_options(rendering: RenderOptions) -> Options:
    """Return the options of a run that reads its poses from a file.

    Raises:
        SourceError: If the file of poses cannot be read.
        OptionError: If the clip is an address, or has poses and not pictures, or if the name of a
            file to write has an unknown field in braces.
    """
    from livepose.export.jsonl_reader import open_pose_file

    check_is_no_address(rendering.clip)
    check_has_pictures(rendering.clip)
    data = rendering.data
    poses = open_pose_file(rendering.poses)
    recording = poses.metadata
    is_changed = rendering.smooth is not Smooth.KEEP or data.fill_frames is not None
    if not data.angles and (data.reports or is_changed):
        # The saved angles are those of the saved keypoints: they are measured again.
        names = ",".join(recording.angle_names)
        data = replace(data, angles=parse_angles(names) if names else ())
    options = Options(
        SourceOptions(
            video=str(rendering.clip),
            start_s=float(recording.settings.get("start_s", 0.0)),
            max_frames=int(recording.settings.get("max_frames", 0)) or None,
        ),
        rendering.output,
        people=PeopleOptions(smooth=rendering.smooth, cutoff_hz=rendering.cutoff_hz),
        style=rendering.style,
        data=data,
        poses=poses,
    )
    return with_names(options)


render_command = command(RenderOptions, _render)
