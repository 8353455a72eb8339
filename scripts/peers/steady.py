"""What the peers share: their command line, and the clock that leaves start-up out."""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass

START_UP_FRAMES = 30


@dataclass(frozen=True)
class Task:
    """What a peer is to do."""

    clip: str
    out: str
    most_frames: int | None
    model: str
    runtime: str
    people: str


def asked_for() -> Task:
    """Read the command line: CLIP OUT [--frames N], and what only some peers look at."""
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    parser.add_argument("out")
    parser.add_argument("--frames", type=int)
    parser.add_argument("--model", default="", help="a .tflite file")
    parser.add_argument("--runtime", default="", help="livepose's")
    parser.add_argument("--people", default="one", choices=("one", "multipose", "all"))
    given = parser.parse_args()
    return Task(given.clip, given.out, given.frames, given.model, given.runtime, given.people)


class Steady:
    """The clock of a peer: it starts when the first 30 frames are done."""

    def __init__(self, most_frames: int | None = None) -> None:
        self._most_frames = most_frames
        self._done = 0
        self._begun_with = 0
        self._started_s = 0.0
        self._started_cpu_s = 0.0

    @property
    def wants_more(self) -> bool:
        return self._most_frames is None or self._done < self._most_frames

    def tick(self) -> None:
        """Count a frame that is done."""
        self.reach(self._done + 1)

    def reach(self, done: int) -> None:
        """Set how many frames are done."""
        self._done = done
        if not self._begun_with and done >= START_UP_FRAMES:
            self._begun_with = done
            self._started_s, self._started_cpu_s = time.perf_counter(), time.process_time()

    def report(self) -> None:
        """Print what `bench_peers.py` reads. Call it when the file is closed."""
        seconds = time.perf_counter() - self._started_s
        cpu_s = time.process_time() - self._started_cpu_s
        if not self._begun_with:
            raise SystemExit(f"{self._done} frames: more than {START_UP_FRAMES} are needed")
        frames = self._done - self._begun_with
        print(json.dumps({"frames": frames, "seconds": seconds, "cpu_s": cpu_s}))
