"""Options of the command line for sources, results and models: types, names, bounds and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from livepose._version import __version__
from livepose.models import RuntimeName
from livepose.sinks import Quality
from livepose.sources.synthetic import SCENE_NAMES

_SOURCE, _RESULT, _MODEL = "Source", "Result", "Model"


def option(panel: str, text: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"livepose {__version__}")
        raise typer.Exit


Camera: TypeAlias = Annotated[
    str | None,
    option(_SOURCE, "Watch a camera: 0 is the first; or rtsp://, http://.", metavar="N|URL"),
]
Video: TypeAlias = Annotated[
    str | None, option(_SOURCE, "Watch a video; with --out, annotate it.", metavar="FILE")
]
Image: TypeAlias = Annotated[
    Path | None,
    option(_SOURCE, "Print a picture's keypoints, write NAME_pose.png.", metavar="FILE"),
]
Demo: TypeAlias = Annotated[bool, option(_SOURCE, "Watch the built-in figure.", "--demo")]
Scene: TypeAlias = Annotated[
    str | None,
    option(_SOURCE, f"What --demo shows: {', '.join(SCENE_NAMES)}.", metavar="NAME"),
]
Size: TypeAlias = Annotated[
    str | None,
    option(_SOURCE, "Ask the camera for this size, as in 1280x720; or --demo.", metavar="WxH"),
]
Fps: TypeAlias = Annotated[
    float | None,
    option(_SOURCE, "Ask the camera for this rate; or --demo.", metavar="N", min=1, max=1000),
]
Start: TypeAlias = Annotated[
    float | None, option(_SOURCE, "Begin at this second of a video.", metavar="S", min=0)
]
End: TypeAlias = Annotated[
    float | None, option(_SOURCE, "Stop at this second of a video.", metavar="S", min=0)
]
MaxFrames: TypeAlias = Annotated[
    int | None, option(_SOURCE, "Stop after this many frames.", metavar="N", min=1)
]

Out: TypeAlias = Annotated[
    Path | None,
    option(_RESULT, "Write .mp4, .mov, .m4v or .mkv; with --image a picture.", metavar="FILE"),
]
VideoQuality: TypeAlias = Annotated[
    Quality | None,
    option(_RESULT, r"How much work goes into a smaller file.  \[default: fast]", "--quality"),
]
Overwrite: TypeAlias = Annotated[
    bool, option(_RESULT, "Replace a file that exists.", "--overwrite")
]
ShowWindow: TypeAlias = Annotated[
    bool | None,
    option(
        _RESULT,
        r"Show a window.  \[default: show, unless a file is made from a file]",
        "--show/--no-show",
    ),
]
Mirror: TypeAlias = Annotated[
    bool, option(_RESULT, "Show it as a mirror does; left stays left.", "--mirror")
]
Threshold: TypeAlias = Annotated[
    float,
    option(_RESULT, "Draw points that score at least this, 0 to 1.", metavar="X", min=0, max=1),
]

Model: TypeAlias = Annotated[
    str,
    option(
        _MODEL,
        "lightning (fast), thunder (accurate), multipose (up to six people), a .tflite file, "
        "a SavedModel folder, a TF Hub URL.",
        metavar="NAME|PATH|URL",
    ),
]
Runtime: TypeAlias = Annotated[
    RuntimeName, option(_MODEL, "What runs the model; auto takes the fastest installed.")
]
Crop: TypeAlias = Annotated[
    bool, option(_MODEL, "Look closer at where the person was.", "--crop/--no-crop")
]
PeopleSize: TypeAlias = Annotated[
    int,
    option(
        _MODEL,
        "Long side of what multipose sees, a multiple of 32: more finds smaller people, slower.",
        "--people-size",
        metavar="PX",
        min=128,
        max=1024,
    ),
]

Version: TypeAlias = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
]
