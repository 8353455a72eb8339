"""Compiled networks, kept in the cache for the next start."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from livepose.models.files.cache import ModelCache
from livepose.models.files.compiled import CompiledNetworks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The cache's, made when there is something to keep."""
    return tmp_path / "cache"


@pytest.fixture
def kept(folder: Path) -> CompiledNetworks:
    return CompiledNetworks(ModelCache(folder))


def network_of(tmp_path: Path, content: bytes = b"a network") -> Path:
    network = tmp_path / "network.tflite"
    network.write_bytes(content)
    return network


def test_it_is_found_for_its_network_and_settings_alone(
    kept: CompiledNetworks, tmp_path: Path
) -> None:
    network = network_of(tmp_path)
    assert kept.find(network, "bf16") is None
    kept.put(network, "bf16", b"one")
    kept.put(network, "f32", b"another")
    assert (kept.find(network, "bf16"), kept.find(network, "f32")) == (b"one", b"another")
    assert kept.find(network, "bf16, another processor") is None


def test_a_network_that_was_exchanged_under_its_name_is_another_one(
    kept: CompiledNetworks, tmp_path: Path
) -> None:
    network = network_of(tmp_path)
    status = network.stat()
    kept.put(network, "bf16", b"compiled")
    network_of(tmp_path, b"A NETWORK")  # as long, and with the same time stamp
    os.utime(network, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert kept.find(network, "bf16") is None
    network_of(tmp_path)
    assert kept.find(network, "bf16") == b"compiled"


def test_it_does_not_matter_where_the_network_is(kept: CompiledNetworks, tmp_path: Path) -> None:
    network = network_of(tmp_path)
    kept.put(network, "bf16", b"compiled")
    assert kept.find(network.rename(tmp_path / "renamed.tflite"), "bf16") == b"compiled"


@pytest.mark.parametrize("content", [b"", b"compile", b"compiled, and more", b"cOmpiled"])
def test_a_damaged_one_is_removed(
    content: bytes,
    kept: CompiledNetworks,
    folder: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "livepose")
    network = network_of(tmp_path)
    kept.put(network, "bf16", b"compiled")
    (file,) = folder.glob("*.compiled")
    file.write_bytes(content)
    assert kept.find(network, "bf16") is None
    assert f"{file} is damaged" in caplog.text
    assert list(folder.iterdir()) == []
    kept.put(network, "bf16", b"compiled")
    assert kept.find(network, "bf16") == b"compiled"


def test_the_four_newest_of_a_network_are_kept(
    kept: CompiledNetworks, folder: Path, tmp_path: Path
) -> None:
    other = network_of(tmp_path, b"another network").rename(tmp_path / "other.tflite")
    kept.put(other, "version 0", b"of another network")
    network = network_of(tmp_path)
    for number in range(6):
        kept.put(network, f"version {number}", f"compiled {number}".encode())
        for age_s, file in enumerate(sorted(folder.glob("*"), key=lambda f: -f.stat().st_mtime)):
            os.utime(file, (1e9 - age_s, 1e9 - age_s))
    found = [kept.find(network, f"version {number}") for number in range(6)]
    assert found == [None, None, b"compiled 2", b"compiled 3", b"compiled 4", b"compiled 5"]
    assert kept.find(other, "version 0") == b"of another network"


def test_a_cache_that_cannot_be_written_to_is_no_error(
    kept: CompiledNetworks, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livepose")
    folder.write_text("a file, where a folder should be")
    network = network_of(tmp_path)
    kept.put(network, "bf16", b"compiled")
    assert kept.find(network, "bf16") is None
    assert "cannot be kept" in caplog.text
    assert folder.read_text() == "a file, where a folder should be"


def test_a_network_that_is_gone_is_no_error(kept: CompiledNetworks, tmp_path: Path) -> None:
    kept.put(tmp_path / "missing.tflite", "bf16", b"compiled")
    assert kept.find(tmp_path / "missing.tflite", "bf16") is None
