"""Running from the command line: messages, and the exit code."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from livepose.cli import execute
from livepose.cli.execute import run_stream
from livepose.session import validation
from livepose.session.options import Options, OutputOptions, SourceOptions
from livepose.session.run import RunCallbacks
from livepose.session.summary import Summary
from livepose.system.interrupts import Interrupts

DEMO = Options(SourceOptions(demo=True))
Run = Callable[[Options, RunCallbacks, Interrupts], Summary]


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (execute, validation):
        monkeypatch.setattr(module, "display_problem", lambda: "there is no display")


def runs(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    """Replace what a run does."""
    monkeypatch.setattr(execute, "run", run)


def test_what_was_done_is_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs(monkeypatch, lambda options, callbacks, interrupts: Summary(frames=2, seconds=1.0))
    assert run_stream(DEMO) == 0
    assert capsys.readouterr() == ("", "2 frames in 1.0 s, 2.0 fps\n")


def test_errors_of_a_run_that_went_on_are_lines_and_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    errors = ["a.mp4 broke off", "x.csv cannot be written"]
    runs(monkeypatch, lambda options, callbacks, interrupts: Summary(frames=2, errors=errors))
    assert run_stream(DEMO) == 1
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "livepose: a.mp4 broke off",
        "livepose: x.csv cannot be written",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_is_set_up_interrupts_at_once(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(options: Options, callbacks: RunCallbacks, interrupts: Interrupts) -> Summary:
        signal.raise_signal(number)
        raise AssertionError("not interrupted")

    runs(monkeypatch, interrupted)
    assert run_stream(DEMO) == 128 + number
    assert capsys.readouterr() == ("", "livepose: interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_runs_ends_it_with_its_summary(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ended(options: Options, callbacks: RunCallbacks, interrupts: Interrupts) -> Summary:
        interrupts.defer()
        signal.raise_signal(number)
        return Summary(frames=7, seconds=1.0)

    runs(monkeypatch, ended)
    assert run_stream(DEMO) == 128 + number
    assert capsys.readouterr().err.startswith("7 frames in 1.0 s")


@pytest.mark.parametrize(
    ("output", "is_noted"),
    [
        (OutputOptions(), True),
        (OutputOptions(show=False), False),
        (OutputOptions(out=Path("x.mp4")), False),
    ],
)
def test_why_no_window_is_shown_is_noted_where_one_is_expected(
    output: OutputOptions,
    is_noted: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from livepose.core.frame import StreamInfo

    def begun(options: Options, callbacks: RunCallbacks, interrupts: Interrupts) -> Summary:
        callbacks.on_begin(StreamInfo("demo", 64, 48, is_live=False), "lightning", False)
        return Summary()

    runs(monkeypatch, begun)
    run_stream(Options(SourceOptions(demo=True), output))
    noted = "nothing is shown: there is no display; --out FILE writes a video"
    assert (noted in capsys.readouterr().err.splitlines()) is is_noted
