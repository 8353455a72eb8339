"""Tags: short words on a ground of their own, at a box."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.colors import Bgr
from livepose.draw import strokes
from livepose.draw.canvas import Canvas
from livepose.draw.text import lettering, text_height_px


def paint_tag(canvas: Canvas, text: str, box: FloatArray, color: Bgr) -> None:
    """Write a word above a box's left corner, or within it where there is no room above.

    Args:
        canvas: a picture.
        text: the word.
        box: (4,) left, top, right, bottom. Where nothing of it is in the picture, nothing is
            written.
        color: of the ground.
    """
    if canvas.even(*box.tolist()) is None:
        return
    text_px = text_height_px(canvas.size_px)
    pad_px = max(2, round(0.35 * text_px))
    word = lettering(text, text_px, 0)
    width_px, height_px = (side + 2 * pad_px for side in word.size_px)
    left = max(0, min(round(float(box[0])), canvas.size_px[0] - width_px))
    top = max(0, min(round(float(box[1])) - height_px, canvas.size_px[1] - height_px))
    ground = np.array((left, top, left + width_px, top + height_px), np.float32)
    corners = canvas.even(*ground.tolist())
    if corners is None:
        return
    points = strokes.subpixels(strokes.rounded(ground, 0.4 * text_px), corners[:2])
    with canvas.sheet(*corners) as sheet:
        strokes.filled(sheet, points, canvas.ink(color))
    canvas.lay(_readable_on(color), word.fill, left + pad_px, top + pad_px)


def _readable_on(color: Bgr) -> Bgr:
    blue, green, red = color
    is_light = 0.114 * blue + 0.587 * green + 0.299 * red > 130
    return (15, 15, 15) if is_light else (250, 250, 250)
