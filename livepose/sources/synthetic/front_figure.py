"""Paints a person in given joints, well enough that a pose network takes it for one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livepose.sources.synthetic.shading import (
    LAYERS,
    Color,
    Picture,
    Points,
    Shade,
    blend,
    bone,
    darken,
    fill,
    mass,
    paint_layers,
    rounded,
    soft_spot,
)

DISC = np.array([(np.cos(a), np.sin(a)) for a in np.arange(0.0, 6.2, np.pi / 6)])
"""A circle of radius 1."""

SKIN: Shade = ((96, 128, 184), (164, 196, 236))
HAIR: Shade = ((28, 34, 48), (60, 78, 110))
SHIRT: Shade = ((52, 70, 150), (98, 128, 218))
TROUSERS: Shade = ((42, 33, 28), (94, 80, 70))
SHOE: Shade = ((168, 172, 178), (238, 240, 242))
SOLE: Color = (100, 108, 120)
LIP: Color = (100, 106, 176)
EYE_WHITE: Color = (232, 236, 240)
IRIS: Color = (32, 40, 60)

# Radii along a bone from its start to its end, in body heights.
UPPER_ARM = (0.030, 0.031, 0.029, 0.026, 0.0235)
FOREARM = (0.0235, 0.0265, 0.025, 0.020, 0.0170)
SLEEVE = (0.029, 0.036, 0.0365, 0.0365)
THIGH = (0.048, 0.056, 0.056, 0.050, 0.042)
SHANK = (0.042, 0.0435, 0.041, 0.036, 0.033)
NECK = (0.034, 0.029, 0.029)
SHIN = (0.021, 0.021)
PALM = (0.0165, 0.0225, 0.0235)
FINGERS = ((-0.75, 0.074), (-0.26, 0.087), (0.25, 0.084), (0.72, 0.073))
"""How far across the palm, and the length from the wrist in body heights."""

# Outward of the line from shoulder to hip, in body heights; down it, 1 at the hip.
SHIRT_FLANK = (
    (-0.066, -0.118), (-0.044, -0.098), (-0.012, -0.072), (0.015, 0.03), (0.012, 0.25),
    (0.015, 0.45), (0.023, 0.68), (0.040, 0.88), (0.050, 0.99), (-0.020, 1.03),
)  # fmt: skip
SEAT_FLANK = ((0.020, 0.86), (0.040, 1.02), (0.028, 1.11), (-0.040, 1.15))


HEAD_SCALE = 1.08
"""A head a little larger than life is easier to read in a small picture."""
# fmt: off
# The head around the middle of the ears, its parts around their keypoints: x to the subject's
# left (for ears and eyes outward), y down, in body heights.
SKULL = rounded((
    (0.000, -0.098), (0.034, -0.089), (0.056, -0.058), (0.057, -0.020), (0.052, 0.006),
    (-0.052, 0.006), (-0.057, -0.020), (-0.057, -0.058), (-0.036, -0.090)))
FACE = rounded((
    (-0.030, -0.036), (0.000, -0.047), (0.030, -0.050), (0.044, -0.026), (0.0485, -0.004),
    (0.047, 0.018), (0.040, 0.042), (0.021, 0.065), (0.000, 0.069), (-0.021, 0.065),
    (-0.040, 0.042), (-0.047, 0.018), (-0.0485, -0.004), (-0.043, -0.024)))
EAR = rounded(((0.0, -0.017), (0.008, -0.014), (0.010, -0.002), (0.005, 0.015), (-0.004, 0.018)))
NOSE_SHADE = rounded((
    (0.003, -0.020), (0.006, -0.004), (0.011, 0.004), (0.005, 0.009), (-0.009, 0.006)))
NOSE_LIGHT = rounded((
    (-0.003, -0.018), (0.001, -0.018), (0.003, -0.002), (0.000, 0.004), (-0.006, 0.002)))
MOUTH = rounded((
    (-0.018, 0.0205), (-0.006, 0.0225), (0.006, 0.0225), (0.018, 0.0205), (0.007, 0.0285),
    (-0.007, 0.0285)))
EYE = rounded((
    (-0.0115, 0.001), (-0.004, -0.0055), (0.005, -0.0055), (0.012, -0.001), (0.000, 0.005)))
LID = np.array((
    (-0.0125, 0.001), (-0.006, -0.0050), (0.000, -0.0070), (0.007, -0.0056), (0.0135, -0.001),
    (0.007, -0.0038), (0.000, -0.0050), (-0.006, -0.0032)))
BROW = rounded(((-0.013, -0.0145), (0.002, -0.0185), (0.017, -0.0125), (0.002, -0.0150)))
# A shoe seen from the front: x outward, y down from the ankle.
SHOE_SOLE = rounded((
    (-0.027, 0.026), (-0.027, 0.052), (-0.008, 0.060), (0.030, 0.060), (0.047, 0.052),
    (0.034, 0.026)))
SHOE_UPPER = rounded((
    (-0.020, 0.004), (-0.026, 0.030), (-0.024, 0.046), (-0.006, 0.053), (0.028, 0.053),
    (0.042, 0.045), (0.036, 0.028), (0.023, 0.004)))
# fmt: on
class Figure:
    """Paints one person of a given height, facing the camera.

    Args:
        height_px: from the floor to the crown when it stands upright.
    """

    def __init__(self, height_px: float) -> None:
        self._height_px = height_px
        self._body_shadow = soft_spot(0.62 * height_px, 0.13 * height_px, 0.34)
        self._foot_shadow = soft_spot(0.17 * height_px, 0.055 * height_px, 0.55)

    def paint(self, bgr: Picture, joints: Points, floor_y_px: float) -> None:
        """Paint over a picture, in place.

        Args:
            bgr: (H, W, 3) uint8.
            joints: (17, 2) px, the COCO keypoints in the usual order.
            floor_y_px: where a foot that stands touches the floor; the shadow falls there.
        """
        self._paint_shadow(bgr, joints, floor_y_px)
        self._paint_legs(bgr, joints)
        self._paint_shirt(bgr, joints)
        for shoulder, elbow, wrist in joints[[6, 8, 10]], joints[[5, 7, 9]]:
            self._paint_arm(bgr, shoulder, elbow, wrist)
        self._paint_head(bgr, joints[:5])

    def _paint_shadow(self, bgr: Picture, joints: Points, floor_y_px: float) -> None:
        # The lamp hangs to the left, so the shadow falls a little to the right.
        under = np.array((joints[11:17, 0].mean() + 0.03 * self._height_px, floor_y_px))
        darken(bgr, self._body_shadow, under)
        for ankle, outward in (joints[15], 1), (joints[16], -1):
            x_px = ankle[0] + 0.01 * outward * self._height_px
            darken(bgr, self._foot_shadow, np.array((x_px, floor_y_px)))

    def _bone(
        self, start: Points, end: Points, radii: tuple[float, ...], is_open: bool = False
    ) -> Points:
        return bone(start, end, radii, self._height_px, is_open=is_open)

    def _paint_legs(self, bgr: Picture, joints: Points) -> None:
        parts = [mass(rounded(self._flanks(joints, SEAT_FLANK)), 0.04 * self._height_px)]
        for hip, knee, ankle, outward in (*joints[[12, 14, 16]], -1), (*joints[[11, 13, 15]], 1):
            self._paint_shoe(bgr, ankle, outward)
            cuff = ankle + (knee - ankle) * 0.07
            parts += [self._bone(hip, knee, THIGH), self._bone(knee, cuff, SHANK, is_open=True)]
        paint_layers(bgr, parts, TROUSERS)

    def _paint_shoe(self, bgr: Picture, ankle: Points, outward: int) -> None:
        unit = self._height_px * np.array((outward, 1.0))
        below = ankle + unit * (0.0, 0.02)
        paint_layers(bgr, [self._bone(ankle - unit * (0.0, 0.03), below, SHIN)], SKIN)
        fill(bgr, ankle + SHOE_SOLE * unit, SOLE)
        upper = mass(ankle + SHOE_UPPER * unit, 0.02 * self._height_px)
        paint_layers(bgr, [upper], SHOE)

    def _flanks(self, joints: Points, profile: Sequence[tuple[float, float]]) -> Points:
        """Go down the subject's left flank and up its right one: (2 N, 2)."""
        outward, down = np.array(profile).T[:, :, None]
        across = joints[11] - joints[12]
        across = across / np.hypot(*across) * self._height_px
        left = joints[5] + (joints[11] - joints[5]) * down + across * outward
        right = joints[6] + (joints[12] - joints[6]) * down - across * outward
        return np.concatenate((left, right[::-1]))

    def _paint_shirt(self, bgr: Picture, joints: Points) -> None:
        parts = [mass(rounded(self._flanks(joints, SHIRT_FLANK)), 0.08 * self._height_px)]
        for shoulder, elbow in joints[[5, 7]], joints[[6, 8]]:
            parts.append(self._bone(shoulder, shoulder + (elbow - shoulder) * 0.5, SLEEVE))
        paint_layers(bgr, parts, SHIRT)
        base = joints[[5, 6]].mean(axis=0)
        chin = joints[3:5].mean(axis=0)
        fill(bgr, base + (chin - base) * 0.17 + DISC * 0.038 * self._height_px, blend(SHIRT, 0.2))
        neck = self._bone(base + (chin - base) * 0.20, base + (chin - base) * 0.7, NECK)
        paint_layers(bgr, [neck], (SKIN[0], blend(SKIN, 0.6)))

    def _paint_arm(self, bgr: Picture, shoulder: Points, elbow: Points, wrist: Points) -> None:
        along = (wrist - elbow) / np.hypot(*(wrist - elbow)) * self._height_px
        self._paint_fingers(bgr, wrist, along)
        cuff = shoulder + (elbow - shoulder) * 0.56
        upper = self._bone(shoulder + (elbow - shoulder) * 0.45, elbow, UPPER_ARM[1:])
        palm = self._bone(wrist, wrist + along * 0.036, PALM)
        paint_layers(bgr, [upper, self._bone(elbow, wrist, FOREARM), palm], SKIN)
        sleeve = self._bone(shoulder + (elbow - shoulder) * 0.25, cuff, SLEEVE[1:], is_open=True)
        paint_layers(bgr, [sleeve], SHIRT)

    def _paint_fingers(self, bgr: Picture, wrist: Points, along: Points) -> None:
        across = np.array((-along[1], along[0]))
        for offset, length in FINGERS:
            root = wrist + along * 0.040 + across * offset * 0.022
            finger = self._bone(
                root, wrist + along * length + across * offset * 0.028, (0.0072, 0.006)
            )
            fill(bgr, finger[0], blend(SKIN, 0.2))
            fill(bgr, finger[LAYERS // 2], blend(SKIN, 0.8))

    def _paint_head(self, bgr: Picture, face: Points) -> None:
        nose, left_eye, right_eye, left_ear, right_ear = face
        across = (left_ear - right_ear) / np.hypot(*(left_ear - right_ear)) * self._height_px
        frame = np.stack((across, (-across[1], across[0]))) * HEAD_SCALE
        middle = (left_ear + right_ear) / 2
        paint_layers(bgr, [mass(middle + SKULL @ frame, 0.05 * self._height_px)], HAIR)
        for ear, side in (left_ear, 1), (right_ear, -1):
            fill(bgr, ear + EAR * (side, 1) @ frame, blend(SKIN, 0.25))
        turn = ((left_eye + right_eye) / 2 - middle) @ across / (across @ across)
        oval = middle + across * turn * 0.3 + FACE @ frame
        paint_layers(bgr, [mass(oval, 0.04 * self._height_px, (0.7, 0.6))], SKIN)
        for eye, side in (left_eye, 1), (right_eye, -1):
            self._paint_eye(bgr, eye, frame * np.array(((side,), (1,))))
        fill(bgr, nose + NOSE_SHADE @ frame, blend(SKIN, 0.25))
        fill(bgr, nose + NOSE_LIGHT @ frame, blend(SKIN, 1.1))
        fill(bgr, nose + MOUTH @ frame, LIP)

    def _paint_eye(self, bgr: Picture, eye: Points, frame: Points) -> None:
        fill(bgr, eye + EYE @ frame, EYE_WHITE)
        fill(bgr, eye + DISC * 0.0060 * self._height_px, IRIS)
        fill(bgr, eye + LID @ frame, HAIR[0])
        fill(bgr, eye + BROW @ frame, blend(HAIR, 0.5))
