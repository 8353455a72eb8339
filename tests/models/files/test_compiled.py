"""Compiled networks, kept in the cache for the next start."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from livepose.models.files.cache import ModelCache
from livepose.models.files.compiled import CompiledNetworks
from tests.support.paths import CHECKOUT
from tests.support.programs import LIMIT_S


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The cache's, made when there is something to keep."""
    return tmp_path / "cache"


@pytest.fixture
def networks(folder: Path) -> CompiledNetworks:
    return CompiledNetworks(ModelCache(folder))


def network_of(tmp_path: Path, content: bytes = b"a network") -> Path:
    network = tmp_path / "network.tflite"
    network.write_bytes(content)
    return network


def test_it_is_found_for_its_network_and_settings_alone(
    networks: CompiledNetworks, tmp_path: Path
) -> None:
    network = network_of(tmp_path)
    assert networks.find(network, "bf16") is None
    assert networks.put(network, "bf16", b"one")
    networks.put(network, "f32", b"another")
    assert (networks.find(network, "bf16"), networks.find(network, "f32")) == (b"one", b"another")
    assert networks.find(network, "bf16, another processor") is None


def test_a_network_that_was_exchanged_under_its_name_is_another_one(
    networks: CompiledNetworks, tmp_path: Path
) -> None:
    network = network_of(tmp_path)
    status = network.stat()
    networks.put(network, "bf16", b"compiled")
    network_of(tmp_path, b"A NETWORK")  # as long, and with the same time stamp
    os.utime(network, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert networks.find(network, "bf16") is None
    network_of(tmp_path)
    assert networks.find(network, "bf16") == b"compiled"


def test_it_does_not_matter_where_the_network_is(
    networks: CompiledNetworks, tmp_path: Path
) -> None:
    network = network_of(tmp_path)
    networks.put(network, "bf16", b"compiled")
    assert networks.find(network.rename(tmp_path / "renamed.tflite"), "bf16") == b"compiled"


@pytest.mark.parametrize("change", [lambda all_of_it: b"", lambda all_of_it: all_of_it[:-1]])
def test_a_damaged_one_is_of_no_use_and_replaced(
    change: Callable[[bytes], bytes],
    networks: CompiledNetworks,
    folder: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "livepose")
    network = network_of(tmp_path)
    networks.put(network, "bf16", b"compiled")
    (file,) = folder.iterdir()
    file.write_bytes(change(file.read_bytes()))
    assert networks.find(network, "bf16") is None
    assert f"{file} is damaged" in caplog.text
    networks.put(network, "bf16", b"compiled")
    assert networks.find(network, "bf16") == b"compiled"
    assert list(folder.iterdir()) == [file]


def test_the_sixteen_that_were_used_last_are_kept(
    networks: CompiledNetworks, folder: Path, tmp_path: Path
) -> None:
    network = network_of(tmp_path)
    for number in range(16):
        before = set(folder.glob("*"))
        networks.put(network, f"version {number}", b"compiled")
        (file,) = set(folder.glob("*")) - before
        os.utime(file, (1e9 + number, 1e9 + number))
    assert networks.find(network, "version 1") == b"compiled"
    for number in (16, 17):
        networks.put(network, f"version {number}", b"compiled")
    found = [networks.find(network, f"version {number}") for number in range(18)]
    missing = [number for number, compiled in enumerate(found) if compiled is None]
    assert missing == [0, 2]


PUT_AND_FIND = """
import sys
from pathlib import Path
from livepose.models.files.cache import ModelCache
from livepose.models.files.compiled import CompiledNetworks
networks, network = CompiledNetworks(ModelCache(Path(sys.argv[1]))), Path(sys.argv[2])
for number in range(50):
    assert networks.put(network, "bf16", sys.argv[3].encode() * 100_000)
    found = networks.find(network, "bf16")
    assert found is not None and len(found) == 100_000 and len(set(found)) == 1, number
"""


def test_processes_that_keep_one_at_once_always_find_a_whole_one(
    folder: Path, tmp_path: Path
) -> None:
    network = network_of(tmp_path)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PUT_AND_FIND, folder, network, letter],
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        )
        for letter in "abc"
    ]
    assert [process.wait(LIMIT_S) for process in processes] == [0, 0, 0]
    assert len(list(folder.iterdir())) == 1


def test_a_cache_that_cannot_be_written_to_is_no_error(
    networks: CompiledNetworks, folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "livepose")
    folder.write_text("a file, where a folder should be")
    network = network_of(tmp_path)
    assert not networks.put(network, "bf16", b"compiled")
    assert networks.find(network, "bf16") is None
    assert "cannot be kept" in caplog.text
    assert folder.read_text() == "a file, where a folder should be"


def test_a_network_that_is_gone_is_no_error(networks: CompiledNetworks, tmp_path: Path) -> None:
    assert not networks.put(tmp_path / "missing.tflite", "bf16", b"compiled")
    assert networks.find(tmp_path / "missing.tflite", "bf16") is None
