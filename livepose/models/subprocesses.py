"""Run other programs with a time limit, reporting progress while they run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from livepose.core.errors import ModelUnavailable
from livepose.models.progress import Progress

_POLL_S = 0.2
_TELLING_STARTS = ("request to", "network ", "404 ", "FetchError")
"""How the lines of npm's output begin that name the cause of a failure."""


def first_line(text: str) -> str:
    """Return the first line of a message, without surrounding blanks and zero bytes."""
    return text.strip().partition("\n")[0].strip(" \0")


def find_program(name: str) -> Path | None:
    """Return the path of a program in one of the folders of PATH, or None.

    Only absolute folders count: the current one may hold anything, and Windows, and an empty entry
    of PATH, would look there first.

    Args:
        name: Without the suffix that programs have on Windows.
    """
    suffixes = os.environ.get("PATHEXT", ".EXE;.CMD").split(";") if os.name == "nt" else [""]
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        for suffix in suffixes:
            path = Path(folder, name + suffix)
            if path.is_absolute() and path.is_file() and os.access(path, os.X_OK):
                return path
    return None


def run_python(
    program: str,
    arguments: list[str],
    limit_s: float,
    progress: Progress,
    label: str,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a Python program that finds the same packages as this one, and return its output.

    It runs in an empty folder, so that it cannot import modules of the user's working directory.

    Args:
        program: The source code.
        arguments: Its `sys.argv[1:]`.
        limit_s: Seconds after which it is killed.
        progress: Called a few times a second.
        label: Names the work in progress reports and errors.
        environment: Variables that are set in addition to this process's.

    Raises:
        ModelUnavailable: If the program fails or exceeds its time limit.
    """
    packages = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    with tempfile.TemporaryDirectory() as folder:
        return run(
            [sys.executable, "-c", program, *arguments],
            limit_s,
            progress,
            label,
            {"PYTHONPATH": packages, **(environment or {})},
            Path(folder),
        )


def run(
    command: list[str],
    limit_s: float,
    progress: Progress,
    label: str,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """Run a program, and return its output. Arguments are those of `run_python`.

    Raises:
        ModelUnavailable: If the program fails or exceeds its time limit.
    """
    deadline_s = time.monotonic() + limit_s
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env={**os.environ, **(environment or {})},
        cwd=folder,
    ) as process:
        while True:
            try:
                out, err = process.communicate(timeout=_POLL_S)
                break
            except subprocess.TimeoutExpired:
                progress(label, 0, None)
            except BaseException:
                process.kill()
                raise
            if time.monotonic() > deadline_s:
                process.kill()
                raise ModelUnavailable(f"{label} took over {limit_s:.0f} s")
    if process.returncode != 0:
        raise ModelUnavailable(_failure_reason(err) or f"{label}: exit code {process.returncode}")
    return out


def _failure_reason(stderr: str) -> str:
    """Return the line of npm's or Python's error output that names the cause."""
    lines = [line.removeprefix("npm error").strip() for line in stderr.strip().splitlines()]
    lines = [
        line for line in lines if line and "log of this run" not in line and "/_logs/" not in line
    ]
    telling = [line for line in lines if line.startswith(_TELLING_STARTS)]
    return (telling[:1] or lines[-1:] or [""])[0]
