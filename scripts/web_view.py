#!/usr/bin/env python3
"""Measure the page of --web.

    python scripts/web_view.py lag|clients|attack

    lag       from the source to the pixels of the page, in Chromium on this machine, at 720p 30 fps
    clients   what ten clients cost of the frame rate at 720p; --rate 1000 is as fast as it can
    attack    what attackers get, and what they cost of the frame rate at 720p 30 fps

The run is the real one, with Lightning, in a process of its own; only its source is made here: the
built-in figure with a counter drawn into each frame, and delivered as by a camera.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from websockets.exceptions import InvalidStatus, WebSocketException
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

    def on_frame(frames: int) -> None:
        now = int(10 * (time.perf_counter() - began_s))
        if now > printed[0]:
            printed[0] = now
            print(frames, flush=True)

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


class Served:
    """A run in a process of its own."""

    def __init__(self, rate: float) -> None:
        words = [sys.executable, __file__, "serve", "--rate", str(rate)]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.frames = 0
        self.url = ""
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self._is_ready.wait(120), "the run has not begun"

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("url "):
                self.url = line.split()[1]
            elif line.strip().isdigit():
                self.frames = int(line)
                if self.url and self.frames > 20:
                    self._is_ready.set()

    @property
    def port(self) -> int:
        match = re.search(r":(\d+)/", self.url)
        assert match
        return int(match[1])

    def cost_over(self, seconds: float) -> tuple[float, float]:
        """Return the frame rate of the next seconds, and the CPU time of a frame in ms.

        The latter is the same on a machine that is busy with something else.
        """
        frames, began_s, cpu_s = self.frames, time.perf_counter(), self._cpu_s()
        time.sleep(seconds)
        frames = self.frames - frames
        rate = frames / (time.perf_counter() - began_s)
        return rate, 1000 * (self._cpu_s() - cpu_s) / max(frames, 1)

    def _cpu_s(self) -> float:
        stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="utf-8")
        user, system = map(int, stat.rpartition(")")[2].split()[11:13])
        return (user + system) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
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


def measure_lag(seconds: float) -> None:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    with served(30) as run, sync_playwright() as playwright:
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


def watch(url: str) -> None:
    """Watch as a page does, without decoding the pictures, until the run ends."""
    live = re.sub(r"^http(://[^/]+)/", r"ws\1/live", url)
    origin = re.match(r"http://[^/]+", url)
    assert origin
    with suppress(WebSocketException, OSError):
        headers = {"Origin": origin[0]}
        with connect(live, additional_headers=headers, max_size=None, compression=None) as client:
            for _ in client:
                client.send('["drawn"]')


def watchers(url: str, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, __file__, "watch", "--url", url, "--count", str(count)]
    )


def compare(run: Served, start: Callable[[], Callable[[], None]], what: str) -> None:
    """Print the frame rate and the CPU time with something and without it, in turns."""
    rates, cpu_ms = [], []
    for _ in range(SEGMENTS):
        before = run.cost_over(SEGMENT_S)
        stop = start()
        time.sleep(1.0)
        during = run.cost_over(SEGMENT_S)
        stop()
        time.sleep(0.5)
        after = run.cost_over(SEGMENT_S)
        rates.append((during[0], (before[0] + after[0]) / 2))
        cpu_ms.append((during[1], (before[1] + after[1]) / 2))
    print("fps with/without: " + "  ".join(f"{one:.1f}/{other:.1f}" for one, other in rates))
    print("CPU ms a frame: " + "  ".join(f"{one:.1f}/{other:.1f}" for one, other in cpu_ms))
    lost = 1 - statistics.median(one / other for one, other in rates)
    more = statistics.median(one / other for one, other in cpu_ms) - 1
    print(
        f"{what} {100 * lost:.1f} % of the frame rate, {100 * more:.1f} % more CPU time (medians)"
    )


def measure_clients(count: int, rate: float) -> None:
    with served(rate) as run:

        def start() -> Callable[[], None]:
            process = watchers(run.url, count)

            def stop() -> None:
                process.kill()
                process.wait()

            return stop

        compare(run, start, f"{count} clients cost")


class Attack:
    """Everything at once, in threads of one process, until it is stopped."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._should_stop = threading.Event()
        self.gained: list[str] = []
        """What an attacker got that is none of theirs."""
        self.tries = 0
        attacks = (
            self._wrong_tokens, self._other_hosts, self._other_origins, self._paths,
            self._idle, self._slow_reader, self._huge_bodies, self._bad_frames,
        )  # fmt: skip
        self._threads = [threading.Thread(target=self._repeat, args=(each,)) for each in attacks]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._should_stop.set()
        for thread in self._threads:
            thread.join(10)

    def _repeat(self, attack: Callable[[], None]) -> None:
        while not self._should_stop.is_set():
            with suppress(OSError, WebSocketException):
                attack()
            self.tries += 1
            time.sleep(0.02)

    def _ask(self, request: str, body: bytes = b"") -> bytes:
        with socket.create_connection(("127.0.0.1", self._port), 2) as client:
            client.sendall(request.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
            return client.recv(1 << 16)

    def _expect_refusal(self, request: str, body: bytes = b"") -> None:
        answer = self._ask(request, body)
        if answer and not re.match(rb"HTTP/1.1 4\d\d", answer):
            self.gained.append(f"{request.splitlines()[0]}: {answer[:60]!r}")

    def _host(self) -> str:
        return f"Host: localhost:{self._port}"

    def _token(self) -> str:
        return f"Authorization: Bearer {TOKEN}"

    def _wrong_tokens(self) -> None:
        for token in ("", "wrong", TOKEN[:-1], TOKEN + "x", "%00", "a" * 4000):
            self._expect_refusal(f"GET /?token={token} HTTP/1.1\n{self._host()}")

    def _other_hosts(self) -> None:
        for host in ("evil.example", "localhost.evil.example", "", "localhost@evil.example"):
            self._expect_refusal(f"GET / HTTP/1.1\nHost: {host}\n{self._token()}")

    def _other_origins(self) -> None:
        evil = f"{self._host()}\n{self._token()}\nOrigin: https://evil.example"
        self._expect_refusal(f"POST /live HTTP/1.1\n{evil}\nContent-Length: 0")
        upgrade = "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Version: 13"
        key = "Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ=="
        self._expect_refusal(f"GET /live HTTP/1.1\n{evil}\n{upgrade}\n{key}")

    def _paths(self) -> None:
        for path in ("../server.py", "%2e%2e/server.py", "..%5cserver.py", "/etc/passwd", "%00"):
            for folder in ("static", "files"):
                request = f"GET /{folder}/{path} HTTP/1.1\n{self._host()}\n{self._token()}"
                self._expect_refusal(request)

    def _idle(self) -> None:
        with ExitStack() as stack:
            for _ in range(1000):
                stack.enter_context(socket.create_connection(("127.0.0.1", self._port), 2))
            self._should_stop.wait(5)

    def _slow_reader(self) -> None:
        live = f"ws://localhost:{self._port}/live?token={TOKEN}"
        headers = {"Origin": f"http://localhost:{self._port}"}
        with connect(live, additional_headers=headers, max_queue=1):
            self._should_stop.wait(2)

    def _huge_bodies(self) -> None:
        own = f"{self._host()}\n{self._token()}\nOrigin: http://localhost:{self._port}"
        self._expect_refusal(f"POST / HTTP/1.1\n{own}\nContent-Length: 99999999999", bytes(1 << 20))
        chunks = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
        self._expect_refusal(f"POST / HTTP/1.1\n{own}\nTransfer-Encoding: chunked", chunks)
        self._expect_refusal(f"GET / HTTP/1.1\nX: {'x' * (1 << 16)}\n{self._host()}")

    def _bad_frames(self) -> None:
        request = (
            f"GET /live?token={TOKEN} HTTP/1.1\n{self._host()}\n"
            f"Origin: http://localhost:{self._port}\nUpgrade: websocket\nConnection: Upgrade\n"
            "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\n\n"
        ).replace("\n", "\r\n")
        frames = (
            os.urandom(64),
            b"\x81\x05hello",  # not masked
            b"\xff\xff" + bytes(64),  # reserved bits
            b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",  # exabytes
            b"\x81\x84\x00\x00\x00\x00\xff\xff\xff\xff",  # no UTF-8
            b"\x89\x80\x00\x00\x00\x00" * 20000,  # pings, whose answers are not read
            b"\x01\x81\x00\x00\x00\x00x" * 5000,  # pieces without an end
        )
        for frame in frames:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 2) as raw:
                raw.sendall(request.encode())
                raw.recv(64)
                raw.sendall(frame)
                time.sleep(0.02)


