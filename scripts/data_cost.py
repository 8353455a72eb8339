"""Measure what saving poses costs a conversion, and what it saves: whole warm processes, in turn.

python scripts/data_cost.py CLIP [--pairs 5] [--each]

First a run to --out with all formats is compared with one without any; --each also compares each
format alone. Then `livepose render --save x.csv` is compared with the runs that it replaces. A
change is the median over the pairs, because the speed of a shared machine varies; the machine's
load is shown before and after. CPU time depends less on it.

Nothing is deleted before the end: for five minutes after files were deleted, an ext4 without a
journal searches past each of them whenever a file is created.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

NAMES = (
    "x.csv", "x.wide.csv", "x.angles.csv", "x.jsonl", "x.coco.json", "x.parquet", "x.trc", "x.mot",
    "x_openpose",
)  # fmt: skip
Arguments = Sequence[str]
HEAD = """| | {0} s | {1} s | change | {0} CPU s | {1} CPU s | change |
|---|---|---|---|---|---|---|"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    clip = str(options.clip.resolve())
    print(f"load {load()}\n")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        poses = str(Path(folder) / "poses.jsonl")
        first = ("--video", clip, "--save", "x.csv")
        print(HEAD.format("without", "with"))
        # Angles are measured in both, so that the files alone make the difference.
        plain = ("--video", clip, "--angles", "knee", "--out", "x.mp4")
        chosen = [("all formats", NAMES), *((name, (name,)) for name in NAMES if options.each)]
        for title, names in chosen:
            compare(title, plain, (*plain, *save_options(names)), options.pairs)
        run(("--video", clip, "--no-show", "--save", poses))
        again = ("render", clip, poses, "--save", "x.csv")
        print("\n" + HEAD.format("first", "render"))
        compare("render, to --save alone", (*first, "--no-show"), again, options.pairs)
        compare("render, to --save and --out", (*first, "--out", "x.mp4"), again, options.pairs)
    print(f"\nload {load()}")


def save_options(names: Arguments) -> list[str]:
    return [text for name in names for text in ("--save", name)]


def compare(title: str, one: Arguments, other: Arguments, pairs: int) -> None:
    """Print how long two command lines take, in wall clock and in CPU time."""
    run(one)
    run(other)
    took = [(run(one), run(other)) for _ in range(pairs)]
    shown = []
    for place in range(2):
        ones_s, others_s = ([pair[which][place] for pair in took] for which in range(2))
        ratio = median(b / a for a, b in zip(ones_s, others_s, strict=True))
        change = f"{1 / ratio:.1f} x as fast" if ratio < 0.5 else f"{100 * (ratio - 1):+.1f} %"
        shown.append(f"{median(ones_s):.2f} | {median(others_s):.2f} | {change}")
    print(f"| {title} | {' | '.join(shown)} |", flush=True)


def run(arguments: Arguments) -> tuple[float, float]:
    """Run livepose to its end; return the seconds of wall clock and of CPU time."""
    command = [sys.executable, "-m", "livepose", *arguments]
    folder = tempfile.mkdtemp(dir=".")
    before, start_s = os.times(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    after, end_s = os.times(), time.perf_counter()
    cpu_s = after.children_user - before.children_user
    return end_s - start_s, cpu_s + after.children_system - before.children_system


def load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


if __name__ == "__main__":
    main()
