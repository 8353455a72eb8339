"""The addresses of this machine, the one at which a phone most likely reaches it first."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass

_FAR_ADDRESS = ("192.0.2.1", 9)
"""An address of documentation: nothing is sent to it, only the route to it is looked up."""
_VIRTUAL = re.compile(
    r"docker|veth|br-|virbr|vmnet|vbox|virtualbox|vmware|hyper-v|vethernet|wsl|tun|tap|utun|wg|"
    r"tailscale|zt|bridge|awdl|llw|lxc|podman|cni",
    re.IGNORECASE,
)
"""Names of interfaces behind which there is no other machine, or one that is far away."""


@dataclass(frozen=True, slots=True)
class LocalAddress:
    """An address of this machine."""

    address: str
    """Such as `192.168.0.7`."""
    interface: str
    """The name of its network interface: `wlan0`, `Ethernet`."""

    @property
    def version(self) -> int:
        """4 or 6."""
        return ipaddress.ip_address(self.address).version

    @property
    def host(self) -> str:
        """As it stands in an address of the web."""
        return f"[{self.address}]" if ":" in self.address else self.address


def find_local_addresses() -> list[LocalAddress]:
    """Return the addresses at which other machines may reach this one, the likeliest first.

    Loopback addresses and those that only hold with an interface's name (link-local IPv6) are left
    out.
    """
    import ifaddr  # for those who serve other machines

    found = [
        LocalAddress(str(each.ip[0] if isinstance(each.ip, tuple) else each.ip), adapter.nice_name)
        for adapter in ifaddr.get_adapters()
        for each in adapter.ips
    ]
    return by_likelihood(found, _address_of_route())


def by_likelihood(found: Iterable[LocalAddress], route: str) -> list[LocalAddress]:
    """Return addresses that other machines can use, the likeliest one first.

    IPv4 comes before IPv6, a real network before a virtual one, the one on the way to the internet
    before others.

    Args:
        found: All addresses of this machine.
        route: The one on the way to the internet; empty if there is none.

    >>> found = [LocalAddress("172.17.0.1", "docker0"), LocalAddress("192.168.0.7", "wlan0")]
    >>> [each.address for each in by_likelihood(found, route="")]
    ['192.168.0.7', '172.17.0.1']
    """

    def rank(each: LocalAddress) -> tuple[bool, bool, bool, bool]:
        address = ipaddress.ip_address(each.address)
        is_virtual = _VIRTUAL.match(each.interface) is not None
        # A route through a virtual interface is that of a VPN, in which the phone is not.
        is_far = each.address != route or is_virtual
        return (address.version == 6, is_virtual, address.is_link_local, is_far)

    return sorted((each for each in found if _is_reachable(each.address)), key=rank)


def names_to_certify(host: str, local: Iterable[LocalAddress]) -> list[str]:
    """Return the addresses and host names under which a server on this machine may be asked for.

    Args:
        host: Where it listens. Addresses of IPv6 are left out unless this is one: many change every
            day, and a new name needs a new certificate, for which phones ask again.
        local: The addresses of this machine.
    """
    version = 6 if ":" in host else 4
    addresses = [each.address for each in local if each.version == version]
    return [*addresses, "127.0.0.1", "::1", *own_names()]


def own_names() -> list[str]:
    """Return the host names of this machine, as others in the same network may use them."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    wanted = ["localhost", name, f"{short}.local"]
    return [each for each in dict.fromkeys(wanted) if re.fullmatch(r"[a-z0-9.-]{1,253}", each)]


def _is_reachable(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    needs_interface = address.version == 6 and address.is_link_local
    return not (address.is_loopback or address.is_unspecified or needs_interface)


def _address_of_route() -> str:
    """Return the address from which this machine would reach the internet; empty without a way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(_FAR_ADDRESS)
        except OSError:
            return ""
        return str(sock.getsockname()[0])
