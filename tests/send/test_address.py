"""Addresses: what is typed, and what it becomes."""

from __future__ import annotations

import socket

import pytest

from livepose.core.errors import OptionError, SinkError
from livepose.core.secrets import hide_secrets
from livepose.send.address import Address, parse, resolve


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://localhost:1", "give osc://HOST:PORT, udp://HOST:PORT or ws://HOST:PORT"),
        ("localhost:9000", "give osc://HOST:PORT"),
        ("9000", "give osc://HOST:PORT"),
        ("osc://localhost", "names no port: give osc://localhost:9000"),
        ("udp://localhost:", "names no port: give udp://localhost:9000"),
        ("udp://localhost:0", "a number from 1 to 65535"),
        ("ws://localhost:70000", "a number from 1 to 65535"),
        ("ws://localhost:http", "a number from 1 to 65535"),
        ("ws://:8765", "names no host"),
        ("ws://localhost:8765/poses", "has more than ws://HOST:PORT"),
        ("osc://me@localhost:9000", "has more than osc://HOST:PORT"),
        ("osc://[::1:9000", "is not an address"),
    ],
)
def test_what_is_no_address_is_refused_with_what_would_be_one(url: str, complaint: str) -> None:
    with pytest.raises(OptionError) as caught:
        parse(url)
    assert hide_secrets(url) in str(caught.value)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("osc://localhost:9000", Address("osc", "localhost", 9000)),
        ("udp://192.168.0.20:1", Address("udp", "192.168.0.20", 1)),
        ("ws://0.0.0.0:65535", Address("ws", "0.0.0.0", 65535)),
        ("osc://[::1]:9000", Address("osc", "::1", 9000)),
        ("osc://localhost:9000/", Address("osc", "localhost", 9000)),
    ],
)
def test_an_address_has_a_protocol_a_host_and_a_port(url: str, address: Address) -> None:
    assert parse(url) == address
    assert address.url == url.rstrip("/")


def test_a_name_with_both_kinds_of_address_becomes_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [
        (socket.AF_INET6, socket.SOCK_DGRAM, 17, "", ("::1", 9000, 0, 0)),
        (socket.AF_INET, socket.SOCK_DGRAM, 17, "", ("127.0.0.1", 9000)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    endpoint = resolve(Address("udp", "localhost", 9000), socket.SOCK_DGRAM)
    assert (endpoint.family, endpoint.place) == (socket.AF_INET, ("127.0.0.1", 9000))


def test_a_host_that_does_not_exist_is_named_with_its_address() -> None:
    with pytest.raises(SinkError, match=r"no host nowhere\.invalid .* udp://nowhere\.invalid:9"):
        resolve(Address("udp", "nowhere.invalid", 9), socket.SOCK_DGRAM)
