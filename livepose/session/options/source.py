"""Options of the source: where the frames come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from livepose.core.errors import OptionError
from livepose.session.option_fields import CAMERA_OR_DEMO, MOVING, SourceKind, option
from livepose.session.parsing import parse_image, parse_size, parse_time
from livepose.sources.synthetic import SCENE_NAMES
from livepose.system.addresses import local_path

_LATEST_S = 1e9
"""FFmpeg counts microseconds in 64 bits."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Where the frames come from, and which of them are used. Exactly one source is given."""

    panel: ClassVar[str] = "Source"

    camera: str | None = option(
        None,
        "Open a camera by number (0 is the first), by a part of its name, or by URL (rtsp://, "
        "http://); phone shows a code: the phone that scans it becomes the camera.",
        metavar="N|NAME|URL|phone",
    )
    video: str | None = option(
        None,
        "Open a video file, or an image sequence: img_%04d.png, 'img*.png' or a folder; "
        "- reads standard input.",
        metavar="FILE",
    )
    image: Path | str | None = option(
        None,
        "Print the keypoints found in an image, a file or a URL, and write NAME_pose.png.",
        metavar="FILE|URL",
        parse=parse_image,
    )
    """A file, or an address that begins with http:// or https://."""
    demo: bool = option(False, "Show the built-in animated figure.")
    scene: str | None = option(
        None,
        f"The scene that --demo shows: {', '.join(SCENE_NAMES)}.",
        metavar="NAME",
        sources=(SourceKind.DEMO,),
    )
    size_px: tuple[int, int] | None = option(
        None,
        "Ask the camera for this frame size, such as 1280x720; also for --demo.",
        flag="--size",
        metavar="WxH",
        parse=parse_size,
        sources=CAMERA_OR_DEMO,
    )
    frame_rate: float | None = option(
        None,
        "Ask the camera for this frame rate; also for --demo and image sequences (30).",
        flag="--fps",
        metavar="N",
        minimum=1,
        maximum=1000,
        sources=MOVING,
    )
    start_s: float = option(
        0.0,
        "Start the video at this time: seconds, 0:05 or 1:02:03.5.",
        flag="--start",
        metavar="TIME",
        minimum=0,
        maximum=_LATEST_S,
        parse=parse_time,
        sources=(SourceKind.VIDEO,),
    )
    end_s: float | None = option(
        None,
        "Stop the video at this time.",
        flag="--end",
        metavar="TIME",
        minimum=0,
        maximum=_LATEST_S,
        parse=parse_time,
        sources=(SourceKind.VIDEO,),
    )
    give_up_s: float | None = option(
        None,
        "Stop when the camera has sent no picture for this many seconds; by default livepose "
        "waits, however long the camera is away.",
        flag="--give-up",
        metavar="S",
        minimum=0,
        sources=(SourceKind.CAMERA,),
    )
    max_frames: int | None = option(
        None,
        "Stop after this many frames.",
        metavar="N",
        minimum=1,
        maximum=1_000_000_000,
        sources=MOVING,
    )

    @property
    def kind(self) -> SourceKind:
        """Which source was given.

        Raises:
            OptionError: If none was given, or several were.
        """
        given = [kind for kind in SourceKind if getattr(self, kind.value) not in (None, False)]
        if len(given) != 1:
            raise OptionError("give exactly one source: FILE, --camera, --video, --image or --demo")
        return given[0]

    @property
    def path(self) -> Path | None:
        """The file that is read, if the source is a file."""
        if self.video is not None:
            return Path(local_path(self.video))
        return None if isinstance(self.image, str) else self.image
