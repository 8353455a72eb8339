"""One image: its poses, an annotated copy, and both side by side."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from livepose.analysis.angle_definitions import check_measurable, parse_angles
from livepose.core.arrays import ImageArray
from livepose.core.errors import OptionError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.overlays import Overlays
from livepose.core.poses import Poses
from livepose.draw import paint
from livepose.draw.hud import side_by_side
from livepose.models import load_model
from livepose.models.catalog import MULTIPOSE
from livepose.models.progress import Progress, no_progress
from livepose.motion.step_chain import StepChain
from livepose.session.decisions import follows_several, model_name_of
from livepose.session.estimation import (
    create_estimator,
    needs_detector,
    warn_of_visible_faces,
)
from livepose.session.kept_models import ModelLoader, load_at_sizes
from livepose.session.metadata import recording_metadata
from livepose.session.motion_steps import MotionSteps, motion_steps
from livepose.session.options import (
    DataOptions,
    Effort,
    ModelOptions,
    Options,
    PeopleOptions,
    Smooth,
    SourceOptions,
)
from livepose.session.pose_outputs import open_pose_outputs
from livepose.session.style import style_of
from livepose.session.validation import validate
from livepose.sinks.image import annotated_path, write_image
from livepose.sinks.window import Window
from livepose.sources import open_image
from livepose.system.files import readable_name

PASSES = 2
"""The first pass finds the person; the next ones, cropped to them, see them larger."""
SURVEY_PASSES, SURVEY_INTERVAL_S = 5, 0.06
"""With several people: one survey of the whole image, and one of each of its tiles, if need be."""
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class ImageResult:
    """An image, what was found in it, and what was written."""

    posed: PosedFrame
    painted: Frame
    files: tuple[Path, ...]
    """What was written; the annotated copy first, if there is one."""

    @property
    def saved(self) -> Path:
        """The annotated copy."""
        return self.files[0]

    @property
    def poses(self) -> Poses:
        return self.posed.poses

    def person_id(self, row: int) -> int:
        """Return a person's track id, or their number from 1 if there is none."""
        return int(self.poses.track_id[row]) or row + 1


def annotate(
    options: Options, load: ModelLoader | None = None, *, progress: Progress = no_progress
) -> ImageResult:
    """Find the people in an image, and write an annotated copy and whatever else is asked for.

    Args:
        options: What to do; the source is an image. There is no motion in one image, so nothing is
            smoothed, and no swaps are guarded against.
        load: Loads the models, once everything else is checked; `load_model` with the options
            unless given.
        progress: Called during downloads.

    Raises:
        OptionError: If the options make no sense for an image.
        SourceError: If the image cannot be read.
        SinkError: If a file cannot be written, or exists.
        ModelError: If a model cannot be loaded.
    """
    validate(options)
    style = style_of(options)
    image = options.source.image
    if image is None:
        raise OptionError("annotate needs an image as its source")
    people = replace(options.people, smooth=Smooth.NONE, swap_guard=False)
    options = replace(options, people=people)
    target = options.output.out
    if target is None and options.annotates_image:
        target = annotated_path(image)
    with open_image(image) as source:
        info, frame = source.info, next(iter(source))

    load = load or partial(_load_for_image, options.model, progress)
    with ExitStack() as stack:
        model = stack.enter_context(load(model_name_of(options)))
        check_measurable(options.data.measured_angles, model.skeleton)
        warn_of_visible_faces(options, model)
        model.warm_up(info.width_px, info.height_px)
        steps = motion_steps(options, model.max_people)
        metadata = recording_metadata(options, info, model)
        pose_outputs = stack.enter_context(
            open_pose_outputs(options, metadata, steps.repetitions, batches_writes=False)
        )
        selects = needs_detector(options, model)
        detector = stack.enter_context(load(MULTIPOSE.name)) if selects else None
        posed = estimate_image(options, frame, model, detector, steps)
        pose_outputs.write(posed)
    painted = paint(posed, style)
    if target is not None:
        write_image(target, painted.bgr)
    pose_outputs.raise_errors()
    copies = () if target is None else (target,)
    return ImageResult(posed, painted, (*copies, *pose_outputs.saved))


