"""Measure how far angles are from the true ones, on the built-in figures.

    python scripts/angle_table.py [--model NAME] [--runtime NAME] [--effort fast|best]

The mean absolute error in degrees over all frames of a scene, 640 x 480 at 30 fps: as the network
finds the keypoints, and smoothed without lag, as from file to file; with `--effort best`, gaps are
filled before that. The true angles are those of
the figure's own keypoints.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from livepose import Estimator, load_model, smooth_zero_lag
from livepose.analysis.angle_meter import AngleMeter
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.region import Region
from livepose.motion import default_steps
from livepose.motion.smoothing.gap_filler import GapFiller
from livepose.session.options import Effort, ModelOptions
from livepose.sources.synthetic.source import SyntheticSource

WIDTH_PX, HEIGHT_PX, FRAME_RATE = 640, 480, Fraction(30)
SCENES = {"dance": 16, "bends": 10, "walk": 10}
"""Seconds of each."""
ANGLES = {
    "knees": ("left_knee", "right_knee"),
    "hips": ("left_hip", "right_hip"),
    "left elbow": ("left_elbow",),
    "right elbow": ("right_elbow",),
    "shoulders": ("left_shoulder", "right_shoulder"),
    "trunk": ("trunk",),
}


def degrees_of(posed_frames: Iterable[PosedFrame]) -> npt.NDArray[np.float64]:
    """Measure the first person's angles: (T, A), NaN where one is unknown."""
    names = [name for group in ANGLES.values() for name in group]
    meter = AngleMeter(names)
    rows = [
        measured.angles.degrees[0] if len(measured.poses) else np.full(len(names), np.nan)
        for measured in map(meter, posed_frames)
    ]
    return np.array(rows, np.float64)


def errors_deg(
    model: PoseModel, scene: str, seconds: int, *, fills_gaps: bool
) -> Iterator[tuple[str, float, float]]:
    """Yield each group of angles with its errors, unsmoothed and smoothed."""
    source = SyntheticSource(
        WIDTH_PX, HEIGHT_PX, frame_rate=FRAME_RATE, frame_count=seconds * 30, scene=scene
    )
    estimator = Estimator(model, steps=default_steps(1, one_euro=False))
    found = [estimator(frame) for frame in source]
    true = degrees_of(
        PosedFrame(
            posed.frame,
            source.truth(posed.frame.time_s),
            Region.letterbox(WIDTH_PX, HEIGHT_PX),
            0.0,
        )
        for posed in found
    )
    first = 0
    before = [GapFiller()] if fills_gaps else []
    errors = [
        np.abs((degrees_of(ways) - true + 180) % 360 - 180)
        for ways in (found, smooth_zero_lag(found, before=before))
    ]
    for group, names in ANGLES.items():
        columns = slice(first, first + len(names))
        unsmoothed, smoothed = (float(np.nanmean(each[:, columns])) for each in errors)
        yield group, unsmoothed, smoothed
        first += len(names)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Measure the errors of angles.")
    parser.add_argument("--model", help="lightning, or thunder with --effort best, unless given")
    parser.add_argument("--runtime", default="litert")
    parser.add_argument("--effort", type=Effort, default=Effort.FAST, help="fast or best")
    arguments = parser.parse_args()
    is_best = arguments.effort is Effort.BEST
    name = ModelOptions(arguments.model or "", effort=arguments.effort).name
    print("| Scene | Angles | Unsmoothed | Zero-lag |\n|---|---|---|---|")
    with load_model(name, arguments.runtime, mirrored=is_best) as model:
        for scene, seconds in SCENES.items():
            for group, unsmoothed, smoothed in errors_deg(
                model, scene, seconds, fills_gaps=is_best
            ):
                print(f"| `{scene}` | {group} | {unsmoothed:.1f}° | {smoothed:.1f}° |")


if __name__ == "__main__":
    main()
