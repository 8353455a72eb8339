"""Options: what a run does."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from livepose.draw import Style
from livepose.models import RuntimeName
from livepose.models.movenet import PEOPLE_PX
from livepose.motion.tracking.subject import Select
from livepose.sinks import Quality


class SourceKind(Enum):
    """Where the frames come from."""

    CAMERA = "camera"
    VIDEO = "video"
    DEMO = "demo"
    PICTURE = "picture"


class Smooth(str, Enum):
    """How points are kept from trembling."""

    ONE_EURO = "one-euro"
    """As they come: calm where somebody rests, quick where they move."""
    BUTTERWORTH = "butterworth"
    """With what comes after in view too, so without any lag; for files."""
    NONE = "none"
    KEEP = "keep"
    """As it was when the poses were written down."""


class Rotate(str, Enum):
    """How the picture is turned for the network, in degrees clockwise."""

    NONE = "0"
    RIGHT = "90"
    OVER = "180"
    LEFT = "270"
    AUTO = "auto"
    """As it scores best, tried when the score has been poor for a while."""


@dataclass(frozen=True, slots=True)
class PeopleOptions:
    """Who is looked for, and what is made of what the network says."""

    people_px: int = PEOPLE_PX
    select: Select | None = None
    """None: for a model of one person whoever stands out, for one of several everybody."""
    smooth: Smooth = Smooth.ONE_EURO
    """For poses that are taken from a file, `KEEP` leaves them as they are there."""
    swap_guard: bool = True
    rotate: Rotate = Rotate.NONE
    blur_faces: bool = False
    trail: frozenset[int] = frozenset()
    """Keypoints that leave a trail."""


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What is measured, and where it goes."""

    save: tuple[Path, ...] = ()
    min_score: float = 0.1
    """Points that score less are left empty in what is saved; `.jsonl` keeps everything."""
    height_m: float | None = None
    angles: tuple[str, ...] = ()
    """Full names, such as `left_knee`."""
    repetitions: tuple[str, ...] = ()
    """What is counted, such as `right_knee:>90`."""
    report: Path | None = None
    send: tuple[str, ...] = ()
    """Addresses, such as `osc://localhost:9000`."""
    virtual_camera: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """The command line, typed."""

    kind: SourceKind
    source: str = ""
    """A camera's number or URL, a file's path, or a scene of the demo."""
    out: Path | None = None
    model: str = "lightning"
    runtime: RuntimeName = RuntimeName.AUTO
    style: Style = field(default_factory=Style)
    show: bool | None = None
    """None: a window, unless a file is written from a file, or there is no display."""
    size_px: tuple[int, int] | None = None
    frame_rate: float | None = None
    crop: bool = True
    overwrite: bool = False
    quality: Quality = Quality.FAST
    start_s: float = 0.0
    end_s: float | None = None
    max_frames: int | None = None
    poses: Path | None = None
    """A `.jsonl` to take poses from, in the place of a network."""
    people: PeopleOptions = field(default_factory=PeopleOptions)
    data: DataOptions = field(default_factory=DataOptions)
