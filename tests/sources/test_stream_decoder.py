"""Packets of a stream are decoded; one that is empty costs nothing else."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from livepose.sources.connection import StreamKind
from livepose.sources.packet_queue import PacketQueue
from livepose.sources.stream_decoder import StreamDecoder
from livepose.system.pyav import av
from tests.support.media import jpeg_of, number_of


def test_an_empty_packet_does_not_cost_the_next_picture() -> None:
    queue = PacketQueue(drops_late=False)
    for data in (jpeg_of(3), b"", jpeg_of(4)):
        queue.put(av.Packet(data), time.perf_counter())
    queue.end()
    reader: Any = SimpleNamespace(next_packet=queue.get, is_behind=False)
    connection: Any = SimpleNamespace(
        decoder=av.CodecContext.create("mjpeg", "r"), kind=StreamKind.FILE, has_time_stamps=False
    )
    reader.clock = None
    decoder = StreamDecoder(reader, connection, "camera")
    numbers = []
    while (picture := decoder.next_picture(1.0)) is not None:
        numbers.append(number_of(picture.decoded.to_ndarray(format="bgr24")))
    assert numbers == [3, 4]
