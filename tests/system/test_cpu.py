"""The processor's name, and the cores that a process may use."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from livepose.system.cpu import processor_name, usable_cores
from tests.support.needs import needs_affinity


@needs_affinity
def test_usable_cores_are_those_that_the_process_may_use() -> None:
    mine = os.sched_getaffinity(0)
    assert usable_cores() == len(mine)
    try:
        os.sched_setaffinity(0, {min(mine)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, mine)


def test_without_affinity_all_cores_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert usable_cores() == 12
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


def test_the_processor_is_named_as_linux_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = "processor\t: 0\nmodel name\t: Ryzen 7: a test\nmodel name\t: another\n"
    monkeypatch.setattr(Path, "is_file", lambda path: str(path) == "/proc/cpuinfo")
    monkeypatch.setattr(Path, "read_text", lambda path, encoding: told)
    assert processor_name() == "Ryzen 7: a test"


@pytest.mark.parametrize(("processor", "name"), [("Apple M3", "Apple M3"), ("", "arm64")])
def test_elsewhere_it_is_named_as_python_names_it(
    processor: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_file", lambda path: False)
    monkeypatch.setattr(platform, "processor", lambda: processor)
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert processor_name() == name
