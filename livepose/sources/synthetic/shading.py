"""Paints shaded, anti-aliased shapes with cv2: the strokes that the built-in figure is made of."""

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

LAYERS = 10
"""Steps of light from the rim of a body part to its brightest strip."""
LIGHT = np.array((-0.32, -0.18))
"""How far the brightest strip lies off the middle, in radii: the lamp hangs upper left."""
_FRACTION_BITS = 4
_DEPTH = np.linspace(0.0, 1.0, LAYERS)[:, None, None]
_CAP = np.linspace(np.pi / 2, -np.pi / 2, 11)[1:-1]


def rounded(corners: Points | Sequence[tuple[float, float]], steps: int = 5) -> Points:
    """Join (N, 2) corners by a closed Catmull-Rom curve of (N * steps, 2)."""
    here = np.asarray(corners, np.float64)
    before, after, beyond = (np.roll(here, by, axis=0) for by in (1, -1, -2))
    t = (np.arange(steps) / steps)[:, None, None]
    cubic = 3 * (here - after) + beyond - before
    square = 2 * before - 5 * here + 4 * after - beyond
    curve = here + t / 2 * (after - before + t * (square + t * cubic))
    return np.asarray(curve.transpose(1, 0, 2).reshape(-1, 2))


def _fixed(outline: Points) -> npt.NDArray[np.int32]:
    """Turn into cv2's fixed point numbers; what lies at 0.5 here is its coordinate 0."""
    return np.rint((outline - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32)


def fill(bgr: Picture, outline: Points, color: Color) -> None:
    """Fill an (N, 2) outline."""
    cv2.fillPoly(bgr, [_fixed(outline)], color, cv2.LINE_AA, _FRACTION_BITS)


@lru_cache(maxsize=256)
def blend(shade: Shade, light: float) -> Color:
    """Mix the color at a light of 0..1."""
    return tuple(d + (b - d) * light for d, b in zip(*shade, strict=True))


@lru_cache(maxsize=256)
def _colors(shade: Shade) -> tuple[Color, ...]:
    return tuple(blend(shade, index / (LAYERS - 1)) for index in range(LAYERS))


def paint_layers(bgr: Picture, parts: Iterable[Points], shade: Shade, every: int = 1) -> None:
    """Paint (LAYERS, M, 2) parts layer by layer, so that their light runs on where they join.

    What is small or in the shade does with fewer: parts that were made with only every so many
    layers are painted with the same `every`.
    """
    outlines = [_fixed(part) for part in parts]
    colors = _colors(shade)
    for index in range(0, LAYERS, every):
        color = colors[index]
        # Only the rim is seen against another color; plain edges are three times as fast.
        edge = cv2.LINE_8 if index else cv2.LINE_AA
        for outline in outlines:
            cv2.fillPoly(bgr, [outline[index // every]], color, edge, _FRACTION_BITS)


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
    start: Points,
    end: Points,
    radii: tuple[float, ...],
    scale: float,
    *,
    is_open: bool = False,
    every: int = 1,
) -> Points:
    """Outline a tapered limb, its ends round or open: (LAYERS, M, 2). Radii are times scale."""
    depth = _DEPTH[::every]
    t, radius, direction = _limb(radii, is_open)
    axis = end - start
    length = max(float(np.hypot(*axis)), 2.0)
    along = axis / length
    across = np.array((-along[1], along[0]))
    frame = np.array((along, across))
    light = (LIGHT @ across) * across if is_open else LIGHT
    rim = direction @ (frame * (1 - 0.85 * depth)) + light * depth
    if is_open:
        # The plain edges of the inner layers must not show at the hem.
        t = t - 2.0 * (depth > 0) / length
    return np.asarray(start + t * axis + radius * scale * rim)


def mass(
    outline: Points,
    radius_px: float,
    shrink: tuple[float, float] = (0.8, 0.2),
    *,
    every: int = 1,
) -> Points:
    """Shrink a broad outline towards its middle, layer by layer: (LAYERS, M, 2)."""
    depth = _DEPTH[::every]
    inner = outline + (outline.mean(axis=0) - outline) * shrink * depth
    return np.asarray(inner + radius_px * LIGHT * shrink * depth)


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
    right, bottom = (
        max(0, int(at + side / 2) + 1) for at, side in zip(center, (width, height), strict=True)
    )
    under = bgr[top:bottom, left:right]
    if not under.size:
        return
    move = np.array(((1, 0, center[0] - width / 2 - left), (0, 1, center[1] - height / 2 - top)))
    size = under.shape[1], under.shape[0]
    factor = cv2.warpAffine(
        spot, move, size, borderMode=cv2.BORDER_CONSTANT, borderValue=(255,) * 3
    )
    cv2.multiply(under, factor, under, 1 / 255)
