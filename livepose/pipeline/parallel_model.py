"""A model whose inputs of one frame are inferred side by side, each by one thread.

A small network gains little from a second thread: on two cores, two threads with a network each see
six people in half of the time of one network with two threads.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from livepose.core.interfaces import PoseModel
from livepose.core.model_wrapper import ModelWrapper
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region


class ParallelModel(ModelWrapper):
    """Infers the people of one frame in several threads; results keep the order of the inputs.

    The thread that calls is one of them.

    >>> from livepose.core.frame import Frame
    >>> from livepose.models import load_model
    >>> pixels = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8)).pixels
    >>> with load_model("lightning", "litert", threads=1) as model:
    ...     with ParallelModel(model, threads=2) as parallel:
    ...         model_input = parallel.preprocess(pixels, Region.letterbox(64, 48))
    ...         len(parallel.infer_all([model_input] * 3))
    3
    """

    def __init__(self, model: PoseModel, threads: int) -> None:
        """Start the threads, and let each of them run the network once.

        Args:
            model: May be called by several threads at once. Not closed by this one.
            threads: How many inputs are inferred at once.
        """
        super().__init__(model)
        self._threads = threads
        self._helpers = ThreadPoolExecutor(max(1, threads - 1), "livepose-people")
        try:
            self._load_networks()
        except BaseException:
            self.close()
            raise

    def infer_all(self, model_inputs: Sequence[ModelInput]) -> Poses:
        threads = min(self._threads, len(model_inputs))
        if threads == 1:
            return self._model.infer_all(model_inputs)
        # Each takes the next input when it is done with one: another process may slow one of them.
        waiting = deque(enumerate(model_inputs))
        inferred: dict[int, Poses] = {}
        helpers = [
            self._helpers.submit(self._infer_waiting, waiting, inferred) for _ in range(threads - 1)
        ]
        try:
            self._infer_waiting(waiting, inferred)
        finally:
            waiting.clear()
            errors = [helper.exception() for helper in helpers]
        for error in errors:
            if error is not None:
                raise error
        return Poses.concatenate([inferred[number] for number in range(len(model_inputs))])

    def close(self) -> None:
        self._helpers.shutdown()

    def _infer_waiting(
        self, waiting: deque[tuple[int, ModelInput]], inferred: dict[int, Poses]
    ) -> None:
        while True:
            try:
                number, model_input = waiting.popleft()
            except IndexError:
                return
            inferred[number] = self._model.infer(model_input)

    def _load_networks(self) -> None:
        """Run all threads at once: the runtime loads a network for each, which takes a while."""
        pixels = BgrPixels(np.zeros((32, 32, 3), np.uint8))
        black = self._model.preprocess(pixels, Region.letterbox(32, 32))
        start = threading.Barrier(self._threads)

        def run() -> None:
            start.wait()
            self._model.infer(black)

        helpers = [self._helpers.submit(run) for _ in range(self._threads - 1)]
        run()
        for helper in helpers:
            helper.result()
