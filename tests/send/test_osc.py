"""OSC: messages, read by a real server and by the library's own reader."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_server import ThreadingOSCUDPServer

from livepose.core.angles import Angles
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from livepose.send import open_sender
from livepose.send.osc import LARGEST_BYTES, OscEncoder, bundles, message
from tests.support.sending import HEIGHT_PX, PATIENCE_S, WIDTH_PX, frame_line, posed_with
from tests.support.skeletons import FULL_BODY_SKELETON, UPPER_BODY_SKELETON, standing_person

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
    for k, name in enumerate(COCO_SKELETON.names):
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


def test_of_people_without_an_id_the_one_that_scores_most_is_sent() -> None:
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


@pytest.mark.parametrize("skeleton", [FULL_BODY_SKELETON, UPPER_BODY_SKELETON])
def test_messages_carry_the_names_of_the_skeleton_s_own_keypoints(skeleton: Skeleton) -> None:
    poses = standing_person(skeleton)
    found = messages_of(OscEncoder().encode(replace(posed_with(0), poses=poses)))
    received = dict(found)
    assert len(found) == 3 + len(skeleton)
    for name, (x, y) in zip(skeleton.names, poses.xy[0].tolist(), strict=True):
        assert received[f"/livepose/person/0/{name}"][:2] == (x, y)
