"""Print to the terminal: data to stdout, notes and progress to stderr."""

from __future__ import annotations

import logging
import math
import os
import re
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from livepose.core.interfaces import Closeable
from livepose.core.secrets import hide_secrets
from livepose.system.files import readable_name
from livepose.system.unfinished import tidy_unfinished

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from livepose.core.frame import StreamInfo
    from livepose.core.interfaces import Source
    from livepose.pipeline import Samples
    from livepose.session.callbacks import RunCallbacks
    from livepose.session.compare import ComparisonResult
    from livepose.session.image import ImageResult
    from livepose.session.options import Options
    from livepose.session.page_screen import PageScreen
    from livepose.session.summary import Summary
    from livepose.sinks.window import Window
    from livepose.system.sounds import SoundPlayer

data_console = Console(highlight=False, soft_wrap=True, markup=False)
note_console = Console(stderr=True, highlight=False, soft_wrap=True)
_STDERR = 2
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_REFRESH_S = 0.1
_MEASURABLE_S = 0.1


def printable(text: str) -> str:
    r"""Return text without characters that control a terminal, or turn the direction of writing.

    File names, metadata and addresses may hold them; each is shown as its escape.

    >>> printable("red\x1b[31m.mp4")
    'red\\x1b[31m.mp4'
    """
    return _CONTROLS.sub(
        lambda match: match[0].encode("unicode_escape").decode(), readable_name(text)
    )


def print_note(text: str, style: str = "") -> None:
    """Print one line to stderr."""
    note_console.print(Text(printable(hide_secrets(text)), style=style))


def report_unfinished() -> None:
    """Print that a run is broken off, and where its unfinished files are, without waiting.

    For a thread beside the one that prints everything else, which may hang in doing so.
    """
    lines = ["livepose: interrupted, while something does not return"]
    lines += [f"what was written is in {printable(str(path))}" for path in tidy_unfinished()]
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    with suppress(OSError):  # nobody reads it
        if os.name != "nt":
            os.set_blocking(_STDERR, False)
        try:
            os.write(_STDERR, text)
        finally:
            if os.name != "nt":
                os.set_blocking(_STDERR, True)  # the shell has the same terminal


