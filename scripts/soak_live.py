"""Run a slow model on a live source for a minute: lag must stay bounded, memory must not grow.

python scripts/soak_live.py [--seconds 60] [--model-ms 100] [--rate 30]
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from fractions import Fraction
from pathlib import Path

from livepose.core.interfaces import PoseModel
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.draw import paint
from livepose.motion import Estimator
from livepose.pipeline import Pipeline, Samples
from livepose.sources.synthetic.source import SyntheticSource

PAGE_BYTES = resource.getpagesize()


class SlowModel(PoseModel):
    """A model that takes a fixed time and finds nobody."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @property
    def name(self) -> str:
        return "slow"

    @property
    def max_people(self) -> int:
        return 1

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        return ModelInput(pixels.bgr()[None], region)

    def infer(self, model_input: ModelInput) -> Poses:
        time.sleep(self._seconds)
        return Poses.empty()

    def close(self) -> None:
        """Do nothing: there is nothing to release."""


def resident_mb() -> float:
    """Return the resident memory of this process in megabytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 1e6


def main() -> int:
    """Run, print a line every ten seconds, and return 1 if a bound was exceeded."""
    parser = argparse.ArgumentParser(description="Run a slow model on a live source.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--model-ms", type=float, default=100.0)
    parser.add_argument("--rate", type=int, default=30)
    options = parser.parse_args()
    lags_s, worst_s, begun_mb = Samples(), 0.0, 0.0
    source = SyntheticSource(frame_rate=Fraction(options.rate), is_live=True)
    started_s = printed_s = time.perf_counter()
    with source, Pipeline(source, Estimator(SlowModel(options.model_ms / 1000))) as posed_frames:
        for count, posed in enumerate(posed_frames, 1):
            paint(posed)
            now_s = time.perf_counter()
            lag_s = now_s - posed.frame.grabbed_s
            lags_s.add(lag_s)
            worst_s = max(worst_s, lag_s)
            begun_mb = begun_mb or (resident_mb() if now_s - started_s > 5 else 0.0)
            if now_s - printed_s > 10:
                printed_s = now_s
                print(
                    f"{now_s - started_s:5.0f} s  {count} shown of {posed.frame.index + 1}  "
                    f"lag p50 {1000 * lags_s.percentile(50):.0f} p95 "
                    f"{1000 * lags_s.percentile(95):.0f} worst {1000 * worst_s:.0f} ms  "
                    f"{resident_mb():.1f} MB"
                )
            if now_s - started_s > options.seconds:
                break
    grown_mb = resident_mb() - begun_mb
    print(f"worst lag {1000 * worst_s:.0f} ms, memory grew by {grown_mb:.1f} MB since second 5")
    return 0 if worst_s < 0.25 and grown_mb < 10 else 1


if __name__ == "__main__":
    sys.exit(main())
