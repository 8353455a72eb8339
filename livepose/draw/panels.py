"""The panels in the corners of a frame: large counters, and curves of angles."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from livepose.core.angles import degrees_text
from livepose.core.arrays import Float64Array, FloatArray, UInt8Array
from livepose.core.colors import LEFT_COLOR, RIGHT_COLOR, Bgr
from livepose.core.panels import CURVE_S, MAX_PLOTS, CounterPanel, CurvePanel, Rectangle, plots_of
from livepose.draw.canvas import Canvas
from livepose.draw.text import ascent_px, compose_line, line_width_px

_WHITE: Bgr = (245, 245, 245)
_GREY: Bgr = (170, 170, 170)
_BLACK: Bgr = (0, 0, 0)
_YELLOW: Bgr = (80, 225, 255)
_SHADE, _LIGHT_SHADE = 165, 130
"""How opaque the ground of a panel is, of 255: that of curves lets the body shine through."""
_OPAQUE = 200
_SHARP_PX = 64
"""Letters of this height are sharp; larger ones are scaled up from it."""
_LINE = 1.75
"""The height of a line of text, over that of its digits."""
_OVERVIEW = 0.24
"""The height of the whole clip, over that of the panel."""
_MIN_SPAN_DEG = 20.0
_DASH_PX, _GAP_PX = 5, 3
_SHIFT = 4
"""Curves are drawn to a sixteenth of a pixel."""


def paint_counter(canvas: Canvas, panel: CounterPanel) -> None:
    """Draw large counts, each above its angle, and below them the table of the last ones."""
    frame_px = canvas.size_px
    rectangle = panel.rectangle(frame_px)
    left, top, right, _ = rectangle
    _shade(canvas, rectangle, _SHADE)
    label_px, (columns, rows) = panel.label_px(frame_px), panel.grid(frame_px)
    width_px, height_px = (right - left) // columns, panel.counter_px(frame_px)[1]
    for number, count in enumerate(panel.counts):
        row, column = divmod(number, columns)
        place = left + column * width_px, top + row * height_px
        _paint_count(canvas, panel, count, place, width_px)
    y = top + 0.06 * panel.digit_px(frame_px) + rows * height_px
    lines = (panel.columns, *panel.rows) if panel.has_table(frame_px) else ()
    for row_number, cells in enumerate(lines):
        y += _LINE * label_px
        color = _WHITE if row_number else _GREY
        for cell, x in _cells(cells, panel, label_px, right - left - label_px):
            _write(canvas, cell, (left + label_px // 2 + x, y), label_px, color)


def _paint_count(
    canvas: Canvas,
    panel: CounterPanel,
    count: tuple[str, int],
    place: tuple[float, float],
    width_px: int,
) -> None:
    """Draw one count above its label, of which the threshold is kept where the angle is cut."""
    digit_px, label_px = panel.digit_px(canvas.size_px), panel.label_px(canvas.size_px)
    (left, top), (label, number) = place, count
    mask = _large_text(str(number), digit_px)
    x = round(left + (width_px - mask.shape[1]) / 2)
    canvas.blend_mask(_YELLOW, mask, x, round(top + 0.06 * digit_px))
    angle, _, threshold = label.replace("_", " ").partition(":")
    tail = f" {threshold}" if threshold else ""
    text = _shortened(angle, label_px, width_px - label_px - line_width_px(tail, label_px)) + tail
    x = round(left + (width_px - line_width_px(text, label_px)) / 2)
    _write(canvas, text, (x, top + 1.18 * digit_px + label_px), label_px, _WHITE)


def paint_curves(canvas: Canvas, panel: CurvePanel) -> None:
    """Draw a plot for each angle, left and right in one, and the whole clip below them."""
    left, top, right, bottom = rectangle = panel.rectangle(canvas.size_px)
    _shade(canvas, rectangle, _LIGHT_SHADE)
    groups = plots_of(panel.names)[:MAX_PLOTS]
    text_px = max(7, min(round(0.02 * min(canvas.size_px)), round(0.09 * (bottom - top))))
    plots_bottom = bottom - round(_OVERVIEW * (bottom - top))
    height = (plots_bottom - top) // len(groups)
    now_s = float(panel.time_s[-1]) if len(panel.time_s) else 0.0
    limits = [_limits(panel, columns) for _, columns in groups]
    for number, (title, columns) in enumerate(groups):
        area = (left, top + number * height, right, top + (number + 1) * height)
        _paint_plot(canvas, panel, title, columns, limits[number], area, text_px, now_s)
    _paint_overview(canvas, panel, groups, limits, (left, plots_bottom, right, bottom), now_s)


def _paint_plot(
    canvas: Canvas,
    panel: CurvePanel,
    title: str,
    columns: Sequence[int],
    limits: tuple[float, float],
    area: Rectangle,
    text_px: int,
    now_s: float,
) -> None:
    left, top, right, bottom = area
    head_px = round(1.6 * text_px)
    inner = (left + 3, top + head_px, right - 3, bottom - 2)
    for column in columns:
        color = _color_of(panel.names[column])
        xs = inner[2] - (now_s - panel.time_s) / CURVE_S * (inner[2] - inner[0])
        ys = _heights(panel.degrees[:, column], limits, inner)
        is_dashed = panel.names[column].startswith("right_")
        _curve(canvas, color, xs, ys, area, is_dashed=is_dashed)
    x = left + text_px // 2
    baseline = top + round(1.25 * text_px)
    _write(canvas, title, (x, baseline), text_px, _WHITE)
    x += line_width_px(f"{title} ", text_px)
    for column in columns:
        value = panel.degrees[-1, column] if len(panel.degrees) else np.nan
        side = {"left": "L ", "right": "R "}.get(panel.names[column].split("_")[0], "")
        text = f"{side}{degrees_text(value) if np.isfinite(value) else '-'} "
        if x + line_width_px(text, text_px) <= right:
            _write(canvas, text, (x, baseline), text_px, _color_of(panel.names[column]))
        x += line_width_px(text, text_px)


def _paint_overview(
    canvas: Canvas,
    panel: CurvePanel,
    groups: Sequence[tuple[str, Sequence[int]]],
    limits: Sequence[tuple[float, float]],
    area: Rectangle,
    now_s: float,
) -> None:
    """Draw all of the clip in small, with a frame around the last ten seconds and a line at now."""
    left, top, right, bottom = area
    inner = (left + 3, top + 2, right - 3, bottom - 2)
    start_s = float(panel.overview_s[0]) if len(panel.overview_s) else 0.0
    length_s = max(panel.end_s - start_s, 1e-3)

    def x_of(time_s: Float64Array) -> Float64Array:
        return inner[0] + np.asarray(time_s - start_s) / length_s * (inner[2] - inner[0])

    window = np.clip(x_of(np.array([now_s - CURVE_S, now_s])), inner[0], inner[2])
    ground = np.zeros((bottom - top, right - left), np.uint8)
    ground[:, round(float(window[0])) - left : round(float(window[1])) - left + 1] = 60
    canvas.blend_mask(_GREY, ground, left, top)
    xs = np.repeat(x_of(panel.overview_s), 2)
    for (_, columns), limit in zip(groups, limits, strict=True):
        for column in columns:
            ys = _heights(panel.overview[:, :, column].ravel(), limit, inner)
            color = _color_of(panel.names[column])
            is_dashed = panel.names[column].startswith("right_")
            _curve(canvas, color, xs, ys, area, is_dashed=is_dashed)
    place = np.full((bottom - top, 2), 255, np.uint8)
    canvas.blend_mask(_WHITE, place, round(float(window[1])) - 1, top)


def _curve(
    canvas: Canvas,
    color: Bgr,
    xs: Float64Array,
    ys: Float64Array,
    area: Rectangle,
    *,
    is_dashed: bool,
) -> None:
    """Draw a curve with gaps where it is unknown."""
    left, top, right, bottom = area
    mask = np.zeros((bottom - top, right - left), np.uint8)
    known = np.isfinite(ys)
    if is_dashed:
        known = known & ((xs - left) % (_DASH_PX + _GAP_PX) < _DASH_PX)
    ends = np.flatnonzero(np.diff(np.concatenate(([False], known, [False])).astype(np.int8)))
    points = np.stack((xs - left, ys - top), axis=1)
    scale = 1 << _SHIFT
    runs = [
        np.round(scale * points[start:end]).astype(np.int32)
        for start, end in zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True)
    ]
    thickness = 2 if bottom - top > 60 else 1
    cv2.polylines(mask, runs, False, 255, thickness, cv2.LINE_AA, _SHIFT)
    canvas.blend_mask(color, mask, left, top)


def _heights(degrees: FloatArray, limits: tuple[float, float], inner: Rectangle) -> Float64Array:
    share = (degrees.astype(np.float64) - limits[0]) / (limits[1] - limits[0])
    return np.asarray(inner[3] - share * (inner[3] - inner[1]))


def _limits(panel: CurvePanel, columns: Sequence[int]) -> tuple[float, float]:
    """Return the least and the greatest value of some angles so far, at least 20 degrees apart."""
    values = panel.overview[:, :, list(columns)]
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    more = max(_MIN_SPAN_DEG - (high - low), 0.1 * (high - low)) / 2
    return low - more, high + more


def _color_of(name: str) -> Bgr:
    side = name.split("_")[0]
    return {"left": LEFT_COLOR, "right": RIGHT_COLOR}.get(side, _WHITE)


def _cells(
    row: Sequence[str], panel: CounterPanel, text_px: int, width_px: int
) -> list[tuple[str, int]]:
    """Return the cells of a row and where they begin, aligned with those of the other rows.

    Where there is no room for all columns, the first and the last ones stay.
    """
    widths = [
        max(line_width_px(line[column], text_px) for line in (panel.columns, *panel.rows)) + text_px
        for column in range(len(row))
    ]
    kept = list(range(len(row)))
    while len(kept) > 2 and sum(widths[column] for column in kept) - text_px > width_px:
        kept.pop(1)
    cells, x = [], 0
    for column in kept:
        cells.append((row[column], x))
        x += widths[column]
    return cells


def _large_text(text: str, text_px: int) -> UInt8Array:
    """Return the mask of a text with digits of a height, smooth also where it is very large."""
    mask = compose_line(text, min(text_px, _SHARP_PX))
    inked = np.flatnonzero((mask > _OPAQUE).any(axis=1))
    if text_px <= _SHARP_PX or not len(inked):
        return mask
    scale = text_px / (inked[-1] + 1 - inked[0])
    return np.asarray(
        cv2.resize(mask, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8
    )


def _shortened(text: str, text_px: int, width_px: int) -> str:
    while text and line_width_px(text, text_px) > width_px:
        text = text[:-1]
    return text


def _shade(canvas: Canvas, rectangle: Rectangle, opacity: int) -> None:
    left, top, right, bottom = rectangle
    ground = np.full((bottom - top, right - left), opacity, np.uint8)
    canvas.blend_mask(_BLACK, ground, left, top)


def _write(
    canvas: Canvas, text: str, baseline: tuple[float, float], text_px: int, color: Bgr
) -> None:
    left, top = round(baseline[0]), round(baseline[1]) - ascent_px(text_px)
    if text:
        canvas.blend_mask(color, compose_line(text, text_px), left, top)
