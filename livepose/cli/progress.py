"""Bars for downloads, runs and batches, and what is printed as a run goes on."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from livepose.cli.terminal import (
    is_note_terminal,
    note_console,
    print_note,
    print_text,
    printable,
)
from livepose.core.interfaces import Closeable
from livepose.core.secrets import hide_secrets

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from livepose.core.frame import StreamInfo
    from livepose.core.interfaces import Source
    from livepose.session.callbacks import RunCallbacks
    from livepose.session.options import Options
    from livepose.session.page_screen import PageScreen
    from livepose.sinks.window import Window
    from livepose.system.sounds import SoundPlayer

_REFRESH_S = 0.1


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
        if now_s - self._drawn_s < _REFRESH_S or not is_note_terminal():
            return
        if not note_console().is_interactive:  # a bar cannot be drawn over, nor removed
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
        console=note_console(),
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
        self._first_pass_s = 0.0
        self._total: int | None = None
        self._has_passes = False
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
            self._on_first_pass,
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
        self._has_passes = False
        self._start_s = self._first_pass_s = time.perf_counter()
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
        print_text(printable(text), "bold")

    def _on_frame(self, done: int) -> None:
        if self._has_window:
            return
        rate = done / (time.perf_counter() - self._start_s)
        label = f"{self._label}, pass 2 of 2: writing" if self._has_passes else self._label
        self._bar.draw(label, done, self._total, f"{done} frames, {rate:.0f} fps")

    def _on_first_pass(self, done: int) -> None:
        rate = done / (time.perf_counter() - self._first_pass_s)
        label = f"{self._label}, pass 1 of 2: finding people"
        self._bar.draw(label, done, self._total, f"{done} frames, {rate:.0f} fps")
        self._has_passes = True
        self._start_s = time.perf_counter()

    def _on_repetition(self) -> None:
        """Make a sound; the terminal's bell where nothing can play one."""
        if self._sound is None:
            from livepose.system.sounds import SoundPlayer  # for those who ask for it

            self._sound = SoundPlayer()
        if not self._sound.play() and is_note_terminal():
            note_console().bell()

    def _open_page(self, options: Options, window: Window | None) -> PageScreen:
        from livepose.web.screen import open_web_screen  # few runs serve a page

        return open_web_screen(options, window)

    def _open_phone(self, camera: str, options: Options) -> Source:
        """Print where a phone is to go, and wait for it, without a bar in between."""
        from livepose.cli.phone_invitation import print_invitation  # few runs wait for a phone
        from livepose.web.phone.camera import open_phone

        self.close()
        return open_phone(camera, options, partial(print_invitation, console=note_console()))
