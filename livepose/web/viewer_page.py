"""The page of the viewer: the newest picture and its data for every client, and their commands.

A message to a client is one frame: the length of the data and the client's lag as two
little-endian 32-bit numbers, the data as JSON, and the picture as JPEG, or nothing if the client
has that picture. Each picture is encoded once, in a thread of its own, and only if somebody waits
for it. A client acknowledges what it has drawn, and gets the newest frame then: a slow one gets
fewer frames, and costs the others nothing.
"""

from __future__ import annotations

import asyncio
import math
import struct
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, Full, Queue

import cv2
import numpy as np
import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from livepose.core.frame import Frame
from livepose.core.interfaces import Closeable
from livepose.web.limits import TOO_MANY, ClientLimit, RateLimit, abort, round_trip_s
from livepose.web.server import WebServer
from livepose.web.static_files import static_routes

_MAX_SIDE_PX = 1280
_JPEG_QUALITY = 80
_FRAME_ON_WAY_S, _MAX_ON_WAY = 0.04, 4
"""One frame is on the way to a client, so that the newest one follows it, and one more for each so
many seconds that a ping takes: a connection over a long distance would stand idle."""
_MIN_INTERVAL_S, _INTERVAL_PER_CLIENT_S, _MAX_INTERVAL_S = 0.03, 0.005, 0.1
"""Between two frames on a page: more of them cost the run, and nobody sees them. Each one is sent
to each client, so that many clients get fewer."""
_READ_LIMIT_S = 10.0
"""A client that has not drawn a frame for so long is dropped."""
_COMMANDS_PER_S, _COMMAND_BURST = 120.0, 240
"""Acknowledgements included."""
_MAX_COMMANDS = 64
_MAX_COMMAND_BYTES = 256


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody has asked for on a page."""

    name: str
    numbers: tuple[float, ...] = ()


@dataclass(slots=True, eq=False)
class _Shown:
    """A frame as it is sent."""

    number: int
    data: bytes
    picture: Frame
    from_s: float
    jpeg: asyncio.Future[bytes] | None = None
    """Set when the first client wants it."""
    same_picture: int = 0
    """The number of the first frame that has this picture."""


@dataclass(slots=True, eq=False)
class _Client:
    """Somebody who has the page open."""

    abort: Callable[[], None]
    """Closes the connection, whatever still waits to be sent."""
    round_trip_s: Callable[[], float]
    """Returns how long a ping takes."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is a new frame, or an acknowledgement."""
    sent: int = 0
    acknowledged: int = 0
    frame_number: int = 0
    """Of the frame that was sent last."""
    picture_number: int = 0
    sent_at_s: dict[int, tuple[float, float]] = field(default_factory=dict)
    """By the number of the message: when it was sent, and how old its picture was then."""
    lag_s: float = 0.0
    """From the camera to the page, of the frame that was drawn last."""

    @property
    def is_ready(self) -> bool:
        """Whether another frame may be sent."""
        on_way = 1 + int(self.round_trip_s() / _FRAME_ON_WAY_S)
        return self.sent - self.acknowledged < min(on_way, _MAX_ON_WAY)

    @property
    def waits_since_s(self) -> float:
        """Since when a frame is on its way to the client; infinity if none is."""
        return next(iter(self.sent_at_s.values()))[0] if self.sent_at_s else math.inf


