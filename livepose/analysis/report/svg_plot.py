"""One plot as SVG, for the page: its script zooms into the time axis.

Left is a solid line with dots at its extremes, right a dashed one with squares, so that they are
told apart without their colours too. What is zoomed is in the group `zoom`, which the script scales
along the time axis; strokes keep their width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from livepose.analysis.angle_definitions import ANGLE_DEFINITIONS
from livepose.analysis.repetitions import Repetitions
from livepose.analysis.report.plots import (
    COLORS,
    GREY,
    INK,
    MAX_NUMBERS,
    RULE,
    SHADE,
    Panel,
    limits,
    median_curve,
    title_of,
    with_gaps,
)
from livepose.analysis.report.ticks import (
    LONG_S,
    degree_step,
    ticks,
    time_label,
    time_step_s,
)
from livepose.analysis.tables import PersonSeries
from livepose.core.arrays import Float64Array

WIDTH, HEIGHT = 340, 172
"""Of the view box: letters can be read on a phone too."""
LEFT, TOP, RIGHT, BOTTOM = 34, 26, 334, 146
"""The area of the curves."""
_FONT = 8.5
_MAX_POINTS = 3000
"""Of a curve; with more, the least and the greatest of several values stand for them."""


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where times and angles are in the view box."""

    start_s: float
    end_s: float
    low_deg: float
    high_deg: float

    def x_of(self, time_s: float) -> float:
        return LEFT + (time_s - self.start_s) / (self.end_s - self.start_s) * (RIGHT - LEFT)

    def y_of(self, degrees: float) -> float:
        share = (degrees - self.low_deg) / (self.high_deg - self.low_deg)
        return BOTTOM - share * (BOTTOM - TOP)

    def xs_of(self, times_s: Float64Array) -> Float64Array:
        shares = (times_s - self.start_s) / (self.end_s - self.start_s)
        return np.asarray(LEFT + shares * (RIGHT - LEFT))

    def ys_of(self, degrees: Float64Array) -> Float64Array:
        shares = (degrees - self.low_deg) / (self.high_deg - self.low_deg)
        return np.asarray(BOTTOM - shares * (BOTTOM - TOP))


