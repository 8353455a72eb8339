"""Datagrams: sent and forgotten, so that nobody who listens can hold anything up."""

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
from livepose.send.address import Address, LineOf, resolve
from livepose.send.sender_thread import SenderThread

_log = logging.getLogger(__name__)

LARGEST_BYTES = 65507
"""The most that UDP over IPv4 carries: 65535, less 20 for IP and 8 for UDP."""
_SEND_BUFFER_BYTES = 1 << 18


class DatagramEncoder(ABC):
    """Writes frames as datagrams; used by one thread."""

    @abstractmethod
    def encode(self, posed: PosedFrame) -> Iterable[bytes]:
        """Give a frame's datagrams, in order."""

    @abstractmethod
    def goodbye(self) -> Iterable[bytes]:
        """Give what is to be said after the last frame."""


class JsonEncoder(DatagramEncoder):
    """One datagram for each frame: its line of JSON."""

    def __init__(self, name: str, line_of: LineOf) -> None:
        self._name, self._line_of = name, line_of
        self._has_complained = False

    def encode(self, posed: PosedFrame) -> Iterable[bytes]:
        """Give one datagram.

        One that is too long goes without what the network found, which says little that `poses`
        does not; one that is still too long is left out.
        """
        line = self._line_of(posed)
        if len(line) > LARGEST_BYTES:
            line = self._line_of(replace(posed, detections=Poses.empty()))
        if len(line) > LARGEST_BYTES:
            self._complain(len(posed.poses), len(line))
            return ()
        return (line,)

    def goodbye(self) -> Iterable[bytes]:
        return ()

    def _complain(self, people: int, size_bytes: int) -> None:
        if not self._has_complained:
            self._has_complained = True
            _log.warning(
                "%d people are too many for one datagram to %s (%d bytes): such frames are not "
                "sent there; ws:// has no such limit",
                people,
                self._name,
                size_bytes,
            )


class DatagramSender(PoseSink):
    """Sends datagrams to one address. Who does not listen, or not fast enough, misses them."""

    def __init__(self, address: Address, encoder: DatagramEncoder) -> None:
        """Look the host up, and start.

        Raises:
            SinkError: there is no such host, or no way to it.
        """
        self._name, self._encoder = address.url, encoder
        self._complaints: set[str] = set()
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
            pass  # the system has no room: it goes the way of every lost datagram
        except ConnectionError:
            self._complain("nobody listens there yet")
            self._send_anyway(datagram)
        except OSError as error:
            self._complain(error.strerror or str(error))

    def _send_anyway(self, datagram: bytes) -> None:
        # The refusal was of an earlier datagram: this one was not tried. Without a second time the
        # first words to somebody who has come would be lost.
        with suppress(OSError):
            self._socket.send(datagram)

    def _complain(self, reason: str) -> None:
        if reason not in self._complaints:
            self._complaints.add(reason)
            _log.warning("%s: %s; going on", self._name, reason)


def _connected(address: Address) -> socket.socket:
    """Make a socket that knows its receiver: only then the system tells that nobody listens."""
    endpoint = resolve(address, socket.SOCK_DGRAM)
    made = socket.socket(endpoint.family, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        # On macOS it is also the longest datagram, and 9216 unless set.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        made.connect(endpoint.place)
    except OSError as error:
        made.close()
        raise SinkError(
            f"{address.url} cannot be reached: {error.strerror or error}; is the address right?"
        ) from error
    return made
