"""A WebSocket server that pushes each frame's line to all who have connected.

It has a thread of its own, with an event loop: clients come, go and stall while the loop of frames
turns, which leaves its frames there and never waits.
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
from livepose.send.address import CAPACITY, STOP_LIMIT_S, Address, LineOf, resolve
from livepose.send.websocket_client import Client

_log = logging.getLogger(__name__)
# What the library has to say of clients that break off is an ERROR to it, and nothing to us.
_SILENT = logging.Logger(__name__, logging.CRITICAL + 1)

_LAST_LINES_S = 0.5
"""At the end, for clients to take what is kept for them."""
_CLOSE_S = 0.5
"""For a client to answer that the connection is closed."""
_LARGEST_RECEIVED_BYTES = 1 << 16


class WebSocketSender(PoseSink):
    """Listens at an address, and sends what is newest to every client."""

    def __init__(self, address: Address, line_of: LineOf) -> None:
        """Listen.

        Raises:
            SinkError: the port is taken, or the host is none of this machine's.
        """
        self._name, self._line_of = address.url, line_of
        self._clients: set[Client] = set()
        self._connections: WeakSet[ServerConnection] = WeakSet()
        self._waiting: deque[PosedFrame] = deque(maxlen=CAPACITY)
        self._is_push_due = False
        self._is_closed = False
        self._errors: list[Exception] = []
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
        if self._errors:
            raise SinkError(
                f"{self._name} gets no more poses: {self._errors[0]}"
            ) from self._errors[0]
        if not self._clients:
            return
        # Appended before the flag is read, and the flag taken back before the frames are: then
        # none is forgotten, and no lock is needed.
        self._waiting.append(posed)
        if not self._is_push_due:
            self._is_push_due = True
            with suppress(RuntimeError):  # the loop has just ended, with an error to be told next
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
        self._errors.append(error)
        self._stop.set()

    async def _serve(self) -> None:
        server = await serve(
            self._attend,
            sock=self._socket,
            create_connection=self._known(),
            # Deflating lines for a program on the same machine is all cost.
            compression=None,
            max_size=_LARGEST_RECEIVED_BYTES,
            close_timeout=_CLOSE_S,
            logger=_SILENT,
        )
        await self._stop.wait()
        await self._finish(server)

    def _known(self) -> type[ServerConnection]:
        """Make connections that are kept in mind; the library forgets those that say nothing."""
        connections = self._connections

        class Known(ServerConnection):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                connections.add(self)
                super().connection_made(transport)

        return Known

    async def _attend(self, connection: ServerConnection) -> None:
        """Serve one client for as long as it stays."""
        client = Client(connection)
        self._clients.add(client)
        try:
            # What it says is of no interest, but only who reads notices that it goes.
            with suppress(ConnectionClosed):
                async for _ in connection:
                    pass
        finally:
            self._clients.discard(client)
            client.leave()

    def _push(self) -> None:
        self._is_push_due = False
        while self._waiting:
            posed = self._waiting.popleft()
            try:
                # Text, not bytes: a browser gives bytes as a Blob, which JSON.parse does not take.
                line = self._line_of(posed).decode()
            except Exception as error:
                self._fail(error)
                return
            for client in self._clients:
                client.offer(line)

    async def _finish(self, server: Server) -> None:
        taking = [client.finish() for client in self._clients]
        attended = {client.connection for client in self._clients}
        if taking:
            await asyncio.wait(taking, timeout=_LAST_LINES_S)
        # Who does not read takes no goodbye either, and who has not said hello needs none.
        for client in self._clients:
            if not client.has_taken_all:
                client.abort()
        for connection in set(self._connections) - attended:
            _abort(connection)
        server.close()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 2 * _CLOSE_S)
        for connection in set(self._connections):
            _abort(connection)


def _abort(connection: ServerConnection) -> None:
    connection.transport.abort()


async def _cancel_all() -> None:
    """End what still runs, so that the loop can be closed and nothing is left open."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    # A transport that was broken off lets go of its socket one turn later.
    await asyncio.sleep(0)


def _listening(address: Address) -> socket.socket:
    endpoint = resolve(address, socket.SOCK_STREAM)
    try:
        return socket.create_server(endpoint.place[:2], family=endpoint.family)
    except OSError as error:
        raise SinkError(
            f"{address.url} cannot be listened at: {_reason(error, address)}"
        ) from error


def _reason(error: OSError, address: Address) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"another program has port {address.port}; choose another one"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} is not an address of this machine; localhost and 0.0.0.0 are"
    return f"{error.strerror or error}; choose another port, above 1023"
