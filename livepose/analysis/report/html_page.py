"""A report as one HTML file that needs no other."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from io import BytesIO

from livepose.analysis.angle_ranges import AngleRange
from livepose.analysis.repetitions import Repetitions
from livepose.analysis.report.plots import (
    COLORS,
    NOTES,
    Panel,
    heading,
    overview,
    panels_of,
    single_plot,
    title_of,
)
from livepose.analysis.tables import (
    RANGE_COLUMNS,
    REPETITION_COLUMNS,
    PersonSeries,
    range_rows,
    repetition_rows,
)

_COLORS = f":root {{ --left: {COLORS['left']}; --right: {COLORS['right']}; }}"
_STYLE = """
body { margin: 2.5rem auto; max-width: 66rem; padding: 0 1.5rem; color: #23282d; background: #fff;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
  -webkit-text-size-adjust: 100%; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; padding-top: 1.2rem;
  border-top: 2px solid #23282d; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p { margin: .3rem 0; } .grey { color: #6b747c; }
.plots { display: grid; gap: 1rem 1.5rem; margin-top: .8rem; }
.plots svg { display: block; width: 100%; height: auto; max-width: 44rem; break-inside: avoid; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .22rem 1.1rem .22rem 0; text-align: right; border-bottom: 1px solid #dfe3e6; }
th { color: #6b747c; font-weight: 600; } th:first-child, td:first-child { text-align: left; }
.left::before, .right::before { content: ""; display: inline-block; width: .6em; height: .6em;
  margin-right: .5em; border-radius: 50%; background: #ff9628; }
.right::before { background: #32b4ff; }
@media (min-width: 44rem), print { .plots { grid-template-columns: 1fr 1fr; }
  .plots svg:only-child { grid-column: 1 / -1; } }
@media (max-width: 44rem) { body { margin: 1.2rem auto; padding: 0 1rem; }
  h1 { font-size: 1.3rem; } table { width: 100%; font-size: 12px; }
  th, td { padding-right: .3rem; } th:last-child, td:last-child { padding-right: 0; } }
@media print { body { margin: 0; max-width: none; } h2 { break-before: auto; } }
""".strip()


def html_page(title: str, people: Sequence[PersonSeries], counters: Sequence[Repetitions]) -> bytes:
    """Return the whole page, UTF-8."""
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}: joint angles</title>",
        f"<style>\n{_COLORS}\n{_STYLE}\n</style></head><body>",
        f'<h1>{escape(title)}</h1><p class="grey">{escape(overview(people))}</p>',
    ]
    for person in people:
        parts += _section(person, counters)
    parts += [f'<p class="grey">{escape(note)}</p>' for note in NOTES]
    return ("\n".join([*parts, "</body></html>"]) + "\n").encode()


def _section(person: PersonSeries, counters: Sequence[Repetitions]) -> list[str]:
    extremes = AngleRange.from_series(person.names, person.time_s, person.degrees)
    parts = [f"<h2>{escape(heading(person))}</h2>", '<div class="plots">']
    parts += [_svg(panel, person, counters) for panel in panels_of(person.names)]
    parts.append("</div>")
    parts += ["<h3>Range of motion</h3>", _table(RANGE_COLUMNS, range_rows(extremes))]
    for counter in counters:
        rows = repetition_rows(counter, person.track_id)
        parts.append(f"<h3>Repetitions {escape(str(counter.rule))}: {len(rows)}</h3>")
        if rows:
            parts.append(_table(REPETITION_COLUMNS, rows))
    return parts


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


def _svg(panel: Panel, person: PersonSeries, counters: Sequence[Repetitions]) -> str:
    written = BytesIO()
    no_metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    single_plot(panel, person, counters).savefig(written, format="svg", metadata=no_metadata)
    text = written.getvalue().decode()
    # Without the prologue, which refers to a document type on the web.
    label = escape(f"{title_of(panel, person)}, {heading(person)}", quote=True)
    return text[text.index("<svg ") :].replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
