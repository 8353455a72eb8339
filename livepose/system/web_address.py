"""Where a web server listens: from the text that was typed to a bound socket."""

from __future__ import annotations

import errno
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livepose.core.errors import OptionError, SinkError

# It takes long to import, and few runs listen.
if TYPE_CHECKING:
    import socket

LOOPBACK = "127.0.0.1"
_ADDRESS = re.compile(
    r"(?:(?:\[(?P<ipv6>[0-9A-Fa-f:.%\w]+)\]|(?P<host>[^\s:/\[\]@?#]+)):)?(?P<port>\d{1,5})"
)
_EVERY = ("0.0.0.0", "::")  # noqa: S104  (compared, and never chosen)
_ELSEWHERE = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737): nothing is sent there."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A host and a port to listen at."""

    host: str = LOOPBACK
    port: int = 0
    """0..65535; 0 is any free port."""

    @classmethod
    def parse(cls, text: str) -> WebAddress:
        """Return the address in a text such as `8080`, `0.0.0.0:8080` or `[::1]:8080`.

        >>> WebAddress.parse("8080")
        WebAddress(host='127.0.0.1', port=8080)

        Raises:
            OptionError: If the text has another form.
        """
        match = _ADDRESS.fullmatch(text.strip())
        if match is None or int(match["port"]) > 65535:
            raise OptionError(
                f"{text} is not [HOST:]PORT: write it as 8080, or 0.0.0.0:8080 for other machines"
            )
        return cls(match["ipv6"] or match["host"] or LOOPBACK, int(match["port"]))

    def bind(self) -> socket.socket:
        """Return a socket that listens there.

        Raises:
            SinkError: If the port is in use, or the host is not an address of this machine.
        """
        import socket

        try:
            family, *_ = min(
                socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM),
                key=lambda entry: entry[0] != socket.AF_INET,
            )
            # The address that is shown for every one of this machine is one of IPv4.
            takes_both = self.host == _EVERY[1] and socket.has_dualstack_ipv6()
            return socket.create_server(
                (self.host, self.port), family=family, dualstack_ipv6=takes_both
            )
        except (OSError, UnicodeError) as error:
            raise SinkError(f"the page cannot be served: {self._reason(error)}") from error

    def _reason(self, error: OSError | UnicodeError) -> str:
        import socket

        if isinstance(error, socket.gaierror | UnicodeError):
            return f"there is no host {self.host}"
        if error.errno == errno.EADDRINUSE:
            return f"another program uses port {self.port}; choose another one"
        if error.errno == errno.EADDRNOTAVAIL:
            return f"{self.host} is not an address of this machine; localhost and 0.0.0.0 are"
        if error.errno == errno.EACCES and self.port < 1024:
            return f"port {self.port} is for administrators only; choose another one, above 1023"
        return f"{error.strerror or error}; choose another port, above 1023"


def shown_host(host: str) -> str:
    """Return the host as others write it in an address: this machine's own for `0.0.0.0`.

    >>> shown_host("127.0.0.1"), shown_host("::1")
    ('localhost', '[::1]')
    """
    import socket

    if host == LOOPBACK:
        return "localhost"
    if host in _EVERY:
        # A connection of datagrams sends nothing, but has the address that leads out of here.
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
            outward.connect(_ELSEWHERE)
            return str(outward.getsockname()[0])
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
