"""Write to a disk that becomes full at random moments: the old file stays, and the run says so."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fault_sections.program import demo_clip
from fault_sections.program import run as run_livepose
from fault_sections.recordings import Unreadable, last_time_s
from fault_sections.section import Outcome, Trial

_DISK_BYTES = 5_000_000
_CLIP_FRAMES = 300
_RATE = 30
_MOST_FREE_BYTES = {"video": 1_000_000, "data": 250_000, "image": 120_000}
_DATA = (".csv", ".wide.csv", ".jsonl", ".trc", ".mot", ".angles.csv", ".parquet", ".coco.json")
_VIDEOS = (".mp4", ".mkv", ".mov")


def run(trial: Trial, outcome: Outcome) -> None:
    """Fill a small disk and write to it: videos, data and images in turn."""
    clip = demo_clip(trial.folder / "clip.mp4", _CLIP_FRAMES)
    image = trial.folder / "image.png"
    subprocess.run(["ffmpeg", "-v", "error", "-i", clip, "-frames:v", "1", image], check=True)
    disk = trial.folder / "disk"
    disk.mkdir()
    try:
        with _small_disk(disk):
            for number in range(trial.count(9, 100)):
                _try_one(number, trial, disk, clip, image, outcome)
    except (subprocess.CalledProcessError, FileNotFoundError):
        outcome.skip("a small disk (tmpfs) can be mounted by root on Linux only")


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    words = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(folder)]
    subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _try_one(
    number: int, trial: Trial, disk: Path, clip: Path, image: Path, outcome: Outcome
) -> None:
    for path in disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    kind = ("video", "data", "image")[number % 3]
    suffix = {"video": trial.random.choice(_VIDEOS), "data": trial.random.choice(_DATA)}
    target = disk / f"old{suffix.get(kind, '.png')}"
    old = b"what was here before\n" * 1000
    target.write_bytes(old)
    free_bytes = trial.random.randrange(_MOST_FREE_BYTES[kind])
    used_bytes = _DISK_BYTES // 4096 * 4096 - len(old) - 8192 - free_bytes
    (disk / "filler").write_bytes(bytes(max(0, used_bytes)))
    words: list[str | Path] = [clip, "--no-show", "--overwrite", "--angles", "knee"]
    if kind == "image":
        words = ["--image", image, "--overwrite", "-o", target]
    else:
        words += ["-o" if kind == "video" else "--save", target]
    finished = run_livepose(*words, cwd=trial.folder)
    case = f"{target.name} with {free_bytes / 1000:.0f} kB free"
    if finished.code == 0:
        outcome.add(case, failure=finished.misbehaviour(0), loss=_missing(target, old))
        return
    loss = "" if target.exists() and target.read_bytes() == old else "the old file is gone"
    outcome.add(case, failure=finished.misbehaviour(1, 2), loss=loss)


def _missing(target: Path, old: bytes) -> str:
    """Return what a file that is said to be written lacks."""
    if target.read_bytes() == old:
        return "exit code 0, and nothing was written"
    if target.suffix == ".png":
        return "" if target.read_bytes().endswith(b"IEND\xaeB`\x82") else "half an image, exit 0"
    try:
        end_s = last_time_s(target)
    except Unreadable as error:
        return f"exit code 0, and it cannot be read: {error}"
    lacking_s = (_CLIP_FRAMES - 1) / _RATE - end_s
    return f"exit code 0, and {lacking_s:.1f} s are missing" if lacking_s > 0.05 else ""