def svg_plot(
    panel: Panel, person: PersonSeries, counters: Sequence[Repetitions], label: str
) -> str:
    """Return the plot of an angle, of the left and the right side if both were measured."""
    start_s, end_s = limits(person.time_s, 0.1)
    columns = [column for _, column in panel.columns]
    curves = [median_curve(person, column) for column in columns]
    medians = np.concatenate([degrees for _, degrees in curves])
    known = medians[np.isfinite(medians)]
    low, high = limits(known, 20.0, share=0.1) if len(known) else (0.0, 1.0)

    axes = _Axes(start_s, end_s, low, high)
    clip = f"area-{person.track_id}-{panel.angle}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(label, quote=True)}" font-size="{_FONT}" data-start="{start_s:.4f}" '
        f'data-end="{end_s:.4f}">',
        f'<clipPath id="{clip}"><rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" '
        f'height="{BOTTOM - TOP}"/></clipPath>',
        *_head(panel, person),
    ]
    if len(known):
        for value in ticks(low, high, degree_step(low, high)):
            y = axes.y_of(value)
            parts.append(f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{RULE}" stroke-width=".7"/>')
            parts.append(_text(f"{value:.0f}°", LEFT - 4, y + 3, GREY, "end"))
    else:
        parts.append(_text("not seen", (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2, GREY, "middle"))
    parts += [f'<g clip-path="url(#{clip})"><g class="zoom">']
    own = [
        counter
        for counter in counters
        if counter.rule.angle in [person.names[column] for column in columns]
    ]
    numbers: list[str] = []
    for counter in own:
        shades, labels = _repetitions(counter, person.track_id, axes)
        parts += shades
        numbers += labels
    for (side, _), (time_s, curve) in zip(panel.columns, curves, strict=True):
        parts += _curve(side, time_s, curve, axes)
    parts.append("</g></g>")
    parts += [f'<g class="numbers">{"".join(numbers)}</g>', _time_axis(axes)]
    return "\n".join([*parts, "</svg>"])


def _head(panel: Panel, person: PersonSeries) -> list[str]:
    """Return the title, what one value means, and which line is which side."""
    definition = ANGLE_DEFINITIONS.get(person.names[panel.columns[0][1]])
    title = title_of(panel, person)
    parts = [
        f'<text x="{LEFT}" y="13" font-size="10.5" font-weight="bold" fill="{INK}">'
        f'{escape(title)}<tspan dx="7" font-size="{_FONT}" font-weight="normal" fill="{GREY}">'
        f"{escape(definition.reference if definition else '')}</tspan></text>"
    ]
    if len(panel.columns) > 1:
        for number, (side, _) in enumerate(panel.columns):
            x = RIGHT - 46 * (len(panel.columns) - number)
            parts.append(_line(side, f"M{x} 10h16"))
            parts.append(_mark(side, x + 8, 10))
            parts.append(_text(side, x + 20, 13, INK))
    return parts


def _curve(side: str, time_s: Float64Array, curve: Float64Array, axes: _Axes) -> list[str]:
    """Return the line of one side, and a mark at its least and its greatest value."""
    if not np.isfinite(curve).any():
        return []
    times_s, degrees = _thinned(*with_gaps(time_s, curve))
    xs, ys = axes.xs_of(times_s), axes.ys_of(degrees)
    path, is_open = [], False
    for x, y, is_known in zip(xs.tolist(), ys.tolist(), np.isfinite(ys).tolist(), strict=True):
        if is_known:
            path.append(f"{'L' if is_open else 'M'}{x:.2f} {y:.1f}")
        is_open = is_known
    parts = [_line(side, "".join(path))]
    for place in (int(np.nanargmin(curve)), int(np.nanargmax(curve))):
        parts.append(_mark(side, axes.x_of(time_s[place]), axes.y_of(curve[place])))
    return parts


def _line(side: str, path: str) -> str:
    dash = ' stroke-dasharray="5 2.5"' if side == "right" else ""
    color = COLORS.get(side, COLORS[""])
    return (
        f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.5" '
        f'stroke-linejoin="round" vector-effect="non-scaling-stroke"{dash}/>'
    )


def _mark(side: str, x: float, y: float) -> str:
    """Return a dot for left, and a square for right: the end of a line without a length."""
    cap = "square" if side == "right" else "round"
    color = COLORS.get(side, COLORS[""])
    return (
        f'<path d="M{x:.2f} {y:.1f}h.001" stroke="{color}" stroke-width="5.5" '
        f'stroke-linecap="{cap}" vector-effect="non-scaling-stroke"/>'
    )


def _repetitions(counter: Repetitions, track_id: int, axes: _Axes) -> tuple[list[str], list[str]]:
    """Return a shade for each repetition with the threshold, and their numbers."""
    own = [each for each in counter.done if each.track_id == track_id]
    shades = [
        f'<rect x="{axes.x_of(each.crossed_s):.2f}" y="{TOP}" height="{BOTTOM - TOP}" '
        f'width="{axes.x_of(each.back_s) - axes.x_of(each.crossed_s):.2f}" fill="{SHADE}"/>'
        for each in own
    ]
    threshold_deg = own[-1].threshold_deg if own else counter.rule.threshold_deg
    if threshold_deg is not None:
        y = axes.y_of(threshold_deg)
        shades.append(
            f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{GREY}" stroke-width=".9" '
            'stroke-dasharray="4 3" vector-effect="non-scaling-stroke"/>'
        )
    y = BOTTOM - 3 if counter.rule.is_over else TOP + 9
    labels = []
    for each in own if len(own) <= MAX_NUMBERS else ():
        middle_s = (each.crossed_s + each.back_s) / 2
        number = _text(str(each.number), axes.x_of(middle_s), y, GREY, "middle")
        labels.append(number.replace("<text", f'<text data-time="{middle_s:.3f}"', 1))
    return shades, labels


def _time_axis(axes: _Axes) -> str:
    start_s, end_s = axes.start_s, axes.end_s
    is_long = end_s >= LONG_S
    parts = ['<g class="times">']
    for time_s in ticks(start_s, end_s, time_step_s(start_s, end_s)):
        x = axes.x_of(time_s)
        parts.append(f'<path d="M{x:.1f} {BOTTOM}v3" stroke="{GREY}" stroke-width=".7"/>')
        parts.append(_text(time_label(time_s, is_long=is_long), x, BOTTOM + 12, GREY, "middle"))
    unit = "min:s" if is_long else "s"
    x, y = (LEFT + RIGHT) / 2, BOTTOM + 23
    return "".join([*parts, "</g>", _text(f"time ({unit})", x, y, GREY, "middle")])


def _text(text: str, x: float, y: float, color: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _thinned(time_s: Float64Array, degrees: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Return a curve of a bounded number of points, with all of its peaks."""
    if len(time_s) <= _MAX_POINTS:
        return time_s, degrees
    width = -(-2 * len(time_s) // _MAX_POINTS)
    kept: list[int] = []
    for start in range(0, len(time_s), width):
        part = degrees[start : start + width]
        if not np.isfinite(part).all():
            kept += range(start, start + len(part))
        else:
            kept += sorted({start + int(np.argmin(part)), start + int(np.argmax(part))})
    return time_s[kept], degrees[kept]
