"""The plots of a report, one for each angle with left and right together, and its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from livepose.analysis.angle_definitions import ANGLE_DEFINITIONS
from livepose.analysis.moving_median import middle_times, trailing_medians
from livepose.analysis.repetitions import Repetitions
from livepose.analysis.report.ticks import LONG_S, degree_step, time_label, time_step_s
from livepose.analysis.tables import PersonSeries
from livepose.core.arrays import Float64Array
from livepose.core.colors import LEFT_COLOR, RIGHT_COLOR, hex_color

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, GREY, RULE, SHADE = "#23282d", "#6b747c", "#dfe3e6", "#eef1f3"
COLORS = {"left": hex_color(LEFT_COLOR), "right": hex_color(RIGHT_COLOR), "": "#3f4a54"}
"""Left is orange and right is blue, as in the frames."""
WIDTH_IN = 11.0
_MARGIN_IN, _GAP_IN = 0.62, 0.75
_PANEL_IN = 1.55
_ROW_IN = 2.45
_GAP_S = 0.5
"""A curve is interrupted where nothing was seen for longer."""
MAX_NUMBERS = 40
"""With more repetitions than this, none is numbered."""
DASHES = {"left": "solid", "right": (0, (4, 2))}
"""Left and right are told apart without colours too."""
NOTES = (
    "Angles are measured in the image plane: they are the body's own where it moves in that plane.",
    "Curves and extremes are medians over 0.2 s, in which a misread frame or two change nothing.",
    "Range is maximum minus minimum. Symmetry compares the ranges R of the right and "
    "L of the left: 2 (R - L) / (R + L); 0 % is alike, positive is more on the right.",
)


def overview(people: Sequence[PersonSeries]) -> str:
    """Return one line on who was seen, and when."""
    if not people:
        return "Joint angles. Nobody was seen for long enough to be measured."
    start_s = min(float(person.time_s[0]) for person in people)
    end_s = max(float(person.time_s[-1]) for person in people)
    who = "one person" if len(people) == 1 else f"{len(people)} people"
    return f"Joint angles of {who}, from {start_s:.1f} s to {end_s:.1f} s"


def heading(person: PersonSeries) -> str:
    """Return a person's heading: the number, and for how many frames it was seen."""
    name = f"Person {person.track_id}" if person.track_id else "Person"
    return f"{name}: {len(person.time_s)} frames"


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot: an angle, or the angles of a pair."""

    angle: str
    """The angle without its side: `knee`."""
    columns: tuple[tuple[str, int], ...]
    """The side (left, right or empty) and the column of each curve."""


def panels_of(names: Sequence[str]) -> list[Panel]:
    """Return the plots of some angles: left and right share one.

    >>> [panel.angle for panel in panels_of(["left_knee", "right_knee", "trunk"])]
    ['knee', 'trunk']
    """
    found: dict[str, list[tuple[str, int]]] = {}
    for column, name in enumerate(names):
        side, _, rest = name.partition("_")
        is_pair = side in ("left", "right") and rest
        found.setdefault(rest if is_pair else name, []).append((side if is_pair else "", column))
    return [Panel(angle, tuple(columns)) for angle, columns in found.items()]


def height_in(panel_count: int) -> float:
    """Return the height of some plots, two beside each other, in inches."""
    return _ROW_IN * -(-panel_count // 2)


def draw_curves(
    figure: Figure, person: PersonSeries, counters: Sequence[Repetitions], top_in: float
) -> None:
    """Draw every angle of one person, two plots beside each other, from `top_in` downward."""
    panels = panels_of(person.names)
    per_row = min(2, len(panels))
    width_in = (WIDTH_IN - 2 * _MARGIN_IN - (per_row - 1) * _GAP_IN) / per_row
    figure_in = figure.get_figheight()
    for number, panel in enumerate(panels):
        row, place = divmod(number, per_row)
        left_in = _MARGIN_IN + place * (width_in + _GAP_IN)
        bottom_in = figure_in - top_in - row * _ROW_IN - 0.4 - _PANEL_IN
        axes = figure.add_axes(
            (left_in / WIDTH_IN, bottom_in / figure_in, width_in / WIDTH_IN, _PANEL_IN / figure_in)
        )
        _draw_panel(axes, panel, person, counters)


def median_curve(person: PersonSeries, column: int) -> tuple[Float64Array, Float64Array]:
    """Return the curve of an angle: (C,) seconds and (C,) degrees, NaN where it was not seen.

    It has the moving medians of which the table has the extremes, each in the middle of its window.

    Args:
        person: Whose angle it is.
        column: Of the angle.
    """
    degrees = person.degrees[:, column].astype(np.float64)
    medians = trailing_medians(person.time_s, degrees[:, None])[:, 0]
    # What is too short for a median does not interrupt the curve.
    is_kept = np.isfinite(medians) | ~np.isfinite(degrees)
    return middle_times(person.time_s)[is_kept], medians[is_kept]


def title_of(panel: Panel, person: PersonSeries) -> str:
    """Return the title of a plot."""
    definition = ANGLE_DEFINITIONS.get(person.names[panel.columns[0][1]])
    return definition.title if definition else panel.angle


def _draw_panel(
    axes: Any, panel: Panel, person: PersonSeries, counters: Sequence[Repetitions]
) -> None:
    definition = ANGLE_DEFINITIONS.get(person.names[panel.columns[0][1]])
    title = axes.set_title(
        title_of(panel, person),
        loc="left", fontsize=10.5, fontweight="bold", color=INK, pad=7,
    )  # fmt: skip
    axes.annotate(
        definition.reference if definition else "", (1, 0), xycoords=title, xytext=(9, 0),
        textcoords="offset points", fontsize=8.5, color=GREY, va="bottom", annotation_clip=False,
    )  # fmt: skip
    _frame(axes)
    _time_axis(axes, *limits(person.time_s, 0.1))
    for counter in counters:
        if counter.rule.angle in [person.names[column] for _, column in panel.columns]:
            _draw_repetitions(axes, counter, person.track_id)
    curves = [median_curve(person, column) for _, column in panel.columns]
    for (side, _), curve in zip(panel.columns, curves, strict=True):
        time_s, degrees = with_gaps(*curve)
        color = COLORS.get(side, COLORS[""])
        axes.plot(
            time_s, degrees, color=color, linewidth=1.4, label=side or "degrees", zorder=3,
            linestyle=DASHES.get(side, "solid"),
        )  # fmt: skip
    medians = np.concatenate([degrees for _, degrees in curves])
    seen = medians[np.isfinite(medians)]
    if len(seen):
        _degree_axis(axes, *limits(seen, 20.0, share=0.1))
    else:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "not seen", transform=axes.transAxes, ha="center", color=GREY)
    if len(panel.columns) > 1:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=8.5,
            handlelength=2.0, columnspacing=1.0, handletextpad=0.5, borderaxespad=0.25,
            labelcolor=INK,
        )  # fmt: skip


def _frame(axes: Any) -> None:
    axes.set_axisbelow(True)
    axes.grid(color=RULE, linewidth=0.7)
    axes.tick_params(length=0, labelsize=8.5, labelcolor=GREY)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)


def _degree_axis(axes: Any, low_deg: float, high_deg: float) -> None:
    """Label round numbers of degrees, at equal steps."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    step_deg = degree_step(low_deg, high_deg)
    axes.set_ylim(low_deg, high_deg)
    axes.yaxis.set_major_locator(MultipleLocator(step_deg))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}°"))


