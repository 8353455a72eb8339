#!/usr/bin/env python3
"""Measure the page of --web.

    python scripts/web_view.py lag|clients|attack [--rate FRAMES_PER_SECOND]

    lag       from the source to the pixels of the page, in Chromium on this machine, at 720p
    clients   what ten clients cost of the frame rate at 720p; --rate 1000 is as fast as it can
    attack    what attackers get, and what they cost of the frame rate at 720p

The run is the real one, with Lightning, in a process of its own; only its source is made here: the
built-in figure with a counter drawn into each frame, and delivered as by a camera. Clients and
attackers run on the same cores as the run: what they need themselves is told apart, as CPU time,
which is nearly the same on a machine that is busy with something else.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.session import run as run_module
from livepose.session.callbacks import RunCallbacks
from livepose.session.options import Options, OutputOptions, SourceOptions
from livepose.sources import open_demo
from livepose.system.interrupts import Interrupts
from livepose.system.web_address import WebAddress
from livepose.web.screen import open_web_screen

WIDTH_PX, HEIGHT_PX = 1280, 720
BITS, BIT_PX = 12, 40
LOOPED_FRAMES = 60
SEGMENT_S, SEGMENTS = 4.0, 6
TOKEN = "a-token-for-measurements"  # noqa: S105 - of a run that lasts a minute


class CounterSource(Source):
    """The built-in figure with a number in each frame, as a camera delivers it."""

    def __init__(self, rate: float) -> None:
        """Draw the frames.

        Args:
            rate: In frames per second.
        """
        self._rate = rate
        demo = open_demo((WIDTH_PX, HEIGHT_PX), frame_count=LOOPED_FRAMES)
        with demo:
            self._pictures = [frame.bgr.copy() for frame in demo]
        self._is_closed = False

    @property
    def info(self) -> StreamInfo:
        return StreamInfo("counter", WIDTH_PX, HEIGHT_PX, is_live=True)

    def __iter__(self) -> Iterator[Frame]:
        began_s = time.perf_counter()
        number = 0
        while not self._is_closed:
            wait_s = began_s + number / self._rate - time.perf_counter()
            if wait_s > 0:
                time.sleep(wait_s)
            bgr = self._pictures[number % LOOPED_FRAMES].copy()
            stamp_ms = round(1000 * time.time())  # its lower bits are what the page reads
            for bit in range(BITS):
                value = 255 * (stamp_ms >> bit & 1)
                bgr[:BIT_PX, bit * BIT_PX : (bit + 1) * BIT_PX] = value
            now_s = time.perf_counter()
            yield Frame.from_bgr(bgr, number, now_s - began_s, now_s)
            # What is late is left out, as a camera does.
            number = max(number + 1, int((time.perf_counter() - began_s) * self._rate))

    def close(self) -> None:
        self._is_closed = True


def serve(rate: float) -> None:
    """Run until a signal comes, and print how many frames were shown in each tenth of a second."""
    began_s, printed = time.perf_counter(), [0]
    known: set[threading.Thread] = set()

    def on_frame(frames: int) -> None:
        now = int(10 * (time.perf_counter() - began_s))
        if now > printed[0]:
            printed[0] = now
            print(frames, flush=True)
            for thread in threading.enumerate():
                if thread not in known:
                    known.add(thread)
                    print(f"thread {thread.native_id} {thread.name}", flush=True)

    # No camera delivers frames with a known time in them.
    run_module.open_source_of = lambda *_, **__: CounterSource(rate)  # type: ignore[attr-defined]
    options = Options(
        SourceOptions(camera="0"),
        OutputOptions(show=False, web=WebAddress(), token=TOKEN, replay_s=0),
    )
    interrupts = Interrupts()
    callbacks = RunCallbacks(
        on_frame=on_frame,
        on_page=lambda url: print(f"url {url}", flush=True),
        open_page=open_web_screen,
    )
    with interrupts.handled():
        run_module.run(options, callbacks, interrupts)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run does and needs for a while."""

    rate: float
    """Frames per second."""
    run_ms: float
    """CPU time per frame, without the page."""
    page_ms: float
    """CPU time per second of the threads that serve the page."""


