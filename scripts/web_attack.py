#!/usr/bin/env python3
"""Attack the page of --web on this machine, until a line comes from standard input.

    python scripts/web_attack.py --port PORT --token TOKEN

The token is for those attacks that begin behind the door. What was got is printed as JSON: it
should be nothing. `scripts/web_view.py attack` measures what the attacks cost meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect


def websocket_request(port: int, token: str) -> bytes:
    """Return the request with which a page of the viewer opens its WebSocket."""
    return (
        f"GET /live?token={token} HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"Origin: http://localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n"
    ).encode()


class Attack:
    """Everything at once, in threads of one process, until it is stopped."""

    def __init__(self, port: int, token: str) -> None:
        """Begin."""
        self._port, self._own_token = port, token
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
        return f"Authorization: Bearer {self._own_token}"

    def _wrong_tokens(self) -> None:
        for token in ("", "wrong", self._own_token[:-1], self._own_token + "x", "%00", "a" * 4000):
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
        live = f"ws://localhost:{self._port}/live?token={self._own_token}"
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
        request = websocket_request(self._port, self._own_token)
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
                raw.sendall(request)
                raw.recv(64)
                raw.sendall(frame)
                time.sleep(0.02)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True)
    wanted = parser.parse_args(words)
    attack = Attack(wanted.port, wanted.token)
    sys.stdin.readline()
    attack.stop()
    print(json.dumps({"gained": attack.gained, "tries": attack.tries}))


if __name__ == "__main__":
    main()
