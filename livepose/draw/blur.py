"""Make faces unknowable: what is under a disc is gone from the painted picture."""

from __future__ import annotations

import cv2
import numpy as np

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.draw import strokes
from livepose.draw.canvas import Canvas

# What is left of a face, from edge to edge: an eye and its brow fall into the same one.
_BLOCKS = 5


def hide_faces(canvas: Canvas, faces: FloatArray) -> None:
    """Replace discs by the mean colours of a few blocks, with soft passages between.

    Args:
        canvas: a picture.
        faces: (F, 3): x, y and radius in pixels.
    """
    for x, y, radius in faces.tolist():
        _hide(canvas, x, y, radius)


def _hide(canvas: Canvas, x: float, y: float, radius_px: float) -> None:
    reach_px = int(np.ceil(radius_px)) + 1  # no pixel of it may shine through the soft edge
    edge_px = reach_px + 1
    corners = canvas.even(x - edge_px, y - edge_px, x + edge_px, y + edge_px)
    if corners is None:
        return
    left, top, right, bottom = corners
    block_px = 2 * radius_px / _BLOCKS
    blocks = (
        max(1, round((right - left) / block_px)),
        max(1, round((bottom - top) / block_px)),
    )
    coarse = [_coarse(part, blocks) for part in canvas.parts(corners)]
    cover = np.zeros((bottom - top, right - left), np.uint8)
    center = strokes.subpixels(np.array((x, y), np.float32), corners[:2]).tolist()
    strokes.disc(cover, center, reach_px, (255,))
    canvas.lay_over(corners, coarse, cover)


def _coarse(part: UInt8Array, blocks: tuple[int, int]) -> UInt8Array:
    few = cv2.resize(part, blocks, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(few, part.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
