"""Addresses to send to or to listen on: from the text that was typed to a socket's address."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import PosedFrame

LineEncoder = Callable[[PosedFrame], bytes]
"""Encodes a frame as one line of JSON."""
SCHEMES = ("osc", "udp", "ws")
CAPACITY = 8
"""How many frames may wait to be sent. They keep their pixels, and are seldom more than one."""
STOP_LIMIT_S = 2.0
"""How long a thread may take to end."""


@dataclass(frozen=True, slots=True)
class Address:
    """A protocol, a host and a port.

    >>> parse("osc://localhost:9000").port
    9000
    """

    scheme: str
    """The protocol, one of `SCHEMES`."""
    host: str
    port: int
    """1..65535."""

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address in the form that sockets take."""

    family: socket.AddressFamily
    place: Any
    """(host, port), and two numbers more for IPv6."""


def parse(url: str) -> Address:
    """Return the address in a text such as `osc://HOST:PORT`, `udp://HOST:PORT`, `ws://HOST:PORT`.

    Raises:
        OptionError: If the text has another form.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise OptionError(f"{url} is not an address: {error}") from error
    if parts.scheme not in SCHEMES:
        raise OptionError(
            f"poses cannot be sent to {url}: give osc://HOST:PORT, udp://HOST:PORT or "
            "ws://HOST:PORT"
        )
    form = f"{parts.scheme}://HOST:PORT"
    if "@" in parts.netloc or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise OptionError(f"{url} has more than {form}, which is all that is understood")
    if not parts.hostname:
        raise OptionError(
            f"{url} names no host: give {form}, such as {parts.scheme}://localhost:9000"
        )
    return Address(parts.scheme, parts.hostname, _port(url, parts))


def resolve(address: Address, kind: socket.SocketKind) -> Endpoint:
    """Look up a host.

    If a name has both kinds of address, IPv4 is used: most receivers listen only there.

    Raises:
        SinkError: If there is no such host.
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
