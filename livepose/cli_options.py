"""The options of the command line: their types, names, bounds and help, and what fits together."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from livepose import __version__
from livepose.core.errors import OptionError
from livepose.draw import Background
from livepose.export import FORMATS
from livepose.models import RuntimeName
from livepose.motion.following import Select
from livepose.options import Rotate, Smooth, SourceKind
from livepose.sinks.encoder import Quality
from livepose.sources.scenes import SCENE_NAMES

_SOURCE, _RESULT, _MODEL, _PEOPLE = "Source", "Result", "Model", "People"
_LOOKS, _DATA = "Looks", "Data"
_SIZE = re.compile(r"(\d{1,5})[xX](\d{1,5})")


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
    str | None, _option(_SOURCE, "Watch a video; with --out, annotate it.", metavar="FILE")
]
Image: TypeAlias = Annotated[
    Path | None,
    _option(_SOURCE, "Print a picture's keypoints, write NAME_pose.png.", metavar="FILE"),
]
Demo: TypeAlias = Annotated[bool, _option(_SOURCE, "Watch the built-in figure.", "--demo")]
Scene: TypeAlias = Annotated[
    str | None,
    _option(_SOURCE, f"What --demo shows: {', '.join(SCENE_NAMES)}.", metavar="NAME"),
]
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
VideoQuality: TypeAlias = Annotated[
    Quality | None,
    _option(_RESULT, r"How much work goes into a smaller file.  \[default: fast]", "--quality"),
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
        "lightning (fast), thunder (accurate), multipose (up to six people), a .tflite file, "
        "a SavedModel folder, a TF Hub URL.",
        metavar="NAME|PATH|URL",
    ),
]
Runtime: TypeAlias = Annotated[
    RuntimeName, _option(_MODEL, "What runs the model; auto takes the fastest installed.")
]
Crop: TypeAlias = Annotated[
    bool, _option(_MODEL, "Look closer at where the person was.", "--crop/--no-crop")
]
PeopleSize: TypeAlias = Annotated[
    int,
    _option(
        _MODEL,
        "Long side of what multipose sees, a multiple of 32: more finds smaller people, slower.",
        "--people-size",
        metavar="PX",
        min=128,
        max=1024,
    ),
]

WhomToSelect: TypeAlias = Annotated[
    Select | None,
    _option(
        _PEOPLE,
        "Follow one person, chosen so; Tab, 1 to 6 or a click in the window choose another.",
        "--select",
    ),
]
Smoothing: TypeAlias = Annotated[
    Smooth,
    _option(_PEOPLE, "Keep points from trembling; butterworth is for files.", "--smooth"),
]
SmoothingAgain: TypeAlias = Annotated[
    Smooth,
    _option(_PEOPLE, "Smooth anew, from the raw points; keep leaves them as saved.", "--smooth"),
]
Guard: TypeAlias = Annotated[
    bool,
    _option(
        _PEOPLE,
        "Put left and right in order where the network mixes them up.",
        "--swap-guard/--no-swap-guard",
    ),
]
Turn: TypeAlias = Annotated[
    Rotate,
    _option(
        _PEOPLE,
        "Turn what the network sees by so many degrees clockwise: for people who lie or stand on "
        "their hands.",
        "--rotate",
    ),
]

Look: TypeAlias = Annotated[
    str | None,
    _option(
        _LOOKS,
        "Colours and lines: sides, people or #RRGGBB; thin, normal, thick or 3px; as in "
        "people,thick.",
        "--style",
        metavar="WORDS",
    ),
]
Backdrop: TypeAlias = Annotated[
    Background, _option(_LOOKS, "What becomes of the picture.", "--background")
]
Boxes: TypeAlias = Annotated[
    bool, _option(_LOOKS, "Draw a box with an id around each person.", "--boxes")
]
Hide: TypeAlias = Annotated[
    str | None,
    _option(_LOOKS, "Leave points out: face, hands, arms, legs, or names.", metavar="PARTS"),
]
BlurFaces: TypeAlias = Annotated[
    bool, _option(_LOOKS, "Make faces unrecognisable.", "--blur-faces")
]
Trail: TypeAlias = Annotated[
    str | None,
    _option(_LOOKS, "Draw where points have been: wrists, left_ankle.", metavar="PARTS"),
]

Save: TypeAlias = Annotated[
    list[Path] | None,
    _option(
        _DATA,
        f"Write poses; the name says how: {', '.join(FORMATS)}. May be given more than once.",
        "--save",
        metavar="FILE",
    ),
]
SaveThreshold: TypeAlias = Annotated[
    float,
    _option(
        _DATA, "Points that score less are left empty in what is saved.", metavar="X", min=0, max=1
    ),
]
Height: TypeAlias = Annotated[
    float | None,
    _option(_DATA, "The body's height in metres: .trc is then in metres.", metavar="M"),
]
AngleNames: TypeAlias = Annotated[
    str | None,
    _option(
        _DATA, "Measure angles: knee, elbow, left_hip, trunk, all.", "--angles", metavar="NAMES"
    ),
]
Reps: TypeAlias = Annotated[
    list[str] | None,
    _option(
        _DATA,
        "Count what an angle does: 'right_knee:>90'. May be given more than once.",
        "--reps",
        metavar="RULE",
    ),
]
ReportFile: TypeAlias = Annotated[
    Path | None,
    _option(_DATA, "Write angles over time, as .html or .png.", "--report", metavar="FILE"),
]
Send: TypeAlias = Annotated[
    list[str] | None,
    _option(
        _DATA,
        "Send poses on: osc://HOST:PORT, udp://HOST:PORT, or serve them: ws://HOST:PORT. "
        "May be given more than once.",
        metavar="URL",
    ),
]
ToCamera: TypeAlias = Annotated[
    bool,
    _option(_DATA, "Be a camera for other programs.", "--virtual-camera"),
]
Version: TypeAlias = Annotated[
    bool,
    typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
]


def one_source(
    camera: str | None, video: str | None, image: Path | None, demo: bool
) -> tuple[SourceKind | None, str]:
    """Find the one source that was given; a picture has no kind."""
    given: list[tuple[SourceKind | None, str]] = []
    if camera is not None:
        given.append((SourceKind.CAMERA, camera))
    if video is not None:
        given.append((SourceKind.VIDEO, video))
    if image is not None:
        given.append((None, str(image)))
    if demo:
        given.append((SourceKind.DEMO, ""))
    if len(given) != 1:
        raise OptionError("give one of --camera, --video, --image and --demo")
    return given[0]


def refuse_misplaced(
    kind: SourceKind | None,
    for_cameras: dict[str, object],
    for_videos: dict[str, object],
    for_demos: dict[str, object],
    for_all_but_pictures: dict[str, object],
) -> None:
    """An option that would have no effect is a mistake, and is said to be one."""
    if kind not in (SourceKind.CAMERA, SourceKind.DEMO):
        _refuse(for_cameras, "is for --camera and --demo")
    if kind is not SourceKind.VIDEO:
        _refuse(for_videos, "is for --video")
    if kind is not SourceKind.DEMO:
        _refuse(for_demos, "is for --demo")
    if kind is None:
        _refuse(for_all_but_pictures, "is not for --image")


def _refuse(options: dict[str, object], why: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise OptionError(f"{name} {why}")


def parsed_size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = _SIZE.fullmatch(text)
    if match is None or "0" in match.groups():
        raise OptionError(f"--size {text} is not a size: write it as 1280x720")
    return int(match[1]), int(match[2])


def checked_start_s(start_s: float | None, end_s: float | None) -> float:
    if end_s is not None and end_s <= (start_s or 0.0):
        raise OptionError(f"--end {end_s:g} is not behind --start {start_s or 0.0:g}")
    return start_s or 0.0


def refuse_endless(numbers: dict[str, float | None]) -> None:
    """Refuse nan and inf, which pass every bound."""
    for name, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise OptionError(f"{name} {number} is not a number that can be used")
