"""OSC: messages, read by a real server and by the library's own reader."""

from __future__ import annotations

import queue
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle import OscBundle
from pythonosc.osc_server import ThreadingOSCUDPServer

from livepose.core.angles import Angles
from livepose.core.interfaces import PoseSink
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from livepose.export.jsonl import frame_line as jsonl_line
from livepose.send import open_sender
from livepose.send.osc import LARGEST_BYTES, OscEncoder, bundles, message
from tests.support.needs import needs_pure_data
from tests.support.paths import CHECKOUT
from tests.support.sending import HEIGHT_PX, PATIENCE_S, WIDTH_PX, frame_line, posed_with
from tests.support.skeletons import FULL_BODY_SKELETON, UPPER_BODY_SKELETON, standing_person

Message = tuple[str, tuple[Any, ...]]
HEAD = 3
"""How many messages come first in each frame."""
PERSON = 17 + 1 + 17
"""How many messages there are on each person: points by id, the slot's id, points by slot."""


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
        received = dict(take(HEAD + PERSON))
    assert received["/livepose/frame"] == (6, 1.5, 1)
    assert received["/livepose/size"] == (WIDTH_PX, HEIGHT_PX)
    assert received["/livepose/people"] == (4,)
    for k, name in enumerate(COCO_SKELETON.names):
        y = 2 * k + 0.5
        wanted = (k, y, 0.75, k / WIDTH_PX, y / HEIGHT_PX)
        assert received[f"/livepose/person/4/{name}"] == wanted
        assert received[f"/livepose/slot/1/{name}"] == wanted
    assert received["/livepose/slot/1/id"] == (4,)


def test_an_osc_server_receives_angles_but_not_those_that_cannot_be_seen() -> None:
    degrees = np.array([[90.5, np.nan]], np.float32)
    angles = Angles(("left_knee", "right_knee"), degrees)
    received = messages_of(OscEncoder().encode(posed_with(0, angles=angles)))
    assert received[HEAD + 17] == ("/livepose/person/1/angle/left_knee", (90.5,))
    assert received[-1] == ("/livepose/slot/1/angle/left_knee", (90.5,))
    assert len(received) == HEAD + PERSON + 2


def test_an_osc_server_is_told_who_has_gone() -> None:
    with osc_receiver() as (url, take):
        with open_sender(url, frame_line) as sender:
            sender.write(posed_with(0, ids=(1, 2)))
            take(HEAD + 2 * PERSON)
            sender.write(posed_with(1, ids=(2,)))
            second = take(HEAD + 2 + PERSON)
            assert ("/livepose/person/1/gone", ()) in second
            assert ("/livepose/person/2/gone", ()) not in second
            assert ("/livepose/slot/1/gone", ()) in second
            assert ("/livepose/slot/2/gone", ()) not in second
        # When all is over, the last one too.
        assert take(2) == [("/livepose/person/2/gone", ()), ("/livepose/slot/2/gone", ())]


def slots_after(*frames: tuple[int, ...]) -> list[dict[str, tuple[Any, ...]]]:
    """Return what each frame with these ids says of slots: ids, and who has gone."""
    encoder = OscEncoder()
    return [
        {
            address.removeprefix("/livepose/slot/"): values
            for address, values in messages_of(encoder.encode(posed_with(index, ids=ids)))
            if address.startswith("/livepose/slot/") and address.endswith(("/id", "/gone"))
        }
        for index, ids in enumerate(frames)
    ]


def test_the_next_visitor_gets_the_slot_of_the_one_before() -> None:
    assert slots_after((1,), (), (7,)) == [{"1/id": (1,)}, {"1/gone": ()}, {"1/id": (7,)}]


def test_a_slot_that_is_taken_at_once_is_not_gone() -> None:
    assert slots_after((1,), (2,)) == [{"1/id": (1,)}, {"1/id": (2,)}]


