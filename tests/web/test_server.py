"""The web server: it listens at once, serves only its own files, and ends cleanly."""

from __future__ import annotations

import os
import select
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from livepose.core.errors import OptionError, SinkError
from livepose.system.web_address import WebAddress
from livepose.web.certificate import open_certificate
from livepose.web.connections import MAX_CONNECTIONS, connection_of
from livepose.web.server import MAX_MESSAGE_BYTES, WebServer
from livepose.web.static_files import static_routes
from tests.support.web import LIMIT_S, ask, silent_websocket, websocket, websocket_request

PAGES = {"/": "viewer.html"}


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


async def bye(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


MANY_BYTES = 1 << 24


async def much(websocket: WebSocket) -> None:
    """Send more than fits into the buffers of a system, and take what comes."""
    await websocket.accept()
    connection_of(websocket).write([bytes(MANY_BYTES)])
    while (await websocket.receive())["type"] == "websocket.receive":
        pass


ROUTES = [
    *static_routes(PAGES),
    WebSocketRoute("/echo", echo),
    WebSocketRoute("/much", much),
    WebSocketRoute("/bye", bye),
]


@pytest.fixture(scope="module")
def server() -> Iterator[WebServer]:
    with WebServer(WebAddress(), ROUTES) as made:
        yield made


@pytest.fixture(scope="module")
def guarded() -> Iterator[WebServer]:
    with WebServer(WebAddress(), ROUTES, token="right-token-for-tests") as made:
        yield made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8080", WebAddress("127.0.0.1", 8080)),
        ("0.0.0.0:0", WebAddress("0.0.0.0", 0)),
        ("[::1]:80", WebAddress("::1", 80)),
        ("gym-pc.local:65535", WebAddress("gym-pc.local", 65535)),
    ],
)
def test_an_address_is_a_port_perhaps_with_a_host(text: str, expected: WebAddress) -> None:
    assert WebAddress.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "host", "65536", "-1", "host:", ":80", "http://host:80", "a b:80", "::1:80"]
)
def test_another_text_is_no_address(text: str) -> None:
    with pytest.raises(OptionError, match=r"is not \[HOST:\]PORT"):
        WebAddress.parse(text)


def test_a_page_is_served_with_headers_that_let_nothing_else_in(server: WebServer) -> None:
    answer = ask(server)
    assert answer.status == 200
    assert answer.body.startswith(b"<!doctype html>")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/static/%2e%2e/server.py",
        "/static/..%5cserver.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/",
        "/static/viewer.html%00.js",
        "//etc/passwd",
        "/elsewhere",
    ],
)
def test_only_the_files_of_the_pages_are_served(server: WebServer, path: str) -> None:
    assert ask(server, path).status == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "a\tb", "localhost@b"]
)
def test_another_host_is_refused(server: WebServer, host: str) -> None:
    assert ask(server, headers={"Host": host}).status in (400, 403)
    assert ask(server).status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", ""])
def test_pages_of_others_change_nothing_and_open_no_websocket(
    server: WebServer, origin: str
) -> None:
    assert ask(server, method="POST", headers={"Origin": origin}).status == 403
    with (
        pytest.raises(InvalidStatus, match="403"),
        websocket(server, "/echo", {"Origin": origin}),
    ):
        pass


def test_a_request_without_an_origin_changes_nothing_either(server: WebServer) -> None:
    assert ask(server, method="POST").status == 403
    with pytest.raises(InvalidStatus, match="403"), websocket(server, "/echo", {}):
        pass


def test_the_servers_own_page_opens_a_websocket(server: WebServer) -> None:
    with websocket(server, "/echo") as client:
        client.send("hello")
        assert client.recv(LIMIT_S) == "hello"


def test_a_message_that_is_too_large_ends_the_connection(server: WebServer) -> None:
    with websocket(server, "/echo") as client:
        client.send("x" * (MAX_MESSAGE_BYTES + 1))
        with pytest.raises(ConnectionClosed):
            client.recv(LIMIT_S)


def test_a_large_body_is_not_read(server: WebServer) -> None:
    for header in ({"Content-Length": "1000000000"}, {"Transfer-Encoding": "chunked"}):
        assert ask(server, "/", "POST", {"Origin": server.origin, **header}).status == 413


