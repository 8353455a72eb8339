"""The page of the viewer: who gets which frame, and who is dropped."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from livepose.core.frame import Frame
from livepose.system.web_address import WebAddress
from livepose.web import broadcast
from livepose.web.broadcast import encode
from livepose.web.commands import Command
from livepose.web.limits import MAX_CLIENTS
from livepose.web.server import WebServer
from livepose.web.viewer_page import ViewerPage
from tests.support.web import LIMIT_S, ask, silent_websocket, websocket


@pytest.fixture
def page() -> Iterator[ViewerPage]:
    with ViewerPage() as made:
        made.introduce(b'{"bones": []}')
        yield made


@pytest.fixture
def server(page: ViewerPage) -> Iterator[WebServer]:
    with WebServer(WebAddress(), page.routes) as made:
        page.connect(made)
        yield made


def grey(value: int, width_px: int = 64) -> Frame:
    return Frame.from_bgr(np.full((48, width_px, 3), value, np.uint8))


@dataclass(frozen=True)
class Numbered:
    """The content of a frame that has nothing but a number."""

    number: int

    def to_json(self) -> bytes:
        return json.dumps({"number": self.number}).encode()


def publish(page: ViewerPage, number: int, picture: Frame | None = None) -> None:
    page.publish(Numbered(number), picture or grey(number % 256), time.perf_counter())


@dataclass(frozen=True)
class Message:
    """A frame as a page gets it."""

    data: dict[str, Any]
    value: float | None
    """Of the grey picture; None without one."""


def receive(client: ClientConnection, *, draws: bool = True) -> Message:
    message = client.recv(LIMIT_S)
    assert isinstance(message, bytes)
    length, _ = struct.unpack_from("<II", message)
    jpeg = message[8 + length :]
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    data = json.loads(message[8 : 8 + length])
    if draws and "number" in data:
        client.send('["drawn"]')
    return Message(data, None if picture is None else float(picture.mean()))


def wait_for(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + LIMIT_S
    while not is_so():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def test_a_frame_comes_with_its_own_picture_after_the_introduction(
    page: ViewerPage, server: WebServer
) -> None:
    with websocket(server, "/live") as client:
        wait_for(lambda: page.has_clients)
        assert page.take_command(LIMIT_S) == Command("refresh")
        publish(page, 100)
        assert receive(client).data == {"bones": []}
        for number in (100, 200):
            publish(page, number)
            frame = receive(client)
            while frame.data["number"] != number:
                frame = receive(client)
            assert frame.value == pytest.approx(number, abs=2) or frame.value is None


@dataclass(frozen=True)
class Introducing(Numbered):
    """Content during whose encoding the page is introduced anew."""

    page: ViewerPage

    def to_json(self) -> bytes:
        self.page.introduce(b'{"bones": [[0, 1]]}')
        return super().to_json()


def test_a_frame_comes_after_the_introduction_with_which_it_was_published(
    page: ViewerPage, server: WebServer
) -> None:
    with websocket(server, "/live") as client:
        page.publish(Introducing(1, page), grey(100), time.perf_counter())
        assert [receive(client).data for _ in range(2)] == [{"bones": []}, {"number": 1}]
        publish(page, 2)
        assert [receive(client).data for _ in range(2)] == [{"bones": [[0, 1]]}, {"number": 2}]


def test_a_picture_that_stays_is_sent_once(page: ViewerPage, server: WebServer) -> None:
    still = grey(90)
    with websocket(server, "/live") as client:
        publish(page, 1, still)
        receive(client)
        assert receive(client).value == pytest.approx(90, abs=2)
        publish(page, 2, still)
        assert receive(client) == Message({"number": 2}, None)


def test_a_frame_may_be_acknowledged_in_pieces(page: ViewerPage, server: WebServer) -> None:
    with websocket(server, "/live") as client:
        publish(page, 1)
        receive(client)
        assert receive(client, draws=False).data["number"] == 1
        publish(page, 2)
        client.send(['["dra', 'wn"]'])
        assert receive(client).data["number"] == 2


def test_a_slow_client_gets_the_newest_frame_and_holds_nobody_up(
    page: ViewerPage, server: WebServer
) -> None:
    with websocket(server, "/live") as slow, websocket(server, "/live") as quick:
        publish(page, 0)
        for client in (slow, quick):
            receive(client)
        receive(slow, draws=False)
        receive(quick)
        for number in range(1, 30):
            publish(page, number)
            assert receive(quick).data["number"] == number
        slow.send('["drawn"]')
        assert receive(slow).data["number"] == 29


def test_who_comes_when_nobody_has_watched_for_a_while_gets_no_old_frame(
    page: ViewerPage, server: WebServer
) -> None:
    with websocket(server, "/live") as first:
        publish(page, 1)
        receive(first)
        assert receive(first).data["number"] == 1
    wait_for(lambda: not page.has_clients)
    with websocket(server, "/live") as second:
        wait_for(lambda: page.has_clients)
        time.sleep(0.05)
        publish(page, 2)
        receive(second)
        assert receive(second).data["number"] == 2


def test_a_picture_is_encoded_once_for_all(
    page: ViewerPage, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[Frame] = []

    def counted(picture: Frame) -> bytes:
        encoded.append(picture)
        return encode(picture)

    monkeypatch.setattr(broadcast, "encode", counted)
    publish(page, 0)
    time.sleep(0.05)
    assert not encoded  # nobody watches
    with websocket(server, "/live") as one, websocket(server, "/live") as two:
        for client in (one, two):
            receive(client)
            assert receive(client).data["number"] == 0
        assert len(encoded) == 1


def test_what_is_known_of_a_frame_is_put_together_only_for_those_that_are_sent(
    page: ViewerPage, server: WebServer
) -> None:
    asked: list[int] = []

    class Counted(Numbered):
        def to_json(self) -> bytes:
            asked.append(self.number)
            return super().to_json()

    with websocket(server, "/live") as client:
        publish(page, 0)
        receive(client)
        receive(client, draws=False)
        for number in range(1, 30):
            page.publish(Counted(number), grey(number), time.perf_counter())
        client.send('["drawn"]')
        assert receive(client).data["number"] == 29
    assert asked == [29]


def test_a_frame_that_cannot_be_sent_is_logged_and_others_are_sent(
    page: ViewerPage, server: WebServer, caplog: pytest.LogCaptureFixture
) -> None:
    class Faulty(Numbered):
        def to_json(self) -> bytes:
            raise ValueError("no such angle")

    with websocket(server, "/live") as client:
        wait_for(lambda: page.has_clients)
        for _ in range(2):
            page.publish(Faulty(1), grey(1), time.perf_counter())
            time.sleep(0.05)
        publish(page, 2)
        receive(client)
        assert receive(client).data["number"] == 2
    messages = [each.getMessage() for each in caplog.records]
    assert messages == ["frames cannot be shown on the page: no such angle"]


def test_a_client_that_reads_nothing_is_dropped(
    page: ViewerPage, server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "_READ_LIMIT_S", 0.3)
    with silent_websocket(server, "/live"):
        wait_for(lambda: page.has_clients)
        end_s = time.monotonic() + LIMIT_S
        number = 0
        while page.has_clients and time.monotonic() < end_s:
            publish(page, number := number + 1)
            time.sleep(0.01)
        assert not page.has_clients


@pytest.mark.parametrize(
    "message",
    ["", "x", "[]", "{}", "[1]", '["a", "b"]', '["a", [1]]', '["a", 1e300]', "9" * 300, b"a"],
)
def test_who_sends_what_no_page_sends_is_dropped(server: WebServer, message: str | bytes) -> None:
    with websocket(server, "/live") as client:
        client.send(message)
        with pytest.raises(ConnectionClosed):
            client.recv(LIMIT_S)


@pytest.mark.parametrize("message", ['["pause"]', '["drawn"]'])
def test_who_asks_for_too_much_is_dropped(
    page: ViewerPage, server: WebServer, message: str
) -> None:
    with websocket(server, "/live") as client, pytest.raises(ConnectionClosed):
        for _ in range(5000):
            client.send(message)
        client.recv(LIMIT_S)
    commands = 0
    while page.take_command():
        commands += 1
    assert commands <= 64


def test_a_point_in_hand_goes_back_if_its_page_is_closed(
    page: ViewerPage, server: WebServer
) -> None:
    for last in ("press", "drag", "release"):
        with websocket(server, "/live") as client:
            client.send(f'["{last}", 10, 20]')
            assert page.take_command(LIMIT_S) == Command("refresh")
            assert page.take_command(LIMIT_S) == Command(last, (10.0, 20.0))
        wait_for(lambda: not page.has_clients)
        assert page.take_command() == (None if last == "release" else Command("other"))


def test_only_so_many_may_watch(server: WebServer) -> None:
    with ExitStack() as stack:
        assert ask(server, "/room").status == 204
        for _ in range(MAX_CLIENTS):
            stack.enter_context(websocket(server, "/live"))
        assert ask(server, "/room").status == 503, "which a page can read, unlike the next one"
        with pytest.raises(InvalidStatus, match="503"), websocket(server, "/live"):
            pass


def test_only_files_that_were_saved_can_be_downloaded(
    page: ViewerPage, server: WebServer, tmp_path: Path
) -> None:
    (tmp_path / "a.png").write_bytes(b"a picture")
    (tmp_path / "b.png").write_bytes(b"another one")
    (tmp_path / "link.png").symlink_to(tmp_path / "b.png")
    names = ("a.png", "gone.png", "link.png")
    page.offer_files({name: tmp_path / name for name in names})
    answer = ask(server, "/files/a.png")
    assert (answer.status, answer.body) == (200, b"a picture")
    assert "attachment" in answer.headers["content-disposition"]
    for path in ("b.png", "gone.png", "link.png", "..%2fb.png", "../a.png", ""):
        assert ask(server, f"/files/{path}").status == 404


def test_a_large_picture_is_no_larger_than_a_page_shows_it() -> None:
    jpeg = encode(Frame.from_bgr(np.zeros((2160, 3840, 3), np.uint8)))
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (720, 1280, 3)
