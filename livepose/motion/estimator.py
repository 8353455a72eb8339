"""From frames to posed frames, one after the other."""

from __future__ import annotations

import time
from typing import Protocol

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.crop import SmartCrop

MIN_PERSON_SCORE = 0.25
"""Under this mean over the 17 scores it is no person (tfjs-models `MIN_POSE_SCORE`)."""


class Crop(Protocol):
    """What chooses the next region."""

    def next_region(self, poses: Poses, width_px: int, height_px: int) -> Region | None: ...


class Estimator:
    """A model and what it remembers from frame to frame. A new one is the reset.

    for posed in map(Estimator(model), source):
        ...
    """

    def __init__(
        self,
        model: PoseModel,
        *,
        crop: Crop | None = None,
        min_person_score: float = MIN_PERSON_SCORE,
    ) -> None:
        """Join a model to its memory.

        Args:
            model: not closed by this; used by one thread at a time.
            crop: `SmartCrop()` unless given; `WholeFrame()` for none.
            min_person_score: a pose with a lower mean score is nobody.
        """
        self._model = model
        self._crop = crop or SmartCrop()
        self._min_person_score = min_person_score
        self._region: Region | None = None
        self._size_px = (0, 0)

    def __call__(self, frame: Frame) -> PosedFrame:
        """Find the people in the next frame."""
        started_s = time.perf_counter()
        size_px = (frame.width_px, frame.height_px)
        if size_px != self._size_px:
            self._region, self._size_px = None, size_px
        region, poses = self._look(frame)
        self._region = self._crop.next_region(poses, *size_px)
        return PosedFrame(frame, poses, region, inference_s=time.perf_counter() - started_s)

    def _look(self, frame: Frame) -> tuple[Region, Poses]:
        whole = self._model.whole(frame.width_px, frame.height_px)
        if self._region is not None:
            poses = self._people(frame, self._region)
            if len(poses):
                return self._region, poses
            # Whoever left the crop may still be in the picture: look at once, not a frame later.
        return whole, self._people(frame, whole)

    def _people(self, frame: Frame, region: Region) -> Poses:
        poses = self._model.find(frame.bgr, region)
        return poses[poses.person_score >= self._min_person_score]
