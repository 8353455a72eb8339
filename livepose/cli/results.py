"""What came of a run, an image or a comparison, printed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from livepose.cli.terminal import data_console, note_console, print_note

if TYPE_CHECKING:
    from rich.console import Console

    from livepose.pipeline import Samples
    from livepose.session.compare import ComparisonResult
    from livepose.session.image import ImageResult
    from livepose.session.summary import Summary

_MEASURABLE_S = 0.1


def print_summary(summary: Summary) -> None:
    """Print what a run did: frames, seconds, rate, lag or milliseconds per stage, files."""
    dropped = f", {summary.dropped} dropped" if summary.is_live else ""
    frames = "1 frame" if summary.frames == 1 else f"{summary.frames} frames"
    rate = f", {summary.frames_per_second:.1f} fps" if summary.seconds > _MEASURABLE_S else ""
    print_note(f"{frames} in {summary.seconds:.1f} s{rate}{dropped}")
    if summary.is_live and len(summary.lag_s):
        print_note(f"lag {_percentiles(summary.lag_s)}")
    stages = [f"{name} {_percentiles(s)}" for name, s in summary.stages_s.items() if len(s)]
    if stages:
        print_note("; ".join(stages))
    _print_angles(summary)
    if summary.rep_counts:
        print_note("counted: " + ", ".join(summary.rep_counts))
    for hint in summary.rep_hints:
        print_note(hint, "yellow")
    for path in summary.saved:
        print_note(f"wrote {path}", "green")


def _print_angles(summary: Summary) -> None:
    """Print the range of each angle, for everybody who was seen for long enough."""
    if not summary.angle_ranges:
        return
    from livepose.analysis.tables import MIN_FRAMES, RANGE_COLUMNS, range_rows

    people = {
        track_id: ranges
        for track_id, ranges in summary.angle_ranges.items()
        if ranges.frames.max() >= MIN_FRAMES
    }
    for track_id, ranges in people.items():
        title = f"person {track_id}" if len(people) > 1 else None
        _print_table(note_console(), RANGE_COLUMNS, range_rows(ranges), title)


def _print_table(
    console: Console,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str | None = None,
) -> None:
    """Print a table of numbers; one line a row where the terminal is too narrow for it."""
    from rich.table import Table

    rows = list(rows)
    table = Table(title=title)
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    if console.measure(table, options=console.options.update(width=1000)).maximum <= console.width:
        console.print(table)
        return
    if title is not None:
        console.print(title)
    for name, *cells in rows:
        pairs = zip(heads[1:], cells, strict=True)
        console.print(f"{name}: " + ", ".join(f"{head} {cell}" for head, cell in pairs if cell))


def print_comparison(result: ComparisonResult) -> None:
    """Print to stdout how two takes differ: the score, a sentence, and a row for each angle."""
    from livepose.analysis.comparison.difference import SCORE_EXPLANATION
    from livepose.analysis.comparison.table import DIFFERENCE_COLUMNS, difference_rows, summary_of

    comparison = result.comparison
    score = (
        "none: no angle is seen in both"
        if math.isnan(comparison.score)
        else (f"{comparison.score:.0f} of 100")
    )
    data_console().print(f"score {score}")
    data_console().print(summary_of(comparison))
    if comparison.angles:
        _print_table(data_console(), DIFFERENCE_COLUMNS, difference_rows(comparison.angles))
    print_note(SCORE_EXPLANATION, "dim")
    for path in result.saved:
        print_note(f"wrote {path}", "green")


def _percentiles(samples: Samples) -> str:
    middle, high = (1000 * samples.percentile(percent) for percent in (50, 95))
    return "-" if math.isnan(middle) else f"p50 {middle:.1f} ms, p95 {high:.1f} ms"


def print_keypoints(result: ImageResult, *, is_data: bool = True) -> None:
    """Print what is in an image to stdout: each person's keypoints and angles, one per line.

    Args:
        result: What was found.
        is_data: Whether they are printed; not if stdout holds the poses in another form.
    """
    if len(result.poses) == 0:
        print_note("nobody was found in this image", "yellow")
    for row in range(len(result.poses) if is_data else 0):
        if len(result.poses) > 1:
            data_console().print(f"{'' if row == 0 else chr(10)}person {result.person_id(row)}")
        _print_person(result, row)
    for path in result.files:
        print_note(f"wrote {path}", "green")


def _print_person(result: ImageResult, row: int) -> None:
    """Print a person's keypoints, with x and y in pixels, and then the angles in degrees."""
    poses, angles = result.poses, result.posed.angles
    data_console().print(f"{'keypoint':<15} {'x':>8} {'y':>8}  score")
    for name, (x_px, y_px), score in zip(
        poses.skeleton.names, poses.xy[row], poses.score[row], strict=True
    ):
        data_console().print(f"{name:<15} {x_px:8.1f} {y_px:8.1f}  {score:.3f}")
    if angles.names:
        data_console().print(f"{'angle':<15} {'degrees':>8}")
        for name, degrees in zip(angles.names, angles.degrees[row].tolist(), strict=True):
            text = "not seen" if math.isnan(degrees) else f"{degrees:.1f}"
            data_console().print(f"{name:<15} {text:>8}")
