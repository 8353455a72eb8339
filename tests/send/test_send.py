"""Sending poses: real receivers on this machine, good ones, slow ones and none."""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_server import ThreadingOSCUDPServer
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from livepose.core.angles import Angles
from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import KEYPOINT_NAMES
from livepose.send import open_sender
from livepose.send.osc import LARGEST_BYTES, OscEncoder, bundles, message
from tests.support.servers import free_port

MANY = 2000
PATIENCE_S = 10.0
WIDTH_PX, HEIGHT_PX = 64, 32


def posed_with(index: int, ids: tuple[int, ...] = (1,), angles: Angles | None = None) -> PosedFrame:
    """Frame number so and so: point k of row n lies at (n + k, 2 k + 0.5)."""
    people = len(ids)
    k = np.arange(17, dtype=np.float32)
    xy = np.stack((k, 2 * k + 0.5), axis=-1)[None].repeat(people, axis=0)
    xy[..., 0] += np.arange(people, dtype=np.float32)[:, None]
    scores = np.linspace(0.9, 0.5, people, dtype=np.float32)
    poses = Poses.empty()
    if people:
        poses = replace(
            Poses.from_keypoints(xy, np.full((people, 17), 0.75, np.float32)),
            person_score=scores,
            track_id=np.array(ids, np.int32),
        )
    frame = Frame.from_bgr(np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8), index, index / 4)
    region = Region.letterbox(WIDTH_PX, HEIGHT_PX)
    return PosedFrame(frame, poses, region, 0.01, detections=poses, angles=angles or Angles())


def frame_line(posed: PosedFrame) -> bytes:
    """A small stand-in for what writes `.jsonl` files."""
    words = {
        "index": posed.frame.index,
        "xy": posed.poses.xy.tolist(),
        "found": posed.detections.xy.tolist(),
    }
    return orjson.dumps(words)


def index_of(line: bytes | str) -> int:
    return int(orjson.loads(line)["index"])


def write_many(sender: Any, first: int = 0) -> None:
    posed = posed_with(0)
    for index in range(first, first + MANY):
        frame = Frame.from_bgr(posed.frame.bgr, index, index / 4)
        sender.write(PosedFrame(frame, posed.poses, posed.region, 0.01))


# What is typed.


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://localhost:1", "give osc://HOST:PORT, udp://HOST:PORT or ws://HOST:PORT"),
        ("localhost:9000", "give osc://HOST:PORT"),
        ("9000", "give osc://HOST:PORT"),
        ("osc://localhost", "names no port: give osc://localhost:9000"),
        ("udp://localhost:", "names no port: give udp://localhost:9000"),
        ("udp://localhost:0", "a number from 1 to 65535"),
        ("ws://localhost:70000", "a number from 1 to 65535"),
        ("ws://localhost:http", "a number from 1 to 65535"),
        ("ws://:8765", "names no host"),
        ("ws://localhost:8765/poses", "has more than ws://HOST:PORT"),
        ("osc://me@localhost:9000", "has more than osc://HOST:PORT"),
        ("osc://[::1:9000", "is not an address"),
    ],
)
def test_what_is_no_address_is_refused_with_what_would_be_one(url: str, complaint: str) -> None:
    with pytest.raises(OptionError) as caught:
        open_sender(url, frame_line)
    assert url in str(caught.value)
    assert complaint in str(caught.value)


@pytest.mark.parametrize("scheme", ["osc", "udp", "ws"])
def test_a_host_that_does_not_exist_is_told_at_once(scheme: str) -> None:
    with pytest.raises(SinkError, match=r"there is no host nowhere\.invalid"):
        open_sender(f"{scheme}://nowhere.invalid:9000", frame_line)


def test_a_port_that_is_taken_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SinkError, match=f"another program uses port {port}"):
            open_sender(f"ws://127.0.0.1:{port}", frame_line)


def test_a_host_that_is_another_machine_cannot_be_listened_at() -> None:
    with pytest.raises(SinkError, match="is not an address of this machine"):
        open_sender("ws://192.0.2.1:8765", frame_line)


# What holds for all of them.


@pytest.fixture(params=["osc", "udp", "ws"])
def url(request: pytest.FixtureRequest) -> str:
    kind = socket.SOCK_STREAM if request.param == "ws" else socket.SOCK_DGRAM
    return f"{request.param}://127.0.0.1:{free_port(kind)}"


