"""Other programs that are run for a model: their output, their time limit, and their errors."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from livepose.core.errors import ModelUnavailable
from livepose.models.progress import no_progress
from livepose.models.subprocesses import find_program, first_line, run, run_python


def test_the_output_of_a_program_is_returned() -> None:
    program = "import sys; print(sys.argv[1:])"
    assert run_python(program, ["a", "b c"], 30, no_progress, "test") == "['a', 'b c']\n"


def test_python_runs_in_an_empty_folder_with_the_packages_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('the module of the working directory')")
    monkeypatch.chdir(tmp_path)
    program = "import os, numpy; print(os.listdir(), numpy.__version__ > '1')"
    assert run_python(program, [], 30, no_progress, "test") == "[] True\n"


def test_variables_are_added_to_the_environment_of_this_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GIVEN", "here")
    program = "import os; print(os.environ['GIVEN'], os.environ['ADDED'])"
    assert run_python(program, [], 30, no_progress, "test", {"ADDED": "too"}) == "here too\n"
    assert "ADDED" not in os.environ


def test_a_program_that_exceeds_its_time_limit_is_killed_and_progress_was_reported() -> None:
    calls: list[tuple[str, int, int | None]] = []
    began_s = time.monotonic()
    with pytest.raises(ModelUnavailable, match="waiting took over 1 s"):
        run_python(
            "import time; time.sleep(60)", [], 1, lambda *call: calls.append(call), "waiting"
        )
    assert time.monotonic() - began_s < 10
    assert set(calls) == {("waiting", 0, None)}


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("", "test: exit code 3"),
        ("Traceback\n  File x\nValueError: too small\n", "ValueError: too small"),
        (
            "npm error code E404\nnpm error 404 Not Found - GET x\nnpm error 404\n"
            "npm error A complete log of this run can be found in: /x/_logs/y.log\n",
            "404 Not Found - GET x",
        ),
        ("npm error network timed out\nnpm error hint\n", "network timed out"),
    ],
)
def test_the_line_of_stderr_that_names_the_cause_is_the_message(stderr: str, reason: str) -> None:
    program = f"import sys; sys.stderr.write({stderr!r}); sys.exit(3)"
    with pytest.raises(ModelUnavailable) as caught:
        run([sys.executable, "-c", program], 30, no_progress, "test")
    assert str(caught.value) == reason


@pytest.mark.parametrize(("text", "line"), [("", ""), ("\n one \0\ntwo", "one"), ("only", "only")])
def test_the_first_line_of_a_message_is_without_blanks(text: str, line: str) -> None:
    assert first_line(text) == line


@pytest.mark.skipif(os.name == "nt", reason="programs have other names on Windows")
def test_a_program_is_found_in_absolute_folders_of_the_path_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("here", "away"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tool").touch(mode=0o755)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", "../here")))
    assert find_program("tool") is None
    monkeypatch.setenv("PATH", os.pathsep.join(("", ".", str(tmp_path / "away"))))
    assert find_program("tool") == tmp_path / "away" / "tool"
    assert find_program("another") is None
