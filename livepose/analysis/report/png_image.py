"""A report as one PNG image."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from livepose.analysis.angle_ranges import AngleRange
from livepose.analysis.repetitions import Repetitions
from livepose.analysis.report.plots import (
    COLORS,
    GREY,
    INK,
    NOTES,
    RULE,
    WIDTH_IN,
    draw_curves,
    heading,
    height_in,
    overview,
    panels_of,
)
from livepose.analysis.tables import (
    RANGE_COLUMNS,
    PersonSeries,
    range_rows,
    repetition_columns,
    repetition_rows,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_PEOPLE = 4
"""How many people are shown; the page shows all of them."""
_DPI = 120
_LEFT_IN = 0.3
_HEAD_IN, _HEADING_IN, _ROW_IN, _FOOT_IN = 1.0, 0.5, 0.235, 0.75
_COLUMNS_IN = (1.75, 2.35, 2.95, 3.95, 4.75)
_REPETITION_COLUMNS_IN = (0.74, 1.28, 2.47, 3.02, 3.44, 4.16, 4.92)
_REPETITIONS_LEFT_IN = 5.75
_MAX_REPETITIONS = 12
_MAX_TITLE = 60


def png_image(title: str, people: Sequence[PersonSeries], counters: Sequence[Repetitions]) -> bytes:
    """Return the whole report as a PNG file."""
    from matplotlib.figure import Figure

    shown = people[:MAX_PEOPLE]
    heights = [_person_height_in(person, counters) for person in shown]
    figure = Figure(figsize=(WIDTH_IN, _HEAD_IN + sum(heights) + _FOOT_IN), facecolor="white")
    short = title if len(title) <= _MAX_TITLE else f"{title[:_MAX_TITLE]}..."
    _write(figure, _LEFT_IN, 0.5, short, size=17, weight="bold")
    left_out = len(people) - len(shown)
    more = f"; {left_out} more are in the .html form of this report" if left_out else ""
    _write(figure, _LEFT_IN, 0.78, overview(people) + more, color=GREY)
    top_in = _HEAD_IN
    for person, height in zip(shown, heights, strict=True):
        _draw_person(figure, person, counters, top_in)
        top_in += height
    for line, note in enumerate(NOTES):
        _write(figure, _LEFT_IN, top_in + 0.25 + 0.2 * line, note, color=GREY, size=8)
    written = BytesIO()
    with warnings.catch_warnings():
        # A title in a script that the font lacks is drawn as boxes, which is no error.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(written, format="png", dpi=_DPI)
    return written.getvalue()


def _person_height_in(person: PersonSeries, counters: Sequence[Repetitions]) -> float:
    repetition_lines = sum(
        2.6 + min(len(repetition_rows(counter, person.track_id)), _MAX_REPETITIONS)
        for counter in counters
    )
    rows = max(len(person.names) + 1.0, repetition_lines)
    return _HEADING_IN + height_in(len(panels_of(person.names))) + _ROW_IN * (rows + 2)


def _draw_person(
    figure: Figure, person: PersonSeries, counters: Sequence[Repetitions], top_in: float
) -> None:
    _line(figure, top_in, WIDTH_IN - _LEFT_IN, INK, 1.4, _LEFT_IN)
    _write(figure, _LEFT_IN, top_in + 0.32, heading(person), size=12.5, weight="bold")
    top_in += _HEADING_IN
    draw_curves(figure, person, counters, top_in)
    top_in += height_in(len(panels_of(person.names))) + 1.2 * _ROW_IN
    extremes = AngleRange.from_series(person.names, person.time_s, person.degrees)
    _table(figure, top_in, _LEFT_IN, _COLUMNS_IN, [RANGE_COLUMNS, *range_rows(extremes)])
    for counter in counters:
        rows = repetition_rows(counter, person.track_id)
        text = f"Repetitions {counter.rule}: {len(rows)}"
        _write(figure, _REPETITIONS_LEFT_IN, top_in, text, weight="bold")
        if len(rows) > _MAX_REPETITIONS:
            rows = [
                *rows[: _MAX_REPETITIONS - 1],
                (f"and {len(rows) - _MAX_REPETITIONS + 1} more",),
            ]
        table = [repetition_columns(counter.rule), *rows] if rows else []
        _table(figure, top_in + 1.15 * _ROW_IN, _REPETITIONS_LEFT_IN, _REPETITION_COLUMNS_IN, table)
        top_in += _ROW_IN * (2.6 + len(rows))


def _table(
    figure: Figure,
    top_in: float,
    left_in: float,
    columns_in: Sequence[float],
    rows: Sequence[Sequence[str]],
) -> None:
    for number, row in enumerate(rows):
        y_in = top_in + number * _ROW_IN
        color = INK if number else GREY
        side = row[0].split(" ")[0]
        if side in ("left", "right"):
            mark = "●" if side == "left" else "■"
            _write(figure, left_in, y_in, mark, color=COLORS[side], size=8)
        indent_in = 0.16 if side in ("left", "right") else 0.0
        _write(figure, left_in + indent_in, y_in, row[0], color=color)
        for place_in, cell in zip(columns_in, row[1:], strict=False):
            _write(figure, left_in + place_in, y_in, cell, color=color, align="right")
        _line(figure, y_in + 0.07, left_in + columns_in[-1], RULE, 0.8, left_in)


def _write(
    figure: Figure,
    x_in: float,
    y_in: float,
    text: str,
    *,
    color: str = INK,
    size: float = 9.5,
    weight: str = "normal",
    align: str = "left",
) -> None:
    """Write a line of text at a place in inches from the upper left corner."""
    place = (x_in / WIDTH_IN, 1 - y_in / figure.get_figheight())
    figure.text(
        *place, text, color=color, fontsize=size, fontweight=weight, ha=align, va="baseline",
        parse_math=False,
    )  # fmt: skip


def _line(
    figure: Figure, y_in: float, right_in: float, color: str, width_pt: float, left_in: float
) -> None:
    from matplotlib.lines import Line2D

    y = 1 - y_in / figure.get_figheight()
    ends = [left_in / WIDTH_IN, right_in / WIDTH_IN]
    figure.add_artist(Line2D(ends, [y, y], color=color, linewidth=width_pt))
