"""The options of the command line: their types, names, bounds and help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from livepose import __version__
from livepose.models import RuntimeName

_SOURCE, _RESULT, _MODEL = "Source", "Result", "Model"


def _option(panel: str, text: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=text, rich_help_panel=panel, **more)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"livepose {__version__}")
        raise typer.Exit


Camera: TypeAlias = Annotated[
    str | None,
    _option(_SOURCE, "Watch a camera: 0 is the first; or rtsp://, http://.", metavar="N|URL"),
]
Video: TypeAlias = Annotated[
    Path | None, _option(_SOURCE, "Watch a video; with --out, annotate it.", metavar="FILE")
]
Image: TypeAlias = Annotated[
    Path | None,
    _option(_SOURCE, "Print a picture's keypoints, write NAME_pose.png.", metavar="FILE"),
]
Demo: TypeAlias = Annotated[bool, _option(_SOURCE, "Watch the built-in figure.", "--demo")]
Size: TypeAlias = Annotated[
    str | None,
    _option(_SOURCE, "Ask the camera for this size, as in 1280x720; or --demo.", metavar="WxH"),
]
Fps: TypeAlias = Annotated[
    float | None,
    _option(_SOURCE, "Ask the camera for this rate; or --demo.", metavar="N", min=1, max=1000),
]
Start: TypeAlias = Annotated[
    float | None, _option(_SOURCE, "Begin at this second of a video.", metavar="S", min=0)
]
End: TypeAlias = Annotated[
    float | None, _option(_SOURCE, "Stop at this second of a video.", metavar="S", min=0)
]
MaxFrames: TypeAlias = Annotated[
    int | None, _option(_SOURCE, "Stop after this many frames.", metavar="N", min=1)
]

Out: TypeAlias = Annotated[
    Path | None,
    _option(_RESULT, "Write .mp4, .mov, .m4v or .mkv; with --image a picture.", metavar="FILE"),
]
Overwrite: TypeAlias = Annotated[
    bool, _option(_RESULT, "Replace a file that exists.", "--overwrite")
]
ShowWindow: TypeAlias = Annotated[
    bool | None,
    _option(
        _RESULT,
        r"Show a window.  \[default: show, unless a file is made from a file]",
        "--show/--no-show",
    ),
]
Mirror: TypeAlias = Annotated[
    bool, _option(_RESULT, "Show it as a mirror does; left stays left.", "--mirror")
]
Threshold: TypeAlias = Annotated[
    float,
    _option(_RESULT, "Draw points that score at least this, 0 to 1.", metavar="X", min=0, max=1),
]

Model: TypeAlias = Annotated[
    str,
    _option(
        _MODEL,
        "lightning (fast), thunder (accurate), a .tflite file, a SavedModel folder, a TF Hub URL.",
        metavar="NAME|PATH|URL",
    ),
]
Runtime: TypeAlias = Annotated[RuntimeName, _option(_MODEL, "What runs the model; auto is LiteRT.")]
Crop: TypeAlias = Annotated[
    bool, _option(_MODEL, "Look closer at where the person was.", "--crop/--no-crop")
]
Version: TypeAlias = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
]
