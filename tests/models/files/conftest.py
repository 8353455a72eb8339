"""Servers for the tests of downloads, and an environment that has no effect on them."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from livepose.models.files.download import forget_failures
from tests.support.npm import FakeNpm
from tests.support.servers import LoopbackServer


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


@pytest.fixture(autouse=True)
def plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, no cache of TF Hub, and no host that another test has found silent."""
    # urllib reads the proxies once, when it opens its first URL.
    monkeypatch.setattr(urllib.request, "_opener", None)
    for name in ("http_proxy", "https_proxy", "all_proxy", "tfhub_cache_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    forget_failures()


@pytest.fixture
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program, such as npm, is found."""
    (tmp_path / "no programs").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNpm:
    """A stand-in for npm, before the system's own programs."""
    monkeypatch.setenv("PATH", os.defpath)
    return FakeNpm(tmp_path / "programs", monkeypatch)
