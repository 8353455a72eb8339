"""What tracking, the swap guard and smoothing cost beside MultiPose itself.

    python scripts/multipose_cost.py [IMAGE ...] [--frames 90] [--threads 1] [--rounds 1]

Each frame is measured twice in turn: the network alone, on an input that is prepared for it, and
everything that is done with a frame: letterbox, network, tracking, swap guard, smoothing. The
frames are made before. The table has medians of a frame's CPU time (all threads) and wall time, and
the median of the ratios of each pair, for the scene of two people who cross, and for still images.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.region import Region
from livepose.models.files.resolve import resolve
from livepose.models.letterbox import crop_and_resize
from livepose.models.loader import RuntimeLoader
from livepose.models.movenet import PEOPLE_PX, MultiPose
from livepose.motion import Estimator
from livepose.sources.image import ImageSource
from livepose.sources.synthetic.source import SyntheticSource

FRAME_RATE = 30
BEGIN_S = 0.5
"""From then on both people are in the frame."""
SIZES_PX = ((640, 480), (1280, 720))
WARM_UP = 5
Seconds = npt.NDArray[np.float64]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="*", type=Path)
    parser.add_argument("--frames", type=int, default=90)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    print(
        "| | people | network: CPU ms | wall ms | all: CPU ms | wall ms | CPU ratio | wall ratio |"
    )
    print("|---|---|---|---|---|---|---|---|")
    loader = RuntimeLoader(resolve("multipose"), threads=options.threads)
    for _ in range(options.rounds):
        for size_px in SIZES_PX:
            scene = list(crossing(*size_px, options.frames))
            print(measure_row("crossing", scene, loader), flush=True)
        for path in options.images:
            with ImageSource(path) as source:
                still = [next(iter(source)).pixels] * options.frames
            print(measure_row(path.name, still, loader), flush=True)
    print(f"\nload of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}")


def crossing(width_px: int, height_px: int, frames: int) -> Iterator[Pixels]:
    """Yield frames of the scene of two people who cross."""
    source = SyntheticSource(width_px, height_px, scene="crossing")
    for number in range(frames):
        yield BgrPixels(source.paint(BEGIN_S + number / FRAME_RATE))


def measure_row(name: str, frames: list[Pixels], loader: RuntimeLoader) -> str:
    """Measure some frames, and return a row of the table."""
    people, network, total = measure(frames, loader)
    milliseconds = 1e3 * np.median(np.concatenate((network, total), axis=1), axis=0)
    ratios = np.median(total / network, axis=0)
    columns = [
        f"{name}, {frames[0].width_px} x {frames[0].height_px}",
        f"{people:.1f}",
        *(f"{value:.2f}" for value in (*milliseconds, *ratios)),
    ]
    return f"| {' | '.join(columns)} |"


def measure(frames: list[Pixels], loader: RuntimeLoader) -> tuple[float, Seconds, Seconds]:
    """Return the mean count of people, and (T, 2) CPU and wall seconds: network and total."""
    width_px, height_px = frames[0].width_px, frames[0].height_px
    region = MultiPose("multipose", loader.load).full_frame_region(width_px, height_px)
    input_px = input_of(region)
    people, network, total = [], [], []
    with loader.load(input_px) as runtime:
        # The same network is measured alone and within the estimator.
        estimator = Estimator(MultiPose("multipose", lambda _: runtime))
        for number, pixels in enumerate(frames):
            rgb, _ = crop_and_resize(pixels, region, *input_px)
            frame = Frame(pixels, number, number / FRAME_RATE, 0.0)
            start = clocks()
            runtime.run(rgb)
            middle = clocks()
            posed = estimator(frame)
            end = clocks()
            people.append(len(posed.poses))
            network.append(middle - start)
            total.append(end - middle)
    return float(np.mean(people)), np.array(network)[WARM_UP:], np.array(total)[WARM_UP:]


def input_of(region: Region) -> tuple[int, int]:
    """Return the width and height of the network's input for a whole frame."""
    scale = PEOPLE_PX / max(region.width_px, region.height_px)
    return round(region.width_px * scale), round(region.height_px * scale)


def clocks() -> Seconds:
    """Return the CPU time of this process, and the wall time."""
    return np.array((time.process_time(), time.perf_counter()))


if __name__ == "__main__":
    main()
