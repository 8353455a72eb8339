"""One run of one peer on one clip."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import av

from bench.roster import CHECKOUT, Peer
from bench.venvs import Unavailable

_PATIENCE_S = 1800.0
_CODECS = {"mpeg4": "MPEG-4 Part 2", "h264": "H.264"}


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run gave."""

    frames_per_second: float
    """Without start-up and the first 30 frames."""
    cpu_ms: float
    """Of CPU time for a frame, over the same span."""
    whole_s: float
    """From the start of the process to its end."""
    size_mb: float
    mbit_per_second: float
    codec: str


def measure(command: list[str], out: Path) -> Measured:
    """Run a peer, and look at the file that it wrote.

    Raises:
        Unavailable: It failed.
    """
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONPATH", None)  # a venv is to use what is in it
    environment.setdefault("TFHUB_CACHE_DIR", str(CHECKOUT.parent / "shared" / "tfhub"))
    started_s = time.perf_counter()
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"not done after {_PATIENCE_S:.0f} s") from error
    whole_s = time.perf_counter() - started_s
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Unavailable(lines[-1])
    steady = json.loads(done.stdout.splitlines()[-1])
    with av.open(out) as container:
        codec = container.streams.video[0].codec_context.name
        mbit_per_second = container.bit_rate / 1e6
    return Measured(
        frames_per_second=steady["frames"] / steady["seconds"],
        cpu_ms=steady["cpu_s"] / steady["frames"] * 1e3,
        whole_s=whole_s,
        size_mb=out.stat().st_size / 1e6,
        mbit_per_second=mbit_per_second,
        codec=_CODECS.get(codec, codec),
    )


def command_of(peer: Peer, python: Path, model: str, frames: int | None) -> list[str]:
    """Put a peer's command line together, up to the clip and the file to write."""
    arguments = [word.format(model=model) for word in peer.arguments]
    if frames is not None:
        arguments += ["--frames", str(frames)]
    return [str(python), str(peer.path), *arguments]
