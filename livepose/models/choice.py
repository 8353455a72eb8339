"""Which runtime is the fastest on this machine: measured once, and kept."""

from __future__ import annotations

import json
import logging
import os
import platform
import statistics
import tempfile
import time
from importlib import metadata
from pathlib import Path

import numpy as np

from livepose.core.errors import LivePoseError
from livepose.core.interfaces import Runtime
from livepose.core.threads import usable_cores
from livepose.models.runtimes import LiteRT, RuntimeName

_log = logging.getLogger(__name__)
_FILE = "runtimes.json"
_WARM_UP, _ROUNDS = 3, 15
_WORTH_IT = 0.85
"""OpenVINO takes 0.3 s longer to start: it has to save this much."""


def fastest(path: Path, folder: Path, threads: int, in_flight: int) -> RuntimeName:
    """Choose what runs a LiteRT file.

    Args:
        path: of the file.
        folder: where what was measured is kept.
        threads: for each picture.
        in_flight: how many pictures are run at once.
    """
    try:
        version = metadata.version("openvino")
    except metadata.PackageNotFoundError:
        return RuntimeName.LITERT
    key = "; ".join(
        (
            path.name,
            f"{platform.node()} {platform.machine()}, {usable_cores()} cores",
            f"openvino {version}, ai-edge-litert {metadata.version('ai-edge-litert')}",
            f"{threads} threads, {in_flight} in flight",
        )
    )
    kept = _read(folder / _FILE)
    if kept.get(key) not in (RuntimeName.LITERT.value, RuntimeName.OPENVINO.value):
        kept[key] = _measured(path, threads, in_flight).value
        _keep(kept, folder / _FILE)
    return RuntimeName(kept[key])


def _measured(path: Path, threads: int, in_flight: int) -> RuntimeName:
    from livepose.models.openvino_runtime import OpenVINO

    try:
        with OpenVINO(path, threads) as runtime:
            openvino_s = seconds_a_picture(runtime)
    except LivePoseError as error:
        _log.info("%s: LiteRT is used", error)
        return RuntimeName.LITERT
    with LiteRT(path, threads) as runtime:
        litert_s = seconds_a_picture(runtime)
    is_faster = openvino_s < _WORTH_IT * litert_s
    _log.info(
        "measured once: OpenVINO takes %.1f ms a picture, LiteRT %.1f ms; %s is used from now on",
        1000 * openvino_s,
        1000 * litert_s,
        "OpenVINO" if is_faster else "LiteRT",
    )
    return RuntimeName.OPENVINO if is_faster else RuntimeName.LITERT


def seconds_a_picture(runtime: Runtime) -> float:
    """Give the median time of a call, in seconds."""
    noise = np.random.default_rng(0).integers(0, 256, runtime.input_shape, np.uint8)
    took_s = []
    for _ in range(_WARM_UP + _ROUNDS):
        started_s = time.perf_counter()
        runtime.run(noise)
        took_s.append(time.perf_counter() - started_s)
    return statistics.median(took_s[_WARM_UP:])


def _read(file: Path) -> dict[str, str]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _keep(kept: dict[str, str], file: Path) -> None:
    """Write beside it and rename: another process may be reading. Without a cache, measure anew."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.stem)
        with os.fdopen(handle, "w", encoding="utf-8") as unfinished:
            json.dump(kept, unfinished, indent=1)
        Path(name).replace(file)
    except OSError as error:
        _log.info("what was measured cannot be kept: %s", error)
