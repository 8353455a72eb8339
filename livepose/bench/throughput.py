"""Measure the whole pipeline: from file to file, and live."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from livepose.bench.results import LiveLatency
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.draw import paint
from livepose.models import RuntimeName, load_model
from livepose.motion import Estimator
from livepose.pipeline import Pipeline, Samples
from livepose.session.callbacks import RunCallbacks
from livepose.session.options import ModelOptions, Options, OutputOptions, SourceOptions
from livepose.session.run import run

_WARM_UP, _LIVE_S = 30, 8.0


class _WarmStart:
    """Notes the clocks once the first frames, which are slower, are done."""

    def __init__(self) -> None:
        self.done = 0
        self.wall_s = self.cpu_s = float("nan")

    def on_frame(self, done: int) -> None:
        if done >= _WARM_UP and not self.done:
            self.done, self.wall_s, self.cpu_s = done, time.perf_counter(), time.process_time()


def measure_file_to_file(
    clip: Path, model: str, runtime: RuntimeName, *, trust: bool = False
) -> tuple[float, float]:
    """Return frames per second, and CPU milliseconds per frame."""
    warm = _WarmStart()
    with tempfile.TemporaryDirectory() as folder:
        options = Options(
            SourceOptions(video=str(clip)),
            OutputOptions(out=Path(folder, "out.mp4"), show=False),
            ModelOptions(name=model, runtime=runtime, trust=trust),
        )
        summary = run(options, RunCallbacks(on_frame=warm.on_frame))
        count = summary.frames - warm.done
        cpu_ms = 1000 * (time.process_time() - warm.cpu_s) / max(1, count)
        return count / (time.perf_counter() - warm.wall_s), cpu_ms


class _SimulatedCamera(Source):
    """Yields the same frames again and again, at the rate of a camera."""

    def __init__(self, frames: Sequence[Frame], info: StreamInfo, rate: float) -> None:
        self._frames, self._rate = frames, rate
        self._info = StreamInfo(
            info.name,
            info.width_px,
            info.height_px,
            is_live=True,
            frame_rate=Fraction(rate).limit_denominator(1001),
        )

    @property
    def info(self) -> StreamInfo:
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        start_s = time.perf_counter()
        for index in range(round(_LIVE_S * self._rate)):
            time.sleep(max(0.0, start_s + index / self._rate - time.perf_counter()))
            pixels = self._frames[index % len(self._frames)].pixels
            yield Frame(pixels, index, index / self._rate, time.perf_counter())

    def close(self) -> None:
        """Nothing is held."""


def measure_live(
    frames: Sequence[Frame], info: StreamInfo, model: str, rate: float, *, trust: bool = False
) -> LiveLatency:
    """Return the latency of a camera that yields these frames."""
    lag_s = Samples()
    with (
        load_model(model, trust=trust) as loaded,
        _SimulatedCamera(frames, info, rate) as camera,
        Pipeline(camera, Estimator(loaded)) as posed_frames,
    ):
        for posed in posed_frames:
            paint(posed)
            lag_s.add(time.perf_counter() - posed.frame.grabbed_s)
    p50_ms, p95_ms, p99_ms = (1000 * lag_s.percentile(percent) for percent in (50, 95, 99))
    dropped = round(_LIVE_S * rate) - len(lag_s)
    return LiveLatency(rate, p50_ms, p95_ms, p99_ms, len(lag_s), dropped)
