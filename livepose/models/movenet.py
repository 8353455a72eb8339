"""MoveNet: turn a network's output into Poses in pixels of the frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

import numpy as np

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError, OptionError
from livepose.core.interfaces import PoseModel, Runtime
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from livepose.models.catalog import MAX_PEOPLE
from livepose.models.letterbox import crop_and_resize

PEOPLE_PX = 256
MIN_PEOPLE_PX = 128
"""The long side of MultiPose's input that its authors advise."""
_STEP_PX = 32
"""The sides of MultiPose's input are multiples of this."""
_BOX_VALUES = 5
"""What MultiPose gives for each person behind the keypoints: ymin, xmin, ymax, xmax, score."""


class SinglePose(PoseModel):
    """MoveNet Lightning or Thunder: the most prominent person.

    The network's output is (1, 1, K, 3): y, x and score of each keypoint, in 0..1 of its square
    input. With another skeleton it wraps any network that gives K keypoints in this form.
    """

    def __init__(self, name: str, runtime: Runtime, skeleton: Skeleton = COCO_SKELETON) -> None:
        """Wrap a loaded network, warm it up, and become its owner.

        Args:
            name: Of the model, for people.
            runtime: The network. It is closed with the model, and also if an error is raised here.
            skeleton: What the network's K keypoints are, in their order.

        Raises:
            ModelError: If the network's input or output does not have the expected shape.
        """
        self._name = name
        self._runtime = runtime
        self._skeleton = skeleton
        try:
            self._side_px = self._check_network()
        except ModelError:
            runtime.close()
            raise

    def _check_network(self) -> int:
        """Check the shapes of input and output, and return the side of the square input."""
        shape = self._runtime.input_shape
        _, height_px, width_px, channels = shape
        if height_px != width_px or height_px < 32 or channels != 3:
            raise ModelError(
                f"{self._name} is not a single-pose MoveNet: "
                f"its input is {shape}, a square RGB image was expected"
            )
        # The first run sets up buffers and takes up to thirty times as long as the others.
        output = self._runtime.run(_black(height_px, width_px))
        expected = (1, 1, len(self._skeleton), 3)
        if output.shape != expected:
            raise ModelError(
                f"{self._name} is not a single-pose MoveNet: its output is {output.shape}, "
                f"{expected} was expected"
            )
        return height_px

    @property
    def name(self) -> str:
        return f"{self._name} on {self._runtime.name}"

    @property
    def skeleton(self) -> Skeleton:
        return self._skeleton

    @property
    def max_people(self) -> int:
        return 1

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        return ModelInput(*crop_and_resize(pixels, region, self._side_px, self._side_px))

    def infer(self, model_input: ModelInput) -> Poses:
        xy, score = self._keypoints(model_input)
        return Poses.from_keypoints(xy, score, self._skeleton)

    def infer_all(self, model_inputs: Sequence[ModelInput]) -> Poses:
        if len(model_inputs) == 1:
            return self.infer(model_inputs[0])
        xy, score = zip(*map(self._keypoints, model_inputs), strict=True)
        return Poses.from_keypoints(np.concatenate(xy), np.concatenate(score), self._skeleton)

    def _keypoints(self, model_input: ModelInput) -> tuple[FloatArray, FloatArray]:
        """Return what the network finds: (1, K, 2) pixels of the frame, and (1, K) scores."""
        output = self._runtime.run(model_input.rgb)[0]
        return _to_pixels(output[..., :2], model_input.region), output[..., 2].copy()

    def sha256(self) -> str:
        return self._runtime.sha256()

    def close(self) -> None:
        self._runtime.close()


