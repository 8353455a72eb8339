"""What each stage costs on this machine, what the whole reaches, and its bound."""

from __future__ import annotations

import itertools
import statistics
from pathlib import Path

import cv2

from livepose.bench.results import Liveness, Report, Stage, Throughput, this_machine
from livepose.bench.stages import alternatives, for_long_files, in_a_row
from livepose.bench.throughput import file_to_file, live
from livepose.core.errors import SourceError
from livepose.sources import open_video
from livepose.system.cpu import usable_cores

__all__ = ["Liveness", "Report", "Stage", "Throughput", "bench"]

_HELD = 60
_LEAST = 120
"""In a shorter clip there is little left when everything is warm."""


def bench(clip: Path, model: str, *, runs: int = 3, rate: float = 30.0) -> Report:
    """Measure a clip's way from file to file, and from a camera of its size.

    Args:
        clip: a video of 120 frames or more; its first ones are used again and again.
        model: as for `load_model`.
        runs: of everything; medians are given.
        rate: of the camera, in frames a second.

    Raises:
        LivePoseError: the clip or the model cannot be had.
    """
    cv2.setNumThreads(1)
    with open_video(clip) as source:
        all_frames = iter(source)
        info, frames = source.info, list(itertools.islice(all_frames, _HELD))
        count = len(frames) + sum(1 for _ in itertools.islice(all_frames, _LEAST - _HELD))
    if count < _LEAST:
        raise SourceError(f"{clip} has {count} frames: a benchmark needs {_LEAST}")
    runtime = for_long_files(model)
    stages = in_a_row(clip, model, runtime, runs)
    bound = usable_cores() * 1000 / sum(stage.cpu_ms for stage in stages)
    rates = [file_to_file(clip, model, runtime) for _ in range(runs)]
    reached, cpu_ms = (statistics.median(column) for column in zip(*rates, strict=True))
    return Report(
        machine=this_machine(),
        clip=f"{info.name}, {info.width_px} x {info.height_px}",
        model=model,
        stages=[*stages, *alternatives(frames, info, model, runs)],
        throughput=Throughput(reached, cpu_ms, bound, reached / bound),
        liveness=live(frames, info, model, rate),
    )
