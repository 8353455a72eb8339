"""The command line: what it takes, what it refuses and how it says so; no model is needed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import livepose
from livepose.cli.main import main
from livepose.sinks.window import KEY_HELP
from tests.support.programs import (
    LIMIT_S,
    child_environment,
    run_livepose,
)

pytestmark = pytest.mark.usefixtures("restored_log")

OPTIONS = [
    "--camera",
    "--video",
    "--image",
    "--demo",
    "--size",
    "--fps",
    "--start",
    "--end",
    "--max-frames",
    "--out",
    "--overwrite",
    "--show",
    "--no-show",
    "--mirror",
    "--threshold",
    "--model",
    "--runtime",
    "--crop",
    "--no-crop",
    "--version",
    "--help",
]


# What it says of itself.


def test_the_version_is_told(tmp_path: Path) -> None:
    told = run_livepose("--version", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (0, f"livepose {livepose.__version__}\n")


def test_the_help_lists_every_option_every_command_and_every_key(tmp_path: Path) -> None:
    told = run_livepose("--help", cwd=tmp_path)
    assert told.returncode == 0
    words = set(re.findall(r"--[a-z-]+", told.stdout))
    assert words >= set(OPTIONS)
    text = " ".join(told.stdout.split())
    said = [part for row in KEY_HELP for words in row for part in words.split(", ")]
    assert all(part in text for part in said)
    assert "Tab: next person, 1-9: n-th from the left, click: that person" in text
    assert "Space: pause / resume; .: next frame (while paused); ,: previous frame" in text
    assert "models" in text
    assert "[default: 0.3]" in text and "lightning (fast, the default)" in text


def test_without_a_word_the_help_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "--camera" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "command"), [(["--wings"], "livepose"), (["batch", "--jobs", "0"], "livepose batch")]
)
def test_a_wrong_option_names_the_help_that_lists_it(
    words: list[str], command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert f"({command} --help lists the options)" in " ".join(capsys.readouterr().err.split())


# As a whole process.


def test_a_whole_process_gives_the_code_and_the_line(tmp_path: Path) -> None:
    for words, code in ((["--video", "gone.mp4"], 1), (["--demo", "--wings"], 2)):
        refused = run_livepose(*words, cwd=tmp_path)
        assert (refused.returncode, refused.stdout) == (code, "")
        assert refused.stderr.startswith("livepose: ")
        assert refused.stderr.count("\n") == 1


def test_debugging_shows_where_it_happened(tmp_path: Path) -> None:
    for words, kind in ((["--video", "gone.mp4"], "SourceNotFound"), (["--wings"], "NoSuchOption")):
        refused = run_livepose(*words, cwd=tmp_path, LIVEPOSE_DEBUG="1")
        assert refused.returncode not in (0, -6)
        assert "Traceback" in refused.stderr
        assert kind in refused.stderr


def test_a_reader_that_leaves_early_is_no_traceback(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "livepose", "--help"],
        cwd=tmp_path,
        env=child_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    process.wait(LIMIT_S)
    assert "Traceback" not in errors


def test_a_display_that_does_not_answer_is_one_line_and_no_abort(tmp_path: Path) -> None:
    refused = run_livepose("--demo", "--show", cwd=tmp_path, DISPLAY=":987")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert ":987" in refused.stderr