def test_nobody_has_to_listen(url: str) -> None:
    with open_sender(url, frame_line) as sender:
        write_many(sender)


def test_close_can_be_called_twice_and_nothing_can_be_written_afterwards(url: str) -> None:
    sender = open_sender(url, frame_line)
    sender.close()
    sender.close()
    with pytest.raises(SinkError, match="is closed"):
        sender.write(posed_with(0))


def test_that_nobody_listens_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with open_sender(f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}", frame_line) as sender:
        for index in range(20):
            sender.write(posed_with(index))
            time.sleep(0.002)
    assert [r.getMessage() for r in caplog.records if "nobody listens" in r.getMessage()]
    assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) == 1


def test_a_fault_of_the_encoder_reaches_who_writes() -> None:
    def broken(posed: PosedFrame) -> bytes:
        raise ZeroDivisionError("no such number")

    with open_sender(f"udp://127.0.0.1:{free_port(socket.SOCK_DGRAM)}", broken) as sender:
        with pytest.raises(SinkError, match="gets no more poses: no such number") as caught:
            _write_until_it_fails(sender)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)


def _write_until_it_fails(sender: Any) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        sender.write(posed_with(0))
        time.sleep(0.001)


# UDP.


@contextmanager
def udp_receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE_S)
        yield receiver


def udp_url(receiver: socket.socket) -> str:
    return f"udp://127.0.0.1:{receiver.getsockname()[1]}"


def test_a_datagram_is_the_line_of_its_frame() -> None:
    posed = posed_with(7)
    with udp_receiver() as receiver, open_sender(udp_url(receiver), frame_line) as sender:
        sender.write(posed)
        assert receiver.recv(65536) == frame_line(posed)


def test_a_line_too_long_for_a_datagram_goes_without_what_was_found() -> None:
    posed = posed_with(7, tuple(range(1, 201)))
    assert len(frame_line(posed)) > 65507
    with udp_receiver() as receiver, open_sender(udp_url(receiver), frame_line) as sender:
        sender.write(posed)
        words = orjson.loads(receiver.recv(65536))
    assert words["xy"] == posed.poses.xy.tolist()
    assert words["found"] == []


def test_a_line_that_is_still_too_long_is_left_out_and_that_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    crowd = tuple(range(1, 501))
    with udp_receiver() as receiver, open_sender(udp_url(receiver), frame_line) as sender:
        for index in (1, 2):
            sender.write(posed_with(index, crowd))
        sender.write(posed_with(3))
        assert index_of(receiver.recv(65536)) == 3
    assert caplog.text.count("500 people are too many for one datagram") == 1


def test_a_datagram_receiver_that_stopped_gets_what_is_newest_when_it_reads_again() -> None:
    with udp_receiver() as receiver, open_sender(udp_url(receiver), frame_line) as sender:
        write_many(sender)
        _drain(receiver)
        write_many(sender, first=MANY)
        _drain(receiver)
        sender.write(posed_with(12345))
        receiver.settimeout(PATIENCE_S)
        assert index_of(receiver.recv(65536)) == 12345


def _drain(receiver: socket.socket) -> None:
    receiver.settimeout(0.2)
    with suppress(TimeoutError):
        while True:
            receiver.recv(65536)


def test_a_receiver_that_comes_later_gets_what_is_newest() -> None:
    port = free_port(socket.SOCK_DGRAM)
    with open_sender(f"udp://127.0.0.1:{port}", frame_line) as sender:
        write_many(sender)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", port))
            receiver.settimeout(0.2)
            _drain(receiver)  # the last of the many
            sender.write(posed_with(12345))
            receiver.settimeout(PATIENCE_S)
            assert index_of(receiver.recv(65536)) == 12345


# OSC.

Message = tuple[str, tuple[Any, ...]]


@contextmanager
def osc_receiver() -> Iterator[tuple[str, Callable[[int], list[Message]]]]:
    """A real OSC server; gives its url, and what takes so many messages."""
    received: queue.Queue[Message] = queue.Queue()
    dispatcher = Dispatcher()
    dispatcher.set_default_handler(lambda address, *values: received.put((address, values)))
    with ThreadingOSCUDPServer(("127.0.0.1", 0), dispatcher) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield (
                f"osc://127.0.0.1:{server.server_address[1]}",
                lambda count: [received.get(timeout=PATIENCE_S) for _ in range(count)],
            )
        finally:
            server.shutdown()
            thread.join()


