"""Every rule about options, checked before any work is done: no file written, no model loaded.

`validate` is called once in every run. A rule of one option (its bounds, the sources with which it
has an effect) is declared with the option; what is here looks at several of them together.
"""

from __future__ import annotations

import math
from collections.abc import Container
from pathlib import Path

from livepose.analysis.angle_definitions import check_measurable
from livepose.core.errors import OptionError
from livepose.core.skeleton import Skeleton
from livepose.export import check_angles, check_name_length, check_path
from livepose.models.catalog import MULTIPOSE
from livepose.models.files.resolve import resolve
from livepose.models.files.trust import check_trust
from livepose.models.movenet import check_people_px
from livepose.motion.smoothing import MAX_CUTOFF_SHARE
from livepose.motion.tracking.subject import Select
from livepose.session.data_validation import check_data
from livepose.session.option_fields import SourceKind, option_fields
from livepose.session.options import (
    Effort,
    ModelOptions,
    Options,
    OutputOptions,
    Rotate,
    Smooth,
    StyleOptions,
)
from livepose.session.phone_camera import is_phone, phone_address
from livepose.sinks.display import display_problem
from livepose.sinks.image import annotated_path, check_image_target
from livepose.sources.sequence import is_sequence
from livepose.sources.synthetic import check_scene
from livepose.system.targets import check_location


def validate(options: Options) -> None:
    """Check that the options make sense, each alone and all together.

    Raises:
        OptionError: If a value cannot be used, has no effect, or contradicts another one.
        ModelError: If there is no such model.
        SinkError: If a file cannot be written; `TargetExists` if it exists.
        RuntimeMissing: If a package that a format needs is not installed.
    """
    check_numbers(options)
    check_source_options(options)
    check_conflicts(options)
    check_outputs(options)
    if options.poses is None:
        check_model(options)
        return
    recording = options.poses.metadata
    check_keypoints(options, recording.skeleton)
    for path in options.data.save:
        check_angles(path, options.data.measured_angles or recording.angle_names)


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
    is_immediate = is_realtime(options) or bool(options.streaming.send)
    return Smooth.ONE_EURO if is_immediate else Smooth.BUTTERWORTH


def model_name_of(options: Options) -> str:
    """Return the name of the model, one that was given or the default.

    Thunder is the default where angles are measured and nobody waits for each frame: it takes
    twice as long, and the angles of left and right are as near the truth as each other.
    """
    is_measured = bool(options.data.measured_angles) and not is_realtime(options)
    return options.model.decided(is_measured=is_measured).name


def check_finite(flag: str, number: float) -> None:
    """Check that a number is neither nan nor infinite: those pass every bound.

    Raises:
        OptionError: If it is.
    """
    if not math.isfinite(number):
        raise OptionError(f"{flag} {number} is not a finite number")


def check_numbers(options: Options) -> None:
    """Check all numbers of a run, and the size of its frames.

    Raises:
        OptionError: If one is not finite, or out of bounds.
    """
    for group in options.groups:
        check_bounds(group)
    size_px = options.source.size_px
    if size_px is not None and min(size_px) < 1:
        raise OptionError(f"--size {size_px[0]}x{size_px[1]} is too small: write it as 1280x720")


def check_bounds(group: object) -> None:
    """Check that every number is finite, and within the bounds that are declared with its option.

    Args:
        group: A dataclass of options.

    Raises:
        OptionError: If one is not.
    """
    for field in option_fields(group):
        value = getattr(group, field.name)
        if not isinstance(value, (int, float)):
            continue
        check_finite(field.flag, value)
        low, high = field.spec.minimum, field.spec.maximum
        if low is not None and value < low:
            raise OptionError(f"{field.flag} {value:g} is too small: the minimum is {low:g}")
        if high is not None and value > high:
            raise OptionError(f"{field.flag} {value:g} is too large: the maximum is {high:g}")


def check_source_options(options: Options, typed: Container[str] = ()) -> None:
    """Check that there is one source, and that every option has an effect with it.

    Args:
        options: Of the run.
        typed: Options such as `--quality` that were typed, even if with their default value.

    Raises:
        OptionError: If there is no source or several, or if an option has no effect.
    """
    kind = options.source.kind
    for group in options.groups:
        for field in option_fields(group):
            allowed = field.spec.sources
            is_given = field.flag in typed or getattr(group, field.name) != field.default
            if kind not in allowed and is_given:
                flags = [f"--{each.value}" for each in SourceKind if each in allowed]
                listed = " and ".join(filter(None, (", ".join(flags[:-1]), flags[-1])))
                raise OptionError(
                    f"{field.flag} has no effect with --{kind.value}: it is for {listed}"
                )
    if options.poses is not None and kind is not SourceKind.VIDEO:
        raise OptionError(f"saved poses belong to a video, not to --{kind.value}")
    source = options.source
    if source.camera is not None and is_phone(source.camera):
        phone_address(source.camera)
    if source.scene is not None:
        check_scene(source.scene)
    if source.end_s is not None and source.end_s <= source.start_s:
        raise OptionError(f"--end ({source.end_s:g}) must be after --start ({source.start_s:g})")
    if source.video and source.frame_rate is not None and not is_sequence(Path(source.video)):
        raise OptionError(
            f"--fps has no effect with {source.video}: it is for --camera, --demo and images in "
            "sequence"
        )


