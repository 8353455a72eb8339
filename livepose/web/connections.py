"""The connections of a web server, with limits: on silence, on their number, on what waits."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from livepose.web.limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from h11 import Request as HttpRequest
    from starlette.websockets import WebSocket
    from websockets.frames import Frame

MAX_CONNECTIONS = 64
"""How many may be open besides WebSockets; the oldest one that says nothing makes room."""
SILENT_S = 10.0
"""How long a client may take to ask for something."""
_MAX_PER_SECOND = 40
"""So many connections are served at once; a page needs about six."""
DELAY_S = 0.25
"""How long further ones are not read: who asks for more is slowed down, and not the run."""
_IDLE_FRAMES_PER_S, _IDLE_FRAMES_BURST = 10.0, 100
"""How many frames without a message may come on a WebSocket: pings, and what follows the end."""
_MAX_PIECES, _MAX_WAITING = 64, 128
"""In how many pieces a message may come, and how many messages may wait."""
_SLICE_BYTES = 1 << 12
"""So much is read at once: who sends small frames without end is dropped after a few hundred."""
_EXTENSION = "livepose.connection"
"""The key of a WebSocket's connection in its scope."""


class OpenConnection(Protocol):
    """What is known of a connection before it is asked what it is for."""

    transport: asyncio.Transport


class Connections:
    """The open connections of one server."""

    def __init__(self) -> None:
        self._silent: dict[OpenConnection, None] = {}
        """Those that have not asked for anything yet, the oldest one first."""
        self._busy: dict[OpenConnection, None] = {}
        self._websockets: set[WebSocketConnection] = set()
        self._added_s: deque[float] = deque(maxlen=_MAX_PER_SECOND + 1)
        """When the last ones came."""

    def add(self, connection: OpenConnection) -> None:
        """Register a new connection; if there are too many, the oldest one is closed."""
        self._silent[connection] = None
        if len(self._silent) + len(self._busy) > MAX_CONNECTIONS:
            oldest = next(iter(self._silent if len(self._silent) > 1 else self._busy), connection)
            self.remove(oldest)
            abort(oldest.transport)

    def are_many(self, now_s: float) -> bool:
        """Return whether many connections have come in the last second, this one included.

        Args:
            now_s: On any clock, in seconds.
        """
        self._added_s.append(now_s)
        return len(self._added_s) > _MAX_PER_SECOND and now_s - self._added_s[0] < 1

    def remove(self, connection: OpenConnection) -> None:
        """Forget a connection that has ended, or has become a WebSocket."""
        self._silent.pop(connection, None)
        self._busy.pop(connection, None)

    def has_asked(self, connection: OpenConnection) -> None:
        """Register that a connection has asked for something."""
        if connection in self._silent:
            del self._silent[connection]
            self._busy[connection] = None

    def is_silent(self, connection: OpenConnection) -> bool:
        """Return whether a connection has not asked for anything yet."""
        return connection in self._silent

    def add_websocket(self, websocket: WebSocketConnection) -> None:
        self._websockets.add(websocket)

    def remove_websocket(self, websocket: WebSocketConnection) -> None:
        self._websockets.discard(websocket)

    def abort(self) -> None:
        """Close all connections at once."""
        transports = [each.transport for each in (*self._silent, *self._busy)]
        for transport in (*transports, *(each.transport for each in self._websockets)):
            abort(transport)


def abort(transport: asyncio.BaseTransport) -> None:
    """Close a transport at once, also one that has been closed twice.

    Python 3.11.2 has let go of its TLS connection then, which ends by its own limit, and cannot
    abort it.
    """
    with suppress(AttributeError):
        cast("asyncio.Transport", transport).abort()


class Connection(H11Protocol):
    """A connection that is closed if it stays silent."""

    connections_of_server: Connections
    """Set in the class that each server makes of this one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._limit = self.loop.call_later(SILENT_S, self._close_if_silent)
        self.connections_of_server.add(self)
        is_new = transport.get_extra_info("sslcontext") is None  # else its handshake was counted
        if is_new and self.connections_of_server.are_many(self.loop.time()):
            transport.pause_reading()
            self.loop.call_later(DELAY_S, self._read_on)

    def connection_lost(self, exc: Exception | None) -> None:
        self._limit.cancel()
        self.connections_of_server.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.headers is not None:
            self.connections_of_server.has_asked(self)

    def handle_websocket_upgrade(self, event: HttpRequest) -> None:
        self._limit.cancel()
        self.connections_of_server.remove(self)
        super().handle_websocket_upgrade(event)

    def _read_on(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _close_if_silent(self) -> None:
        if self.connections_of_server.is_silent(self):
            abort(self.transport)


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket to which frames can be sent as they are, and for which little may wait."""

    connections_of_server: Connections
    """Set in the class that each server makes of this one."""

    take_at_once: Callable[[bytes], bool] | None = None
    """Is asked first whether it takes a message: no task is woken for what it takes."""

    def connection_made(self, transport: Any) -> None:
        self._idle_frames = RateLimit(_IDLE_FRAMES_PER_S, _IDLE_FRAMES_BURST)
        super().connection_made(transport)
        self.connections_of_server.add_websocket(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections_of_server.remove_websocket(self)
        super().connection_lost(exc)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.handshake_complete:
            self.scope["extensions"][_EXTENSION] = {"connection": self}

    def write(self, frames: Sequence[bytes]) -> None:
        """Send WebSocket frames as they are, unless the connection is being closed."""
        if not (self.close_sent or self.disconnected or self.transport.is_closing()):
            self.transport.writelines(frames)

    def abort(self) -> None:
        """Close the connection at once, also to a client that does not read what waits for it."""
        abort(self.transport)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), _SLICE_BYTES):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + _SLICE_BYTES])
        # The whole request has come by now: the first data are h11's. What websockets does not
        # understand of it would be answered by nobody, and stay open.
        if not self.handshake_initiated:
            abort(self.transport)

    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:  # a client that does not read what still waits for it is not waited for
            self.loop.call_later(SILENT_S, abort, self.transport)

    def keepalive_timeout(self) -> None:
        abort(self.transport)

    def shutdown(self) -> None:
        # What uvicorn sends then is an error on a connection that its client has closed.
        if self.transport.is_closing():
            abort(self.transport)
        else:
            super().shutdown()

    def handle_ping(self) -> None:
        if self._may_go_on():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._may_go_on():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= _MAX_PIECES:
            abort(self.transport)
        elif not self.transport.is_closing():
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        if self.close_sent:
            self._may_go_on()
        if self.queue.qsize() >= _MAX_WAITING:
            abort(self.transport)
        if self.transport.is_closing():
            return
        take = self.take_at_once
        if take is not None and take(b"".join(self.frames)):
            self.frames = []
            return
        super().send_receive_event_to_app()

    def _may_go_on(self) -> bool:
        """Count a frame that brings no message, and return whether the connection goes on."""
        if not self._idle_frames.allows(self.loop.time()):
            abort(self.transport)
        return not self.transport.is_closing()


def connection_of(websocket: WebSocket) -> WebSocketConnection:
    """Return the connection of a WebSocket."""
    return cast("WebSocketConnection", websocket.scope["extensions"][_EXTENSION]["connection"])


def connection_classes(
    connections: Connections,
) -> tuple[type[Connection], type[WebSocketConnection]]:
    """Return classes whose connections are registered with a server."""

    class OwnConnection(Connection):
        connections_of_server = connections

    class OwnWebSocket(WebSocketConnection):
        connections_of_server = connections

    return OwnConnection, OwnWebSocket
