"""One client of the WebSocket server, which gets the newest lines at its own pace."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

_KEPT_LINES = 8
"""How many lines are kept for a client that is behind; older ones are dropped."""
_SEND_BUFFER_BYTES = 1 << 16
"""The system's default would keep megabytes of old lines for a client that does not read."""
_STALL_LIMIT_S = 20.0
"""A client that takes nothing for so long is disconnected."""


class Client:
    """The lines for one connection; everything happens in the server's event loop."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._changed = asyncio.Event()
        self._is_finishing = False
        made = connection.transport.get_extra_info("socket")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        self._sending = asyncio.create_task(self._send())

    @property
    def is_done(self) -> bool:
        """Whether sending has ended."""
        return self._sending.done()

    def enqueue(self, line: str) -> None:
        """Keep a line for the client; if there are too many, the oldest one is dropped."""
        self._lines.append(line)
        self._changed.set()

    def finish(self) -> asyncio.Task[None]:
        """Announce the last line; return a task that is done when the client has taken all."""
        self._is_finishing = True
        self._changed.set()
        return self._sending

    def stop(self) -> None:
        """Stop sending."""
        self._sending.cancel()

    def abort(self) -> None:
        """Drop the connection."""
        self.connection.transport.abort()

    async def _send(self) -> None:
        with suppress(ConnectionClosed):
            while self._lines or not self._is_finishing:
                if self._lines:
                    await self._send_line(self._lines.popleft())
                else:
                    self._changed.clear()
                    await self._changed.wait()

    async def _send_line(self, line: str) -> None:
        # The library's own timeout, by pings, also waits for a client that does not read.
        timeout = asyncio.get_running_loop().call_later(_STALL_LIMIT_S, self.abort)
        try:
            await self.connection.send(line)
        finally:
            timeout.cancel()