def messages_of(packets: Any) -> list[Message]:
    found = []
    for packet in packets:
        assert OscBundle.dgram_is_bundle(packet)
        found += [(one.address, tuple(one.params)) for one in OscBundle(packet)]
    return found


def test_an_osc_server_receives_every_point_in_pixels_and_as_a_share_of_the_picture() -> None:
    with osc_receiver() as (url, take), open_sender(url, frame_line) as sender:
        sender.write(posed_with(6, ids=(4,)))
        received = dict(take(3 + 17))
    assert received["/livepose/frame"] == (6, 1.5, 1)
    assert received["/livepose/size"] == (WIDTH_PX, HEIGHT_PX)
    assert received["/livepose/people"] == (4,)
    for k, name in enumerate(KEYPOINT_NAMES):
        y = 2 * k + 0.5
        wanted = (k, y, 0.75, k / WIDTH_PX, y / HEIGHT_PX)
        assert received[f"/livepose/person/4/{name}"] == wanted


def test_an_osc_server_receives_angles_but_not_those_that_cannot_be_seen() -> None:
    degrees = np.array([[90.5, np.nan]], np.float32)
    angles = Angles(("left_knee", "right_knee"), degrees)
    received = messages_of(OscEncoder().encode(posed_with(0, angles=angles)))
    assert received[-1] == ("/livepose/person/1/angle/left_knee", (90.5,))
    assert len(received) == 3 + 17 + 1


def test_an_osc_server_is_told_who_has_gone() -> None:
    with osc_receiver() as (url, take):
        with open_sender(url, frame_line) as sender:
            sender.write(posed_with(0, ids=(1, 2)))
            take(3 + 2 * 17)
            sender.write(posed_with(1, ids=(2,)))
            second = take(4 + 17)
            assert ("/livepose/person/1/gone", ()) in second
            assert ("/livepose/person/2/gone", ()) not in second
        assert take(1) == [("/livepose/person/2/gone", ())]  # when all is over, the last one too


def test_a_frame_without_people_says_so() -> None:
    received = messages_of(OscEncoder().encode(posed_with(3, ids=())))
    assert received == [
        ("/livepose/frame", (3, 0.75, 0)),
        ("/livepose/size", (WIDTH_PX, HEIGHT_PX)),
        ("/livepose/people", ()),
    ]


def test_of_people_without_an_id_the_surest_is_sent() -> None:
    received = dict(messages_of(OscEncoder().encode(posed_with(0, ids=(0, 0, 0)))))
    assert received["/livepose/people"] == (0,)
    assert received["/livepose/person/0/nose"][0] == 0  # of the first row, which scores most


def test_every_bundle_fits_one_packet_and_together_they_hold_all_in_order() -> None:
    names = tuple(f"left_angle_{number}" for number in range(12))
    angles = Angles(names, np.full((6, 12), 45.0, np.float32))
    posed = posed_with(0, ids=tuple(range(1, 7)), angles=angles)
    packets = list(OscEncoder().encode(posed))
    assert max(len(packet) for packet in packets) <= LARGEST_BYTES < 1472
    addresses = [address for address, _ in messages_of(packets)]
    assert len(addresses) == 3 + 6 * (17 + 12)
    assert addresses[0] == "/livepose/frame"
    assert [a for a in addresses if a.endswith("nose")] == [
        f"/livepose/person/{track_id}/nose" for track_id in range(1, 7)
    ]


@pytest.mark.parametrize("length", range(1, 9))
def test_addresses_of_every_length_are_padded_as_osc_wants_it(length: int) -> None:
    address = "/" + "a" * length
    assert messages_of(bundles([message(address, "if", 3, 0.5)])) == [(address, (3, 0.5))]


# WebSocket.


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


def _wait_until(is_so: Callable[[], bool]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not is_so() and time.monotonic() < end_s:
        time.sleep(0.005)
    assert is_so()


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


def test_a_fault_of_the_encoder_reaches_who_writes_to_clients() -> None:
    def broken(posed: PosedFrame) -> bytes:
        raise ZeroDivisionError("no such number")

    url = f"ws://127.0.0.1:{free_port()}"
    complaint = pytest.raises(SinkError, match="gets no more poses: no such number")
    with open_sender(url, broken) as sender, connect(url), complaint:
        _write_until_it_fails(sender)
