"""Find the people in one picture, with no memory between calls."""

from __future__ import annotations

import logging
from dataclasses import replace

from livepose.core.errors import ModelError, OptionError, RuntimeMissing
from livepose.core.interfaces import PoseModel, Runtime
from livepose.models.files.cache import Store
from livepose.models.files.resolve import graph_file, litert_file, understand
from livepose.models.movenet import PEOPLE_PX, MultiPose, SinglePose
from livepose.models.runtimes.litert import LiteRT, RuntimeName, TensorFlow
from livepose.models.runtimes.selection import fastest
from livepose.models.subprocesses import Progress, no_progress
from livepose.system.thread_budget import network_threads

_log = logging.getLogger(__name__)

__all__ = ["RuntimeName", "load_model", "load_runtime"]


def load_model(
    name: str = "lightning",
    runtime: RuntimeName | str = RuntimeName.AUTO,
    *,
    threads: int | None = None,
    side_by_side: int = 1,
    pictures: int | None = None,
    people_px: int = PEOPLE_PX,
    frame_px: tuple[int, int] | None = None,
    progress: Progress = no_progress,
) -> PoseModel:
    """Load a MoveNet, fetching or compiling it on first use.

    Args:
        name: `lightning`, `thunder` or `multipose`; or, for one person, a `.tflite` file, a
            SavedModel folder or a TF Hub URL.
        runtime: `auto` is LiteRT, or OpenVINO where it is installed and is faster on this machine,
            which is measured once.
        threads: for each picture on the CPU; its share of the cores unless given.
        side_by_side: how many pictures will be looked at at once.
        pictures: how many there will be, for `auto`: a few are not worth a slow start.
        people_px: long side of the input of `multipose`, a multiple of 32.
        frame_px: width and height of the frames to come: `multipose` has a network for each aspect
            ratio, and is warmed up for this one; others are loaded at their first frame.
        progress: called during downloads.

    Returns:
        A model that is warmed up, to be closed by the caller (it is a context manager).

    Raises:
        OptionError: there is no such runtime, or the people's size is none.
        ModelError: the model cannot be had, read or compiled.
        RuntimeMissing: the runtime's package is not installed.

    >>> with load_model("lightning", "litert") as model:
    ...     model.name, model.max_people
    ('lightning on LiteRT', 1)
    """
    request, runtime = understand(name), _runtime_name(runtime)
    if request.spec is None or not request.spec.takes_any_size:
        label, loaded = load_runtime(name, runtime, threads, side_by_side, pictures, progress)
        return SinglePose(label, loaded)

    def load(input_px: tuple[int, int]) -> Runtime:
        return load_runtime(name, runtime, threads, side_by_side, pictures, progress, input_px)[1]

    if people_px < 128 or people_px % 32:
        raise OptionError(f"--people-size must be a multiple of 32 from 128 on, got {people_px}")
    model = MultiPose(request.label, load, people_px)
    if frame_px is not None:
        model.warm_up(*frame_px)
    return model


def load_runtime(
    name: str,
    runtime: RuntimeName | str = RuntimeName.AUTO,
    threads: int | None = None,
    side_by_side: int = 1,
    pictures: int | None = None,
    progress: Progress = no_progress,
    input_px: tuple[int, int] | None = None,
) -> tuple[str, Runtime]:
    """Load the network alone, and name it for people. Arguments and errors are `load_model`'s.

    `input_px` are the width and height of its input, where the model takes any.
    """
    request = replace(understand(name), input_px=input_px)
    store = Store()
    threads = network_threads(side_by_side) if threads is None else threads
    chosen = _runtime_name(runtime)
    if chosen is RuntimeName.TENSORFLOW:
        from livepose.models.convert.tensorflow_graph import check_tensorflow

        check_tensorflow("leave out --runtime tensorflow")
        return request.label, TensorFlow(graph_file(request, store, progress), input_px)
    path = litert_file(request, store, progress)
    is_free = chosen is RuntimeName.AUTO
    if is_free and input_px is not None:
        # Bfloat16 is too coarse for several people, and in float32 OpenVINO is no faster.
        chosen = RuntimeName.LITERT
    elif is_free:
        chosen = fastest(path, store.folder, threads, side_by_side, pictures)
    if chosen is RuntimeName.OPENVINO:
        from livepose.models.runtimes.openvino import OpenVINO

        try:
            return request.label, OpenVINO(path, threads, is_exact=input_px is not None)
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
