"""Let it run, headless and in a window: memory, handles, threads and time stamps stay flat.

Both run at the same time. Each process is looked at from outside: by /proc, and by the poses that
it sends.
"""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from fault_sections.program import finish, start
from fault_sections.screens import screen
from fault_sections.section import Outcome, Trial

_RATE = 30
_PAGE_BYTES = resource.getpagesize()
_WARM_S = 15.0
"""Until then caches fill."""
_SAMPLE_S = 1.0
_GROWN_MB = 12.0


@dataclass(slots=True)
class _Vitals:
    """What was seen of a process, once a second."""

    memory_mb: list[float] = field(default_factory=list)
    handles: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def sample(self, process_id: int) -> None:
        place = Path("/proc", str(process_id))
        pages = int((place / "statm").read_text().split()[1])
        if not pages:  # it has just ended
            return
        handles = len(list((place / "fd").iterdir()))
        threads = len(list((place / "task").iterdir()))
        self.memory_mb.append(pages * _PAGE_BYTES / 1e6)
        self.handles.append(handles)
        self.threads.append(threads)

    def growth(self) -> list[str]:
        """Return what has grown, as sentences: the last third against the first one."""
        third = max(1, len(self.memory_mb) // 3)
        grown = []
        grown_mb = max(self.memory_mb[-third:]) - max(self.memory_mb[:third])
        if grown_mb > _GROWN_MB:
            grown.append(f"memory grew by {grown_mb:.0f} MB to {self.memory_mb[-1]:.0f} MB")
        for name, counts in (("handles", self.handles), ("threads", self.threads)):
            if max(counts[-third:]) > max(counts[:third]):
                grown.append(f"{name}: {max(counts[:third])}, then {max(counts[-third:])}")
        return grown


def run(trial: Trial, outcome: Outcome) -> None:
    """Run one minute, or as many as are asked for: headless, and in a window."""
    if not Path("/proc/self/statm").exists():
        outcome.skip("processes are looked at in /proc, which is Linux's")
        return
    seconds = 60 * trial.count(1, 60)
    with ThreadPoolExecutor() as threads:
        cases = {
            f"{seconds // 60} min {'in a window' if has_window else 'headless'}": threads.submit(
                _soak, seconds, trial.folder, has_window=has_window
            )
            for has_window in (False, True)
        }
    for case, soaked in cases.items():
        try:
            failure, note = soaked.result()
        except FileNotFoundError as error:
            outcome.skip(f"{case} needs {error.filename}")
        else:
            outcome.add(case, failure=failure)
            outcome.note(f"{case}: {note}")


def _soak(seconds: int, folder: Path, *, has_window: bool) -> tuple[str, str]:
    """Run livepose, and return how it misbehaved and what its vitals were."""
    with ExitStack() as stack:
        receiver = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.1)
        display = stack.enter_context(screen()) if has_window else ""
        words: list[str | Path] = ["--demo", "--max-frames", str(seconds * _RATE)]
        words += ["--show" if has_window else "--no-show", "--angles", "knee", "--trail", "wrists"]
        words += ["--send", f"udp://127.0.0.1:{receiver.getsockname()[1]}"]
        process = start(*words, cwd=folder, errors=subprocess.PIPE, DISPLAY=display)
        vitals, times_s, worst_late_s = _Vitals(), [-1.0], 0.0
        begun_s = first_s = time.monotonic()
        sampled_s = 0.0
        problems: list[str] = []
        while process.poll() is None and time.monotonic() - begun_s < 3 * seconds + 60:
            time_s = _sent_time_s(receiver)
            now_s = time.monotonic()
            if time_s is not None:
                first_s = now_s - time_s if len(times_s) == 1 else first_s
                if time_s <= times_s[-1] and not problems:
                    problems.append(f"time {time_s:.3f} s after {times_s[-1]:.3f} s")
                times_s.append(time_s)
                worst_late_s = max(worst_late_s, now_s - first_s - time_s)
            if now_s - begun_s > _WARM_S and now_s - sampled_s > _SAMPLE_S:
                sampled_s = now_s
                try:
                    vitals.sample(process.pid)
                except (FileNotFoundError, ProcessLookupError):
                    break
        finished = finish(process)
    problems += vitals.growth() if vitals.memory_mb else ["it ended too early"]
    if len(times_s) - 1 < 0.98 * seconds * _RATE:
        problems.append(f"{len(times_s) - 1} of {seconds * _RATE} frames were sent")
    failure = finished.misbehaviour(0) or "; ".join(problems)
    if not vitals.memory_mb:
        return failure, f"{len(times_s) - 1} frames"
    last_mb, most = vitals.memory_mb[-1], max(vitals.threads)
    return failure, (
        f"{vitals.memory_mb[0]:.0f} to {last_mb:.0f} MB, "
        f"{max(vitals.handles)} handles, {most} threads, at most {worst_late_s:.1f} s late"
    )


def _sent_time_s(receiver: socket.socket) -> float | None:
    """Return the time of the next frame that is sent; None if none comes."""
    try:
        line = json.loads(receiver.recv(1 << 16))
    except TimeoutError:
        return None
    return float(line["time_s"]) if "time_s" in line else None
