"""Kill conversions and recordings at random moments: old files are whole, little is lost.

How far a run has come is known from outside: a recording sends each pose by UDP before it writes
it, a conversion prints it on standard output. Whatever a part lacks of that is lost.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from fault_sections.program import demo_clip, start
from fault_sections.recordings import Unreadable, last_time_s
from fault_sections.section import Outcome, Trial
from livepose.sinks.part_file import SUFFIXES

VIDEO_LIMIT_S = DATA_LIMIT_S = 1.0
CONVERTED_DATA_LIMIT_S = 2.0
"""Of film, which is much less than a second of work."""
_IN_HAND_S = 0.1
"""Frames that were sent before the run was killed, and could not be written any more."""
_RATE = 30
_CLIP_FRAMES = 1200
_LATEST_S = 5.0
_VIDEOS = tuple(suffix for suffix in (".mp4", ".mkv", ".webm", ".mov") if suffix in SUFFIXES)
_DATA = {
    "tidy": ".csv",
    "wide": ".wide.csv",
    "angles": ".angles.csv",
    "lines": ".jsonl",
    "markers": ".trc",
    "coordinates": ".mot",
    "table": ".parquet",
    "dataset": ".coco.json",
}


@dataclass(frozen=True, slots=True)
class Remains:
    """What a killed run has left of one file."""

    suffix: str
    reached_s: float | None
    """The time of the last frame that is known to have been done; None if there was none."""
    lost_s: float = 0.0
    """How much of that is missing."""
    loss: str = ""
    """A sentence, if more is missing than may be."""


def run(trial: Trial, outcome: Outcome) -> None:
    """Kill conversions and recordings in turn."""
    clip = demo_clip(trial.folder / "clip.mp4", _CLIP_FRAMES)
    worst_s: dict[str, float] = {}
    at_work = 0
    for number in range(trial.count(6, 100)):
        folder = trial.folder / str(number)
        folder.mkdir()
        is_live = number % 2 == 0
        names = [f"film{_VIDEOS[number // 2 % len(_VIDEOS)]}"]
        names += (f"{stem}{_DATA[stem]}" for stem in trial.random.sample(sorted(_DATA), 3))
        after_s = trial.random.uniform(0.0, _LATEST_S)
        quality = trial.random.choice(("fast", "fast", "balanced", "small"))
        remains = kill(folder, names, None if is_live else clip, quality, after_s)
        for each in remains:
            worst_s[each.suffix] = max(worst_s.get(each.suffix, 0.0), each.lost_s)
        at_work += remains[0].reached_s is not None
        kind = "recording" if is_live else "conversion"
        case = f"{kind} ({quality}) of {' '.join(names)} killed after {after_s:.2f} s"
        outcome.add(case, loss="; ".join(each.loss for each in remains if each.loss))
    outcome.note(f"{at_work} of them had frames")
    outcome.note("at most lost: " + ", ".join(f"{k} {v:.1f} s" for k, v in worst_s.items()))


def kill(
    folder: Path, names: list[str], clip: Path | None, quality: str, after_s: float
) -> list[Remains]:
    """Start a run over old files, kill it, and return what remains of each file.

    Args:
        folder: Where it writes.
        names: Of a video, and of files of poses.
        clip: What is converted; None to record the built-in figure.
        quality: Of the video.
        after_s: When it is killed.
    """
    video, *data = targets = [folder / name for name in names]
    old = {target: f"the old {target.name}".encode() * 1000 for target in targets}
    for target, content in old.items():
        target.write_bytes(content)
    words: list[str | Path] = ["--no-show", "--overwrite", "--angles", "knee"]
    words += ["--quality", quality, "-o", video]
    for target in data:
        words += ["--save", target]
    if clip is None:
        reached_s, has_ended = _kill_recording(words, folder, after_s)
    else:
        reached_s, has_ended = _kill_conversion([clip, *words], folder, after_s)
    limit_s = DATA_LIMIT_S if clip is None else CONVERTED_DATA_LIMIT_S
    limits_s = [VIDEO_LIMIT_S, *[limit_s] * len(data)]
    return [
        _remains(target, old[target], reached_s, limit_s, has_ended=has_ended)
        for target, limit_s in zip(targets, limits_s, strict=True)
    ]


def _kill_recording(
    words: list[str | Path], folder: Path, after_s: float
) -> tuple[float | None, bool]:
    """Return the time of the last frame that was sent, and whether the run ended by itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.02)
        address = f"udp://127.0.0.1:{receiver.getsockname()[1]}"
        words = ["--demo", "--max-frames", "1200", "--send", address, *words]
        process = start(*words, cwd=folder)
        line, deadline_s = b"", time.monotonic() + after_s
        while process.poll() is None and time.monotonic() < deadline_s:
            line = _received(receiver) or line
        has_ended = process.poll() is not None
        process.kill()
        process.wait()
        while more := _received(receiver):
            line = more
    return _time_s(line), has_ended


def _received(receiver: socket.socket) -> bytes:
    try:
        return receiver.recv(1 << 16)
    except TimeoutError:
        return b""


def _kill_conversion(
    words: list[str | Path], folder: Path, after_s: float
) -> tuple[float | None, bool]:
    """Return the time of the last frame that was printed, and whether the run ended by itself."""
    printed = folder / "printed"
    with printed.open("wb") as output:
        process = start(*words, "--save", "-", cwd=folder, output=output)
        try:
            process.wait(after_s)
            has_ended = True
        except subprocess.TimeoutExpired:
            has_ended = False
        process.kill()
        process.wait()
    lines = printed.read_bytes().split(b"\n")[:-1]
    printed.unlink()
    return _time_s(lines[-1] if lines else b""), has_ended


def _time_s(line: bytes) -> float | None:
    time_s = json.loads(line).get("time_s") if line else None
    return None if time_s is None else float(time_s)


def _remains(
    target: Path, old: bytes, reached_s: float | None, limit_s: float, *, has_ended: bool
) -> Remains:
    """Return what remains of one file, and what was lost of it."""
    suffix = target.name[target.name.index(".") :]
    if not target.exists():
        return Remains(suffix, reached_s, loss=f"the old {target.name} is gone")
    is_old = target.read_bytes() == old
    if is_old and has_ended:
        return Remains(suffix, reached_s, loss=f"{target.name} was not written")
    if is_old and reached_s is None:
        return Remains(suffix, reached_s)
    stem = target.name.removesuffix(suffix)
    found = [p for p in target.parent.glob(f"{stem}.*") if p != target] if is_old else [target]
    try:
        kept_s = max(last_time_s(path, target) for path in found)
    except (Unreadable, ValueError) as error:
        # Nothing is there yet when less has been done than may be lost.
        is_early = reached_s is not None and reached_s < limit_s
        loss = "" if is_early else f"nothing of {target.name} can be read: {error}"
        return Remains(suffix, reached_s, reached_s or 0.0, loss)
    if not is_old and not has_ended and kept_s < (_CLIP_FRAMES - 1) / _RATE - 0.01:
        loss = f"the old {target.name} is gone, the new one is not whole"
        return Remains(suffix, reached_s, loss=loss)
    lost_s = max(0.0, (reached_s or 0.0) - kept_s)
    loss = f"{lost_s:.1f} s of {target.name}" if lost_s > limit_s + _IN_HAND_S else ""
    return Remains(suffix, reached_s, lost_s, loss)
