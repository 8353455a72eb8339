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
from livepose.draw import Style, paint
from livepose.draw.hud import side_by_side
from livepose.models import load_model
from livepose.models.catalog import MULTIPOSE
from livepose.models.movenet import PEOPLE_PX
from livepose.motion import Estimator, WholeFrame
from livepose.motion.tracking.subject import Select
from livepose.session.estimation import recording_of
from livepose.session.motion_steps import memory_of, rotation_of
from livepose.session.options import DataOptions, Options, PeopleOptions, Smooth, SourceKind
from livepose.session.pose_outputs import check_outputs, open_outputs
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


def _multipose(people_px: int) -> PoseModel:
    return load_model(MULTIPOSE.name, people_px=people_px)


def annotate(
    picture: Path,
    load: Callable[[], PoseModel],
    *,
    target: Path | None = None,
    style: Style | None = None,
    crop: bool = True,
    overwrite: bool = False,
    people: PeopleOptions | None = None,
    data: DataOptions | None = None,
    load_detector: Callable[[int], PoseModel] = _multipose,
) -> Photo:
    """Find the people in a picture, write an annotated copy, and whatever else is asked for.

    Args:
        picture: the file to read.
        load: makes the model, once everything else is known to be right.
        target: the file to write; `annotated_path(picture)` unless given.
        style: how skeletons look.
        crop: look again at where the person is.
        overwrite: replace an existing target.
        people: who is looked for.
        data: what else is written.
        load_detector: makes the model that finds several people, where one is to be selected; it
            is given the long side of what it sees, in pixels.

    Raises:
        OptionError: what is asked for makes no sense for a picture.
        SourceError: the picture cannot be read.
        SinkError: the copy cannot be written, or exists.
    """
    people = replace(people or PeopleOptions(), smooth=Smooth.NONE, swap_guard=False)
    options = Options(
        SourceKind.PICTURE,
        str(picture),
        crop=crop,
        overwrite=overwrite,
        people=people,
        data=data or DataOptions(),
    )
    if people.select is Select.MOVING:
        raise OptionError("nobody moves in a picture: --select another than moving")
    with ImageSource(picture) as source:
        info, frame = source.info, next(iter(source))
    target = target or annotated_path(picture)
    check_image_target(target, overwrite, source=picture)
    check_outputs(options)
    with ExitStack() as stack:
        model = stack.enter_context(load())
        model.warm_up(info.width_px, info.height_px)
        chooses = model.max_people == 1 and people.select not in (None, Select.ANY)
        if people.people_px != PEOPLE_PX and model.max_people == 1 and not chooses:
            raise OptionError(f"--people-size is for --model multipose, and {model.name} is used")
        memory = memory_of(options, model.max_people, is_watched=False)
        recording = recording_of(options, info, model)
        outputs = stack.enter_context(open_outputs(options, recording, memory, is_watched=False))
        estimator = Estimator(
            model,
            crop=None if crop else WholeFrame(),
            steps=memory.steps,
            detector=stack.enter_context(load_detector(people.people_px)) if chooses else None,
            rotation=rotation_of(people.rotate),
        )
        closer = LOOKS - 1 if crop and model.max_people == 1 else 0
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