def check_conflicts(options: Options) -> None:
    """Check that the options do not contradict each other, or leave one of them without effect.

    Raises:
        OptionError: If they do.
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
    for flag, is_given in (("--counter", options.data.counter), ("--plot", options.data.plot)):
        if is_given and not is_painted:
            raise OptionError(
                f"{flag} is painted over the frames: add --out FILE, --show or --web PORT"
            )
    if options.style.extremes and not options.data.measured_angles:
        raise OptionError("--extremes needs angles: add --angles knee,hip, for example")
    _check_smoothing(options)
    _check_effort(options)
    if options.source.kind is SourceKind.IMAGE and options.people.select is Select.MOVING:
        raise OptionError(
            "--select moving does not work with --image: nobody moves in a single image"
        )
    if options.poses is None:
        _check_people(options)
        _check_people_size(options)


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


def check_keypoints(options: Options, skeleton: Skeleton) -> None:
    """Check that a skeleton has the keypoints that are named, and those that angles need.

    Raises:
        OptionError: If it lacks one.
    """
    parts = skeleton.body_parts()
    for flag, names in (("--hide", options.style.hidden), ("--trail", options.style.trail)):
        for name in sorted(names):
            if name not in parts and name not in skeleton:
                raise OptionError(
                    f"{flag}: there is no keypoint or body part {name!r}: choose from "
                    f"{', '.join(parts)}, or single keypoints: {', '.join(skeleton.names)}"
                )
    check_measurable(options.data.measured_angles, skeleton)
    _check_ghost(options.style, skeleton)


def _check_ghost(style: StyleOptions, skeleton: Skeleton) -> None:
    """Check that the poses to compare with can be read, and have the keypoints of the others.

    Raises:
        OptionError: If they have others.
        SourceError: If they cannot be read.
    """
    if style.against is None:
        if style.lead_s:
            raise OptionError("--lead has no effect without --against FILE")
        return
    from livepose.export.jsonl_reader import open_pose_file

    if open_pose_file(style.against).metadata.skeleton != skeleton:
        raise OptionError(f"--against {style.against}: its poses have other keypoints")


def _check_smoothing(options: Options) -> None:
    smooth = options.people.smooth
    if options.source.kind is SourceKind.IMAGE and smooth in (Smooth.KEEP, Smooth.BUTTERWORTH):
        raise OptionError(
            f"--smooth {smooth.value} does not work with --image: nothing moves in one image"
        )
    if smooth is Smooth.KEEP and options.poses is None:
        raise OptionError("--smooth keep is for livepose render: there is nothing to keep yet")
    if smooth is Smooth.BUTTERWORTH and is_realtime(options):
        raise OptionError(
            "--smooth butterworth needs later frames: it works for files only, without a window "
            "(--no-show), --send or --virtual-camera"
        )

    if options.people.cutoff_hz is not None and smoothing_of(options) is not Smooth.BUTTERWORTH:
        raise OptionError(
            f"--cutoff has no effect with --smooth {smoothing_of(options).value}: it is for "
            "butterworth, the default from file to file"
        )
    if options.data.fill_frames is not None and is_realtime(options):
        raise OptionError(
            "--fill needs later frames: it works for files only, without a window (--no-show), "
            "--send or --virtual-camera"
        )


def check_cutoff(options: Options, frame_rate: float) -> None:
    """Check that the cut-off frequency is low enough for a frame rate.

    Args:
        options: Of the run.
        frame_rate: Of the source, in frames per second.

    Raises:
        OptionError: If the filter could not have this cut-off frequency.
    """
    cutoff_hz = options.people.cutoff_hz
    if cutoff_hz is not None:
        highest_hz = MAX_CUTOFF_SHARE * frame_rate / 2
        if cutoff_hz > highest_hz:
            raise OptionError(
                f"--cutoff {cutoff_hz:g} is too high for {frame_rate:.4g} frames per second: the "
                f"highest is {math.floor(10 * highest_hz) / 10:g} Hz, 0.9 of the Nyquist frequency"
            )


def _check_effort(options: Options) -> None:
    is_image = options.source.kind is SourceKind.IMAGE
    if options.model.effort is Effort.BEST and not is_image and is_realtime(options):
        raise OptionError(
            "--effort best takes its time: it works for files only, without a window (--no-show), "
            "--send or --virtual-camera"
        )


def _check_people(options: Options) -> None:
    if not follows_several(options):
        return
    if resolve(model_name_of(options)).max_people > 1:
        raise OptionError(
            f"--people has no effect with {model_name_of(options)}, which finds several people "
            "by itself: it is for lightning and thunder"
        )
    if not options.model.crop:
        raise OptionError("--people needs a crop for each person: leave out --no-crop")
    if options.people.rotate is Rotate.AUTO:
        raise OptionError(
            "--rotate auto is for one person: with --people write --rotate 90, 180 or 270"
        )


def _check_people_size(options: Options) -> None:
    if options.model.people_px == ModelOptions().people_px:
        return
    check_people_px(options.model.people_px)
    # In a window a key may ask for another person at any time, and multipose looks for them then.
    can_select = options.source.kind is not SourceKind.IMAGE and wants_viewer(options)
    max_people = resolve(model_name_of(options)).max_people
    if not (can_select or detects_people(options, max_people) or max_people > 1):
        raise OptionError(
            f"--people-size has no effect with {model_name_of(options)}: it is for --model "
            "multipose"
        )


def check_model(options: Options) -> None:
    """Check that there is a model of this name, and that it finds what is asked for.

    Raises:
        OptionError: If no model has this name, or if it lacks a keypoint that is needed.
        ModelError: If there is nothing at this path; `UntrustedModel` if it has to be trusted.
    """
    model = resolve(model_name_of(options))
    check_trust(model, is_trusted=options.model.trust)
    check_keypoints(options, model.skeleton)
    check_selectable(options, model.label, model.max_people, model.skeleton)


def check_selectable(options: Options, model: str, max_people: int, skeleton: Skeleton) -> None:
    """Check that people can be detected for a model that sees only one, if they have to be.

    Args:
        options: Of the run.
        model: The model's name, for the message.
        max_people: How many people it finds.
        skeleton: What its keypoints are.

    Raises:
        OptionError: If they cannot: they are detected by multipose, whose keypoints are others.
    """
    if detects_people(options, max_people) and skeleton != MULTIPOSE.skeleton:
        flag = "--people" if follows_several(options) else "--select"
        raise OptionError(
            f"{flag} is not for {model}: people are detected by {MULTIPOSE.name}, whose "
            "keypoints are others"
        )


def follows_several(options: Options) -> bool:
    """Return whether a model of one person is to see each of several people."""
    return options.people.max_people != 1


def detects_people(options: Options, max_people: int) -> bool:
    """Return whether several people are to be detected for a model that sees only one.

    Args:
        options: Of the run.
        max_people: How many people the model finds.
    """
    selects = options.people.select not in (None, Select.ANY)
    return max_people == 1 and (selects or follows_several(options))


def check_outputs(options: Options) -> None:
    """Check the names of the files to write, and the addresses to send to.

    Raises:
        OptionError: If a format or an address is unknown, if a file is given twice or is an input,
            or if it holds angles and none are measured.
        SinkError: If a file cannot be there; `TargetExists` if it exists.
        RuntimeMissing: If the package for the report is not installed.
    """
    data, overwrite = options.data, options.output.overwrite
    _check_out(options)
    _check_places(options)
    for path in data.save:
        check_path(path, overwrite=overwrite)
        if options.poses is None:  # a recording may have angles of its own
            check_angles(path, data.measured_angles)
    for path in data.reports:
        from livepose.analysis.report.report import check_report

        check_report(path, overwrite=overwrite)
    for url in options.streaming.send:
        from livepose.send.address import parse  # it imports sockets, which few runs need

        parse(url)
    check_servers(options)


def check_servers(options: Options) -> None:
    """Check who may connect, and whether anybody can.

    Raises:
        OptionError: If an origin or a token is unfit, or has no effect as nobody can connect.
    """
    if options.streaming.allowed_origins:
        from livepose.system.origins import check_origin

        for origin in options.streaming.allowed_origins:
            check_origin(origin)
        if not _serves(options):
            raise OptionError(
                "--allow-origin has no effect: it is for --web PORT and --send ws://HOST:PORT"
            )
    if options.output.token is not None:
        from livepose.system.access_tokens import check_token

        check_token(options.output.token)
        if not _serves(options):
            raise OptionError(
                "--token has no effect: it is for --web PORT and --send ws://HOST:PORT"
            )
    if options.output.save_dir is not None and not wants_viewer(options):
        raise OptionError("--out-dir has no effect: it is for what a window or a page saves")


def _serves(options: Options) -> bool:
    """Return whether others connect to this program."""
    urls = options.streaming.send
    return wants_page(options) or any(url.lower().startswith("ws://") for url in urls)


def _check_places(options: Options) -> None:
    """Check where files of poses and reports are to be, whatever is in them."""
    for path in options.data.save:
        check_name_length(path)
    files = options.data.files
    for number, path in enumerate(files):
        check_location(path, options.source.path)
        check_location(path, None if options.poses is None else options.poses.path)
        check_location(path, options.style.against)
        if path.resolve() in [other.resolve() for other in files[:number]]:
            raise OptionError(f"{path} is given twice: each file needs a name of its own")


def _check_out(options: Options) -> None:
    out, source, overwrite = options.output.out, options.source, options.output.overwrite
    if source.image is not None:
        if out is not None or options.annotates_image:
            target = out or annotated_path(source.image)
            check_image_target(target, overwrite=overwrite, source=source.path)
    elif out is not None:
        from livepose.sinks.part_file import check_video_target  # with PyAV, for videos only

        check_video_target(out, source.path, overwrite=overwrite)
