"""A model that is loaded when it is first needed."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from livepose.core.errors import LivePoseError
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region

_log = logging.getLogger(__name__)


class OnDemand(PoseModel):
    """Loads a model at the first frame.

    If that fails, nobody is found, and the log says why. To be called by one thread at a time.
    """

    def __init__(self, name: str, max_people: int, load: Callable[[], PoseModel]) -> None:
        self._name = name
        self._max_people = max_people
        self._load = load
        self._loaded: PoseModel | None = None
        self._is_out_of_reach = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def max_people(self) -> int:
        return self._max_people

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        model = self._model()
        if model is None:
            return Region.letterbox(width_px, height_px)
        return model.full_frame_region(width_px, height_px)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        model = self._model()
        if model is None:
            return ModelInput(np.zeros((1, 0, 0, 3), np.uint8), region)
        return model.preprocess(pixels, region)

    def infer(self, model_input: ModelInput) -> Poses:
        return Poses.empty() if self._loaded is None else self._loaded.infer(model_input)

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.close()

    def _model(self) -> PoseModel | None:
        if self._loaded is None and not self._is_out_of_reach:
            try:
                self._loaded = self._load()
            except LivePoseError as error:
                self._is_out_of_reach = True
                _log.warning("people cannot be told apart here: %s", error)
        return self._loaded
