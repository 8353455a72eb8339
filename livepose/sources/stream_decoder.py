"""Decode what a stream reader reads: of a live stream the newest picture, of a file each one."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from livepose.core.errors import SourceError
from livepose.sources.connection import Connection, StreamKind
from livepose.sources.packet_queue import ArrivedPacket
from livepose.sources.stream_reader import StreamReader
from livepose.system.pyav import av, ffmpeg_message

_log = logging.getLogger(__name__)

_BROKEN_LIMIT_S = 10.0
"""How long nothing but broken frames may arrive."""
_LATEST_S = 0.2
"""After so long in catching up, a picture is shown though a newer one waits."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded picture of a stream."""

    decoded: Any
    """An `av.VideoFrame`."""
    sent_s: float
    """The `time.perf_counter()` time at which it arrived, or would have without delay."""
    skipped: int
    """How many pictures before it were left out."""


class StreamDecoder:
    """Decodes the packets of one connection; what is broken is left out, unless all is."""

    def __init__(self, reader: StreamReader, connection: Connection, name: str) -> None:
        """Begin with the first packet.

        Args:
            reader: Where the packets come from.
            connection: The reader's.
            name: Of the stream, for messages.
        """
        self._reader = reader
        self._decoder = connection.decoder
        self._kind = connection.kind
        self._clock = reader.clock if connection.has_time_stamps else None
        self._name = name
        self._good_s = time.perf_counter()
        self._is_reported = False
        self._is_drained = False
        """Whether the last packet was empty, which a decoder takes for the end."""
        self._pictures: deque[Picture] = deque()

    @property
    def is_behind(self) -> bool:
        """Whether newer pictures wait."""
        return self._reader.is_behind

    def next_picture(self, timeout_s: float) -> Picture | None:
        """Return the next picture, of a live stream the newest one; None at the end.

        Raises:
            TimeoutError: If none came in time.
            SourceError: If the connection is broken, or the pictures are; it says why.
        """
        began_s = time.perf_counter()
        skipped = 0
        while True:
            if self._pictures and (
                self._kind is not StreamKind.LIVE
                or not self._reader.is_behind
                or time.perf_counter() - began_s > _LATEST_S
            ):
                return self._pictures.popleft()
            left_s = began_s + timeout_s - time.perf_counter()
            arrived = self._reader.next_packet(0.0 if self._pictures else max(0.0, left_s))
            if arrived is None:
                return self._pictures.popleft() if self._pictures else None
            frames = self._decode(arrived)
            skipped += arrived.skipped
            if frames and self._kind is StreamKind.LIVE:
                # Only the newest is wanted.
                skipped += len(self._pictures) + len(frames) - 1
                self._pictures.clear()
                frames = frames[-1:]
            for frame in frames:
                self._pictures.append(Picture(frame, self._sent_s(frame, arrived), skipped))

    def _decode(self, arrived: ArrivedPacket) -> list[Any]:
        # What the decoder remembers is not what comes before this packet, or it was told of an end.
        if arrived.skipped or self._is_drained:
            self._decoder.flush_buffers()
        self._is_drained = not arrived.packet.size
        try:
            frames: list[Any] = self._decoder.decode(arrived.packet)
        except av.FFmpegError as error:
            if time.perf_counter() - self._good_s > _BROKEN_LIMIT_S:
                raise SourceError(ffmpeg_message(error)) from error
            if not self._is_reported and self._kind is not StreamKind.STILL:
                _log.info("%s: broken frames are left out", self._name)
                self._is_reported = True
            return []
        if frames:
            self._good_s = time.perf_counter()
        return frames

    def _sent_s(self, frame: Any, arrived: ArrivedPacket) -> float:
        if self._clock is None:
            return arrived.arrived_s
        return self._clock.sent_s(frame.time, arrived.arrived_s)
