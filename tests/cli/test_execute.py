"""Running from the command line: messages, and the exit code."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from livepose.cli import execute
from livepose.cli.execute import run_stream
from livepose.cli.progress import ProgressReporter
from livepose.session import decisions
from livepose.session.options import Options, OutputOptions, SourceOptions
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.media import make_clip
from tests.support.needs import needs_shared

pytestmark = [needs_shared, pytest.mark.usefixtures("here")]


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (execute, decisions):
        monkeypatch.setattr(module, "display_problem", lambda: "there is no display")


def demo(max_frames: int = 2, output: OutputOptions | None = None) -> Options:
    output = output or OutputOptions(show=False)
    return Options(SourceOptions(demo=True, max_frames=max_frames), output)


def test_what_was_done_is_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_stream(demo()) == 0
    output, errors = capsys.readouterr()
    assert output == ""
    # Lines of the log may stand before it.
    assert re.search(r"^demo: 640 x 480 at 30 fps, lightning on \w+$", errors, re.M)
    assert re.search(r"^2 frames in \d+\.\d s", errors, re.M)


def test_errors_of_a_run_that_went_on_are_lines_and_1(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = make_clip(here / "whole.mp4", pts=range(60), movflags="+faststart").read_bytes()
    (here / "cut.mp4").write_bytes(content[: round(0.6 * len(content))])
    options = Options(SourceOptions(video="cut.mp4"), OutputOptions(out=Path("x.mp4"), show=False))
    assert run_stream(options) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("livepose: cut.mp4 is cut short"), lines
    assert "wrote x.mp4" in lines
    assert (here / "x.mp4").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_is_set_up_interrupts_at_once(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(source: SyntheticSource, *_: object, **__: object) -> None:
        signal.raise_signal(number)
        raise AssertionError("not interrupted")

    monkeypatch.setattr(SyntheticSource, "__init__", interrupted)
    assert run_stream(demo()) == 128 + number
    assert capsys.readouterr() == ("", "livepose: interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_runs_ends_it_with_its_summary(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raised_after: list[int] = []

    def raise_signal(reporter: ProgressReporter, done: int) -> None:
        if done and not raised_after:  # a second signal would end it at once
            raised_after.append(done)
            signal.raise_signal(number)

    monkeypatch.setattr(ProgressReporter, "_on_frame", raise_signal)
    assert run_stream(demo(max_frames=20_000)) == 128 + number
    ended = re.search(r"^(\d+) frames? in \d+\.\d s", capsys.readouterr().err, re.MULTILINE)
    assert ended is not None
    assert raised_after[0] <= int(ended[1]) < 20_000


@pytest.mark.parametrize(
    ("output", "is_noted"),
    [
        (OutputOptions(), True),
        (OutputOptions(show=False), False),
        (OutputOptions(out=Path("x.mp4")), False),
    ],
)
def test_why_no_window_is_shown_is_noted_where_one_is_expected(
    output: OutputOptions, is_noted: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_stream(demo(output=output)) == 0
    noted = "nothing is shown: there is no display; --out FILE writes a video"
    assert (noted in capsys.readouterr().err.splitlines()) is is_noted
