"""Type random command lines: whatever is typed, livepose answers in a sentence.

Options and their values are mixed without regard to sense, in one process. Most lines name a source
that does not exist, so that nothing runs if they should be right; some run the demo for a frame.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path

import typer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from fault_sections.section import Outcome, Trial
from livepose.cli.main import app, main

_BAD_WORDS = ("livepose: unexpected", "Traceback (most recent call last)")
_NUMBERS = (
    *("0", "1", "-1", "2", "0.5", "1.75", "30", "175", "1000", "1e20", "1e400", "-0", "nan", "inf"),
    *("99999999999999999999", "9" * 5000, "0x10", "1/0", "½", "٣", "1_0", " 1", "1:02", "1:99:00"),
)
_WORDS = (
    *("", " ", "-", "--", ".", "..", "/", "a" * 300, "\x1b[31mred", "two\nlines", "\u202eltr", "ü"),
    *("{name}", "{", "%s", "%04d", "[", "*", "~nobody/x", "x/y/z", "/dev/null", "\udcff", "🕺"),
)
_VALUES = (
    *("lightning", "thunder", "multipose", "auto", "litert", "none", "one-euro", "butterworth"),
    *("keep", "largest", "moving", "90", "people,thick", "#12345", "dim", "face", "wrists", "all"),
    *("knee", "right_knee:>90", "knee:>", "trunk,elbow", "dance", "640x480", "0x0", "1x1", "9x"),
)
_FILES = (
    *("x.csv", "x.wide.csv", "x.angles.csv", "x.jsonl", "x.coco.json", "x.parquet", "x.trc"),
    *("x.mot", "openpose", "x.mp4", "x.mkv", "x.png", "x.html", "gone/x.csv", "x.tflite", "x.xyz"),
)
_ADDRESSES = (
    *("http://[::1", "https://h:99999999/x", "rtsp://", "ws://[::1", "ws://127.0.0.1:0", "udp://"),
    *("osc://localhost:1:2", "file:///gone.mp4", "HTTP://u:p@h/", "x://y", "http://\x1b[31m"),
)
SOURCES = (
    *("gone.mp4", "gone.png", "img_%04d.png", "--camera=99999999999999999999", "--camera=x"),
    *(
        "--camera=http://[::1",
        "--video=gone.mp4",
        "--image=gone.png",
        "--image=http://[::1",
        "loop",
    ),
    *(
        "loop",
        "a" * 300 + ".mp4",
        "\x1b[31m.mp4",
        "render",
        "render gone.mp4 gone.jsonl",
        "models path",
    ),
)
DEMO = "--demo --no-show --size 64x64 --max-frames 1"


def command_lines(*sources: str) -> st.SearchStrategy[list[str]]:
    """Return a strategy for command lines: a source, then options with or without a value."""
    command = typer.main.get_command(app)
    flags = sorted({flag for each in command.params for flag in (*each.opts, *each.secondary_opts)})
    # They ask for the network, or for what a machine may not have.
    flags = [each for each in flags if each not in ("--virtual-camera", "--camera", "--show")]
    pools = (_NUMBERS, _WORDS, _VALUES, _FILES, _ADDRESSES)
    value = st.one_of(*map(st.sampled_from, pools), st.text(max_size=8))
    option = st.tuples(st.sampled_from(flags), st.one_of(st.none(), value)).map(_words)
    return st.builds(
        lambda source, options: [*source.split(" "), *(word for each in options for word in each)],
        st.sampled_from(sources),
        st.lists(option, max_size=5),
    )


def _words(option: tuple[str, str | None]) -> list[str]:
    flag, value = option
    return [flag] if value is None else [flag, value.replace("\0", "")]


def misbehaviour(words: list[str]) -> str:
    """Run a command line in this process, in an empty folder, and return what is wrong about it."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("loop").symlink_to("loop")
        errors = io.StringIO()
        try:
            with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
                code = main(words)
        except BaseException as error:
            return f"{type(error).__name__}: {error}"
        finally:
            os.chdir(before)
    said = errors.getvalue()
    if any(bad in said for bad in _BAD_WORDS):
        return said.strip()
    if "\x1b[31m" in said:
        return f"an escape sequence reaches the terminal: {said!r}"
    return "" if code == 0 or said.strip() else f"exit code {code} without a word"


def run(trial: Trial, outcome: Outcome) -> None:
    """Type random command lines, a tenth of which may run the demo."""
    for count, sources in (
        (trial.count(900, 18_000), SOURCES),
        (trial.count(100, 2_000), (DEMO,)),
    ):

        @seeded(trial.random.randrange(1 << 32))
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(command_lines(*sources))
        def type_line(words: list[str]) -> None:
            outcome.add(repr(words)[:200], failure=misbehaviour(words))

        type_line()
