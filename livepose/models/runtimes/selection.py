"""Which runtime is the fastest on this machine: measured once, and kept."""

from __future__ import annotations

import json
import logging
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np

from livepose.core.errors import LivePoseError
from livepose.core.interfaces import Runtime
from livepose.models.runtimes.litert import LiteRT, RuntimeName
from livepose.system.cpu import processor_name, usable_cores

_log = logging.getLogger(__name__)
_FILE = "runtimes.json"
_WARM_UP, _ROUNDS = 3, 15
_PACKAGES = ("openvino", "ai-edge-litert")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a runtime takes, in seconds."""

    start_s: float
    picture_s: float

    def of(self, pictures: float) -> float:
        return self.start_s + pictures * self.picture_s


def fastest(
    path: Path, folder: Path, threads: int, side_by_side: int, pictures: int | None
) -> RuntimeName:
    """Choose what runs a LiteRT file.

    Args:
        path: of the file.
        folder: where what was measured is kept.
        threads: for each picture.
        side_by_side: how many pictures are run at once.
        pictures: how many there will be; None for no end.
    """
    from importlib import metadata  # takes 10 ms to import

    try:
        packages = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    except metadata.PackageNotFoundError:
        return RuntimeName.LITERT
    key = "; ".join(
        (
            f"{path.name}, {path.stat().st_size} bytes of {path.stat().st_mtime_ns}",
            f"{processor_name()}, {usable_cores()} cores",
            ", ".join(packages),
            f"{threads} threads",
        )
    )
    costs = _kept(folder / _FILE, key)
    if costs is None:
        costs = _measured(path, threads)
        _keep(folder / _FILE, key, costs)
    # What is run at once takes its time at once.
    each = inf if pictures is None else pictures / side_by_side
    if each == inf:
        return min(costs, key=lambda name: costs[name].picture_s)
    return min(costs, key=lambda name: costs[name].of(each))


def _measured(path: Path, threads: int) -> dict[RuntimeName, Cost]:
    from livepose.models.runtimes.openvino import OpenVINO

    costs = {}
    for name, make in ((RuntimeName.LITERT, LiteRT), (RuntimeName.OPENVINO, OpenVINO)):
        started_s = time.perf_counter()
        try:
            with make(path, threads) as runtime:
                start_s = time.perf_counter() - started_s
                costs[name] = Cost(start_s, seconds_a_picture(runtime))
        except (LivePoseError, RuntimeError) as error:
            if name is RuntimeName.LITERT:
                raise
            _log.info("%s", error)
    told = (
        f"{name.value} {1000 * cost.picture_s:.1f} ms a picture" for name, cost in costs.items()
    )
    _log.info("measured once, and kept: %s", ", ".join(told))
    return costs


def seconds_a_picture(runtime: Runtime) -> float:
    """Give the median time of a call, in seconds."""
    noise = np.random.default_rng(0).integers(0, 256, runtime.input_shape, np.uint8)
    took_s = []
    for _ in range(_WARM_UP + _ROUNDS):
        started_s = time.perf_counter()
        runtime.run(noise)
        took_s.append(time.perf_counter() - started_s)
    return statistics.median(took_s[_WARM_UP:])


def _kept(file: Path, key: str) -> dict[RuntimeName, Cost] | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))[key]
        costs = {RuntimeName(name): Cost(*map(float, cost)) for name, cost in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return costs if RuntimeName.LITERT in costs else None


def _keep(file: Path, key: str, costs: dict[RuntimeName, Cost]) -> None:
    """Write beside it and rename: another process may be reading. Without a cache, measure anew."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    kept = kept if isinstance(kept, dict) else {}
    kept[key] = {name.value: [cost.start_s, cost.picture_s] for name, cost in costs.items()}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.stem)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as unfinished:
                json.dump(kept, unfinished, indent=1)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        _log.info("what was measured cannot be kept: %s", error)
