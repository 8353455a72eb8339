"""What tracking, mending, smoothing and following cost beside MultiPose itself.

    python scripts/multipose_cost.py [PICTURE ...] [--frames 90] [--threads 1] [--rounds 1]

For each frame it takes in turn the bare network on a picture that is ready for it, and all that is
done with a frame: letterbox, network, tracking, swap guard, smoothing, following. Frames are made
before. Shown are medians of a frame's CPU time (all threads) and wall time, and the median of the
ratios of each pair, in the scene of two who cross, and in pictures that stand still.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from livepose.core.frame import Frame
from livepose.core.interfaces import Runtime
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
"""From then on both are in the picture."""
SIZES_PX = ((640, 480), (1280, 720))
WARM_UP = 5
Seconds = npt.NDArray[np.float64]
Network = Callable[[tuple[int, int]], Runtime]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--frames", type=int, default=90)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    print(
        "| | people | network: CPU ms | wall ms | all: CPU ms | wall ms | CPU ratio | wall ratio |"
    )
    print("|---|---|---|---|---|---|---|---|")
    loader = RuntimeLoader(resolve("multipose"), threads=options.threads)
    with ExitStack() as stack:

        @cache
        def network(input_px: tuple[int, int]) -> Runtime:
            return stack.enter_context(loader.load(input_px))

        for _ in range(options.rounds):
            for size_px in SIZES_PX:
                scene = list(crossing(*size_px, options.frames))
                print(row("crossing", scene, network), flush=True)
            for path in options.pictures:
                with ImageSource(path) as source:
                    shown = [next(iter(source)).pixels] * options.frames
                print(row(path.name, shown, network), flush=True)
    print(f"\nload of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}")


def crossing(width_px: int, height_px: int, frames: int) -> Iterator[Pixels]:
    source = SyntheticSource(width_px, height_px, scene="crossing")
    for number in range(frames):
        yield BgrPixels(source.paint(BEGIN_S + number / FRAME_RATE))


def row(name: str, pictures: list[Pixels], network: Network) -> str:
    """Measure, and give a row of the table."""
    people, bare, everything = measured(pictures, network)
    milliseconds = 1e3 * np.median(np.concatenate((bare, everything), axis=1), axis=0)
    ratios = np.median(everything / bare, axis=0)
    columns = [
        f"{name}, {pictures[0].width_px} x {pictures[0].height_px}",
        f"{people:.1f}",
        *(f"{value:.2f}" for value in (*milliseconds, *ratios)),
    ]
    return f"| {' | '.join(columns)} |"


def measured(pictures: list[Pixels], network: Network) -> tuple[float, Seconds, Seconds]:
    """Return the mean count of people, and (T, 2) CPU and wall seconds: network and total."""
    model = MultiPose("multipose", network)
    region = model.full_frame_region(pictures[0].width_px, pictures[0].height_px)
    input_px = input_of(region)
    runtime, estimator = network(input_px), Estimator(model)
    people, bare, everything = [], [], []
    for number, pixels in enumerate(pictures):
        rgb, _ = crop_and_resize(pixels, region, *input_px)
        frame = Frame(pixels, number, number / FRAME_RATE, 0.0)
        begun = clocks()
        runtime.run(rgb)
        between = clocks()
        posed = estimator(frame)
        ended = clocks()
        people.append(len(posed.poses))
        bare.append(between - begun)
        everything.append(ended - between)
    return float(np.mean(people)), np.array(bare)[WARM_UP:], np.array(everything)[WARM_UP:]


def input_of(region: Region) -> tuple[int, int]:
    """Return the width and height of the network's input for a whole frame."""
    scale = PEOPLE_PX / max(region.width_px, region.height_px)
    return round(region.width_px * scale), round(region.height_px * scale)


def clocks() -> Seconds:
    return np.array((time.process_time(), time.perf_counter()))


if __name__ == "__main__":
    main()
