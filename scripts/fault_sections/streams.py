"""Break network cameras while they are recorded: runs go on, files are whole, times are true.

The camera is a stand-in on the loopback (`stand_in_camera.py`). Each picture that was posed is also
sent by UDP, which shows from outside when pictures come. A break is one of: the camera is gone, it
stalls with its connection open, it changes the size of its pictures, it sends random bytes.
"""

from __future__ import annotations

import csv
import signal
import socket
import subprocess
import tempfile
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import av

from fault_sections.program import finish, start
from fault_sections.section import Outcome, Trial
from fault_sections.stand_in_camera import Mode, StandInCamera

_SHORTEST_S, _SHORT_S, _LONGEST_S = 0.5, 4.0, 60.0
_BACK_LIMIT_S = 13.0
"""After a break: the time limit of a read, the longest pause, and connecting."""
_START_LIMIT_S = 60.0
_BETWEEN_S = 1.5
_TOLERANCE_S = 0.5
_BREAKS_PER_RUN = 10
_KINDS = (Mode.GONE, Mode.STALLED, Mode.OTHER_SIZE, Mode.BABBLING)


def run(trial: Trial, outcome: Outcome) -> None:
    """Record cameras, and break each of them some times."""
    longest_s = _LONGEST_S if trial.is_full else _SHORT_S
    left, returns_s = trial.count(4, 40), [0.0]
    while left:
        kinds = [trial.random.choice(_KINDS) for _ in range(min(left, _BREAKS_PER_RUN))]
        breaks = [(kind, trial.random.uniform(_SHORTEST_S, longest_s)) for kind in kinds]
        left -= len(breaks)
        folder = Path(tempfile.mkdtemp(dir=trial.folder))
        with StandInCamera() as camera, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as poses:
            poses.bind(("127.0.0.1", 0))
            poses.settimeout(0.05)
            returns_s += _break(outcome, camera, breaks, folder, poses)
    outcome.note(f"a picture again after at most {max(returns_s):.1f} s")


def _break(
    outcome: Outcome,
    camera: StandInCamera,
    breaks: list[tuple[Mode, float]],
    folder: Path,
    poses: socket.socket,
) -> list[float]:
    """Record one camera through its breaks, and return how long each time a picture was missing."""
    address = f"udp://127.0.0.1:{poses.getsockname()[1]}"
    words = ["--camera", camera.url, "--no-show", "--send", address]
    process = start(
        *words, "-o", "film.mp4", "--save", "data.csv", cwd=folder, errors=subprocess.PIPE
    )
    returns_s: list[float] = []
    silences: list[tuple[float, float]] = []
    failure = "" if _comes(poses, process, _START_LIMIT_S) else "no picture at all"
    for number, (kind, break_s) in enumerate(breaks):
        case = f"{kind.value} for {break_s:.1f} s"
        if not failure:
            time.sleep(_BETWEEN_S)
            began_s = time.time()
            camera.mode = kind
            time.sleep(break_s)
            camera.mode = Mode.LIVE
            ended_s = time.time()
            if kind is not Mode.OTHER_SIZE:
                silences.append((began_s, ended_s))
            _drain(poses)
            if not _comes(poses, process, _BACK_LIMIT_S):
                failure = f"no picture within {_BACK_LIMIT_S:g} s after it"
            returns_s.append(time.time() - ended_s)
        loss = ""
        if number == len(breaks) - 1:
            process.send_signal(signal.SIGINT)
            finished = finish(process)
            failure = failure or finished.misbehaviour(128 + signal.SIGINT)
            loss = _file_problem(folder, silences)
        outcome.add(case, failure=failure, loss=loss)
    return returns_s


def _comes(poses: socket.socket, process: subprocess.Popen[bytes], limit_s: float) -> bool:
    """Return whether poses arrive within a time."""
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s and process.poll() is None:
        try:
            poses.recv(1 << 16)
        except TimeoutError:
            continue
        return True
    return False


def _drain(poses: socket.socket) -> None:
    poses.setblocking(False)
    try:
        while poses.recv(1 << 16):
            pass
    except BlockingIOError:
        poses.settimeout(0.05)


def _file_problem(folder: Path, silences: list[tuple[float, float]]) -> str:
    """Return what is wrong with a recording, or an empty text.

    Args:
        folder: Of `film.mp4` and `data.csv`.
        silences: Seconds since 1970 between which the camera sent no pictures.
    """
    film, data = folder / "film.mp4", folder / "data.csv"
    if not film.exists() or not data.exists():
        return f"there is only {sorted(path.name for path in folder.iterdir())}"
    with av.open(str(film)) as container:
        film_s = [frame.time for frame in container.decode(video=0) if frame.time is not None]
    moments: dict[float, float] = {}
    with data.open(newline="") as rows:
        for row in csv.DictReader(rows):
            utc = datetime.fromisoformat(row["utc"].replace("Z", "+00:00")).timestamp()
            moments[float(row["time_s"])] = utc
    data_s = list(moments)
    if any(later <= earlier for earlier, later in pairwise(film_s)):
        return "times of the film do not rise"
    # A frame without people has no row.
    if data_s and abs(film_s[-1] - max(data_s)) > _TOLERANCE_S:
        return f"the film ends at {film_s[-1]:.2f} s, the data at {max(data_s):.2f} s"
    starts = [utc - time_s for time_s, utc in moments.items()]
    if starts and max(starts) - min(starts) > _TOLERANCE_S:
        return f"time and wall clock part by {max(starts) - min(starts):.2f} s"
    for began_s, ended_s in silences:
        inside = [u for u in moments.values() if began_s + _TOLERANCE_S < u < ended_s]
        if inside:
            return f"{len(inside)} rows within a silence"
    return ""
