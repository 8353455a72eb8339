"""The curves of a report: one plot for each angle, left and right together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from livepose.analysis.tables import (
    Counter,
    Numbers,
    PersonSeries,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, GREY, RULE, SHADE = "#23282d", "#6b747c", "#dfe3e6", "#eef1f3"
COLORS = {"left": "#ff9628", "right": "#32b4ff", "": "#3f4a54"}
"""Left is orange and right is blue, as in the picture."""
WIDTH_IN = 11.0
_MARGIN_IN, _GAP_IN = 0.62, 0.75
_PANEL_IN = 1.55
_PITCH_IN = 2.45
_GAP_S = 0.5
"""A curve breaks where nothing was seen for longer."""
_MAX_NUMBERS = 40
_LONG_S = 120.0
_STEPS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_MAX_TICKS = 9
_TITLES = {
    "knee": ("Knee flexion", "0° straight"),
    "elbow": ("Elbow flexion", "0° straight"),
    "hip": ("Hip flexion", "0° straight"),
    "shoulder": ("Shoulder flexion", "0° arm down"),
    "thigh": ("Thigh", "-90° hangs"),
    "shank": ("Shank", "-90° upright"),
    "arm": ("Upper arm", "-90° hangs"),
    "forearm": ("Forearm", "-90° hangs"),
    "trunk": ("Trunk", "90° upright"),
    "head": ("Head", "90° upright"),
    "shoulders": ("Line of the shoulders", "0° level"),
    "pelvis": ("Line of the hips", "0° level"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One plot."""

    what: str
    """The angle without its side: `knee`."""
    columns: tuple[tuple[str, int], ...]
    """Side (left, right, or empty) and column of each curve."""


def panels_of(names: Sequence[str]) -> list[Panel]:
    """Put left and right of the same into one plot."""
    found: dict[str, list[tuple[str, int]]] = {}
    for column, name in enumerate(names):
        side, _, what = name.rpartition("_")
        found.setdefault(what, []).append((side, column))
    return [Panel(what, tuple(columns)) for what, columns in found.items()]


def height_in(panel_count: int) -> float:
    """Say how high a sheet of plots is, in inches."""
    return _PITCH_IN * -(-panel_count // 2)


def draw_curves(
    figure: Figure, person: PersonSeries, counters: Sequence[Counter], top_in: float
) -> None:
    """Draw every angle of one person, two plots beside one another, from `top_in` downward."""
    panels = panels_of(person.names)
    per_row = min(2, len(panels))
    wide_in = (WIDTH_IN - 2 * _MARGIN_IN - (per_row - 1) * _GAP_IN) / per_row
    sheet_in = figure.get_figheight()
    for number, panel in enumerate(panels):
        row, place = divmod(number, per_row)
        left_in = _MARGIN_IN + place * (wide_in + _GAP_IN)
        bottom_in = sheet_in - top_in - row * _PITCH_IN - 0.4 - _PANEL_IN
        axes = figure.add_axes(
            (left_in / WIDTH_IN, bottom_in / sheet_in, wide_in / WIDTH_IN, _PANEL_IN / sheet_in)
        )
        _draw_panel(axes, panel, person, counters)


def _draw_panel(axes: Any, panel: Panel, person: PersonSeries, counters: Sequence[Counter]) -> None:
    title, zero = _TITLES.get(panel.what, (panel.what, ""))
    words = axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK, pad=7)
    axes.annotate(
        zero, (1, 0), xycoords=words, xytext=(9, 0), textcoords="offset points", fontsize=8.5,
        color=GREY, va="bottom", annotation_clip=False,
    )  # fmt: skip
    _frame(axes)
    _time_axis(axes, *_span(person.time_s, 0.1))
    for counter in counters:
        if counter.rule.angle in [person.names[column] for _, column in panel.columns]:
            _draw_bends(axes, counter, person.track_id)
    for side, column in panel.columns:
        time_s, degrees = _broken(person.time_s, person.degrees[:, column].astype(np.float64))
        color = COLORS.get(side, COLORS[""])
        axes.plot(time_s, degrees, color=color, linewidth=1.4, label=side or "degrees", zorder=3)
    seen = person.degrees[:, [column for _, column in panel.columns]]
    seen = seen[np.isfinite(seen)]
    if len(seen):
        axes.set_ylim(*_span(seen.astype(np.float64), 20.0, share=0.1))
    else:
        axes.text(0.5, 0.5, "not seen", transform=axes.transAxes, ha="center", color=GREY)
    if len(panel.columns) > 1:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=8.5,
            handlelength=1.5, columnspacing=1.2, borderaxespad=0.25, labelcolor=INK,
        )  # fmt: skip


def _frame(axes: Any) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_axisbelow(True)
    axes.grid(color=RULE, linewidth=0.7)
    axes.tick_params(length=0, labelsize=8.5, labelcolor=GREY)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 3, 4.5, 6, 9, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}°"))


def _time_axis(axes: Any, start_s: float, end_s: float) -> None:
    """Count in seconds, or in minutes and seconds where it is long."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    is_long = end_s >= _LONG_S
    clock = (lambda s, _: f"{s // 60:.0f}:{s % 60:02.0f}") if is_long else (lambda s, _: f"{s:g}")
    step_s = next((step for step in _STEPS_S if (end_s - start_s) / step <= _MAX_TICKS), 3600)
    axes.set_xlim(start_s, end_s)
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(FuncFormatter(clock))
    unit = "min:s" if is_long else "s"
    axes.set_xlabel(f"time ({unit})", fontsize=8.5, color=GREY, labelpad=2)


def _draw_bends(axes: Any, counter: Counter, track_id: int) -> None:
    """Shade each repetition, and number it where the curve is not."""
    bends = [bend for bend in counter.done if bend.track_id == track_id]
    axes.axhline(counter.rule.threshold_deg, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)))
    is_over = counter.rule.is_over
    for number, bend in enumerate(bends, 1):
        axes.axvspan(bend.start_s, bend.end_s, color=SHADE, linewidth=0, zorder=0)
        if len(bends) <= _MAX_NUMBERS:
            axes.text(
                (bend.start_s + bend.end_s) / 2, 0.04 if is_over else 0.96, str(number),
                transform=axes.get_xaxis_transform(), fontsize=8, color=GREY, ha="center",
                va="bottom" if is_over else "top", zorder=4,
            )  # fmt: skip


def _span(values: Numbers, least: float, share: float = 0.0) -> tuple[float, float]:
    """Give limits around values, at least so far apart."""
    low, high = float(values.min()), float(values.max())
    more = max((least - (high - low)) / 2, share * (high - low), 0.0)
    return low - more, high + more


def _broken(time_s: Numbers, degrees: Numbers) -> tuple[Numbers, Numbers]:
    """Put a NaN where nothing was seen for long, so that no line is drawn over it."""
    gaps = np.flatnonzero(np.diff(time_s) > _GAP_S) + 1
    return np.insert(time_s, gaps, time_s[gaps]), np.insert(degrees, gaps, np.nan)
