"""Paint a person who faces the camera, well enough for a pose network to take it for one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livepose.core.arrays import Float64Array, UInt8Array
from livepose.core.skeleton import Keypoint
from livepose.sources.synthetic.front_outlines import (
    BROW,
    DISC,
    EAR,
    EYE,
    FACE_OVAL,
    FINGERS,
    FOREARM,
    LID,
    MOUTH,
    NECK,
    NOSE_LIGHT,
    NOSE_SHADE,
    PALM,
    SEAT_FLANK,
    SHANK,
    SHIN,
    SHIRT_FLANK,
    SHOE_SOLE,
    SHOE_UPPER,
    SKULL,
    SLEEVE,
    THIGH,
    UPPER_ARM,
)
from livepose.sources.synthetic.limbs import ARMS, EARS, FACE, HIPS, LEGS, LOWER_BODY, SHOULDERS
from livepose.sources.synthetic.shading import (
    LAYERS,
    Color,
    Shade,
    blend,
    blob_layers,
    closed_curve,
    darken,
    fill,
    limb_layers,
    paint_layers,
    shadow_spot,
)

SKIN: Shade = ((96, 128, 184), (164, 196, 236))
HAIR: Shade = ((28, 34, 48), (60, 78, 110))
SHIRT: Shade = ((52, 70, 150), (98, 128, 218))
TROUSERS: Shade = ((42, 33, 28), (94, 80, 70))
SHOE: Shade = ((168, 172, 178), (238, 240, 242))
SOLE: Color = (100, 108, 120)
LIP: Color = (100, 106, 176)
EYE_WHITE: Color = (232, 236, 240)
IRIS: Color = (32, 40, 60)
HEAD_SCALE = 1.08
"""A head a little larger than life is easier to recognize in a small frame."""


class FrontFigure:
    """Paints one person of a given height, facing the camera."""

    def __init__(self, height_px: float) -> None:
        """Prepare the shadows.

        Args:
            height_px: From the floor to the crown when the figure stands upright.
        """
        self._height_px = height_px
        self._body_shadow = shadow_spot(0.62 * height_px, 0.13 * height_px, 0.34)
        self._foot_shadow = shadow_spot(0.17 * height_px, 0.055 * height_px, 0.55)

    def paint(self, bgr: UInt8Array, joints: Float64Array, floor_y_px: float) -> None:
        """Paint the person over a frame, in place.

        Args:
            bgr: (H, W, 3) uint8, blue first.
            joints: (17, 2) px, the COCO keypoints.
            floor_y_px: Where a standing foot touches the floor; the shadow falls there.
        """
        self._paint_shadow(bgr, joints, floor_y_px)
        self._paint_legs(bgr, joints)
        self._paint_shirt(bgr, joints)
        for arm in reversed(ARMS):
            self._paint_arm(bgr, *joints[arm])
        self._paint_head(bgr, joints[FACE])

    def _paint_shadow(self, bgr: UInt8Array, joints: Float64Array, floor_y_px: float) -> None:
        # The lamp hangs to the left, so the shadow falls a little to the right.
        under = np.array((joints[LOWER_BODY, 0].mean() + 0.03 * self._height_px, floor_y_px))
        darken(bgr, self._body_shadow, under)
        for ankle, outward in (joints[Keypoint.LEFT_ANKLE], 1), (joints[Keypoint.RIGHT_ANKLE], -1):
            x_px = ankle[0] + 0.01 * outward * self._height_px
            darken(bgr, self._foot_shadow, np.array((x_px, floor_y_px)))

    def _limb(
        self,
        start: Float64Array,
        end: Float64Array,
        radii: tuple[float, ...],
        is_open: bool = False,
    ) -> Float64Array:
        return limb_layers(start, end, radii, self._height_px, is_open=is_open)

    def _paint_legs(self, bgr: UInt8Array, joints: Float64Array) -> None:
        parts = [
            blob_layers(closed_curve(self._flanks(joints, SEAT_FLANK)), 0.04 * self._height_px)
        ]
        left_leg, right_leg = LEGS
        for hip, knee, ankle, outward in (*joints[right_leg], -1), (*joints[left_leg], 1):
            self._paint_shoe(bgr, ankle, outward)
            cuff = ankle + (knee - ankle) * 0.07
            parts += [self._limb(hip, knee, THIGH), self._limb(knee, cuff, SHANK, is_open=True)]
        paint_layers(bgr, parts, TROUSERS)

    def _paint_shoe(self, bgr: UInt8Array, ankle: Float64Array, outward: int) -> None:
        unit = self._height_px * np.array((outward, 1.0))
        below = ankle + unit * (0.0, 0.02)
        paint_layers(bgr, [self._limb(ankle - unit * (0.0, 0.03), below, SHIN)], SKIN)
        fill(bgr, ankle + SHOE_SOLE * unit, SOLE)
        upper = blob_layers(ankle + SHOE_UPPER * unit, 0.02 * self._height_px)
        paint_layers(bgr, [upper], SHOE)

    def _flanks(self, joints: Float64Array, profile: Sequence[tuple[float, float]]) -> Float64Array:
        """Return an outline down the subject's left side and up its right one: (2 N, 2)."""
        outward, down = np.array(profile).T[:, :, None]
        left_shoulder, right_shoulder = joints[SHOULDERS]
        left_hip, right_hip = joints[HIPS]
        across = left_hip - right_hip
        across = across / np.hypot(*across) * self._height_px
        left = left_shoulder + (left_hip - left_shoulder) * down + across * outward
        right = right_shoulder + (right_hip - right_shoulder) * down - across * outward
        return np.concatenate((left, right[::-1]))

    def _paint_shirt(self, bgr: UInt8Array, joints: Float64Array) -> None:
        parts = [
            blob_layers(closed_curve(self._flanks(joints, SHIRT_FLANK)), 0.08 * self._height_px)
        ]
        for arm in ARMS:
            shoulder, elbow, _ = joints[arm]
            parts.append(self._limb(shoulder, shoulder + (elbow - shoulder) * 0.5, SLEEVE))
        paint_layers(bgr, parts, SHIRT)
        base = joints[SHOULDERS].mean(axis=0)
        chin = joints[EARS].mean(axis=0)
        fill(bgr, base + (chin - base) * 0.17 + DISC * 0.038 * self._height_px, blend(SHIRT, 0.2))
        neck = self._limb(base + (chin - base) * 0.20, base + (chin - base) * 0.7, NECK)
        paint_layers(bgr, [neck], (SKIN[0], blend(SKIN, 0.6)))

    def _paint_arm(
        self, bgr: UInt8Array, shoulder: Float64Array, elbow: Float64Array, wrist: Float64Array
    ) -> None:
        along = (wrist - elbow) / np.hypot(*(wrist - elbow)) * self._height_px
        self._paint_fingers(bgr, wrist, along)
        cuff = shoulder + (elbow - shoulder) * 0.56
        upper = self._limb(shoulder + (elbow - shoulder) * 0.45, elbow, UPPER_ARM[1:])
        palm = self._limb(wrist, wrist + along * 0.036, PALM)
        paint_layers(bgr, [upper, self._limb(elbow, wrist, FOREARM), palm], SKIN)
        sleeve = self._limb(shoulder + (elbow - shoulder) * 0.25, cuff, SLEEVE[1:], is_open=True)
        paint_layers(bgr, [sleeve], SHIRT)

    def _paint_fingers(self, bgr: UInt8Array, wrist: Float64Array, along: Float64Array) -> None:
        across = np.array((-along[1], along[0]))
        for offset, length in FINGERS:
            root = wrist + along * 0.040 + across * offset * 0.022
            finger = self._limb(
                root, wrist + along * length + across * offset * 0.028, (0.0072, 0.006)
            )
            fill(bgr, finger[0], blend(SKIN, 0.2))
            fill(bgr, finger[LAYERS // 2], blend(SKIN, 0.8))

    def _paint_head(self, bgr: UInt8Array, face: Float64Array) -> None:
        nose, left_eye, right_eye, left_ear, right_ear = face
        across = (left_ear - right_ear) / np.hypot(*(left_ear - right_ear)) * self._height_px
        frame = np.stack((across, (-across[1], across[0]))) * HEAD_SCALE
        middle = (left_ear + right_ear) / 2
        paint_layers(bgr, [blob_layers(middle + SKULL @ frame, 0.05 * self._height_px)], HAIR)
        for ear, side in (left_ear, 1), (right_ear, -1):
            fill(bgr, ear + EAR * (side, 1) @ frame, blend(SKIN, 0.25))
        turn = ((left_eye + right_eye) / 2 - middle) @ across / (across @ across)
        oval = middle + across * turn * 0.3 + FACE_OVAL @ frame
        paint_layers(bgr, [blob_layers(oval, 0.04 * self._height_px, (0.7, 0.6))], SKIN)
        for eye, side in (left_eye, 1), (right_eye, -1):
            self._paint_eye(bgr, eye, frame * np.array(((side,), (1,))))
        fill(bgr, nose + NOSE_SHADE @ frame, blend(SKIN, 0.25))
        fill(bgr, nose + NOSE_LIGHT @ frame, blend(SKIN, 1.1))
        fill(bgr, nose + MOUTH @ frame, LIP)

    def _paint_eye(self, bgr: UInt8Array, eye: Float64Array, frame: Float64Array) -> None:
        fill(bgr, eye + EYE @ frame, EYE_WHITE)
        fill(bgr, eye + DISC * 0.0060 * self._height_px, IRIS)
        fill(bgr, eye + LID @ frame, HAIR[0])
        fill(bgr, eye + BROW @ frame, blend(HAIR, 0.5))
