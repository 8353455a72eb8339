"""Where to send to, or to listen at: from what was typed to a socket's address."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import PosedFrame

LineOf = Callable[[PosedFrame], bytes]
"""Writes a frame as one line of JSON."""
SCHEMES = ("osc", "udp", "ws")
CAPACITY = 8
"""How many frames may wait to be sent. They hold their pictures, and are seldom more than one."""
STOP_LIMIT_S = 2.0
"""For a thread to end, once it was told to."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port, and what is spoken there."""

    scheme: str
    """One of `SCHEMES`."""
    host: str
    port: int
    """1..65535."""

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address as sockets take it."""

    family: socket.AddressFamily
    place: Any
    """(host, port), and two numbers more for IPv6."""


def parse(url: str) -> Address:
    """Read `osc://HOST:PORT`, `udp://HOST:PORT` or `ws://HOST:PORT`.

    Raises:
        OptionError: it is something else.
    """
    parts = _split(url)
    if parts.scheme not in SCHEMES:
        raise OptionError(
            f"poses cannot be sent to {url}: give osc://HOST:PORT, udp://HOST:PORT or "
            "ws://HOST:PORT"
        )
    form = f"{parts.scheme}://HOST:PORT"
    if "@" in parts.netloc or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise OptionError(f"{url} says more than {form}, which is all that is understood")
    if not parts.hostname:
        raise OptionError(
            f"{url} names no host: give {form}, such as {parts.scheme}://localhost:9000"
        )
    return Address(parts.scheme, parts.hostname, _port(url, parts))


def resolve(address: Address, kind: socket.SocketKind) -> Endpoint:
    """Look a host up.

    Where a name has both, IPv4 is taken: most programs that receive listen there alone.

    Raises:
        SinkError: there is no such host.
    """
    try:
        found = socket.getaddrinfo(address.host, address.port, type=kind)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SinkError(
            f"there is no host {address.host} ({reason}): check the name in {address.url}"
        ) from error
    family, *_, place = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return Endpoint(socket.AddressFamily(family), place)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise OptionError(f"{url} is not an address: {error}") from error


def _port(url: str, parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port is None:
        raise OptionError(
            f"{url} names no port: give {parts.scheme}://{parts.netloc.rstrip(':')}:9000"
        )
    if port == 0:
        raise OptionError(f"{url} has no usable port: it is a number from 1 to 65535")
    return port
