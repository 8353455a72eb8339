"""Find the people in one picture, with no memory between calls."""

from __future__ import annotations

import logging

from livepose.core.errors import ModelError, OptionError, RuntimeMissing
from livepose.core.interfaces import PoseModel, Runtime
from livepose.core.threads import network_threads
from livepose.models.children import Progress, no_progress
from livepose.models.choice import fastest
from livepose.models.locate import graph_file, litert_file, understand
from livepose.models.movenet import SinglePose
from livepose.models.runtimes import LiteRT, RuntimeName, TensorFlow
from livepose.models.store import Store

_log = logging.getLogger(__name__)

__all__ = ["RuntimeName", "load_model", "load_runtime"]


def load_model(
    name: str = "lightning",
    runtime: RuntimeName | str = RuntimeName.AUTO,
    *,
    threads: int | None = None,
    in_flight: int = 1,
    pictures: int | None = None,
    progress: Progress = no_progress,
) -> PoseModel:
    """Load a single-pose MoveNet, fetching or compiling it on first use.

    Args:
        name: `lightning`, `thunder`, a `.tflite` file, a SavedModel folder or a TF Hub URL.
        runtime: `auto` is LiteRT, or OpenVINO where it is installed and is faster on this machine,
            which is measured once.
        threads: for each picture on the CPU; its share of the cores unless given.
        in_flight: how many pictures will be looked at at once.
        pictures: how many there will be, for `auto`: a few are not worth a slow start.
        progress: called during downloads.

    Returns:
        A model that is warmed up, to be closed by the caller (it is a context manager).

    Raises:
        OptionError: there is no such runtime.
        ModelError: the model cannot be had, read or compiled.
        RuntimeMissing: the runtime's package is not installed.
    """
    label, loaded = load_runtime(name, runtime, threads, in_flight, pictures, progress)
    return SinglePose(label, loaded)


def load_runtime(
    name: str,
    runtime: RuntimeName | str = RuntimeName.AUTO,
    threads: int | None = None,
    in_flight: int = 1,
    pictures: int | None = None,
    progress: Progress = no_progress,
) -> tuple[str, Runtime]:
    """Load the network alone, and name it for people. Arguments and errors are `load_model`'s."""
    request = understand(name)
    store = Store()
    threads = network_threads(in_flight) if threads is None else threads
    chosen = _runtime_name(runtime)
    if chosen is RuntimeName.TENSORFLOW:
        return request.label, TensorFlow(graph_file(request, store, progress))
    path = litert_file(request, store, progress)
    is_free = chosen is RuntimeName.AUTO
    if is_free:
        chosen = fastest(path, store.folder, threads, in_flight, pictures)
    if chosen is RuntimeName.OPENVINO:
        from livepose.models.openvino_runtime import OpenVINO

        try:
            return request.label, OpenVINO(path, threads)
        except (ModelError, RuntimeMissing) as error:
            if not is_free:
                raise
            _log.info("%s; LiteRT is used", error)
    return request.label, LiteRT(path, threads)


def _runtime_name(runtime: RuntimeName | str) -> RuntimeName:
    try:
        return RuntimeName(runtime)
    except ValueError:
        known = ", ".join(name.value for name in RuntimeName)
        raise OptionError(f"there is no runtime {runtime!r}: choose {known}") from None
