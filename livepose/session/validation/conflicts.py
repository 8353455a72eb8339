"""Options that contradict each other, or that would have no effect."""

from __future__ import annotations

from livepose.core.errors import OptionError
from livepose.motion.tracking.subject import Select
from livepose.session.decisions import is_realtime, wants_viewer
from livepose.session.option_fields import SourceKind
from livepose.session.options import Options, OutputOptions
from livepose.session.validation.data import check_data
from livepose.session.validation.model import check_people, check_people_size
from livepose.session.validation.smoothing import check_effort, check_smoothing


def check_conflicts(options: Options) -> None:
    """Check that the options do not contradict each other, or leave one of them without effect.

    Raises:
        OptionError: If two options contradict each other, or if one has no effect.
        ModelError: If there is no such model.
    """
    check_data(options.data)
    _check_view(options)
    if options.data.sound and not is_realtime(options):
        raise OptionError(
            "--sound is for a window or a camera: nobody listens while a file is converted"
        )
    is_painted = (
        options.output.out is not None or options.streaming.virtual_camera or wants_viewer(options)
    )
    is_image = options.source.kind is SourceKind.IMAGE
    has_pictures = any(path.suffix.lower() == ".html" for path in options.data.reports)
    shows_faces = is_painted or has_pictures or (is_image and options.annotates_image)
    idle = {
        "--counter": options.data.counter and not is_painted,
        "--plot": options.data.plot and not is_painted,
        "--blur-faces": options.style.blur_faces and not shows_faces,
    }
    for flag, is_idle in idle.items():
        if is_idle:
            raise OptionError(
                f"{flag} acts on pictures, and none is written or shown: "
                "add --out FILE, --show or --web PORT (batch: --annotate)"
            )
    if options.style.extremes and not options.data.measured_angles:
        raise OptionError("--extremes needs angles: add --angles knee,hip, for example")
    check_smoothing(options)
    check_effort(options)
    if options.source.kind is SourceKind.IMAGE and options.people.select is Select.MOVING:
        raise OptionError(
            "--select moving does not work with --image: nobody moves in a single image"
        )
    if options.poses is None:
        check_people(options)
        check_people_size(options)


def _check_view(options: Options) -> None:
    """Check that there is a view for what acts in one."""
    output = options.output
    if options.source.kind is SourceKind.IMAGE:
        return
    in_view = {
        "--countdown": output.countdown_s > 0,
        "--delay": output.delay_s > 0,
        "--replay-s": output.replay_s not in (0, OutputOptions().replay_s),
    }
    for flag, is_set in in_view.items():
        if is_set and not wants_viewer(options):
            raise OptionError(
                f"{flag} is for a window or a page, and there is none: add --show or --web PORT"
            )
