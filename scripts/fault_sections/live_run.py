"""One live run in a process of its own, which prints its lag as JSON. `load.py` starts it.

python -m fault_sections.live_run [--size 1280x720] [--rate 30] [--seconds 10]
[--model-ms M] [--display-ms D]
"""

from __future__ import annotations

import argparse
import json
import time
from fractions import Fraction
from itertools import pairwise

from livepose.core.interfaces import PoseModel
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.draw import paint
from livepose.models import load_model
from livepose.motion import Estimator
from livepose.pipeline import Pipeline, Samples
from livepose.sources.synthetic.source import SyntheticSource


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


def main() -> None:
    """Run for some seconds, and print what was measured after the first one."""
    parser = argparse.ArgumentParser(description="A live run that measures its lag.")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--rate", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--model-ms", type=float)
    parser.add_argument("--display-ms", type=float, default=0.0)
    options = parser.parse_args()
    width_px, height_px = map(int, options.size.split("x"))
    source = SyntheticSource(width_px, height_px, frame_rate=Fraction(options.rate), is_live=True)
    model = load_model() if options.model_ms is None else SlowModel(options.model_ms / 1000)
    lags_s, inference_s, times_s = Samples(), Samples(), [-1.0]
    started_s = time.perf_counter()
    with source, model, Pipeline(source, Estimator(model)) as posed_frames:
        for posed in posed_frames:
            paint(posed)
            now_s = time.perf_counter()
            if now_s - started_s > 1:
                lags_s.add(now_s - posed.frame.grabbed_s)
                inference_s.add(posed.inference_s)
                times_s.append(posed.frame.time_s)
            if now_s - started_s > options.seconds:
                break
            time.sleep(options.display_ms / 1000)
    measured = {
        "frames": len(times_s) - 1,
        "lag_p95_s": lags_s.percentile(95),
        "inference_s": inference_s.percentile(50),
        "in_order": all(early < late for early, late in pairwise(times_s)),
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
