"""The figures of a scene: each knows where it is at any time, and paints itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livepose.core.arrays import Float64Array, IntpArray, UInt8Array
from livepose.sources.synthetic.actions import (
    FIGURE_SHARE,
    FLOOR_SHARE,
    MARGIN,
    Action,
    Moment,
    Stage,
)
from livepose.sources.synthetic.front_figure import FrontFigure
from livepose.sources.synthetic.limbs import ARMS, FACE, HIPS, LEGS, SHOULDERS
from livepose.sources.synthetic.occlusion import (
    FAR_ARM,
    FAR_LEG,
    NEAR_ARM,
    NEAR_LEG,
    TRUNK,
    Capsules,
    body_capsules,
)
from livepose.sources.synthetic.outfits import Outfit
from livepose.sources.synthetic.posture import project
from livepose.sources.synthetic.side_figure import SideFigure, rotated

_SIDE_TOES = np.array((0.10, 0.030))
"""From the ankle to the toes of a foot in side view: forward and down, in body heights."""
_FRONT_TOES = np.array(((0.010, 0.035), (-0.010, 0.035)))
"""From the left and the right ankle to the toes in front view: right and down."""
_FRONT_TRUNK = 0.095
"""The trunk's radius in front view, in body heights."""
_NEAR_FACE, _NEAR_BODY = -0.01, -0.03
"""From this nearness on, in body heights, a keypoint counts as on the near side."""


@dataclass(frozen=True, slots=True, eq=False)
class BodyShape:
    """Where a figure is at a moment."""

    joints: Float64Array
    """(17, 2) px, the COCO keypoints."""
    layers: IntpArray
    """(17,): the layer of the figure's own body in which each keypoint lies, as in `Capsules`."""
    capsules: Capsules
    """The body, which hides what is behind it."""


class Actor(ABC):
    """A figure in a scene."""

    def __init__(self, track_id: int) -> None:
        self.track_id = track_id

    @abstractmethod
    def shape(self, time_s: float) -> BodyShape:
        """Return where the figure is, even outside the frame."""

    @abstractmethod
    def paint(self, bgr: UInt8Array, time_s: float) -> None:
        """Paint the figure over a frame, in place."""


class FrontActor(Actor):
    """A figure that faces the camera in the middle of the frame."""

    def __init__(
        self, stage: Stage, track_id: int, joints_at: Callable[[float], Float64Array]
    ) -> None:
        """Place a figure.

        Args:
            stage: The frame.
            track_id: The figure's identity.
            joints_at: Returns (17, 2) body heights for a time in seconds; x from the middle, y up.
        """
        super().__init__(track_id)
        self._joints_at = joints_at
        self._body_px = FIGURE_SHARE * min(stage.width_px, stage.height_px)
        self._floor = np.array((stage.width_px / 2, stage.height_px * FLOOR_SHARE))
        self._figure = FrontFigure(self._body_px)

    def _joints_px(self, time_s: float) -> Float64Array:
        return np.asarray(self._floor + self._joints_at(time_s) * (self._body_px, -self._body_px))

    def shape(self, time_s: float) -> BodyShape:
        joints = self._joints_px(time_s)
        layers = ((TRUNK, TRUNK), (TRUNK, TRUNK))
        capsules = body_capsules(joints, self._body_px, _FRONT_TOES, _FRONT_TRUNK, layers)
        # Its limbs move beside the trunk, never in front of it: no part hides another.
        return BodyShape(joints, np.full(len(joints), TRUNK), capsules)

    def paint(self, bgr: UInt8Array, time_s: float) -> None:
        self._figure.paint(bgr, self._joints_px(time_s), float(self._floor[1]))


class SideActor(Actor):
    """A figure in side view."""

    def __init__(
        self, stage: Stage, track_id: int, outfit: Outfit, floor_share: float, action: Action
    ) -> None:
        """Place a figure.

        Args:
            stage: The frame.
            track_id: The figure's identity.
            outfit: Its clothes.
            floor_share: Where it stands, over the height of the frame.
            action: What it does when.
        """
        super().__init__(track_id)
        self._action = action
        self._size_px = stage.width_px, stage.height_px
        self._floor_y_px = stage.height_px * floor_share
        self._body_px = stage.figure_height_px(floor_share)
        self._figure = SideFigure(self._body_px, outfit)

    def _joints_px(self, moment: Moment) -> tuple[Float64Array, Float64Array]:
        joints, nearness = project(moment.posture, moment.heading)
        place = np.array((moment.x_px, self._floor_y_px))
        return place + joints * (self._body_px, -self._body_px), nearness

    def shape(self, time_s: float) -> BodyShape:
        moment = self._action(time_s)
        joints, nearness = self._joints_px(moment)
        layers = _layers(nearness)
        toes = np.stack([rotated(_SIDE_TOES, angle) for angle in moment.posture.toes_up])
        sideways = abs(float(np.cos(np.deg2rad(moment.heading))))
        capsules = body_capsules(
            joints,
            self._body_px,
            toes * (moment.facing * sideways, 1),
            0.100 - 0.036 * sideways,
            [(layers[arm[0]], layers[leg[0]]) for arm, leg in zip(ARMS, LEGS, strict=True)],
        )
        return BodyShape(joints, layers, capsules)

    def paint(self, bgr: UInt8Array, time_s: float) -> None:
        moment = self._action(time_s)
        margin_px = MARGIN * self._body_px
        if -margin_px < moment.x_px < self._size_px[0] + margin_px:
            joints, _ = self._joints_px(moment)
            self._figure.paint(bgr, joints, moment.posture, moment.heading, self._floor_y_px)


def _layers(nearness: Float64Array) -> IntpArray:
    """Return the layer of each keypoint of a figure in side view: (17,).

    Args:
        nearness: (17,) body heights; how much nearer than the middle of the body each keypoint is.
    """
    layers = np.empty(len(nearness), np.intp)
    layers[FACE] = np.where(nearness[FACE] > _NEAR_FACE, TRUNK, FAR_LEG)
    for arm, shoulder in zip(ARMS, SHOULDERS, strict=True):
        layers[arm] = NEAR_ARM if nearness[shoulder] > _NEAR_BODY else FAR_ARM
    for leg, hip in zip(LEGS, HIPS, strict=True):
        layers[leg] = NEAR_LEG if nearness[hip] > _NEAR_BODY else FAR_LEG
    return layers
