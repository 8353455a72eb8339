"""Paint shaded, anti-aliased shapes with cv2: what the built-in figures are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

import cv2
import numpy as np

from livepose.core.arrays import Float64Array, Int32Array, UInt8Array

Color: TypeAlias = tuple[float, ...]
"""Blue, green, red, 0..255."""
Shade: TypeAlias = tuple[Color, Color]
"""The color in shadow and the color in light."""

LAYERS = 10
"""Steps of light from the rim of a body part to its brightest strip."""
LIGHT = np.array((-0.32, -0.18))
"""How far the brightest strip lies off the middle, in radii: the lamp hangs upper left."""
_FRACTION_BITS = 4
_INWARD = np.linspace(0.0, 1.0, LAYERS)[:, None, None]
_CAP = np.linspace(np.pi / 2, -np.pi / 2, 11)[1:-1]


def closed_curve(
    corners: Float64Array | Sequence[tuple[float, float]], steps: int = 5
) -> Float64Array:
    """Return a closed Catmull-Rom curve through (N, 2) corners: (N * steps, 2)."""
    here = np.asarray(corners, np.float64)
    before, after, beyond = (np.roll(here, by, axis=0) for by in (1, -1, -2))
    t = (np.arange(steps) / steps)[:, None, None]
    cubic = 3 * (here - after) + beyond - before
    square = 2 * before - 5 * here + 4 * after - beyond
    curve = here + t / 2 * (after - before + t * (square + t * cubic))
    return np.asarray(curve.transpose(1, 0, 2).reshape(-1, 2))


def _fixed_point(outline: Float64Array) -> Int32Array:
    """Convert to cv2's fixed-point numbers; 0.5 px here is its coordinate 0."""
    return np.rint((outline - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32)


def fill(bgr: UInt8Array, outline: Float64Array, color: Color) -> None:
    """Fill an (N, 2) outline with a color, in place."""
    cv2.fillPoly(bgr, [_fixed_point(outline)], color, cv2.LINE_AA, _FRACTION_BITS)


@lru_cache(maxsize=256)
def blend(shade: Shade, light: float) -> Color:
    """Return the color at a light of 0..1."""
    return tuple(d + (b - d) * light for d, b in zip(*shade, strict=True))


@lru_cache(maxsize=256)
def _layer_colors(shade: Shade) -> tuple[Color, ...]:
    return tuple(blend(shade, index / (LAYERS - 1)) for index in range(LAYERS))


def paint_layers(
    bgr: UInt8Array, parts: Iterable[Float64Array], shade: Shade, every: int = 1
) -> None:
    """Paint (LAYERS, M, 2) parts layer by layer, so that their light continues where they join.

    Args:
        bgr: The frame.
        parts: As `limb_layers` and `blob_layers` make them.
        shade: The colors of the outermost and of the innermost layer.
        every: Paint only every n-th layer, enough for what is small or in the shade; the parts were
            made with the same value.
    """
    outlines = [_fixed_point(part) for part in parts]
    colors = _layer_colors(shade)
    for index in range(0, LAYERS, every):
        color = colors[index]
        # Only the rim borders on another color; plain edges are painted three times as fast.
        edge = cv2.LINE_8 if index else cv2.LINE_AA
        for outline in outlines:
            cv2.fillPoly(bgr, [outline[index // every]], color, edge, _FRACTION_BITS)


@lru_cache(maxsize=64)
def _limb_outline(
    radii: tuple[float, ...], is_open: bool
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the outline of a limb of length 1: position along it, radius, direction of the rim."""
    position = np.linspace(0.0, 1.0, len(radii))
    cap = _CAP[:0] if is_open else _CAP
    side = np.full(len(position), np.pi / 2)
    t = np.concatenate((position, np.ones(len(cap)), position[::-1], np.zeros(len(cap))))[:, None]
    turn = np.concatenate((side, cap, -side, cap - np.pi))
    return t, np.interp(t, position, radii), np.stack((np.cos(turn), np.sin(turn)), axis=1)


def limb_layers(
    start: Float64Array,
    end: Float64Array,
    radii: tuple[float, ...],
    scale: float,
    *,
    is_open: bool = False,
    every: int = 1,
) -> Float64Array:
    """Return the layers of a tapered limb: (LAYERS, M, 2) px.

    Args:
        start: (2,) px.
        end: (2,) px.
        radii: At even distances from the start to the end, in units of `scale`.
        scale: In px.
        is_open: Whether the ends are straight instead of round.
        every: Return only every n-th layer.
    """
    inward = _INWARD[::every]
    t, radius, direction = _limb_outline(radii, is_open)
    axis = end - start
    length = max(float(np.hypot(*axis)), 2.0)
    along = axis / length
    across = np.array((-along[1], along[0]))
    frame = np.array((along, across))
    light = (LIGHT @ across) * across if is_open else LIGHT
    rim = direction @ (frame * (1 - 0.85 * inward)) + light * inward
    if is_open:
        # The edges of the inner layers, which are not anti-aliased, must not show at the hem.
        t = t - 2.0 * (inward > 0) / length
    return np.asarray(start + t * axis + radius * scale * rim)


def blob_layers(
    outline: Float64Array,
    radius_px: float,
    shrink: tuple[float, float] = (0.8, 0.2),
    *,
    every: int = 1,
) -> Float64Array:
    """Return the layers of a broad shape: (LAYERS, M, 2) px.

    Args:
        outline: (M, 2) px, the outermost layer.
        radius_px: How far the innermost layer moves towards the light, in units of `LIGHT`.
        shrink: How far the innermost layer shrinks towards the middle, in x and y.
        every: Return only every n-th layer.
    """
    inward = _INWARD[::every]
    inner = outline + (outline.mean(axis=0) - outline) * shrink * inward
    return np.asarray(inner + radius_px * LIGHT * shrink * inward)


def shadow_spot(width_px: float, height_px: float, darkness: float) -> UInt8Array:
    """Return a factor (0..255 for 0..1) that darkens an ellipse with a soft rim: (H, W, 3)."""
    y, x = (np.arange(-(side // 2), side // 2 + 1) / side * 2 for side in (height_px, width_px))
    distance = np.minimum(1.0, np.hypot(x[None, :], y[:, None]))
    factor = 255 * (1 - darkness * (1 - distance * distance) ** 2)
    return np.repeat(np.rint(factor).astype(np.uint8)[..., None], 3, axis=2)


def darken(bgr: UInt8Array, spot: UInt8Array, center: Float64Array) -> None:
    """Multiply a frame by a shadow spot around a point, in place, with subpixel precision."""
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
