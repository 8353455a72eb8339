"""Paints a person in given joints, well enough that a pose network takes it for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Points: TypeAlias = npt.NDArray[np.float64]
"""(..., 2) float64: x right, y down, in pixels unless it says otherwise."""
Picture: TypeAlias = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, blue first."""
Color: TypeAlias = tuple[float, ...]
"""Blue, green, red, 0..255."""
Shade: TypeAlias = tuple[Color, Color]
"""The color in the shadow and the color in the light."""

SKIN: Shade = ((96, 128, 184), (164, 196, 236))
HAIR: Shade = ((28, 34, 48), (60, 78, 110))
SHIRT: Shade = ((52, 70, 150), (98, 128, 218))
TROUSERS: Shade = ((42, 33, 28), (94, 80, 70))
SHOE: Shade = ((168, 172, 178), (238, 240, 242))
SOLE: Color = (100, 108, 120)
LIP: Color = (100, 106, 176)
EYE_WHITE: Color = (232, 236, 240)
IRIS: Color = (32, 40, 60)

LAYERS = 10
"""Steps of light from the rim of a body part to its brightest strip."""
LIGHT = np.array((-0.32, -0.18))
"""How far the brightest strip lies off the middle, in radii: the lamp hangs upper left."""
_FRACTION_BITS = 4
_DEPTH = np.linspace(0.0, 1.0, LAYERS)[:, None, None]
_CAP = np.linspace(np.pi / 2, -np.pi / 2, 11)[1:-1]

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


def rounded(corners: Points | Sequence[tuple[float, float]], steps: int = 5) -> Points:
    """Join (N, 2) corners by a closed Catmull-Rom curve of (N * steps, 2)."""
    here = np.asarray(corners, np.float64)
    before, after, beyond = (np.roll(here, by, axis=0) for by in (1, -1, -2))
    t = (np.arange(steps) / steps)[:, None, None]
    cubic = 3 * (here - after) + beyond - before
    square = 2 * before - 5 * here + 4 * after - beyond
    curve = here + t / 2 * (after - before + t * (square + t * cubic))
    return np.asarray(curve.transpose(1, 0, 2).reshape(-1, 2))


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
DISC = np.array([(np.cos(a), np.sin(a)) for a in np.arange(0.0, 6.2, np.pi / 6)])
"""A circle of radius 1."""


def _fixed(outline: Points) -> npt.NDArray[np.int32]:
    """Turn into cv2's fixed point numbers; what lies at 0.5 here is its coordinate 0."""
    return np.rint((outline - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32)


def fill(bgr: Picture, outline: Points, color: Color) -> None:
    """Fill an (N, 2) outline."""
    cv2.fillPoly(bgr, [_fixed(outline)], color, cv2.LINE_AA, _FRACTION_BITS)


def blend(shade: Shade, light: float) -> Color:
    """Mix the color at a light of 0..1."""
    return tuple(d + (b - d) * light for d, b in zip(*shade, strict=True))


def paint_layers(bgr: Picture, parts: Iterable[Points], shade: Shade) -> None:
    """Paint (LAYERS, M, 2) parts layer by layer, so that their light runs on where they join."""
    outlines = [_fixed(part) for part in parts]
    for index in range(LAYERS):
        color = blend(shade, index / (LAYERS - 1))
        # Only the rim is seen against another color; plain edges are three times as fast.
        edge = cv2.LINE_8 if index else cv2.LINE_AA
        for outline in outlines:
            cv2.fillPoly(bgr, [outline[index]], color, edge, _FRACTION_BITS)


@lru_cache(maxsize=64)
def _limb(radii: tuple[float, ...], is_open: bool) -> tuple[Points, Points, Points]:
    """Outline a limb once for all: place 0..1 along it, radius there, direction of the rim."""
    place = np.linspace(0.0, 1.0, len(radii))
    cap = _CAP[:0] if is_open else _CAP
    side = np.full(len(place), np.pi / 2)
    t = np.concatenate((place, np.ones(len(cap)), place[::-1], np.zeros(len(cap))))[:, None]
    turn = np.concatenate((side, cap, -side, cap - np.pi))
    return t, np.interp(t, place, radii), np.stack((np.cos(turn), np.sin(turn)), axis=1)


def bone(
    start: Points, end: Points, radii: tuple[float, ...], scale: float, *, is_open: bool = False
) -> Points:
    """Outline a tapered limb, its ends round or open: (LAYERS, M, 2). Radii are times scale."""
    t, radius, direction = _limb(radii, is_open)
    axis = end - start
    length = max(float(np.hypot(*axis)), 2.0)
    along = axis / length
    across = np.array((-along[1], along[0]))
    light = (LIGHT @ across) * across if is_open else LIGHT
    rim = direction @ (np.stack((along, across)) * (1 - 0.85 * _DEPTH)) + light * _DEPTH
    if is_open:
        # The plain edges of the inner layers must not show at the hem.
        t = t - 2.0 * (_DEPTH > 0) / length
    return np.asarray(start + t * axis + radius * scale * rim)


def mass(outline: Points, radius_px: float, shrink: tuple[float, float] = (0.8, 0.2)) -> Points:
    """Shrink a broad outline towards its middle, layer by layer: (LAYERS, M, 2)."""
    inner = outline + (outline.mean(axis=0) - outline) * shrink * _DEPTH
    return np.asarray(inner + radius_px * LIGHT * shrink * _DEPTH)


def soft_spot(width_px: float, height_px: float, darkness: float) -> Picture:
    """Make a factor (0..255 for 0..1) that darkens an ellipse with a soft rim."""
    y, x = (np.arange(-(side // 2), side // 2 + 1) / side * 2 for side in (height_px, width_px))
    away = np.minimum(1.0, np.hypot(x[None, :], y[:, None]))
    factor = 255 * (1 - darkness * (1 - away * away) ** 2)
    return np.repeat(np.rint(factor).astype(np.uint8)[..., None], 3, axis=2)


def darken(bgr: Picture, spot: Picture, center: Points) -> None:
    """Multiply a picture by a soft spot around a point, to a fraction of a pixel."""
    height, width = spot.shape[:2]
    left, top = (
        max(0, int(at - side / 2)) for at, side in zip(center, (width, height), strict=True)
    )
    under = bgr[top : int(center[1] + height / 2) + 1, left : int(center[0] + width / 2) + 1]
    if not under.size:
        return
    move = np.array(((1, 0, center[0] - width / 2 - left), (0, 1, center[1] - height / 2 - top)))
    size = under.shape[1], under.shape[0]
    factor = cv2.warpAffine(
        spot, move, size, borderMode=cv2.BORDER_CONSTANT, borderValue=(255,) * 3
    )
    cv2.multiply(under, factor, under, 1 / 255)


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
