"""Send one to three signals at random moments of a run: its start, download, compiling, end.

Python's own start is left out: before livepose is imported, Ctrl-C is Python's business, and is
ignored here. A run that a signal ends before livepose handles it ends by that signal, which a shell
reports by the same exit code.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from fault_sections.program import demo_clip, environment, finish
from fault_sections.recordings import Unreadable, last_time_s
from fault_sections.section import Outcome, Trial
from livepose.system.part_names import parts_in

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_CLIP_FRAMES = 300
_OLD = b"an old file" * 1000


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is run."""

    name: str
    words: tuple[str, ...]
    latest_s: float
    """Of the first signal, after the start."""
    has_cold_cache: bool = False
    """Whether the model has to be fetched and compiled first."""


_KINDS = (
    _Kind("a conversion", ("clip.mp4", "-o", "film.mp4", "--save", "tidy.csv"), 4.0),
    _Kind("a large conversion", ("large.mp4", "-o", "film.mkv", "--save", "lines.jsonl"), 6.0),
    _Kind(
        "a recording that is sent",
        ("--demo", "--max-frames", "100000", "--send", "udp://127.0.0.1:9", "-o", "film.mp4"),
        4.0,
    ),
    _Kind("a cold start", ("--demo", "--max-frames", "30", "-o", "film.mp4"), 8.0, True),
    _Kind("an image", ("photo.png", "-o", "film.png", "--save", "lines.jsonl"), 1.5),
)


def run(trial: Trial, outcome: Outcome) -> None:
    """Start runs of each kind in turn, and send them signals."""
    if os.name == "nt":
        outcome.skip("there are no such signals")
        return
    # Under nohup it would be ignored here, and in every run.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    demo_clip(trial.folder / "clip.mp4", _CLIP_FRAMES)
    demo_clip(trial.folder / "large.mp4", _CLIP_FRAMES // 3, (1920, 1080))
    _photo(trial.folder / "photo.png")
    for number in range(trial.count(10, 200)):
        kind = _KINDS[number % len(_KINDS)]
        folder = trial.folder / str(number)
        folder.mkdir()
        case, failure, loss = _interrupt(kind, trial.random, folder)
        outcome.add(case, failure=failure, loss=loss)
        shutil.rmtree(folder)


def _interrupt(kind: _Kind, chance: Random, folder: Path) -> tuple[str, str, str]:
    """Run one kind with signals, and return the case, how it misbehaved and what was lost."""
    pauses_s = [chance.uniform(0.0, kind.latest_s)]
    pauses_s += [chance.choice((0.0, 0.01, 0.1, 0.5)) * chance.random() for _ in range(2)]
    numbers = [chance.choice(_SIGNALS) for _ in range(chance.randint(1, 3))]
    target = folder / kind.words[kind.words.index("-o") + 1]
    has_old = chance.random() < 0.5
    if has_old:
        target.write_bytes(_OLD)
    process = _start(kind, folder)
    sent: list[int] = []
    for number, pause_s in zip(numbers, pauses_s, strict=False):
        time.sleep(pause_s)
        if process.poll() is None:
            process.send_signal(number)
            sent.append(number)
    done = finish(process)
    times = " and ".join(
        f"{s.name} after {p:.3f} s" for s, p in zip(numbers, pauses_s, strict=False)
    )
    codes = {0, *(128 + number for number in sent), *(-number for number in sent)}
    failure = done.misbehaviour(*codes) or _failure(folder, target, done.errors, len(sent))
    return f"{kind.name} with {times}", failure, _loss(target, done.errors, has_old=has_old)


def _start(kind: _Kind, folder: Path) -> subprocess.Popen[bytes]:
    changes = {"LIVEPOSE_CACHE": str(folder / "cache")} if kind.has_cold_cache else {}
    words = [str(folder.parent / w) if (folder.parent / w).is_file() else w for w in kind.words]
    return subprocess.Popen(
        [sys.executable, "-m", "livepose", *words, "--overwrite", "--no-show"],
        cwd=folder,
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_IGN),  # until livepose starts
    )


def _failure(folder: Path, target: Path, said: str, signals: int) -> str:
    """Return what is wrong with the files that were left, and with what was said of them."""
    for part in (left.path for left in parts_in(folder)):
        if part.is_file() and part.stat().st_size == 0:
            return f"an empty part is left: {part.name}"
        if part.name not in said and signals > 1:
            return f"nothing is said of {part.name}"
        if signals < 2 and "fps" in said:
            return f"a part is left after one signal: {part.name}"
    if f"wrote {target.name}" in said and (not target.exists() or target.read_bytes() == _OLD):
        return f"{target.name} was not written, though it is said to be"
    return ""


def _loss(target: Path, said: str, *, has_old: bool) -> str:
    """Return whether the old file is neither there nor replaced by a whole one."""
    if not target.exists():
        return f"the old {target.name} is gone" if has_old else ""
    if target.suffix == ".png" or (has_old and target.read_bytes() == _OLD):
        return ""
    try:
        last_time_s(target)
    except (Unreadable, ValueError) as error:
        return f"{target.name} cannot be read: {error}"
    return "" if f"wrote {target.name}" in said else f"{target.name} is there, and nobody says so"


def _photo(path: Path) -> None:
    from livepose.sinks.image import write_image
    from livepose.sources import open_demo

    with open_demo(frame_count=1) as source:
        write_image(path, next(iter(source)).bgr)
