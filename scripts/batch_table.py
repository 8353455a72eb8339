"""Measure `livepose batch` against a shell loop, its jobs, and what kills cost; print a table.

    python scripts/batch_table.py [--clips N] [--parts loop jobs kills] [--clip FILE ...]

The clips are copies of those that are given, cut to `--frames`, and films of the built-in figure.
Whole processes are timed, with warm caches. Needs two cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from livepose.session.options import Options, OutputOptions, SourceOptions
from livepose.session.run import run

SCENES = ("dance", "walk", "bends", "stand")
LIVEPOSE = (sys.executable, "-m", "livepose")
START_S = 60.0


def make_clips(folder: Path, count: int, given: Sequence[Path], frames: int) -> None:
    """Write clips: parts of those that are given, and films of the built-in figure."""
    folder.mkdir(parents=True)
    for number in range(count):
        target = folder / f"{number:02d}.mp4"
        if given and number % 2:
            clip = given[number // 2 % len(given)]
            cut = ("-frames:v", str(frames), "-an", "-c:v", "libx264", "-preset", "veryfast")
            subprocess.run(
                ["ffmpeg", "-v", "error", "-y", "-i", str(clip), *cut, str(target)], check=True
            )
            continue
        scene = SCENES[number // 2 % len(SCENES)]
        demo = SourceOptions(demo=True, scene=scene, size_px=(640, 480), max_frames=frames)
        run(Options(demo, OutputOptions(out=target, show=False)))


def timed(words: Sequence[str | Path]) -> float:
    """Run livepose, and return how many seconds that took.

    Raises:
        CalledProcessError: If it failed.
    """
    started_s = time.perf_counter()
    subprocess.run([*LIVEPOSE, *map(str, words)], check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started_s


def row(name: str, seconds: float, against: float, note: str = "") -> None:
    """Print a row of the table."""
    print(f"| {name} | {seconds:.1f} | {seconds / against:.2f} | {note} |", flush=True)


def measure_loop(clips: Path, folder: Path) -> None:
    """Compare a batch with a shell loop over single runs."""
    for title, flag, ending, of_batch in (
        ("data", "--save", ".csv", ("--save", "csv")),
        ("annotated copies", "-o", ".mp4", ("--annotate",)),
    ):
        out = folder / f"loop {title}"
        out.mkdir()
        loop_s = 0.0
        for clip in sorted(clips.iterdir()):
            loop_s += timed([clip, flag, out / f"{clip.stem}{ending}"])
        row(f"{title}: shell loop", loop_s, loop_s)
        for jobs in ("default", "1", "2"):
            words = () if jobs == "default" else ("--jobs", jobs)
            target = folder / f"batch {title} {jobs}"
            batch_s = timed(["batch", clips, "--out-dir", target, *of_batch, *words])
            row(f"{title}: batch, --jobs {jobs}", batch_s, loop_s)


def measure_jobs(clips: Path, folder: Path) -> None:
    """Compare two jobs with one, both of one thread, on files and on pieces of one file."""
    long = folder / "long"
    long.mkdir()
    names = folder / "names.txt"
    names.write_text("".join(f"file '{clip}'\n" for clip in sorted(clips.glob("*0.mp4"))))
    film = long / "film.mp4"
    joined = ("-f", "concat", "-safe", "0", "-i", str(names), "-vf", "scale=640:480,fps=30", "-an")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *joined, "-g", "60", "-t", "120", str(film)], check=True
    )
    for title, source, words in (("files", clips, ()), ("pieces", long, ("--pieces", "20"))):
        one_s = 0.0
        for jobs in ("1", "2"):
            target = folder / f"{title} {jobs}"
            given = ("--save", "csv", "--job-threads", "1", "--jobs", jobs, *words)
            seconds = timed(["batch", source, "--out-dir", target, *given])
            one_s = one_s or seconds
            row(f"{title} with one thread: --jobs {jobs}", seconds, one_s)


def measure_kills(clips: Path, folder: Path) -> None:
    """Kill a worker, and the whole batch, in the middle, and go on."""
    count = len(list(clips.iterdir()))
    target = folder / "kills"
    words = ("batch", clips, "--out-dir", target, "--save", "csv")
    for title, kills_all in (("a worker is killed", False), ("the batch is killed", True)):
        shutil.rmtree(target, ignore_errors=True)
        started_s = time.perf_counter()
        process = subprocess.Popen([*LIVEPOSE, *map(str, words)], stderr=subprocess.DEVNULL)
        wait_for_files(target, count // 3)
        before = times_of(target)
        if kills_all:
            process.kill()
        else:
            os.kill(worker_of(process.pid), signal.SIGKILL)
        code = process.wait()
        if kills_all:
            again = subprocess.run(
                [*LIVEPOSE, *map(str, words), "--resume"], capture_output=True, text=True
            )
            code = again.returncode
        after = times_of(target)
        changed = [name for name, modified in before.items() if after.get(name) != modified]
        parts = list(target.rglob("*.part*"))
        seconds = time.perf_counter() - started_s
        print(
            f"| {title}{', --resume' if kills_all else ''} | {seconds:.1f} | | code {code}, "
            f"{len(after)} of {count} files, {len(before)} done before, of which {len(changed)} "
            f"done anew, {len(parts)} parts left |",
            flush=True,
        )


def wait_for_files(folder: Path, count: int) -> None:
    """Wait until so many files are done.

    Raises:
        TimeoutError: If that takes longer than a minute.
    """
    deadline_s = time.monotonic() + START_S * 10
    while len(times_of(folder)) < count:
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"nothing is written to {folder}")
        time.sleep(0.05)


def times_of(folder: Path) -> dict[str, int]:
    """Return when each file that is done was written, in nanoseconds."""
    done = [path for path in folder.glob("*.csv") if ".part" not in path.name]
    return {path.name: path.stat().st_mtime_ns for path in done}


def worker_of(process_id: int) -> int:
    """Return the id of a worker of a batch."""
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(process_id)], capture_output=True, text=True
    )
    line = next(line for line in listed.stdout.splitlines() if "spawn_main" in line)
    return int(line.split()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--clip", type=Path, nargs="*", default=[])
    parser.add_argument("--parts", nargs="*", default=["loop", "jobs", "kills"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = folder / "clips"
        make_clips(clips, arguments.clips, arguments.clip, arguments.frames)
        timed(["batch", clips, "--out-dir", folder / "warm", "--save", "csv", "--jobs", "1"])
        print("| | seconds | of the first | |\n|---|---:|---:|---|")
        measures = {"loop": measure_loop, "jobs": measure_jobs, "kills": measure_kills}
        for part in arguments.parts:
            measures[part](clips, folder)


if __name__ == "__main__":
    main()
