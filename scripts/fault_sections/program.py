"""Run livepose in a process of its own, and say how it misbehaved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from livepose.sinks.video import VideoSink
from livepose.sources import open_demo

CHECKOUT = Path(__file__).parents[2]
LIMIT_S = 120.0
"""A process that takes longer hangs."""
_CLEARED = ("DISPLAY", "LIVEPOSE_DEBUG", "FORCE_COLOR", "GITHUB_ACTIONS")
_BAD_WORDS = ("Traceback (most recent call last)", "Unexpected", "Fatal Python error", "Aborted")


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has ended, or was killed because it would not."""

    code: int
    """Its exit code; minus the number of the signal that ended it."""
    output: str
    errors: str
    is_hung: bool = False

    def misbehaviour(self, *codes: int) -> str:
        """Return a sentence on what no process should do, or an empty one.

        Args:
            codes: The exit codes that are right; none if all are.
        """
        if self.is_hung:
            return f"did not end within {LIMIT_S:g} s"
        if self.code < 0 and self.code not in codes:
            return f"ended by {signal.Signals(-self.code).name}: {self._last_line()}"
        for words in _BAD_WORDS:
            if words.lower() in self.errors.lower():
                return f"{words!r} on stderr: {self._last_line()}"
        if codes and self.code not in codes:
            return f"exit code {self.code}: {self._last_line()}"
        if self.code > 0 and not self.errors.strip():
            return f"exit code {self.code} without a word"
        return ""

    def _last_line(self) -> str:
        return (self.errors.strip().splitlines() or ["nothing on stderr"])[-1][:300]


def environment(**changes: str) -> dict[str, str]:
    """Return an environment without a display, in which this checkout is imported."""
    kept = {name: value for name, value in os.environ.items() if name not in _CLEARED}
    return kept | {"PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"} | changes


def start(
    *words: str | Path,
    cwd: Path,
    output: IO[bytes] | int = subprocess.DEVNULL,
    errors: IO[bytes] | int = subprocess.DEVNULL,
    **changes: str,
) -> subprocess.Popen[bytes]:
    """Start livepose and return its process, whose end is the caller's business.

    Args:
        words: Of the command line.
        cwd: The folder in which it runs.
        output: Where its standard output goes.
        errors: Where its standard error goes.
        changes: Of the environment.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "livepose", *map(str, words)],
        cwd=cwd,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
    )


def finish(process: subprocess.Popen[bytes], limit_s: float = LIMIT_S) -> Finished:
    """Wait until a process ends, or kill it, and return what it left."""
    is_hung = False
    try:
        output, errors = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        is_hung = True
    return Finished(process.returncode, _text(output), _text(errors), is_hung)


def _text(data: bytes | None) -> str:
    return (data or b"").decode(errors="replace")


def run(*words: str | Path, cwd: Path, limit_s: float = LIMIT_S, **changes: str) -> Finished:
    """Run livepose until it ends."""
    pipe = subprocess.PIPE
    return finish(start(*words, cwd=cwd, output=pipe, errors=pipe, **changes), limit_s)


def demo_clip(path: Path, frames: int, size_px: tuple[int, int] = (320, 240)) -> Path:
    """Write a clip of the built-in figure, without a network, and return its path."""
    with open_demo(size_px, frame_count=frames) as source, VideoSink(path, source.info) as sink:
        for frame in source:
            sink.write(frame)
    return path
