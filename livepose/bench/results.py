"""What a benchmark says, and on what machine."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata

from livepose.system.cpu import processor_name, usable_cores

_PACKAGES = ("opencv-python", "av", "ai-edge-litert", "openvino", "numpy")


@dataclass(frozen=True, slots=True)
class Stage:
    """One step, for each frame."""

    name: str
    cpu_ms: float
    """Over all threads."""
    wall_ms: float
    counts: bool
    """Whether it is a step of the whole, measured in its row; else it is alone, to be compared."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """File to file, from the 30th result to the finished file."""

    frames_per_second: float
    cpu_ms: float
    """For each frame, over all threads."""
    bound: float
    """Cores over the CPU seconds that all steps in a row take for a frame: one core's rate, times
    the cores."""
    share_of_bound: float


@dataclass(frozen=True, slots=True)
class Liveness:
    """A camera's frames, from the picture in hand to the painted one."""

    camera_rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    frames: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured."""

    machine: dict[str, str]
    clip: str
    model: str
    stages: list[Stage]
    throughput: Throughput
    liveness: Liveness


def this_machine() -> dict[str, str]:
    """Name the machine and the versions."""
    machine = {
        "processor": processor_name(),
        "cores": str(usable_cores()),
        "system": platform.platform(terse=True),
        "Python": platform.python_version(),
    }
    for package in _PACKAGES:
        try:
            machine[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            machine[package] = "not installed"
    return machine
