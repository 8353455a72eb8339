"""Measure each step of the pipeline in one thread, and the alternatives to some of them."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from livepose.bench.results import Stage
from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import RuntimeMissing
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Runtime
from livepose.core.pixels import Pixels
from livepose.core.region import ModelInput, Region
from livepose.draw import paint
from livepose.models import RuntimeName
from livepose.models.files.resolve import resolve
from livepose.models.letterbox import crop_and_resize
from livepose.models.loader import RuntimeLoader
from livepose.models.movenet import SinglePose
from livepose.models.runtimes.openvino import OpenVINO
from livepose.motion import Estimator
from livepose.sinks import Quality
from livepose.sinks.video import VideoSink
from livepose.sources import open_video
from livepose.system.thread_budget import frame_threads, network_threads

_FRAMES, _WARM_UP = 240, 20
DECODE, LETTERBOX, MOTION, DRAW, ENCODE = "decode", "letterbox", "motion", "draw", "encode"


class Clock:
    """Adds up how long steps take; the time of a step within a step is not counted twice.

    >>> clock = Clock()
    >>> with clock.step("outer"), clock.step("inner"):
    ...     pass
    >>> sorted(clock.wall_s)
    ['inner', 'outer']
    """

    def __init__(self) -> None:
        self._outer: str | None = None
        self.cpu_s: dict[str, float] = defaultdict(float)
        self.wall_s: dict[str, float] = defaultdict(float)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count the time until the end of the `with` block."""
        outer, self._outer = self._outer, name
        began_cpu_s, began_s = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            cpu_s, wall_s = time.process_time() - began_cpu_s, time.perf_counter() - began_s
            for total_s, passed_s in ((self.cpu_s, cpu_s), (self.wall_s, wall_s)):
                total_s[name] += passed_s
                if outer is not None:
                    total_s[outer] -= passed_s
            self._outer = outer


class _TimedRuntime(Runtime):
    """A runtime whose calls are timed."""

    def __init__(self, runtime: Runtime, clock: Clock, step: str) -> None:
        self._runtime, self._clock, self._step = runtime, clock, step

    @property
    def name(self) -> str:
        return self._runtime.name

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return self._runtime.input_shape

    def run(self, rgb: UInt8Array) -> FloatArray:
        with self._clock.step(self._step):
            return self._runtime.run(rgb)

    def close(self) -> None:
        """The caller closes the runtime that is timed."""


class _TimedModel(SinglePose):
    """A model whose letterboxing is timed."""

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._clock = clock
        super().__init__("", runtime)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        with self._clock.step(LETTERBOX):
            return super().preprocess(pixels, region)


def steady_runtime(model: str) -> RuntimeName:
    """Return the runtime that `auto` selects for long files, where the start does not count."""
    loader = RuntimeLoader(resolve(model), concurrency=frame_threads(is_realtime=False))
    with loader.load() as runtime:
        return RuntimeName.OPENVINO if isinstance(runtime, OpenVINO) else RuntimeName.LITERT


def measure_stages(clip: Path, model: str, name: RuntimeName, runs: int) -> list[Stage]:
    """Return the steps of the pipeline, measured in one thread, one frame after the other."""
    threads = network_threads(frame_threads(is_realtime=False))
    ref = resolve(model)
    with RuntimeLoader(ref, name, threads).load() as runtime:
        network = f"{ref.label} on {runtime.name}, {_thread_count(threads)}"
        passes = [_pass(clip, runtime, network) for _ in range(runs)]
    return [
        Stage(
            name,
            statistics.median(cpu_ms[name] for cpu_ms, _ in passes),
            statistics.median(wall_ms[name] for _, wall_ms in passes),
            counts=True,
        )
        for name in (DECODE, LETTERBOX, network, MOTION, DRAW, ENCODE)
    ]


def _pass(clip: Path, runtime: Runtime, network: str) -> tuple[dict[str, float], dict[str, float]]:
    """Return milliseconds per frame of each step: CPU and wall."""
    clock, count = Clock(), 0
    estimator = Estimator(_TimedModel(_TimedRuntime(runtime, clock, network), clock))
    with (
        tempfile.TemporaryDirectory() as folder,
        open_video(clip) as source,
        VideoSink(Path(folder, "out.mp4"), source.info, uses_hardware=False) as sink,
    ):
        frames = iter(source)
        for number in range(_FRAMES):
            if number == _WARM_UP:
                clock.cpu_s.clear()
                clock.wall_s.clear()
                count = 0
            with clock.step(DECODE):
                frame = next(frames, None)
            if frame is None:
                break
            with clock.step(MOTION):
                posed = estimator(frame)
            with clock.step(DRAW):
                painted = paint(posed)
            with clock.step(ENCODE):
                sink.write(painted)
            count += 1
    return _per_frame(clock.cpu_s, count), _per_frame(clock.wall_s, count)


def _thread_count(threads: int) -> str:
    return "1 thread" if threads == 1 else f"{threads} threads"


def _per_frame(seconds: dict[str, float], count: int) -> dict[str, float]:
    return {name: 1000 * total_s / max(1, count) for name, total_s in seconds.items()}


def measure_alternatives(
    frames: Sequence[Frame], info: StreamInfo, model: str, runs: int
) -> list[Stage]:
    """Return every runtime with one thread and with all, and every `--quality`, each alone."""
    stages, ref = [], resolve(model)
    for name, threads in itertools.product(
        (RuntimeName.LITERT, RuntimeName.OPENVINO), sorted({1, network_threads(1)})
    ):
        try:
            runtime = RuntimeLoader(ref, name, threads).load()
        except RuntimeMissing:
            continue
        with runtime:
            title = f"{ref.label} on {runtime.name}, {_thread_count(threads)}"
            side_px = runtime.input_shape[1]
            inputs = []
            for frame in frames:
                region = Region.letterbox(frame.width_px, frame.height_px)
                inputs.append(crop_and_resize(frame.pixels, region, side_px, side_px)[0])
            stages.append(_alone(title, partial(_run_on, inputs, runtime), runs))
    for quality in Quality:
        work = partial(_encode, frames, info, quality)
        stages.append(_alone(f"encode, {quality.value}", work, runs))
    return stages


def _alone(name: str, work: Callable[[], int], runs: int) -> Stage:
    """Measure work that returns how many frames it has done."""
    cpu_ms, wall_ms = [], []
    for number in range(runs + 1):
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        count = work()
        if number:  # the first is the warm-up
            cpu_ms.append(1000 * (time.process_time() - cpu_s) / count)
            wall_ms.append(1000 * (time.perf_counter() - wall_s) / count)
    return Stage(name, statistics.median(cpu_ms), statistics.median(wall_ms), counts=False)


def _run_on(inputs: Sequence[UInt8Array], runtime: Runtime) -> int:
    for rgb in inputs:
        runtime.run(rgb)
    return len(inputs)


def _encode(frames: Sequence[Frame], info: StreamInfo, quality: Quality) -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        VideoSink(Path(folder, "out.mp4"), info, quality=quality, uses_hardware=False) as sink,
    ):
        for frame in frames:
            sink.write(frame)
    return len(frames)
