"""The WebSocket to which a phone's page sends its pictures, and from which it gets poses.

**Pace.** Each picture is acknowledged when it has arrived, and the page sends the next one only
then: the newest that its camera has. So no picture waits on its way, however slow the network is.

**One phone.** A page names itself by a random word, which it keeps while it is open. The same page
that comes again, as after a sleep, takes the place of its own old connection, and so does any page
if the phone has been silent for a while. Another one is told that there is a camera already, and
may ask to take over.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from livepose.core.errors import SourceError
from livepose.web.limits import TOO_MANY, ClientLimit
from livepose.web.phone.clock import PhoneClock
from livepose.web.phone.inbox import Inbox
from livepose.web.phone.pictures import MAX_PHONE_MS, parse_picture

_log = logging.getLogger(__name__)

MAX_PICTURE_BYTES = 1 << 22
_MAX_TEXT = 1 << 12
_HELLO_S = 5.0
_GOODBYE_S = 1.0
"""How long a page may take to hear why its connection is closed."""
_PING_S = 1.0
"""How often the phone is asked for the time of its clock."""
_MAX_TRIP_S = 60.0
_SILENT_S = 4.0
"""A phone that has been silent for so long makes room for another one."""
_MAX_WAITING_LINES = 64
_MAX_FAULTS = 20
"""How many messages that cannot be used a page may send."""


class CloseCode(IntEnum):
    """Why a connection was closed, as the page gets it."""

    BUSY = 4001
    """Another phone is the camera."""
    REPLACED = 4002
    """Another phone has become the camera."""
    ENDED = 4003
    """The run is over."""
    FAULTY = 4004
    """The page has sent what cannot be understood."""


@dataclass(frozen=True, slots=True)
class CameraWishes:
    """What the camera of a phone is asked for; it may give something else."""

    width_px: int = 640
    height_px: int = 480
    frame_rate: float = 30.0


class Session:
    """One connection of a page that is the camera."""

    def __init__(self, number: int, client: str) -> None:
        self.number = number
        self.client = client
        self.heard_s = time.perf_counter()
        self.close_code: CloseCode | None = None
        self._lines: deque[str] = deque(maxlen=_MAX_WAITING_LINES)
        self._poses: str | None = None
        self._changed = asyncio.Event()

    def send(self, message: Mapping[str, object]) -> None:
        """Send a message after those that wait already. Called in the server's thread."""
        self._lines.append(orjson.dumps(message).decode())
        self._changed.set()

    def show(self, poses: str) -> None:
        """Send poses; those that still wait are left out. Called in the server's thread."""
        self._poses = poses
        self._changed.set()

    def close(self, code: CloseCode) -> None:
        """Close the connection after what waits was sent. Called in the server's thread."""
        self.close_code = code
        self._changed.set()

    async def deliver(self, websocket: WebSocket) -> None:
        """Send what there is to send, and ask for the phone's time, until the session is closed."""
        asked_s = -math.inf
        while self.close_code is None:
            now_s = time.perf_counter()
            if now_s - asked_s >= _PING_S:
                asked_s = now_s
                self.send({"kind": "time", "asked_s": now_s})
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._changed.wait(), asked_s + _PING_S - now_s)
            self._changed.clear()
            while self._lines:
                await websocket.send_text(self._lines.popleft())
            poses, self._poses = self._poses, None
            if poses is not None:
                await websocket.send_text(poses)
        await websocket.close(self.close_code)


