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
from livepose.core.skeleton import COCO_SKELETON, Skeleton

_log = logging.getLogger(__name__)


class LazyModel(PoseModel):
    """Loads a model at its first image. It may be used by one thread at a time.

    If the model cannot be loaded, that is logged once, and nobody is found.

    >>> from livepose.models import load_model
    >>> model = LazyModel("lightning", 1, lambda: load_model("lightning", "litert"))
    >>> model.name, model.max_people
    ('lightning', 1)
    """

    def __init__(
        self,
        name: str,
        max_people: int,
        load: Callable[[], PoseModel],
        skeleton: Skeleton = COCO_SKELETON,
    ) -> None:
        """Prepare to load a model.

        Args:
            name: Of the model, for people.
            max_people: The most people that it can find in one image.
            load: Loads it.
            skeleton: What its keypoints are.
        """
        self._name = name
        self._max_people = max_people
        self._load = load
        self._skeleton = skeleton
        self._loaded: PoseModel | None = None
        self._has_failed = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def skeleton(self) -> Skeleton:
        return self._skeleton

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
        if self._loaded is None:
            return Poses.empty(self._skeleton)
        return self._loaded.infer(model_input)

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.close()

    def _model(self) -> PoseModel | None:
        """Return the model, loading it at the first call; None if it cannot be loaded."""
        if self._loaded is None and not self._has_failed:
            try:
                self._loaded = self._load()
            except LivePoseError as error:
                self._has_failed = True
                _log.warning("nobody is found by %s, which cannot be loaded: %s", self._name, error)
        return self._loaded
