"""The built-in scenes: who is in them, in which clothes, at what depth, and what they do when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from livepose.core.errors import OptionError
from livepose.core.poses import Poses
from livepose.sources.synthetic import SCENE_NAMES
from livepose.sources.synthetic.actions import KneeBends, Route, Stage, Stretch
from livepose.sources.synthetic.actors import Frontal, Performer, Shape, Sideways
from livepose.sources.synthetic.dance import joints_at
from livepose.sources.synthetic.outfits import BLUE, GREEN, RED, Outfit
from livepose.sources.synthetic.shading import Picture

HIDDEN_SCORE = 0.5
"""Of a point that lies in the picture, behind a body."""


class Scene:
    """Some figures, painted from far to near.

    Args:
        stage: the picture.
        performers: the farthest first.
    """

    def __init__(self, stage: Stage, performers: Sequence[Performer]) -> None:
        self._size_px = np.array((stage.width_px, stage.height_px))
        self._performers = performers

    def paint(self, bgr: Picture, time_s: float) -> None:
        """Paint all figures over a picture, in place."""
        for performer in self._performers:
            performer.paint(bgr, time_s)

    def truth(self, time_s: float) -> Poses:
        """Tell where the figures are that have a keypoint in the picture, by their identity.

        A point's score is 1 where the camera sees it, 0.5 where its own body or another figure
        hides it, and 0 outside of the picture. The box is that of the body within the picture.
        """
        shapes = [performer.shape(time_s) for performer in self._performers]
        scores = np.stack([self._scores(shape, shapes[i + 1 :]) for i, shape in enumerate(shapes)])
        boxes = np.stack([shape.covers.box() for shape in shapes])
        ids = np.array([performer.track_id for performer in self._performers])
        xy = np.stack([shape.joints for shape in shapes]).astype(np.float32)
        poses = replace(
            Poses.from_keypoints(xy, scores.astype(np.float32)),
            box=np.clip(boxes, 0, np.tile(self._size_px, 2)).astype(np.float32),
            track_id=ids.astype(np.int32),
        )
        in_view = np.flatnonzero(scores.max(axis=1) > 0)
        return poses[in_view[np.argsort(ids[in_view])]]

    def _scores(self, shape: Shape, nearer: Sequence[Shape]) -> npt.NDArray[np.float64]:
        hidden = shape.covers.hide(shape.joints, shape.layers)
        for other in nearer:
            hidden |= other.covers.hide(shape.joints)
        is_inside = ((shape.joints >= 0) & (shape.joints < self._size_px)).all(axis=1)
        return np.where(is_inside, np.where(hidden, HIDDEN_SCORE, 1.0), 0.0)


def _dance(stage: Stage) -> list[Performer]:
    return [Frontal(stage, 1, joints_at)]


def _stand(stage: Stage) -> list[Performer]:
    return [Frontal(stage, 1, lambda _: joints_at(0.0))]


def _walk(stage: Stage) -> list[Performer]:
    # It turns outside of the picture, so that whoever sees it sees it from the side.
    stretches = Stretch(0.0, 4.0, 0.0, 1.0), Stretch(4.2, 8.2, 1.0, 0.0)
    return [_walker(stage, 1, RED, 0.87, stretches, loop_s=8.4, begin_s=1.1)]


def _crossing(stage: Stage) -> list[Performer]:
    far = Stretch(0.0, 4.4, 1.0, 0.25), Stretch(5.4, 8.7, 0.25, 0.77), Stretch(9.7, 14.2, 0.77, 0.0)
    near = (
        Stretch(0.0, 4.4, 0.0, 0.75),
        Stretch(5.5, 8.8, 0.75, 0.23),
        Stretch(9.8, 14.3, 0.23, 1.0),
    )
    return [
        _walker(stage, 2, BLUE, 0.82, far, loop_s=14.6, begin_s=1.3),
        _walker(stage, 1, RED, 0.85, near, loop_s=14.6, begin_s=1.3),
    ]


def _visitors(stage: Stage) -> list[Performer]:
    first = (
        Stretch(1.0, 3.6, 0.0, 0.40),
        Stretch(9.0, 12.4, 0.40, 1.0),
        Stretch(17.0, 19.8, 1.0, 0.52),
        Stretch(25.0, 28.0, 0.52, 0.0),
    )
    second = Stretch(4.5, 6.6, 1.0, 0.70), Stretch(26.0, 30.1, 0.70, 0.0)
    third = Stretch(13.0, 14.9, 0.0, 0.30), Stretch(23.5, 27.1, 0.30, 1.0)
    return [
        _walker(stage, 2, BLUE, 0.865, second, loop_s=36.0),
        _walker(stage, 1, RED, 0.905, first, loop_s=36.0),
        _walker(stage, 3, GREEN, 0.945, third, loop_s=36.0),
    ]


def _passer_by(stage: Stage) -> list[Performer]:
    stretches = Stretch(2.0, 5.6, 0.0, 1.0), Stretch(7.8, 11.4, 1.0, 0.0)
    return [*_dance(stage), _walker(stage, 2, BLUE, 0.985, stretches, loop_s=12.0)]


def _bends(stage: Stage) -> list[Performer]:
    return [Sideways(stage, 1, RED, 0.90, KneeBends(stage, count=10, bend_s=2.1, loop_s=25.0))]


def _walker(
    stage: Stage,
    track_id: int,
    outfit: Outfit,
    floor_share: float,
    stretches: Sequence[Stretch],
    loop_s: float,
    begin_s: float = 0.0,
) -> Sideways:
    route = Route(stage, floor_share, stretches, loop_s, begin_s)
    return Sideways(stage, track_id, outfit, floor_share, route)


_SCENES: dict[str, Callable[[Stage], list[Performer]]] = {
    "dance": _dance,
    "walk": _walk,
    "crossing": _crossing,
    "visitors": _visitors,
    "passer-by": _passer_by,
    "stand": _stand,
    "bends": _bends,
}


def scene_of(name: str, width_px: int, height_px: int) -> Scene:
    """Set up a scene by its name.

    Raises:
        OptionError: there is no such scene.
    """
    if name not in _SCENES:
        raise OptionError(f"there is no scene {name!r}: choose {', '.join(SCENE_NAMES)}")
    stage = Stage(width_px, height_px)
    return Scene(stage, _SCENES[name](stage))
