"""A detector at two sizes: for files and images, as it takes several times as long.

MultiPose at 256 pixels misses people who are small, and at 512 some who are large.
"""

from __future__ import annotations

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.core.skeleton import Skeleton
from livepose.motion.tracking.tracker import suppress_duplicates

_SAME_OKS = 0.4
"""Two detections that are as similar are of one person."""


class TwoSizes(PoseModel):
    """Finds whom a detector finds in an image, or in the same image at half the size.

    >>> from livepose import load_model
    >>> sizes = (load_model("multipose", people_px=side_px) for side_px in (256, 512))
    >>> with TwoSizes(*sizes) as detector:
    ...     region = detector.full_frame_region(640, 480)
    ...     pixels = BgrPixels(np.zeros((480, 640, 3), np.uint8))
    ...     detector.preprocess(pixels, region).rgb.shape
    (1, 384, 512, 3)
    """

    def __init__(self, small: PoseModel, large: PoseModel) -> None:
        """Join two models, and become their owner.

        Args:
            small: Finds several people.
            large: The same, with an input of twice the width and height.
        """
        self._small = small
        self._large = large

    @property
    def name(self) -> str:
        return f"{self._small.name}, at two sizes"

    @property
    def skeleton(self) -> Skeleton:
        return self._small.skeleton

    @property
    def max_people(self) -> int:
        return self._small.max_people

    def warm_up(self, width_px: int, height_px: int) -> None:
        region = self.full_frame_region(width_px, height_px)
        self.estimate(BgrPixels(np.zeros((height_px, width_px, 3), np.uint8)), region)

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        # So twice its input is one that the larger model takes, and half of that is its own again.
        return self._small.full_frame_region(width_px, height_px)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        return self._large.preprocess(pixels, region)

    def infer(self, model_input: ModelInput) -> Poses:
        half = ModelInput(_halved(model_input.rgb), model_input.region)
        found = Poses.concatenate((self._small.infer(half), self._large.infer(model_input)))
        return suppress_duplicates(found, max_oks=_SAME_OKS)

    def sha256(self) -> str:
        return self._small.sha256()

    def close(self) -> None:
        self._small.close()
        self._large.close()


def _halved(rgb: UInt8Array) -> UInt8Array:
    _, height_px, width_px, _ = rgb.shape
    half = cv2.resize(rgb[0], (width_px // 2, height_px // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half[None], np.uint8)
