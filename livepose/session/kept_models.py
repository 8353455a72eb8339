"""Models that stay loaded from run to run, for a process that works on many files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from livepose.core.frame import StreamInfo
from livepose.core.interfaces import Closeable, PoseModel
from livepose.core.model_wrapper import ModelWrapper
from livepose.models import load_model
from livepose.models.catalog import MULTIPOSE
from livepose.session.options import Effort, ModelOptions

ModelLoader = Callable[[str], PoseModel]
"""Loads a model by its name."""


def load_at_sizes(
    options: ModelOptions, name: str, load_at: Callable[[int], PoseModel]
) -> PoseModel:
    """Return a model; with the best effort, what searches for people is one at two sizes.

    Args:
        options: Of the run.
        name: Of the model.
        load_at: Loads it, with this longer side of multipose's input.
    """
    model = load_at(options.people_px)
    searches = name == MULTIPOSE.name != options.name
    if options.effort is Effort.FAST or not searches:
        return model
    from livepose.motion.two_sizes import TwoSizes

    return TwoSizes(model, load_at(2 * options.people_px))


class KeptModels(Closeable):
    """Loads each model once, and lends it to one run after the other.

    Networks run on one thread for each frame, whatever the machine: so what they find does not
    depend on how many processes share its cores.

    >>> with KeptModels(ModelOptions(), threads=1) as kept:
    ...     with kept.load("lightning") as first, kept.load("lightning") as second:
    ...         first.max_people, second.name == first.name
    (1, True)
    """

    def __init__(self, options: ModelOptions, threads: int) -> None:
        """Prepare to load models.

        Args:
            options: Of all runs.
            threads: How many threads take frames side by side.
        """
        self.threads = threads
        self._options = options
        self._models: dict[str, PoseModel] = {}
        self._stack = ExitStack()

    def close(self) -> None:
        """Close all models."""
        self._models.clear()
        self._stack.close()

    def load(self, name: str) -> PoseModel:
        """Return a model, which is loaded if it is not yet. Closing it does nothing.

        Raises:
            ModelError: If it cannot be loaded.
            RuntimeMissing: If a runtime's package is not installed.
        """
        if name not in self._models:
            options = self._options

            def load_at(people_px: int) -> PoseModel:
                return load_model(
                    name,
                    options.runtime,
                    trust=options.trust,
                    threads=1,
                    concurrency=self.threads,
                    people_px=people_px,
                    mirrored=options.effort is Effort.BEST,
                )

            model = load_at_sizes(options, name, load_at)
            self._models[name] = self._stack.enter_context(model)
        return _Lent(self._models[name])

    def loader(self, info: StreamInfo) -> ModelLoader:
        """Return what loads models for the frames of a source, and prepares them for their size."""

        def load(name: str) -> PoseModel:
            model = self.load(name)
            model.warm_up(info.width_px, info.height_px)
            return model

        return load


class _Lent(ModelWrapper):
    """A model that is not closed by whom it is lent to."""

    def close(self) -> None:
        """Nothing is closed."""
