"""Find the people in one picture, with no memory between calls."""

from __future__ import annotations

from livepose.core.errors import OptionError
from livepose.core.interfaces import PoseModel, Runtime
from livepose.models.children import Progress, no_progress
from livepose.models.locate import graph_file, litert_file, understand
from livepose.models.movenet import SinglePose
from livepose.models.runtimes import LiteRT, RuntimeName, TensorFlow
from livepose.models.store import Store

__all__ = ["RuntimeName", "load_model"]


def load_model(
    name: str = "lightning",
    runtime: RuntimeName | str = RuntimeName.AUTO,
    *,
    threads: int | None = None,
    progress: Progress = no_progress,
) -> PoseModel:
    """Load a single-pose MoveNet, fetching or compiling it on first use.

    Args:
        name: `lightning`, `thunder`, a `.tflite` file, a SavedModel folder or a TF Hub URL.
        runtime: `auto` is LiteRT.
        threads: for the network on the CPU; those of one that runs alone unless given.
        progress: called during downloads.

    Returns:
        A model that is warmed up, to be closed by the caller (it is a context manager).

    Raises:
        OptionError: there is no such runtime.
        ModelError: the model cannot be had, read or compiled.
        RuntimeMissing: the runtime's package is not installed.
    """
    request = understand(name)
    store = Store()
    loaded: Runtime
    if _runtime_name(runtime) is RuntimeName.TENSORFLOW:
        loaded = TensorFlow(graph_file(request, store, progress))
    else:
        loaded = LiteRT(litert_file(request, store, progress), threads)
    return SinglePose(request.label, loaded)


def _runtime_name(runtime: RuntimeName | str) -> RuntimeName:
    try:
        return RuntimeName(runtime)
    except ValueError:
        known = ", ".join(name.value for name in RuntimeName)
        raise OptionError(f"there is no runtime {runtime!r}: choose {known}") from None
