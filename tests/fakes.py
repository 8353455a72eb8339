"""Real parts with known behaviour: sources and models that the tests own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import PoseModel, Source
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import KEYPOINT_COUNT


class Numbered(Source):
    """Small frames whose pixels are their index; live ones come at a rate."""

    def __init__(
        self,
        count: int | None,
        *,
        rate: float = 30.0,
        is_live: bool = False,
        error: Exception | None = None,
    ) -> None:
        self.produced = 0
        self.is_closed = False
        self._count = count
        self._rate = rate
        self._error = error
        self._info = StreamInfo(
            "numbered", 32, 32, is_live=is_live, frame_rate=Fraction(rate), frame_count=count
        )

    @property
    def info(self) -> StreamInfo:
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        start_s = time.perf_counter()
        while self._count is None or self.produced < self._count:
            index = self.produced
            if self._info.is_live:
                time.sleep(max(0.0, start_s + index / self._rate - time.perf_counter()))
            self.produced += 1
            bgr = np.full((32, 32, 3), index % 256, np.uint8)
            yield Frame.of_bgr(bgr, index, index / self._rate, time.perf_counter())
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self.is_closed = True


def one_person(xy: tuple[float, float], score: float = 0.9) -> Poses:
    """Somebody whose points all lie around one place."""
    spread = np.linspace(-5, 5, KEYPOINT_COUNT, dtype=np.float32)
    points = np.stack((xy[0] + spread, xy[1] + 2 * spread), axis=1)[None].astype(np.float32)
    return Poses.of(points, np.full((1, KEYPOINT_COUNT), score, np.float32))


class SlowModel(PoseModel):
    """Takes its time, and finds somebody in the middle; notes the regions that it was asked for."""

    def __init__(self, seconds: float = 0.0, scores: tuple[float, ...] = (0.9,)) -> None:
        self.asked: list[Region] = []
        self._seconds = seconds
        self._scores = scores

    @property
    def name(self) -> str:
        return "slow"

    @property
    def max_people(self) -> int:
        return 1

    def whole(self, width_px: int, height_px: int) -> Region:
        return Region.around(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        time.sleep(self._seconds)
        score = self._scores[min(len(self.asked), len(self._scores) - 1)]
        self.asked.append(region)
        return one_person((pixels.width_px / 2, pixels.height_px / 2), score)

    def close(self) -> None:
        """Nothing is held."""