class MultiPose(PoseModel):
    """MoveNet MultiPose: up to six people in a whole image.

    The sides of the network's input are multiples of 32, in the aspect ratio of the frame. Its
    output is (1, 6, 3 K + 5): y, x and score of each keypoint, the box as ymin, xmin, ymax, xmax,
    and the person's score, in 0..1 of the input, padding included.
    """

    def __init__(
        self,
        name: str,
        load: Callable[[tuple[int, int]], Runtime],
        people_px: int = PEOPLE_PX,
        skeleton: Skeleton = COCO_SKELETON,
    ) -> None:
        """Prepare a model, which loads a network when it first sees an aspect ratio.

        Args:
            name: Of the model, for people.
            load: Loads the network for an input of this width and height, in pixels.
            people_px: The long side of the input, a multiple of 32.
            skeleton: What the network's K keypoints are, in their order.
        """
        self._name = name
        self._load = load
        self._people_px = people_px
        self._skeleton = skeleton
        self._runtimes: dict[tuple[int, int], Runtime] = {}

    def warm_up(self, width_px: int, height_px: int) -> None:
        """Load and warm up the network for frames of a size.

        Raises:
            ModelError: If it cannot be loaded, or is not a MultiPose MoveNet.
        """
        self._runtime_for(self._input_px(width_px / height_px))

    @property
    def name(self) -> str:
        runtime = next(iter(self._runtimes.values()), None)
        return f"{self._name} on {runtime.name}" if runtime else self._name

    @property
    def skeleton(self) -> Skeleton:
        return self._skeleton

    @property
    def max_people(self) -> int:
        return MAX_PEOPLE

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        input_width_px, input_height_px = self._input_px(width_px / height_px)
        scale = max(width_px / input_width_px, height_px / input_height_px)
        region_width_px, region_height_px = scale * input_width_px, scale * input_height_px
        return Region(
            (width_px - region_width_px) / 2,
            (height_px - region_height_px) / 2,
            region_width_px,
            region_height_px,
        )

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        aspect = region.width_px / region.height_px
        input_px = self._input_px(1 / aspect if region.quarter_turns % 2 else aspect)
        return ModelInput(*crop_and_resize(pixels, region, *input_px))

    def infer(self, model_input: ModelInput) -> Poses:
        rgb, region = model_input.rgb, model_input.region
        keypoints = len(self._skeleton)
        runtime = self._runtime_for((rgb.shape[2], rgb.shape[1]))
        people = runtime.run(rgb).reshape(-1, 3 * keypoints + _BOX_VALUES)
        points = people[:, : 3 * keypoints].reshape(-1, keypoints, 3)
        corners = _to_pixels(people[:, 3 * keypoints : -1].reshape(-1, 2, 2), region)
        xy = _to_pixels(points[..., :2], region)
        return Poses(
            xy=xy,
            raw_xy=xy,
            score=points[..., 2].copy(),
            # After a quarter turn the first corner is no longer the top left one.
            box=np.concatenate((corners.min(axis=1), corners.max(axis=1)), axis=1),
            person_score=people[:, -1].copy(),
            track_id=np.zeros(len(people), np.int32),
            swapped=np.zeros((len(people), keypoints), np.bool_),
            skeleton=self._skeleton,
        )

    def sha256(self) -> str:
        return next((runtime.sha256() for runtime in self._runtimes.values()), "")

    def close(self) -> None:
        while self._runtimes:
            self._runtimes.popitem()[1].close()

    def _input_px(self, aspect: float) -> tuple[int, int]:
        """Return the width and height of the input for images of an aspect ratio."""
        short = min(aspect, 1 / aspect) * self._people_px
        # A thousandth of a step is a rounding error, and no reason for another row of blocks.
        short_px = max(1, ceil(short / _STEP_PX - 1e-3)) * _STEP_PX
        return (self._people_px, short_px) if aspect >= 1 else (short_px, self._people_px)

    def _runtime_for(self, input_px: tuple[int, int]) -> Runtime:
        """Return the network for an input of this width and height, loading it at the first use.

        Raises:
            ModelError: If it cannot be loaded, or is not a MultiPose MoveNet.
        """
        runtime = self._runtimes.get(input_px)
        if runtime is None:
            loaded = self._load(input_px)
            output = loaded.run(_black(*input_px))
            expected = (1, MAX_PEOPLE, 3 * len(self._skeleton) + _BOX_VALUES)
            if output.shape != expected:
                loaded.close()
                raise ModelError(
                    f"{self._name} is not a MultiPose MoveNet: its output is {output.shape}, "
                    f"{expected} was expected"
                )
            # If two threads have loaded one each, the first one's is kept.
            runtime = self._runtimes.setdefault(input_px, loaded)
            if runtime is not loaded:
                loaded.close()
        return runtime


def _black(width_px: int, height_px: int) -> UInt8Array:
    return np.zeros((1, height_px, width_px, 3), np.uint8)


def _to_pixels(yx: FloatArray, region: Region) -> FloatArray:
    """Convert (..., 2) y, x in 0..1 of the network's input to x, y in pixels of the frame."""
    xy = yx[..., ::-1]
    for _ in range(region.quarter_turns):
        # An anticlockwise turn brings the right edge to the top; this is the way back.
        xy = np.stack((1 - xy[..., 1], xy[..., 0]), axis=-1)
    corner_px = np.array((region.left_px, region.top_px), np.float32)
    return corner_px + xy * np.array((region.width_px, region.height_px), np.float32)


def check_people_px(people_px: int) -> None:
    """Check the long side of the input of a MultiPose MoveNet.

    Raises:
        OptionError: If it is too small, or not a multiple of 32.
    """
    if people_px < MIN_PEOPLE_PX or people_px % 32:
        raise OptionError(
            f"--people-size must be a multiple of 32 from {MIN_PEOPLE_PX} on, got {people_px}"
        )
