"""Run a probe with a time limit; whatever hangs or crashes in it stays in its process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROBE = "livepose.bench.doctor.probe"
_KILL_LIMIT_S = 1.0
"""A process that waits for a driver may not even be killed: it is left behind then."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe has found."""

    lines: tuple[Mapping[str, Any], ...]
    """What it knew before it ended."""
    problem: str = ""
    """Why it ended too early; empty if it did not."""
    has_hung: bool = False


def probe(kind: str, what: str, limit_s: float) -> Probed:
    """Run a probe.

    Args:
        kind: One of camera, promises, encoders, runtime.
        what: Which camera, cameras or runtime.
        limit_s: After so long it is ended.
    """
    packages = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    # In an empty folder, so that it cannot import modules of the user's working directory. What it
    # prints goes to a file: a pipe would be lost with it.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        output = Path(folder, "lines")
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", _PROBE, kind, what],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.DEVNULL,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": packages},
            )
            try:
                code = process.wait(limit_s)
            except subprocess.TimeoutExpired:
                return Probed(_lines_of(output), f"no answer within {limit_s:g} s", has_hung=True)
            finally:
                process.kill()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_KILL_LIMIT_S)
        lines = _lines_of(output)
    errors = [str(line["error"]) for line in lines if "error" in line]
    found = tuple(line for line in lines if "error" not in line)
    if code and not errors:
        errors = [f"it ended with code {code}" if code > 0 else f"it crashed (signal {-code})"]
    return Probed(found, errors[0] if errors else "")


def _lines_of(output: Path) -> tuple[Mapping[str, Any], ...]:
    """Return the whole lines of a file: the last one may be cut off."""
    text, _, _ = output.read_text("utf-8", "replace").rpartition("\n")
    return tuple(json.loads(line) for line in text.splitlines() if line)
