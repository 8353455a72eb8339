"""Cut a region out of a picture, at the size and in the colour order of the network."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log2

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.region import Region


@dataclass(frozen=True, slots=True)
class _Span:
    """Along one axis: which pixels of the picture land on which of the network's input."""

    picture: slice
    network: slice
    start_px: float
    """Where the input's first pixel begins, in pixels of the picture."""
    length_px: float
    """How much of the picture's axis the whole input covers."""


def cut(bgr: UInt8Array, region: Region, side: int) -> tuple[UInt8Array, Region]:
    """Cut out a region as the network wants it: RGB, square, black beyond the picture.

    Shrinking halves the picture, 2 x 2 pixels to their mean, until less than a half is left to do,
    which is interpolated. It lets about as little sensor noise through as averaging over areas
    (INTER_AREA; 0.8 to 1.6 times), at a quarter of its cost. Interpolating at once, which skips
    most pixels, lets through several times as much.

    The picture's edges are laid on whole pixels of the result, so that nothing is blurred into the
    black; the region which that amounts to comes back, for an exact way back.

    Args:
        bgr: (H, W, 3) uint8.
        region: in pixels of the picture; may reach beyond it.
        side: of the network's square input, in pixels.

    Returns:
        (1, side, side, 3) uint8, RGB, and the region that it shows: about the asked one.
    """
    height_px, width_px = bgr.shape[:2]
    halvings = max(0, floor(log2(min(region.width_px, region.height_px) / side)))
    across = _span(region.left_px, region.width_px, width_px, side, 2**halvings)
    down = _span(region.top_px, region.height_px, height_px, side, 2**halvings)
    rgb = np.zeros((1, side, side, 3), np.uint8)
    if across is None or down is None:
        return rgb, region
    target = rgb[0, down.network, across.network]
    small = _resized(bgr[down.picture, across.picture], target.shape[1], target.shape[0], halvings)
    # Colours are swapped after shrinking: 4 microseconds instead of half a millisecond at 1080p.
    target[:] = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
    return rgb, Region(across.start_px, down.start_px, across.length_px, down.length_px)


def _resized(bgr: UInt8Array, width_px: int, height_px: int, halvings: int) -> UInt8Array:
    for _ in range(halvings):
        half = (bgr.shape[1] // 2, bgr.shape[0] // 2)
        bgr = cv2.resize(bgr, half, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return cv2.resize(  # type: ignore[return-value]
        bgr, (width_px, height_px), interpolation=cv2.INTER_LINEAR
    )


def _span(
    start_px: float, length_px: float, picture_px: int, side: int, multiple: int
) -> _Span | None:
    """Lay one axis of a region over the picture's; None where they do not meet.

    The pixels of the picture are a multiple of `multiple`, so that every halving comes out even.
    """
    first = max(0, floor(start_px))
    last = min(picture_px, ceil(start_px + length_px))
    last = first + (last - first) // multiple * multiple
    if last <= first:
        return None
    scale = side / length_px
    low = min(max(round((first - start_px) * scale), 0), side - 1)
    high = min(max(round((last - start_px) * scale), low + 1), side)
    exact_scale = (high - low) / (last - first)
    return _Span(
        picture=slice(first, last),
        network=slice(low, high),
        start_px=first - low / exact_scale,
        length_px=side / exact_scale,
    )
