"""Clips whose frames and people say their number, for going to and fro in them."""

from __future__ import annotations

from collections import Counter

import numpy as np

from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion import Estimator, WholeFrame
from livepose.motion.tracking.tracker import Tracker
from tests.support.fakes import PictureModel, one_person
from tests.support.media import Picture, number_of, numbered


def place_of(number: int) -> tuple[float, float]:
    """Return where the person of a numbered frame stands."""
    return 30.0 + number, 84.0


def number_of_person(posed: PosedFrame) -> int:
    """Return the number of the frame in which a person was found."""
    (xy,) = posed.poses.xy
    return round(float(xy[:, 0].mean()) - 30.0)


class NumberModel(PictureModel):
    """Reads the number in a picture, and finds a person at the place that belongs to it."""

    name, max_people = "number", 1

    def __init__(self) -> None:
        self.looks: Counter[int] = Counter()
        """How often it has looked at each number."""

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        number = number_of(pixels.bgr())
        self.looks[number] += 1
        return one_person(place_of(number))

    def close(self) -> None:
        """Nothing is held."""


def number_estimator(model: NumberModel) -> Estimator:
    """Return an estimator that tracks, and leaves keypoints where the model finds them."""
    return Estimator(model, crop=WholeFrame(), steps=[Tracker()], levels=False)


def with_cut_at_24(number: int, width_px: int, height_px: int) -> Picture:
    """Paint a number amid a pattern that turns into its negative at frame 24."""
    bgr = numbered(number, width_px, height_px)
    noise = np.random.default_rng(0).integers(0, 2, (12, 16), dtype=np.uint8) * 255
    if number >= 24:
        noise = 255 - noise
    large = np.kron(noise, np.ones((height_px // 12, width_px // 16), np.uint8))
    row = slice(height_px * 3 // 8, height_px * 5 // 8)
    numbers = bgr[row].copy()
    bgr[:] = large[..., None]
    bgr[row] = numbers
    return bgr


def numbered_pose(number: int) -> PosedFrame:
    """Return a numbered frame with somebody in its middle, at eight frames a second."""
    frame = Frame.from_bgr(numbered(number, 160, 120), number, number / 8)
    return PosedFrame(frame, one_person((80, 45)), Region.letterbox(160, 120), 0.01)
