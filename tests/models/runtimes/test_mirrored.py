"""The average of an image and its mirror image."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.interfaces import Runtime
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.models.runtimes.mirrored import Mirrored

SIDE_PX = 192
WRISTS = Keypoint.LEFT_WRIST, Keypoint.RIGHT_WRIST


class BrightestColumn(Runtime):
    """Sees the left wrist in the reddest column and the right one in the greenest.

    It errs to the right, and knows left from right by the side that they are on, as a
    network does that has learned from people: in a mirror image, the colours change places.
    """

    def __init__(self, scores: tuple[float, float] = (0.9, 0.9)) -> None:
        self.scores = list(scores)
        self.error = 0.01
        self.is_closed = False

    @property
    def name(self) -> str:
        return "columns"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return (1, SIDE_PX, SIDE_PX, 3)

    def run(self, rgb: UInt8Array) -> FloatArray:
        assert rgb.flags.c_contiguous
        red, green = (int(rgb[0, 0, :, channel].argmax()) for channel in (0, 1))
        left, right = (red, green) if red > green else (green, red)
        score = self.scores.pop(0)
        output = np.full((1, 1, 17, 3), 0.5, np.float32)
        output[..., 2] = score
        for wrist, column in zip(WRISTS, (left, right), strict=True):
            output[0, 0, wrist, 1] = (column + 0.5) / SIDE_PX + self.error
        return output

    def close(self) -> None:
        self.is_closed = True


def picture() -> UInt8Array:
    rgb = np.zeros((1, SIDE_PX, SIDE_PX, 3), np.uint8)
    rgb[0, :, 150, 0] = rgb[0, :, 40, 1] = 255
    return rgb


def test_an_error_to_one_side_cancels_and_left_and_right_stay_what_they_are() -> None:
    output = Mirrored(BrightestColumn(), COCO_SKELETON).run(picture())
    assert output.shape == (1, 1, 17, 3)
    assert output.dtype == np.float32
    assert output[0, 0, WRISTS, 1] == pytest.approx([150.5 / SIDE_PX, 40.5 / SIDE_PX], abs=1e-6)


def test_the_surer_image_has_more_weight_and_the_score_is_the_mean() -> None:
    output = Mirrored(BrightestColumn((0.75, 0.25)), COCO_SKELETON).run(picture())
    # Three quarters of +0.01 and one quarter of -0.01.
    assert output[0, 0, WRISTS[0], 1] == pytest.approx(150.5 / SIDE_PX + 0.005, abs=1e-6)
    assert output[0, 0, :, 2] == pytest.approx(0.5)


def test_where_the_two_are_far_apart_the_surer_one_counts() -> None:
    network = BrightestColumn((0.6, 0.5))
    mirrored = Mirrored(network, COCO_SKELETON)
    network.error = 0.06
    output = mirrored.run(picture())
    assert output[0, 0, WRISTS[0], 1] == pytest.approx(150.5 / SIDE_PX + 0.06, abs=1e-6)


def test_it_owns_the_network_and_says_what_it_does() -> None:
    network = BrightestColumn()
    with Mirrored(network, COCO_SKELETON) as runtime:
        assert runtime.input_shape == network.input_shape
        assert runtime.name == "columns, averaged with mirror images"
    assert network.is_closed
