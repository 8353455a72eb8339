"""A crowd whose people are where a test puts them, and the two models that see it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from tests.support.fakes import PictureModel

WIDTH_PX, HEIGHT_PX = 640, 480
BODY = np.array(
    (
        *((0.0, -0.42), (0.03, -0.45), (-0.03, -0.45), (0.06, -0.43), (-0.06, -0.43)),
        *((0.12, -0.3), (-0.12, -0.3), (0.16, -0.15), (-0.16, -0.15), (0.17, 0.0), (-0.17, 0.0)),
        *((0.08, 0.02), (-0.08, 0.02), (0.08, 0.25), (-0.08, 0.25), (0.08, 0.48), (-0.08, 0.48)),
    ),
    np.float32,
)
"""(17, 2): a standing body around its middle, in body heights."""

CLOTHES = {"orange": (60, 120, 220), "blue": (220, 120, 40), "green": (60, 200, 60)}

Place = tuple[float, float, float]
"""x and y of the middle of a body, and its height, in pixels."""
People = Callable[[int], list[Place]]
"""Where everybody is, by the number of the frame."""


def body(place: Place) -> FloatArray:
    """Return the keypoints of somebody: (17, 2) pixels."""
    x_px, y_px, height_px = place
    return np.asarray(BODY * height_px + (x_px, y_px), np.float32)


def frame(number: int, rate: float = 30.0, *, is_still: bool = False) -> Frame:
    """Return a frame whose first pixel is its number, of patches that change in every frame.

    Args:
        number: Of the frame.
        rate: Frames per second.
        is_still: Whether all pixels are the number, as in an empty room.
    """
    bgr = np.full((HEIGHT_PX, WIDTH_PX, 3), number, np.uint8)
    if not is_still:
        # From black to nearly white: nothing to stretch for the network.
        bgr[:] = np.linspace(0, 230, WIDTH_PX).astype(np.uint8)[:, None]
        patches = np.random.default_rng(number).integers(0, 2, (12, 16), np.uint8)
        bgr += 25 * np.kron(patches, np.ones((40, 40), np.uint8))[..., None]
        bgr[0, 0] = number
    return Frame.from_bgr(bgr, number, number / rate)


def _is_in(place: Place, region: Region) -> bool:
    x_px, y_px, _ = place
    return (
        region.left_px <= x_px < region.left_px + region.width_px
        and region.top_px <= y_px < region.top_px + region.height_px
    )


class CrowdDetector(PictureModel):
    """Finds the first six people in the region, each a little beside their place."""

    name, max_people = "detector", 6

    def __init__(self, people: People, score: float = 0.5, min_share: float = 0.0) -> None:
        self.people, self.score, self.min_share = people, score, min_share
        self.asked: list[tuple[int, Region]] = []

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region(0, 0, width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        number = int(pixels.bgr()[0, 0, 0])
        self.asked.append((number, region))
        places = [
            place
            for place in self.people(number)
            if _is_in(place, region) and place[2] >= self.min_share * region.height_px
        ]
        xy = np.array([body(place) + 2 for place in places[: self.max_people]], np.float32).reshape(
            -1, 17, 2
        )
        return Poses.from_keypoints(xy, np.full(xy.shape[:2], self.score, np.float32))

    def close(self) -> None:
        """Nothing is held."""


class OnePersonModel(PictureModel):
    """Finds the one person who is nearest to the middle of the region; others score 0.02."""

    name, max_people = "one", 1

    def __init__(self, people: People, score: float = 0.8) -> None:
        self.people, self.score = people, score
        self.calls = 0

    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        return Region.letterbox(width_px, height_px)

    def find(self, pixels: Pixels, region: Region) -> Poses:
        self.calls += 1
        number = int(pixels.bgr()[0, 0, 0])
        middle = (
            region.left_px + region.width_px / 2,
            region.top_px + region.height_px / 2,
        )
        places = [place for place in self.people(number) if _is_in(place, region)]
        if not places:
            xy = np.zeros((1, 17, 2), np.float32) + np.array(middle, np.float32)
            return Poses.from_keypoints(xy, np.full((1, 17), 0.02, np.float32))
        nearest = min(places, key=lambda p: np.hypot(p[0] - middle[0], p[1] - middle[1]))
        return Poses.from_keypoints(body(nearest)[None], np.full((1, 17), self.score, np.float32))

    def close(self) -> None:
        """Nothing is held."""


def dressed(number: int, *people: tuple[Place, str]) -> PosedFrame:
    """Return a frame in which people wear colours, with their poses."""
    bgr = np.full((480, 640, 3), 90, np.uint8)
    for (x_px, y_px, height_px), clothes in people:
        half_px, top_px = round(0.15 * height_px), round(y_px - 0.35 * height_px)
        left_px = round(x_px) - half_px
        bgr[top_px : round(y_px), left_px : left_px + 2 * half_px] = CLOTHES[clothes]
    xy = np.stack([body(place) for place, _ in people])
    poses = Poses.from_keypoints(xy, np.full(xy.shape[:2], 0.9, np.float32))
    each = Frame.from_bgr(bgr, number, number / 30)
    return PosedFrame(each, poses, Region.letterbox(640, 480), 0.0)