class ViewerPage(Closeable):
    """Serves the viewer. All methods but those of routes are for one thread, the viewer's."""

    def __init__(self) -> None:
        """Serve nothing yet: see `connect`."""
        self._clients: set[_Client] = set()
        self._limit = ClientLimit()
        self._commands: Queue[Command] = Queue(_MAX_COMMANDS)
        self._introduction = b""
        self._shown: _Shown | None = None
        """The newest frame."""
        self._offered: _Shown | None = None
        """The frame that clients get now."""
        self._offered_s = 0.0
        self._is_offer_due = False
        self._number = 0
        self._files: Mapping[str, Path] = {}
        self._server: WebServer | None = None
        self._encoder = ThreadPoolExecutor(1, "livepose-web-encoder")

    @property
    def routes(self) -> list[BaseRoute]:
        """The page, its files and its WebSocket."""
        return [
            *static_routes({"/": "viewer.html"}),
            WebSocketRoute("/live", self._serve),
            Route("/files/{name}", self._file),
        ]

    @property
    def has_clients(self) -> bool:
        """Whether anybody has the page open."""
        return bool(self._clients)

    def connect(self, server: WebServer) -> None:
        """Take the server that has the routes; it is closed by whoever has made it."""
        self._server = server

    def introduce(self, introduction: bytes) -> None:
        """Set what each client gets before the next frame: JSON."""
        self._introduction = introduction

    def offer_files(self, files: Mapping[str, Path]) -> None:
        """Set which files can be downloaded, by their names."""
        self._files = dict(files)

    def publish(self, data: bytes, picture: Frame, from_s: float) -> None:
        """Show a frame to all clients, as far as they keep up.

        Args:
            data: What is known of the frame: JSON.
            picture: The frame; the same object again if only the data have changed.
            from_s: The moment from which lag is counted, on the clock of `time.perf_counter`.
        """
        self._number += 1
        shown = _Shown(self._number, data, picture, from_s, same_picture=self._number)
        before = self._shown
        if before is not None and before.picture is picture:
            shown.jpeg, shown.same_picture = before.jpeg, before.same_picture
        self._shown = shown
        if self._server is not None:
            self._server.call(self._offer)

    def take_command(self, wait_s: float = 0.0) -> Command | None:
        """Return the next command.

        Args:
            wait_s: How long to wait for one.
        """
        try:
            return self._commands.get(timeout=wait_s) if wait_s else self._commands.get_nowait()
        except Empty:
            return None

    def close(self) -> None:
        """Stop encoding; call it when the server is closed."""
        self._encoder.shutdown(cancel_futures=True)

    def _offer(self) -> None:
        """Offer the newest frame to the clients, now or when the one before was shown for a while.

        All of them get the same frames, as each one is encoded for all.
        """
        wait_s = self._offered_s + interval_s(len(self._clients)) - time.perf_counter()
        if wait_s <= 0:
            self._offer_now()
        elif not self._is_offer_due:
            self._is_offer_due = True
            asyncio.get_running_loop().call_later(wait_s, self._offer_now)

    def _offer_now(self) -> None:
        self._is_offer_due = False
        self._offered, self._offered_s = self._shown, time.perf_counter()
        for client in self._clients:
            client.changed.set()
            if client.waits_since_s < self._offered_s - _READ_LIMIT_S:
                client.abort()

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        path = self._files.get(name)
        if path is None or not path.is_file():
            return Response("There is no such file.\n", 404, media_type="text/plain")
        return FileResponse(path, filename=name)

    async def _serve(self, websocket: WebSocket) -> None:
        if self._limit.is_reached:
            await websocket.send_denial_response(TOO_MANY)
            return
        with self._limit.counted():
            await websocket.accept()
            client = _Client(partial(abort, websocket), partial(round_trip_s, websocket))
            self._clients.add(client)
            self._command(Command("refresh"))
            sending = asyncio.create_task(self._send_frames(websocket, client))
            try:
                has_left = await self._receive(websocket, client)
            finally:
                self._clients.discard(client)
                if not self._clients:  # whoever comes next would see what is old by then
                    self._offered = self._shown = None
                sending.cancel()
                # RuntimeError: the server has closed the connection for what the client has sent.
                errors = (asyncio.CancelledError, WebSocketDisconnect, OSError, RuntimeError)
                with suppress(*errors):
                    await sending
            if not has_left:
                await websocket.close(1008)

    async def _receive(self, websocket: WebSocket, client: _Client) -> bool:
        """Take commands until the client leaves, or sends what no page of ours does.

        Returns:
            Whether the client has left.
        """
        rate = RateLimit(_COMMANDS_PER_S, _COMMAND_BURST)
        while True:
            message = await websocket.receive()
            if message["type"] != "websocket.receive":
                return True
            now_s = time.perf_counter()
            command = _parsed(message.get("text"))
            if command is None or not rate.allows(now_s):
                return False
            if command.name == "drawn":
                self._acknowledge(client, now_s)
            else:
                self._command(command)

    def _acknowledge(self, client: _Client, now_s: float) -> None:
        if client.acknowledged < client.sent:
            client.acknowledged += 1
            sent_s, age_s = client.sent_at_s.pop(client.acknowledged)
            client.lag_s = age_s + now_s - sent_s
            client.changed.set()

    def _command(self, command: Command) -> None:
        with suppress(Full):  # nobody can mean so many at once
            self._commands.put_nowait(command)

    async def _send_frames(self, websocket: WebSocket, client: _Client) -> None:
        """Send the newest frame whenever the client is ready for one."""
        introduced = b""
        while True:
            shown = await self._next(client)
            if introduced is not self._introduction:
                introduced = self._introduction
                await websocket.send_bytes(_message(introduced, b"", 0.0))
            jpeg = b""
            if client.picture_number != shown.same_picture:
                jpeg = await self._jpeg_of(shown)
            client.frame_number, client.picture_number = shown.number, shown.same_picture
            client.sent += 1
            now_s = time.perf_counter()
            client.sent_at_s[client.sent] = (now_s, now_s - shown.from_s)
            await websocket.send_bytes(_message(shown.data, jpeg, client.lag_s))

    async def _next(self, client: _Client) -> _Shown:
        """Wait for a frame that the client does not have, until the client is ready for it."""
        while True:
            client.changed.clear()
            shown = self._offered
            if client.is_ready and shown is not None and shown.number != client.frame_number:
                return shown
            await client.changed.wait()

    async def _jpeg_of(self, shown: _Shown) -> bytes:
        """Return the picture of a frame, encoded for whoever asks first."""
        if shown.jpeg is None:
            loop = asyncio.get_running_loop()
            shown.jpeg = loop.run_in_executor(self._encoder, encode, shown.picture)
        return await asyncio.shield(shown.jpeg)


