#!/usr/bin/env python3
"""Read the page of --web on this machine as browsers do, as cheaply as it can be done.

    python scripts/web_readers.py --port PORT --token TOKEN --count CLIENTS

For `scripts/web_view.py clients`, which tells apart what the page costs and what its readers cost.
"""

from __future__ import annotations

import argparse
import selectors
import signal
import socket
import threading
import time

FINAL_FRAMES = (0x82, 0x80)
"""How WebSocket frames begin that end a message."""
DRAWN = b'\x81\x89\x00\x00\x00\x00["drawn"]'


def websocket_request(port: int, token: str) -> bytes:
    """Return the request with which a page of the viewer opens its WebSocket."""
    return (
        f"GET /live?token={token} HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"Origin: http://localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n"
    ).encode()


class Reader:
    """Reads what a page is sent, and acknowledges it; it does nothing else, as it costs CPU too."""

    def __init__(self, port: int, token: str) -> None:
        """Open the WebSocket of a page."""
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(websocket_request(port, token))
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):  # byte by byte, as the first frame may follow it
            answer += self.socket.recv(1)
        self.socket.setblocking(False)
        self._header = bytearray()
        self.frames = 0
        """How many were acknowledged."""
        self._left = 0
        """Bytes of the frame that is read."""

    def read(self, buffer: bytearray) -> bool:
        """Read what has come; return whether the connection goes on."""
        try:
            size = self.socket.recv_into(buffer)
            at = 0
            while at < size:
                if self._left:
                    taken = min(self._left, size - at)
                    self._left, at = self._left - taken, at + taken
                    if not self._left:
                        self._finish_frame()
                else:
                    self._header.append(buffer[at])
                    at += 1
                    self._left = payload_size(self._header)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return size > 0

    def _finish_frame(self) -> None:
        if self._header[0] in FINAL_FRAMES:
            self.socket.sendall(DRAWN)
            self.frames += 1
        self._header.clear()


def payload_size(header: bytearray) -> int:
    """Return the size of a WebSocket frame by its header; 0 while that is not complete."""
    size = header[1] if len(header) > 1 else 0
    if size in (126, 127):
        end = 4 if size == 126 else 10
        return int.from_bytes(header[2:end], "big") if len(header) == end else 0
    return size


def read_pages(port: int, token: str, count: int) -> None:
    """Read as so many pages do, until the run ends or SIGTERM comes; print frames per second."""
    buffer = bytearray(1 << 20)
    readers = [Reader(port, token) for _ in range(count)]
    print("ready", flush=True)
    began_s = time.perf_counter()
    is_over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_over.set())
    with selectors.DefaultSelector() as selector:
        for each in readers:
            selector.register(each.socket, selectors.EVENT_READ, each)
        while selector.get_map() and not is_over.is_set():
            for key, _ in selector.select(0.5):
                if not key.data.read(buffer):
                    selector.unregister(key.fileobj)
    frames = sum(each.frames for each in readers) / count
    print(frames / (time.perf_counter() - began_s))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--count", type=int, default=10)
    wanted = parser.parse_args()
    read_pages(wanted.port, wanted.token, wanted.count)


if __name__ == "__main__":
    main()
