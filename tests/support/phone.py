"""A phone for tests: Chromium, whose camera is a file, and a network that can be cut."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import orjson
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from livepose.core.arrays import UInt8Array
from livepose.system.web_address import WebAddress
from livepose.web.certificate import open_certificate
from livepose.web.phone.endpoint import CameraWishes
from livepose.web.phone.invitation import Invitation
from livepose.web.phone.source import PhoneSource

LIMIT_S = 30.0
WIDTH_PX, HEIGHT_PX, RATE = 640, 480, 30
_BITS, _BIT_PX = 10, 16
CHROMIUM = shutil.which("chromium") or ""
_FLAGS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-backgrounding-occluded-windows",
)


def numbered(bgr: UInt8Array, number: int) -> UInt8Array:
    """Return an image in the size of the phone's camera, with a number in its upper left corner."""
    scale = min(WIDTH_PX / bgr.shape[1], HEIGHT_PX / bgr.shape[0])
    scaled = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    left = (WIDTH_PX - scaled.shape[1]) // 2
    canvas[: scaled.shape[0], left : left + scaled.shape[1]] = scaled
    for bit in range(_BITS):
        top = bit * _BIT_PX
        canvas[top : top + _BIT_PX, :_BIT_PX] = 255 * (number >> bit & 1)
    return canvas


def number_in(bgr: UInt8Array) -> int:
    """Return the number in the upper left corner of an image."""
    rows = [bgr[bit * _BIT_PX + 4 : bit * _BIT_PX + 12, 4:12].mean() for bit in range(_BITS)]
    return sum((mean > 128) << bit for bit, mean in enumerate(rows))


def write_camera_file(path: Path, images: Iterator[UInt8Array]) -> None:
    """Write the file that Chromium plays, again and again, as its camera."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH_PX} H{HEIGHT_PX} F{RATE}:1 Ip A1:1 C420\n".encode())
        for number, bgr in enumerate(images):
            file.write(b"FRAME\n")
            file.write(cv2.cvtColor(numbered(bgr, number), cv2.COLOR_BGR2YUV_I420).tobytes())


class Network:
    """A way to a server that can be cut, blocked, and made slow."""

    def __init__(self, port: int) -> None:
        """Lead to a port of this machine."""
        self._port = port
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.is_blocked = False
        self.bytes_per_s = float("inf")
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads = [threading.Thread(target=self._accept, name="network")]
        self._threads[0].start()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def cut(self) -> None:
        """Break all connections."""
        for pair in self._pairs:
            for each in pair:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            if self.is_blocked:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", self._port))
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pairs.append((client, server))
            for source, target in ((client, server), (server, client)):
                thread = threading.Thread(target=self._carry, args=(source, target), name="carry")
                self._threads.append(thread)
                thread.start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 14):
                if self.bytes_per_s < float("inf"):
                    time.sleep(len(data) / self.bytes_per_s)
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@contextmanager
def open_phone_page(url: str, camera_file: Path, **page_options: Any) -> Iterator[Any]:
    """Open the page of an address in Chromium, and yield Playwright's page.

    Args:
        url: The address, with its token.
        camera_file: What the camera sees.
        page_options: Of Playwright, such as `viewport`.
    """
    from playwright.sync_api import sync_playwright

    flags = [*_FLAGS, f"--use-file-for-fake-video-capture={camera_file}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        try:
            context = browser.new_context(
                ignore_https_errors=True, permissions=["camera"], **page_options
            )
            page = context.new_page()
            page.goto(url)
            yield page
        finally:
            browser.close()


def at_host(url: str, host: str) -> str:
    """Return an address at another host, with the same port."""
    return re.sub(r"//[^/]+:", f"//{host}:", url)


def at_port(url: str, port: int) -> str:
    """Return an address of this machine at another port of the loopback interface."""
    return re.sub(r"//[^/]+/", f"//127.0.0.1:{port}/", url)


def _connected(url: str, tls: ssl.SSLContext) -> ClientConnection:
    """Return a WebSocket to the server.

    Python's TLS sockets are not made to be read in one thread and written in another, as this
    client does: one in some hundred never sends its request, and is tried again.
    """
    origin = f"https://{urlsplit(url).netloc}"
    for _ in range(4):
        with suppress(TimeoutError):
            return connect(
                url,
                ssl=tls,
                additional_headers={"Origin": origin},
                proxy=None,
                open_timeout=5,
            )
    pytest.fail(f"{url} did not answer")


class StandInPhone:
    """Speaks to the server as the phone's page does, without a browser."""

    def __init__(
        self,
        url: str,
        client: str = "one",
        *,
        takes_over: bool = False,
        hello: bytes | str | None = "",
    ) -> None:
        """Open the page's address, and introduce itself, or send another `hello`, or None."""
        self.received: Counter[str] = Counter()
        """How many messages of each kind have come."""
        parts = urlsplit(url)
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        self._stack = ExitStack()
        url = f"wss://{parts.netloc}{parts.path}/socket?{parts.query}"
        self._socket = self._stack.enter_context(_connected(url, unchecked))
        if hello == "":
            usual = {"kind": "hello", "client": client, "takes_over": takes_over}
            hello = orjson.dumps(usual).decode()
        if hello is not None:
            self._socket.send(hello)

    def __enter__(self) -> StandInPhone:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def send(self, number: int, captured_ms: float, jpeg: bytes) -> None:
        """Send a picture."""
        self._socket.send(struct.pack("<dI", captured_ms, number) + jpeg)

    def send_raw(self, data: bytes | str) -> None:
        """Send anything."""
        self._socket.send(data)

    def receive(self, kind: str) -> dict[str, Any]:
        """Return the next message of a kind; others are answered or skipped.

        Raises:
            ConnectionClosed: If the connection ends before.
            TimeoutError: If there is none in time.
        """
        deadline_s = time.monotonic() + LIMIT_S
        while True:
            left_s = deadline_s - time.monotonic()
            message: dict[str, Any] = orjson.loads(self._socket.recv(timeout=left_s))
            self.received[message["kind"]] += 1
            if message["kind"] == kind:
                return message

    def close_code(self) -> int:
        """Wait until the server closes the connection, and return why."""
        try:
            while True:
                self._socket.recv(timeout=LIMIT_S)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None
            return closed.rcvd.code


class PhoneRun:
    """Waits for a phone in a thread, and holds what came of it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        """Begin to wait; options are those of `PhoneSource`."""
        self._folder, self._options = folder, options
        self._invitations: Queue[Invitation] = Queue()
        self._opened: Future[PhoneSource] = Future()
        self._thread = threading.Thread(target=self._open, name="phone-run")
        self._thread.start()
        self.url = at_host(self._invitations.get(timeout=LIMIT_S).url, "127.0.0.1")

    @property
    def port(self) -> int:
        """Where the page is served."""
        return urlsplit(self.url).port or 0

    def __enter__(self) -> PhoneRun:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(LIMIT_S)
        if self._opened.exception() is None:
            self.source().close()

    def source(self) -> PhoneSource:
        """Return the source, once a phone has sent a picture."""
        return self._opened.result(LIMIT_S)

    def _open(self) -> None:
        try:
            source = PhoneSource(
                WebAddress("0.0.0.0", 0),
                open_certificate(self._folder, ["127.0.0.1"]),
                self._invitations.put,
                **{"wishes": CameraWishes(), "give_up_s": LIMIT_S / 2, **self._options},
            )
        except Exception as error:
            self._opened.set_exception(error)
        else:
            self._opened.set_result(source)