def test_people_keep_their_slots_and_new_ones_take_the_lowest_that_is_free() -> None:
    assert slots_after((1, 2, 3), (2, 3), (2, 3, 9), (9,)) == [
        {"1/id": (1,), "2/id": (2,), "3/id": (3,)},
        {"1/gone": (), "2/id": (2,), "3/id": (3,)},
        {"1/id": (9,), "2/id": (2,), "3/id": (3,)},
        {"1/id": (9,), "2/gone": (), "3/gone": ()},
    ]


@needs_pure_data
def test_the_patch_for_pure_data_prints_the_wrist_of_slot_1(tmp_path: Path) -> None:
    port = free_port()
    patch = tmp_path / "patch.pd"
    text = (CHECKOUT / "examples" / "puredata.pd").read_text(encoding="utf-8")
    assert text.count("9000") == 2
    patch.write_text(text.replace("9000", str(port)), encoding="utf-8")
    command = ["pd", "-nogui", "-noaudio", "-nomidi", "-stderr", str(patch)]
    printed: queue.Queue[str] = queue.Queue()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        reader = threading.Thread(target=read_lines, args=(process.stderr, printed))
        reader.start()
        try:
            with open_sender(f"osc://127.0.0.1:{port}", frame_line) as sender:
                # Until Pure Data has started, nobody listens.
                first = first_line(sender, printed)
                assert first == "id: 5"
                assert printed.get(timeout=PATIENCE_S).startswith("left_wrist: 9 18.5 0.75 ")
            lines = [printed.get(timeout=PATIENCE_S)]
            while not lines[-1].startswith("gone"):
                lines.append(printed.get(timeout=PATIENCE_S))
        finally:
            process.kill()
            reader.join()
    # Nothing of the person in slot 2, whose wrist is elsewhere.
    assert {line.split()[0] for line in lines} <= {"id:", "left_wrist:", "gone:"}
    assert not any(line.startswith(("id: 6", "left_wrist: 10 ")) for line in lines)


@pytest.mark.parametrize("scheme", ["osc", "udp"])
def test_the_python_receivers_of_the_documentation_print_what_is_sent(scheme: str) -> None:
    text = (CHECKOUT / "docs" / "live-data.md").read_text(encoding="utf-8")
    osc, udp = re.findall(r"```python\n(.*?)```", text, re.S)
    port = free_port()
    program = (osc if scheme == "osc" else udp).replace("9000", str(port))
    command = [sys.executable, "-u", "-c", program]
    printed: queue.Queue[str] = queue.Queue()
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        reader = threading.Thread(target=read_lines, args=(it.stdout, printed))
        reader.start()
        try:
            with open_sender(f"{scheme}://127.0.0.1:{port}", jsonl_line) as sender:
                first = first_line(sender, printed)
        finally:
            it.kill()
            reader.join()
    if scheme == "osc":
        assert first.startswith(f"/livepose/slot/1/left_wrist {9 / WIDTH_PX} ")
    else:
        assert first == "0.0 5 [0.0, 0.5, 0.75]"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_lines(pipe: IO[str], lines: queue.Queue[str]) -> None:
    for line in pipe:
        lines.put(line.strip())


def first_line(sender: PoseSink, printed: queue.Queue[str]) -> str:
    """Send two people until a line is printed, and return it."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        sender.write(posed_with(0, ids=(5, 6)))
        try:
            return printed.get(timeout=0.2)
        except queue.Empty:
            continue
    raise AssertionError("the receiver printed nothing")


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
    assert len(addresses) == HEAD + 6 * (PERSON + 2 * 12)
    assert addresses[0] == "/livepose/frame"
    assert [a for a in addresses if a.endswith("nose")] == [
        f"/livepose/{kind}/{number}/nose" for kind in ("person", "slot") for number in range(1, 7)
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
    assert len(found) == HEAD + 2 * len(skeleton) + 1
    for name, (x, y) in zip(skeleton.names, poses.xy[0].tolist(), strict=True):
        assert received[f"/livepose/person/0/{name}"][:2] == (x, y)
