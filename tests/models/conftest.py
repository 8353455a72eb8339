"""Fixtures for the tests of models: compiled networks, and an address that refuses connections."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from livepose.core.interfaces import PoseModel
from livepose.models import load_model
from tests.support.models import warm_cache


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder with the compiled Lightning; for tests that need the shared models."""
    return warm_cache(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def lightning(compiled: Path) -> Iterator[PoseModel]:
    """Lightning on LiteRT."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVEPOSE_CACHE", str(compiled))
        model = load_model("lightning", "litert")
    with model:
        yield model


@pytest.fixture(scope="session")
def closed_url() -> Iterator[str]:
    """The URL of a port that is in use and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
