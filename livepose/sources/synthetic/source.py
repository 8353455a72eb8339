"""Built-in figures that move in a room: a source whose true keypoints are known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np

from livepose.core.errors import OptionError
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.core.poses import Poses
from livepose.sources.synthetic.dance import LOOP_S, joints_at
from livepose.sources.synthetic.scenes import scene_of
from livepose.sources.synthetic.shading import Picture

__all__ = ["LOOP_S", "SyntheticSource", "joints_at", "paint_room"]

MIN_SIDE_PX = 64
MAX_SIDE_PX = 8192
MAX_NOISE = 64.0
LONGEST_SLEEP_S = 0.05
"""A live source that waits for its next frame looks this often whether it was closed."""
WALL_SHARE = 0.76

WALL = (204, 207, 199)
FLOOR = (136, 166, 196)
SKIRTING = (226, 230, 230)


class SyntheticSource(Source):
    """Gives frames of moving figures, at once or paced to the clock like a camera.

    Args:
        width_px: of the frames.
        height_px: of the frames.
        frame_rate: frames a second.
        frame_count: how many frames to give; None never ends.
        is_live: a frame is given when it is due, and its time is the clock's.
        scene: who is there and what they do, one of `scenes.SCENE_NAMES`; all are endless.
        camera_noise: standard deviation of the sensor's noise in grey levels; the same frame always
            has the same.

    Raises:
        OptionError: a size, rate, count, scene or noise is not usable.
    """

    def __init__(
        self,
        width_px: int = 640,
        height_px: int = 480,
        *,
        frame_rate: Fraction = Fraction(30),
        frame_count: int | None = None,
        is_live: bool = False,
        scene: str = "dance",
        camera_noise: float = 0.0,
    ) -> None:
        _check(width_px, height_px, frame_rate, frame_count)
        if not 0 <= camera_noise <= MAX_NOISE:
            raise OptionError(
                f"the demo's noise must be from 0 to {MAX_NOISE} grey levels, got {camera_noise}"
            )
        self._frame_rate = frame_rate
        self._info = StreamInfo(
            name="demo" if scene == "dance" else f"demo-{scene}",
            width_px=width_px,
            height_px=height_px,
            is_live=is_live,
            frame_rate=frame_rate,
            frame_count=frame_count,
            time_base=1 / frame_rate,
        )
        self._scene = scene_of(scene, width_px, height_px)
        self._noise = CameraNoise(width_px, height_px, camera_noise) if camera_noise else None
        self._room = paint_room(width_px, height_px)
        self._is_closed = False

    @property
    def info(self) -> StreamInfo:
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        first_s = time.monotonic()
        index = 0
        while index != self._info.frame_count:
            time_s = float(index / self._frame_rate)
            if self._info.is_live:
                self._wait_until(first_s + time_s)
                time_s = time.monotonic() - first_s if index else 0.0
            if self._is_closed:
                return
            yield Frame.from_bgr(self.paint(time_s), index, time_s, time.perf_counter())
            index += 1

    def _wait_until(self, due_s: float) -> None:
        while not self._is_closed and (left_s := due_s - time.monotonic()) > 0:
            time.sleep(min(left_s, LONGEST_SLEEP_S))

    def paint(self, time_s: float) -> Picture:
        """Paint the picture of a moment: (H, W, 3) uint8."""
        bgr = self._room.copy()
        self._scene.paint(bgr, time_s)
        if self._noise is not None:
            self._noise.add_to(bgr, round(time_s * self._frame_rate))
        return bgr

    def truth(self, time_s: float) -> Poses:
        """Tell who is in view at a moment, and where the keypoints are.

        Those with a keypoint in the picture are given, in the order of their `track_id`, which is
        the figure's identity from 1: who comes back has the same. A point's score is 1 where the
        camera sees it, 0.5 where the figure's own body or another hides it, and 0 outside of the
        picture. A person's score is the mean of them. The box is around the body, as far as it
        is in the picture.
        """
        return self._scene.truth(time_s)

    def close(self) -> None:
        self._is_closed = True


def _check(width_px: int, height_px: int, frame_rate: Fraction, frame_count: int | None) -> None:
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in (width_px, height_px)):
        raise OptionError(
            f"the demo cannot be {width_px} x {height_px} px: "
            f"each side must be from {MIN_SIDE_PX} to {MAX_SIDE_PX}"
        )
    if frame_rate <= 0:
        raise OptionError(f"the demo's frame rate must be above 0, got {frame_rate}")
    if frame_count is not None and frame_count < 0:
        raise OptionError(f"the demo's frame count must be 0 or more, got {frame_count}")


def paint_room(width_px: int, height_px: int) -> Picture:
    """Paint the empty room, lit from the upper left: (H, W, 3) uint8."""
    x = (np.arange(width_px) + 0.5) / width_px
    y = ((np.arange(height_px) + 0.5) / height_px)[:, None]
    glow = np.exp(-((x - 0.32) ** 2) / 0.5 - (y - 0.25) ** 2 / 0.6)[..., None]
    bgr = np.array(WALL) * (0.80 + 0.22 * glow)
    depth = (y - WALL_SHARE) / (1 - WALL_SHARE)
    # A plank runs to a vanishing point on the wall, so its place goes by x over the depth.
    lane = (x - 0.5) * width_px / height_px / (1.6 + 1.6 * depth) * 15
    tone = 1 + 0.025 * np.sin(np.floor(lane) * 2.4) - 0.10 * (np.abs(lane % 1 - 0.5) > 0.48)
    floor = np.array(FLOOR) * (tone * (0.84 + 0.16 * depth))[..., None] * (0.86 + 0.16 * glow)
    bgr = np.where((depth > 0)[..., None], floor, bgr)
    skirting = (np.abs(depth + 0.09) < 0.09)[..., None] & np.ones_like(bgr, bool)
    bgr = np.where(skirting, np.array(SKIRTING) * (0.84 + 0.16 * glow), bgr)
    # Noise of less than a step of the color keeps the wall's slow gradient from showing bands.
    noise = np.random.default_rng(7).normal(0.0, 0.8, (height_px, width_px, 1))
    return np.clip(np.rint(bgr + noise), 0, 255).astype(np.uint8)


class CameraNoise:
    """Gaussian noise of a sensor, with a cheap way to a new picture of it for each frame.

    One large sheet of noise is drawn; each frame takes another window of it, by its number.

    Args:
        width_px: of the frames.
        height_px: of the frames.
        deviation: standard deviation in grey levels.
    """

    SPARE_PX = 64

    def __init__(self, width_px: int, height_px: int, deviation: float) -> None:
        shape = height_px + self.SPARE_PX, width_px + self.SPARE_PX, 3
        drawn = np.random.default_rng(11).standard_normal(shape, np.float32)
        self._sheet = np.rint(drawn * deviation).astype(np.int16)

    def add_to(self, bgr: Picture, number: int) -> None:
        """Add the noise of a frame to its picture, in place."""
        top, left = np.random.default_rng(number).integers(0, self.SPARE_PX, 2)
        height_px, width_px = bgr.shape[:2]
        window = self._sheet[top : top + height_px, left : left + width_px]
        cv2.add(bgr, window, bgr, dtype=cv2.CV_8U)
