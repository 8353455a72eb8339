"""Which clients a server takes: by the headers Host and Origin of their requests.

A browser lets any page of any site connect to any server, also to one on its own machine; the only
defence is the server's, which reads in `Origin` whose page it is. A site can also have its name
resolve to this machine (DNS rebinding), and is then recognized by the `Host` that it asks for.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

from livepose.core.errors import OptionError

ANY = "*"
"""As an allowed origin: every page."""
FILE_PAGES = "null"
"""As an allowed origin: pages that are opened as files. But any site can pretend to be one."""
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:\[[0-9a-f:.]+\]|[^\s/?#@:\[\]]+)(?::\d{1,5})?")


def check_origin(origin: str) -> str:
    """Return an origin as browsers write it, in small letters and without a slash at the end.

    >>> check_origin("https://Example.org/")
    'https://example.org'

    Raises:
        OptionError: If it is not scheme, host and perhaps a port.
    """
    wanted = origin.strip().lower().removesuffix("/")
    if wanted in (ANY, FILE_PAGES) or _ORIGIN.fullmatch(wanted):
        return wanted
    raise OptionError(
        f"{origin} is not an origin: write it as https://example.org or http://192.168.0.7:8000; "
        f"{ANY} allows every page"
    )


class OriginRule:
    """Decides who may connect: programs, pages of this machine, and the origins that are allowed.

    >>> rule = OriginRule("localhost", ["https://example.org"])
    >>> rule.problem("localhost:8765", "https://example.org", "127.0.0.1")
    ''
    >>> rule.problem("localhost:8765", "https://elsewhere.org", "127.0.0.1")
    'a page of https://elsewhere.org'
    """

    def __init__(self, host: str, allowed: Sequence[str] = ()) -> None:
        """Make a rule.

        Args:
            host: The one that the server listens at, as it was typed.
            allowed: Origins whose pages may connect; `*` is every page.
        """
        self._allowed = {check_origin(each) for each in allowed}
        name = socket.gethostname().lower()
        self._own_names = {host.lower(), name, f"{name.partition('.')[0]}.local"} - {""}
        self._allowed_hosts = {urlsplit(each).hostname for each in self._allowed}

    def problem(self, host: str | None, origin: str | None, own_address: str) -> str:
        """Return who is refused, and an empty text if a client may connect.

        Args:
            host: The header `Host`; None if there is none.
            origin: The header `Origin`; None if the client is not a page in a browser.
            own_address: The address of this machine that the client has connected to.
        """
        if ANY in self._allowed:
            return ""
        if not self.is_own_host(host):
            return f"a client that asks for {_shown(host)}"
        if origin is None or origin.lower() in self._allowed:
            return ""
        if self._is_own_page(origin, own_address):
            return ""
        return f"a page of {_shown(origin)}"

    def is_own_host(self, host: str | None) -> bool:
        """Return whether a name is this machine's. An address always is: nobody can rebind it."""
        name = _host_name(f"//{host}")
        return _is_address(name) or self._is_own_name(name) or name in self._allowed_hosts

    def _is_own_page(self, origin: str, own_address: str) -> bool:
        """Return whether a page was served by this machine."""
        if not origin.lower().startswith(("http://", "https://")):
            return False
        name = _host_name(origin)
        if _is_address(name):
            address = ipaddress.ip_address(name)
            return address.is_loopback or name == own_address.partition("%")[0]
        return self._is_own_name(name)

    def _is_own_name(self, name: str) -> bool:
        return name == "localhost" or name.endswith(".localhost") or name in self._own_names


def _host_name(address: str) -> str:
    """Return the host in an address, in small letters; empty if there is none."""
    try:
        return (urlsplit(address).hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _shown(header: str | None) -> str:
    """Return a header for a message: what a client sends may be long, and may be anything."""
    text = "".join(each if each.isprintable() else "?" for each in header or "no host")
    return text if len(text) <= 80 else f"{text[:77]}..."
