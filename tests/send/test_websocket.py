"""WebSocket: clients that read, stall, break off and never say hello."""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from livepose.core.errors import SinkError
from livepose.send import open_sender
from livepose.send.websocket import MAX_CLIENTS, MAX_HANDSHAKES
from tests.support.sending import (
    MANY,
    PATIENCE_S,
    frame_line,
    index_of,
    posed_with,
    write_many,
)
from tests.support.servers import free_port


@contextmanager
def ws_sender() -> Iterator[tuple[str, Any]]:
    url = f"ws://127.0.0.1:{free_port()}"
    with open_sender(url, frame_line) as sender:
        yield url, sender


def write_until_received(sender: Any, client: ClientConnection, index: int) -> str:
    """A client is served from a moment after it has connected: write until it is."""
    for _ in range(1000):
        sender.write(posed_with(index))
        with suppress(TimeoutError):
            return str(client.recv(timeout=0.01))
    raise AssertionError("nothing arrived")


def receive_until(client: ClientConnection, index: int) -> None:
    while index_of(client.recv(timeout=PATIENCE_S)) != index:
        pass


def _wait_until(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < end_s:
        time.sleep(0.005)
    assert is_so()


def test_a_port_that_is_taken_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SinkError, match=f"another program uses port {port}"):
            open_sender(f"ws://127.0.0.1:{port}", frame_line)


def test_a_host_that_is_another_machine_cannot_be_listened_at() -> None:
    with pytest.raises(SinkError, match="is not an address of this machine"):
        open_sender("ws://192.0.2.1:8765", frame_line)


def test_two_clients_get_the_same_line_as_text() -> None:
    with ws_sender() as (url, sender), connect(url) as first, connect(url) as second:
        line = frame_line(posed_with(3)).decode()
        assert write_until_received(sender, first, 3) == line
        assert write_until_received(sender, second, 3) == line
        sender.write(posed_with(9))
        receive_until(first, 9)
        receive_until(second, 9)


def test_a_client_that_reads_gets_every_frame_of_a_camera_in_order() -> None:
    with ws_sender() as (url, sender), connect(url) as client:
        write_until_received(sender, client, 0)
        for index in range(1, 50):
            sender.write(posed_with(index))
            receive_until(client, index)


def test_a_client_that_does_not_read_holds_nobody_up_and_then_gets_what_is_newest() -> None:
    with ws_sender() as (url, sender), connect(url) as stalled, connect(url) as reading:
        write_until_received(sender, stalled, 0)
        write_until_received(sender, reading, 0)
        crowd = tuple(range(1, 21))
        for index in range(1, 600):  # some 15 MB, more than all buffers hold
            sender.write(posed_with(index, crowd))
            receive_until(reading, index)
        kept_lines = [len(client._lines) for client in sender._clients]
        assert max(kept_lines) <= 8
        sender.write(posed_with(12345))
        received = [index_of(stalled.recv(timeout=PATIENCE_S))]
        while received[-1] != 12345:
            received.append(index_of(stalled.recv(timeout=PATIENCE_S)))
        assert len(received) < 400  # the others were dropped
        assert received == sorted(received)


def test_many_frames_at_once_end_with_the_newest_for_who_reads() -> None:
    with ws_sender() as (url, sender), connect(url) as client:
        write_until_received(sender, client, 0)
        write_many(sender, first=1)
        receive_until(client, MANY)


def test_a_client_that_breaks_off_in_the_middle_does_not_disturb_another() -> None:
    with ws_sender() as (url, sender), connect(url) as staying:
        with connect(url) as leaving:
            write_until_received(sender, leaving, 0)
            write_until_received(sender, staying, 0)
            leaving.socket.shutdown(socket.SHUT_RDWR)  # no goodbye
            for index in range(1, 50):
                sender.write(posed_with(index))
                receive_until(staying, index)
        _wait_until(lambda: len(sender._clients) == 1)


def test_what_was_written_before_the_end_arrives_and_then_a_goodbye() -> None:
    with ws_sender() as (url, sender), connect(url) as client:
        write_until_received(sender, client, 0)
        sender.write(posed_with(77))
        sender.close()
        receive_until(client, 77)
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(timeout=PATIENCE_S)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001  # going away


def test_the_end_does_not_wait_for_who_does_not_read_nor_for_who_says_nothing() -> None:
    with ws_sender() as (url, sender), connect(url, close_timeout=0.1) as stalled:
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)):
            write_until_received(sender, stalled, 0)
            crowd = tuple(range(1, 101))
            for index in range(200):
                sender.write(posed_with(index, crowd))
                time.sleep(0.001)
            sender.close()
            assert not sender._thread.is_alive()


def test_a_port_is_free_again_after_the_end() -> None:
    with ws_sender() as (url, sender):
        with connect(url) as client:
            write_until_received(sender, client, 0)
            sender.close()
        with open_sender(url, frame_line) as again, connect(url) as client:
            write_until_received(again, client, 1)


