"""The people of one frame, inferred side by side."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.pipeline.parallel_model import ParallelModel
from tests.support.fakes import PictureModel

PIXELS = BgrPixels(np.zeros((48, 64, 3), np.uint8))


class Middles(PictureModel):
    """Finds somebody whose keypoints are all in the middle of the region, and notes its threads."""

    name, max_people = "middles", 1

    def __init__(self) -> None:
        self.threads: set[str] = set()

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        self.threads.add(threading.current_thread().name)
        x_px = region.left_px + region.width_px / 2
        if x_px > 1000:
            raise ZeroDivisionError
        return Poses.from_keypoints(
            np.full((1, 17, 2), x_px, np.float32), np.full((1, 17), 0.9, np.float32)
        )

    def close(self) -> None:
        """Nothing is held."""


def inputs(model: ParallelModel, *centers_px: float) -> list[ModelInput]:
    return [model.preprocess(PIXELS, Region.square(x_px, 24, 20)) for x_px in centers_px]


def test_the_people_come_in_the_order_of_the_inputs() -> None:
    with ParallelModel(Middles(), threads=3) as model:
        for count in (1, 2, 3, 20):
            poses = model.infer_all(inputs(model, *range(count)))
            assert poses.xy[:, 0, 0].tolist() == list(range(count))


def test_each_thread_has_run_the_network_before_the_first_frame() -> None:
    middles = Middles()
    with ParallelModel(middles, threads=3):
        assert len(middles.threads) == 3


def test_an_error_of_any_input_is_raised_and_the_next_frame_is_inferred() -> None:
    with ParallelModel(Middles(), threads=2) as model:
        for centers_px in ((2000, 1, 2, 3), (1, 2, 3, 2000)):
            with pytest.raises(ZeroDivisionError):
                model.infer_all(inputs(model, *centers_px))
        assert len(model.infer_all(inputs(model, 1, 2, 3))) == 3
