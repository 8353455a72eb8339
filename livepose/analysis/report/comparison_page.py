"""The comparison of two takes as one HTML file that needs no other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from livepose.analysis.angle_definitions import ANGLE_DEFINITIONS
from livepose.analysis.comparison.difference import (
    SCORE_EXPLANATION,
    Comparison,
)
from livepose.analysis.comparison.table import (
    DIFFERENCE_COLUMNS,
    difference_rows,
    summary_of,
)
from livepose.core.arrays import Float64Array

_WIDTH, _HEIGHT = 460, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 8, 26
_MAX_GAP = 3
"""A curve is interrupted where more moments than this are missing."""
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
_STEPS_DEG = (5, 10, 20, 30, 45, 60, 90, 180)
_CURVES_EXPLANATION = (
    "The distance between the two curves is the difference in the table. An angle changes its sign "
    "where the limb bends the other way in the picture, as when the body turns round."
)
_STYLE = """
body { margin: 2.5rem auto; max-width: 66rem; padding: 0 1.5rem; color: #23282d; background: #fff;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 1.8rem 0 .4rem; } h3 { font-size: .95rem; margin: .4rem 0 0; }
.score { font-size: 3rem; font-weight: 700; line-height: 1.2; } .grey { color: #6b747c; }
.plots { display: grid; gap: .6rem 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); }
.plots svg { width: 100%; height: auto; } .plots > div { break-inside: avoid; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .22rem 1.1rem .22rem 0; text-align: right; border-bottom: 1px solid #dfe3e6; }
th { color: #6b747c; font-weight: 600; } th:first-child, td:first-child { text-align: left; }
.table { overflow-x: auto; }
text { font-size: 11px; fill: #6b747c; } .grid { stroke: #dfe3e6; }
.a, .b { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
.a { stroke: #23282d; } .b { stroke: #d4570a; stroke-dasharray: 5 3; }
.key svg { width: 2.2rem; height: .7rem; margin: 0 .3rem 0 .8rem; vertical-align: middle; }
@page { size: A4; margin: 12mm; }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 9pt; line-height: 1.3; }
  h1 { font-size: 14pt; } h2 { font-size: 11pt; margin: 3mm 0 1mm; break-after: avoid; }
  h3 { font-size: 9pt; margin: 1mm 0 0; } .score { font-size: 24pt; margin: 1mm 0; }
  p { margin: 1mm 0; } p.grey { font-size: 7.5pt; }
  .plots { grid-template-columns: 1fr 1fr; gap: 1mm 5mm; }
  .table { overflow-x: visible; } table { font-size: 7.5pt; }
  th, td { padding: .25mm 3.2mm .25mm 0; }
  tr { break-inside: avoid; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
""".strip()


def comparison_page(name_a: str, name_b: str, comparison: Comparison) -> bytes:
    """Return the whole page, UTF-8.

    Args:
        name_a: Of the first take.
        name_b: Of the second take.
        comparison: Of both.
    """
    title = f"{name_a} and {name_b}"
    score = "-" if math.isnan(comparison.score) else f"{comparison.score:.0f}"
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}: compared</title>",
        f"<style>\n{_STYLE}\n</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="score">{score}<span class="grey"> / 100</span></p>',
        f"<p>{escape(summary_of(comparison))}</p>",
        "<h2>Differences</h2>",
        _table(difference_rows(comparison.angles)),
        '<h2>Curves</h2><p class="key">',
        f"{_key('a')}A: {escape(name_a)} {_key('b')}B: {escape(name_b)}, on the clock of A</p>",
        f'<p class="grey">{escape(_CURVES_EXPLANATION)}</p>',
        '<div class="plots">',
    ]
    for column, name in enumerate(comparison.names):
        if np.isfinite(comparison.a_deg[:, column]).any():
            parts.append(_plot(name, column, comparison))
    parts += ["</div>", f'<p class="grey">{escape(SCORE_EXPLANATION)}</p>']
    return ("\n".join([*parts, "</body></html>"]) + "\n").encode()


def _table(rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(word)}</th>" for word in DIFFERENCE_COLUMNS)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="table">{table}</div>'


def _key(which: str) -> str:
    line = f'<path class="{which}" d="M0 5H30"/>'
    return f'<svg viewBox="0 0 30 10" aria-hidden="true">{line}</svg>'


def _plot(name: str, column: int, comparison: Comparison) -> str:
    """Return the curves of one angle."""
    title = f"{name.replace('_', ' ')} ({ANGLE_DEFINITIONS[name].reference})"
    curves = comparison.a_deg[:, column], comparison.b_deg[:, column]
    low = float(np.fmin.reduce(np.concatenate(curves)))
    high = float(np.fmax.reduce(np.concatenate(curves)))
    margin = max(5.0, 0.06 * (high - low))
    low, high = low - margin, high + margin
    start_s, end_s = float(comparison.a_s[0]), float(comparison.a_s[-1])
    across = (_WIDTH - _LEFT - _RIGHT) / max(end_s - start_s, 1e-9)
    foot = _HEIGHT - _BOTTOM
    label = escape(title, quote=True)
    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">']
    for value in _ticks(low, high, _STEPS_DEG, 5):
        y = float(_y(np.array([value]), low, high)[0])
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{value:.0f}°</text>')
    for value in _ticks(start_s, end_s, _STEPS_S, 8):
        x = _LEFT + (value - start_s) * across
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{foot}"/>')
        parts.append(f'<text x="{x:.1f}" y="{foot + 15}" text-anchor="middle">{value:g} s</text>')
    places = _LEFT + (comparison.a_s - start_s) * across
    for which, curve in zip("ab", curves, strict=True):
        parts.append(f'<path class="{which}" d="{_line(places, _y(curve, low, high))}"/>')
    return f"<div><h3>{escape(title)}</h3>{''.join(parts)}</svg></div>"


def _y(degrees: Float64Array, low: float, high: float) -> Float64Array:
    return _TOP + (high - degrees) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)


def _ticks(low: float, high: float, steps: Sequence[float], most: int) -> list[float]:
    """Return round numbers between two values, at most so many."""
    step = next((step for step in steps if (high - low) / step <= most), steps[-1])
    first = math.ceil(low / step)
    return [n * step for n in range(first, math.floor(high / step) + 1)]


def _line(x: Float64Array, y: Float64Array) -> str:
    """Return a curve as the path of an SVG, with gaps where values are missing."""
    known = np.flatnonzero(np.isfinite(y))
    words: list[str] = []
    last = -_MAX_GAP - 2
    for row in known.tolist():
        words.append(f"{'M' if row - last > _MAX_GAP else 'L'}{x[row]:.1f} {y[row]:.1f}")
        last = row
    return "".join(words)
