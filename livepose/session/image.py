"""One picture: its pose, an annotated copy, and both side by side."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from livepose.core.errors import OptionError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.overlays import Overlays
from livepose.core.poses import Poses
from livepose.draw import paint
from livepose.draw.hud import side_by_side
from livepose.models import load_model
from livepose.models.catalog import MULTIPOSE
from livepose.models.subprocesses import Progress, no_progress
from livepose.motion import Estimator, WholeFrame
from livepose.motion.tracking.subject import Select
from livepose.session.estimation import recording_of
from livepose.session.motion_steps import memory_of, rotation_of
from livepose.session.options import Options, Smooth
from livepose.session.pose_outputs import open_outputs
from livepose.session.style import style_of
from livepose.session.validation import validate
from livepose.sinks.image import check_image_target, write_image
from livepose.sinks.window import Window
from livepose.sources import ImageSource

LOOKS = 3
"""The first look finds the person; the next ones, cropped to them, see them larger."""
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture and what was found in it."""

    posed: PosedFrame
    painted: Frame
    files: tuple[Path, ...]
    """What was written; the annotated copy first."""

    @property
    def saved(self) -> Path:
        return self.files[0]

    @property
    def poses(self) -> Poses:
        return self.posed.poses


def annotated_path(picture: Path) -> Path:
    """Say where the annotated copy of a picture goes: photo_pose.png beside photo.jpg."""
    return picture.with_name(f"{picture.stem}_pose.png")


def _load_model(options: Options, progress: Progress) -> PoseModel:
    return load_model(
        options.model.name,
        options.model.runtime,
        pictures=LOOKS,
        people_px=options.model.people_px,
        progress=progress,
    )


def _multipose(people_px: int) -> PoseModel:
    return load_model(MULTIPOSE.name, people_px=people_px)


def annotate(
    options: Options,
    load: Callable[[], PoseModel] | None = None,
    *,
    load_detector: Callable[[int], PoseModel] = _multipose,
    progress: Progress = no_progress,
) -> Photo:
    """Find the people in an image, write an annotated copy, and whatever else is asked for.

    Args:
        options: of the run; the source is an image.
        load: loads the model, once everything else is known to be right; unless given, the one that
            `options` name.
        load_detector: loads the model that finds several people, if one of them is to be selected;
            it is called with the long side of its input, in pixels.
        progress: called during downloads.

    Raises:
        OptionError: If the options make no sense for an image.
        SourceError: If the image cannot be read.
        SinkError: If the copy cannot be written; `TargetExists` if it exists.
        ModelError: If the model cannot be had.
    """
    validate(options)
    style = style_of(options)
    picture = options.source.image
    if picture is None:
        raise OptionError("annotate needs an image as its source")
    people = replace(options.people, smooth=Smooth.NONE, swap_guard=False)
    options = replace(options, people=people)
    with ImageSource(picture) as source:
        info, frame = source.info, next(iter(source))
    target = options.output.out or annotated_path(picture)
    check_image_target(target, options.output.overwrite, source=picture)
    with ExitStack() as stack:
        model = stack.enter_context(load() if load else _load_model(options, progress))
        model.warm_up(info.width_px, info.height_px)
        chooses = model.max_people == 1 and people.select not in (None, Select.ANY)
        detector = stack.enter_context(load_detector(options.model.people_px)) if chooses else None
        memory = memory_of(options, model.max_people)
        recording = recording_of(options, info, model)
        outputs = stack.enter_context(open_outputs(options, recording, memory, is_watched=False))
        estimator = Estimator(
            model,
            crop=None if options.model.crop else WholeFrame(),
            steps=memory.steps,
            detector=detector,
            rotation=rotation_of(people.rotate),
        )
        closer = LOOKS - 1 if options.model.crop and model.max_people == 1 else 0
        # Whoever is to be chosen is looked for first, and chosen then.
        posed = _last_look(estimator, frame, 1 + closer + 2 * chooses)
        outputs.write(posed)
    painted = paint(posed, style)
    write_image(target, painted.bgr)
    outputs.check()
    return Photo(posed, painted, (target, *outputs.saved))


def _last_look(estimator: Estimator, frame: Frame, looks: int) -> PosedFrame:
    """Look at one picture several times, as if it were a film of it."""
    posed = [estimator(replace(frame, time_s=n / 30)) for n in range(looks)][-1]
    return replace(posed, frame=frame, is_scene_start=True)


def show(photo: Photo, should_stop: Callable[[], bool]) -> None:
    """Show the original and the result side by side until a key is pressed or the window closed.

    Raises:
        SinkError: there is no display.
    """
    with Window(f"livepose - {photo.saved.name}") as window:
        # Faces that are to be hidden are hidden in both.
        bare = replace(
            photo.posed, poses=Poses.empty(), overlays=Overlays(photo.posed.overlays.faces)
        )
        window.write(side_by_side(paint(bare), photo.painted))
        while window.poll(_POLL_S) is None and not should_stop():
            pass
