"""The addresses of this machine: which one a phone most likely reaches."""

from __future__ import annotations

from livepose.web.local_addresses import (
    LocalAddress,
    by_likelihood,
    find_local_addresses,
    names_to_certify,
    own_names,
)

WIFI = LocalAddress("192.168.0.7", "wlan0")
CABLE = LocalAddress("10.0.0.7", "eth0")
DOCKER = LocalAddress("172.17.0.1", "docker0")
VPN = LocalAddress("10.8.0.2", "tun0")
SELF_CHOSEN = LocalAddress("169.254.7.7", "eth1")
IPV6 = LocalAddress("fd00::7", "wlan0")
USELESS = [
    LocalAddress("127.0.0.1", "lo"),
    LocalAddress("::1", "lo"),
    LocalAddress("fe80::7", "wlan0"),
]


def test_the_one_on_the_way_to_the_internet_comes_first() -> None:
    found = [DOCKER, CABLE, WIFI, *USELESS, IPV6, SELF_CHOSEN]
    assert by_likelihood(found, WIFI.address) == [WIFI, CABLE, SELF_CHOSEN, DOCKER, IPV6]


def test_a_vpn_comes_after_real_networks_though_the_way_leads_through_it() -> None:
    assert by_likelihood([VPN, WIFI], VPN.address) == [WIFI, VPN]


def test_without_a_network_there_is_none() -> None:
    assert by_likelihood(USELESS, "") == []


def test_those_of_this_machine_are_found() -> None:
    assert all(each.interface and each.version in (4, 6) for each in find_local_addresses())
    assert "localhost" in own_names()


def test_addresses_of_ipv6_that_change_every_day_ask_for_no_new_certificate() -> None:
    names = names_to_certify("0.0.0.0", [WIFI, IPV6])
    assert WIFI.address in names and IPV6.address not in names
    assert {"localhost", "127.0.0.1"} <= set(names)
    assert IPV6.address in names_to_certify("::", [WIFI, IPV6])


def test_ipv6_stands_in_brackets_in_an_address_of_the_web() -> None:
    assert (WIFI.host, IPV6.host) == ("192.168.0.7", "[fd00::7]")
