"""Options: what a run does. Each option is declared here, and nowhere else.

The command line is made from these dataclasses (`cli/arguments`), and `session/validation` checks
them, whoever made them.

>>> from pathlib import Path
>>> options = Options(
...     SourceOptions(video="clip.mp4", max_frames=100),
...     OutputOptions(out=Path("annotated.mp4")),
...     style=StyleOptions(boxes=True),
... )
>>> options.source.kind.value, options.model.name
('video', 'lightning')
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import ClassVar, TypeAlias

from livepose.analysis.angle_definitions import parse_angles
from livepose.analysis.repetitions import RepetitionRule, parse_repetitions
from livepose.core.errors import OptionError
from livepose.core.skeleton import keypoint_names
from livepose.draw import Background, ByPerson, BySide, Style
from livepose.draw.style import StyleWords, parse_style_words
from livepose.export import FORMATS
from livepose.export.pose_file import PoseFile
from livepose.models import RuntimeName
from livepose.models.movenet import MIN_PEOPLE_PX, PEOPLE_PX
from livepose.motion.tracking.subject import Select
from livepose.session.option_fields import SourceKind, option
from livepose.session.parsing import parse_image, parse_people, parse_size, parse_time
from livepose.sinks import Quality
from livepose.sources.synthetic import SCENE_NAMES
from livepose.system.addresses import local_path

_CAMERA_OR_DEMO = (SourceKind.CAMERA, SourceKind.DEMO)
_DEFAULT_STYLE = Style()
_LATEST_S = 1e9
"""FFmpeg counts microseconds in 64 bits."""
_MOVING = (SourceKind.CAMERA, SourceKind.VIDEO, SourceKind.DEMO)


def _choices(values: Iterable[Enum]) -> str:
    return f"[{'|'.join(str(each.value) for each in values)}]"


class Smooth(str, Enum):
    """How keypoints are kept from jittering."""

    AUTO = "auto"
    """Butterworth from file to file, One-Euro where frames are shown or sent at once."""
    ONE_EURO = "one-euro"
    """One-Euro filter: smooth at rest, without lag in fast motion; works live."""
    BUTTERWORTH = "butterworth"
    """Zero-lag Butterworth filter, which needs later frames too; for files."""
    NONE = "none"
    KEEP = "keep"
    """As it was when the poses were written."""


class Effort(str, Enum):
    """How much time is taken for each frame."""

    FAST = "fast"
    BEST = "best"
    """Thunder, averaged with mirrored crops, tracks followed backwards too, and short gaps filled;
    for files and images."""


class Rotate(str, Enum):
    """How the frame is rotated for the network, in degrees clockwise."""

    NONE = "0"
    RIGHT = "90"
    OVER = "180"
    LEFT = "270"
    AUTO = "auto"
    """The rotation that scores best, searched when the score has been poor for a while."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Where the frames come from, and which of them are used. Exactly one source is given."""

    panel: ClassVar[str] = "Source"

    camera: str | None = option(
        None, "Open a camera: 0 is the first one; or a URL: rtsp://, http://.", metavar="N|URL"
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
        sources=_CAMERA_OR_DEMO,
    )
    frame_rate: float | None = option(
        None,
        "Ask the camera for this frame rate; also for --demo and image sequences (30).",
        flag="--fps",
        metavar="N",
        minimum=1,
        maximum=1000,
        sources=_MOVING,
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
        "Stop when the camera has sent no picture for so many seconds; by default it is waited "
        "for, however long it is away.",
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
        sources=_MOVING,
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
        sources=_MOVING,
    )
    show: bool | None = option(
        None,
        "Show a window. By default for a camera, and for a file if nothing is written.",
    )
    """None: a window for a camera, and for a file of which nothing is written, if there is a
    display; none for an image."""


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The network, and what it sees of a frame."""

    panel: ClassVar[str] = "Model"

    name: str = option(
        "",
        "lightning (fast, the default), thunder (accurate, the default with --effort best), "
        "multipose (up to six people, coarse), a .tflite file, a SavedModel folder or a TF Hub "
        "URL.",
        flag="--model",
        metavar="NAME|PATH|URL",
    )
    """Unless given, it is set by the effort."""
    trust: bool = option(
        False,
        "Load a SavedModel from anywhere: it is a program, which runs with your rights.",
        flag="--trust-model",
    )
    runtime: RuntimeName = option(
        RuntimeName.AUTO, "What runs the model; auto selects the fastest one installed."
    )
    crop: bool = option(True, "Crop to where the person was last seen.")
    levels: bool = option(
        True,
        "Stretch the levels of dark and flat pictures for the network; the frames stay as they "
        "are.",
    )
    effort: Effort = option(
        Effort.FAST,
        "best takes about five times as long, for files and images: thunder, averaged with "
        "mirrored crops, tracks followed backwards too, and short gaps filled.",
        sources=(SourceKind.VIDEO, SourceKind.IMAGE, SourceKind.DEMO),
    )
    people_px: int = option(
        PEOPLE_PX,
        "Longer side of the multipose input, a multiple of 32: larger finds smaller people, "
        "but is slower.",
        flag="--people-size",
        metavar="PX",
        minimum=MIN_PEOPLE_PX,
        maximum=1024,
    )

    def __post_init__(self) -> None:
        if not self.name:
            name = "thunder" if self.effort is Effort.BEST else "lightning"
            object.__setattr__(self, "name", name)


@dataclass(frozen=True, slots=True)
class PeopleOptions:
    """Who is followed, and how the keypoints of consecutive frames are joined."""

    panel: ClassVar[str] = "People"

    max_people: int | None = option(
        1,
        "How many people to find, each as precisely as one alone: a number, or all. It is for "
        "models of one person, such as lightning.",
        flag="--people",
        metavar="N|all",
        minimum=1,
        parse=parse_people,
    )
    """None: as many as there are."""
    select: Select | None = option(
        None,
        "Follow one person, chosen this way; in the window, Tab, 1 to 9 or a click choose another.",
        metavar=_choices(each for each in Select if each is not Select.ANY),
    )
    """None: of one person whoever stands out, of several everybody."""
    smooth: Smooth = option(
        Smooth.AUTO,
        "Reduce jitter: butterworth has no lag and is for files only; auto is butterworth from "
        "file to file, else one-euro.",
        metavar=_choices(each for each in Smooth if each is not Smooth.KEEP),
    )
    """For poses that are read from a file, `KEEP` leaves them as they are there."""
    swap_guard: bool = option(True, "Correct left and right where the network confuses them.")
    rotate: Rotate = option(
        Rotate.NONE,
        "Rotate the frame for the network, in degrees clockwise: for people lying down or doing "
        "handstands.",
    )


@dataclass(frozen=True, slots=True)
class StyleOptions:
    """How the painted frames look."""

    panel: ClassVar[str] = "Style"

    words: StyleWords = option(
        StyleWords(),
        "Colours and line width: sides, people or #RRGGBB; thin, normal, thick or 3px; "
        "for example people,thick.",
        flag="--style",
        metavar="WORDS",
        parse=parse_style_words,
    )
    min_score: float = option(
        _DEFAULT_STYLE.min_score,
        "Draw keypoints with at least this score, 0 to 1.",
        flag="--threshold",
        metavar="X",
        minimum=0,
        maximum=1,
    )
    background: Background = option(Background.KEEP, "Keep, dim or black out the background.")
    boxes: bool = option(False, "Draw a box with an id around each person.")
    extremes: bool = option(
        False, "Show the minimum and maximum so far below each angle.", sources=_MOVING
    )
    hidden: frozenset[str] = option(
        frozenset(),
        "Do not draw these keypoints: face, hands, arms, legs, or single names.",
        flag="--hide",
        metavar="PARTS",
        parse=keypoint_names,
    )
    blur_faces: bool = option(False, "Make faces unrecognisable.")
    trail: frozenset[str] = option(
        frozenset(),
        "Draw the path of these keypoints, such as wrists or left_ankle.",
        metavar="PARTS",
        parse=keypoint_names,
        sources=_MOVING,
    )
    mirror: bool = option(False, "Mirror the frame; left and right in the data stay the same.")

    def to_style(self, *, is_multi_person: bool) -> Style:
        """Return the painter's style.

        Args:
            is_multi_person: Several people are told apart by colour, one person's sides are.
        """
        return Style(
            min_score=self.min_score,
            mirror=self.mirror,
            colors=self.words.colors or (ByPerson() if is_multi_person else BySide()),
            thickness=self.words.thickness or _DEFAULT_STYLE.thickness,
            background=self.background,
            boxes=self.boxes,
            extremes=self.extremes,
            hidden=self.hidden,
        )


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
        "Count repetitions: how often an angle passes a threshold, as in 'right_knee:>90'. "
        "May be given more than once.",
        flag="--reps",
        metavar="RULE",
        parse=parse_repetitions,
        is_repeatable=True,
        sources=_MOVING,
    )
    reports: tuple[Path, ...] = option(
        (),
        "Write a report on the angles as .html or .png. May be given more than once.",
        flag="--report",
        metavar="FILE",
        is_repeatable=True,
        sources=_MOVING,
    )

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that are written."""
        return (*self.save, *self.reports)

    @property
    def measured_angles(self) -> tuple[str, ...]:
        """The angles that are measured: those that were asked for, and those that are counted."""
        return tuple(dict.fromkeys((*self.angles, *(rule.angle for rule in self.repetitions))))


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
        sources=_MOVING,
    )
    allowed_origins: tuple[str, ...] = option(
        (),
        "Let pages of this origin, such as https://example.org, connect to a ws:// server; "
        "* is every page. May be given more than once.",
        flag="--allow-origin",
        metavar="ORIGIN",
        is_repeatable=True,
        sources=_MOVING,
    )
    virtual_camera: bool = option(
        False, "Publish the picture as a virtual camera.", sources=_MOVING
    )


OptionGroup: TypeAlias = (
    SourceOptions
    | OutputOptions
    | ModelOptions
    | PeopleOptions
    | StyleOptions
    | DataOptions
    | StreamingOptions
)


@dataclass(frozen=True, slots=True)
class Options:
    """All that is known of a run before it begins."""

    source: SourceOptions
    output: OutputOptions = field(default_factory=OutputOptions)
    model: ModelOptions = field(default_factory=ModelOptions)
    people: PeopleOptions = field(default_factory=PeopleOptions)
    style: StyleOptions = field(default_factory=StyleOptions)
    data: DataOptions = field(default_factory=DataOptions)
    streaming: StreamingOptions = field(default_factory=StreamingOptions)
    poses: PoseFile | None = None
    """A `.jsonl` file to read the poses from, instead of running a network."""

    @property
    def groups(self) -> tuple[OptionGroup, ...]:
        """The groups of options, in the order of the help."""
        return (
            self.source,
            self.output,
            self.model,
            self.people,
            self.style,
            self.data,
            self.streaming,
        )
