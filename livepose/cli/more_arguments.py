"""Options of the command line for people, looks and data: types, names, bounds and help."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from typing import Annotated, TypeAlias

from livepose.cli.arguments import option
from livepose.draw import Background
from livepose.export import FORMATS
from livepose.motion.tracking.subject import Select
from livepose.session.options import Rotate, Smooth

_PEOPLE, _LOOKS, _DATA = "People", "Looks", "Data"


def _one_of(values: Iterable[Enum]) -> str:
    """Name those that help is to offer."""
    return f"[{'|'.join(str(each.value) for each in values)}]"


WhomToSelect: TypeAlias = Annotated[
    Select | None,
    option(
        _PEOPLE,
        "Follow one person, chosen so; Tab, 1 to 6 or a click in the window choose another.",
        "--select",
        metavar=_one_of(each for each in Select if each is not Select.ANY),
    ),
]
Smoothing: TypeAlias = Annotated[
    Smooth,
    option(
        _PEOPLE,
        "Keep points from trembling; butterworth is for files.",
        "--smooth",
        metavar=_one_of(each for each in Smooth if each is not Smooth.KEEP),
    ),
]
SmoothingAgain: TypeAlias = Annotated[
    Smooth,
    option(_PEOPLE, "Smooth anew, from the raw points; keep leaves them as saved.", "--smooth"),
]
Guard: TypeAlias = Annotated[
    bool,
    option(
        _PEOPLE,
        "Put left and right in order where the network mixes them up.",
        "--swap-guard/--no-swap-guard",
    ),
]
Turn: TypeAlias = Annotated[
    Rotate,
    option(
        _PEOPLE,
        "Turn what the network sees by so many degrees clockwise: for people who lie or stand on "
        "their hands.",
        "--rotate",
    ),
]

Look: TypeAlias = Annotated[
    str | None,
    option(
        _LOOKS,
        "Colours and lines: sides, people or #RRGGBB; thin, normal, thick or 3px; as in "
        "people,thick.",
        "--style",
        metavar="WORDS",
    ),
]
Backdrop: TypeAlias = Annotated[
    Background, option(_LOOKS, "What becomes of the picture.", "--background")
]
Boxes: TypeAlias = Annotated[
    bool, option(_LOOKS, "Draw a box with an id around each person.", "--boxes")
]
Hide: TypeAlias = Annotated[
    str | None,
    option(_LOOKS, "Leave points out: face, hands, arms, legs, or names.", metavar="PARTS"),
]
BlurFaces: TypeAlias = Annotated[bool, option(_LOOKS, "Make faces unrecognisable.", "--blur-faces")]
Trail: TypeAlias = Annotated[
    str | None,
    option(_LOOKS, "Draw where points have been: wrists, left_ankle.", metavar="PARTS"),
]

Save: TypeAlias = Annotated[
    list[Path] | None,
    option(
        _DATA,
        f"Write poses; the name says how: {', '.join(FORMATS)}. May be given more than once.",
        "--save",
        metavar="FILE",
    ),
]
SaveThreshold: TypeAlias = Annotated[
    float,
    option(
        _DATA, "Points that score less are left empty in what is saved.", metavar="X", min=0, max=1
    ),
]
Height: TypeAlias = Annotated[
    float | None,
    option(_DATA, "The body's height in metres: .trc is then in metres.", metavar="M"),
]
AngleNames: TypeAlias = Annotated[
    str | None,
    option(
        _DATA, "Measure angles: knee, elbow, left_hip, trunk, all.", "--angles", metavar="NAMES"
    ),
]
Reps: TypeAlias = Annotated[
    list[str] | None,
    option(
        _DATA,
        "Count what an angle does: 'right_knee:>90'. May be given more than once.",
        "--reps",
        metavar="RULE",
    ),
]
ReportFile: TypeAlias = Annotated[
    Path | None,
    option(_DATA, "Write angles over time, as .html or .png.", "--report", metavar="FILE"),
]
Send: TypeAlias = Annotated[
    list[str] | None,
    option(
        _DATA,
        "Send poses on: osc://HOST:PORT, udp://HOST:PORT, or serve them: ws://HOST:PORT. "
        "May be given more than once.",
        metavar="URL",
    ),
]
ToCamera: TypeAlias = Annotated[
    bool,
    option(_DATA, "Be a camera for other programs.", "--virtual-camera"),
]
