"""`livepose render`: paint, smooth and write down again what was found before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livepose.cli import arguments as arg
from livepose.cli import more_arguments as more
from livepose.cli.body_parts import keypoints_of
from livepose.cli.parsing import data_of, refuse_endless, style_of
from livepose.core.errors import OptionError
from livepose.draw import Background
from livepose.export import RecordingMetadata, read_jsonl
from livepose.models.catalog import MULTIPOSE
from livepose.session.options import Options, PeopleOptions, Smooth, SourceKind
from livepose.sinks import Quality

Clip = Annotated[Path, typer.Argument(metavar="CLIP", help="The video.")]
Poses = Annotated[Path, typer.Argument(metavar="POSES.jsonl", help="What --save wrote of it.")]


def render_options(
    clip: Clip,
    poses: Poses,
    out: arg.Out = None,
    overwrite: arg.Overwrite = False,
    quality: arg.VideoQuality = None,
    show_window: arg.ShowWindow = None,
    mirror: arg.Mirror = False,
    threshold: arg.Threshold = 0.3,
    smooth: more.SmoothingAgain = Smooth.KEEP,
    style: more.Look = None,
    background: more.Backdrop = Background.KEEP,
    boxes: more.Boxes = False,
    hide: more.Hide = None,
    blur_faces: more.BlurFaces = False,
    trail: more.Trail = None,
    save: more.Save = None,
    save_threshold: more.SaveThreshold = 0.1,
    height: more.Height = None,
    angles: more.AngleNames = None,
    reps: more.Reps = None,
    report: more.ReportFile = None,
) -> Options:
    """Paint a clip again with poses that were saved: no network, in seconds.

    livepose render clip.mp4 poses.jsonl --out again.mp4 --style people --angles knee
    """
    recording, _ = read_jsonl(poses)
    if angles is None and (report or smooth is not Smooth.KEEP):
        # What was measured on other points is not true of these.
        angles = ",".join(recording.angle_names) or None
    data = data_of(save, save_threshold, height, angles, reps, report, None, False)
    if not (out or data.save or data.report or show_window):
        raise OptionError("nothing is to be made: give --out, --save, --report or --show")
    refuse_endless({"--threshold": threshold})
    several = _shows_several(recording)
    looks = style_of(threshold, mirror, style, background, boxes, hide, shows_several=several)
    return Options(
        SourceKind.VIDEO,
        str(clip),
        poses=poses,
        out=out,
        overwrite=overwrite,
        quality=quality or Quality.FAST,
        show=bool(show_window),
        style=looks,
        start_s=float(recording.settings.get("start_s", 0.0)),
        max_frames=int(recording.settings.get("max_frames", 0)) or None,
        people=PeopleOptions(
            smooth=smooth,
            blur_faces=blur_faces,
            trail=keypoints_of("--trail", trail) if trail else frozenset(),
        ),
        data=data,
    )


def _shows_several(recording: RecordingMetadata) -> bool:
    """Tell whether the first run told people apart by colour."""
    found_several = recording.model.startswith(f"{MULTIPOSE.name} on ")
    return found_several and not recording.settings.get("select")
