"""Estimate what an archive of videos costs, from what a batch of them takes here.

    python scripts/batch_cost.py CLIP ... [--seconds N] [--hours 100000] [--cores 32] [--price EUR]

The cost of a frame is the CPU time of whole processes, user and system, divided by the frames: so
it holds on a machine that does other things as well. What it consists of is measured by leaving
parts out: decoding alone, with the network, with an annotated copy.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

LIVEPOSE = (sys.executable, "-m", "livepose", "batch")
_DECODE = """
import sys
from pathlib import Path
from livepose.sources import open_video
with open_video(Path(sys.argv[1])) as source:
    print(sum(1 for _ in source))
"""
SHARE_OF_CORES = 0.9
"""Of the cores of a node that work at a time: the last files of a night do not fill it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of a film, and what they are spent on."""

    frames: int
    start_s: float
    """To start Python and load the network: once for each process."""
    decode_s: float
    data_s: float
    """With decoding."""
    annotated_s: float
    """With decoding and the network."""

    def of_frame_ms(self, seconds: float) -> float:
        """Return milliseconds for each frame, of a part of the film's CPU seconds."""
        return 1000 * seconds / self.frames


def cpu_s(command: list[str]) -> tuple[float, str]:
    """Run a command, and return its CPU seconds and what it printed.

    Raises:
        CalledProcessError: If it failed.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def measure(clips: list[Path], seconds: float, more: list[str]) -> Cost:
    """Return what a film made of clips costs: with data only, and with an annotated copy."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        film, short = folder / "film" / "film.mp4", folder / "short" / "short.mp4"
        for path in (film, short):
            path.parent.mkdir()
        make_film(clips, film, seconds)
        make_film(clips, short, 1.0)
        decode_s, printed = cpu_s([sys.executable, "-c", _DECODE, str(film)])
        import_s, printed_short = cpu_s([sys.executable, "-c", _DECODE, str(short)])
        frames, short_frames = int(printed), int(printed_short)

        def batch(source: Path, target: str, *words: str) -> float:
            command = [*LIVEPOSE, str(source.parent), "--out-dir", str(folder / target)]
            return cpu_s([*command, "--jobs", "1", "--job-threads", "1", *words, *more])[0]

        batch(short, "warm", "--save", "csv")
        short_s = batch(short, "start", "--save", "csv")
        data_s = batch(film, "data", "--save", "csv")
        annotated_s = batch(film, "annotated", "--annotate")
        of_frames = frames - short_frames
        scale = frames / of_frames
        decode_s = (decode_s - import_s) * scale
        start_s = short_s - (data_s - short_s) * short_frames / of_frames
        return Cost(frames, start_s, decode_s, data_s - start_s, annotated_s - start_s)


def make_film(clips: list[Path], target: Path, seconds: float) -> None:
    """Write a film of some seconds: the clips one after the other, again and again."""
    names = target.with_suffix(".txt")
    names.write_text("".join(f"file '{clip.absolute()}'\n" for clip in clips) * 100)
    joined = ("-f", "concat", "-safe", "0", "-i", str(names), "-t", str(seconds), "-an")
    encoded = ("-vf", "fps=30", "-c:v", "libx264", "-preset", "veryfast", str(target))
    subprocess.run(["ffmpeg", "-v", "error", "-y", *joined, *encoded], check=True)
    names.unlink()


def print_cost(cost: Cost, hours: float, cores: int, price: float) -> None:
    """Print tables of what a frame costs, and what an archive does."""
    print("| a frame | ms of CPU | share |\n|---|---:|---:|")
    rows = (
        ("decoding", cost.decode_s),
        ("network, tracking, smoothing, .csv", cost.data_s - cost.decode_s),
        ("painting and encoding, with `--annotate`", cost.annotated_s - cost.data_s),
    )
    for title, seconds in rows:
        share = seconds / cost.annotated_s
        print(f"| {title} | {cost.of_frame_ms(seconds):.2f} | {share:.0%} |")
    print(f"| start of a process | {cost.start_s:.1f} s, once | |\n")
    print(
        f"| {hours:g} hours at 30 fps | hours of video per hour and core | core hours | "
        f"nodes of {cores} cores for a week | for a day | price |\n|---|---:|---:|---:|---:|---:|"
    )
    for title, seconds in (("data only", cost.data_s), ("annotated copies", cost.annotated_s)):
        of_video = 30 * 3600 * seconds / cost.frames / 3600
        core_hours = hours * of_video / SHARE_OF_CORES
        week, day = (core_hours / cores / length for length in (7 * 24, 24))
        print(
            f"| {title} | {1 / of_video:.1f} | {core_hours:,.0f} | {week:.1f} | {day:.1f} | "
            f"{core_hours * price:,.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0, help="of the film that is measured")
    parser.add_argument("--hours", type=float, default=100_000, help="of video in the archive")
    parser.add_argument("--cores", type=int, default=32, help="of a node")
    parser.add_argument("--price", type=float, default=0.04, help="of a core for an hour")
    arguments, more = parser.parse_known_args()
    cost = measure(arguments.clips, arguments.seconds, more)
    print_cost(cost, arguments.hours, arguments.cores, arguments.price)


if __name__ == "__main__":
    main()
