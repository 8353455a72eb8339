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
    WIDTH_IN,
    draw_curves,
    heading,
    height_in,
    overview,
    panels_of,
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
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.7rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem; padding-top: 1.2rem;
  border-top: 2px solid #23282d; }
h3 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
p { margin: .3rem 0; } .grey { color: #6b747c; }
svg { display: block; width: 100%; height: auto; margin-top: .6rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .22rem 1.1rem .22rem 0; text-align: right; border-bottom: 1px solid #dfe3e6; }
th { color: #6b747c; font-weight: 600; } th:first-child, td:first-child { text-align: left; }
.left::before, .right::before { content: ""; display: inline-block; width: .6em; height: .6em;
  margin-right: .5em; border-radius: 50%; background: var(--left); }
.right::before { background: var(--right); }
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
    extremes = AngleRange.from_series(person.names, person.degrees)
    parts = [f"<h2>{escape(heading(person))}</h2>", _svg(person, counters)]
    parts += ["<h3>Range of motion</h3>", _table(RANGE_COLUMNS, range_rows(extremes))]
    for counter in counters:
        rows = repetition_rows(counter, person.track_id)
        parts.append(f"<h3>Repetitions {escape(str(counter.rule))}: {len(rows)}</h3>")
        if rows:
            parts.append(_table(REPETITION_COLUMNS, rows))
    return parts


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [
        "<table><thead><tr>",
        *(f"<th>{escape(word)}</th>" for word in columns),
        "</tr></thead>",
    ]
    lines.append("<tbody>")
    for row in rows:
        side = row[0].split(" ")[0]
        mark = f' class="{side}"' if side in ("left", "right") else ""
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        lines.append(f"<tr><td{mark}>{escape(row[0])}</td>{cells}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _svg(person: PersonSeries, counters: Sequence[Repetitions]) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, height_in(len(panels_of(person.names)))))
    draw_curves(figure, person, counters, top_in=0.0)
    written = BytesIO()
    no_metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(written, format="svg", metadata=no_metadata)
    text = written.getvalue().decode()
    # Without the prologue, which refers to a document type on the web.
    label = escape(f"Curves of {heading(person)}", quote=True)
    return text[text.index("<svg ") :].replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
