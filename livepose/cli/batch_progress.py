"""What `livepose batch` prints: one display for all files, a line for each, a table at the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from livepose.batch.monitor import BatchMonitor
from livepose.batch.plan import BatchItem
from livepose.batch.results import ItemResult, Status
from livepose.batch.summary import BatchSummary
from livepose.cli.progress import ProgressBar
from livepose.cli.terminal import note_console, print_note, printable
from livepose.core.interfaces import Closeable

_MEASURABLE_S = 0.1
_MAX_LISTED = 20
"""So many files that failed are named in the last table; --report has all."""


class BatchReporter(BatchMonitor, Closeable):
    """Shows how a batch goes on: a bar on a terminal, and a line for each file."""

    def __init__(self) -> None:
        self._bar = ProgressBar()
        self._started_s = time.perf_counter()
        self._files = self._files_done = self._frames_done = 0
        self._steps = self._steps_done = 0
        """Files, and pieces of them."""
        self._total_bytes = self._bytes_done = 0
        self._running: dict[str, _Running] = {}

    def close(self) -> None:
        """Remove the bar."""
        self._bar.close()

    def on_download(self, label: str, done_bytes: int, total_bytes: int | None) -> None:
        self._bar.draw_download(label, done_bytes, total_bytes)

    def on_plan(self, todo: Sequence[BatchItem], kept: int) -> None:
        self._steps, self._files = len(todo), sum(not item.part_of for item in todo)
        self._total_bytes = sum(item.size_bytes for item in todo)
        self._started_s = time.perf_counter()
        pieces = self._steps - self._files
        and_pieces = f" and {_pieces(pieces)}" if pieces else ""
        before = f", {kept} done before" if kept else ""
        print_note(f"{_files(self._files)}{and_pieces} to do{before}")

    def on_more(self, items: Sequence[BatchItem]) -> None:
        self._steps += len(items)
        self._total_bytes += sum(item.size_bytes for item in items)
        pieces = "1 piece has" if len(items) == 1 else f"{len(items)} pieces have"
        print_note(f"{items[0].part_of}: {pieces} to be done again, longer: seams did not agree")

    def on_one_piece(self, item: BatchItem, left_out: Sequence[BatchItem]) -> None:
        self._steps -= len(left_out)
        self._total_bytes += item.size_bytes - sum(each.size_bytes for each in left_out)
        text = f"{item.name}: a piece has failed, so the video is processed again, in one piece"
        if left_out:
            pieces = "1 piece is" if len(left_out) == 1 else f"{len(left_out)} pieces are"
            text += f"; {pieces} left out"
        print_note(text, "yellow")

    def on_begin(self, item: BatchItem) -> None:
        self._running[item.name] = _Running(item.size_bytes)

    def on_frames(self, item: BatchItem, done: int, total: int | None) -> None:
        share = min(done / total, 1.0) if total else 0.0
        self._running[item.name] = _Running(item.size_bytes, done, share)
        self._draw_files()

    def on_result(self, item: BatchItem, result: ItemResult) -> None:
        self._running.pop(item.name, None)
        self._steps_done += 1
        if not item.part_of:
            self._files_done += 1
        if not item.pieces:
            self._frames_done += result.frames
        self._bytes_done += item.size_bytes
        number = f"[{self._steps_done}/{self._steps}]"
        if result.status is Status.DONE:
            print_note(f"{number} {item.name}: {_frames(result.frames)}, {result.seconds:.1f} s")
        else:
            print_note(f"{number} {item.name}: {result.status.value}", "red")
        for error in result.errors:
            # The frames of a piece have other numbers than those of the file.
            piece = f"piece {item.name}: " if item.part_of else ""
            print_note(f"livepose: {piece}{error}", "red")
        self._draw_files()

    def on_note(self, text: str) -> None:
        print_note(text, "yellow")

    def _draw_files(self) -> None:
        running = self._running.values()
        done_bytes = self._bytes_done + sum(each.size_bytes * each.share for each in running)
        frames = self._frames_done + sum(each.frames for each in running)
        rate = frames / max(time.perf_counter() - self._started_s, _MEASURABLE_S)
        self._bar.draw(
            "files",
            int(done_bytes),
            self._total_bytes,
            f"{frames} frames, {rate:.0f} fps",
            label=f"{self._files_done} of {_files(self._files)}",
        )


@dataclass(frozen=True, slots=True)
class _Running:
    """How far the work on a file is."""

    size_bytes: int
    frames: int = 0
    share: float = 0.0


def print_batch(summary: BatchSummary) -> None:
    """Print what a batch did, and which files failed."""
    counts = summary.counts
    parts = [f"{count} {status.value}" for status in Status if (count := counts.get(status, 0)) > 0]
    if summary.not_begun:
        parts.append(f"{len(summary.not_begun)} not begun")
    speed = _speed(summary) if summary.jobs else "nothing was left to do"
    print_note(f"{', '.join(parts)}; {speed}", "red" if summary.failed else "green")
    if summary.failed:
        table = Table("file", "frames", "why")
        for result in summary.failed[:_MAX_LISTED]:
            table.add_row(
                *map(Text, (printable(result.name), str(result.frames))),
                Text(printable("; ".join(result.errors))),
            )
        note_console().print(table)
        if len(summary.failed) > _MAX_LISTED:
            print_note(f"and {len(summary.failed) - _MAX_LISTED} more: --report FILE has them all")


def _speed(summary: BatchSummary) -> str:
    rate = summary.frames / summary.seconds if summary.seconds > 0 else 0.0
    jobs = "1 job" if summary.jobs == 1 else f"{summary.jobs} jobs"
    return f"{_frames(summary.frames)} in {summary.seconds:.1f} s, {rate:.1f} fps with {jobs}"


def _pieces(count: int) -> str:
    return "1 piece of a video" if count == 1 else f"{count} pieces of videos"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
