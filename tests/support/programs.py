"""Runs livepose and Python in child processes, and reads what they print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest

from livepose.cli.main import main
from tests.support.paths import CHECKOUT

LIMIT_S = 180.0
CLEARED_VARIABLES = ("DISPLAY", "LIVEPOSE_DEBUG", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS")
PATIENCE_S = 60.0


def child_environment(**changes: str | Path) -> dict[str, str]:
    """Return an environment without a display, in which the checkout can be imported."""
    kept = {name: value for name, value in os.environ.items() if name not in CLEARED_VARIABLES}
    # Unbuffered: otherwise what a child prints to a pipe arrives when it ends.
    ours = {"PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    return kept | ours | {name: str(value) for name, value in changes.items()}


def run_livepose(
    *words: str | Path, cwd: Path, **changes: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run livepose in a child process until it ends."""
    return run_python("-m", "livepose", *words, cwd=cwd, **changes)


def run_python(
    *words: str | Path, cwd: Path, **changes: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run Python in a child process until it ends."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        env=child_environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


class RunInProcess(Protocol):
    """Runs livepose within this process until it ends: the type of a fixture."""

    def __call__(self, *words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]: ...


def error_line(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> str:
    """Run a command that must fail with this exit code, and return its one-line error message.

    It must print nothing else, and leave the files of the current folder as they are.
    """
    before = sorted(Path.cwd().rglob("*"))
    assert main(words) == code
    output, errors = capsys.readouterr()
    assert output == ""
    lines = errors.splitlines()
    assert len(lines) == 1, errors
    assert lines[0].startswith("livepose: ")
    assert len(lines[0]) > len("livepose: ") + 10
    assert sorted(Path.cwd().rglob("*")) == before, "something was left behind"
    return lines[0]


def main_without_privileges(*commands: Sequence[str]) -> tuple[list[str], list[int]]:
    """Run commands that must fail as a user who may not read everything, as root may.

    Returns:
        Their error messages, of one line each, and their exit codes.
    """
    program = (
        "import json, sys; from livepose.cli.main import main; "
        "print(*(main(words) for words in json.loads(sys.argv[1])))"
    )
    words = [sys.executable, "-c", program, json.dumps(commands)]
    if os.geteuid() == 0:
        words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words]
    done = subprocess.run(
        words, env=child_environment(), capture_output=True, text=True, timeout=LIMIT_S
    )
    return done.stderr.splitlines(), [int(code) for code in done.stdout.split()]


def python_output(program: str, *arguments: str) -> str:
    """Run a Python program that uses TensorFlow in a child process, and return its output."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def dead_process_id() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


class LivePoseProcess:
    """A livepose process that runs while the test goes on."""

    def __init__(self, cwd: Path, *words: str | Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "livepose", *map(str, words)],
            cwd=cwd,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_size(self, path: Path, size_bytes: int) -> None:
        """Wait until a file is there and at least this large."""
        deadline_s = time.monotonic() + PATIENCE_S
        while not path.exists() or path.stat().st_size < size_bytes:
            assert self._process.poll() is None, self.result()
            assert time.monotonic() < deadline_s, f"{path.name} does not grow"
            time.sleep(0.02)

    def wait_for_part(self, target: Path, size_bytes: int) -> None:
        """Wait until the part of a target is there and at least this large."""
        deadline_s = time.monotonic() + PATIENCE_S
        pattern = f"{target.stem}.livepose-*.part{target.suffix}"
        while not any(p.stat().st_size >= size_bytes for p in target.parent.glob(pattern)):
            assert self._process.poll() is None, self.result()
            assert time.monotonic() < deadline_s, f"the part of {target.name} does not grow"
            time.sleep(0.02)

    def stop(self, number: int) -> tuple[int, str]:
        """Send a signal, and return the exit code and what was written to stderr."""
        self._process.send_signal(number)
        return self.result()

    def result(self) -> tuple[int, str]:
        """Wait until it ends, and return the exit code and what was written to stderr."""
        _, errors = self._process.communicate(timeout=LIMIT_S)
        return self._process.returncode, errors

    def __enter__(self) -> LivePoseProcess:
        return self

    def __exit__(self, *_: object) -> None:
        kill_process(self._process)


def kill_process(process: subprocess.Popen[str]) -> None:
    """Kill a process, wait for it and close its pipes."""
    process.kill()
    process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
