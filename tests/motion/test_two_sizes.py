"""The detector at two sizes: who is found at one of them is found."""

from __future__ import annotations

import numpy as np

from livepose.core.interfaces import PoseModel
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.motion.two_sizes import TwoSizes
from tests.support.fakes import demo_keypoints

WHOLE = Region.letterbox(64, 48)
FIGURE = demo_keypoints(320, 240)


def person(left_px: float, score: float) -> Poses:
    xy = FIGURE + np.array((left_px, 0), np.float32)
    return Poses.from_keypoints(xy[None].astype(np.float32), np.full((1, 17), score, np.float32))


class Detector(PoseModel):
    """Scales to an input of a width, and finds whom it is told to find."""

    def __init__(self, width_px: int, *found: Poses) -> None:
        self.seen: list[ModelInput] = []
        self.is_closed = False
        self._width_px = width_px
        self._found = found

    @property
    def name(self) -> str:
        return "detector"

    @property
    def max_people(self) -> int:
        return 6

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return WHOLE

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        factor = self._width_px // pixels.bgr().shape[1]
        return ModelInput(pixels.bgr().repeat(factor, 0).repeat(factor, 1)[None], region)

    def infer(self, model_input: ModelInput) -> Poses:
        self.seen.append(model_input)
        return Poses.concatenate([Poses.empty(), *self._found])

    def close(self) -> None:
        self.is_closed = True


def test_people_found_at_either_size_are_found_once_as_the_surer_one_says() -> None:
    small = Detector(64, person(0, 0.5), person(600, 0.6))
    large = Detector(128, person(2, 0.7), person(1200, 0.4))
    with TwoSizes(small, large) as detector:
        bgr = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
        region = detector.full_frame_region(64, 48)
        found = detector.estimate(BgrPixels(bgr), region)
        detector.warm_up(64, 48)
    assert sorted(zip(found.xy[:, 0, 0].round(), found.person_score.round(1), strict=True)) == [
        (round(float(FIGURE[0, 0] + left_px)), np.float32(score))
        for left_px, score in ((2, 0.7), (600, 0.6), (1200, 0.4))
    ]
    assert np.array_equal(small.seen[0].rgb[0], bgr), "half of the double is the image itself"
    assert not np.any([each.rgb for each in small.seen[1:]]), "a black frame warms both up"
    assert len(small.seen) == len(large.seen) == 2
    assert small.seen[0].region is large.seen[0].region is region
    assert small.is_closed and large.is_closed
