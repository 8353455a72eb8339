"""Paints a person from the side in given joints, for a pose network to take it for one."""

from __future__ import annotations

import numpy as np

from livepose.sources.synthetic.gait import BALL
from livepose.sources.synthetic.outfits import Outfit
from livepose.sources.synthetic.posture import ANKLE, Posture
from livepose.sources.synthetic.shading import (
    Color,
    Picture,
    Points,
    blend,
    bone,
    darken,
    fill,
    mass,
    paint_layers,
    soft_spot,
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
"""Where the eye lies from the ear when the head is upright: x forward, y down."""
HEAD_SCALE = 1.06
EYE_WHITE: Color = (232, 236, 240)
IRIS_COLOR: Color = (32, 40, 60)
LIP: Color = (104, 118, 190)
FACE_SHOWS = 0.85
"""Cosine of the heading from which on the face is not hidden by the back of the head."""
SMALL_PX = 440.0
"""Of a figure up to this height, only some steps of light are painted: more are not seen."""


class Walker:
    """Paints one person of a given height, in side view.

    Args:
        height_px: from the floor to the crown when it stands upright.
        outfit: its clothes.
    """

    def __init__(self, height_px: float, outfit: Outfit) -> None:
        self._height_px = height_px
        self._near = outfit
        self._far = outfit.in_the_shade()
        self._every = (3, 2) if height_px <= SMALL_PX else (2, 1)
        self._body_shadow = soft_spot(0.56 * height_px, 0.11 * height_px, 0.34)
        self._foot_shadow = soft_spot(0.22 * height_px, 0.045 * height_px, 0.50)

    def paint(
        self, bgr: Picture, joints: Points, posture: Posture, heading: float, floor_y_px: float
    ) -> None:
        """Paint over a picture, in place.

        Args:
            bgr: (H, W, 3) uint8.
            joints: (17, 2) px, the COCO keypoints in the usual order.
            posture: whose joints these are.
            heading: of the body in degrees; see `livepose.sources.synthetic.posture`.
            floor_y_px: where a foot that stands touches the floor; the shadow falls there.
        """
        # Which of each pair of keypoints is near: the left one, 0, or the right one, 1.
        near = 1 if np.cos(np.deg2rad(heading)) > 0 else 0
        far = 1 - near
        width = self._width(heading, 1.45)
        few, many = self._every
        self._paint_shadow(bgr, joints, floor_y_px)
        self._paint_arm(bgr, joints[5 + far : 11 : 2], width, self._far, few)
        shoes = [self._width(heading + turn, 0.42) for turn in posture.feet_turned]
        tilts = posture.toes_up
        self._paint_leg(bgr, joints[11 + far :: 2], tilts[far], shoes[far], self._far, few)
        trunk = joints[5:7].mean(axis=0), joints[11:13].mean(axis=0)
        seat = mass(_along(trunk, SEAT, width), 0.03 * self._height_px, every=many)
        paint_layers(bgr, [seat], self._near.trousers, many)
        self._paint_leg(bgr, joints[11 + near :: 2], tilts[near], shoes[near], self._near, many)
        self._paint_neck(bgr, trunk[0], joints[3:5].mean(axis=0), width)
        shirt = mass(_along(trunk, SHIRT, width), 0.06 * self._height_px)
        paint_layers(bgr, [shirt], self._near.shirt)
        tilt = _turn_between(NEUTRAL_EYE, (posture.joints[1] - posture.joints[3])[:2] * (1, -1))
        self._paint_head(bgr, joints[1 + near :: 2][:2], joints[4 - near], tilt, heading)
        self._paint_arm(bgr, joints[5 + near : 11 : 2], width, self._near, many)

    def _width(self, heading: float, breadth: float) -> Points:
        """Scale a side view of a part for a heading: (2,) px for x forward and y down.

        Args:
            heading: of the part.
            breadth: how broad it is from behind, over what it is from the side.
        """
        c, s = np.cos(np.deg2rad(heading)), np.sin(np.deg2rad(heading))
        return np.array((np.copysign(np.hypot(c, breadth * s), c), 1.0)) * self._height_px

    def _bone(
        self,
        start: Points,
        end: Points,
        radii: tuple[float, ...],
        every: int,
        is_open: bool = False,
    ) -> Points:
        return bone(start, end, radii, self._height_px, is_open=is_open, every=every)

    def _paint_shadow(self, bgr: Picture, joints: Points, floor_y_px: float) -> None:
        # The lamp hangs to the left, so the shadow falls a little to the right.
        under = np.array((joints[11:17, 0].mean() + 0.03 * self._height_px, floor_y_px))
        darken(bgr, self._body_shadow, under)
        for ankle in joints[15:17]:
            height = (floor_y_px - ankle[1]) / self._height_px - ANKLE
            if height < 0.04:
                darken(bgr, self._foot_shadow, np.array((ankle[0], floor_y_px)))

    def _paint_leg(
        self,
        bgr: Picture,
        joints: Points,
        toes_up: float,
        forward: Points,
        outfit: Outfit,
        every: int,
    ) -> None:
        hip, knee, ankle = joints
        shin = self._bone(ankle + (knee - ankle) * 0.2, ankle + (ankle - knee) * 0.04, SHIN, every)
        paint_layers(bgr, [shin], outfit.skin, every)
        fill(bgr, ankle + _stepping(SOLE, toes_up) * forward, outfit.sole)
        shoe = ankle + _stepping(UPPER, toes_up) * forward
        upper = mass(shoe, 0.02 * self._height_px, every=every)
        paint_layers(bgr, [upper], outfit.shoe, every)
        cuff = ankle + (knee - ankle) * 0.10
        thigh = self._bone(hip, knee, THIGH, every)
        shank = self._bone(knee, cuff, SHANK, every, is_open=True)
        paint_layers(bgr, [thigh, shank], outfit.trousers, every)

    def _paint_neck(self, bgr: Picture, chest: Points, ears: Points, forward: Points) -> None:
        start = chest + (ears - chest) * 0.05 - forward * (0.006, 0.0)
        end = chest + (ears - chest) * 0.72 - forward * (0.006, 0.0)
        skin = self._near.skin
        every = self._every[1]
        neck = self._bone(start, end, NECK, every)
        paint_layers(bgr, [neck], (skin[0], blend(skin, 0.6)), every)

    def _paint_arm(
        self, bgr: Picture, joints: Points, forward: Points, outfit: Outfit, every: int
    ) -> None:
        shoulder, elbow, wrist = joints
        along = (wrist - elbow) / np.hypot(*(wrist - elbow)) * self._height_px
        across = np.array((along[1], -along[0])) * np.sign(forward[0])
        knuckles = wrist + along * 0.040
        tips = knuckles + along * 0.040 + across * 0.010
        thumb = wrist + along * 0.014, wrist + along * 0.046 + across * 0.022
        skin = [
            self._bone(shoulder + (elbow - shoulder) * 0.45, elbow, UPPER_ARM[1:], every),
            self._bone(elbow, wrist, FOREARM, every),
            self._bone(wrist, knuckles, PALM, every),
            self._bone(knuckles, tips, FINGERS, every),
            self._bone(*thumb, THUMB, every),
        ]
        paint_layers(bgr, skin, outfit.skin, every)
        along = elbow - shoulder
        cap = self._bone(shoulder, shoulder + along * 0.3, SLEEVE[:2], every)
        sleeve = self._bone(shoulder, shoulder + along * 0.6, SLEEVE, every, is_open=True)
        paint_layers(bgr, [cap, sleeve], outfit.shirt, every)

    def _paint_head(
        self, bgr: Picture, near: Points, far_ear: Points, tilt: Points, heading: float
    ) -> None:
        eye, ear = near
        skin, hair = self._near.skin, self._near.hair
        middle = (ear + far_ear) / 2
        frame = tilt * self._width(heading, 0.5) * HEAD_SCALE
        aside = float(np.cos(np.deg2rad(heading)))
        flat = tilt * np.array((aside, 1.0)) * self._height_px * HEAD_SCALE
        fill(bgr, far_ear + EAR @ frame, blend(skin, 0.1))
        every = self._every[1]
        oval = mass(middle + FACE @ flat, 0.04 * self._height_px, (0.6, 0.5), every=every)
        paint_layers(bgr, [oval], skin, every)
        # From behind there is no face to leave free, and both sides are alike.
        behind, unit = 1 - aside * aside, np.array((np.copysign(1.0, aside), 1.0))
        skull = SKULL_ASIDE * (1 - behind) + SKULL_BEHIND * behind
        skull = middle + skull @ tilt * unit * self._height_px * HEAD_SCALE
        paint_layers(bgr, [mass(skull, 0.05 * self._height_px, every=every)], hair, every)
        fill(bgr, ear + EAR @ frame, blend(skin, 0.45))
        fill(bgr, ear + EAR_HOLLOW @ frame, blend(skin, 0.0))
        if abs(aside) > FACE_SHOWS:
            self._paint_face(bgr, eye, middle, flat)

    def _paint_face(self, bgr: Picture, eye: Points, middle: Points, frame: Points) -> None:
        skin, hair = self._near.skin, self._near.hair
        fill(bgr, eye + EYE @ frame, EYE_WHITE)
        fill(bgr, eye + IRIS @ frame, IRIS_COLOR)
        fill(bgr, eye + LID @ frame, hair[0])
        fill(bgr, eye + BROW @ frame, blend(hair, 0.5))
        fill(bgr, middle + LIPS @ frame, LIP)
        fill(bgr, middle + NOSTRIL @ frame, blend(skin, 0.1))


def _along(trunk: tuple[Points, Points], profile: Points, forward: Points) -> Points:
    """Lay a profile along the line from chest to hip: (N, 2) px."""
    chest, hip = trunk
    down = (hip - chest) / np.hypot(*(hip - chest))
    across = np.array((down[1], -down[0])) * forward[0]
    return np.asarray(chest + profile[:, 1:] * (hip - chest) + profile[:, :1] * across)


def turned(outline: Points, degrees: float) -> Points:
    """Turn an (..., 2) outline around 0, 0 so that its front goes up; x forward, y down."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.asarray(outline @ np.array(((c, -s), (s, c))))


def _stepping(outline: Points, toes_up: float) -> Points:
    """Tilt a shoe around its ankle; as the heel rises, the toes stay on the floor."""
    ball = np.array((BALL, ANKLE))
    toes = turned(ball, toes_up) + turned(outline - ball, max(toes_up, 0.25 * toes_up))
    return np.where(outline[:, :1] > BALL, toes, turned(outline, toes_up))


def _turn_between(before: Points, after: Points) -> Points:
    """Find the rotation, (2, 2) for rows, that brings one direction to another."""
    a, b = before / np.hypot(*before), after / np.hypot(*after)
    c, s = a @ b, a[0] * b[1] - a[1] * b[0]
    return np.array(((c, s), (-s, c)))
