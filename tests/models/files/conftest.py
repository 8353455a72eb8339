"""Servers for the tests of downloads."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from tests.support.servers import LoopbackServer


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


@pytest.fixture
def closed_url() -> Iterator[str]:
    """The URL of a port that is in use and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
