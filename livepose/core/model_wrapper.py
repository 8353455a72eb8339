"""ModelWrapper: a model that passes everything on to another one."""

from __future__ import annotations

from collections.abc import Sequence

from livepose.core.interfaces import PoseModel
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.core.skeleton import Skeleton


class ModelWrapper(PoseModel):
    """Does what another model does, but for what a subclass does otherwise, such as `close`."""

    def __init__(self, model: PoseModel) -> None:
        """Wrap a model, without becoming its owner."""
        self._model = model

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def skeleton(self) -> Skeleton:
        return self._model.skeleton

    @property
    def max_people(self) -> int:
        return self._model.max_people

    def warm_up(self, width_px: int, height_px: int) -> None:
        self._model.warm_up(width_px, height_px)

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return self._model.full_frame_region(width_px, height_px)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        return self._model.preprocess(pixels, region)

    def infer(self, model_input: ModelInput) -> Poses:
        return self._model.infer(model_input)

    def infer_all(self, model_inputs: Sequence[ModelInput]) -> Poses:
        return self._model.infer_all(model_inputs)

    def sha256(self) -> str:
        return self._model.sha256()
