"""Measure how far repetitions are from the true ones, on the built-in figure.

    python scripts/repetition_table.py [--model NAME] [--effort fast|best]

The knee bends of the scene `bends`, 640 x 480 at 30 fps, are written as `.reps.csv`, from file to
file. The true ones are counted, by the same rule, on the angles of the figure's own keypoints.
Printed are the largest differences: of the start, the end, the turning point, the period and the
time over the threshold in frames, and of the extremes of the right knee, which is on the near
side, in degrees.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas

from livepose.analysis.angle_meter import AngleMeter
from livepose.analysis.repetition_rules import parse_repetitions
from livepose.analysis.repetitions import Repetitions
from livepose.core.frame import Frame, PosedFrame
from livepose.core.region import Region
from livepose.core.repetitions import Repetition
from livepose.sources.synthetic.source import SyntheticSource

WIDTH_PX, HEIGHT_PX, FRAME_RATE, FRAMES = 640, 480, 30, 750
NAMES = ("right_knee", "left_knee")
COLUMNS = {
    "start_s": "start_s",
    "end_s": "end_s",
    "turn_s": "peak_s",
    "period_s": "period_s",
    "time_over_threshold_s": "time_over_threshold_s",
}
"""Of the table, and the fields of `Repetition` that are in them."""
RULES = ("right_knee", "right_knee:>60", "right_knee:>90")


def true_frames() -> list[PosedFrame]:
    """Return the frames of the scene with the angles of the true keypoints."""
    source = SyntheticSource(WIDTH_PX, HEIGHT_PX, frame_rate=Fraction(FRAME_RATE), scene="bends")
    meter, whole = AngleMeter(NAMES), Region.letterbox(WIDTH_PX, HEIGHT_PX)
    black = np.zeros((2, 2, 3), np.uint8)
    frames = []
    for index in range(FRAMES):
        time_s = index / FRAME_RATE
        frame = Frame.from_bgr(black, index, time_s)
        frames.append(meter(PosedFrame(frame, source.truth(time_s=time_s), whole, 0.0)))
    return frames


def counted(frames: list[PosedFrame], rule: str) -> tuple[Repetition, ...]:
    counter = Repetitions(parse_repetitions(rule), NAMES)
    for frame in frames:
        counter(frame)
    return counter.done


def measured_repetitions(rules: tuple[str, ...], words: list[str]) -> pandas.DataFrame:
    """Return the table that a run writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bends.reps.csv")
        command = [sys.executable, "-m", "livepose", "--demo", "--scene", "bends", "--no-show"]
        command += ["--max-frames", str(FRAMES), "--angles", "knee", "--save", str(path), *words]
        for rule in rules:
            command += ["--reps", rule]
        subprocess.run(command, check=True, capture_output=True)
        return pandas.read_csv(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="lightning")
    parser.add_argument("--effort", default="fast", choices=["fast", "best"])
    options = parser.parse_args()
    words = ["--model", options.model, "--effort", options.effort]
    table = measured_repetitions(RULES, words)
    frames = true_frames()
    degrees = np.array([frame.angles.degrees[0, 0] for frame in frames])
    extremes = {"min": degrees.min(), "max": degrees.max()}  # all bends are alike
    print("rule              rows  true  start    end   turn period   over  least  greatest")
    for rule in RULES:
        rows, true = table[table["rule"] == rule], counted(frames, rule)
        cells = ""
        if len(rows) == len(true):
            for column, name in COLUMNS.items():
                times_s = [getattr(each, name) for each in true]
                cells += f" {FRAME_RATE * np.abs(rows[column] - times_s).max():6.1f}"
            for column, value in extremes.items():
                cells += f" {np.abs(rows[f'right_knee_{column}_deg'] - value).max():6.1f}"
        print(f"{rule:<17} {len(rows):>4}  {len(true):>4}{cells}")


if __name__ == "__main__":
    main()
