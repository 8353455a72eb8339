"""Real parts with known behaviour: sources and models that the tests own."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import PoseModel, Source
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, Region
from livepose.core.skeleton import COCO_SKELETON
from livepose.sources.synthetic.source import SyntheticSource


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
        self.grabbed_s: list[float] = []
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
            self.grabbed_s.append(time.perf_counter())
            bgr = np.full((32, 32, 3), index % 256, np.uint8)
            yield Frame.from_bgr(bgr, index, index / self._rate, self.grabbed_s[-1])
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self.is_closed = True


def one_person(xy: tuple[float, float], score: float = 0.9) -> Poses:
    """Somebody whose points all lie around one place."""
    spread = np.linspace(-5, 5, len(COCO_SKELETON), dtype=np.float32)
    points = np.stack((xy[0] + spread, xy[1] + 2 * spread), axis=1)[None].astype(np.float32)
    return Poses.from_keypoints(points, np.full((1, len(COCO_SKELETON)), score, np.float32))


class PictureModel(PoseModel):
    """A model whose input is the whole picture, so that a test's `find` can look at it."""

    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        return ModelInput(pixels.bgr()[None], region)

    def infer(self, model_input: ModelInput) -> Poses:
        return self.find(BgrPixels(model_input.rgb[0]), model_input.region)

    @abstractmethod
    def find(self, pixels: Pixels, region: Region) -> Poses:
        """Return the people within a region of a picture."""


class SlowModel(PictureModel):
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

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        time.sleep(self._seconds)
        score = self._scores[min(len(self.asked), len(self._scores) - 1)]
        self.asked.append(region)
        return one_person((pixels.width_px / 2, pixels.height_px / 2), score)

    def close(self) -> None:
        """Nothing is held."""


Sizes = tuple[tuple[int, int], ...]


class Marked(Numbered):
    """Frames whose first pixel is their number, of sizes that take turns; live if asked."""

    SIZE_PX = (320, 240)

    def __init__(
        self,
        count: int | None,
        sizes_px: Sizes = (SIZE_PX,),
        *,
        is_live: bool = False,
        error: Exception | None = None,
    ) -> None:
        super().__init__(count, rate=200.0, is_live=is_live, error=error)
        self._sizes_px = sizes_px

    def __iter__(self) -> Iterator[Frame]:
        for small in super().__iter__():
            width_px, height_px = self._sizes_px[small.index % len(self._sizes_px)]
            bgr = np.zeros((height_px, width_px, 3), np.uint8)
            bgr[0, 0] = small.index % 256
            yield Frame.from_bgr(bgr, small.index, small.time_s, small.grabbed_s)


def number_in(pixels: Pixels) -> int:
    """Read the number of a `Marked` frame."""
    return int(pixels.bgr()[0, 0, 0])


class CropDependentModel(PictureModel):
    """Finds a torso whose place depends on the frame and on where it looked."""

    def __init__(self, delay_s: Callable[[int], float] = lambda number: 0.0) -> None:
        self._delay_s = delay_s

    @property
    def name(self) -> str:
        return "crop-dependent"

    @property
    def max_people(self) -> int:
        return 1

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        number = number_in(pixels)
        time.sleep(self._delay_s(number))
        x = 120 + number % 50 + 0.01 * region.left_px
        y = 100 + number % 7 + 0.01 * region.top_px
        xy = np.full((1, 17, 2), (x, y + 40), np.float32)
        for name, place in (("left_shoulder", (x + 10, y)), ("right_shoulder", (x - 10, y))):
            xy[0, COCO_SKELETON.index(name)] = place
        return Poses.from_keypoints(xy, np.full((1, 17), 0.9, np.float32))

    def close(self) -> None:
        """Nothing is held."""


def demo_keypoints(width_px: int, height_px: int, moment_s: float = 0.0) -> FloatArray:
    """Return the true keypoints of the demo's figure: (17, 2)."""
    xy: FloatArray = SyntheticSource(width_px, height_px).truth(moment_s).xy[0]
    return xy
