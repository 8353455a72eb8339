"""The results of a benchmark, and the machine that they hold for."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib import metadata

from livepose.system.cpu import processor_name, usable_cores

_PACKAGES = ("opencv-python", "av", "ai-edge-litert", "openvino", "numpy")


@dataclass(frozen=True, slots=True)
class Stage:
    """The time that one step takes per frame."""

    name: str
    cpu_ms: float
    """Sum of all threads."""
    wall_ms: float
    counts: bool
    """Whether it is a step of the pipeline, measured in its place; else it is an alternative,
    measured alone."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """From file to file, between the 30th result and the finished file."""

    frames_per_second: float
    cpu_ms: float
    """Per frame, sum of all threads."""
    bound: float
    """Frames per second if all cores did nothing but the steps: the number of cores, divided by the
    CPU seconds that the steps of one frame take."""
    share_of_bound: float


@dataclass(frozen=True, slots=True)
class LiveLatency:
    """How long a camera's frames take from the camera to the painted frame."""

    camera_rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    frames: int
    dropped: int


@dataclass(frozen=True, slots=True)
class BenchResults:
    """Everything that was measured."""

    machine: dict[str, str]
    clip: str
    model: str
    stages: list[Stage]
    throughput: Throughput
    live: LiveLatency


def describe_machine() -> dict[str, str]:
    """Return the machine and the versions of what runs on it, by name."""
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
