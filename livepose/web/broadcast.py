"""Sends the newest frame to all clients: encoded once, framed once, in few wake-ups of threads.

A message is one frame: the length of the data and the client's lag as two little-endian 32-bit
numbers, the data as JSON, and the picture as JPEG, or nothing if the client has that picture. Only
the two numbers differ from client to client: they are a WebSocket frame of their own, and what
follows them is the same bytes for all.

A frame is encoded, in a thread of its own, when it is due and a client is ready for it. A client
acknowledges what it has drawn, and gets the newest frame then: a slow one gets fewer frames, and
costs the others nothing.
"""

from __future__ import annotations

import asyncio
import logging
import math
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np
from websockets.frames import Frame as WebSocketFrame
from websockets.frames import Opcode

from livepose.core.frame import Frame
from livepose.core.interfaces import Closeable
from livepose.web.connections import WebSocketConnection
from livepose.web.server import WebServer

_log = logging.getLogger(__name__)

_MAX_SIDE_PX = 1280
_JPEG_QUALITY = 80
_FRAME_ON_WAY_S, _MAX_ON_WAY = 0.04, 4
"""One frame is on the way to a client, so that the newest one follows it, and one more for each so
many seconds that a ping takes: a connection over a long distance would stand idle."""
_MIN_INTERVAL_S, _INTERVAL_PER_CLIENT_S, _MAX_INTERVAL_S = 0.016, 0.0033, 0.1
"""Between two frames on a page: no screen shows many more. Each one is sent to each client, so that
many clients get fewer."""
_READ_LIMIT_S = 10.0
"""A client that has not drawn a frame for so long is dropped."""


