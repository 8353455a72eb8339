"""What is printed of a batch before its first file and after its last one."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from livepose.batch.plan import BatchItem
from livepose.batch.results import ItemResult, Status
from livepose.batch.summary import BatchSummary
from livepose.cli import progress, terminal
from livepose.cli.batch_progress import BatchReporter, print_batch
from livepose.session.options import Options, SourceOptions


def item(name: str, part_of: str = "") -> BatchItem:
    return BatchItem(name, Path(name), Options(SourceOptions(video=name)), 1, part_of=part_of)


def test_pieces_are_counted_beside_the_files(capsys: pytest.CaptureFixture[str]) -> None:
    pieces = [item("a.mp4#1", "a.mp4"), item("a.mp4#2", "a.mp4")]
    with BatchReporter() as reporter:
        reporter.on_plan([item("a.mp4"), item("b.mp4"), *pieces], 3)
        reporter.on_plan([item("a.mp4"), *pieces[:1]], 0)
    assert capsys.readouterr().err.splitlines() == [
        "2 files and 2 pieces of videos to do, 3 done before",
        "1 file and 1 piece of a video to do",
    ]


def test_a_terminal_shows_a_bar_for_a_download_and_one_for_all_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, highlight=False)
    for module in (progress, terminal):
        monkeypatch.setattr(module, "note_console", lambda: console)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(progress, "_REFRESH_S", 0.0)
    first = item("a.mp4")
    with BatchReporter() as reporter:
        reporter.on_download("lightning", 500_000, 1_000_000)
        assert "lightning" in screen.getvalue() and "0.5 MB" in screen.getvalue()
        reporter.on_plan([first, item("b.mp4")], 0)
        reporter.on_begin(first)
        reporter.on_frames(first, 45, 90)
        assert "0 of 2 files" in screen.getvalue() and "45 frames" in screen.getvalue()
        reporter.on_result(first, ItemResult("a.mp4", Status.DONE, frames=90))
        assert "1 of 2 files" in screen.getvalue() and "90 frames" in screen.getvalue()


def test_the_damage_of_a_piece_is_that_of_the_piece(capsys: pytest.CaptureFixture[str]) -> None:
    piece = item("a.mp4#2", "a.mp4")
    with BatchReporter() as reporter:
        reporter.on_plan([item("a.mp4"), piece], 0)
        reporter.on_result(piece, ItemResult(piece.name, Status.FAILED, errors=("it is damaged",)))
    assert capsys.readouterr().err.splitlines()[1:] == [
        "[1/2] a.mp4#2: failed",
        "livepose: piece a.mp4#2: it is damaged",
    ]


def test_pieces_that_are_left_out_count_no_longer(capsys: pytest.CaptureFixture[str]) -> None:
    film, *pieces = item("a.mp4"), *(item(f"a.mp4#{number}", "a.mp4") for number in range(1, 5))
    with BatchReporter() as reporter:
        reporter.on_plan([film, *pieces], 0)
        reporter.on_result(pieces[0], ItemResult(pieces[0].name, Status.DONE, frames=9))
        reporter.on_one_piece(film, pieces[2:])
        reporter.on_one_piece(film, pieces[3:])
        reporter.on_result(film, ItemResult("a.mp4", Status.DONE, frames=36))
    text = "a.mp4: a piece has failed, so the video is processed again, in one piece"
    assert [line.split(", 0.0")[0] for line in capsys.readouterr().err.splitlines()[1:]] == [
        "[1/5] a.mp4#1: 9 frames",
        f"{text}; 2 pieces are left out",
        f"{text}; 1 piece is left out",
        "[2/2] a.mp4: 36 frames",
    ]


def test_where_nothing_was_left_to_do_no_speed_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_batch(BatchSummary([ItemResult("a.mp4", Status.KEPT, frames=9)], seconds=1.0, jobs=0))
    print_batch(BatchSummary([ItemResult("a.mp4", Status.DONE, frames=9)], seconds=2.0, jobs=1))
    assert capsys.readouterr().err.splitlines() == [
        "1 kept; nothing was left to do",
        "1 done; 9 frames in 2.0 s, 4.5 fps with 1 job",
    ]
