"""Load the machine: both cores busy, 240 frames/s, 4K, a slow display, a slow network.

Lag is from the moment a frame is captured to when it is painted. Its limit is three frame times,
those of whatever is slowest, and one inference: then it is bounded, and does not grow.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fault_sections.program import CHECKOUT, LIMIT_S, environment, finish, start
from fault_sections.screens import screen
from fault_sections.section import Outcome, Trial

_WINDOW_RATE = 20
"""Frames per second that a 4K window has to show on two idle cores."""
_WINDOW_FRAMES = 300
_FRAME_S = 1 / 30
_SPIN = "while True: pass"


@dataclass(frozen=True, slots=True)
class _Load:
    name: str
    words: tuple[str, ...] = ()
    busy_cores: bool = False
    slowest_s: float = _FRAME_S
    """The time of a frame of whatever is slowest."""


_LOADS = (
    _Load("720p at 30, idle"),
    _Load("720p at 30, all cores busy", busy_cores=True),
    _Load("640x480 at 240", ("--size", "640x480", "--rate", "240")),
    _Load("4K at 30", ("--size", "3840x2160"), slowest_s=2 * _FRAME_S),
    _Load("a display that takes 50 ms", ("--display-ms", "50"), slowest_s=0.05),
    _Load("a network that takes 100 ms", ("--model-ms", "100"), slowest_s=0.1),
)


def run(trial: Trial, outcome: Outcome) -> None:
    """Measure the lag under each load, and how many frames of 4K a window shows."""
    seconds = trial.count(8, 60)
    for load in _LOADS:
        with _busy_cores(os.cpu_count() or 1 if load.busy_cores else 0):
            measured = _live_run("--seconds", str(seconds), *load.words)
        if measured is None:
            outcome.add(load.name, failure="the run did not end by itself")
            continue
        limit_s = 3 * load.slowest_s + measured["inference_s"]
        lag_s = measured["lag_p95_s"]
        failure = ""
        if lag_s > limit_s:
            failure = f"lag p95 {1000 * lag_s:.0f} ms, over {1000 * limit_s:.0f} ms"
        elif not measured["in_order"]:
            failure = "time stamps do not increase"
        outcome.add(load.name, failure=failure)
        outcome.note(f"{load.name}: lag p95 {1000 * lag_s:.0f} of {1000 * limit_s:.0f} ms")
    _show_4k(trial.folder, outcome)


def _live_run(*words: str) -> dict[str, float] | None:
    """Return what `live_run` measured; None if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "fault_sections.live_run", *words],
        cwd=CHECKOUT / "scripts",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    measured: dict[str, float] | None = json.loads(done.stdout) if done.returncode == 0 else None
    return measured


@contextmanager
def _busy_cores(count: int) -> Iterator[None]:
    spinning = [subprocess.Popen([sys.executable, "-c", _SPIN]) for _ in range(count)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def _show_4k(folder: Path, outcome: Outcome) -> None:
    """Show a 4K film in a window, and count frames per second and CPU time."""
    case = "4K in a window"
    clip = folder / "4k.mp4"
    pattern = f"testsrc2=size=3840x2160:rate=30:duration={_WINDOW_FRAMES / 30:g}"
    words = ["-f", "lavfi", "-i", pattern, "-c:v", "libx264", "-preset", "ultrafast"]
    try:
        subprocess.run(
            ["ffmpeg", "-v", "error", *words, "-pix_fmt", "yuv420p", str(clip)], check=True
        )
        with screen() as display:
            before = os.times()
            pipe = subprocess.PIPE
            process = start(
                clip, "--show", "--no-keep-open", cwd=folder, errors=pipe, DISPLAY=display
            )
            finished = finish(process)
            after = os.times()
    except FileNotFoundError as error:
        outcome.skip(f"{case} needs {error.filename}")
        return
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    shown = re.search(r"([0-9.]+) fps$", finished.errors, re.MULTILINE)
    rate = float(shown[1]) if shown else 0.0
    failure = finished.misbehaviour(0)
    if not failure and rate < _WINDOW_RATE:
        failure = f"{rate:g} frames/s; at least {_WINDOW_RATE} on idle cores"
    outcome.add(case, failure=failure)
    cpu_ms = 1000 * cpu_s / _WINDOW_FRAMES
    outcome.note(f"{case}: {rate:g} frames/s, {cpu_ms:.0f} ms of CPU time each")
