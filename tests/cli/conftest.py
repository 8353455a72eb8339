"""What the tests of the command line share: an empty folder to run in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.models import warm_cache
from tests.support.needs import TFHUB
from tests.support.programs import CLEARED_VARIABLES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty, without a display; the cache of models is empty."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    for name in (*CLEARED_VARIABLES, "TFHUB_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture
def here(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The same with the compiled models."""
    cache = warm_cache(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("LIVEPOSE_CACHE", str(cache))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
    return folder