def interval_s(clients: int) -> float:
    """Return how long it is from one frame on the pages to the next.

    >>> interval_s(1), interval_s(10), interval_s(32)
    (0.03, 0.05, 0.1)
    """
    return min(max(_MIN_INTERVAL_S, clients * _INTERVAL_PER_CLIENT_S), _MAX_INTERVAL_S)


def encode(picture: Frame) -> bytes:
    """Return a picture as JPEG, no larger than a page shows it."""
    bgr = picture.bgr
    scale = _MAX_SIDE_PX / max(picture.width_px, picture.height_px)
    if scale < 1:
        size_px = (round(scale * picture.width_px), round(scale * picture.height_px))
        bgr = np.asarray(cv2.resize(bgr, size_px, interpolation=cv2.INTER_AREA), np.uint8)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return jpeg.tobytes()


def _message(data: bytes, jpeg: bytes, lag_s: float) -> bytes:
    lag_ms = min(max(round(1000 * lag_s), 0), 1 << 31)
    return b"".join((struct.pack("<II", len(data), lag_ms), data, jpeg))


def _parsed(text: str | None) -> Command | None:
    """Return the command in a message, such as `["threshold", 0.4]`; None if it is none."""
    if text is None or len(text) > _MAX_COMMAND_BYTES:
        return None
    try:
        name, *numbers = orjson.loads(text)
    except (ValueError, TypeError):
        return None
    is_command = isinstance(name, str) and all(
        isinstance(each, int | float) and abs(each) < 1e9 for each in numbers
    )
    return Command(name, tuple(map(float, numbers))) if is_command else None
