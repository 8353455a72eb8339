"""Built-in figures that move in a room: a source whose true keypoints are known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction

from livepose.core.arrays import UInt8Array
from livepose.core.errors import OptionError
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.core.poses import Poses
from livepose.sources.synthetic.room import CameraNoise, paint_room
from livepose.sources.synthetic.scenes import open_scene

_MIN_SIDE_PX = 64
_MAX_SIDE_PX = 8192
_MAX_NOISE = 64.0
_MAX_SLEEP_S = 0.05
"""A live source that waits for its next frame checks this often whether it was closed."""


class SyntheticSource(Source):
    """Paints frames of moving figures, as fast as they are read or paced like a camera.

    >>> with SyntheticSource(320, 240, frame_count=2) as source:
    ...     [frame.bgr.shape for frame in source], source.truth(time_s=0.0).xy.shape
    ([(240, 320, 3), (240, 320, 3)], (1, 17, 2))
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
        """Set up a scene.

        Args:
            width_px: The frames' width.
            height_px: The frames' height.
            frame_rate: Frames per second.
            frame_count: How many frames to paint; None never ends.
            is_live: Whether each frame comes when it is due, with the clock's time.
            scene: One of `SCENE_NAMES`: who is there and what they do. All repeat for ever.
            camera_noise: Standard deviation of the sensor's noise in grey levels. The same frame
                always has the same noise.

        Raises:
            OptionError: If a size, rate, count or noise is out of range, or there is no such scene.
        """
        _check(width_px, height_px, frame_rate, frame_count, camera_noise)
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
        self._scene = open_scene(scene, width_px, height_px)
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
                self._sleep_until(first_s + time_s)
                time_s = time.monotonic() - first_s if index else 0.0
            if self._is_closed:
                return
            yield Frame.from_bgr(self.paint(time_s), index, time_s, time.perf_counter())
            index += 1

    def _sleep_until(self, due_s: float) -> None:
        while not self._is_closed and (left_s := due_s - time.monotonic()) > 0:
            time.sleep(min(left_s, _MAX_SLEEP_S))

    def paint(self, time_s: float) -> UInt8Array:
        """Return the pixels at a time: (H, W, 3) uint8, blue first."""
        bgr = self._room.copy()
        self._scene.paint(bgr, time_s)
        if self._noise is not None:
            self._noise.add_to(bgr, round(time_s * self._frame_rate))
        return bgr

    def truth(self, time_s: float) -> Poses:
        """Return the true poses at a time, of those who have a keypoint inside the frame.

        They are in the order of their `track_id`, which is the figure's identity, counted from 1:
        one that comes back has the same. A keypoint's score is 1 where the camera sees it, 0.5
        where the figure's own body or another one hides it, and 0 outside the frame; a person's
        score is their mean. The box is that of the body, clipped to the frame.
        """
        return self._scene.truth(time_s)

    def shown(self, time_s: float) -> dict[int, float]:
        """Return what share of each figure the camera sees at a time, by `track_id`: 0..1.

        It is that of the keypoints inside the frame and behind nobody else. What a figure's own
        body hides counts as shown.
        """
        return self._scene.shown(time_s)

    def close(self) -> None:
        self._is_closed = True


def _check(
    width_px: int,
    height_px: int,
    frame_rate: Fraction,
    frame_count: int | None,
    camera_noise: float,
) -> None:
    if not all(_MIN_SIDE_PX <= side <= _MAX_SIDE_PX for side in (width_px, height_px)):
        raise OptionError(
            f"the demo cannot be {width_px} x {height_px} px: "
            f"each side must be from {_MIN_SIDE_PX} to {_MAX_SIDE_PX}"
        )
    if frame_rate <= 0:
        raise OptionError(f"the demo's frame rate must be above 0, got {frame_rate}")
    if frame_count is not None and frame_count < 0:
        raise OptionError(f"the demo's frame count must be 0 or more, got {frame_count}")
    if not 0 <= camera_noise <= _MAX_NOISE:
        raise OptionError(
            f"the demo's noise must be from 0 to {_MAX_NOISE} grey levels, got {camera_noise}"
        )
