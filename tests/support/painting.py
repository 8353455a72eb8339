"""Frames to paint on, people to paint, and measures of what was painted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import FloatArray
from livepose.core.colors import ColorCoding
from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Overlays
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint, Side, Skeleton
from livepose.draw import BySide, Style
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.colors import CODINGS

GREY = 100
OUTSIDE = -9999.0
SIDE_COLORS = {
    Side.LEFT: BySide().left,
    Side.RIGHT: BySide().right,
    Side.MIDDLE: BySide().middle,
}
on_bgr_and_planes = pytest.mark.parametrize(
    "coding", [None, CODINGS["BT.709"]], ids=["BGR", "planes"]
)
straight_and_mirrored = pytest.mark.parametrize(
    "mirror", [False, True], ids=["straight", "mirrored"]
)


def grey_pixels(
    width_px: int = 320, height_px: int = 240, coding: ColorCoding | None = None
) -> Pixels:
    pixels = BgrPixels(np.full((height_px, width_px, 3), GREY, np.uint8))
    return pixels if coding is None else pixels.yuv420(coding)


def grey_frame(width_px: int = 160, height_px: int = 120) -> Frame:
    """Return a grey frame with index 7 at 1.25 s."""
    return Frame(grey_pixels(width_px, height_px), 7, 1.25, 99.0)


def people(*xys: FloatArray, ids: tuple[int, ...] = (), score: float = 1.0) -> Poses:
    """Return poses of people by their keypoints, all visible."""
    xy = np.stack(xys).astype(np.float32)
    poses = Poses.from_keypoints(xy, np.full(xy.shape[:2], score, np.float32))
    return replace(poses, track_id=np.array(ids, np.int32)) if ids else poses


def all_at(x: float, y: float) -> FloatArray:
    """Return 17 keypoints that lie all at one place."""
    return np.full((17, 2), (x, y), np.float32)


def keypoints_at(points: dict[Keypoint, tuple[float, float]]) -> FloatArray:
    """Return 17 keypoints, all others of which are far outside of the frame."""
    xy = all_at(OUTSIDE, OUTSIDE)
    for keypoint, place in points.items():
        xy[keypoint] = place
    return xy


def visible_only(
    points: dict[Keypoint, tuple[float, float]],
    score: float = 1.0,
    skeleton: Skeleton = COCO_SKELETON,
) -> Poses:
    """Return one person of whom only some keypoints are visible."""
    xy = np.zeros((1, len(skeleton), 2), np.float32)
    scores = np.zeros((1, len(skeleton)), np.float32)
    for keypoint, place in points.items():
        xy[0, keypoint] = place
        scores[0, keypoint] = score
    return Poses.from_keypoints(xy, scores, skeleton)


def posed(
    image: Frame | Pixels,
    poses: Poses | None = None,
    overlays: Overlays | None = None,
    time_s: float = 0.0,
) -> PosedFrame:
    """Return a posed frame; with nobody and without overlays unless they are given."""
    frame = image if isinstance(image, Frame) else Frame(image, 0, time_s, 0.0)
    region = Region.letterbox(frame.width_px, frame.height_px)
    nobody = Poses.empty()
    return PosedFrame(frame, poses or nobody, region, 0.01, overlays=overlays or Overlays())


def posed_demo(width_px: int = 320, height_px: int = 240) -> PosedFrame:
    """Return the first frame of the built-in figure with its true poses; index 3 at 0.5 s."""
    source = SyntheticSource(width_px, height_px)
    frame = Frame.from_bgr(source.paint(0.0), 3, 0.5, 1.0)
    return posed(frame, source.truth(0.0))


def color_at(pixels: Pixels, x: float, y: float) -> tuple[int, ...]:
    return tuple(int(value) for value in pixels.bgr()[int(y), int(x)])


def changed(before: Pixels, after: Pixels, by: int = 6) -> npt.NDArray[np.bool_]:
    """Return which pixels differ: (H, W). On planes the last bits of a colour are lost."""
    off = np.abs(before.bgr().astype(int) - after.bgr())
    return np.asarray(off.max(axis=2) > by)


def center_of_change(before: Frame, after: Frame) -> tuple[float, float]:
    """Return the centre of what was painted; the middle of a pixel is its index and a half."""
    difference = np.abs(after.bgr.astype(float) - before.bgr).sum(axis=2)
    y, x = np.mgrid[: before.height_px, : before.width_px] + 0.5
    total = difference.sum()
    return float((x * difference).sum() / total), float((y * difference).sum() / total)


BOXES_ONLY = Style(boxes=True, hidden=frozenset(Keypoint))


def person_in_box(track_id: int = 1, left: float = 100, top: float = 80) -> Poses:
    """Return somebody with a box of 120 x 100 px at (left, top), all keypoints in its middle."""
    poses = people(all_at(left + 60, top + 50), ids=(track_id,))
    return replace(poses, box=np.array([[left, top, left + 120, top + 100]], np.float32))
