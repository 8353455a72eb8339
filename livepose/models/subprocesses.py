"""Programs run for us, with a time limit and a sign of life."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from livepose.core.errors import ModelError

Progress = Callable[[str, int, "int | None"], None]
"""Called with a label, the bytes so far, and the bytes in all where that is known."""

_SIGN_OF_LIFE_S = 0.2
_TELLING = ("request to", "network ", "404 ", "FetchError")


class Unavailable(ModelError):
    """A route gave nothing; the message says why, in half a sentence."""


def no_progress(label: str, done_bytes: int, total_bytes: int | None) -> None:
    """Say nothing."""


def first_line(text: str) -> str:
    """Cut a message down to where it is one."""
    return text.strip().partition("\n")[0].strip(" \0")


def run_python(
    program: str,
    arguments: list[str],
    limit_s: float,
    progress: Progress,
    label: str,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a Python program that finds the packages that this one does; gives what it printed.

    It runs in an empty folder: modules that lie about in the user's are not ours to run.

    Raises:
        Unavailable: it failed, or took longer than `limit_s`.
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
    """Run a program with a time limit, showing that it lives; gives what it printed.

    Raises:
        Unavailable: it failed, or took longer than `limit_s`.
    """
    deadline_s = time.monotonic() + limit_s
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
        cwd=folder,
    ) as process:
        while True:
            try:
                out, err = process.communicate(timeout=_SIGN_OF_LIFE_S)
                break
            except subprocess.TimeoutExpired:
                progress(label, 0, None)
            except BaseException:
                process.kill()
                raise
            if time.monotonic() > deadline_s:
                process.kill()
                raise Unavailable(f"{label} took over {limit_s:.0f} s")
    if process.returncode != 0:
        raise Unavailable(_reason(err) or f"{label}: exit code {process.returncode}")
    return out


def _reason(stderr: str) -> str:
    """Pick the line that says what went wrong out of npm's or Python's last words."""
    lines = [line.removeprefix("npm error").strip() for line in stderr.strip().splitlines()]
    said = [
        line for line in lines if line and "log of this run" not in line and "/_logs/" not in line
    ]
    wanted = [line for line in said if line.startswith(_TELLING)]
    return (wanted[:1] or said[-1:] or [""])[0]
