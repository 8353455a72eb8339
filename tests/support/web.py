"""Requests to a web server, byte by byte where that matters."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from websockets.sync.client import ClientConnection, connect

from livepose.web.server import WebServer

LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server has answered."""

    status: int
    headers: Mapping[str, str]
    """Their names in small letters."""
    body: bytes


def ask(
    server: WebServer,
    path: str = "/",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request over loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT_S)
    sent = {"Host": f"localhost:{server.port}", **(headers or {})}
    try:
        connection.request(method, path, headers=sent)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, found, answer.read())
    finally:
        connection.close()


@contextmanager
def websocket(
    server: WebServer, path: str, headers: Mapping[str, str] | None = None
) -> Iterator[ClientConnection]:
    """Open a WebSocket as a page of the server does, unless the headers say otherwise."""
    sent = {"Origin": server.origin} if headers is None else headers
    with connect(f"ws://localhost:{server.port}{path}", additional_headers=sent) as client:
        yield client


def websocket_request(server: WebServer, path: str, more_headers: str = "") -> bytes:
    """Return the request with which a page of the server opens a WebSocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost:{server.port}\r\nOrigin: {server.origin}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n{more_headers}\r\n"
    ).encode()


@contextmanager
def silent_websocket(server: WebServer, path: str) -> Iterator[socket.socket]:
    """Open a WebSocket whose client never reads."""
    with socket.create_connection(("127.0.0.1", server.port), LIMIT_S) as client:
        client.sendall(websocket_request(server, path))
        assert b" 101 " in client.recv(64)
        yield client