class _LogToTerminal(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        print_note(record.getMessage(), style)


def show_log() -> None:
    """Print livepose's own log, such as where models are loaded from."""
    log = logging.getLogger("livepose")
    if not log.handlers:
        log.addHandler(_LogToTerminal())
    log.setLevel(logging.INFO)
    log.propagate = False


class ProgressBar(Closeable):
    """A bar on a terminal, drawn a few times a second at most; elsewhere nothing is drawn."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._task_name = ""
        self._drawn_s = 0.0

    def close(self) -> None:
        """Remove it."""
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._task = None, None

    def draw(
        self, task: str, done: int, total: int | None, amount: str, *, label: str | None = None
    ) -> None:
        """Show how far something is.

        Args:
            task: What is done; the time that is left is estimated anew for another task.
            done: How much of it.
            total: Of how much, if that is known.
            amount: The same in words.
            label: What is shown in the place of the task's name.
        """
        now_s = time.perf_counter()
        if not note_console.is_terminal or now_s - self._drawn_s < _REFRESH_S:
            return
        self._drawn_s = now_s
        bar = self._bar = self._bar or _started_bar()
        if self._task is None or self._task_name != task:
            if self._task is not None:
                bar.remove_task(self._task)
            self._task, self._task_name = bar.add_task("", total=total, amount=amount), task
        description = printable(task if label is None else label)
        bar.update(self._task, description=description, completed=done, total=total, amount=amount)
        bar.refresh()

    def draw_download(self, label: str, done_bytes: int, total_bytes: int | None) -> None:
        """Show how far a download is."""
        amount = f"{done_bytes / 1e6:.1f} MB" if done_bytes else ""
        self.draw(hide_secrets(label), done_bytes, total_bytes, amount)


def _started_bar() -> Progress:
    """Return a progress bar that is drawn when it is refreshed, and removed at the end."""
    # Imported when there is something to draw: it takes as long as the rest of rich together.
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[amount]}", markup=False),
        TimeRemainingColumn(compact=True),
        console=note_console,
        transient=True,
        # Drawn in the calls of the frame loop: a thread for it would compete for the interpreter.
        auto_refresh=False,
    )
    bar.start()
    return bar


class ProgressReporter(Closeable):
    """Shows a progress bar for downloads and runs, if the terminal can show one."""

    def __init__(
        self, *notes: str, display_problem: str = "", page_name: str = "the live view"
    ) -> None:
        """Prepare the bar.

        Args:
            notes: Printed when the run begins, if they are not empty.
            display_problem: Why a page is served that nobody has asked for; empty if not.
            page_name: What is on the page.
        """
        self._page_name = page_name
        self._display_problem = display_problem
        self._notes = [note for note in notes if note]
        self._bar = ProgressBar()
        self._label = ""
        self._start_s = 0.0
        self._total: int | None = None
        self._has_window = False
        self._sound: SoundPlayer | None = None

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()

    def callbacks(self) -> RunCallbacks:
        """Return the callbacks that drive the bar."""
        from livepose.session.callbacks import RunCallbacks

        return RunCallbacks(
            self._bar.draw_download,
            self._on_begin,
            self._on_frame,
            self._on_repetition,
            self._on_page,
            self._on_listening,
            self._open_page,
            self._open_phone,
        )

    def _on_begin(self, info: StreamInfo, model: str, has_window: bool) -> None:
        self.close()
        rate = f" at {float(info.frame_rate):.5g} fps" if info.frame_rate else ""
        print_note(f"{info.name}: {info.width_px} x {info.height_px}{rate}, {model}")
        for note in self._notes:
            print_note(note, "yellow")
        self._label, self._total = info.name, info.frame_count
        self._start_s = time.perf_counter()
        self._has_window = has_window

    def _on_page(self, url: str) -> None:
        problem = self._display_problem
        text = f"{problem}: {self._page_name}" if problem else self._page_name
        self._print_address(f"{text[:1].upper()}{text[1:]} is at {url} (Ctrl-C ends it)")

    def _on_listening(self, url: str) -> None:
        if "token=" in url:  # else it is what was typed
            self._print_address(f"The poses are served at {url}")

    def _print_address(self, text: str) -> None:
        """Print a line with an address whose token is not hidden, as it has to be known."""
        note_console.print(Text(printable(text), style="bold"))

    def _on_frame(self, done: int) -> None:
        if self._has_window:
            return
        rate = done / (time.perf_counter() - self._start_s)
        self._bar.draw(self._label, done, self._total, f"{done} frames, {rate:.0f} fps")

    def _on_repetition(self) -> None:
        """Make a sound; the terminal's bell where nothing can play one."""
        if self._sound is None:
            from livepose.system.sounds import SoundPlayer  # for those who ask for it

            self._sound = SoundPlayer()
        if not self._sound.play() and note_console.is_terminal:
            note_console.bell()

    def _open_page(self, options: Options, window: Window | None) -> PageScreen:
        from livepose.web.screen import open_web_screen  # few runs serve a page

        return open_web_screen(options, window)

    def _open_phone(self, camera: str, options: Options) -> Source:
        """Print where a phone is to go, and wait for it, without a bar in between."""
        from livepose.cli.phone_invitation import print_invitation  # few runs wait for a phone
        from livepose.web.phone.camera import open_phone

        self.close()
        return open_phone(camera, options, partial(print_invitation, console=note_console))


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
        _print_table(note_console, RANGE_COLUMNS, range_rows(ranges), title)


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
    data_console.print(f"score {score}")
    data_console.print(summary_of(comparison))
    if comparison.angles:
        _print_table(data_console, DIFFERENCE_COLUMNS, difference_rows(comparison.angles))
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
            data_console.print(f"{'' if row == 0 else chr(10)}person {result.person_id(row)}")
        _print_person(result, row)
    for path in result.files:
        print_note(f"wrote {path}", "green")


def _print_person(result: ImageResult, row: int) -> None:
    """Print a person's keypoints, with x and y in pixels, and then the angles in degrees."""
    poses, angles = result.poses, result.posed.angles
    data_console.print(f"{'keypoint':<15} {'x':>8} {'y':>8}  score")
    for name, (x_px, y_px), score in zip(
        poses.skeleton.names, poses.xy[row], poses.score[row], strict=True
    ):
        data_console.print(f"{name:<15} {x_px:8.1f} {y_px:8.1f}  {score:.3f}")
    if angles.names:
        data_console.print(f"{'angle':<15} {'degrees':>8}")
        for name, degrees in zip(angles.names, angles.degrees[row].tolist(), strict=True):
            text = "not seen" if math.isnan(degrees) else f"{degrees:.1f}"
            data_console.print(f"{name:<15} {text:>8}")