def test_without_the_token_there_is_nothing(guarded: WebServer) -> None:
    refused = [
        ask(guarded),
        ask(guarded, "/?token=wrong"),
        ask(guarded, headers={"Authorization": "Bearer wrong"}),
        ask(guarded, headers={"Cookie": f"livepose_{guarded.port}=wrong"}),
        ask(guarded, headers={"Cookie": "=;=,\x01"}),
        ask(guarded, "/static/viewer.html"),
        ask(guarded, "/elsewhere"),
    ]
    assert {answer.status for answer in refused} == {401}
    assert b"needs its token" in refused[0].body
    for query in ("", "?token=wrong"):
        with pytest.raises(InvalidStatus, match="401"), websocket(guarded, f"/echo{query}"):
            pass


def test_the_token_in_the_address_becomes_a_cookie_and_leaves_the_address(
    guarded: WebServer,
) -> None:
    answer = ask(guarded, f"//evil.example?a=b&token={guarded.token}")
    assert answer.status == 303
    assert answer.headers["location"] == "/evil.example?a=b"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    # Cookies are the same for all servers of a host, and others write them as they like.
    sent = {"Cookie": f'of another server={{"a": 1, "b": [2]}}; {cookie.partition(";")[0]}'}
    assert ask(guarded, headers=sent).status == 200
    with websocket(guarded, "/echo", {"Origin": guarded.origin, **sent}) as client:
        client.send("hello")
        assert client.recv(LIMIT_S) == "hello"
    assert ask(guarded, headers={"Authorization": f"Bearer {guarded.token}"}).status == 200


def test_a_token_is_made_where_other_machines_can_connect() -> None:
    with WebServer(WebAddress("0.0.0.0"), ROUTES) as server:
        assert len(server.token) >= 32
        assert server.url.endswith(f":{server.port}/?token={server.token}")
        assert ask(server).status == 401
    with pytest.raises(OptionError, match="at least 12"):
        WebServer(WebAddress(), ROUTES, token="short")


def test_a_port_in_use_and_a_host_elsewhere_are_one_sentence(server: WebServer) -> None:
    with pytest.raises(SinkError, match=f"another program uses port {server.port}"):
        WebServer(WebAddress(port=server.port), ROUTES)
    with pytest.raises(SinkError, match="not an address of this machine"):
        WebServer(WebAddress("192.0.2.77"), ROUTES)
    with pytest.raises(SinkError, match=r"there is no host no-such-host\.invalid"):
        WebServer(WebAddress("no-such-host.invalid"), ROUTES)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="others let anybody use all ports")
@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6")
def test_at_every_address_of_ipv6_are_those_of_ipv4() -> None:
    with WebServer(WebAddress("::"), ROUTES) as server:
        sent = {"Authorization": f"Bearer {server.token}"}
        assert ask(server, headers=sent).status == 200


def test_a_port_for_administrators_is_one_sentence() -> None:
    code = "from livepose.system.web_address import WebAddress; WebAddress(port=81).bind()"
    words = [sys.executable, "-c", code]
    if os.geteuid() == 0:
        words = ["setpriv", "--bounding-set=-net_bind_service", *words]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.stderr.endswith(
        "the page cannot be served: port 81 is for administrators only; "
        "choose another one, above 1023\n"
    )


def test_many_silent_connections_keep_nobody_out(server: WebServer) -> None:
    with ExitStack() as stack:
        for _ in range(3 * MAX_CONNECTIONS):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), LIMIT_S))
        assert ask(server).status == 200


def test_who_connects_and_begins_no_handshake_takes_few_sockets(tmp_path: Path) -> None:
    certificate = open_certificate(tmp_path, ["localhost"])
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate.path)
    trusted = ssl.create_default_context(cafile=certificate.path)
    with WebServer(WebAddress(), ROUTES, tls=tls) as server, ExitStack() as stack:
        address = ("127.0.0.1", server.port)
        clients = [
            stack.enter_context(socket.create_connection(address, LIMIT_S))
            for _ in range(3 * MAX_CONNECTIONS)
        ]
        with urllib.request.urlopen(server.url, context=trusted, timeout=LIMIT_S) as answer:
            assert answer.status == 200
        ended, _, _ = select.select(clients, [], [], 0)
        assert len(ended) >= 2 * MAX_CONNECTIONS