def _time_axis(axes: Any, start_s: float, end_s: float) -> None:
    """Label the time in seconds, or in minutes and seconds where it is long."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    is_long = end_s >= LONG_S
    step_s = time_step_s(start_s, end_s)
    axes.set_xlim(start_s, end_s)
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda s, _: time_label(s, is_long=is_long)))
    unit = "min:s" if is_long else "s"
    axes.set_xlabel(f"time ({unit})", fontsize=8.5, color=GREY, labelpad=2)


def _draw_repetitions(axes: Any, counter: Repetitions, track_id: int) -> None:
    """Shade each repetition, and number it on the side that the curve does not reach."""
    own = [repetition for repetition in counter.done if repetition.track_id == track_id]
    threshold_deg = own[-1].threshold_deg if own else counter.rule.threshold_deg
    if threshold_deg is not None:
        axes.axhline(threshold_deg, color=GREY, linewidth=0.9, linestyle=(0, (1, 2)))
    is_over = counter.rule.is_over
    for number, repetition in enumerate(own, 1):
        axes.axvspan(repetition.crossed_s, repetition.back_s, color=SHADE, linewidth=0, zorder=0)
        if len(own) <= MAX_NUMBERS:
            axes.text(
                (repetition.crossed_s + repetition.back_s) / 2,
                0.04 if is_over else 0.96, str(number),
                transform=axes.get_xaxis_transform(), fontsize=8, color=GREY, ha="center",
                va="bottom" if is_over else "top", zorder=4,
            )  # fmt: skip


def limits(values: Float64Array, least: float, share: float = 0.0) -> tuple[float, float]:
    """Return limits around values that are at least `least` apart."""
    low, high = float(values.min()), float(values.max())
    more = max((least - (high - low)) / 2, share * (high - low), 0.0)
    return low - more, high + more


def with_gaps(time_s: Float64Array, degrees: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Insert a NaN where nothing was seen for long, so that no line is drawn across."""
    gaps = np.flatnonzero(np.diff(time_s) > _GAP_S) + 1
    return np.insert(time_s, gaps, time_s[gaps]), np.insert(degrees, gaps, np.nan)
