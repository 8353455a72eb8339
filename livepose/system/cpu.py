"""The processor: its name, and the cores that this process may use."""

from __future__ import annotations

import os
import platform
from pathlib import Path

_shares: list[int] = []
"""The last one is how many cores this process takes at most."""


def processor_name() -> str:
    """Return the processor's name, as detailed as the system knows it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return min(cores, _shares[-1]) if _shares else cores


def limit_cores(cores: int) -> None:
    """Let this process take no more than its share of the cores, as others work beside it."""
    _shares.append(max(1, cores))