MASK = bytes(4)


def is_reset_by(client: socket.socket, frame: bytes) -> bool:
    """Return whether a connection is reset when a frame is sent again and again."""
    client.settimeout(2.0)
    try:
        for _ in range(100):
            client.sendall(frame * 1000)
        while client.recv(1 << 16):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        pass
    return False


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"\x89\x80" + MASK, id="pings"),
        pytest.param(b"\x8a\x80" + MASK, id="pongs that nobody has asked for"),
        pytest.param(b"\x00\x80" + MASK, id="pieces without an end"),
        pytest.param(b"\x81\x80" + MASK, id="messages faster than they are read"),
    ],
)
def test_who_sends_small_frames_without_end_is_dropped(server: WebServer, frame: bytes) -> None:
    with silent_websocket(server, "/echo") as client:
        client.sendall(b"\x01\x80" + MASK if frame[0] == 0 else b"")
        assert is_reset_by(client, frame)


def test_who_goes_on_after_the_end_is_dropped(server: WebServer) -> None:
    with silent_websocket(server, "/bye") as client:
        assert is_reset_by(client, b"\x81\x80" + MASK)


def test_pings_now_and_then_drop_nobody(server: WebServer) -> None:
    with websocket(server, "/echo") as client:
        for pings, pause_s in ((90, 1.0), (15, 0.0)):
            for _ in range(pings):
                answer = client.ping()
            assert answer.wait(LIMIT_S)
            time.sleep(pause_s)
        client.send("hello")
        assert client.recv(LIMIT_S) == "hello"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(f"X-Long: {'x' * 9000}\r\n", id="a header that is too long"),
        pytest.param("".join(f"X-{i}: y\r\n" for i in range(140)), id="too many headers"),
    ],
)
def test_a_websocket_that_nobody_answers_is_closed(guarded: WebServer, headers: str) -> None:
    with socket.create_connection(("127.0.0.1", guarded.port), 3.0) as client:
        client.sendall(websocket_request(guarded, "/echo", headers))
        with suppress(ConnectionResetError):
            assert client.recv(64) == b""


CLOSE = b"\x88\x80" + MASK


def test_who_leaves_without_reading_is_not_waited_for(
    server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livepose.web.connections.SILENT_S", 0.2)
    with silent_websocket(server, "/much") as client:
        client.sendall(CLOSE)
        time.sleep(0.5)
        received = 0
        with suppress(ConnectionResetError):
            while data := client.recv(1 << 20):
                received += len(data)
        assert received < MANY_BYTES


def test_it_ends_without_a_word_about_who_has_left(caplog: pytest.LogCaptureFixture) -> None:
    with (
        WebServer(WebAddress(), ROUTES) as server,
        silent_websocket(server, "/much") as client,
    ):
        client.sendall(CLOSE)
        time.sleep(0.2)
        server.close()
    assert not caplog.records


def test_it_ends_at_once_though_a_client_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livepose.web.server._STOP_LIMIT_S", 60.0)

    async def flood(websocket: WebSocket) -> None:
        await websocket.accept()
        while True:
            await websocket.send_bytes(bytes(1 << 20))

    with ExitStack() as stack:
        server = WebServer(WebAddress(), [WebSocketRoute("/flood", flood)])
        stack.enter_context(server)
        stack.enter_context(silent_websocket(server, "/flood"))
        began_s = time.monotonic()
        server.close()
        assert time.monotonic() - began_s < 30


def test_with_a_certificate_it_speaks_https(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    words += ["-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*words, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    trusted = ssl.create_default_context(cafile=certificate)
    with WebServer(WebAddress(), ROUTES, tls=tls) as server:
        assert server.url.startswith("https://localhost:")
        with urllib.request.urlopen(server.url, context=trusted, timeout=LIMIT_S) as answer:
            assert answer.status == 200
            assert f"wss://localhost:{server.port}" in answer.headers["content-security-policy"]
