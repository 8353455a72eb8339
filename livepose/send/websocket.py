"""A WebSocket server that sends each frame's line of JSON to all connected clients.

It has a thread of its own with an event loop: clients come, go and stall there, while the frame
loop only leaves its frames and never waits.
"""

from __future__ import annotations

import asyncio
import errno
import http
import logging
import socket
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.send.address import CAPACITY, STOP_LIMIT_S, Address, LineEncoder, resolve
from livepose.send.websocket_client import Client
from livepose.system.access_tokens import is_same_token, token_for
from livepose.system.event_loops import cancel_all
from livepose.system.origins import ANY, OriginRule

_log = logging.getLogger(__name__)
# The library logs an ERROR for each client that disconnects, which is nothing unusual here.
_SILENT = logging.Logger(__name__, logging.CRITICAL + 1)

_LAST_LINES_S = 0.5
"""How long clients may take, at the end, to receive what is kept for them."""
_CLOSE_S = 0.5
"""How long a client may take to answer that the connection is closed."""
_MAX_RECEIVED_BYTES = 1 << 16
_HANDSHAKE_S = 5.0
"""How long a client may take to ask for the connection."""
MAX_CLIENTS = 64
MAX_HANDSHAKES = 32
"""How many may be asking at once: the oldest one, which has said nothing yet, makes room."""
_MAX_REFUSALS = 5
"""How many refused origins are named in the log: the next ones could be made up to fill it."""


class WebSocketSender(PoseSink):
    """Listen at an address, and send the newest frames to every client."""

    def __init__(
        self,
        address: Address,
        encode_line: LineEncoder,
        allowed_origins: Sequence[str] = (),
        token: str | None = None,
    ) -> None:
        """Start to listen.

        Args:
            address: Where to listen.
            encode_line: Encodes a frame as one line of JSON.
            allowed_origins: Of pages on other machines that may connect; `*` is every page.
            token: What clients need to know; None makes one, if other machines can connect.

        Raises:
            OptionError: If an origin is none, or if the token is unfit.
            SinkError: If the port is in use, or if the host is not an address of this machine.
        """
        self._name, self._encode_line = address.url, encode_line
        self._clients: set[Client] = set()
        self._handshakes: dict[ServerConnection, None] = {}
        """Connections that have not been opened yet, the oldest one first."""
        self._token = token_for(address.host, token)
        self._origins = OriginRule(address.host, allowed_origins)
        self._refused: set[str] = set()
        self._warned: set[str] = set()
        """What was logged, and is not again."""
        if ANY in allowed_origins:
            _log.warning(
                "%s: every page in a browser that reaches this machine can read the poses",
                address.url,
            )
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

    @property
    def url(self) -> str:
        """The address for clients, with the token if they need one."""
        return f"{self._name}/?token={self._token}" if self._token else self._name

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
        asyncio_log = logging.getLogger("asyncio")
        asyncio_log.addFilter(self._is_of_another_thread)
        try:
            self._loop.run_until_complete(self._serve())
        except Exception as error:
            self._fail(error)
        finally:
            self._loop.run_until_complete(cancel_all())
            self._loop.close()
            self._socket.close()
            asyncio_log.removeFilter(self._is_of_another_thread)

    def _is_of_another_thread(self, record: logging.LogRecord) -> bool:
        """Return whether asyncio logs something that is not of this server.

        It writes a line for each answer to a client that has just gone, and a client can ask for
        thousands of them (by pings).
        """
        return record.thread != self._thread.ident

    def _fail(self, error: Exception) -> None:
        _log.warning("%s gets no more poses: %s", self._name, error)
        self._error = error
        self._stop.set()

    async def _serve(self) -> None:
        self._loop.set_exception_handler(self._on_loop_error)
        server = await serve(
            self._serve_client,
            sock=self._socket,
            create_connection=self._connection_class(),
            process_request=self._check_request,
            open_timeout=_HANDSHAKE_S,
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
        handshakes = self._handshakes

        class RegisteredConnection(ServerConnection):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                handshakes[self] = None
                if len(handshakes) > MAX_HANDSHAKES:
                    oldest = next(iter(handshakes))
                    del handshakes[oldest]
                    oldest.transport.abort()

            def connection_lost(self, error: Exception | None) -> None:
                handshakes.pop(self, None)
                super().connection_lost(error)

        return RegisteredConnection

    def _check_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Return the answer for a client that may not connect, and None for one that may."""
        if len(self._clients) >= MAX_CLIENTS:
            self._warn_once(f"{MAX_CLIENTS} clients are connected, and more are refused")
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "too many clients\n")
        hosts, origins = (request.headers.get_all(name) for name in ("Host", "Origin"))
        if len(hosts) > 1 or len(origins) > 1:
            who = "a client with two hosts or origins"
        else:
            own_address = str(connection.local_address[0])
            host, origin = next(iter(hosts), None), next(iter(origins), None)
            who = self._origins.problem(host, origin, own_address)
        if not who and not self._knows_token(request):
            self._warn_once("a client without the token was refused")
            return connection.respond(http.HTTPStatus.UNAUTHORIZED, "the token is missing\n")
        if not who:
            return None
        if who not in self._refused and len(self._refused) < _MAX_REFUSALS:
            self._refused.add(who)
            _log.warning(
                "%s: %s was refused; --allow-origin ORIGIN lets its pages in", self._name, who
            )
        return connection.respond(http.HTTPStatus.FORBIDDEN, "this origin is not allowed\n")

    def _knows_token(self, request: Request) -> bool:
        """Return whether a client has the token, in its address or as a bearer token."""
        if not self._token:
            return True
        given = parse_qs(urlsplit(request.path).query).get("token", [])
        for value in request.headers.get_all("Authorization"):
            scheme, _, token = value.partition(" ")
            given += [token.strip()] if scheme.lower() == "bearer" else []
        return len(given) == 1 and is_same_token(given[0], self._token)

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Note what asyncio would print, with a traceback for each time that it tries again."""
        error = context.get("exception")
        if isinstance(error, OSError):
            reason = error.strerror or str(error)
            self._warn_once(f"new clients have to wait ({reason}); the others go on")
        else:
            _log.debug("%s: %s", self._name, context.get("message"), exc_info=error)

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            _log.warning("%s: %s", self._name, text)

    async def _serve_client(self, connection: ServerConnection) -> None:
        """Serve one client for as long as it is connected."""
        self._handshakes.pop(connection, None)
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
        if sending:
            await asyncio.wait(sending, timeout=_LAST_LINES_S)
        # A client that does not read cannot take a goodbye, and one without a handshake needs none.
        for client in self._clients:
            if not client.is_done:
                client.abort()
        for connection in list(self._handshakes):
            connection.transport.abort()
        server.close()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 2 * _CLOSE_S)
        for connection in [*self._handshakes, *(client.connection for client in self._clients)]:
            connection.transport.abort()


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