def measure_attack() -> None:
    with served(30) as run:
        attacks: list[Any] = []

        def start() -> Callable[[], None]:
            process = subprocess.Popen(
                [sys.executable, __file__, "attackers", "--port", str(run.port)],
                stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True,
            )  # fmt: skip

            def stop() -> None:
                said, _ = process.communicate("stop\n", timeout=60)
                attacks.append(json.loads(said))

            return stop

        before_mb = run.rss_mb()
        watcher = watchers(run.url, 1)
        compare(run, start, "the attacks cost")
        watcher.kill()
        watcher.wait()
        gained = sorted({each for attack in attacks for each in attack["gained"]})
        print(f"{sum(attack['tries'] for attack in attacks)} attacks; got: {gained or 'nothing'}")
        print(f"memory {before_mb:.0f} MB before, {run.rss_mb():.0f} MB after")
        with suppress(InvalidStatus):
            live = f"ws://localhost:{run.port}/live?token={TOKEN}"
            with connect(
                live, additional_headers={"Origin": f"http://localhost:{run.port}"}
            ) as one:
                print(f"a page still gets its frames: {len(one.recv(10))} bytes")


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["lag", "clients", "attack", "serve", "watch", "attackers"])
    parser.add_argument("--rate", type=float, default=30)
    parser.add_argument("--url", default="")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    wanted = parser.parse_args(words)
    if wanted.what == "lag":
        measure_lag(wanted.seconds)
    elif wanted.what == "clients":
        measure_clients(wanted.count, wanted.rate)
    elif wanted.what == "attack":
        measure_attack()
    elif wanted.what == "serve":
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            serve(wanted.rate)
    elif wanted.what == "watch":
        for _ in range(wanted.count):
            threading.Thread(target=watch, args=(wanted.url,)).start()
    else:
        attack = Attack(wanted.port)
        sys.stdin.readline()
        attack.stop()
        print(json.dumps({"gained": attack.gained, "tries": attack.tries}))


if __name__ == "__main__":
    main()
