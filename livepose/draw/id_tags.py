"""The id of a person, on a coloured ground at the person's box."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.colors import Bgr
from livepose.draw import strokes
from livepose.draw.canvas import Canvas
from livepose.draw.text import render_text, text_height_px


def paint_id_tag(canvas: Canvas, text: str, box: FloatArray, color: Bgr) -> None:
    """Write an id above a box's left corner, or within the box if there is no room above.

    Nothing is written if the box is outside of the frame.

    Args:
        canvas: The frame to draw on.
        text: The id.
        box: (4,) left, top, right, bottom in pixels.
        color: Of the ground.
    """
    if canvas.even_bounds(*box.tolist()) is None:
        return
    text_px = text_height_px(canvas.size_px)
    padding_px = max(2, round(0.35 * text_px))
    word = render_text(text, text_px, 0)
    width_px, height_px = (side + 2 * padding_px for side in word.size_px)
    left = max(0, min(round(float(box[0])), canvas.size_px[0] - width_px))
    top = max(0, min(round(float(box[1])) - height_px, canvas.size_px[1] - height_px))
    ground = np.array((left, top, left + width_px, top + height_px), np.float32)
    bounds = canvas.even_bounds(*ground.tolist())
    if bounds is None:
        return
    outline = strokes.subpixels(strokes.rounded_box(ground, 0.4 * text_px), bounds[:2])
    with canvas.layer(bounds) as layer:
        strokes.fill(layer, outline, canvas.color_for(color))
    canvas.blend_mask(_readable_on(color), word.fill, left + padding_px, top + padding_px)


def _readable_on(color: Bgr) -> Bgr:
    """Return near black for light grounds, near white for dark ones."""
    blue, green, red = color
    is_light = 0.114 * blue + 0.587 * green + 0.299 * red > 130
    return (15, 15, 15) if is_light else (250, 250, 250)
