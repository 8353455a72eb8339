"""What several options decide together: each is worked out here, and nowhere else.

Whether there is a window or a page, whether frames have to be ready at their own time, which model
and which smoothing a run has where nothing was said.
"""

from __future__ import annotations

from livepose.motion.tracking.subject import Select
from livepose.session.option_fields import SourceKind
from livepose.session.options import Effort, Options, Smooth
from livepose.session.phone_camera import is_phone
from livepose.sinks.display import display_problem


def wants_window(options: Options) -> bool:
    """Return whether a window is shown.

    Unless it was decided, there is one if there is a display: for a camera, and for a video or the
    demo if no file is written of it.
    """
    kind, output = options.source.kind, options.output
    if output.show is not None:
        return output.show
    writes_files = output.out is not None or bool(options.data.files)
    if kind is SourceKind.IMAGE or (kind is not SourceKind.CAMERA and writes_files):
        return False
    return not display_problem()


def wants_page(options: Options) -> bool:
    """Return whether the live view is served to browsers.

    Unless it was asked for, it is where there is no display, and nothing would come of the run.
    """
    kind, output = options.source.kind, options.output
    if kind is SourceKind.IMAGE or output.web is not None:
        return output.web is not None
    # A few frames of the demo are a way to try whether everything works.
    is_trial = kind is SourceKind.DEMO and options.source.max_frames is not None
    return output.show is None and not is_trial and not _has_other_result(options)


def wants_viewer(options: Options) -> bool:
    """Return whether somebody watches: in a window, or on a page."""
    return wants_window(options) or wants_page(options)


def can_seek(options: Options) -> bool:
    """Return whether a run shows a clip in a window or on a page, and does nothing else with it.

    What is written or sent holds each frame once, in their order: such a run goes through the clip
    once, and ends.
    """
    output, streaming = options.output, options.streaming
    is_kept = output.out is not None or options.data.files
    is_sent = streaming.send or streaming.virtual_camera
    is_clip = options.source.kind is SourceKind.VIDEO and options.source.video != "-"
    return is_clip and not is_kept and not is_sent and wants_viewer(options)


def has_result(options: Options) -> bool:
    """Return whether anything comes of a run: a view, a file, frames or poses sent, a table."""
    return _has_other_result(options) or wants_page(options)


def _has_other_result(options: Options) -> bool:
    """Return whether anything but a page comes of a run."""
    return bool(
        options.output.out is not None
        or options.data.files
        or options.data.measured_angles
        or options.streaming.send
        or options.streaming.virtual_camera
        or is_phone(options.source.camera)  # which shows the skeletons
        or wants_window(options)
    )


def is_realtime(options: Options) -> bool:
    """Return whether frames have to be ready at their own time.

    A window wants its next frame soon, and so does a camera, a real one or a virtual one, and a
    program that poses are sent to.
    """
    return (
        options.source.kind is SourceKind.CAMERA
        or options.streaming.virtual_camera
        or bool(options.streaming.send)
        or wants_viewer(options)
    )


def smoothing_of(options: Options) -> Smooth:
    """Return how keypoints are smoothed, with `auto` decided.

    Nobody waits for a frame from file to file, so that each one can be smoothed with those after
    it; but other programs to which poses are sent want each at once.
    """
    if options.people.smooth is not Smooth.AUTO:
        return options.people.smooth
    return Smooth.ONE_EURO if is_realtime(options) else Smooth.BUTTERWORTH


def model_name_of(options: Options) -> str:
    """Return the name of the model, one that was given or the default.

    Thunder is the default where angles are measured and nobody waits for each frame: it takes
    twice as long, and the angles of left and right are as near the truth as each other.
    """
    is_measured = bool(options.data.measured_angles) and not is_realtime(options)
    return options.model.decided(is_measured=is_measured).name


def follows_several(options: Options) -> bool:
    """Return whether a model of one person is to see each of several people."""
    return options.people.max_people != 1


def predicts_hidden(options: Options, max_people: int) -> bool:
    """Return whether those whom a model of several people misses behind others are predicted.

    With the best effort, gaps are filled from both sides instead. In an image nobody passes.

    Args:
        options: Of the run.
        max_people: How many people the model finds.
    """
    return max_people > 1 and options.source.image is None and not is_best(options)


def is_best(options: Options) -> bool:
    """Return whether tracks are mended with the best effort; saved poses are as they are."""
    return options.poses is None and options.model.effort is Effort.BEST


def takes_two_passes(options: Options, max_people: int) -> bool:
    """Return whether a file is read twice, so that it is known who is who before it is written.

    Standard input can be read only once.

    Args:
        options: Of the run.
        max_people: How many people the model finds.
    """
    is_pipe = options.source.video == "-"
    return is_best(options) and max_people == 1 and follows_several(options) and not is_pipe


def detects_people(options: Options, max_people: int) -> bool:
    """Return whether several people are to be detected for a model that sees only one.

    Args:
        options: Of the run.
        max_people: How many people the model finds.
    """
    selects = options.people.select not in (None, Select.ANY)
    return max_people == 1 and (selects or follows_several(options))
