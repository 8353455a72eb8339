"""Options of the outputs: where painted frames go, and other programs that get the results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from livepose.session.option_fields import CAMERA_OR_DEMO, MOVING, SourceKind, option
from livepose.session.parsing import parse_target
from livepose.sinks import Quality
from livepose.system.web_address import WebAddress


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """Where the painted frames go."""

    panel: ClassVar[str] = "Output"

    out: Path | None = option(
        None,
        "Write a video: .mp4, .mov, .m4v or .mkv; of an image, write an image.",
        short_flag="-o",
        metavar="FILE",
    )
    overwrite: bool = option(False, "Replace existing files.")
    quality: Quality = option(
        Quality.FAST,
        "Encode fast, or take longer for smaller files.",
        sources=MOVING,
    )
    show: bool | None = option(
        None,
        "Show a window: the default for a camera, and for a file if nothing is written.",
    )
    """None: a window for a camera, and for a file of which nothing is written, if there is a
    display; none for an image."""
    keep_open: bool = option(
        True,
        "Stay on the last frame of a video in a window, if nothing is written.",
        sources=(SourceKind.VIDEO,),
    )

    web: WebAddress | None = option(
        None,
        "Serve a page with the live view and its controls: at http://localhost:PORT/, or, with a "
        "host such as 0.0.0.0, to other machines. Without a display, a page is served unless files "
        "are written.",
        metavar="[HOST:]PORT",
        parse=WebAddress.parse,
        sources=MOVING,
    )
    token: str | None = option(
        None,
        "The secret that clients of --web and ws:// servers have to know. By default one is "
        "generated where other machines can connect.",
        metavar="TOKEN",
        sources=MOVING,
    )
    save_dir: Path | None = option(
        None,
        "The folder for files that keys and buttons save; by default the current one.",
        flag="--out-dir",
        metavar="FOLDER",
        parse=parse_target,
        sources=MOVING,
    )

    countdown_s: float = option(
        0.0,
        "Count down for this many seconds before a recording begins.",
        flag="--countdown",
        metavar="S",
        minimum=0,
        maximum=60,
        sources=CAMERA_OR_DEMO,
    )
    replay_s: float = option(
        20.0,
        "In a window, keep this many past seconds of a camera: R replays them, S saves them; 0 "
        "keeps none.",
        flag="--replay-s",
        metavar="S",
        minimum=0,
        maximum=60,
        sources=CAMERA_OR_DEMO,
    )
    delay_s: float = option(
        0.0,
        "Delay the picture, in the window or on the page, by this many seconds; everything else "
        "stays live.",
        flag="--delay",
        metavar="S",
        minimum=0,
        maximum=60,
        sources=CAMERA_OR_DEMO,
    )


@dataclass(frozen=True, slots=True)
class StreamingOptions:
    """Which other programs get the results while the run goes on."""

    panel: ClassVar[str] = "Data"

    send: tuple[str, ...] = option(
        (),
        "Send poses to another program: osc://HOST:PORT or udp://HOST:PORT; or serve them: "
        "ws://HOST:PORT. May be given more than once.",
        metavar="URL",
        is_repeatable=True,
        sources=MOVING,
    )
    allowed_origins: tuple[str, ...] = option(
        (),
        "Let pages of this origin, such as https://example.org, connect to a ws:// server; "
        "* is every page. May be given more than once.",
        flag="--allow-origin",
        metavar="ORIGIN",
        is_repeatable=True,
        sources=MOVING,
    )
    virtual_camera: bool = option(False, "Publish the picture as a virtual camera.", sources=MOVING)
