"""What tracking, mending, smoothing and following cost beside MultiPose itself.

    python scripts/multipose_cost.py [PICTURE ...] [--frames N] [--threads N] [--rounds N]

For each frame it takes in turn the bare network on a picture that is ready for it, and all that is
done with a frame: letterbox, network, tracking, swap guard, smoothing, following. Frames are made
before. Shown are medians of a frame's CPU time (all threads) and wall time, and the median of the
ratios of each pair, in the scene of two who cross, and in pictures that stand still.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt

from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels, Pixels
from livepose.models import load_runtime
from livepose.models.letterbox import cut
from livepose.models.movenet import MultiPose
from livepose.motion import Estimator
from livepose.sources.images import PictureSource
from livepose.sources.synthetic import SyntheticSource

FRAME_RATE = 30
BEGIN_S = 0.5
"""From then on both are in the picture."""
SIZES_PX = ((640, 480), (1280, 720))
Times = npt.NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="*", type=Path)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    print("| | people | network: CPU ms | wall ms | all: CPU ms | wall ms | CPU ratio | wall ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for _ in range(options.rounds):
        for width_px, height_px in SIZES_PX:
            scene = list(crossing(width_px, height_px, options.frames))
            print(row(f"crossing {width_px} x {height_px}", scene, options.threads), flush=True)
        for path in options.pictures:
            with PictureSource(path) as source:
                shown = [next(iter(source)).pixels] * options.frames
            print(row(path.name, shown, options.threads), flush=True)
    print(f"\nload of the machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}")


def crossing(width_px: int, height_px: int, frames: int) -> Iterable[Pixels]:
    source = SyntheticSource(width_px, height_px, scene="crossing")
    for number in range(frames):
        yield BgrPixels(source.paint(BEGIN_S + number / FRAME_RATE))


def row(name: str, pictures: list[Pixels], threads: int) -> str:
    """Measure, and give a row of the table."""
    width_px, height_px = pictures[0].width_px, pictures[0].height_px
    people, network, everything = measured(pictures, threads)
    columns = [
        f"{name}, {width_px} x {height_px}" if "crossing" not in name else name,
        f"{people:.1f}",
        *(f"{1e3 * np.median(way, axis=0)[clock]:.2f}" for way in (network, everything)
          for clock in (0, 1)),
        *(f"{median(everything[:, clock] / network[:, clock]):.3f}" for clock in (0, 1)),
    ]  # fmt: skip
    return f"| {' | '.join(columns)} |"


def measured(pictures: list[Pixels], threads: int) -> tuple[float, Times, Times]:
    """Give the mean count of people, and (frames, 2) CPU and wall seconds of both ways."""
    sizes: list[tuple[int, int]] = []
    label, runtime = load_runtime("multipose", threads=threads, input_px=(256, 256))
    runtime.close()
    loaded = {}

    def load(input_px: tuple[int, int]):  # type: ignore[no-untyped-def]
        sizes.append(input_px)
        loaded[input_px] = load_runtime("multipose", threads=threads, input_px=input_px)[1]
        return loaded[input_px]

    raise NotImplementedError
