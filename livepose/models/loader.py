"""Load the network of a model into the runtime that was asked for."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from livepose.core.errors import ModelError, RuntimeMissing
from livepose.core.interfaces import Runtime
from livepose.models.files.cache import ModelCache
from livepose.models.files.compiled import CompiledNetworks
from livepose.models.files.resolve import ModelRef, graph_file, litert_file
from livepose.models.progress import Progress, no_progress
from livepose.models.runtimes import RuntimeName
from livepose.models.runtimes.litert import LiteRT
from livepose.models.runtimes.selection import select_runtime
from livepose.system.files import readable_name
from livepose.system.thread_budget import network_threads

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class RuntimeLoader:
    """Loads the network of one model: once, or once for each size of its input.

    >>> from livepose.models.files.resolve import resolve
    >>> loader = RuntimeLoader(resolve("lightning"), RuntimeName.LITERT, threads=1)
    >>> with loader.load() as runtime:
    ...     runtime.name, runtime.input_shape
    ('LiteRT', (1, 192, 192, 3))
    """

    model: ModelRef
    runtime: RuntimeName = RuntimeName.AUTO
    threads: int | None = None
    """For each frame, on the CPU; by default the network's share of the cores."""
    concurrency: int = 1
    """How many frames are run at the same time."""
    expected_frames: int | None = None
    """How many frames there will be, for `auto`; None if there is no end."""
    progress: Progress = no_progress
    """Called during downloads and compilations."""
    keeps_compiled: bool = True
    """Whether what a runtime compiles is kept in the cache, so that the next start is quicker."""

    def load(self, input_px: tuple[int, int] | None = None) -> Runtime:
        """Load the network, which is downloaded or compiled if necessary.

        Args:
            input_px: Width and height of its input, for a model with a dynamic input.

        Raises:
            ModelError: If the model cannot be downloaded, read or compiled.
            RuntimeMissing: If the runtime's package is not installed.
        """
        if self.runtime is RuntimeName.TENSORFLOW:
            from livepose.models.convert.tensorflow_graph import check_tensorflow
            from livepose.models.runtimes.tensorflow import TensorFlow

            check_tensorflow("leave out --runtime tensorflow")
            model = replace(self.model, input_px=input_px)
            return TensorFlow(graph_file(model, ModelCache(), self.progress), input_px)
        path, chosen = self.select(input_px)
        threads = network_threads(self.concurrency) if self.threads is None else self.threads
        if chosen is RuntimeName.OPENVINO:
            from livepose.models.runtimes.openvino import OpenVINO

            try:
                return OpenVINO(
                    path,
                    threads,
                    is_exact=input_px is not None,
                    compiled_networks=self._compiled_networks(),
                )
            except (ModelError, RuntimeMissing) as error:
                if self.runtime is RuntimeName.OPENVINO:
                    raise
                _log.info("%s; LiteRT is used", error)
        return LiteRT(path, threads)

    def select(self, input_px: tuple[int, int] | None = None) -> tuple[Path, RuntimeName]:
        """Return the LiteRT file of the network, and the runtime for it.

        Args:
            input_px: Width and height of its input, for a model with a dynamic input.

        Raises:
            ModelError: If the model cannot be downloaded or compiled.
        """
        cache = ModelCache()
        path = litert_file(replace(self.model, input_px=input_px), cache, self.progress)
        if readable_name(path) != str(path):
            raise ModelError(
                f"the path {path} is not valid UTF-8, and runtimes cannot open it: rename it"
            )
        if self.runtime is not RuntimeName.AUTO:
            return path, self.runtime
        if input_px is not None:
            # Bfloat16 is too coarse for several people, and in float32 OpenVINO is no faster.
            return path, RuntimeName.LITERT
        threads = network_threads(self.concurrency) if self.threads is None else self.threads
        chosen = select_runtime(
            path,
            cache.folder,
            threads,
            self.concurrency,
            self.expected_frames,
            self._compiled_networks(),
        )
        return path, chosen

    def _compiled_networks(self) -> CompiledNetworks | None:
        return CompiledNetworks(ModelCache()) if self.keeps_compiled else None
