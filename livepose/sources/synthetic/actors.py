"""The figures of a scene: each knows where it is at any time, and paints itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livepose.sources.synthetic.actions import FIGURE_SHARE, FLOOR_SHARE, MARGIN, Act, Moment, Stage
from livepose.sources.synthetic.front_figure import Figure
from livepose.sources.synthetic.occlusion import (
    FAR_ARM,
    FAR_LEG,
    NEAR_ARM,
    NEAR_LEG,
    TRUNK,
    Covers,
    Layers,
    covers_of,
)
from livepose.sources.synthetic.outfits import Outfit
from livepose.sources.synthetic.posture import Array, seen
from livepose.sources.synthetic.shading import Picture, Points
from livepose.sources.synthetic.side_figure import Walker, turned

TOES = np.array((0.10, 0.030))
"""From the ankle of a foot in side view to its toes: forward and down, in body heights."""
_LIMBS = ((5, NEAR_ARM, FAR_ARM), (11, NEAR_LEG, FAR_LEG))
_FRONT_TOES = np.array(((0.010, 0.035), (-0.010, 0.035)))


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Where a figure is at a moment."""

    joints: Points
    """(17, 2) px, the COCO keypoints."""
    layers: Layers
    """(17,): in which layer of the figure's own body each lies, as in `Covers`."""
    covers: Covers


class Performer(ABC):
    """Somebody in a scene."""

    def __init__(self, track_id: int) -> None:
        self.track_id = track_id

    @abstractmethod
    def shape(self, time_s: float) -> Shape:
        """Tell where the figure is, even outside of the picture."""

    @abstractmethod
    def paint(self, bgr: Picture, time_s: float) -> None:
        """Paint it over a picture, in place."""


class Frontal(Performer):
    """Somebody who faces the camera in the middle of the picture.

    Args:
        stage: the picture.
        track_id: whose identity it is.
        joints_at: gives (17, 2) body heights at a time in seconds; x from the middle, y up.
    """

    def __init__(self, stage: Stage, track_id: int, joints_at: Callable[[float], Points]) -> None:
        super().__init__(track_id)
        self._joints_at = joints_at
        self._body_px = FIGURE_SHARE * min(stage.width_px, stage.height_px)
        self._floor = np.array((stage.width_px / 2, stage.height_px * FLOOR_SHARE))
        self._figure = Figure(self._body_px)

    def _joints_px(self, time_s: float) -> Points:
        return np.asarray(self._floor + self._joints_at(time_s) * (self._body_px, -self._body_px))

    def shape(self, time_s: float) -> Shape:
        joints = self._joints_px(time_s)
        covers = covers_of(joints, self._body_px, _FRONT_TOES, 0.095, ((TRUNK, TRUNK),) * 2)
        # Its limbs move beside its trunk and never before it: nothing of it hides another part.
        return Shape(joints, np.full(len(joints), TRUNK), covers)

    def paint(self, bgr: Picture, time_s: float) -> None:
        self._figure.paint(bgr, self._joints_px(time_s), float(self._floor[1]))


class Sideways(Performer):
    """Somebody in side view.

    Args:
        stage: the picture.
        track_id: whose identity it is.
        outfit: what it wears.
        floor_share: where it stands, over the height of the picture.
        act: what it does when.
    """

    def __init__(
        self, stage: Stage, track_id: int, outfit: Outfit, floor_share: float, act: Act
    ) -> None:
        super().__init__(track_id)
        self._act = act
        self._size_px = stage.width_px, stage.height_px
        self._floor_y_px = stage.height_px * floor_share
        self._body_px = stage.tall_px(floor_share)
        self._walker = Walker(self._body_px, outfit)

    def _joints_px(self, moment: Moment) -> tuple[Points, Array]:
        joints, nearer = seen(moment.posture, moment.heading)
        place = np.array((moment.x_px, self._floor_y_px))
        return place + joints * (self._body_px, -self._body_px), nearer

    def shape(self, time_s: float) -> Shape:
        moment = self._act(time_s)
        joints, nearer = self._joints_px(moment)
        is_near = nearer > -np.where(np.arange(len(joints)) < 5, 0.01, 0.03)
        arms, legs = (np.where(is_near[a : a + 2], near, far) for a, near, far in _LIMBS)
        layers = np.concatenate(
            (np.where(is_near[:5], TRUNK, FAR_LEG), np.tile(arms, 3), np.tile(legs, 3))
        )
        feet = np.stack([turned(TOES, angle) for angle in moment.posture.toes_up])
        sideways = abs(float(np.cos(np.deg2rad(moment.heading))))
        covers = covers_of(
            joints,
            self._body_px,
            feet * (moment.facing * sideways, 1),
            0.100 - 0.036 * sideways,
            ((arms[0], legs[0]), (arms[1], legs[1])),
        )
        return Shape(joints, layers, covers)

    def paint(self, bgr: Picture, time_s: float) -> None:
        moment = self._act(time_s)
        margin_px = MARGIN * self._body_px
        if -margin_px < moment.x_px < self._size_px[0] + margin_px:
            joints, _ = self._joints_px(moment)
            self._walker.paint(bgr, joints, moment.posture, moment.heading, self._floor_y_px)