def test_a_stranger_who_speaks_another_language_is_ignored(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ws_sender() as (url, sender), connect(url) as client:
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as stranger:
            stranger.sendall(b"EHLO example.org\r\n\r\n")
            stranger.settimeout(PATIENCE_S)
            while stranger.recv(4096):
                pass
        write_until_received(sender, client, 5)
    assert not caplog.records


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:8765"},
    ],
)
def test_a_page_of_another_site_is_refused_and_named_once(
    headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    name, value = next(iter(headers.items()))
    with ws_sender() as (url, _):
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        for _ in range(3):
            assert b" 403 " in handshake(address, name, value)
    assert len(caplog.records) == 1
    assert value in caplog.text and "--allow-origin" in caplog.text


def test_pages_of_this_machine_and_allowed_ones_may_connect(
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = f"ws://127.0.0.1:{free_port()}"
    with open_sender(url, frame_line, allowed_origins=["https://app.example"]) as sender:
        for origin in ("http://localhost:8000", "https://app.example"):
            with connect(url, origin=Origin(origin)) as client:
                write_until_received(sender, client, 1)
    assert not caplog.records
    with open_sender(url, frame_line, allowed_origins=["*"]) as sender:
        assert "every page" in caplog.text
        with connect(url, origin=Origin("https://evil.example")) as client:
            write_until_received(sender, client, 1)


def test_silent_connections_make_room_for_clients_that_ask() -> None:
    with ws_sender() as (url, sender):
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        silent = [socket.create_connection(address) for _ in range(MAX_HANDSHAKES + 20)]
        with connect(url) as client:
            write_until_received(sender, client, 1)
        _wait_until(lambda: len(sender._handshakes) <= MAX_HANDSHAKES)
        for each in silent:
            each.close()


def test_more_clients_than_there_is_room_for_are_refused() -> None:
    with ws_sender() as (url, sender), ExitStack() as stack:
        for _ in range(MAX_CLIENTS):
            stack.enter_context(connect(url, close_timeout=0.1))
        with pytest.raises(InvalidStatus, match="503"):
            connect(url)
        _wait_until(lambda: len(sender._clients) == MAX_CLIENTS)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit that can be lowered")
def test_without_a_free_file_handle_clients_wait_and_that_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    import resource

    with ws_sender() as (url, sender), ExitStack() as stack:
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        waiting = [stack.enter_context(socket.socket()) for _ in range(3)]
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        used = [int(each.name) for each in Path("/dev/fd").iterdir()]
        try:
            # Handles in between may be free: what is left of them is used up.
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(used) + 1, hard))
            with suppress(OSError):
                while True:
                    stack.enter_context(socket.socket())
            for each in waiting:
                each.connect(address)
            _wait_until(lambda: bool(caplog.records))
            time.sleep(1.2)  # asyncio tries again after a second
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        stack.close()
        with connect(url) as client:
            write_until_received(sender, client, 1)
    assert len(caplog.records) == 1
    assert "new clients have to wait (Too many open files)" in caplog.text


def handshake(address: tuple[str, int], name: str, value: str) -> bytes:
    """Ask for a connection with one header changed, and return the first line of the answer."""
    headers = {
        "Host": f"{address[0]}:{address[1]}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    } | {name: value}
    lines = "".join(f"{key}: {content}\r\n" for key, content in headers.items())
    with socket.create_connection(address, timeout=PATIENCE_S) as client:
        client.sendall(f"GET / HTTP/1.1\r\n{lines}\r\n".encode())
        return client.recv(4096).partition(b"\r\n")[0]


def test_a_client_that_floods_the_server_with_pings_and_goes_is_not_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ping = b"\x89\xfd" + bytes(4) + b"x" * 125
    with ws_sender() as (url, sender):
        for _ in range(3):
            with connect(url, close_timeout=0.1) as client:
                write_until_received(sender, client, 1)
                raw = client.socket
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raw.sendall(ping * 5000)
        with connect(url) as client:
            write_until_received(sender, client, 2)
    assert not caplog.records


def test_other_machines_need_the_token_that_is_made_for_them() -> None:
    port, addresses = free_port(), list[str]()
    with open_sender(f"ws://0.0.0.0:{port}", frame_line, on_listening=addresses.append) as sender:
        token = addresses[0].partition("/?token=")[2]
        assert len(token) >= 32
        own = f"ws://127.0.0.1:{port}"
        for url in (own, f"{own}/?token=wrong", f"{own}/?token={token}&token=wrong"):
            with pytest.raises(InvalidStatus, match="401"), connect(url):
                pass
        with connect(f"{own}/?token={token}") as client:
            assert index_of(write_until_received(sender, client, 3)) == 3
        with connect(own, additional_headers={"Authorization": f"Bearer {token}"}) as client:
            assert index_of(write_until_received(sender, client, 4)) == 4


def test_a_token_that_is_given_is_needed_on_this_machine_too() -> None:
    url = f"ws://127.0.0.1:{free_port()}"
    with open_sender(url, frame_line, token="a-token-for-tests") as sender:
        with pytest.raises(InvalidStatus, match="401"), connect(url):
            pass
        with connect(f"{url}/?token=a-token-for-tests") as client:
            assert index_of(write_until_received(sender, client, 3)) == 3