def _load_for_image(options: ModelOptions, progress: Progress, name: str) -> PoseModel:
    """Load a model that sees one image a few times."""

    def load_at(people_px: int) -> PoseModel:
        return load_model(
            name,
            options.runtime,
            trust=options.trust,
            expected_frames=PASSES,
            people_px=people_px,
            mirrored=options.effort is Effort.BEST,
            progress=progress,
        )

    return load_at_sizes(options, name, load_at)


def analyze_image(
    image: str | Path | Frame | ImageArray,
    model: PoseModel | str = "lightning",
    *,
    angles: str = "",
) -> PosedFrame:
    """Find the people in an image, as `livepose --image` does.

    A model that finds one person looks at the image several times, closer each time.

    >>> import numpy as np
    >>> posed = analyze_image(np.zeros((480, 640, 3), np.uint8))
    >>> len(posed.poses)
    0

    Args:
        image: A file, the address of one on the web, a frame, or an (H, W, 3) uint8 array, blue
            first.
        model: The name of a model, or a loaded one, which is not closed: quicker for many images.
        angles: What is measured, such as `knee,left_hip` or `all`; nothing by default.

    Returns:
        The image, the people in it and their angles; `paint` draws them.

    Raises:
        SourceError: If the image cannot be read.
        ValueError: If the array has another shape or type of pixels.
        TypeError: If the image is none of these.
        OptionError: If an angle is unknown.
        ModelError: If the model cannot be loaded.
    """
    names = parse_angles(angles) if angles else ()
    options = Options(
        SourceOptions(),
        people=PeopleOptions(smooth=Smooth.NONE, swap_guard=False),
        data=DataOptions(angles=names),
    )
    frame = _read_frame(image)
    with ExitStack() as stack:
        if isinstance(model, str):
            model = stack.enter_context(load_model(model, expected_frames=PASSES))
        check_measurable(names, model.skeleton)
        model.warm_up(frame.width_px, frame.height_px)
        return estimate_image(options, frame, model, None, motion_steps(options, model.max_people))


def _read_frame(image: str | Path | Frame | ImageArray) -> Frame:
    if isinstance(image, Frame):
        return image
    if isinstance(image, (str, Path)):
        with open_image(image) as source:
            return next(iter(source))
    return Frame.from_bgr(image, index=0, time_s=0.0)


def estimate_image(
    options: Options,
    frame: Frame,
    model: PoseModel,
    detector: PoseModel | None,
    steps: MotionSteps,
) -> PosedFrame:
    """Return the result of the last of some passes over one image, as if it were a video of it.

    Only that result is measured: the passes before it find where to look.
    """
    estimator = create_estimator(options, model, detector, steps.following)
    if follows_several(options):
        passes, interval_s = SURVEY_PASSES, SURVEY_INTERVAL_S
    else:
        closer_passes = PASSES - 1 if options.model.crop and model.max_people == 1 else 0
        # One pass detects everybody, and one more looks at the person who is selected then.
        selecting_passes = 0 if detector is None else 2
        passes, interval_s = 1 + closer_passes + selecting_passes, 1 / 30
    results = [
        estimator(replace(frame, time_s=n * interval_s, is_timed=True)) for n in range(passes)
    ]
    last = replace(results[-1], frame=frame, is_scene_start=True)
    return StepChain(steps.measuring)(last)


def show(result: ImageResult, should_stop: Callable[[], bool]) -> None:
    """Show the image and the result side by side until a key is pressed or the window closed.

    Args:
        result: What is shown.
        should_stop: Asked now and then; the window closes once it returns True.

    Raises:
        SinkError: If there is no display.
    """
    with Window(f"livepose - {readable_name(result.saved.name)}") as window:
        # Faces that are to be hidden are hidden in both.
        faces_only = Overlays(result.posed.overlays.faces)
        original = replace(result.posed, poses=Poses.empty(), overlays=faces_only)
        window.write(side_by_side(paint(original), result.painted))
        while window.poll(_POLL_S) is None and not should_stop():
            pass