def cpu_s_of(pid: int) -> dict[int, float]:
    """Return the CPU time of each thread of a process, in seconds."""
    times_s = {}
    for folder in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has ended
            times_s[int(folder.name)] = int((folder / "schedstat").read_text().split()[0]) / 1e9
    return times_s


class Served:
    """A run in a process of its own."""

    def __init__(self, rate: float) -> None:
        words = [sys.executable, __file__, "serve", "--rate", str(rate)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        self.frames = 0
        self.url = ""
        self.threads: dict[int, str] = {}
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self._is_ready.wait(120), "the run has not begun"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("url "):
                self.url = line.split()[1]
            elif line.startswith("thread "):
                _, number, name = line.split(maxsplit=2)
                self.threads[int(number)] = name.strip()
            elif line.strip().isdigit():
                self.frames = int(line)
                if self.url and self.frames > 20:
                    self._is_ready.set()

    @property
    def port(self) -> int:
        match = re.search(r":(\d+)/", self.url)
        assert match
        return int(match[1])

    def usage_over(self, seconds: float) -> Usage:
        """Return what the run does and needs in the next seconds."""
        frames, began_s, before = self.frames, time.perf_counter(), cpu_s_of(self.pid)
        time.sleep(seconds)
        frames = self.frames - frames
        after, passed_s = cpu_s_of(self.pid), time.perf_counter() - began_s
        used_s = {each: after[each] - before.get(each, 0.0) for each in after}
        page_s = sum(used_s[each] for each in after if "-web" in self.threads.get(each, ""))
        run_s = sum(used_s.values()) - page_s
        return Usage(frames / passed_s, 1000 * run_s / max(frames, 1), 1000 * page_s / passed_s)

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        match = re.search(r"VmRSS:\s+(\d+)", status)
        return int(match[1]) / 1024 if match else 0.0

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
        self._thread.join(5)


@contextmanager
def served(rate: float) -> Iterator[Served]:
    run = Served(rate)
    try:
        yield run
    finally:
        run.close()


# The page is watched for changes of its canvas: what stands in a frame is when it was made.
READ_COUNTER = """({ bits, bitPx, widthPx, seconds }) => new Promise((resolve) => {
  const canvas = document.getElementById("picture");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const lags = [];
  let before = -1;
  const endMs = performance.now() + 1000 * seconds;
  const look = () => {
    const scale = canvas.width / widthPx;
    const y = Math.round(scale * bitPx / 2);
    const row = context.getImageData(0, y, Math.ceil(bits * bitPx * scale), 1).data;
    let stamp = 0;
    for (let bit = 0; bit < bits; bit += 1) {
      const x = Math.round((bit + 0.5) * bitPx * scale);
      if (row[4 * x] > 127) stamp |= 1 << bit;
    }
    if (stamp !== before) {
      before = stamp;
      const now = Math.round(performance.timeOrigin + performance.now()) & ((1 << bits) - 1);
      lags.push((now - stamp + (1 << bits)) & ((1 << bits) - 1));
    }
    if (performance.now() < endMs) setTimeout(look, 2);
    else resolve(lags.slice(10));
  };
  look();
})"""


def measure_lag(seconds: float, rate: float) -> None:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    with served(rate) as run, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
        page.goto(run.url)
        page.wait_for_timeout(3000)
        wanted = {"bits": BITS, "bitPx": BIT_PX, "widthPx": WIDTH_PX, "seconds": seconds}
        lags_ms = page.evaluate(READ_COUNTER, wanted)
        figures = page.locator("#figures").inner_text().replace("\n", " ")
        browser.close()
    p50, p95, worst = np.percentile(lags_ms, (50, 95, 100))
    print(f"{len(lags_ms) / seconds:.1f} frames a second on the page; {figures}")
    print(
        f"lag from the source to the canvas: p50 {p50:.0f} ms, p95 {p95:.0f} ms, max {worst:.0f} ms"
    )


def readers(run: Served, count: int) -> subprocess.Popen[str]:
    script = Path(__file__).with_name("web_readers.py")
    words = [sys.executable, str(script), "--port", str(run.port), "--token", TOKEN]
    pipe = subprocess.PIPE
    process = subprocess.Popen([*words, "--count", str(count)], stdout=pipe, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def compare(
    run: Served,
    what: str,
    start: Callable[[], subprocess.Popen[str]],
    stop: Callable[[subprocess.Popen[str]], None],
) -> None:
    """Print what the run does and needs with another process and without it, in turns."""
    pairs, own_ms = [], []
    for _ in range(SEGMENTS):
        without = run.usage_over(SEGMENT_S)
        process = start()
        time.sleep(2.0)
        own_s, began_s = sum(cpu_s_of(process.pid).values()), time.perf_counter()
        pairs.append((run.usage_over(SEGMENT_S), without))
        own_s = sum(cpu_s_of(process.pid).values()) - own_s
        own_ms.append(1000 * own_s / (time.perf_counter() - began_s))
        stop(process)
        time.sleep(0.5)
    print("fps with/without: " + "  ".join(f"{a.rate:.1f}/{b.rate:.1f}" for a, b in pairs))
    lost = 1 - statistics.median(a.rate / b.rate for a, b in pairs)
    more = statistics.median(a.run_ms / b.run_ms for a, b in pairs) - 1
    page_ms = statistics.median(a.page_ms - b.page_ms for a, b in pairs)
    machine = f"{page_ms / 10 / (os.cpu_count() or 1):.1f} % of this machine"
    print(f"{what} cost {100 * lost:.1f} % of the frame rate (median), with what they need")
    print(f"CPU time of the run for a frame: {100 * more:+.1f} %")
    print(f"CPU time of the page: {page_ms:+.0f} ms a second, {machine}")
    own_share = page_ms / statistics.median(b.run_ms * b.rate for _, b in pairs)
    print(f"which is {100 * own_share:.1f} % of what the run needs without {what}")
    print(f"CPU time of the {what}: {statistics.median(own_ms):.0f} ms a second")


def measure_clients(count: int, rate: float) -> None:
    rates: list[float] = []

    def stop(process: subprocess.Popen[str]) -> None:
        process.terminate()
        said, _ = process.communicate(timeout=60)
        rates.append(float(said))

    with served(rate) as run:
        compare(run, f"{count} clients", lambda: readers(run, count), stop)
    print(f"frames per second at each client: {statistics.median(rates):.1f}")


def measure_attack(rate: float) -> None:
    attacker = Path(__file__).with_name("web_attack.py")
    attacks: list[Any] = []

    with served(rate) as run:

        def start() -> subprocess.Popen[str]:
            words = [sys.executable, str(attacker), "--port", str(run.port), "--token", TOKEN]
            pipe = subprocess.PIPE
            return subprocess.Popen(words, stdout=pipe, stdin=pipe, text=True)

        def stop(process: subprocess.Popen[str]) -> None:
            said, _ = process.communicate("stop\n", timeout=60)
            attacks.append(json.loads(said))

        before_mb = run.rss_mb()
        reader = readers(run, 1)
        compare(run, "attacks", start, stop)
        reader.terminate()
        reader.communicate(timeout=60)
        gained = sorted({each for attack in attacks for each in attack["gained"]})
        print(f"{sum(attack['tries'] for attack in attacks)} attacks; got: {gained or 'nothing'}")
        print(f"memory {before_mb:.0f} MB before, {run.rss_mb():.0f} MB after")
        live = f"ws://localhost:{run.port}/live?token={TOKEN}"
        headers = {"Origin": f"http://localhost:{run.port}"}
        with suppress(InvalidStatus), connect(live, additional_headers=headers) as one:
            print(f"a page still gets its frames: {len(one.recv(10))} bytes")


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["lag", "clients", "attack", "serve"])
    parser.add_argument("--rate", type=float, default=30)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    wanted = parser.parse_args(words)
    if wanted.what == "lag":
        measure_lag(wanted.seconds, wanted.rate)
    elif wanted.what == "clients":
        measure_clients(wanted.count, wanted.rate)
    elif wanted.what == "attack":
        measure_attack(wanted.rate)
    else:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            serve(wanted.rate)


if __name__ == "__main__":
    main()
