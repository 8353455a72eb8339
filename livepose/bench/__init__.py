"""Measure what each stage costs on this machine, how fast the whole is, and the bound of it."""

from __future__ import annotations

import itertools
import statistics
from pathlib import Path

import cv2

from livepose.bench.results import BenchResults, LiveLatency, Stage, Throughput, describe_machine
from livepose.bench.stages import measure_alternatives, measure_stages, steady_runtime
from livepose.bench.throughput import measure_file_to_file, measure_live
from livepose.core.errors import SourceError
from livepose.models.files.resolve import resolve
from livepose.models.files.trust import check_trust
from livepose.sources import open_video
from livepose.system.cpu import usable_cores

__all__ = ["BenchResults", "LiveLatency", "Stage", "Throughput", "bench"]

_KEPT_FRAMES = 60
"""Kept in memory, and used again and again where nothing is decoded."""
_MIN_FRAMES = 120
"""Of a shorter clip, little would be left once everything is warm."""


def bench(
    clip: Path, model: str, *, trust: bool = False, runs: int = 3, rate: float = 30.0
) -> BenchResults:
    """Measure a clip's way from file to file, and that of a camera's frames of its size.

    Args:
        clip: A video of at least 120 frames.
        model: As for `load_model`.
        trust: As for `load_model`.
        runs: How often everything is measured; the results are medians.
        rate: Of the camera, in frames per second.

    Raises:
        LivePoseError: If the clip cannot be read, or the model cannot be loaded.
    """
    check_trust(resolve(model), is_trusted=trust)
    cv2.setNumThreads(1)
    with open_video(clip) as source:
        all_frames = iter(source)
        info, frames = source.info, list(itertools.islice(all_frames, _KEPT_FRAMES))
        count = len(frames) + sum(
            1 for _ in itertools.islice(all_frames, _MIN_FRAMES - _KEPT_FRAMES)
        )
    if count < _MIN_FRAMES:
        raise SourceError(f"{clip} has {count} frames: a benchmark needs {_MIN_FRAMES}")
    runtime = steady_runtime(model)
    stages = measure_stages(clip, model, runtime, runs)
    bound = usable_cores() * 1000 / sum(stage.cpu_ms for stage in stages)
    rates = [measure_file_to_file(clip, model, runtime, trust=trust) for _ in range(runs)]
    reached, cpu_ms = (statistics.median(column) for column in zip(*rates, strict=True))
    return BenchResults(
        machine=describe_machine(),
        clip=f"{info.name}, {info.width_px} x {info.height_px}",
        model=resolve(model).label,
        stages=[*stages, *measure_alternatives(frames, info, model, runs)],
        throughput=Throughput(reached, cpu_ms, bound, reached / bound),
        live=measure_live(frames, info, model, rate, trust=trust),
    )
