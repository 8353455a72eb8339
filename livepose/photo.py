"""One picture: its pose, an annotated copy, and both side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.poses import Poses
from livepose.draw import Style, paint
from livepose.hud import side_by_side
from livepose.motion import Estimator, SmartCrop, WholeFrame
from livepose.sinks.picture import check_picture_target, write_picture
from livepose.sinks.window import Window
from livepose.sources import PictureSource

LOOKS = 3
"""The first look finds the person; the next ones, cropped to them, see them larger."""
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture and what was found in it."""

    posed: PosedFrame
    painted: Frame
    saved: Path

    @property
    def poses(self) -> Poses:
        return self.posed.poses


def annotated_path(picture: Path) -> Path:
    """Say where the annotated copy of a picture goes: photo_pose.png beside photo.jpg."""
    return picture.with_name(f"{picture.stem}_pose.png")


def annotate(
    picture: Path,
    load: Callable[[], PoseModel],
    *,
    target: Path | None = None,
    style: Style | None = None,
    crop: bool = True,
    overwrite: bool = False,
) -> Photo:
    """Find the pose in a picture and write an annotated copy.

    Args:
        picture: the file to read.
        load: makes the model, once everything else is known to be right.
        target: the file to write; `annotated_path(picture)` unless given.
        style: how the skeleton looks.
        crop: look again at where the person is.
        overwrite: replace an existing target.

    Raises:
        SourceError: the picture cannot be read.
        SinkError: the copy cannot be written, or exists.
    """
    with PictureSource(picture) as source:
        frame = next(iter(source))
    target = target or annotated_path(picture)
    check_picture_target(target, overwrite, source=picture)
    with load() as model:
        estimator = Estimator(model, crop=SmartCrop() if crop else WholeFrame())
        posed = [estimator(frame) for _ in range(LOOKS if crop else 1)][-1]
    painted = paint(posed, style)
    write_picture(target, painted.bgr)
    return Photo(posed, painted, target)


def show(photo: Photo, should_stop: Callable[[], bool]) -> None:
    """Show the original and the result side by side until a key is pressed or the window closed.

    Raises:
        SinkError: there is no display.
    """
    with Window(f"livepose - {photo.saved.name}") as window:
        window.write(side_by_side(photo.posed.frame, photo.painted))
        while window.poll(_POLL_S) is None and not should_stop():
            pass
