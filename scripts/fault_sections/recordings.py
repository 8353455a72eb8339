"""How far a file of frames or poses goes, read without livepose's own readers."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import av

import livepose.system.pyav  # noqa: F401  # cv2 before PyAV

VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".mov")


class Unreadable(Exception):
    """A file from which nothing can be read."""


def last_time_s(path: Path, target: Path | None = None) -> float:
    """Return the time of the last frame that can be read from a file, in seconds.

    Args:
        path: The file, or what a killed run has left of it.
        target: What it was to become, whose name says its format; by default the file itself.

    Raises:
        Unreadable: If there is none.
    """
    name = (target or path).name
    try:
        if name.endswith(VIDEO_SUFFIXES):
            return _last_of_video(path)
        if name.endswith(".parquet"):
            return _last_of_parquet(path)
        if name.endswith(".coco.json"):
            return _last_of_coco(path)
        return _last_of_text(path)
    except (ValueError, IndexError, KeyError, OSError, av.FFmpegError) as error:
        raise Unreadable(f"{path.name} ({path.stat().st_size} bytes): {error}") from error


def _last_of_video(path: Path) -> float:
    times_s: list[float] = []
    with av.open(str(path)) as container, suppress(av.FFmpegError):
        # What came before the break plays.
        times_s += (frame.time or 0.0 for frame in container.decode(video=0))
    return max(times_s)


def _last_of_parquet(path: Path) -> float:
    """Return the last time in a Parquet file, or in the Arrow stream that its part is."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.read_bytes()[:4] == b"PAR1":
        return float(max(pq.read_table(path, columns=["time_s"])["time_s"].to_pylist()))
    times_s: list[float] = []
    with pa.OSFile(str(path)) as file, suppress(pa.ArrowException, OSError):
        for batch in pa.ipc.open_stream(file):
            times_s += batch.column("time_s").to_pylist()
    return max(times_s)


def _last_of_coco(path: Path) -> float:
    images = json.loads(path.read_text())["images"]
    return max(float(image["time_s"]) for image in images)


def _last_of_text(path: Path) -> float:
    """Return the time in the last whole line of a .csv, .jsonl, .trc or .mot."""
    lines = path.read_text().split("\n")[:-1]
    if path.suffix == ".jsonl":
        return float(json.loads(lines[-1])["time_s"])
    if path.suffix == ".csv":
        return float(lines[-1].split(",")[lines[0].split(",").index("time_s")])
    return float(lines[-1].split("\t")[1 if path.suffix == ".trc" else 0])