class Content(Protocol):
    """What is known of a frame."""

    def to_json(self) -> bytes:
        """Return it as JSON. Called in the thread that encodes, for frames that are sent."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Published:
    """A frame that could be sent."""

    number: int
    introduction: bytes
    """What each client gets before it, once."""
    content: Content
    picture: Frame
    from_s: float
    same_picture: int
    """The number of the first frame that has this picture."""


@dataclass(frozen=True, slots=True, eq=False)
class _Encoded:
    """A frame as it is sent, but for the two numbers before it."""

    published: _Published
    data_length: int
    with_picture: bytes
    without_picture: bytes


@dataclass(slots=True, eq=False)
class Client:
    """Somebody who has the page open."""

    connection: WebSocketConnection
    introduction: bytes = b""
    """What it was sent before its frames."""
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
        on_way = 1 + int(self.connection.last_ping_rtt / _FRAME_ON_WAY_S)
        return self.sent - self.acknowledged < min(on_way, _MAX_ON_WAY)

    @property
    def waits_since_s(self) -> float:
        """Since when a frame is on its way to the client; infinity if none is."""
        return next(iter(self.sent_at_s.values()))[0] if self.sent_at_s else math.inf


class Broadcast(Closeable):
    """Sends frames to clients, as far as these keep up.

    `publish` is for one thread, the viewer's; what is about clients is for the server's.
    """

    def __init__(self) -> None:
        """Send nothing yet: see `start`."""
        self.introduction = b""
        """What each client gets before the frames that are published from now on: JSON."""
        self._clients: dict[Client, None] = {}
        self._server: WebServer | None = None
        self._thread: threading.Thread | None = None
        self._number = 0
        self._latest: _Encoded | None = None
        """The frame that was sent last."""
        self._is_watched = False
        """Whether `_drop_silent` will be called."""
        self._has_failed = False
        # What follows is shared between threads, under the lock of this condition.
        self._changed = threading.Condition()
        self._newest: _Published | None = None
        self._taken: _Published | None = None
        """The frame that was encoded last."""
        self._taken_s = 0.0
        self._is_wanted = False
        """Whether a client is ready for a frame that is newer than those it has."""
        self._is_on_way = False
        """Whether a frame is being encoded, or has not been sent since."""
        self._is_idle = False
        """Whether the thread waits until there is something to encode."""
        self._is_closed = False

    @property
    def has_clients(self) -> bool:
        """Whether anybody has the page open."""
        return bool(self._clients)

    def start(self, server: WebServer) -> None:
        """Start the thread that encodes.

        Args:
            server: In whose thread frames are sent.
        """
        self._server = server
        self._thread = threading.Thread(
            target=self._encode_frames, args=(server,), name="livepose-web-encoder", daemon=True
        )
        self._thread.start()

    def publish(self, content: Content, picture: Frame, from_s: float) -> None:
        """Send a frame to all clients, or the next one if that comes first.

        Args:
            content: What is known of the frame.
            picture: The frame; the same object again if only the content has changed.
            from_s: The moment from which lag is counted, on the clock of `time.perf_counter`.
        """
        self._number += 1
        with self._changed:
            before = self._newest
            is_same = before is not None and before.picture is picture
            same_picture = before.same_picture if before is not None and is_same else self._number
            self._newest = _Published(
                *(self._number, self.introduction, content, picture, from_s, same_picture)
            )
            self._wake()

    def add(self, client: Client) -> None:
        """Send frames to a client from now on."""
        self._clients[client] = None
        if not self._is_watched:
            self._drop_silent()
        self._serve(client)

    def remove(self, client: Client) -> None:
        """Send no more frames to a client."""
        client.connection.take_at_once = None
        self._clients.pop(client, None)
        if not self._clients:  # whoever comes next would see what is old by then
            with self._changed:
                self._newest = self._taken = None
            self._latest = None

    def acknowledge(self, client: Client) -> bool:
        """Register that a client has drawn the next one of the frames that were sent to it.

        Returns:
            Whether there was such a frame.
        """
        if client.acknowledged == client.sent:
            return False
        client.acknowledged += 1
        sent_s, age_s = client.sent_at_s.pop(client.acknowledged)
        client.lag_s = age_s + time.perf_counter() - sent_s
        self._serve(client)
        return True

    def close(self) -> None:
        """Stop encoding."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _serve(self, client: Client) -> None:
        """Send a client the newest frame that it does not have, if it is ready for one."""
        if not client.is_ready:
            return
        with self._changed:
            self._is_wanted = True
            is_newer_due = self._has_work and self._due_in_s() <= 0
            self._wake()
        latest = self._latest
        is_new = latest is not None and latest.published.number > client.frame_number
        if latest is not None and is_new and not is_newer_due:
            self._send(client, latest)

    def _send_to_all(self, encoded: _Encoded) -> None:
        """Send a frame to the clients that are ready for one."""
        if self._clients:
            self._latest = encoded
        for client in self._clients:
            if client.is_ready:
                self._send(client, encoded)
        self._end_turn()

    def _end_turn(self) -> None:
        """Let the next frame be encoded."""
        with self._changed:
            self._is_on_way = False
            self._is_wanted = any(client.is_ready for client in self._clients)
            self._wake()

    def _drop_silent(self) -> None:
        """Drop the clients that do not draw what they get, now and later."""
        limit_s = time.perf_counter() - _READ_LIMIT_S
        for client in self._clients:
            if client.waits_since_s < limit_s:
                client.connection.abort()
        self._is_watched = bool(self._clients)
        if self._is_watched:
            asyncio.get_running_loop().call_later(_READ_LIMIT_S / 8, self._drop_silent)

    def _report(self, error: Exception) -> None:
        """Log the first error; others would be the same."""
        if not self._has_failed:
            self._has_failed = True
            _log.warning("frames cannot be shown on the page: %s", error, exc_info=error)

    def _send(self, client: Client, encoded: _Encoded) -> None:
        published, now_s = encoded.published, time.perf_counter()
        pieces = []
        introduction = published.introduction
        if client.introduction is not introduction:
            client.introduction = introduction
            pieces += [_head(len(introduction), 0.0), _framed(introduction)]
        pieces.append(_head(encoded.data_length, client.lag_s))
        has_picture = client.picture_number == published.same_picture
        pieces.append(encoded.without_picture if has_picture else encoded.with_picture)
        client.frame_number, client.picture_number = published.number, published.same_picture
        client.sent += 1
        client.sent_at_s[client.sent] = (now_s, now_s - published.from_s)
        client.connection.write(pieces)

    @property
    def _has_work(self) -> bool:
        is_new = self._newest is not None and self._newest is not self._taken
        return is_new and self._is_wanted and not self._is_on_way

    def _due_in_s(self) -> float:
        """Return after how many seconds the next frame may be sent."""
        return self._taken_s + interval_s(len(self._clients)) - time.perf_counter()

    def _wake(self) -> None:
        """Wake the thread that encodes, but not for nothing: that costs more than all the rest."""
        if self._is_idle and self._has_work:
            self._is_idle = False
            self._changed.notify()

    def _encode_frames(self, server: WebServer) -> None:
        """Encode frames until it is closed."""
        jpeg, picture = b"", None
        while (published := self._take()) is not None:
            try:
                if published.picture is not picture:
                    jpeg, picture = encode(published.picture), published.picture
                data = published.content.to_json()
            except Exception as error:
                self._report(error)
                server.call(self._end_turn)
                continue
            encoded = _Encoded(published, len(data), _framed(data + jpeg), _framed(data))
            server.call(self._send_to_all, encoded)

    def _take(self) -> _Published | None:
        """Wait for the next frame to be encoded; None at the end."""
        with self._changed:
            while not self._is_closed:
                self._is_idle = not self._has_work
                if self._is_idle:
                    self._changed.wait()
                elif (wait_s := self._due_in_s()) > 0:
                    self._changed.wait(wait_s)
                else:
                    self._taken, self._taken_s = self._newest, time.perf_counter()
                    self._is_on_way = True
                    return self._taken
        return None


def interval_s(clients: int) -> float:
    """Return how long it is from one frame on the pages to the next.

    >>> interval_s(1), interval_s(10), interval_s(64)
    (0.016, 0.033, 0.1)
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


def _head(data_length: int, lag_s: float) -> bytes:
    """Return the WebSocket frame with which a message begins."""
    lag_ms = min(max(round(1000 * lag_s), 0), 1 << 31)
    numbers = struct.pack("<II", data_length, lag_ms)
    return WebSocketFrame(Opcode.BINARY, numbers, fin=False).serialize(mask=False)


def _framed(rest: bytes) -> bytes:
    """Return the WebSocket frame with which a message ends."""
    return WebSocketFrame(Opcode.CONT, rest).serialize(mask=False)
