"""Time `livepose --video CLIP --out` against the plain loop, as whole processes, in turn.

    python scripts/bench_vs_plain.py [CLIP] [--runs N] [--runtime NAME]

Both run once before the clock starts, so that the model and the modules are compiled and the files
are in memory.
What counts is the ratio within each pair of runs: the machine's own speed wanders.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Run a program to its end, and say how long that took."""
    started_s = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started_s


def main() -> None:
    """Print each pair, and the medians."""
    parser = argparse.ArgumentParser(description="livepose against the plain loop")
    parser.add_argument("clip", nargs="?", type=Path, default=SHARED / "clips" / "dance.mp4")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--runtime", default="auto", help="livepose's")
    options = parser.parse_args()
    environment = os.environ | {
        "TFHUB_CACHE_DIR": os.environ.get("TFHUB_CACHE_DIR", str(SHARED / "tfhub"))
    }
    # An installed package has its bytecode; a checkout would be compiled anew for each run.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    plain_loop = Path(__file__).parent / "peers" / "plain_loop.py"
    with tempfile.TemporaryDirectory() as folder:
        plain = [sys.executable, str(plain_loop), str(options.clip), f"{folder}/plain.mp4"]
        ours = [sys.executable, "-m", "livepose", "--video", str(options.clip)]
        ours += ["--out", f"{folder}/livepose.mp4", "--overwrite"]
        ours += ["--runtime", options.runtime]
        for command in (plain, ours):
            seconds(command, environment)
        pairs = [
            (seconds(plain, environment), seconds(ours, environment)) for _ in range(options.runs)
        ]
        sizes = [Path(folder, f"{name}.mp4").stat().st_size / 1e6 for name in ("plain", "livepose")]
    for plain_s, ours_s in pairs:
        print(f"plain {plain_s:6.2f} s   livepose {ours_s:6.2f} s   ratio {plain_s / ours_s:.2f}")
    plain_s, ours_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"median {plain_s:.2f} s   {ours_s:.2f} s   ratio {ratio:.2f}")
    print(f"files  {sizes[0]:.2f} MB   {sizes[1]:.2f} MB   ({len(os.sched_getaffinity(0))} cores)")


if __name__ == "__main__":
    main()
