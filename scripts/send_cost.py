"""Measure what sending costs the frame loop: without a receiver, with a good and a stalled one.

python scripts/send_cost.py [--seconds 1] [--rounds 7] [--people 1]

The receivers are processes of their own. Shown are the time of `write`, the CPU time of the whole
process for each written frame, and the rate of a loop that is paced at 100 frames a second and
spends some 5 ms of NumPy on each. That rate is measured alternately with and without the sender,
because the speed of a shared machine varies; the change is the median of the rounds.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from statistics import median

import numpy as np

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON
from livepose.export.jsonl import frame_line
from livepose.send import open_sender

WORK_S = 0.005
PACE = 100.0
FRAMES = 1500
Write = Callable[[PosedFrame], None]
CASES = tuple((s, r) for s in ("osc", "udp", "ws") for r in ("nobody", "good", "stalled"))

UDP_RECEIVER = """
import socket, sys, time
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 0))
print(receiver.getsockname()[1], flush=True)
while sys.argv[1] == "good":
    receiver.recv(65536)
time.sleep(3600)
"""
WS_RECEIVER = """
import sys, time
from websockets.sync.client import connect
with connect(sys.argv[2]) as client:
    print(0, flush=True)
    while sys.argv[1] == "good":
        client.recv()
    time.sleep(3600)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--people", type=int, default=1)
    options = parser.parse_args()
    frames = list(random_people(options.people))
    repeats = calibrated_repeats()
    print(f"{options.people} people, {len(frame_line(frames[0]))} bytes per line of JSON\n")
    columns = ("write p50 us", "p99 us", "CPU us per frame", "fps", "change")
    print(f"| | {' | '.join(columns)} |\n|---|---|---|---|---|---|")
    for scheme, receiver in CASES:
        with sender_to(scheme, receiver) as sender:
            idle_us = costs_us(nothing, frames)[2]
            p50, p99, cpu_us = costs_us(sender.write, frames)
            pairs = [
                tuple(
                    rate(write, frames, repeats, options.seconds)
                    for write in (nothing, sender.write)
                )
                for _ in range(options.rounds)
            ]
        change = 100 * (median(b / a for a, b in pairs) - 1)
        fps = median(b for _, b in pairs)
        print(
            f"| {scheme}, {receiver} | {p50:.1f} | {p99:.1f} | {cpu_us - idle_us:.0f} "
            f"| {fps:.2f} | {change:+.2f} % |",
            flush=True,
        )


def nothing(posed: PosedFrame) -> None:
    """The sink of a loop without a sender."""


def random_people(people: int) -> Iterator[PosedFrame]:
    random = np.random.default_rng(0)
    bgr = np.zeros((720, 1280, 3), np.uint8)
    for index in range(FRAMES):
        xy = random.uniform(0, 720, (people, len(COCO_SKELETON), 2)).astype(np.float32)
        score = random.uniform(0, 1, xy.shape[:2]).astype(np.float32)
        poses = Poses.from_keypoints(xy, score)
        poses = replace(poses, track_id=np.arange(1, people + 1, dtype=np.int32))
        frame = Frame.from_bgr(bgr, index, index / PACE)
        yield PosedFrame(frame, poses, Region.letterbox(1280, 720), 0.01, detections=poses)


@contextmanager
def sender_to(scheme: str, receiver: str) -> Iterator[PoseSink]:
    with ExitStack() as stack:
        if scheme == "ws":
            url = f"ws://127.0.0.1:{free_port()}"
            sender = stack.enter_context(open_sender(url, frame_line))
            if receiver != "nobody":
                stack.enter_context(program(WS_RECEIVER, receiver, url))
        else:
            port = free_port()
            if receiver != "nobody":
                port = stack.enter_context(program(UDP_RECEIVER, receiver, ""))
            sender = stack.enter_context(open_sender(f"{scheme}://127.0.0.1:{port}", frame_line))
        yield sender


@contextmanager
def program(source: str, behaviour: str, url: str) -> Iterator[int]:
    command = [sys.executable, "-c", source, behaviour, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def costs_us(write: Write, frames: list[PosedFrame]) -> tuple[float, float, float]:
    """Return p50 and p99 of `write`, and the CPU time per frame, at some 500 frames a second."""
    took_s = []
    cpu_s = time.process_time()
    for posed in frames:
        start_s = time.perf_counter()
        write(posed)
        took_s.append(time.perf_counter() - start_s)
        time.sleep(0.002)
    cpu_s = time.process_time() - cpu_s
    p50, p99 = np.percentile(took_s, (50, 99)) * 1e6
    return float(p50), float(p99), 1e6 * cpu_s / len(frames)


def rate(write: Write, frames: list[PosedFrame], repeats: int, seconds: float) -> float:
    """Return the frames per second of a paced loop."""
    numbers = np.random.default_rng(0).normal(size=20_000)
    start_s = time.perf_counter()
    index = 0
    while (now_s := time.perf_counter()) < start_s + seconds:
        time.sleep(max(0.0, start_s + index / PACE - now_s))
        work(numbers, repeats)
        write(frames[index % len(frames)])
        index += 1
    return index / (time.perf_counter() - start_s)


def work(numbers: np.ndarray[tuple[int, ...], np.dtype[np.float64]], repeats: int) -> None:
    for _ in range(repeats):
        np.sin(numbers)


def calibrated_repeats() -> int:
    numbers = np.random.default_rng(0).normal(size=20_000)
    start_s = time.perf_counter()
    work(numbers, 500)
    return max(1, round(WORK_S / ((time.perf_counter() - start_s) / 500)))


if __name__ == "__main__":
    main()
