"""A report as one HTML file that needs no other: curves, tables and pictures.

Its only script zooms into the curves; without it, the page shows all of them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path

from livepose.analysis.angle_ranges import AngleRange
from livepose.analysis.repetitions import Repetitions
from livepose.analysis.report.key_frames import KeyFrame
from livepose.analysis.report.plots import (
    COLORS,
    NOTES,
    heading,
    overview,
    panels_of,
    title_of,
)
from livepose.analysis.report.svg_plot import svg_plot
from livepose.analysis.tables import (
    RANGE_COLUMNS,
    PersonSeries,
    range_rows,
    repetition_columns,
    repetition_rows,
)

MAX_PICTURES = 60
"""On a page, of some 10 kB each."""
_MAX_EXTREMES = 4
"""For so many angles the table of repetitions has a column; `.reps.csv` has all."""
_COLORS = f":root {{ --left: {COLORS['left']}; --right: {COLORS['right']}; }}"
_STYLE = """
body { margin: 2.5rem auto; max-width: 66rem; padding: 0 1.5rem; color: #23282d; background: #fff;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  -webkit-text-size-adjust: 100%; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; padding-top: 1.2rem;
  border-top: 2px solid #23282d; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
body > .note { margin-top: .5rem; }
p { margin: .3rem 0; } .grey { color: #6b747c; }
.plots { display: grid; gap: 1rem 1.5rem; margin-top: .8rem; }
.plots svg { display: block; width: 100%; height: auto; max-width: 44rem; break-inside: avoid;
  touch-action: pan-y; user-select: none; -webkit-user-select: none; }
.plots svg.zoomed { cursor: grab; touch-action: none; }
.zoombar { margin-top: .8rem; }
.zoombar button { font: inherit; min-width: 2.4em; margin-right: .35em; padding: .1em .5em;
  color: inherit; background: #eef1f3; border: 1px solid #dfe3e6; border-radius: .3em; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .22rem 1.1rem .22rem 0; text-align: right; border-bottom: 1px solid #dfe3e6; }
th { color: #6b747c; font-weight: 600; } th:first-child, td:first-child { text-align: left; }
.left::before, .right::before { content: ""; display: inline-block; width: .6em; height: .6em;
  margin-right: .5em; border-radius: 50%; background: var(--left); }
.right::before { border-radius: 0; background: var(--right); }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem; margin-top: .8rem; }
figure { margin: 0; width: 9.5rem; break-inside: avoid; }
figure img { display: block; width: 100%; height: 9.5rem; object-fit: contain;
  background: #eef1f3; }
figcaption { font-size: .8rem; line-height: 1.3; margin-top: .2rem; color: #6b747c; }
figcaption span { display: block; overflow-wrap: anywhere; }
figcaption span:last-child { white-space: nowrap; color: #23282d; }
@media (min-width: 44rem), print { .plots { grid-template-columns: 1fr 1fr; }
  .plots svg:only-child { grid-column: 1 / -1; } }
@media (max-width: 44rem) { body { margin: 1.2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.3rem; } table { width: 100%; font-size: 12px; }
  th, td { padding-right: .5rem; } th:last-child, td:last-child { padding-right: 0; }
  .pictures { gap: .5rem; } figure { width: calc(50% - .25rem); } }
@page { size: A4; margin: 12mm; }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 9pt; line-height: 1.3; }
  h1 { font-size: 14pt; } h2 { font-size: 11pt; margin: 3mm 0 1mm; padding-top: 2mm; }
  h3 { font-size: 9pt; margin: 2.5mm 0 .5mm; break-after: avoid; } .zoombar { display: none; }
  .plots { gap: 1mm 5mm; margin-top: 1mm; } .plots svg:only-child { max-width: 60%; }
  .plots.many { display: block; columns: 3; } .plots.many svg { margin-bottom: 1mm; }
  .tables { columns: 2; column-gap: 6mm; } .tables.wide { columns: 1; }
  .tables section { break-inside: avoid; }
  .table { overflow-x: visible; } table { font-size: 7.5pt; width: auto; }
  th, td { padding: .25mm 3.2mm .25mm 0; } .note { font-size: 7.5pt; margin: .3mm 0; }
  .keyframes.few { break-before: page; } .pictures { gap: 2mm; margin-top: 1mm; }
  figure { width: 35mm; } figure img { height: 37mm; }
  .many figure { width: 21.4mm; } .many figure img { height: 20mm; }
  figcaption { font-size: 6.5pt; margin: .3mm 0 0; } .many figcaption { font-size: 5.5pt; }
  tr, figure, svg { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
""".strip()
_MANY_PLOTS = 6
"""With more of them, three stand beside each other on paper."""
_FEW_PICTURES = 25
"""So many have a sheet of their own on paper; more of them are small."""
_LONG_TABLE = 16
"""Tables of more rows stand below each other on paper."""


def html_page(
    title: str,
    people: Sequence[PersonSeries],
    counters: Sequence[Repetitions],
    pictures: Sequence[KeyFrame] = (),
    notes: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Return the whole page, UTF-8.

    Args:
        title: What was measured.
        people: In the order in which they are shown.
        counters: That have counted repetitions.
        pictures: Key frames; the first sixty are shown.
        notes: Names and values for the head, such as the model.
    """
    described = "; ".join([f"{name}: {value}" for name, value in notes])
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        # An icon in the page, or browsers would ask the server for one.
        '<link rel="icon" href="data:,">',
        f"<title>{escape(title)}: joint angles</title>",
        f"<style>\n{_COLORS}\n{_STYLE}\n</style></head><body>",
        f'<h1>{escape(title)}</h1><p class="grey">{escape(overview(people))}</p>',
    ]
    if described:
        parts.append(f'<p class="grey note">{escape(described)}</p>')
    shown = list(pictures)[:MAX_PICTURES]
    for person in people:
        own = [picture for picture in shown if picture.track_id == person.track_id]
        parts += _section(person, counters, own)
    parts += [f'<p class="grey note">{escape(note)}</p>' for note in NOTES]
    if people:
        script = Path(__file__).with_name("zoom.js").read_text("utf-8")
        parts.append(f"<script>\n{script}</script>")
    return ("\n".join([*parts, "</body></html>"]) + "\n").encode()


def _section(
    person: PersonSeries, counters: Sequence[Repetitions], pictures: Sequence[KeyFrame]
) -> list[str]:
    extremes = AngleRange.from_series(person.names, person.time_s, person.degrees)
    panels = panels_of(person.names)
    is_many = " many" if len(panels) > _MANY_PLOTS else ""
    parts = [f"<h2>{escape(heading(person))}</h2>", f'<div class="plots{is_many}">']
    for panel in panels:
        label = f"{title_of(panel, person)}, {heading(person)}"
        parts.append(svg_plot(panel, person, counters, label))
    parts.append("</div>")
    ranges = range_rows(extremes)
    tables: list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]] = []
    tables.append(("Range of motion", RANGE_COLUMNS, ranges))
    for counter in counters:
        names = _extremes_shown(counter, person.names)
        rows = repetition_rows(counter, person.track_id, names)
        columns = (*repetition_columns(counter.rule), *(name.replace("_", " ") for name in names))
        tables.append((f"Repetitions {counter.rule}: {len(rows)}", columns, rows))
    is_long = sum(len(rows) for _, _, rows in tables) > _LONG_TABLE or len(tables) > 1
    parts.append(f'<div class="tables{" wide" if is_long else ""}">')
    for head, columns, rows in tables:
        parts.append(f"<section><h3>{escape(head)}</h3>")
        if rows:
            parts.append(_table(columns, rows))
        parts.append("</section>")
    parts += [f'<p class="grey">{escape(counter.hint())}</p>' for counter in counters]
    parts.append("</div>")
    if pictures:
        amount = "few" if len(pictures) <= _FEW_PICTURES else "many"
        parts.append(f'<div class="keyframes {amount}"><h3>Key frames</h3><div class="pictures">')
        parts += [*map(_figure, pictures), "</div></div>"]
    return [part for part in parts if part != '<p class="grey"></p>']


def _extremes_shown(counter: Repetitions, names: Sequence[str]) -> list[str]:
    """Return the angles that have a column in the table of a counter: its own one first."""
    others = [name for name in names if name != counter.rule.angle]
    return [counter.rule.angle, *others][:_MAX_EXTREMES]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [
        '<div class="table"><table><thead><tr>',
        *(f"<th>{escape(word)}</th>" for word in columns),
        "</tr></thead>",
    ]
    lines.append("<tbody>")
    for row in rows:
        side = row[0].split(" ")[0]
        mark = f' class="{side}"' if side in ("left", "right") else ""
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        lines.append(f"<tr><td{mark}>{escape(row[0])}</td>{cells}</tr>")
    return "\n".join([*lines, "</tbody></table></div>"])


def _figure(picture: KeyFrame) -> str:
    caption = escape(picture.caption, quote=True)
    # What it is stands above what was measured, so that no number is torn from its unit.
    what, separator, measured = caption.rpartition(": ")
    data = b64encode(picture.jpeg).decode()
    return (
        f'<figure><img alt="{caption}" src="data:image/jpeg;base64,{data}">'
        f"<figcaption><span>{what}{separator}</span><span>{measured}</span></figcaption></figure>"
    )
