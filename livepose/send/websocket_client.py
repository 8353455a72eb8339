"""One client of the WebSocket server, who gets what is newest at its own pace."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

_KEPT_LINES = 8
"""For a client that is behind; older ones are dropped."""
_SEND_BUFFER_BYTES = 1 << 16
"""The system's own would keep megabytes of old lines for a client that does not read."""
_STALL_LIMIT_S = 20.0
"""A client that takes nothing for so long is dead."""


class Client:
    """Lines for one connection; everything happens in the server's event loop."""

    def __init__(self, connection: ServerConnection) -> None:
        self.connection = connection
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._changed = asyncio.Event()
        self._is_ending = False
        made = connection.transport.get_extra_info("socket")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        self._sending = asyncio.create_task(self._send())

    @property
    def has_taken_all(self) -> bool:
        return self._sending.done()

    def offer(self, line: str) -> None:
        """Keep a line for it, at the cost of the oldest one."""
        self._lines.append(line)
        self._changed.set()

    def finish(self) -> asyncio.Task[None]:
        """Say that no line comes any more; the task is done when it has taken all."""
        self._is_ending = True
        self._changed.set()
        return self._sending

    def leave(self) -> None:
        """Stop sending."""
        self._sending.cancel()

    def abort(self) -> None:
        """Break the connection."""
        self.connection.transport.abort()

    async def _send(self) -> None:
        with suppress(ConnectionClosed):
            while self._lines or not self._is_ending:
                if self._lines:
                    await self._send_line(self._lines.popleft())
                else:
                    self._changed.clear()
                    await self._changed.wait()

    async def _send_line(self, line: str) -> None:
        # The library's own watch, by pings, waits for a client that does not read.
        watch = asyncio.get_running_loop().call_later(_STALL_LIMIT_S, self.abort)
        try:
            await self.connection.send(line)
        finally:
            watch.cancel()
