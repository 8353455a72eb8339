"""The page of the viewer: its files, the frames for every client, and their commands."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from livepose.core.frame import Frame
from livepose.core.interfaces import Closeable
from livepose.web.broadcast import Broadcast, Client, Content
from livepose.web.commands import Command, CommandQueue, parse_command
from livepose.web.connections import connection_of
from livepose.web.limits import TOO_MANY, ClientLimit, RateLimit
from livepose.web.server import WebServer
from livepose.web.static_files import static_routes

_COMMANDS_PER_S, _COMMAND_BURST = 120.0, 240
"""Acknowledgements of frames that were sent are not counted."""
_DRAWN = b'["drawn"]'
_HOLDS_POINT = ("press", "drag")
"""After these a client may have a point of a pose in hand: it goes back if the client leaves."""


class ViewerPage(Closeable):
    """Serves the viewer. All methods but those of routes are for one thread, the viewer's."""

    def __init__(self) -> None:
        """Serve nothing yet: see `connect`."""
        self._broadcast = Broadcast()
        self._limit = ClientLimit()
        self._commands = CommandQueue()
        self._files: Mapping[str, Path] = {}

    @property
    def routes(self) -> list[BaseRoute]:
        """The page, its files and its WebSocket."""
        return [
            *static_routes({"/": "viewer.html"}),
            WebSocketRoute("/live", self._serve),
            Route("/files/{name}", self._file),
            Route("/room", self._room),
        ]

    @property
    def has_clients(self) -> bool:
        """Whether anybody has the page open."""
        return self._broadcast.has_clients

    def connect(self, server: WebServer) -> None:
        """Take the server that has the routes; it is closed by whoever has made it."""
        self._broadcast.start(server)

    def introduce(self, introduction: bytes) -> None:
        """Set what each client gets before the next frame: JSON."""
        self._broadcast.introduction = introduction

    def offer_files(self, files: Mapping[str, Path]) -> None:
        """Set which files can be downloaded, by their names."""
        self._files = dict(files)

    def publish(self, content: Content, picture: Frame, from_s: float) -> None:
        """Show a frame to all clients, as far as they keep up.

        Args:
            content: What is known of the frame.
            picture: The frame; the same object again if only the content has changed.
            from_s: The moment from which lag is counted, on the clock of `time.perf_counter`.
        """
        self._broadcast.publish(content, picture, from_s)

    def take_command(self, wait_s: float = 0.0) -> Command | None:
        """Return the next command.

        Args:
            wait_s: How long to wait for one.
        """
        return self._commands.take(wait_s)

    def close(self) -> None:
        """Stop encoding; call it when the server is closed."""
        self._broadcast.close()

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        path = self._files.get(name)
        if path is None or path.is_symlink() or not path.is_file():  # no link was saved
            return Response("There is no such file.\n", 404, media_type="text/plain")
        return FileResponse(path, filename=name)

    async def _room(self, request: Request) -> Response:
        """Answer whether one more page can be connected: browsers hide why a WebSocket was not."""
        return TOO_MANY if self._limit.is_reached else Response(status_code=204)

    async def _serve(self, websocket: WebSocket) -> None:
        if self._limit.is_reached:
            await websocket.send_denial_response(TOO_MANY)
            return
        with self._limit.counted():
            await websocket.accept()
            client = Client(connection_of(websocket))
            client.connection.take_at_once = partial(self._take_acknowledgement, client)
            self._broadcast.add(client)
            self._commands.put(Command("refresh"))
            try:
                has_left = await self._receive(websocket, client)
            finally:
                self._broadcast.remove(client)
            if not has_left:
                await websocket.close(1008)

    async def _receive(self, websocket: WebSocket, client: Client) -> bool:
        """Take commands until the client leaves, or sends what no page of ours does.

        Returns:
            Whether the client has left.
        """
        rate, last = RateLimit(_COMMANDS_PER_S, _COMMAND_BURST), ""
        try:
            while True:
                message = await websocket.receive()
                if message["type"] != "websocket.receive":
                    return True
                command = parse_command(message.get("text"))
                if command is None or not rate.allows(time.perf_counter()):
                    return False
                self._commands.put(command)
                last = command.name
        finally:
            if last in _HOLDS_POINT:
                self._commands.put(Command("other"))

    def _take_acknowledgement(self, client: Client, message: bytes) -> bool:
        """Take a message that acknowledges a frame; what else comes is a command."""
        return message == _DRAWN and self._broadcast.acknowledge(client)
