"""Packets that wait: of a live stream those are skipped that need not be decoded."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from livepose.core.errors import SourceError
from livepose.sources import packet_queue
from livepose.sources.packet_queue import PacketQueue
from livepose.system.pyav import av
from tests.support.media import make_clip


@pytest.fixture
def packets(tmp_path: Path) -> list[Any]:
    """Twenty packets, of which every fifth is a key frame."""
    clip = make_clip(tmp_path / "clip.mp4", pts=range(20), keyframe_every=5)
    with av.open(str(clip)) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def taken(queue: PacketQueue) -> list[tuple[float, int]]:
    """Take all that waits: when each arrived, and how many before it were skipped."""
    arrived = [queue.get() for _ in range(len(queue))]
    return [(each.arrived_s, each.skipped) for each in arrived if each is not None]


def test_nothing_is_skipped_while_each_packet_is_taken(packets: list[Any]) -> None:
    queue = PacketQueue(drops_late=True)
    seen = []
    for number, packet in enumerate(packets):
        assert queue.put(packet, number)
        seen += taken(queue)
    assert seen == [(number, 0) for number in range(20)]


def test_what_waits_before_a_key_frame_is_skipped(packets: list[Any]) -> None:
    queue = PacketQueue(drops_late=True)
    for number, packet in enumerate(packets[:13]):
        queue.put(packet, number)
    assert [bool(packet.is_keyframe) for packet in packets[8:13]] == [0, 0, 1, 0, 0]
    assert taken(queue) == [(10, 10), (11, 0), (12, 0)]


def test_of_pictures_that_need_no_others_only_the_newest_waits(packets: list[Any]) -> None:
    queue = PacketQueue(drops_late=True, is_intra_only=True)
    for number, packet in enumerate(packets[:8]):
        queue.put(packet, number)
    assert taken(queue) == [(7, 7)]


def test_without_key_frames_too_many_are_skipped_up_to_the_next_one(
    packets: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packet_queue, "_MAX_PENDING", 3)
    queue = PacketQueue(drops_late=True)
    for number, packet in enumerate(packets[:5]):
        queue.put(packet, number)
    assert taken(queue) == [], "what follows would be smeared"
    for number, packet in enumerate(packets[5:7], 5):
        queue.put(packet, number)
    assert taken(queue) == [(5, 5), (6, 0)]


def test_the_end_comes_behind_the_last_packet_and_so_does_an_error(packets: list[Any]) -> None:
    for error in (None, SourceError("broken")):
        queue = PacketQueue(drops_late=True)
        queue.put(packets[0], 0)
        queue.end(error)
        assert queue.get() is not None
        if error is None:
            assert queue.get() is None
        else:
            with pytest.raises(SourceError, match="broken"):
                queue.get()


def test_a_reader_that_waits_leaves_when_the_queue_is_closed(packets: list[Any]) -> None:
    queue = PacketQueue(drops_late=True)
    with pytest.raises(TimeoutError):
        queue.get(0.01)
    timer = threading.Timer(0.05, queue.close)
    timer.start()
    assert queue.get(10) is None
    timer.join()
    assert not queue.put(packets[0], 0)


def test_of_a_file_nothing_is_skipped_and_its_writer_waits(packets: list[Any]) -> None:
    queue = PacketQueue(drops_late=False)
    writer = threading.Thread(
        target=lambda: [queue.put(packet, n) for n, packet in enumerate(packets * 5)] and None
    )
    writer.start()
    seen: list[float] = []
    while len(seen) < 100:
        arrived = queue.get(10)
        assert arrived is not None and len(queue) <= 32
        seen.append(arrived.arrived_s)
    writer.join()
    assert seen == list(range(100))
