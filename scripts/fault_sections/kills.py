"""Kill conversions and recordings at random moments: old files are whole, little is lost.

How far a run has come is known from outside: a recording sends each pose by UDP before it writes
it, a conversion prints it on standard output. Whatever a part lacks of that is lost.
"""

from __future__ import annotations

import json
import socket
import subprocess
import time
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


def run(trial: Trial, outcome: Outcome) -> None:
    """Kill conversions and recordings in turn."""
    clip = demo_clip(trial.folder / "clip.mp4", _CLIP_FRAMES)
    worst_s = dict.fromkeys((*_VIDEOS, *_DATA.values()), 0.0)
    for number in range(trial.count(6, 100)):
        folder = trial.folder / str(number)
        folder.mkdir()
        is_live = number % 2 == 0
        video = folder / f"film{_VIDEOS[number // 2 % len(_VIDEOS)]}"
        names = trial.random.sample(sorted(_DATA), 3)
        targets = [video, *(folder / f"{name}{_DATA[name]}" for name in names)]
        after_s = trial.random.uniform(0.0, _LATEST_S)
        quality = trial.random.choice(("fast", "fast", "balanced", "small"))
        losses = _kill(targets, None if is_live else clip, quality, after_s, worst_s)
        suffixes = " ".join(target.name for target in targets)
        kind = "recording" if is_live else "conversion"
        case = f"{kind} ({quality}) of {suffixes} killed after {after_s:.2f} s"
        outcome.add(case, loss="; ".join(losses))
    outcome.note("at most lost: " + ", ".join(f"{k} {v:.1f} s" for k, v in worst_s.items() if v))


def _kill(
    targets: list[Path], clip: Path | None, quality: str, after_s: float, worst_s: dict[str, float]
) -> list[str]:
    """Start a run over old files, kill it, and return what was lost."""
    old = {target: f"the old {target.name}".encode() * 1000 for target in targets}
    for target, data in old.items():
        target.write_bytes(data)
    words: list[str | Path] = ["--no-show", "--overwrite", "--quality", quality, "-o", targets[0]]
    words += ["--angles", "knee"]
    for target in targets[1:]:
        words += ["--save", target]
    if clip is None:
        reached_s, has_ended = _kill_recording(words, targets[0].parent, after_s)
    else:
        reached_s, has_ended = _kill_conversion([clip, *words], targets[0].parent, after_s)
    losses = []
    for target in targets:
        is_video = target is targets[0]
        limit_s = VIDEO_LIMIT_S if is_video else DATA_LIMIT_S
        if clip is not None and not is_video:
            limit_s = CONVERTED_DATA_LIMIT_S
        loss, lost_s = _loss(target, old[target], reached_s, limit_s, has_ended=has_ended)
        kind = next(s for s in (*_VIDEOS, *_DATA.values()) if _ends_in(target, s))
        worst_s[kind] = max(worst_s[kind], lost_s)
        losses += [loss] if loss else []
    return losses


def _ends_in(target: Path, suffix: str) -> bool:
    return target.name == f"{target.name.split('.')[0]}{suffix}"


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


def _loss(
    target: Path, old: bytes, reached_s: float | None, limit_s: float, *, has_ended: bool
) -> tuple[str, float]:
    """Return what was lost of one file, as a sentence, and how many seconds."""
    if not target.exists():
        return f"the old {target.name} is gone", 0.0
    is_old = target.read_bytes() == old
    if is_old and has_ended:
        return f"{target.name} was not written", 0.0
    if is_old and reached_s is None:
        return "", 0.0
    parts = [p for p in target.parent.glob(f"{target.name.split('.')[0]}.*") if p != target]
    found = parts if is_old else [target]
    try:
        kept_s = max(last_time_s(path) for path in found)
    except (Unreadable, ValueError) as error:
        if reached_s is not None and reached_s < limit_s:
            return "", reached_s
        return f"nothing of {target.name} can be read: {error}", 0.0
    if not is_old and not has_ended and kept_s < (_CLIP_FRAMES - 1) / _RATE - 0.01:
        return f"the old {target.name} is gone, the new one is not whole", 0.0
    lost_s = max(0.0, (reached_s or 0.0) - kept_s)
    return (f"{lost_s:.1f} s of {target.name}" if lost_s > limit_s + _IN_HAND_S else ""), lost_s
