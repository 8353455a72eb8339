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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from web_readers import websocket_request


class Attack:
    """Everything at once, in threads of one process, until it is stopped."""

    def __init__(self, port: int, token: str, only: str = "") -> None:
        """Begin.

        Args:
            port: Of the page.
            token: Of the page.
            only: A part of the name of the only attack; empty for all.
        """
        self._port, self._own_token = port, token
        self._should_stop = threading.Event()
        self.gained: list[str] = []
        """What an attacker got that is none of theirs."""
        self.tries = 0
        attacks = (
            self._wrong_tokens, self._other_hosts, self._other_origins, self._paths,
            self._idle, self._slow_reader, self._huge_bodies, self._bad_frames, self._slow_headers,
            self._two_in_one, self._queries, self._floods, self._bombs, self._leaks, self._pipeline,
            self._unread_requests, self._unread_ends,
        )  # fmt: skip
        self._threads = [
            threading.Thread(target=self._repeat, args=(each,))
            for each in attacks
            if only in each.__name__
        ]
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

    def _ask(self, request: str, body: bytes = b"", *, is_whole: bool = False) -> bytes:
        """Return what is answered; until the connection ends, if it is the whole."""
        with socket.create_connection(("127.0.0.1", self._port), 2) as client:
            client.sendall(request.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
            answer = client.recv(1 << 16)
            while is_whole and (more := client.recv(1 << 16)):
                answer += more
            return answer

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
            with suppress(OSError), self._websocket() as raw:
                raw.sendall(frame)
                time.sleep(0.02)

    def _slow_headers(self) -> None:
        """Ask letter by letter, on many connections."""
        request = f"GET /?token={self._own_token} HTTP/1.1\r\n{self._host()}\r\nX-Slow: "
        with ExitStack() as stack:
            clients = [
                stack.enter_context(socket.create_connection(("127.0.0.1", self._port), 2))
                for _ in range(100)
            ]
            for letter in request + "x" * 1000:
                for client in clients:
                    with suppress(OSError):
                        client.send(letter.encode())
                if self._should_stop.wait(0.2):
                    return

    def _two_in_one(self) -> None:
        """Hide a request in the body of another one, or make it unclear which host is meant."""
        hidden = f"GET /static/viewer.html HTTP/1.1\r\n{self._host()}\r\n\r\n".encode()
        own = f"{self._host()}\n{self._token()}\nOrigin: http://localhost:{self._port}"
        length = f"Content-Length: {len(hidden)}"
        for headers in (
            f"{length}\nTransfer-Encoding: chunked",
            f"{length}\nContent-Length: 0",
            f"Content-Length: +{len(hidden)}",
            f"Content-Length: \xb2\n{length}",
            f"{length}\nTransfer-Encoding : chunked",
            f"{length}\nTransfer-Encoding: identity, chunked",
            f"{length}\n Transfer-Encoding: chunked",
            f"Content-Length: 0x{len(hidden):x}",
            f"{length}\nX: a\x00b",
        ):
            for body in (hidden, b"0\r\n\r\n" + hidden):
                self._expect_refusal(f"POST / HTTP/1.1\n{own}\n{headers}", body)
        open_request = f"GET / HTTP/1.1\n{own}\n{length}\nConnection: close"
        if self._ask(open_request, hidden, is_whole=True).count(b"HTTP/1.1 ") > 1:
            self.gained.append("a hidden request was answered")
        for target in ("http://evil.example/", "//evil.example/", "*", "evil.example:80", "/ x"):
            self._expect_refusal(f"GET {target} HTTP/1.1\n{self._host()}")
        self._expect_refusal(f"GET / HTTP/1.1\n{self._host()}\nHost: evil.example\n{self._token()}")
        self._expect_refusal(f"GET / HTTP/9.9\n{self._host()}")
        self._expect_refusal("GET / HTTP/1.0")
        self._expect_refusal("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")

    def _queries(self) -> None:
        for query in ("a&" * 7000, "token=&" * 2000, "%" * 15000, "token=%ff%00", "x" * (1 << 20)):
            self._expect_refusal(f"GET /?{query} HTTP/1.1\n{self._host()}")

    def _floods(self) -> None:
        """Send many small WebSocket frames, which are quickly made and slowly read."""
        key = b"\x00\x00\x00\x00"
        for frame in (
            b"\x8a\x80" + key,  # pongs that nobody has asked for
            b"\x81\x80" + key,  # empty messages
            b"\x81\x89" + key + b'["drawn"]',  # of frames that were never sent
            b"\x01\x80" + key + b"\x89\x80" + key,  # pieces and pings
            b"\x00\x80" + key,  # pieces of nothing
        ):
            with suppress(OSError), self._websocket() as raw:
                for _ in range(20):
                    raw.sendall(frame * 5000)
        with suppress(OSError), self._websocket() as raw:
            raw.sendall(b"\x81\x81" + key + b"x")  # it is answered by the end
            for _ in range(20):
                raw.sendall(b"\x81\x81" + key + b"x" * 5000)

    def _unread_requests(self) -> None:
        """Ask for WebSockets, without the token, in a way that only one of two parsers takes."""
        request = websocket_request(self._port, "")[:-2] + f"X-Long: {'x' * 9000}\r\n\r\n".encode()
        with ExitStack() as stack:
            for _ in range(200):
                client = socket.create_connection(("127.0.0.1", self._port), 2)
                stack.enter_context(client).sendall(request)
            self._should_stop.wait(2)

    def _unread_ends(self) -> None:
        """Leave, and do not read what waits."""
        with ExitStack() as stack:
            for _ in range(8):
                raw = stack.enter_context(self._websocket())
                self._should_stop.wait(0.1)
                raw.sendall(b"\x88\x80" + bytes(4))
            self._should_stop.wait(2)

    def _bombs(self) -> None:
        """Send what is compressed, and would be large."""
        request = websocket_request(self._port, self._own_token)
        offer = b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self._port), 2) as raw:
            raw.sendall(request[:-2] + offer)
            if b"deflate" in raw.recv(1 << 12).lower():
                self.gained.append("messages may be compressed")
            raw.sendall(b"\xc2\xff" + (60000).to_bytes(8, "big") + bytes(4) + bytes(60000))
            while raw.recv(1 << 16):
                pass

    def _leaks(self) -> None:
        """Look for the token, and for what lets other sites in, in the answers."""
        own = f"{self._host()}\nOrigin: https://evil.example"
        welcome = self._ask(f"GET /?token={self._own_token} HTTP/1.1\n{own}").lower()
        page = self._ask(f"GET / HTTP/1.1\n{own}\n{self._token()}").lower()
        location = re.search(rb"\nlocation: (.*)", welcome)
        if location is None or self._own_token.encode() in location[1]:
            self.gained.append("the token stays in the address")
        if b"httponly" not in welcome or b"samesite" not in welcome:
            self.gained.append("a cookie that pages can read")
        for answer in (welcome, page):
            if b"frame-ancestors 'none'" not in answer or b"no-referrer" not in answer:
                self.gained.append("a page that can be framed, or says where it was")
            if b"access-control-" in answer:
                self.gained.append("a page that other sites can read")

    def _pipeline(self) -> None:
        """Ask for much, and read none of it."""
        request = f"GET /static/viewer.js HTTP/1.1\r\n{self._host()}\r\n{self._token()}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self._port), 2) as client:
            client.sendall(request.encode() * 500)
            self._should_stop.wait(1)

    @contextmanager
    def _websocket(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self._port), 2) as raw:
            raw.sendall(websocket_request(self._port, self._own_token))
            raw.recv(64)
            yield raw


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--only", default="", help="a part of the name of the only attack")
    wanted = parser.parse_args(words)
    attack = Attack(wanted.port, wanted.token, wanted.only)
    sys.stdin.readline()
    attack.stop()
    print(json.dumps({"gained": attack.gained, "tries": attack.tries}))


if __name__ == "__main__":
    main()
