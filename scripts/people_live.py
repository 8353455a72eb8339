"""The lag of a live run with several people, in a process of its own.

    python scripts/people_live.py [CLIP] [--people 6] [--runtime openvino] [--seconds 10]

Copies of the clip's person come at 30 frames a second, 1280 x 720, as from a camera; results are
painted, as for a window. Printed are the lag from the frame to its painted result (after the first
second, and in each third of the run), how many frames were dropped, and how many people are shown,
and seen by the network, in a frame.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from bench.crowds import HEIGHT_PX, RATE, WIDTH_PX, Image, crowd_frames
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.interfaces import Source
from livepose.draw import paint
from livepose.pipeline import Pipeline
from livepose.session.estimation import open_estimation
from livepose.session.options import ModelOptions, Options, PeopleOptions, SourceOptions

CLIP = Path(__file__).resolve().parents[2] / "shared" / "clips" / "dance.mp4"
_KEPT_FRAMES = 240


class LiveFrames(Source):
    """Frames that come at their times, whether or not they are taken, and go to and fro."""

    info = StreamInfo(
        "crowd", WIDTH_PX, HEIGHT_PX, is_live=True, frame_rate=Fraction(RATE), frame_count=None
    )

    def __init__(self, images: list[Image], seconds: float) -> None:
        self._images = [*images, *images[-2:0:-1]]
        self._count = round(seconds * RATE)

    def __iter__(self) -> Iterator[Frame]:
        started_s = time.perf_counter()
        index = 0
        while index < self._count:
            time.sleep(max(0.0, started_s + index / RATE - time.perf_counter()))
            now_s = time.perf_counter()
            index = max(index, int((now_s - started_s) * RATE))
            bgr = self._images[index % len(self._images)]
            yield Frame.from_bgr(bgr, index, now_s - started_s, now_s)
            index += 1

    def close(self) -> None:
        """Nothing is held."""


def main() -> None:
    """Run, and print what was measured."""
    parser = argparse.ArgumentParser(description="The lag of a live run with several people.")
    parser.add_argument("clip", nargs="?", type=Path, default=CLIP)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--model", default="lightning")
    parser.add_argument("--runtime", default="openvino")
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    source = LiveFrames(crowd_frames(given.clip, given.people, _KEPT_FRAMES), given.seconds)
    options = Options(
        SourceOptions(camera="0"),
        model=ModelOptions(name=given.model, runtime=given.runtime),
        people=PeopleOptions(max_people=None),
    )
    results: list[tuple[float, PosedFrame]] = []
    cpu_s = time.process_time()
    with (
        open_estimation(options, source.info, is_realtime=True) as estimation,
        Pipeline(source, estimation.estimator) as posed_frames,
    ):
        cpu_s = time.process_time()
        for posed in posed_frames:
            paint(posed)
            results.append((time.perf_counter() - posed.frame.grabbed_s, posed))
    report(given, results, time.process_time() - cpu_s)


def report(
    given: argparse.Namespace, results: list[tuple[float, PosedFrame]], cpu_s: float
) -> None:
    """Print the figures of a run."""
    lag_ms = np.array([1000 * lag_s for lag_s, posed in results if posed.frame.time_s > 1])
    thirds = [np.percentile(third, 95) for third in np.array_split(lag_ms, 3)]
    late = results[len(results) // 3 :]
    shown = np.mean([len(posed.poses) for _, posed in late])
    predicted = np.mean([posed.predicted_people for _, posed in late])
    print(
        f"{given.people} people, {given.model}, {given.runtime}: "
        f"lag median {np.median(lag_ms):.0f}, p95 {np.percentile(lag_ms, 95):.0f} ms "
        f"(thirds of the run: {', '.join(f'{each:.0f}' for each in thirds)}); "
        f"{len(results)} of {results[-1][1].frame.index + 1} frames; "
        f"{shown:.1f} people shown, {shown - predicted:.1f} seen a frame; "
        f"{1000 * cpu_s / len(results):.1f} ms of CPU time a frame"
    )


if __name__ == "__main__":
    main()
