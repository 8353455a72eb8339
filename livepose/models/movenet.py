"""MoveNet: from a network's output to Poses in pixels of the frame."""

from __future__ import annotations

import numpy as np

from livepose.core.errors import ModelError
from livepose.core.interfaces import PoseModel, Runtime
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import KEYPOINT_COUNT
from livepose.models.letterbox import cut


class SinglePose(PoseModel):
    """MoveNet Lightning or Thunder: the one person that stands out most.

    The network gives y, x, score in 0..1 of its square input; this is the only place that knows it.
    """

    def __init__(self, name: str, runtime: Runtime) -> None:
        """Wrap a loaded network, and own it.

        Raises:
            ModelError: its input or output is not that of a single-pose MoveNet.
        """
        self._name = name
        self._runtime = runtime
        try:
            self._side = self._square_side()
            self._warm_up()
        except ModelError:
            runtime.close()
            raise

    def _square_side(self) -> int:
        _, height_px, width_px, channels = self._runtime.input_shape
        if height_px != width_px or height_px < 32 or channels != 3:
            raise ModelError(
                f"{self._name} is not a single-pose MoveNet: "
                f"its input is {self._runtime.input_shape}, a square colour picture was expected"
            )
        return height_px

    def _warm_up(self) -> None:
        # The first call sets up buffers and costs up to thirty ordinary ones.
        black = np.zeros((1, self._side, self._side, 3), np.uint8)
        output = self._runtime.run(black)
        if output.shape != (1, 1, KEYPOINT_COUNT, 3):
            raise ModelError(
                f"{self._name} is not a single-pose MoveNet: its output is {output.shape}, "
                f"(1, 1, {KEYPOINT_COUNT}, 3) was expected"
            )

    @property
    def name(self) -> str:
        return f"{self._name} on {self._runtime.name}"

    @property
    def max_people(self) -> int:
        return 1

    def whole(self, width_px: int, height_px: int) -> Region:
        return Region.around(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        rgb, seen_region = cut(pixels, region, self._side)
        yx_and_score = self._runtime.run(rgb).reshape(1, KEYPOINT_COUNT, 3)
        corner_px = np.array((seen_region.left_px, seen_region.top_px), np.float32)
        size_px = np.array((seen_region.width_px, seen_region.height_px), np.float32)
        return Poses.of(
            xy=corner_px + yx_and_score[..., 1::-1] * size_px,
            score=yx_and_score[..., 2].copy(),
        )

    def close(self) -> None:
        self._runtime.close()
