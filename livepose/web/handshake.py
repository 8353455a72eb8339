"""The TLS handshake of a connection, with the limits of the connections that follow it.

asyncio counts a connection only after its handshake: whoever connects, says nothing and knows no
token could take as many sockets of this process as there are, a minute long.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

from livepose.web.connections import DELAY_S, SILENT_S, Connection, Connections, abort

if TYPE_CHECKING:
    from uvicorn import Config
    from uvicorn.server import ServerState


class Handshake(asyncio.Protocol):
    """Takes part in the handshake of one connection, and then hands it on."""

    connections_of_server: Connections
    """Set, like the next two, in the class that each server makes of this one."""
    tls: ssl.SSLContext
    next_class: type[Connection]
    """What speaks after the handshake."""
    transport: asyncio.Transport

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Wait for a connection; the arguments are those of `next_class`."""
        self._config, self._server_state, self._app_state = config, server_state, app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._early = b""
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.connections_of_server.add(self)
        delay_s = DELAY_S if self.connections_of_server.are_many(self._loop.time()) else 0.0
        self._task = self._loop.create_task(self._secure(delay_s))

    def data_received(self, data: bytes) -> None:
        """Keep what comes together with the end of the handshake."""
        self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections_of_server.remove(self)

    async def _secure(self, delay_s: float) -> None:
        # Nothing has been read by now. (A pause that begins in `connection_made` has no effect in
        # Python 3.11.2, and one more turn of the loop would read what the handshake needs.)
        if delay_s > 0:
            self.transport.pause_reading()
            await asyncio.sleep(delay_s)
            if self.transport.is_closing():
                return
        try:
            secured = await self._loop.start_tls(
                self.transport,
                self,
                self.tls,
                server_side=True,
                ssl_handshake_timeout=SILENT_S,
            )
        except (OSError, RuntimeError):  # it is no TLS, is late, or has gone
            abort(self.transport)
            return
        finally:
            self.connections_of_server.remove(self)
        if secured is None or self.transport.is_closing():
            return
        protocol = self.next_class(self._config, self._server_state, self._app_state)
        secured.set_protocol(protocol)
        protocol.connection_made(secured)
        if self._early:
            protocol.data_received(self._early)


def handshake_class(
    connections: Connections, tls: ssl.SSLContext, next_class: type[Connection]
) -> type[Handshake]:
    """Return a class whose connections are registered with a server."""

    class OwnHandshake(Handshake):
        connections_of_server = connections

    OwnHandshake.tls, OwnHandshake.next_class = tls, next_class
    return OwnHandshake
