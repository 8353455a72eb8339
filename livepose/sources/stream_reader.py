"""The thread that reads a network stream, so that nothing waits unread, and nobody waits for it."""

from __future__ import annotations

import threading
import time

from livepose.core.errors import SourceError
from livepose.core.interfaces import Closeable
from livepose.sources.connection import Connection, StreamKind, connect
from livepose.sources.packet_queue import ArrivedPacket, PacketQueue
from livepose.sources.stream_clock import StreamClock

_WAIT_S = 0.1
_JOIN_LIMIT_S = 0.3


class StreamReader(Closeable):
    """Connects to a stream and reads its packets, in a thread of its own.

    FFmpeg cannot be interrupted while it connects or waits for data. Whoever waits for this reader
    can leave at any time: its thread then ends at the latest at its time limit, and closes what is
    open. What arrives is taken out of the socket at once, so that the time of its arrival is known,
    and what is too late need not be decoded.
    """

    def __init__(self, url: str, *, transport: str = "", still_format: str | None = None) -> None:
        """Begin to connect.

        Args:
            url: The address.
            transport: For RTSP: `tcp` or `udp`, where it is known.
            still_format: The `still_format` of an earlier connection to the same image.
        """
        self.clock = StreamClock()
        """Maps the stream's time stamps to the clock."""
        self._url = url
        self._transport = transport
        self._still_format = still_format
        self._connection: Connection | None = None
        self._queue = PacketQueue(drops_late=False)
        self._error: BaseException | None = None
        self._is_done = threading.Event()
        """Whether the attempt to connect is over."""
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="livepose-stream", daemon=True)
        self._thread.start()

    def connection(self, deadline_s: float = float("inf")) -> Connection:
        """Wait for the connection, and return it.

        Args:
            deadline_s: The `time.perf_counter()` time until which to wait.

        Raises:
            SourceError: If there is none, or not in time, or this reader was closed; it says why.
        """
        while not self._is_done.wait(_WAIT_S):
            if time.perf_counter() > deadline_s:
                raise SourceError("no answer yet")
        if self._error is not None:
            raise self._error
        if self._connection is None:
            raise SourceError("the connection was closed")
        return self._connection

    @property
    def is_behind(self) -> bool:
        """Whether packets wait to be decoded."""
        return len(self._queue) > 0

    def next_packet(self, timeout_s: float = 0.0) -> ArrivedPacket | None:
        """Return the next packet to decode, or None at the end.

        Raises:
            TimeoutError: If none came in time.
            SourceError: If the connection is broken; it says why.
        """
        return self._queue.get(timeout_s)

    def close(self) -> None:
        """Let the thread end; one that FFmpeg holds ends by itself, and closes what is open."""
        self.stop()
        self._thread.join(_JOIN_LIMIT_S)

    def stop(self) -> None:
        """Let whoever waits go on."""
        self._is_closed = True
        self._queue.close()
        self._is_done.set()

    def _run(self) -> None:
        try:
            connection = connect(
                self._url, transport=self._transport, still_format=self._still_format
            )
        except BaseException as error:
            self._error = error
            self._is_done.set()
            return
        try:
            self._read(connection)
        except BaseException as error:
            self._queue.end(error)
        finally:
            self._queue.end()
            connection.close()

    def _read(self, connection: Connection) -> None:
        is_live = connection.kind is StreamKind.LIVE
        queue = PacketQueue(
            drops_late=is_live, is_intra_only=is_live and connection.decoder.codec.intra_only
        )
        self._queue = queue
        self._connection = connection
        self._is_done.set()
        for packet in connection.packets():
            arrived_s = time.perf_counter()
            if connection.has_time_stamps and packet.pts is not None:
                self.clock.note_arrival(float(packet.pts * packet.time_base), arrived_s)
            if self._is_closed or not queue.put(packet, arrived_s):
                return
