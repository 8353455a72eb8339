"""The ids of people, each on a coloured ground at the person's box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.colors import Bgr
from livepose.draw import strokes
from livepose.draw.canvas import Canvas
from livepose.draw.text import TextMasks, render_text, text_height_px

_GAP_PX = 1
"""How far two tags are apart at least."""
_Ground = tuple[int, int, int, int]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True, eq=False)
class IdTag:
    """The id of a person."""

    text: str
    box: FloatArray
    """(4,) left, top, right, bottom of the person's box in pixels."""
    color: Bgr
    """Of the ground."""


def paint_id_tags(canvas: Canvas, tags: Sequence[IdTag], top_px: int = 0) -> None:
    """Write ids above the left corners of boxes, or within a box if there is no room above.

    An id that would cover another one stands beside it. Nothing is written where a box is outside
    of the frame.

    Args:
        canvas: The frame to draw on.
        tags: The ids; where two would stand at the same place, the first one does.
        top_px: The height of what is drawn over the top of the frame later; ids stand below it.
    """
    text_px = text_height_px(canvas.size_px)
    padding_px = max(2, round(0.35 * text_px))
    placed: list[_Ground] = []
    for tag in tags:
        if canvas.even_bounds(*tag.box.tolist()) is None:
            continue
        word = render_text(tag.text, text_px, 0)
        width_px, height_px = (side + 2 * padding_px for side in word.size_px)
        left = max(0, min(round(float(tag.box[0])), canvas.size_px[0] - width_px))
        top = min(round(float(tag.box[1])) - height_px, canvas.size_px[1] - height_px)
        top = max(0, top_px, top)
        ground = (left, top, left + width_px, top + height_px)
        ground = _free_ground(ground, placed, canvas.size_px[0])
        placed.append(ground)
        _paint_tag(canvas, tag, ground, word, padding_px)


def _free_ground(wanted: _Ground, placed: Sequence[_Ground], frame_px: int) -> _Ground:
    """Return the nearest place in the same row that covers no other tag; if none, the wanted one.

    Args:
        wanted: Where the tag would stand alone.
        placed: The tags that are there.
        frame_px: The width of the frame.
    """
    if not _covers_any(wanted, placed):
        return wanted
    left, top, right, bottom = wanted
    width_px = right - left
    beside = [other[2] + _GAP_PX for other in placed]
    beside += [other[0] - _GAP_PX - width_px for other in placed]
    for x in sorted(beside, key=lambda x: abs(x - left)):
        ground = (x, top, x + width_px, bottom)
        if 0 <= x <= frame_px - width_px and not _covers_any(ground, placed):
            return ground
    return wanted


def _covers_any(ground: _Ground, placed: Sequence[_Ground]) -> bool:
    left, top, right, bottom = ground
    return any(
        left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
        for other in placed
    )


def _paint_tag(
    canvas: Canvas, tag: IdTag, ground: _Ground, word: TextMasks, padding_px: int
) -> None:
    bounds = canvas.even_bounds(*ground)
    if bounds is None:
        return
    text_px = text_height_px(canvas.size_px)
    rounded = strokes.rounded_box(np.array(ground, np.float32), 0.4 * text_px)
    outline = strokes.subpixels(rounded, bounds[:2])
    with canvas.layer(bounds) as layer:
        strokes.fill(layer, outline, canvas.color_for(tag.color))
    place = ground[0] + padding_px, ground[1] + padding_px
    canvas.blend_mask(_readable_on(tag.color), word.fill, *place)


def _readable_on(color: Bgr) -> Bgr:
    """Return near black for light grounds, near white for dark ones."""
    blue, green, red = color
    is_light = 0.114 * blue + 0.587 * green + 0.299 * red > 130
    return (15, 15, 15) if is_light else (250, 250, 250)
