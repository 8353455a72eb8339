"""MoveNet: from a network's output to Poses in pixels of the frame."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import numpy as np

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import PoseModel, Runtime
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.core.skeleton import KEYPOINT_COUNT
from livepose.models.letterbox import cut

MAX_PEOPLE = 6
PEOPLE_PX = 256
"""The long side of the input that finds several people, as its authors advise."""
_STEP_PX = 32
_POINT_VALUES = 3 * KEYPOINT_COUNT

Load = Callable[[tuple[int, int]], Runtime]
"""Loads a network whose input has a width and a height in pixels."""


class SinglePose(PoseModel):
    """MoveNet Lightning or Thunder: the one person that stands out most.

    The network gives y, x, score in 0..1 of its square input.
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
        output = self._runtime.run(_black(self._side, self._side))
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

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        return ModelInput(*cut(pixels, region, self._side))

    def infer(self, model_input: ModelInput) -> Poses:
        yx_and_score = self._runtime.run(model_input.rgb).reshape(1, KEYPOINT_COUNT, 3)
        return Poses.from_keypoints(
            xy=_to_pixels(yx_and_score[..., :2], model_input.region),
            score=yx_and_score[..., 2].copy(),
        )

    def sha256(self) -> str:
        return self._runtime.sha256()

    def close(self) -> None:
        self._runtime.close()


class MultiPose(PoseModel):
    """MoveNet MultiPose: up to six people in the whole of a picture.

    The network takes pictures whose sides are multiples of 32, in the aspect ratio of the frame. It
    gives y, x, score of each point, the box as ymin, xmin, ymax, xmax, and a person's score, in
    0..1 of its input, padding and all.
    """

    def __init__(self, name: str, load: Load, people_px: int = PEOPLE_PX) -> None:
        """Prepare; a network is loaded for each aspect ratio when it is first seen.

        Args:
            name: for people.
            load: loads the network for an input of a width and a height, in pixels.
            people_px: the long side of its input, a multiple of 32.
        """
        self._name = name
        self._load = load
        self._people_px = people_px
        self._runtimes: dict[tuple[int, int], Runtime] = {}

    def warm_up(self, width_px: int, height_px: int) -> None:
        """Load and warm up for frames of a size.

        Raises:
            ModelError: the network cannot be had, or is not a MultiPose MoveNet.
        """
        self._runtime_for(self._input_px(width_px / height_px))

    @property
    def name(self) -> str:
        runtime = next(iter(self._runtimes.values()), None)
        return f"{self._name} on {runtime.name}" if runtime else self._name

    @property
    def max_people(self) -> int:
        return MAX_PEOPLE

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        across_px, down_px = self._input_px(width_px / height_px)
        scale = max(width_px / across_px, height_px / down_px)
        size_px = scale * across_px, scale * down_px
        return Region(
            (width_px - size_px[0]) / 2, (height_px - size_px[1]) / 2, size_px[0], size_px[1]
        )

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        aspect = region.width_px / region.height_px
        input_px = self._input_px(1 / aspect if region.quarter_turns % 2 else aspect)
        return ModelInput(*cut(pixels, region, *input_px))

    def infer(self, model_input: ModelInput) -> Poses:
        rgb, seen = model_input.rgb, model_input.region
        runtime = self._runtime_for((rgb.shape[2], rgb.shape[1]))
        people = runtime.run(rgb).reshape(-1, _POINT_VALUES + 5)
        points = people[:, :_POINT_VALUES].reshape(-1, KEYPOINT_COUNT, 3)
        corners = people[:, _POINT_VALUES:-1].reshape(-1, 2, 2)
        box = _to_pixels(corners, seen)
        xy = _to_pixels(points[..., :2], seen)
        return Poses(
            xy=xy,
            raw_xy=xy,
            score=points[..., 2].copy(),
            # A turn exchanges corners.
            box=np.concatenate((box.min(axis=1), box.max(axis=1)), axis=1),
            person_score=people[:, -1].copy(),
            track_id=np.zeros(len(people), np.int32),
            swapped=np.zeros((len(people), KEYPOINT_COUNT), np.bool_),
        )

    def sha256(self) -> str:
        return next((runtime.sha256() for runtime in self._runtimes.values()), "")

    def close(self) -> None:
        while self._runtimes:
            self._runtimes.popitem()[1].close()

    def _input_px(self, aspect: float) -> tuple[int, int]:
        """Give the width and height of the input for pictures of an aspect ratio."""
        short = min(aspect, 1 / aspect) * self._people_px
        # A hair's breadth under a step is rounding, not a reason for another row of blocks.
        short_px = max(1, ceil(short / _STEP_PX - 1e-3)) * _STEP_PX
        return (self._people_px, short_px) if aspect >= 1 else (short_px, self._people_px)

    def _runtime_for(self, input_px: tuple[int, int]) -> Runtime:
        runtime = self._runtimes.get(input_px)
        if runtime is None:
            loaded = self._load(input_px)
            output = loaded.run(_black(*input_px))
            if output.shape != (1, MAX_PEOPLE, _POINT_VALUES + 5):
                loaded.close()
                raise ModelError(
                    f"{self._name} is not a MultiPose MoveNet: its output is {output.shape}, "
                    f"(1, {MAX_PEOPLE}, {_POINT_VALUES + 5}) was expected"
                )
            # Two threads may have loaded one each: the first one's stays.
            runtime = self._runtimes.setdefault(input_px, loaded)
            if runtime is not loaded:
                loaded.close()
        return runtime


def _black(width_px: int, height_px: int) -> UInt8Array:
    return np.zeros((1, height_px, width_px, 3), np.uint8)


def _to_pixels(yx: FloatArray, region: Region) -> FloatArray:
    """Turn (..., 2) y, x in 0..1 of what the network saw into x, y in pixels of the frame."""
    xy = yx[..., ::-1]
    for _ in range(region.quarter_turns):
        # What was turned anticlockwise had its right edge, from the top on, where its top is now.
        xy = np.stack((1 - xy[..., 1], xy[..., 0]), axis=-1)
    corner_px = np.array((region.left_px, region.top_px), np.float32)
    return corner_px + xy * np.array((region.width_px, region.height_px), np.float32)
