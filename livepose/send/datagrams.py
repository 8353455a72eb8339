"""Datagrams: sent without waiting for an answer, so that no receiver can delay anything."""

from __future__ import annotations

import logging
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.poses import Poses
from livepose.send.address import Address, LineEncoder, resolve
from livepose.send.sender_thread import SenderThread

_log = logging.getLogger(__name__)

LARGEST_BYTES = 65507
"""The most that UDP over IPv4 carries: 65535, less 20 for IP and 8 for UDP."""
_SEND_BUFFER_BYTES = 1 << 18


class DatagramEncoder(ABC):
    """Encode frames as datagrams; used by one thread."""

    @abstractmethod
    def encode(self, posed: PosedFrame) -> Iterable[bytes]:
        """Return a frame's datagrams, in order."""

    @abstractmethod
    def goodbye(self) -> Iterable[bytes]:
        """Return what is to be sent after the last frame."""


class JsonEncoder(DatagramEncoder):
    """Encode each frame as one datagram with its line of JSON."""

    def __init__(self, name: str, encode_line: LineEncoder) -> None:
        self._name, self._encode_line = name, encode_line
        self._has_warned = False

    def encode(self, posed: PosedFrame) -> Iterable[bytes]:
        """Return one datagram.

        If it is too long, the detections are left out, which add little to `poses`; if it is still
        too long, there is none.
        """
        line = self._encode_line(posed)
        if len(line) > LARGEST_BYTES:
            line = self._encode_line(replace(posed, detections=Poses.empty(posed.poses.skeleton)))
        if len(line) > LARGEST_BYTES:
            self._warn(len(posed.poses), len(line))
            return ()
        return (line,)

    def goodbye(self) -> Iterable[bytes]:
        return ()

    def _warn(self, people: int, size_bytes: int) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "%d people are too many for one datagram to %s (%d bytes): such frames are not "
                "sent; ws:// has no such limit",
                people,
                self._name,
                size_bytes,
            )


class DatagramSender(PoseSink):
    """Send datagrams to one address. A receiver that is absent or too slow misses some."""

    def __init__(self, address: Address, encoder: DatagramEncoder) -> None:
        """Look up the host, and start the thread.

        Raises:
            SinkError: If there is no such host, or no route to it.
        """
        self._name, self._encoder = address.url, encoder
        self._warned: set[str] = set()
        self._socket = _connected(address)
        self._thread = SenderThread(address.url, self._send_frame, self._send_goodbye)

    def write(self, posed: PosedFrame) -> None:
        self._thread.submit(posed)

    def close(self) -> None:
        if self._thread.close():
            self._socket.close()

    def _send_frame(self, posed: PosedFrame) -> None:
        for datagram in self._encoder.encode(posed):
            self._send(datagram)

    def _send_goodbye(self) -> None:
        for datagram in self._encoder.goodbye():
            self._send(datagram)

    def _send(self, datagram: bytes) -> None:
        try:
            self._socket.send(datagram)
        except BlockingIOError:
            pass  # the system has no room: the datagram is lost, as any may be
        except ConnectionError:
            self._warn("nobody listens there yet")
            # The refusal was of an earlier datagram, and this one was not sent. Without a second
            # attempt a receiver that has just come would miss the first one.
            with suppress(OSError):
                self._socket.send(datagram)
        except OSError as error:
            self._warn(error.strerror or str(error))

    def _warn(self, reason: str) -> None:
        if reason not in self._warned:
            self._warned.add(reason)
            _log.warning("%s: %s; sending continues", self._name, reason)


def _connected(address: Address) -> socket.socket:
    """Return a connected socket: only then the system reports that nobody listens."""
    endpoint = resolve(address, socket.SOCK_DGRAM)
    made = socket.socket(endpoint.family, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        # On macOS this also limits a datagram, to 9216 bytes unless set.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        made.connect(endpoint.place)
    except OSError as error:
        made.close()
        raise SinkError(
            f"{address.url} cannot be reached: {error.strerror or error}; is the address right?"
        ) from error
    return made
