"""Blur faces beyond recognition: what is under a disc is gone from the painted frame."""

from __future__ import annotations

import cv2
import numpy as np

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.draw import strokes
from livepose.draw.canvas import Canvas

# How many blocks of one colour fit across a face: an eye and its brow fall into the same one.
_BLOCKS = 5


def blur_faces(canvas: Canvas, faces: FloatArray) -> None:
    """Replace discs by the mean colours of a few blocks, with soft transitions between them.

    Args:
        canvas: The frame to draw on.
        faces: (F, 3) x, y and radius in pixels.
    """
    for x, y, radius_px in faces.tolist():
        reach_px = int(np.ceil(radius_px)) + 1  # no pixel of the face may show at the soft edge
        edge_px = reach_px + 1
        bounds = canvas.even_bounds(x - edge_px, y - edge_px, x + edge_px, y + edge_px)
        if bounds is None:
            continue
        left, top, right, bottom = bounds
        block_px = 2 * radius_px / _BLOCKS
        blocks = (
            max(1, round((right - left) / block_px)),
            max(1, round((bottom - top) / block_px)),
        )
        coarse = [_coarse(area, blocks) for area in canvas.plane_areas(bounds)]
        mask = np.zeros((bottom - top, right - left), np.uint8)
        center = strokes.subpixels(np.array((x, y), np.float32), bounds[:2]).tolist()
        strokes.disc(mask, center, reach_px, (255,))
        canvas.blend_pixels(bounds, coarse, mask)


def _coarse(area: UInt8Array, blocks: tuple[int, int]) -> UInt8Array:
    """Return an area of the same size that holds only so many values across and down."""
    few = cv2.resize(area, blocks, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(few, area.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
