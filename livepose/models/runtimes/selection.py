"""Which runtime is the fastest on this machine: measured once for each model, and kept."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from math import inf
from pathlib import Path

import numpy as np

from livepose.core.arrays import median
from livepose.core.errors import LivePoseError
from livepose.core.interfaces import Runtime
from livepose.models.files.compiled import CompiledNetworks
from livepose.models.runtimes import RuntimeName
from livepose.models.runtimes.litert import LiteRT
from livepose.system.cpu import processor_name, usable_cores

_log = logging.getLogger(__name__)
_FILE_NAME = "runtimes.json"
_WARM_UP_RUNS, _MEASURED_RUNS = 3, 15
_PACKAGES = ("openvino", "ai_edge_litert")


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """How long a runtime takes."""

    start_s: float
    """Seconds to load the network."""
    frame_s: float
    """Seconds to run it on one frame."""

    def total_s(self, frames: float) -> float:
        """Return the seconds that it takes to load the network, and to run it on some frames."""
        return self.start_s + frames * self.frame_s


def select_runtime(
    path: Path,
    folder: Path,
    threads: int,
    concurrency: int,
    expected_frames: int | None,
    compiled_networks: CompiledNetworks | None = None,
) -> RuntimeName:
    """Return the runtime that takes the least time for a LiteRT file.

    Args:
        path: Of the file.
        folder: Where measurements are kept.
        threads: For each frame.
        concurrency: How many frames are run at the same time.
        expected_frames: How many there will be in all; None if there is no end.
        compiled_networks: Where compiled networks are kept; None if they are not.
    """
    packages = [_identity_of(name) for name in _PACKAGES]
    if not all(packages):
        return RuntimeName.LITERT
    key = "; ".join(
        (
            f"{path.name}, {path.stat().st_size} bytes of {path.stat().st_mtime_ns}",
            f"{processor_name()}, {usable_cores()} cores",
            ", ".join(packages),
            f"{threads} threads",
            "compiled at each start" if compiled_networks is None else "kept compiled",
        )
    )
    costs = _read_costs(folder / _FILE_NAME, key)
    if costs is None:
        costs = _measure_costs(path, threads, compiled_networks)
        _write_costs(folder / _FILE_NAME, key, costs)
    frames = inf if expected_frames is None else expected_frames / concurrency
    if frames == inf:
        return min(costs, key=lambda name: costs[name].frame_s)
    return min(costs, key=lambda name: costs[name].total_s(frames))


def _identity_of(package: str) -> str:
    """Return what changes whenever a package is installed anew; empty if it is not installed.

    It stands for the version, which takes 10 ms to find out.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return ""
    status = Path(spec.origin).stat()
    return f"{package}, {status.st_size} bytes of {status.st_mtime_ns}"


def _measure_costs(
    path: Path, threads: int, compiled_networks: CompiledNetworks | None
) -> dict[RuntimeName, Cost]:
    costs = {RuntimeName.LITERT: _measure_cost(lambda: LiteRT(path, threads))}
    started_s = time.perf_counter()
    try:
        from livepose.models.runtimes.openvino import OpenVINO, load_core

        load_core()
        core_s = time.perf_counter() - started_s
        open_network = partial(OpenVINO, path, threads, compiled_networks=compiled_networks)
        with open_network() as runtime:
            is_kept = runtime.is_kept
            cost = Cost(time.perf_counter() - started_s, median_run_s(runtime))
        if is_kept:  # Later starts need not compile.
            started_s = time.perf_counter() - core_s
            open_network().close()
            cost = Cost(time.perf_counter() - started_s, cost.frame_s)
        costs[RuntimeName.OPENVINO] = cost
    except (LivePoseError, RuntimeError) as error:
        _log.info("%s", error)
    results = (f"{name.value} {1000 * cost.frame_s:.1f} ms a frame" for name, cost in costs.items())
    _log.info("measured once, and kept: %s", ", ".join(results))
    return costs


def _measure_cost(make: Callable[[], Runtime]) -> Cost:
    started_s = time.perf_counter()
    with make() as runtime:
        start_s = time.perf_counter() - started_s
        return Cost(start_s, median_run_s(runtime))


def median_run_s(runtime: Runtime) -> float:
    """Run a network on noise several times, and return the median time in seconds."""
    noise = np.random.default_rng(0).integers(0, 256, runtime.input_shape, np.uint8)
    durations_s = []
    for _ in range(_WARM_UP_RUNS + _MEASURED_RUNS):
        started_s = time.perf_counter()
        runtime.run(noise)
        durations_s.append(time.perf_counter() - started_s)
    return median(np.array(durations_s[_WARM_UP_RUNS:]))


def _read_costs(file: Path, key: str) -> dict[RuntimeName, Cost] | None:
    """Return what was measured earlier; None if nothing was, or the file cannot be read."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))[key]
        costs = {RuntimeName(name): Cost(*map(float, cost)) for name, cost in stored.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return costs if RuntimeName.LITERT in costs else None


def _write_costs(file: Path, key: str, costs: dict[RuntimeName, Cost]) -> None:
    """Add measurements to the file. If it cannot be written, the next start measures again."""
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stored = {}
    stored = stored if isinstance(stored, dict) else {}
    stored[key] = {name.value: [cost.start_s, cost.frame_s] for name, cost in costs.items()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Written beside it and renamed, because another process may be reading the file.
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.stem)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as unfinished:
                json.dump(stored, unfinished, indent=1)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or error
        _log.info("the measurements cannot be kept in %s: %s", file.parent, reason)
