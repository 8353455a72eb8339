"""A web server in a thread of its own, with its own event loop: uvicorn, which runs Starlette.

Pages come and go there, and stall there, while the frame loop never waits for one.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from livepose.core.interfaces import Closeable
from livepose.system.access_tokens import token_for
from livepose.system.event_loops import cancel_all
from livepose.system.web_address import WebAddress, shown_host
from livepose.web.access import Access
from livepose.web.connections import Connections, connection_classes
from livepose.web.handshake import handshake_class

_log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 1 << 16
"""The largest WebSocket message that is taken, unless a server says otherwise."""
_MAX_HEADER_BYTES = 1 << 14
_STOP_LIMIT_S = 3.0
_GOODBYE_S = 0.3
"""How long clients may take, at the end, to receive what is on its way."""
_PING_S = 10.0
"""A WebSocket's client that has not answered a ping for so long is gone."""


class WebServer(Closeable):
    """Serves pages until it is closed. It listens when it has been made.

    >>> from starlette.responses import PlainTextResponse
    >>> from starlette.routing import Route
    >>> hello = Route("/", lambda request: PlainTextResponse("hello"))
    >>> with WebServer(WebAddress(port=0), [hello]) as server:
    ...     server.url.startswith("http://localhost:")
    True
    """

    def __init__(
        self,
        address: WebAddress,
        routes: Sequence[BaseRoute],
        *,
        token: str | None = None,
        tls: ssl.SSLContext | None = None,
        allowed_origins: Sequence[str] = (),
        max_message_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        """Listen, and start the thread.

        Args:
            address: Where to listen.
            routes: Of Starlette: the pages, and the WebSockets.
            token: What clients need to know; None makes one, if other machines can connect.
            tls: For HTTPS; None for HTTP.
            allowed_origins: Whose hosts this server may be asked for by, as behind a proxy.
            max_message_bytes: The largest WebSocket message that is taken.

        Raises:
            OptionError: If the token is unfit.
            SinkError: If the port is in use, or if the host is not an address of this machine.
        """
        self.token = token_for(address.host, token)
        """What clients need to know; empty if they need nothing."""
        self._socket = address.bind()
        self.port: int = self._socket.getsockname()[1]
        scheme = "http" if tls is None else "https"
        self.origin = f"{scheme}://{shown_host(address.host)}:{self.port}"
        """The address of the server without its token."""
        app = Access(
            _Guard(Starlette(routes=list(routes))),
            address.host,
            self.port,
            token=self.token,
            is_encrypted=tls is not None,
            allowed_origins=allowed_origins,
        )
        self._connections = Connections()
        self._server = uvicorn.Server(self._config(app, tls, max_message_bytes))
        self._loop = asyncio.new_event_loop()
        self._is_closed = False
        self._thread = threading.Thread(
            target=self._run, name=f"livepose-web-{self.port}", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The address of its first page, with the token."""
        return self.url_of("/")

    def url_of(self, path: str) -> str:
        """Return the address of a page, with the token."""
        return f"{self.origin}{path}" + (f"?token={self.token}" if self.token else "")

    def call(self, callback: Callable[..., object], *values: object) -> None:
        """Have something called in the server's thread; after its end, nothing is."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *values)

    def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self.call(self._stop)
        self._thread.join(_STOP_LIMIT_S)
        if self._thread.is_alive():
            _log.warning("%s did not stop in %g s and is left behind", self.origin, _STOP_LIMIT_S)

    def _config(
        self, app: ASGIApp, tls: ssl.SSLContext | None, max_message_bytes: int
    ) -> uvicorn.Config:
        http, websocket = connection_classes(self._connections)
        config = uvicorn.Config(
            app,
            http=http if tls is None else handshake_class(self._connections, tls, http),
            ws=websocket,
            ws_max_size=max_message_bytes,
            ws_ping_interval=_PING_S,
            ws_ping_timeout=_PING_S,
            # Pictures are compressed already.
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            # It writes an ERROR for what a client does wrong; faults of ours are logged by _Guard.
            log_level=logging.CRITICAL + 1,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
            timeout_graceful_shutdown=1,
        )
        config.load()
        return config

    def _stop(self) -> None:
        self._server.should_exit = True
        self._loop.call_later(_GOODBYE_S, self._connections.abort)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(self._on_loop_error)
        asyncio_log = logging.getLogger("asyncio")
        asyncio_log.addFilter(self._is_of_another_thread)
        try:
            self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))
        except Exception as error:
            _log.warning("%s serves no more pages: %s", self.origin, error)
        finally:
            self._connections.abort()
            self._loop.run_until_complete(cancel_all())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            self._socket.close()
            asyncio_log.removeFilter(self._is_of_another_thread)

    def _is_of_another_thread(self, record: logging.LogRecord) -> bool:
        """Return whether asyncio logs something that is not of this server.

        It writes a line for each answer to a client that has just gone, and clients can have it
        write thousands.
        """
        return record.thread != self._thread.ident

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        _log.debug("%s: %s", self.origin, context.get("message"), exc_info=context.get("exception"))


class _Guard:
    """Logs errors in pages in one line; the client only hears that there was one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except (OSError, WebSocketDisconnect):
            pass  # the client has gone
        except Exception as error:
            _log.warning("the page %s failed: %s", scope.get("path"), error, exc_info=error)
            raise
