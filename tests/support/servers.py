"""Servers on the loopback interface: a video stream, and HTTP with given answers."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path

from livepose.core.errors import SourceError
from livepose.core.interfaces import Closeable
from livepose.sources.stream import StreamSource
from tests.support.waiting import wait_for

Answer = Callable[[BufferedIOBase, threading.Event], None]
PATIENCE_S = 30.0


def raw_answer(content: bytes) -> Answer:
    """Return an answer that sends these bytes and closes the connection."""

    def send(wire: BufferedIOBase, closing: threading.Event) -> None:
        wire.write(content)

    return send


def http_answer(
    body: bytes, *headers: str, status: str = "200 OK", length: int | None = None
) -> Answer:
    """Return an HTTP answer with this body, and its length or another one."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers]
    return raw_answer("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


class LoopbackServer(ThreadingHTTPServer):
    """A web server on 127.0.0.1 with an answer for each path; it records the requested paths."""

    daemon_threads = False
    block_on_close = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="loopback")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> LoopbackServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.get(
            self.path, http_answer(b"no such page", status="404 Not Found")
        )
        self.close_connection = True
        try:
            answer(self.wfile, self.server.closing)
        except OSError:  # the other side hung up, as it may
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the test's output clean."""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of the loopback interface that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class StreamServer(Closeable):
    """Serves a clip to one client, in real time as a network camera does, or all at once."""

    def __init__(self, clip: Path, port: int | None = None, *, is_paced: bool = True) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/live"
        program = shutil.which("ffmpeg")
        assert program is not None
        words = [program, "-nostdin", "-loglevel", "quiet", *(["-re"] if is_paced else [])]
        words += [
            "-i",
            str(clip),
            "-c",
            "copy",
            "-f",
            "mpegts",
            "-flush_packets",
            "1",
            "-listen",
            "1",
            self.url,
        ]
        self._process = subprocess.Popen(words)

    def connect(self, url: str | None = None, give_up_s: float | None = None) -> StreamSource:
        """Connect as soon as the server listens; probing the port would use up its one client."""
        end_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                return StreamSource(url or self.url, give_up_s=give_up_s)
            except SourceError:
                if time.monotonic() > end_s:
                    raise
                time.sleep(0.05)

    def wait_until_it_listens(self) -> None:
        """Wait for the server without a connection, which would use up its one client."""
        sockets = Path("/proc/net/tcp")
        if not sockets.exists():
            time.sleep(1.0)
            return
        row = f"0100007F:{self.port:04X} 00000000:0000 0A "
        wait_for(lambda: row in sockets.read_text(), f"a server at port {self.port}")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
