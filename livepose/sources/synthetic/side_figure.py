"""Paint a person in side view, well enough for a pose network to take it for one."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import Float64Array, UInt8Array
from livepose.core.skeleton import Keypoint
from livepose.sources.synthetic.gait import BALL
from livepose.sources.synthetic.limbs import (
    ANKLES,
    ARMS,
    EARS,
    EYES,
    HIPS,
    LEGS,
    LOWER_BODY,
    SHOULDERS,
)
from livepose.sources.synthetic.outfits import Outfit
from livepose.sources.synthetic.posture import ANKLE_HEIGHT, Posture
from livepose.sources.synthetic.shading import (
    Color,
    blend,
    blob_layers,
    darken,
    fill,
    limb_layers,
    paint_layers,
    shadow_spot,
)
from livepose.sources.synthetic.side_outlines import (
    BROW,
    EAR,
    EAR_HOLLOW,
    EYE,
    FACE,
    FINGERS,
    FOREARM,
    IRIS,
    LID,
    LIPS,
    NECK,
    NOSTRIL,
    PALM,
    SEAT,
    SHANK,
    SHIN,
    SHIRT,
    SKULL_ASIDE,
    SKULL_BEHIND,
    SLEEVE,
    SOLE,
    THIGH,
    THUMB,
    UPPER,
    UPPER_ARM,
)

NEUTRAL_EYE = np.array((0.045, -0.0075))
"""From the ear to the eye when the head is upright: x forward, y down, in body heights."""
HEAD_SCALE = 1.06
EYE_WHITE: Color = (232, 236, 240)
IRIS_COLOR: Color = (32, 40, 60)
LIP: Color = (104, 118, 190)
FACE_SHOWS = 0.85
"""The face is visible while the cosine of the heading is larger than this."""
SMALL_PX = 440.0
"""A figure up to this height is painted with fewer layers: more would not be visible."""


class SideFigure:
    """Paints one person of a given height, in side view."""

    def __init__(self, height_px: float, outfit: Outfit) -> None:
        """Prepare the colors and the shadows.

        Args:
            height_px: From the floor to the crown when the figure stands upright.
            outfit: Its clothes.
        """
        self._height_px = height_px
        self._near = outfit
        self._far = outfit.dimmed()
        self._far_every, self._near_every = (3, 2) if height_px <= SMALL_PX else (2, 1)
        self._body_shadow = shadow_spot(0.56 * height_px, 0.11 * height_px, 0.34)
        self._foot_shadow = shadow_spot(0.22 * height_px, 0.045 * height_px, 0.50)

    def paint(
        self,
        bgr: UInt8Array,
        joints: Float64Array,
        posture: Posture,
        heading: float,
        floor_y_px: float,
    ) -> None:
        """Paint the person over a frame, in place.

        Args:
            bgr: (H, W, 3) uint8, blue first.
            joints: (17, 2) px, the COCO keypoints of `posture`.
            posture: The body.
            heading: The body's, in degrees; see `livepose.sources.synthetic.posture`.
            floor_y_px: Where a standing foot touches the floor; the shadow falls there.
        """
        # The near side of the body: the left one, 0, or the right one, 1.
        near = 1 if np.cos(np.deg2rad(heading)) > 0 else 0
        far = 1 - near
        width = self._width(heading, 1.45)
        few, many = self._far_every, self._near_every
        self._paint_shadow(bgr, joints, floor_y_px)
        self._paint_arm(bgr, joints[ARMS[far]], width, self._far, few)
        shoes = [self._width(heading + turn, 0.42) for turn in posture.feet_turned]
        tilts = posture.toes_up
        self._paint_leg(bgr, joints[LEGS[far]], tilts[far], shoes[far], self._far, few)
        trunk = joints[SHOULDERS].mean(axis=0), joints[HIPS].mean(axis=0)
        seat = blob_layers(_along(trunk, SEAT, width), 0.03 * self._height_px, every=many)
        paint_layers(bgr, [seat], self._near.trousers, many)
        self._paint_leg(bgr, joints[LEGS[near]], tilts[near], shoes[near], self._near, many)
        self._paint_neck(bgr, trunk[0], joints[EARS].mean(axis=0), width)
        shirt = blob_layers(_along(trunk, SHIRT, width), 0.06 * self._height_px)
        paint_layers(bgr, [shirt], self._near.shirt)
        eye_from_ear = posture.joints[Keypoint.LEFT_EYE] - posture.joints[Keypoint.LEFT_EAR]
        tilt = _rotation_between(NEUTRAL_EYE, eye_from_ear[:2] * (1, -1))
        eye, ear, far_ear = joints[EYES[near]], joints[EARS[near]], joints[EARS[far]]
        self._paint_head(bgr, eye, ear, far_ear, tilt, heading)
        self._paint_arm(bgr, joints[ARMS[near]], width, self._near, many)

    def _width(self, heading: float, breadth: float) -> Float64Array:
        """Return the scale of a side view of a part at a heading: (2,) px, x forward, y down.

        Args:
            heading: The part's, in degrees.
            breadth: Its width from behind over its width from the side.
        """
        c, s = np.cos(np.deg2rad(heading)), np.sin(np.deg2rad(heading))
        return np.array((np.copysign(np.hypot(c, breadth * s), c), 1.0)) * self._height_px

    def _limb(
        self,
        start: Float64Array,
        end: Float64Array,
        radii: tuple[float, ...],
        every: int,
        is_open: bool = False,
    ) -> Float64Array:
        return limb_layers(start, end, radii, self._height_px, is_open=is_open, every=every)

    def _paint_shadow(self, bgr: UInt8Array, joints: Float64Array, floor_y_px: float) -> None:
        # The lamp hangs to the left, so the shadow falls a little to the right.
        under = np.array((joints[LOWER_BODY, 0].mean() + 0.03 * self._height_px, floor_y_px))
        darken(bgr, self._body_shadow, under)
        for ankle in joints[ANKLES]:
            height = (floor_y_px - ankle[1]) / self._height_px - ANKLE_HEIGHT
            if height < 0.04:
                darken(bgr, self._foot_shadow, np.array((ankle[0], floor_y_px)))

    def _paint_leg(
        self,
        bgr: UInt8Array,
        joints: Float64Array,
        toes_up: float,
        forward: Float64Array,
        outfit: Outfit,
        every: int,
    ) -> None:
        hip, knee, ankle = joints
        shin = self._limb(ankle + (knee - ankle) * 0.2, ankle + (ankle - knee) * 0.04, SHIN, every)
        paint_layers(bgr, [shin], outfit.skin, every)
        fill(bgr, ankle + _stepping(SOLE, toes_up) * forward, outfit.sole)
        shoe = ankle + _stepping(UPPER, toes_up) * forward
        upper = blob_layers(shoe, 0.02 * self._height_px, every=every)
        paint_layers(bgr, [upper], outfit.shoe, every)
        cuff = ankle + (knee - ankle) * 0.10
        thigh = self._limb(hip, knee, THIGH, every)
        shank = self._limb(knee, cuff, SHANK, every, is_open=True)
        paint_layers(bgr, [thigh, shank], outfit.trousers, every)

    def _paint_neck(
        self, bgr: UInt8Array, chest: Float64Array, ears: Float64Array, forward: Float64Array
    ) -> None:
        start = chest + (ears - chest) * 0.05 - forward * (0.006, 0.0)
        end = chest + (ears - chest) * 0.72 - forward * (0.006, 0.0)
        skin = self._near.skin
        every = self._near_every
        neck = self._limb(start, end, NECK, every)
        paint_layers(bgr, [neck], (skin[0], blend(skin, 0.6)), every)

    def _paint_arm(
        self,
        bgr: UInt8Array,
        joints: Float64Array,
        forward: Float64Array,
        outfit: Outfit,
        every: int,
    ) -> None:
        shoulder, elbow, wrist = joints
        along = (wrist - elbow) / np.hypot(*(wrist - elbow)) * self._height_px
        across = np.array((along[1], -along[0])) * np.sign(forward[0])
        knuckles = wrist + along * 0.040
        tips = knuckles + along * 0.040 + across * 0.010
        thumb = wrist + along * 0.014, wrist + along * 0.046 + across * 0.022
        skin = [
            self._limb(shoulder + (elbow - shoulder) * 0.45, elbow, UPPER_ARM[1:], every),
            self._limb(elbow, wrist, FOREARM, every),
            self._limb(wrist, knuckles, PALM, every),
            self._limb(knuckles, tips, FINGERS, every),
            self._limb(*thumb, THUMB, every),
        ]
        paint_layers(bgr, skin, outfit.skin, every)
        along = elbow - shoulder
        cap = self._limb(shoulder, shoulder + along * 0.3, SLEEVE[:2], every)
        sleeve = self._limb(shoulder, shoulder + along * 0.6, SLEEVE, every, is_open=True)
        paint_layers(bgr, [cap, sleeve], outfit.shirt, every)

    def _paint_head(
        self,
        bgr: UInt8Array,
        eye: Float64Array,
        ear: Float64Array,
        far_ear: Float64Array,
        tilt: Float64Array,
        heading: float,
    ) -> None:
        skin, hair = self._near.skin, self._near.hair
        middle = (ear + far_ear) / 2
        frame = tilt * self._width(heading, 0.5) * HEAD_SCALE
        aside = float(np.cos(np.deg2rad(heading)))
        flat = tilt * np.array((aside, 1.0)) * self._height_px * HEAD_SCALE
        fill(bgr, far_ear + EAR @ frame, blend(skin, 0.1))
        every = self._near_every
        oval = blob_layers(middle + FACE @ flat, 0.04 * self._height_px, (0.6, 0.5), every=every)
        paint_layers(bgr, [oval], skin, every)
        # From behind the hair covers all of the head, and both sides are alike.
        behind, unit = 1 - aside * aside, np.array((np.copysign(1.0, aside), 1.0))
        skull = SKULL_ASIDE * (1 - behind) + SKULL_BEHIND * behind
        skull = middle + skull @ tilt * unit * self._height_px * HEAD_SCALE
        paint_layers(bgr, [blob_layers(skull, 0.05 * self._height_px, every=every)], hair, every)
        fill(bgr, ear + EAR @ frame, blend(skin, 0.45))
        fill(bgr, ear + EAR_HOLLOW @ frame, blend(skin, 0.0))
        if abs(aside) > FACE_SHOWS:
            self._paint_face(bgr, eye, middle, flat)

    def _paint_face(
        self, bgr: UInt8Array, eye: Float64Array, middle: Float64Array, frame: Float64Array
    ) -> None:
        skin, hair = self._near.skin, self._near.hair
        fill(bgr, eye + EYE @ frame, EYE_WHITE)
        fill(bgr, eye + IRIS @ frame, IRIS_COLOR)
        fill(bgr, eye + LID @ frame, hair[0])
        fill(bgr, eye + BROW @ frame, blend(hair, 0.5))
        fill(bgr, middle + LIPS @ frame, LIP)
        fill(bgr, middle + NOSTRIL @ frame, blend(skin, 0.1))


def _along(
    trunk: tuple[Float64Array, Float64Array], profile: Float64Array, forward: Float64Array
) -> Float64Array:
    """Return a profile laid along the line from chest to hip: (N, 2) px."""
    chest, hip = trunk
    down = (hip - chest) / np.hypot(*(hip - chest))
    across = np.array((down[1], -down[0])) * forward[0]
    return np.asarray(chest + profile[:, 1:] * (hip - chest) + profile[:, :1] * across)


def rotated(outline: Float64Array, degrees: float) -> Float64Array:
    """Return an (..., 2) outline turned around 0, 0, front upwards; x forward, y down."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.asarray(outline @ np.array(((c, -s), (s, c))))


def _stepping(outline: Float64Array, toes_up: float) -> Float64Array:
    """Return a shoe tilted around its ankle; as the heel rises, the toes stay on the floor."""
    ball = np.array((BALL, ANKLE_HEIGHT))
    toes = rotated(ball, toes_up) + rotated(outline - ball, max(toes_up, 0.25 * toes_up))
    return np.where(outline[:, :1] > BALL, toes, rotated(outline, toes_up))


def _rotation_between(before: Float64Array, after: Float64Array) -> Float64Array:
    """Return the rotation, (2, 2) for rows, that takes one direction to another."""
    a, b = before / np.hypot(*before), after / np.hypot(*after)
    c, s = a @ b, a[0] * b[1] - a[1] * b[0]
    return np.array(((c, s), (-s, c)))
