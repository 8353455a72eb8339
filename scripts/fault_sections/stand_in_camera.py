"""A stand-in for a network camera: it sends MJPEG on the loopback, and fails on demand."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from enum import Enum

import cv2

from livepose.core.interfaces import Closeable
from livepose.sources import open_demo

_HEAD = (
    b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n--frame\r\n"
)
_PICTURES = 30
_MAX_BACKLOG_BYTES = 1 << 16


class Mode(Enum):
    """What the camera does."""

    LIVE = "live"
    GONE = "gone"
    """Its port is closed, and so are its connections."""
    STALLED = "stalled"
    """Connections are open, and nothing comes."""
    OTHER_SIZE = "other size"
    """Its pictures have another size and shape."""
    BABBLING = "babbling"
    """It sends random bytes."""


class StandInCamera(Closeable):
    """Sends the built-in figure to whoever connects, at its own rate, from threads of its own."""

    def __init__(
        self, *, size_px: tuple[int, int] = (320, 240), rate: float = 30.0, backlog: bool = False
    ) -> None:
        """Listen on a free port.

        Args:
            size_px: Width and height of the pictures.
            rate: Pictures per second.
            backlog: Whether a client that reads slowly gets old pictures, as much as the system
                keeps for it; if not, some are left out.
        """
        self.sent = 0
        """How many pictures were sent, to all clients together."""
        self._pictures = {
            Mode.LIVE: _jpegs(size_px),
            Mode.OTHER_SIZE: _jpegs((size_px[1], size_px[0])),
        }
        self._interval_s = 1 / rate
        self._backlog = backlog
        self._mode = Mode.LIVE
        self._is_closed = False
        self._clients: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/video"
        self._start(self._accept)

    @property
    def mode(self) -> Mode:
        """What the camera does now."""
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        before, self._mode = self._mode, mode
        if mode is Mode.GONE:
            self._hang_up()
        elif before is Mode.GONE:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self._start(self._accept)

    def close(self) -> None:
        self._is_closed = True
        self._hang_up()
        for thread in self._threads:
            thread.join()

    def _start(self, target: Callable[[], None]) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._threads.append(threading.Thread(target=target, name="stand-in-camera"))
        self._threads[-1].start()

    def _hang_up(self) -> None:
        for each in (self._listener, *self._clients):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        listener = self._listener
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed
                return
            self._clients.add(client)
            self._start(lambda client=client: self._serve(client))  # type: ignore[misc]

    def _serve(self, client: socket.socket) -> None:
        if not self._backlog:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MAX_BACKLOG_BYTES)
        with client, contextlib.suppress(OSError):
            client.recv(1 << 16)
            client.sendall(_HEAD)
            due_s = time.monotonic()
            number = 0
            while self._mode is not Mode.GONE and not self._is_closed:
                self._send(client, number)
                number += 1
                now_s = time.monotonic()
                due_s += self._interval_s
                if not self._backlog:
                    due_s = max(due_s, now_s)
                time.sleep(max(0.0, due_s - now_s))
        self._clients.discard(client)

    def _send(self, client: socket.socket, number: int) -> None:
        if self._mode is Mode.BABBLING:
            client.sendall(os.urandom(5000))
        elif self._mode in self._pictures:
            jpeg = self._pictures[self._mode][number % _PICTURES]
            head = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            client.sendall(head + jpeg + b"\r\n--frame\r\n")
            self.sent += 1


def _jpegs(size_px: tuple[int, int]) -> list[bytes]:
    with open_demo(size_px, frame_count=_PICTURES) as source:
        return [cv2.imencode(".jpg", frame.bgr)[1].tobytes() for frame in source]
