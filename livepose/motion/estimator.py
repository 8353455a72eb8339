"""From frames to posed frames, one after the other."""

from __future__ import annotations

import time
from collections import deque
from typing import Protocol

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseEstimator, PoseModel
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.crop import SmartCrop

MIN_PERSON_SCORE = 0.25
"""Under this mean over the 17 scores it is no person (tfjs-models `MIN_POSE_SCORE`)."""


class Crop(Protocol):
    """What chooses the next region."""

    def next_region(self, poses: Poses, width_px: int, height_px: int) -> Region | None: ...


class Estimator(PoseEstimator):
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
        in_flight: int = 1,
    ) -> None:
        """Join a model to its memory.

        Args:
            model: not closed by this.
            crop: `SmartCrop()` unless given; `WholeFrame()` for none.
            min_person_score: a pose with a lower mean score is nobody.
            in_flight: how many frames may be looked at at once: each is cropped by what was found
                that many frames before it.
        """
        self._model = model
        self._crop = crop or SmartCrop()
        self._min_person_score = min_person_score
        self._in_flight = in_flight
        # One for each frame that may be begun, with the number of the scene that it was found in.
        # In step with the frames and not with the threads, so that the same file gives the same
        # poses on every run. Nothing but ends of deques is touched by both `plan` and `remember`.
        self._regions: deque[tuple[int, Region | None]] = deque([(0, None)] * in_flight)
        self._scenes: deque[int] = deque()
        self._scene = 0
        self._size_px = (0, 0)

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def __call__(self, frame: Frame) -> PosedFrame:
        """Find the people in the next frame."""
        region = self.plan(frame)
        try:
            posed = self.look(frame, region)
        except BaseException:
            self._keep(None)  # as if nobody had been there: the next frame may be tried
            raise
        return self.remember(posed)

    def plan(self, frame: Frame) -> Region:
        size_px = (frame.width_px, frame.height_px)
        if size_px != self._size_px:
            # Where somebody was in pictures of another size says nothing about this one.
            self._size_px = size_px
            self._scene += 1
        scene, region = self._regions.popleft()
        self._scenes.append(self._scene)
        if region is None or scene != self._scene:
            return self._model.whole(*size_px)
        return region

    def look(self, frame: Frame, region: Region) -> PosedFrame:
        started_s = time.perf_counter()
        poses = self._people(frame, region)
        whole = self._model.whole(frame.width_px, frame.height_px)
        if not len(poses) and region != whole:
            # Whoever left the crop may still be in the picture: look at once, not a frame later.
            region, poses = whole, self._people(frame, whole)
        return PosedFrame(frame, poses, region, inference_s=time.perf_counter() - started_s)

    def remember(self, posed: PosedFrame) -> PosedFrame:
        frame = posed.frame
        self._keep(self._crop.next_region(posed.poses, frame.width_px, frame.height_px))
        return posed

    def _keep(self, region: Region | None) -> None:
        """Keep where to look next for the frame that is to have it."""
        self._regions.append((self._scenes.popleft(), region))

    def _people(self, frame: Frame, region: Region) -> Poses:
        poses = self._model.find(frame.pixels, region)
        return poses[poses.person_score >= self._min_person_score]