class PhoneEndpoint:
    """Takes the pictures of one phone at a time, and sends poses back to it."""

    def __init__(self, inbox: Inbox, wishes: CameraWishes) -> None:
        """Serve whoever connects.

        Args:
            inbox: Where pictures are put.
            wishes: What the phone's camera is asked for.
        """
        self.clock = PhoneClock()
        """Of the phone that is connected."""
        self._inbox = inbox
        self._wishes = wishes
        self._limit = ClientLimit()
        self._session: Session | None = None
        self._sessions = 0
        self._is_ended = False

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one page for as long as it is connected."""
        if self._limit.is_reached:
            await websocket.send_denial_response(TOO_MANY)
            return
        with self._limit.counted(), suppress(WebSocketDisconnect, asyncio.TimeoutError):
            await websocket.accept()
            hello = await asyncio.wait_for(websocket.receive(), _HELLO_S)
            if hello["type"] == "websocket.disconnect":
                return
            session = self._welcome(hello.get("text") or "")
            if isinstance(session, CloseCode):
                await websocket.close(session)
                return
            delivery = asyncio.create_task(session.deliver(websocket))
            try:
                await self._receive(websocket, session)
                if session.close_code is not None:
                    await asyncio.wait_for(delivery, _GOODBYE_S)
            finally:
                if self._session is session:
                    self._session = None
                delivery.cancel()
                await asyncio.gather(delivery, return_exceptions=True)

    def show(self, session: int, poses: str) -> None:
        """Send poses to the page of a session, if it is still there. In the server's thread."""
        if self._session is not None and self._session.number == session:
            self._session.show(poses)

    def end(self) -> None:
        """Let the page know that the run is over. Called in the server's thread."""
        self._is_ended = True
        if self._session is not None:
            self._session.close(CloseCode.ENDED)

    def _welcome(self, hello: str) -> Session | CloseCode:
        """Return the session of a page that has introduced itself, or why it gets none."""
        message = _parsed(hello)
        client = message.get("client")
        if message.get("kind") != "hello" or not isinstance(client, str) or not client:
            return CloseCode.FAULTY
        if self._is_ended:
            return CloseCode.ENDED
        old = self._session
        if old is not None:
            is_silent = time.perf_counter() - old.heard_s > _SILENT_S
            if not (old.client == client or is_silent or message.get("takes_over") is True):
                return CloseCode.BUSY
            old.close(CloseCode.REPLACED)
        self._sessions += 1
        self._session = session = Session(self._sessions, client)
        # Another phone has another clock, and a page that was loaded again counts anew.
        self.clock = PhoneClock()
        wishes = self._wishes
        session.send(
            {
                "kind": "welcome",
                "width": wishes.width_px,
                "height": wishes.height_px,
                "frame_rate": wishes.frame_rate,
            }
        )
        return session

    async def _receive(self, websocket: WebSocket, session: Session) -> None:
        faults = 0
        while session.close_code is None and faults < _MAX_FAULTS:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            now_s = session.heard_s = time.perf_counter()
            if session.close_code is not None:
                return
            try:
                if message.get("bytes") is not None:
                    self._take_picture(message["bytes"], session, now_s)
                else:
                    self._take_answer(message.get("text") or "", now_s)
            except SourceError as error:
                faults += 1
                _log.debug("%s", error)
        if session.close_code is None:
            _log.warning("the phone was disconnected: what it sent were not pictures")
            session.close(CloseCode.FAULTY)

    def _take_picture(self, message: bytes, session: Session, now_s: float) -> None:
        """Put a picture into the inbox, and acknowledge it.

        Raises:
            SourceError: If it is none.
        """
        picture = parse_picture(message, now_s, session.number)
        self._inbox.put(picture)
        session.send({"kind": "arrived", "number": picture.number})

    def _take_answer(self, text: str, now_s: float) -> None:
        """Note what the phone's clock shows.

        Raises:
            SourceError: If the message is another one.
        """
        message = _parsed(text)
        asked_s, phone_ms = message.get("asked_s"), message.get("phone_ms")
        if not isinstance(asked_s, int | float) or not isinstance(phone_ms, int | float):
            raise SourceError("the phone sent an unknown message")
        # A page that makes numbers up, nan among them, only harms itself.
        if 0 <= now_s - asked_s < _MAX_TRIP_S and abs(phone_ms) < MAX_PHONE_MS:
            self.clock.note_answer(asked_s, phone_ms / 1000, now_s)


def _parsed(text: str) -> dict[str, Any]:
    """Return a message; an empty one if it cannot be understood."""
    if len(text) > _MAX_TEXT:
        return {}
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return message if isinstance(message, dict) else {}
