"""The built-in scenes: who is in them, in which clothes, at what depth, and what they do when.

A scene is one more function of `_SCENES`, and one more of `SCENE_NAMES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, UInt8Array
from livepose.core.poses import Poses
from livepose.sources.synthetic import check_scene
from livepose.sources.synthetic.actions import KneeBends, Route, Segment, Stage
from livepose.sources.synthetic.actors import Actor, BodyShape, FrontActor, SideActor
from livepose.sources.synthetic.dance import joints_at
from livepose.sources.synthetic.outfits import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    RED,
    TURQUOISE,
    VIOLET,
    WHITE,
    YELLOW,
    Outfit,
)

HIDDEN_SCORE = 0.5
"""Of a keypoint that lies inside the frame, behind a body."""


class Scene:
    """Some figures, painted from far to near."""

    def __init__(self, stage: Stage, actors: Sequence[Actor]) -> None:
        """Put figures on a stage.

        Args:
            stage: The frame.
            actors: The farthest first.
        """
        self._size_px = np.array((stage.width_px, stage.height_px))
        self._actors = actors

    def paint(self, bgr: UInt8Array, time_s: float) -> None:
        """Paint all figures over a frame, in place."""
        for actor in self._actors:
            actor.paint(bgr, time_s)

    def truth(self, time_s: float) -> Poses:
        """Return the true poses; see `SyntheticSource.truth`."""
        shapes = [actor.shape(time_s) for actor in self._actors]
        scores = np.stack([self._scores(shape, shapes[i + 1 :]) for i, shape in enumerate(shapes)])
        boxes = np.stack([shape.capsules.bounding_box() for shape in shapes])
        ids = np.array([actor.track_id for actor in self._actors])
        xy = np.stack([shape.joints for shape in shapes]).astype(np.float32)
        poses = replace(
            Poses.from_keypoints(xy, scores.astype(np.float32)),
            box=np.clip(boxes, 0, np.tile(self._size_px, 2)).astype(np.float32),
            track_id=ids.astype(np.int32),
        )
        in_view = np.flatnonzero(scores.max(axis=1) > 0)
        return poses[in_view[np.argsort(ids[in_view])]]

    def shown(self, time_s: float) -> dict[int, float]:
        """Return what share of each figure's keypoints is inside the frame and behind nobody else.

        Args:
            time_s: Of the frame.
        """
        shapes = [actor.shape(time_s) for actor in self._actors]
        shares = {}
        for index, (actor, shape) in enumerate(zip(self._actors, shapes, strict=True)):
            is_shown = self._is_inside(shape)
            for nearer in shapes[index + 1 :]:
                is_shown &= ~nearer.capsules.hides(shape.joints)
            shares[actor.track_id] = float(is_shown.mean())
        return shares

    def _is_inside(self, shape: BodyShape) -> BoolArray:
        return np.asarray(((shape.joints >= 0) & (shape.joints < self._size_px)).all(axis=1))

    def _scores(self, shape: BodyShape, nearer: Sequence[BodyShape]) -> Float64Array:
        is_hidden = shape.capsules.hides(shape.joints, shape.layers)
        for other in nearer:
            is_hidden |= other.capsules.hides(shape.joints)
        return np.where(self._is_inside(shape), np.where(is_hidden, HIDDEN_SCORE, 1.0), 0.0)


def _dance(stage: Stage) -> list[Actor]:
    return [FrontActor(stage, 1, joints_at)]


def _stand(stage: Stage) -> list[Actor]:
    return [FrontActor(stage, 1, lambda _: joints_at(0.0))]


def _walk(stage: Stage) -> list[Actor]:
    # The figure turns outside the frame, so that it is only ever seen from the side.
    segments = Segment(0.0, 4.0, 0.0, 1.0), Segment(4.2, 8.2, 1.0, 0.0)
    return [_walker(stage, 1, RED, 0.87, segments, loop_s=8.4, begin_s=1.1)]


def _crossing(stage: Stage) -> list[Actor]:
    far = Segment(0.0, 4.4, 1.0, 0.25), Segment(5.4, 8.7, 0.25, 0.77), Segment(9.7, 14.2, 0.77, 0.0)
    near = (
        Segment(0.0, 4.4, 0.0, 0.75),
        Segment(5.5, 8.8, 0.75, 0.23),
        Segment(9.8, 14.3, 0.23, 1.0),
    )
    return [
        _walker(stage, 2, BLUE, 0.82, far, loop_s=14.6, begin_s=1.3),
        _walker(stage, 1, RED, 0.85, near, loop_s=14.6, begin_s=1.3),
    ]


def _visitors(stage: Stage) -> list[Actor]:
    first = (
        Segment(1.0, 3.6, 0.0, 0.40),
        Segment(9.0, 12.4, 0.40, 1.0),
        Segment(17.0, 19.8, 1.0, 0.52),
        Segment(25.0, 28.0, 0.52, 0.0),
    )
    second = Segment(4.5, 6.6, 1.0, 0.70), Segment(26.0, 30.1, 0.70, 0.0)
    third = Segment(13.0, 14.9, 0.0, 0.30), Segment(23.5, 27.1, 0.30, 1.0)
    return [
        _walker(stage, 2, BLUE, 0.865, second, loop_s=36.0),
        _walker(stage, 1, RED, 0.905, first, loop_s=36.0),
        _walker(stage, 3, GREEN, 0.945, third, loop_s=36.0),
    ]


def _passer_by(stage: Stage) -> list[Actor]:
    segments = Segment(2.0, 5.6, 0.0, 1.0), Segment(7.8, 11.4, 1.0, 0.0)
    return [*_dance(stage), _walker(stage, 2, BLUE, 0.985, segments, loop_s=12.0)]


def _bends(stage: Stage) -> list[Actor]:
    return [SideActor(stage, 1, RED, 0.90, KneeBends(stage, count=10, bend_s=2.1, loop_s=25.0))]


def _crowd(stage: Stage) -> list[Actor]:
    # Children and grown-ups: two meet in the middle and hug, one leaves and comes back.
    far = Segment(0.0, 12.0, 0.0, 1.0)
    far_back = Segment(2.0, 13.0, 1.0, 0.0)
    returns = (
        Segment(0.5, 4.0, 1.0, 0.66),
        Segment(12.0, 14.5, 0.66, 1.0),
        Segment(16.0, 17.2, 1.0, 0.88),
        Segment(18.2, 19.4, 0.88, 1.0),
    )
    waits_left = Segment(0.0, 2.5, 0.0, 0.14), Segment(15.0, 17.5, 0.14, 0.0)
    waits_right = Segment(0.5, 2.5, 1.0, 0.86), Segment(14.0, 16.0, 0.86, 1.0)
    late = Segment(7.5, 15.5, 0.0, 1.0)
    hugs_left = (
        Segment(0.0, 3.5, 0.0, 0.38),
        Segment(5.5, 6.5, 0.38, 0.465),
        Segment(9.0, 13.0, 0.465, 0.0),
    )
    hugs_right = (
        Segment(1.0, 4.0, 1.0, 0.62),
        Segment(5.5, 6.5, 0.62, 0.535),
        Segment(9.0, 13.0, 0.535, 1.0),
    )
    near = Segment(3.5, 8.0, 0.0, 1.0)
    near_back = Segment(10.0, 14.5, 1.0, 0.0)
    walkers = (
        (1, BLACK, 0.785, 0.42, (far,)),
        (2, YELLOW, 0.79, 0.5, (far_back,)),
        (3, GREEN, 0.795, 0.62, returns),
        (4, VIOLET, 0.80, 0.78, waits_left),
        (5, WHITE, 0.805, 0.8, waits_right),
        (6, TURQUOISE, 0.815, 0.85, (late,)),
        (7, RED, 0.83, 1.0, hugs_left),
        (8, BLUE, 0.835, 1.0, hugs_right),
        (9, ORANGE, 0.88, 1.0, (near,)),
        (10, PINK, 0.91, 1.0, (near_back,)),
    )
    return [
        _walker(
            replace(stage, figure_scale=scale),
            track_id,
            outfit,
            floor_share,
            segments,
            loop_s=20.0,
            begin_s=1.5,
        )
        for track_id, outfit, floor_share, scale, segments in walkers
    ]


def _walker(
    stage: Stage,
    track_id: int,
    outfit: Outfit,
    floor_share: float,
    segments: Sequence[Segment],
    loop_s: float,
    begin_s: float = 0.0,
) -> SideActor:
    route = Route(stage, floor_share, segments, loop_s, begin_s)
    return SideActor(stage, track_id, outfit, floor_share, route)


_SCENES: dict[str, Callable[[Stage], list[Actor]]] = {
    "dance": _dance,
    "walk": _walk,
    "crossing": _crossing,
    "visitors": _visitors,
    "passer-by": _passer_by,
    "stand": _stand,
    "bends": _bends,
    "crowd": _crowd,
}


def open_scene(name: str, width_px: int, height_px: int) -> Scene:
    """Set up a scene by its name.

    Raises:
        OptionError: If there is no such scene.
    """
    check_scene(name)
    stage = Stage(width_px, height_px)
    return Scene(stage, _SCENES[name](stage))
