"""A WebSocket server that sends each frame's line of JSON to all connected clients.

It has a thread of its own with an event loop: clients come, go and stall there, while the frame
loop only leaves its frames and never waits.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
from collections import deque
from contextlib import suppress
from weakref import WeakSet

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.send.address import CAPACITY, STOP_LIMIT_S, Address, LineEncoder, resolve
from livepose.send.websocket_client import Client

_log = logging.getLogger(__name__)
# The library logs an ERROR for each client that disconnects, which is nothing unusual here.
_SILENT = logging.Logger(__name__, logging.CRITICAL + 1)

_LAST_LINES_S = 0.5
"""How long clients may take, at the end, to receive what is kept for them."""
_CLOSE_S = 0.5
"""How long a client may take to answer that the connection is closed."""
_MAX_RECEIVED_BYTES = 1 << 16


class WebSocketSender(PoseSink):
    """Listen at an address, and send the newest frames to every client."""

    def __init__(self, address: Address, encode_line: LineEncoder) -> None:
        """Start to listen.

        Raises:
            SinkError: If the port is in use, or if the host is not an address of this machine.
        """
        self._name, self._encode_line = address.url, encode_line
        self._clients: set[Client] = set()
        self._connections: WeakSet[ServerConnection] = WeakSet()
        self._waiting: deque[PosedFrame] = deque(maxlen=CAPACITY)
        self._is_push_due = False
        self._is_closed = False
        self._error: Exception | None = None
        self._socket = _listening(address)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"livepose-send-{address.url}", daemon=True
        )
        self._thread.start()

    def write(self, posed: PosedFrame) -> None:
        if self._is_closed:
            raise SinkError(f"{self._name} is closed, and gets no more poses")
        if self._error is not None:
            raise SinkError(f"{self._name} gets no more poses: {self._error}") from self._error
        if not self._clients:
            return
        # Appended before the flag is read, and the flag is cleared before the frames are taken: so
        # none is forgotten, and no lock is needed.
        self._waiting.append(posed)
        if not self._is_push_due:
            self._is_push_due = True
            with suppress(RuntimeError):  # the loop has just ended, with an error
                self._loop.call_soon_threadsafe(self._push)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_LIMIT_S)
        if self._thread.is_alive():
            _log.warning("%s did not stop in %g s and is left behind", self._name, STOP_LIMIT_S)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except Exception as error:
            self._fail(error)
        finally:
            self._loop.run_until_complete(_cancel_all())
            self._loop.close()
            self._socket.close()

    def _fail(self, error: Exception) -> None:
        _log.warning("%s gets no more poses: %s", self._name, error)
        self._error = error
        self._stop.set()

    async def _serve(self) -> None:
        server = await serve(
            self._serve_client,
            sock=self._socket,
            create_connection=self._connection_class(),
            # Compressing lines for a program on the same machine costs time and gains nothing.
            compression=None,
            max_size=_MAX_RECEIVED_BYTES,
            close_timeout=_CLOSE_S,
            logger=_SILENT,
        )
        await self._stop.wait()
        await self._finish(server)

    def _connection_class(self) -> type[ServerConnection]:
        """Return a class that registers its connections; the library forgets silent ones."""
        connections = self._connections

        class RegisteredConnection(ServerConnection):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                connections.add(self)
                super().connection_made(transport)

        return RegisteredConnection

    async def _serve_client(self, connection: ServerConnection) -> None:
        """Serve one client for as long as it is connected."""
        client = Client(connection)
        self._clients.add(client)
        try:
            # What it sends is ignored, but only by reading one notices that it disconnects.
            with suppress(ConnectionClosed):
                async for _ in connection:
                    pass
        finally:
            self._clients.discard(client)
            client.stop()

    def _push(self) -> None:
        self._is_push_due = False
        while self._waiting:
            posed = self._waiting.popleft()
            try:
                # Text, not bytes: browsers deliver bytes as a Blob, which JSON.parse rejects.
                line = self._encode_line(posed).decode()
            except Exception as error:
                self._fail(error)
                return
            for client in self._clients:
                client.enqueue(line)

    async def _finish(self, server: Server) -> None:
        sending = [client.finish() for client in self._clients]
        served = {client.connection for client in self._clients}
        if sending:
            await asyncio.wait(sending, timeout=_LAST_LINES_S)
        # A client that does not read cannot take a goodbye, and one without a handshake needs none.
        for client in self._clients:
            if not client.is_done:
                client.abort()
        for connection in set(self._connections) - served:
            connection.transport.abort()
        server.close()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 2 * _CLOSE_S)
        for connection in set(self._connections):
            connection.transport.abort()


async def _cancel_all() -> None:
    """Cancel all other tasks, so that the loop can be closed and nothing is left open."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # A transport that was aborted closes its socket in the next iteration of the loop.
    await asyncio.sleep(0)


def _listening(address: Address) -> socket.socket:
    endpoint = resolve(address, socket.SOCK_STREAM)
    try:
        return socket.create_server(endpoint.place[:2], family=endpoint.family)
    except OSError as error:
        raise SinkError(f"{address.url} cannot be opened: {_reason(error, address)}") from error


def _reason(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"another program uses port {address.port}; choose another one"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} is not an address of this machine; localhost and 0.0.0.0 are"
    return f"{error.strerror or error}; choose another port, above 1023"
